// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/endpoint.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/timer_queue.h"
#include "l2tp/header.h"
#include "l2tp/id_allocator.h"
#include "l2tp/message.h"
#include "l2tp/reliable_channel.h"
#include "l2tp/tunnel.h"
#include "l2tp/validate.h"

namespace sallyport::l2tp {
namespace {

/// StopCCNs a second that refuse SCCRQs: local policy, so that nobody can make us busy refusing.
constexpr unsigned kRefusalsPerSecond = 100;
/// Tunnel ids at rest at once: local policy, a sixteenth of them all.
constexpr size_t kTunnelQuarantine = 4096;

/// FNV-1a, 64 bits: tells an SCCRQ that was sent again from a new one. No secret and no defence: a
/// peer that makes two of its own SCCRQs collide only fools itself.
uint64_t Digest(std::span<const uint8_t> bytes) {
  uint64_t hash = 0xCBF29CE484222325;  // FNV offset basis and prime
  for (const uint8_t octet : bytes) hash = (hash ^ octet) * 0x100000001B3;
  return hash;
}

/// Lets a fixed number through in each second.
class RefusalLimiter {
 public:
  bool Allow(TimePoint now) {
    if (!second_ || now >= *second_ + std::chrono::seconds(1)) {
      second_ = now;
      used_ = 0;
    }
    return used_++ < kRefusalsPerSecond;
  }

 private:
  std::optional<TimePoint> second_;  // when it began
  unsigned used_ = 0;
};

ChannelSettings SettingsOf(const EndpointConfig& config) {
  return {.retransmit_initial = config.retransmit_initial,
          .retransmit_cap = config.retransmit_cap,
          .retransmit_max = config.retransmit_max,
          // "A value of 0 for the Receive Window Size AVP is invalid" (RFC 2661 §5.8).
          .receive_window = std::max<uint16_t>(1, config.receive_window)};
}

}  // namespace

class Endpoint::Implementation {
 public:
  explicit Implementation(EndpointConfig config)
      : config_(std::move(config)), channel_(SettingsOf(config_)), ids_(kTunnelQuarantine) {}

  void Receive(const Datagram& datagram, TimePoint now, const Entropy& entropy, Actions& out);
  void Handle(const Command& command, TimePoint now, const Entropy& entropy, Actions& out);
  void HandleTimeout(TimePoint now, const Entropy& entropy, Actions& out);
  std::optional<TimePoint> NextDeadline() const { return timers_.Next(); }
  size_t tunnel_count() const {
    return Counted(Tunnel::Phase::kHalfOpen) + Counted(Tunnel::Phase::kEstablished);
  }
  const EndpointStatistics& statistics() const { return statistics_; }

 private:
  struct Record {
    Tunnel tunnel;
    Tunnel::Phase counted;
  };
  using PeerKey = std::pair<PathId, IpEndpoint>;

  Context MakeContext(TimePoint now, Actions& out) {
    return {config_, channel_, statistics_, now, out};
  }
  Tunnel* Find(TunnelId id);
  Tunnel* FindByPeer(PathId path, const IpEndpoint& peer);
  Tunnel* FindForPacket(TunnelId id, const Datagram& datagram, const Context& context);

  void ReceiveControl(const Datagram& datagram, const ControlPacket& packet, IdSource& ids,
                      const Context& context);
  void ReceiveForNoTunnel(const Datagram& datagram, const ControlPacket& packet, IdSource& ids,
                          const Context& context);
  void ReceiveEarlyStopCcn(const Datagram& datagram, const ControlPacket& packet,
                           TunnelId peer_tunnel, IdSource& ids, const Context& context);
  void ReceiveSccrq(const Datagram& datagram, const ControlPacket& packet, const Sccrq& request,
                    IdSource& ids, const Context& context);
  bool IsSameRequest(const TunnelIdentity& known, Tunnel::Phase phase, const Sccrq& request,
                     uint64_t digest, TimePoint now) const;
  void OpenOrRefuse(const Datagram& datagram, const ControlPacket& packet, const Sccrq& request,
                    IdSource& ids, const Context& context);
  void Refuse(const Datagram& datagram, TunnelId peer_tunnel, const ResultCode& result,
              IdSource& ids, const Context& context);
  void Open(const Datagram& datagram, const ControlPacket& packet, const Sccrq& request,
            TunnelId id, const Context& context);

