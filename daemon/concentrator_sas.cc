// SPDX-License-Identifier: GPL-2.0-or-later
// The concentrator's part in the lives of SAs (RFC 3193 §3.1): which paths there are for them,
// which tunnels go through them, and when they are to go.
#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/concentrator.h"
#include "daemon/log.h"

namespace sallyport::daemon {
namespace {

/// An IKE daemon that has not deleted an unused SA is asked again after this time. Local policy.
constexpr std::chrono::seconds kRetireAgain{60};

/// How often the kernel is asked whether an SA that no IKE daemon knows is still there.
constexpr std::chrono::seconds kOrphanInterval{10};  // local policy

/// An IKE daemon says that an SA is down just before it deletes it; what is there after this time
/// it has left behind. Local policy.
constexpr std::chrono::seconds kLeftoverDelay{2};

}  // namespace

void Concentrator::OnSaUp(const SecurityAssociation& sa) {
  sa_up_log_.LogInfo(
      "sa_up",
      fmt::format("SA {} with {} ({}) is up: {}, {}, ESP {}{}", sa.reqid.value(),
                  sa.peer.address.ToString(), sa.remote_id, sa.ike_version, sa.ike_proposal,
                  sa.esp_proposal, sa.udp_encapsulation ? " in UDP" : ""),
      loop_.Now(), {{"PEER", sa.peer.ToString()}});
  Publish({.type = "sa.up",
           .fields = {{"reqid", uint64_t{sa.reqid.value()}},
                      {"peer", sa.peer.address.ToString()},
                      {"remote_id", sa.remote_id, true}}});
  if (stopping_) {
    ike_->Terminate(sa.id);
    return;
  }
  for (const SaId orphan : std::set<SaId>(orphans_)) {
    const SaTable::Entry* entry = sas_.Find(orphan);
    if (entry == nullptr || entry->sa.reqid != sa.reqid) continue;
    // Two clients with one reqid could get each other's packets.
    OnSaDown(orphan, sa.reqid, "a new SA has its reqid");
    DeleteLeftovers(TimePoint::max());
  }
  const auto path = data_plane_.AddSecurityAssociation(sa.reqid, sa.local);
  if (!path) {
    failure_log_.LogError("sa_without_path",
                          fmt::format("no socket for SA {}; it is deleted", sa.reqid.value()),
                          loop_.Now());
    ike_->Terminate(sa.id);
    return;
  }
  sas_.Add(sa, *path, loop_.Now() + options_.sa_times.setup);
  attempts_.SaUp(sa, options_.sa_times.setup);
  if (sa.continues) MoveTunnels(*sa.continues, sa);
  unused_sas_timer_.Set(sas_.NextDue());
  if (!sa.dial.empty() && !dialling_.Secured(sa, *path)) {
    ike_->Terminate(sa.id);
    return;
  }
  for (const auto& early : sas_.TakeEarly(sa, loop_.Now())) {
    Receive({.path = *path,
             .peer = early.peer,
             .local = early.local,
             .bytes = early.bytes,
             .authenticated = true});
  }
}

void Concentrator::OnSaChanged(const SecurityAssociation& sa) {
  const SaTable::Entry* entry = sas_.Find(sa.id);
  if (entry == nullptr) return;
  const bool moved = entry->sa.peer.address != sa.peer.address;
  sas_.Update(sa);
  if (moved) MoveTunnels(sa.id, sa);
}

void Concentrator::OnSaDown(SaId id, ReqId reqid, const std::string& reason) {
  const auto entry = sas_.Remove(id);
  if (!entry) return;
  // Beside the last of its SAs there may be some that a rekey had replaced.
  if (orphans_.erase(id) > 0) stray_sas_.Look();
  attempts_.SaDown(id, reason, stopping_);
  sa_down_log_.LogInfo("sa_down",
                       fmt::format("SA {} with {} is down: {}", reqid.value(),
                                   entry->sa.peer.address.ToString(), reason),
                       loop_.Now(), {{"PEER", entry->sa.peer.ToString()}});
  Publish({.type = "sa.down",
           .fields = {{"reqid", uint64_t{reqid.value()}},
                      {"peer", entry->sa.peer.address.ToString()},
                      {"detail", reason}}});
  std::vector<l2tp::PathId> paths{entry->path};
  for (const auto tunnel : entry->tunnels) {
    const auto record = tunnels_.find(tunnel);
    if (record != tunnels_.end() && record->second.path) paths.push_back(*record->second.path);
  }
  for (const auto path : paths) Give(l2tp::PathDown{path});
  data_plane_.RemovePath(entry->path);
  leftovers_.push_back({entry->sa, loop_.Now() + kLeftoverDelay});
  leftovers_timer_.Set(leftovers_.front().due);
}

void Concentrator::OnSaForgotten(SaId id) {
  if (sas_.Find(id) == nullptr) return;
  orphans_.insert(id);
  // Not from here: an IKE daemon forgets all its SAs in a row, and one dump tells of all.
  orphans_timer_.Set(loop_.Now());
}

void Concentrator::CheckOrphans() {
  if (orphans_.empty()) return;
  std::set<KernelSa> inbound;
  for (const SaId id : orphans_) {
    const SecurityAssociation& sa = sas_.Find(id)->sa;  // an orphan has an entry
    if (sa.spi_in == 0) continue;  // it was just being changed: nobody has told the SPI
    inbound.insert({.destination = sa.local, .spi = sa.spi_in});
  }
  data_plane_.FindMissingSas(std::move(inbound), [this](const std::set<KernelSa>& missing) {
    for (const SaId id : std::set<SaId>(orphans_)) {
      if (!orphans_.contains(id)) continue;  // went with the one before
      const SecurityAssociation& sa = sas_.Find(id)->sa;
      if (!missing.contains({.destination = sa.local, .spi = sa.spi_in})) continue;
      OnSaDown(id, sa.reqid, "it went with the IKE daemon that made it");
    }
    if (!orphans_.empty()) orphans_timer_.Set(loop_.Now() + kOrphanInterval);
  });
}

void Concentrator::SaLost(SaId id) {
  const SaTable::Entry* entry = sas_.Find(id);
  if (entry == nullptr) return;
  const SecurityAssociation sa = entry->sa;
  sa_lost_log_.LogWarning(
      "sa_lost",
      fmt::format("the kernel has SA {} with {} no more, though nobody ended it "
                  "by IKE; its client is told to come again",
                  sa.reqid.value(), sa.peer.address.ToString()),
      loop_.Now(), {{"PEER", sa.peer.ToString()}});
  const bool orphan = orphans_.contains(id);
  // The peer hears of it by IKE, the one way that is left.
  if (!orphan) ike_->Terminate(id);
  OnSaDown(id, sa.reqid, "it was taken out of the kernel");
}

/// A list of the IKE daemon's lacks what moves from one IKE SA to the next while it is made.
bool Concentrator::IsInUse(const KernelSa& sa, ReqId reqid) const {
  const SaTable::Entry* entry = sas_.FindByReqid(reqid);
  if (entry == nullptr) return false;
  return orphans_.contains(entry->sa.id) || sa.spi == entry->sa.spi_in ||
         sa.spi == entry->sa.spi_out;
}

void Concentrator::DeleteStraySas(const StraySas::Sas& sas) {
  for (const auto& [sa, reqid] : sas) {
    sa_astray_log_.LogInfo(
        "sa_astray",
        fmt::format("the kernel has an SA to {} (SPI {:#010x}, reqid {}) that neither a policy nor "
                    "the IKE daemon knows; it is deleted",
                    sa.destination.ToString(), sa.spi, reqid.value()),
        loop_.Now());
    data_plane_.DeleteSecurityAssociation(sa.destination, sa.spi);
  }
}

void Concentrator::DeleteSas() {
  DeleteLeftovers(TimePoint::max());
  std::set<ReqId> reqids;
  for (const auto& [id, entry] : sas_.entries()) reqids.insert(entry.sa.reqid);
  if (!reqids.empty()) data_plane_.DeleteSecurityAssociations(std::move(reqids));
}

void Concentrator::DeleteLeftovers(TimePoint due) {
  for (; !leftovers_.empty() && leftovers_.front().due <= due; leftovers_.pop_front()) {
    const SecurityAssociation& sa = leftovers_.front().sa;
    data_plane_.DeleteSecurityAssociation(sa.local, sa.spi_in);
    data_plane_.DeleteSecurityAssociation(sa.peer.address, sa.spi_out);
  }
  if (!leftovers_.empty()) leftovers_timer_.Set(leftovers_.front().due);
}

void Concentrator::OnIkeState(const IkeState& state) {
  const bool was_ready = std::exchange(ike_ready_, state.connected);
  if (!state.connected) {
    stray_sas_.Stop();
    if (state.error == last_ike_error_) return;  // once for each cause, not for each attempt
    last_ike_error_ = state.error;
    LogWarning("ike_unavailable", fmt::format("no IKE: {}{}", state.error.value_or("not connected"),
                                              state.hint ? "; " + *state.hint : ""));
    return Publish(
        {.type = "ike.unavailable", .fields = {{"detail", state.error.value_or("not connected")}}});
  }
  stray_sas_.Look();
  lost_sas_.Uncertain();
  last_ike_error_.reset();
  if (!was_ready) {
    LogInfo("ike_ready", fmt::format("{} at {} is ready", state.version, state.path));
    Publish({.type = "ike.ready", .fields = {{"version", state.version}}});
  }
  if (state.error) {
    LogWarning("ike_limited", fmt::format("{}: {}", *state.error, state.hint.value_or("")));
  }
}

void Concentrator::RefreshSaCounters(UniqueFunction<void()> done) {
  if (!options_.ipsec_required) return done();
  sa_counters_waiters_.push_back(std::move(done));
  if (sa_counters_waiters_.size() > 1) return;
  data_plane_.ReadSaCounters([this](const SaReadings& readings) {
    sa_readings_ = readings;
    for (auto& waiter : std::exchange(sa_counters_waiters_, {})) waiter();
  });
}

void Concentrator::EndTunnelOfSa(const TunnelRecord& record) {
  if (!record.sa) return;
  sas_.EndTunnel(*record.sa, record.request.tunnel, loop_.Now() + options_.sa_times.linger);
  unused_sas_timer_.Set(sas_.NextDue());
}

void Concentrator::MoveTunnels(SaId from, const SecurityAssociation& to) {
  const SaTable::Entry* entry = sas_.Find(from);
  if (entry == nullptr) return;
  for (const auto tunnel : std::set<l2tp::TunnelId>(entry->live)) {
    const auto found = tunnels_.find(tunnel);
    if (found != tunnels_.end()) MoveTunnel(found->second, to);
  }
}

void Concentrator::MoveTunnel(TunnelRecord& record, const SecurityAssociation& to) {
  const l2tp::TunnelId tunnel = record.request.tunnel;
  record.request.peer.address = to.peer.address;  // the port is the client's own, inside of ESP
  if (*record.sa != to.id) {
    sas_.AddTunnel(to.id, tunnel);
    sas_.EndTunnel(*record.sa, tunnel, loop_.Now() + options_.sa_times.linger);
    sas_.RemoveTunnel(*record.sa, tunnel);
    record.sa = to.id;
  }
  const l2tp::PathId origin = sas_.Find(to.id)->path;
  sessions_.MovePeer(tunnel, record.request.peer);
  Give(l2tp::MoveTunnel{tunnel, origin, record.request.peer});
  tunnel_moved_log_.LogInfo(
      "tunnel_moved",
      fmt::format("tunnel {} goes on with {} through SA {}", tunnel.value(),
                  record.request.peer.ToString(), to.reqid.value()),
      loop_.Now(),
      {{"PEER", record.request.peer.ToString()}, {"TUNNEL", std::to_string(tunnel.value())}});
  // A path that is being made is for where the client was.
  record.path_behind = !record.path;
  if (record.path) MovePath(record);
}

void Concentrator::MovePath(const TunnelRecord& record) {
  const l2tp::TunnelId tunnel = record.request.tunnel;
  const ReqId reqid = sas_.Find(*record.sa)->sa.reqid;
  data_plane_.MoveTunnel(*record.path, tunnel, reqid, record.request.peer, [this, tunnel](bool ok) {
    // RFC 2661 §4.4.2: result 2, general error; error 4, no resources.
    if (!ok) {
      Give(l2tp::CloseTunnel{tunnel, {.result = 2, .error = 4, .message = {}}});
    }
  });
}

void Concentrator::SupersedeOlderSas(const SecurityAssociation& sa) {
  for (const SaId id : sas_.OlderOf(sa)) Supersede(id, sa);
}

/// Behind a NAT that has given it another port a client that dials again is known by its login: by
/// the user, the name of the machine, and its address inside.
void Concentrator::SupersedeFormerSas(const SessionKey& key) {
  const auto session = sessions_.sessions().find(key);
  const auto tunnel = tunnels_.find(key.tunnel);
  if (session == sessions_.sessions().end() || tunnel == tunnels_.end()) return;
  const SaTable::Entry* entry = tunnel->second.sa ? sas_.Find(*tunnel->second.sa) : nullptr;
  if (entry == nullptr || session->second.user.empty()) return;
  const SecurityAssociation sa = entry->sa;
  const auto is_former = [&](l2tp::TunnelId other) {
    const auto record = tunnels_.find(other);
    if (record == tunnels_.end()) return false;
    const auto& request = record->second.request;
    const auto sessions = sessions_.OfTunnel(other);
    return request.host_name == tunnel->second.request.host_name &&
           std::any_of(sessions.begin(), sessions.end(),
                       [&](const auto& one) { return one.second.user == session->second.user; });
  };
  for (const SaId id : sas_.FormerOf(sa)) {
    const auto& tunnels = sas_.Find(id)->live;
    if (std::ranges::any_of(tunnels, is_former)) Supersede(id, sa);
  }
}

void Concentrator::Supersede(SaId id, const SecurityAssociation& sa) {
  const SaTable::Entry* entry = sas_.Find(id);
  if (entry == nullptr) return;
  const SecurityAssociation older = entry->sa;
  sa_superseded_log_.LogInfo(
      "sa_superseded",
      fmt::format("{} ({}) dials again: SA {} takes the place of SA {}", older.peer.ToString(),
                  older.remote_id, sa.reqid.value(), older.reqid.value()),
      loop_.Now(), {{"PEER", older.peer.ToString()}});
  ike_->Terminate(id);
  OnSaDown(id, older.reqid, "its client has dialled again");
}

void Concentrator::RetireUnusedSas() {
  for (const SaId id : sas_.TakeDue(loop_.Now(), loop_.Now() + kRetireAgain)) {
    const SecurityAssociation sa = sas_.Find(id)->sa;
    sa_unused_log_.LogInfo("sa_unused",
                           fmt::format("no tunnel is on SA {} with {}: it is deleted",
                                       sa.reqid.value(), sa.peer.address.ToString()),
                           loop_.Now(), {{"PEER", sa.peer.ToString()}});
    if (orphans_.contains(id)) {
      OnSaDown(id, sa.reqid, "no tunnel uses it");
    } else {
      ike_->Terminate(id);  // RFC 3193 §3.1
    }
  }
  unused_sas_timer_.Set(sas_.NextDue());
}

}  // namespace sallyport::daemon
