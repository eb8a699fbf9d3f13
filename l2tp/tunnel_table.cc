// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/tunnel_table.h"

#include <utility>

namespace sallyport::l2tp {
namespace {

/// Tunnel ids at rest at once: local policy, a sixteenth of them all.
constexpr size_t kTunnelQuarantine = 4096;

}  // namespace

TunnelTable::TunnelTable() : ids_(kTunnelQuarantine) {}

// ---- To find a tunnel -------------------------------------------------------------------------

Tunnel* TunnelTable::Find(TunnelId id) {
  const auto found = tunnels_.find(id);
  return found == tunnels_.end() ? nullptr : &found->second.tunnel;
}

Tunnel* TunnelTable::FindByPeer(PathId path, const IpEndpoint& peer) {
  const auto found = by_peer_.find({path, peer});
  return found == by_peer_.end() ? nullptr : Find(found->second);
}

std::vector<TunnelId> TunnelTable::DialledTo(PathId origin_path, const IpAddress& address) const {
  std::vector<TunnelId> found;
  for (auto it = dialled_.lower_bound({origin_path, address, TunnelId()}); it != dialled_.end();
       ++it) {
    const auto& [path, peer, id] = *it;
    if (path != origin_path || peer != address) break;
    found.push_back(id);
  }
  return found;
}

std::vector<TunnelId> TunnelTable::SendingOn(PathId path) const {
  std::vector<TunnelId> found;
  for (auto it = by_path_.lower_bound({path, TunnelId()});
       it != by_path_.end() && it->first == path; ++it) {
    found.push_back(it->second);
  }
  return found;
}

std::vector<TunnelId> TunnelTable::All() const {
  std::vector<TunnelId> all;
  all.reserve(tunnels_.size());
  for (const auto& [id, record] : tunnels_) all.push_back(id);
  return all;
}

// ---- From its beginning to its end ------------------------------------------------------------

std::optional<TunnelId> TunnelTable::TakeId(const Context& context) {
  const auto id = ids_.Take(context.random.U16(), context.now);
  if (!id) return {};
  return TunnelId(*id);
}

TunnelId TunnelTable::SpareId(const Context& context) {
  return TunnelId(ids_.Find(context.random.U16(), context.now).value_or(0));
}

void TunnelTable::Add(Tunnel tunnel, const Context& context) {
  const TunnelIdentity& identity = tunnel.identity();
  const TunnelId id = identity.id;
  by_path_.emplace(tunnel.path(), id);
  const Tunnel::Phase phase = tunnel.phase();
  ++Counted(phase);
  const auto added = tunnels_.emplace(id, Record{std::move(tunnel), phase, {}, {}});
  Index(added.first->second);
  Settle(id, context);
}

void TunnelTable::OnPrepared(const TunnelPrepared& command, const Context& context) {
  Tunnel* tunnel = Find(command.tunnel);
  if (tunnel == nullptr) return;
  by_path_.erase({tunnel->path(), command.tunnel});
  tunnel->OnPrepared(command.path, context);
  by_path_.emplace(tunnel->path(), command.tunnel);
  if (!tunnel->identity().dial && tunnel->phase() == Tunnel::Phase::kHalfOpen) {
    by_peer_.insert_or_assign({tunnel->path(), tunnel->identity().peer}, command.tunnel);
  }
  Settle(command.tunnel, context);
}

void TunnelTable::Move(const MoveTunnel& command, const Context& context) {
  const auto found = tunnels_.find(command.tunnel);
  if (found == tunnels_.end()) return;
  Record& record = found->second;
  const Tunnel::Phase phase = record.tunnel.phase();
  if (phase == Tunnel::Phase::kLingering || phase == Tunnel::Phase::kReleased) return;
  Unindex(record);
  by_path_.erase({record.tunnel.path(), command.tunnel});
  record.tunnel.Move(command.origin_path, command.peer);
  by_path_.emplace(record.tunnel.path(), command.tunnel);
  Index(record);
  Settle(command.tunnel, context);
}

void TunnelTable::Abandon(TunnelId id, EndReason reason, const Context& context) {
  const auto found = tunnels_.find(id);
  if (found == tunnels_.end()) return;
  found->second.tunnel.Abandon(reason, context);
  Account(found->second, context.now);
}

void TunnelTable::Settle(TunnelId id, const Context& context) {
  const auto found = tunnels_.find(id);
  if (found == tunnels_.end()) return;
  Tunnel& tunnel = found->second.tunnel;
  tunnel.Flush(context);
  Account(found->second, context.now);
  if (tunnel.phase() == Tunnel::Phase::kReleased) {
    Release(id, context);
    return;
  }
  timers_.Set(id, tunnel.NextDeadline());
  BoundLingering(context);
}

void TunnelTable::HandleTimeout(const Context& context) {
  while (const auto id = timers_.TakeExpired(context.now)) {
    if (Tunnel* tunnel = Find(*id)) tunnel->HandleTimeout(context);
    Settle(*id, context);
  }
}

void TunnelTable::ShutDown(const Ending& ending, const Context& context) {
  shutting_down_ = true;
  for (const TunnelId id : All()) {
    Tunnel* tunnel = Find(id);
    tunnel->Hurry();
    tunnel->Close(ending, context);
    Settle(id, context);
  }
}

/// Counts the tunnel where it is now, and takes one that has ended out of the way of a redial.
void TunnelTable::Account(Record& record, TimePoint now) {
  const Tunnel::Phase phase = record.tunnel.phase();
  const TunnelIdentity& identity = record.tunnel.identity();
  const bool ended = phase == Tunnel::Phase::kLingering || phase == Tunnel::Phase::kReleased;
  if (!ended && !record.live && identity.peer_id) {  // which we learn only from SCCRP when we dial
    record.live = {identity.peer, identity.peer_id};
    live_.insert(*record.live);
  }
  if (phase == record.counted) return;
  --Counted(record.counted);
  ++Counted(phase);
  record.counted = phase;
  if (!ended) return;
  Unindex(record);
  if (phase == Tunnel::Phase::kLingering) {
    record.ended = now;
    lingering_.emplace(now, identity.id);
  } else if (record.ended) {
    lingering_.erase({*record.ended, identity.id});
  }
}

/// By its peer, on the SCCRQ's path and on its own.
void TunnelTable::Index(const Record& record) {
  const TunnelIdentity& identity = record.tunnel.identity();
  if (identity.dial) {
    dialled_.emplace(identity.origin_path, identity.peer.address, identity.id);
    return;
  }
  for (const PathId path : {identity.origin_path, record.tunnel.path()}) {
    by_peer_.insert_or_assign({path, identity.peer}, identity.id);
  }
}

void TunnelTable::Unindex(Record& record) {
  const TunnelIdentity& identity = record.tunnel.identity();
  if (record.live) {
    live_.erase(live_.find(*record.live));
    record.live.reset();
  }
  dialled_.erase({identity.origin_path, identity.peer.address, identity.id});
  for (const PathId path : {identity.origin_path, record.tunnel.path()}) {
    const auto entry = by_peer_.find({path, identity.peer});
    if (entry != by_peer_.end() && entry->second == identity.id) by_peer_.erase(entry);
  }
}

void TunnelTable::Release(TunnelId id, const Context& context) {
  const auto found = tunnels_.find(id);
  const Tunnel& tunnel = found->second.tunnel;
  --Counted(Tunnel::Phase::kReleased);
  timers_.Set(id, std::nullopt);
  by_path_.erase({tunnel.path(), id});
  former_.Remember(tunnel.identity(), context.now);
  tunnels_.erase(found);
  ids_.Release(id.value(), context.now);
  context.out.push_back(TunnelReleased{id});
}

/// RFC 2661 §5.7 wants ended tunnels kept for a retransmission cycle. A peer that opens and closes
/// one after another must not use up the ids that way: the oldest goes early. When all end at once
/// no new one comes, and each is to have its StopCCN delivered.
void TunnelTable::BoundLingering(const Context& context) {
  if (shutting_down_) return;
  while (lingering_.size() > context.config.max_lingering_tunnels) {
    const TunnelId oldest = lingering_.begin()->second;
    Abandon(oldest, EndReason::kLocalClose, context);
    Release(oldest, context);
  }
}

}  // namespace sallyport::l2tp