  void Execute(const TunnelPrepared& command, const Context& context);
  void Execute(const SessionPrepared& command, const Context& context);
  void Execute(const OpenTunnel& command, const Context& context);
  void Execute(const OpenCall& command, const Context& context);
  void Execute(const ReportErrors& command, const Context& context);
  void Execute(const SetLinkInfo& command, const Context& context);
  void Execute(const CloseTunnel& command, const Context& context);
  void Execute(const CloseSession& command, const Context& context);
  void Execute(const PathDown& command, const Context& context);
  void Execute(const ProofOfLife& command, const Context& context);
  void Execute(const Shutdown& command, const Context& context);

  void Settle(TunnelId id, const Context& context);
  void Update(TunnelId id, const Context& context);
  void Account(Record& record);
  void Unindex(const Tunnel& tunnel);
  size_t Counted(Tunnel::Phase phase) const { return counts_[static_cast<size_t>(phase)]; }
  size_t& Counted(Tunnel::Phase phase) { return counts_[static_cast<size_t>(phase)]; }

  const EndpointConfig config_;
  const ChannelSettings channel_;
  EndpointStatistics statistics_;
  bool shutting_down_ = false;
  RefusalLimiter refusals_;
  IdAllocator ids_;
  std::unordered_map<TunnelId, Record> tunnels_;
  /// The one tunnel of each path and peer that has not ended, under the path its SCCRQ came in on
  /// and under its own: a client that redials is found on either.
  std::map<PeerKey, TunnelId> by_peer_;
  std::set<std::pair<PathId, TunnelId>> by_path_;  // where each tunnel sends; lingering ones too
  TimerQueue<TunnelId> timers_;
  std::array<size_t, static_cast<size_t>(Tunnel::Phase::kReleased) + 1> counts_{};
};

// ---- Datagrams --------------------------------------------------------------------------------

void Endpoint::Implementation::Receive(const Datagram& datagram, TimePoint now,
                                       const Entropy& entropy, Actions& out) {
  const Context context = MakeContext(now, out);
  const auto packet = ParsePacket(datagram.bytes);
  if (!packet) {
    context.Count(packet.error());
    return;
  }
  if (const auto* data = std::get_if<DataPacket>(&*packet)) {
    if (Tunnel* tunnel = FindForPacket(data->tunnel, datagram, context)) {
      tunnel->ReceiveData(*data, context);
    }
    return;
  }
  ++statistics_.messages_received;
  IdSource ids(entropy);
  ReceiveControl(datagram, *std::get_if<ControlPacket>(&*packet), ids, context);
}

void Endpoint::Implementation::ReceiveControl(const Datagram& datagram, const ControlPacket& packet,
                                              IdSource& ids, const Context& context) {
  if (!packet.header.tunnel) {
    ReceiveForNoTunnel(datagram, packet, ids, context);
    return;
  }
  if (Tunnel* tunnel = FindForPacket(packet.header.tunnel, datagram, context)) {
    tunnel->Receive(packet, ids, context);
    Settle(packet.header.tunnel, context);
  }
}

Tunnel* Endpoint::Implementation::Find(TunnelId id) {
  const auto found = tunnels_.find(id);
  return found == tunnels_.end() ? nullptr : &found->second.tunnel;
}

Tunnel* Endpoint::Implementation::FindByPeer(PathId path, const IpEndpoint& peer) {
  const auto found = by_peer_.find({path, peer});
  return found == by_peer_.end() ? nullptr : Find(found->second);
}

Tunnel* Endpoint::Implementation::FindForPacket(TunnelId id, const Datagram& datagram,
                                                const Context& context) {
  Tunnel* tunnel = Find(id);
  if (tunnel == nullptr) {
    context.Count(DropReason::kUnknownTunnel);
    return nullptr;
  }
  // RFC 2661 §8.1: addresses and ports "MUST remain static for the life of the tunnel".
  if (tunnel->path() != datagram.path || tunnel->identity().peer != datagram.peer) {
    context.Count(DropReason::kWrongSource);
    return nullptr;
  }
  return tunnel;
}

/// Only an SCCRQ may make state here: the HELLOs that macOS sends to tunnel 0 to bring IPsec up,
/// and any other junk, leave no trace but a count.
void Endpoint::Implementation::ReceiveForNoTunnel(const Datagram& datagram,
                                                  const ControlPacket& packet, IdSource& ids,
                                                  const Context& context) {
  if (packet.IsZlb()) {
    context.Count(DropReason::kNotSccrq);
    return;
  }
  const auto message = Validate(packet.avps);
  if (!message) {
    const Rejection& rejection = message.error();
    if (rejection.type != MessageType::kSccrq) {
      context.Count(DropReason::kNotSccrq);
    } else if (!rejection.assigned_tunnel) {
      context.Count(DropReason::kBadSccrq);  // nobody to tell
    } else {
      context.Count(DropReason::kRejectedMessage);
      Refuse(datagram, rejection.assigned_tunnel, rejection.result, ids, context);
    }
    return;
  }
  if (const auto* request = std::get_if<Sccrq>(&*message)) {
    ReceiveSccrq(datagram, packet, *request, ids, context);
  } else if (const auto* stop = std::get_if<StopCcn>(&*message)) {
    ReceiveEarlyStopCcn(datagram, packet, stop->assigned_tunnel, ids, context);
  } else {
    context.Count(DropReason::kNotSccrq);
  }
}

/// RFC 2661 §4.4.3: the Assigned Tunnel ID AVP permits "the peer to identify the appropriate tunnel
/// even if a StopCCN is sent before an Assigned Tunnel ID AVP is received" from us.
void Endpoint::Implementation::ReceiveEarlyStopCcn(const Datagram& datagram,
                                                   const ControlPacket& packet,
                                                   TunnelId peer_tunnel, IdSource& ids,
                                                   const Context& context) {
  Tunnel* tunnel = FindByPeer(datagram.path, datagram.peer);
  if (tunnel == nullptr || tunnel->identity().peer_id != peer_tunnel) {
    context.Count(DropReason::kNotSccrq);
    return;
  }
  const TunnelId id = tunnel->identity().id;
  tunnel->Receive(packet, ids, context);
  Settle(id, context);
}

/// Whether an SCCRQ from the peer of a live tunnel is that tunnel's own, come again, or a new dial.
///
/// Until SCCCN the same id is the same tunnel: our SCCRP is still being sent, so even a client that
/// crashed and dialled again gets its answer. After SCCCN a client that lives has no reason to send
/// its SCCRQ again, but a copy may be late by up to one retransmission cycle (31 s, RFC 2661 §5.7),
/// and then it has the same octets. Anything else is a client that lost its tunnel and dials anew:
/// Windows does so from the same port with the same id, which is a small counter there. A client
/// that crashes within the cycle and sends the very same octets waits for its end, retransmitting.
///
/// A tunnel that has ended is not asked: it lingers under its own id and holds nothing that the new
/// one needs. A late copy may then open a tunnel for nobody; the setup timeout ends it.
bool Endpoint::Implementation::IsSameRequest(const TunnelIdentity& known, Tunnel::Phase phase,
                                             const Sccrq& request, uint64_t digest,
                                             TimePoint now) const {
  if (known.peer_id != request.assigned_tunnel) return false;
  if (phase == Tunnel::Phase::kHalfOpen) return true;
  return known.sccrq_digest == digest && now < known.created + config_.linger;
}

void Endpoint::Implementation::ReceiveSccrq(const Datagram& datagram, const ControlPacket& packet,
                                            const Sccrq& request, IdSource& ids,
                                            const Context& context) {
  if (packet.header.ns != 0) {  // "Ns, begins at 0" (RFC 2661 §5.8)
    context.Count(DropReason::kBadSccrq);
    return;
  }
  Tunnel* known = FindByPeer(datagram.path, datagram.peer);
  if (known != nullptr &&
      IsSameRequest(known->identity(), known->phase(), request, Digest(packet.avps), context.now)) {
    const TunnelId id = known->identity().id;
    known->Receive(packet, ids, context);
    Settle(id, context);
    return;
  }
  if (shutting_down_) {
    Refuse(datagram, request.assigned_tunnel,
           {stop_ccn_result::kShuttingDown, std::nullopt, "shutting down"}, ids, context);
    return;
  }
  if (!request.challenge.empty()) {
    Refuse(datagram, request.assigned_tunnel,
           {stop_ccn_result::kNotAuthorized, std::nullopt, "no tunnel secret is configured"}, ids,
           context);
    return;
  }
  std::optional<TunnelId> replaced;
  if (known != nullptr) {
    // No StopCCN: it could only reach the new dial, whose id may be the same.
    replaced = known->identity().id;
    known->Abandon(EndReason::kReplaced, context);
    Account(tunnels_.find(*replaced)->second);
  }
  OpenOrRefuse(datagram, packet, request, ids, context);
  // Only now: what the two tunnels share, an SA, must not seem unused in between.
  if (replaced) Update(*replaced, context);
}

void Endpoint::Implementation::OpenOrRefuse(const Datagram& datagram, const ControlPacket& packet,
                                            const Sccrq& request, IdSource& ids,
                                            const Context& context) {
  std::optional<uint16_t> id;
  if (tunnel_count() < config_.max_tunnels &&
      Counted(Tunnel::Phase::kHalfOpen) < config_.max_half_open_tunnels) {
    id = ids_.Take(ids.Draw(), context.now);
  }
  if (id) {
    Open(datagram, packet, request, TunnelId(*id), context);
    return;
  }
  Refuse(datagram, request.assigned_tunnel,
         {stop_ccn_result::kGeneralError, error_code::kNoResources, "too many tunnels"}, ids,
         context);
}

/// Refuses without keeping anything: if the StopCCN is lost the SCCRQ comes again.
void Endpoint::Implementation::Refuse(const Datagram& datagram, TunnelId peer_tunnel,
                                      const ResultCode& result, IdSource& ids,
                                      const Context& context) {
  if (!refusals_.Allow(context.now)) {
    context.Count(DropReason::kRefusalLimit);
    return;
  }
  // The AVP must hold some id (RFC 2661 §6.4): one that names no tunnel of ours.
  const TunnelId assigned(ids_.Find(ids.Draw(), context.now).value_or(0));
  const ControlHeader header{.tunnel = peer_tunnel, .session = {}, .ns = 0, .nr = 1};
  ++statistics_.messages_sent;
  context.out.push_back(
      SendDatagram{datagram.path, datagram.peer, datagram.local,
                   BuildControlMessage(header, Encode(StopCcn{assigned, result}))});
  context.out.push_back(Refused{datagram.peer, result});
}

void Endpoint::Implementation::Open(const Datagram& datagram, const ControlPacket& packet,
                                    const Sccrq& request, TunnelId id, const Context& context) {
  const TunnelIdentity identity{.id = id,
                                .peer_id = request.assigned_tunnel,
                                .origin_path = datagram.path,
                                .peer = datagram.peer,
                                .sccrq_digest = Digest(packet.avps),
                                .created = context.now};
  tunnels_.try_emplace(id, Record{Tunnel(identity, request, datagram.local, packet, context),
                                  Tunnel::Phase::kHalfOpen});
  ++Counted(Tunnel::Phase::kHalfOpen);
  by_peer_.insert_or_assign({datagram.path, datagram.peer}, id);
  by_path_.emplace(datagram.path, id);
  // Not Settle: SCCRP carries the acknowledgement, and goes out when the tunnel is prepared. Old
  // clients work in lock step, and a ZLB between SCCRQ and SCCRP is a step that they do not know.
  // Should the SCCRQ come again before, it is acknowledged by itself.
  Update(id, context);
}

// ---- Commands ---------------------------------------------------------------------------------

void Endpoint::Implementation::Handle(const Command& command, TimePoint now, const Entropy&,
                                      Actions& out) {
  const Context context = MakeContext(now, out);
  std::visit([&](const auto& one) { Execute(one, context); }, command);
}

void Endpoint::Implementation::Execute(const TunnelPrepared& command, const Context& context) {
  Tunnel* tunnel = Find(command.tunnel);
  if (tunnel == nullptr) return;
  by_path_.erase({tunnel->path(), command.tunnel});
  tunnel->OnPrepared(command.path, context);
  by_path_.emplace(tunnel->path(), command.tunnel);
  if (tunnel->phase() == Tunnel::Phase::kHalfOpen) {
    by_peer_.insert_or_assign({tunnel->path(), tunnel->identity().peer}, command.tunnel);
  }
  Settle(command.tunnel, context);
}

void Endpoint::Implementation::Execute(const SessionPrepared& command, const Context& context) {
  Tunnel* tunnel = Find(command.tunnel);
  if (tunnel == nullptr) return;
  tunnel->OnSessionPrepared(command.session, command.ok, context);
  Settle(command.tunnel, context);
}

void Endpoint::Implementation::Execute(const OpenTunnel& command, const Context& context) {
  context.out.push_back(DialFailed{command.dial, {}});
}
void Endpoint::Implementation::Execute(const OpenCall& command, const Context& context) {
  context.out.push_back(DialFailed{command.dial, {}});
}
void Endpoint::Implementation::Execute(const ReportErrors&, const Context&) {}
void Endpoint::Implementation::Execute(const SetLinkInfo&, const Context&) {}

void Endpoint::Implementation::Execute(const CloseTunnel& command, const Context& context) {
  Tunnel* tunnel = Find(command.tunnel);
  if (tunnel == nullptr) return;
  Ending ending{EndReason::kLocalClose, command.result};
  if (ending.result.result == 0) ending.result.result = stop_ccn_result::kClear;
  tunnel->Close(ending, context);
  Settle(command.tunnel, context);
}

void Endpoint::Implementation::Execute(const CloseSession& command, const Context& context) {
  Tunnel* tunnel = Find(command.tunnel);
  if (tunnel == nullptr) return;
  Ending ending{EndReason::kLocalClose, command.result};
  if (ending.result.result == 0) ending.result.result = cdn_result::kAdministrative;
  tunnel->CloseSession(command.session, ending, context);
  Settle(command.tunnel, context);
}

void Endpoint::Implementation::Execute(const PathDown& command, const Context& context) {
  std::vector<TunnelId> affected;
  for (auto it = by_path_.lower_bound({command.path, TunnelId()});
       it != by_path_.end() && it->first == command.path; ++it) {
    affected.push_back(it->second);
  }
  for (const TunnelId id : affected) {
    if (Tunnel* tunnel = Find(id)) tunnel->Abandon(EndReason::kPathDown, context);
    Settle(id, context);
  }
}

void Endpoint::Implementation::Execute(const ProofOfLife& command, const Context& context) {
  if (Tunnel* tunnel = Find(command.tunnel)) tunnel->OnProofOfLife(context.now);
}

void Endpoint::Implementation::Execute(const Shutdown&, const Context& context) {
  shutting_down_ = true;
  std::vector<TunnelId> all;
  all.reserve(tunnels_.size());
  for (const auto& [id, record] : tunnels_) all.push_back(id);
  const ResultCode result{stop_ccn_result::kShuttingDown, std::nullopt, "shutting down"};
  for (const TunnelId id : all) {
    Tunnel* tunnel = Find(id);
    tunnel->Hurry();
    tunnel->Close({EndReason::kLocalClose, result}, context);
    Settle(id, context);
  }
}

void Endpoint::Implementation::HandleTimeout(TimePoint now, const Entropy&, Actions& out) {
  const Context context = MakeContext(now, out);
  while (const auto id = timers_.TakeExpired(now)) {
    if (Tunnel* tunnel = Find(*id)) tunnel->HandleTimeout(context);
    Settle(*id, context);
  }
}

// ---- After each call --------------------------------------------------------------------------

/// Sends what the tunnel has to send, then brings counters, indexes and timers up to date.
void Endpoint::Implementation::Settle(TunnelId id, const Context& context) {
  if (Tunnel* tunnel = Find(id)) tunnel->Flush(context);
  Update(id, context);
}

void Endpoint::Implementation::Update(TunnelId id, const Context& context) {
  const auto found = tunnels_.find(id);
  if (found == tunnels_.end()) return;
  Account(found->second);
  const Tunnel& tunnel = found->second.tunnel;
  if (tunnel.phase() != Tunnel::Phase::kReleased) {
    timers_.Set(id, tunnel.NextDeadline());
    return;
  }
  --Counted(Tunnel::Phase::kReleased);
  timers_.Set(id, std::nullopt);
  by_path_.erase({tunnel.path(), id});
  tunnels_.erase(found);
  ids_.Release(id.value(), context.now);
  context.out.push_back(TunnelReleased{id});
}

void Endpoint::Implementation::Account(Record& record) {
  const Tunnel::Phase phase = record.tunnel.phase();
  --Counted(record.counted);
  ++Counted(phase);
  record.counted = phase;
  const bool ended = phase == Tunnel::Phase::kLingering || phase == Tunnel::Phase::kReleased;
  if (ended) Unindex(record.tunnel);
}

void Endpoint::Implementation::Unindex(const Tunnel& tunnel) {
  for (const PathId path : {tunnel.identity().origin_path, tunnel.path()}) {
    const auto entry = by_peer_.find({path, tunnel.identity().peer});
    if (entry != by_peer_.end() && entry->second == tunnel.identity().id) by_peer_.erase(entry);
  }
}

// ---- The public face --------------------------------------------------------------------------

Endpoint::Endpoint(EndpointConfig config)
    : implementation_(std::make_unique<Implementation>(std::move(config))) {}
Endpoint::~Endpoint() = default;

void Endpoint::Receive(const Datagram& datagram, TimePoint now, const Entropy& entropy,
                       Actions& out) {
  implementation_->Receive(datagram, now, entropy, out);
}
void Endpoint::Handle(const Command& command, TimePoint now, const Entropy& entropy, Actions& out) {
  implementation_->Handle(command, now, entropy, out);
}
void Endpoint::HandleTimeout(TimePoint now, const Entropy& entropy, Actions& out) {
  implementation_->HandleTimeout(now, entropy, out);
}
std::optional<TimePoint> Endpoint::NextDeadline() const { return implementation_->NextDeadline(); }
size_t Endpoint::tunnel_count() const { return implementation_->tunnel_count(); }
const EndpointStatistics& Endpoint::statistics() const { return implementation_->statistics(); }

}  // namespace sallyport::l2tp
