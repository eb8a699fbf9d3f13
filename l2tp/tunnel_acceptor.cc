// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/tunnel_acceptor.h"

#include <optional>
#include <span>
#include <variant>

#include "l2tp/peer_policy.h"
#include "l2tp/validate.h"

namespace sallyport::l2tp {
namespace {

/// FNV-1a, 64 bits: tells an SCCRQ that was sent again from a new one. No secret and no defence: a
/// peer that makes two of its own SCCRQs collide only fools itself.
uint64_t Digest(std::span<const uint8_t> bytes) {
  uint64_t hash = 0xCBF29CE484222325;  // FNV offset basis and prime
  for (const uint8_t octet : bytes) hash = (hash ^ octet) * 0x100000001B3;
  return hash;
}

/// Whether an SCCRQ from the peer of a live tunnel may be that tunnel's own, come again: it has the
/// same octets and, once SCCCN has come, is late by no more than one retransmission cycle (31 s,
/// RFC 2661 §5.7). Anything else is a client that lost its tunnel and dials anew.
///
/// A tunnel that has ended is not asked: it lingers under its own id and holds nothing that the new
/// one needs. A late copy may then open a tunnel for nobody; the setup timeout ends it.
bool IsSameRequest(const Tunnel& known, const Sccrq& sccrq, uint64_t digest,
                   const Context& context) {
  const TunnelIdentity& identity = known.identity();
  return identity.peer_id == sccrq.assigned_tunnel && identity.sccrq_digest == digest &&
         (known.phase() == Tunnel::Phase::kHalfOpen ||
          context.now < identity.created + context.config.linger);
}

}  // namespace

// ---- OutdatedRequests -------------------------------------------------------------------------

void OutdatedRequests::Add(PathId path, const IpEndpoint& peer, uint64_t digest,
                           const Context& context) {
  while (!by_time_.empty() &&
         (by_time_.front().first <= context.now || by_time_.size() >= kLimit)) {
    const auto& [until, key] = by_time_.front();
    const auto found = until_.find(key);
    if (found != until_.end() && found->second == until) until_.erase(found);
    by_time_.pop_front();
  }
  const Key key{path, peer, digest};
  const TimePoint until = context.now + context.config.linger;
  until_.insert_or_assign(key, until);
  by_time_.emplace_back(until, key);
}

bool OutdatedRequests::Contains(PathId path, const IpEndpoint& peer, uint64_t digest,
                                TimePoint now) const {
  const auto found = until_.find({path, peer, digest});
  return found != until_.end() && found->second > now;
}

// ---- TunnelAcceptor ---------------------------------------------------------------------------

void TunnelAcceptor::Receive(const Datagram& datagram, const ControlPacket& packet,
                             const Context& context) {
  if (packet.IsZlb()) {
    context.Count(DropReason::kNotSccrq);
    return;
  }
  const TunnelPolicy policy = ChoosePolicy(
      context.config.peers, PeekHostName(packet.avps).value_or(""), datagram.peer.address);
  const auto message = Validate(packet.avps, &policy.secret);
  if (!message) {
    const Rejection& rejection = message.error();
    if (rejection.type != MessageType::kSccrq) {
      context.Count(DropReason::kNotSccrq);
    } else if (!rejection.assigned_tunnel) {
      context.Count(DropReason::kBadSccrq);  // nobody to tell
    } else {
      context.Count(DropReason::kRejectedMessage);
      Refuse(datagram, rejection.assigned_tunnel, rejection.result, context);
    }
    return;
  }
  if (const auto* sccrq = std::get_if<Sccrq>(&*message)) {
    ReceiveSccrq({datagram, packet, *sccrq, policy, Digest(packet.avps)}, context);
  } else if (const auto* stop = std::get_if<StopCcn>(&*message)) {
    ReceiveEarlyStopCcn(datagram, packet, stop->assigned_tunnel, context);
  } else {
    context.Count(DropReason::kNotSccrq);
  }
}

/// RFC 2661 §4.4.3: the Assigned Tunnel ID AVP permits "the peer to identify the appropriate tunnel
/// even if a StopCCN is sent before an Assigned Tunnel ID AVP is received" from us; or after it was
/// forgotten, see FormerTunnels.
void TunnelAcceptor::ReceiveEarlyStopCcn(const Datagram& datagram, const ControlPacket& packet,
                                         TunnelId peer_tunnel, const Context& context) {
  const auto is_meant = [&](const Tunnel* tunnel) {
    return tunnel != nullptr && peer_tunnel && tunnel->identity().peer_id == peer_tunnel &&
           tunnel->identity().peer == datagram.peer;
  };
  Tunnel* meant = tunnels_.FindByPeer(datagram.path, datagram.peer);
  if (!is_meant(meant)) {
    meant = nullptr;
    for (const TunnelId id : DialledToSender(datagram)) {
      if (is_meant(tunnels_.Find(id))) meant = tunnels_.Find(id);
    }
  }
  if (meant == nullptr) {
    context.Count(DropReason::kNotSccrq);
    return;
  }
  const TunnelId id = meant->identity().id;
  meant->Receive(datagram.peer, packet, context);
  tunnels_.Settle(id, context);
}

void TunnelAcceptor::ReceiveSccrq(const Request& request, const Context& context) {
  if (request.packet.header.ns != 0) {  // "Ns, begins at 0" (RFC 2661 §5.8)
    context.Count(DropReason::kBadSccrq);
    return;
  }
  const Datagram& datagram = request.datagram;
  Tunnel* known = tunnels_.FindByPeer(datagram.path, datagram.peer);
  if (known != nullptr && IsSameRequest(*known, request.sccrq, request.digest, context)) {
    if (ReceiveAgain(request, *known, context)) return;
  } else if (IsLateCopy(request, known, context)) {
    context.Count(DropReason::kDuplicate);
    return;
  }
  OpenInsteadOf(known, request, context);
}

/// A live client has no reason to send its SCCRQ again after SCCCN, but a copy may be late and must
/// do no harm. A client that crashed sends the very same octets when its tunnel ids are small
/// counters, as with Windows. One of both answers in the tunnel, so it is asked. False: the client
/// is known to have dialled anew.
bool TunnelAcceptor::ReceiveAgain(const Request& request, Tunnel& known, const Context& context) {
  const TunnelId id = known.identity().id;
  if (known.silent() && repeated_.IsOverdue(id, context.now)) return false;
  const bool already_asked = known.silent() && repeated_.Contains(id);
  const bool asks = known.ReceiveRequestAgain(request.packet, context);
  if (asks && !already_asked) repeated_.Keep(id, request.datagram, context.now);
  tunnels_.Settle(id, context);
  return true;
}

void TunnelAcceptor::HandleTimeout(const Context& context) {
  while (const auto expired = repeated_.TakeExpired(context.now)) {
    const Tunnel* known = tunnels_.Find(expired->tunnel);
    const bool ended = known == nullptr || known->phase() == Tunnel::Phase::kLingering;
    const auto packet = ParsePacket(expired->request.bytes);
    if (!ended && known->silent() && packet) {  // else the client lives, or has had its say
      const auto& [path, peer, local, authenticated, bytes] = expired->request;
      Receive({path, peer, local, bytes, authenticated}, std::get<ControlPacket>(*packet), context);
    }
    repeated_.Forget(expired->tunnel);
  }
}

/// Opens the tunnel or refuses it; `known`, the client's tunnel until now, if any, is replaced.
void TunnelAcceptor::OpenInsteadOf(Tunnel* known, const Request& request, const Context& context) {
  const Datagram& datagram = request.datagram;
  if (const auto result = ReasonToRefuse(request, context)) {
    Refuse(datagram, request.sccrq.assigned_tunnel, *result, context);
    return;
  }
  Losers losers;
  if (BreakTie(request, losers, context)) {
    if (known != nullptr) {
      // No StopCCN: it could only reach the new dial, whose id may be the same.
      const TunnelIdentity& replaced = known->identity();
      losers.push_back(replaced.id);
      repeated_.Forget(replaced.id);
      if (replaced.sccrq_digest != request.digest) {
        outdated_.Add(datagram.path, datagram.peer, replaced.sccrq_digest, context);
      }
      tunnels_.Abandon(losers.back(), EndReason::kReplaced, context);
    }
    OpenOrRefuse(request, context);
  }
  for (const TunnelId id : losers) tunnels_.Settle(id, context);
}

/// What we dialled to the sender of a datagram: by the SA that it came through, or by none.
std::vector<TunnelId> TunnelAcceptor::DialledToSender(const Datagram& datagram) const {
  auto found = tunnels_.DialledTo(datagram.path, datagram.peer.address);
  if (!datagram.authenticated && datagram.path != PathId()) {
    // In clear text we dial from no listener, and the peer's SCCRQ comes in on one.
    const auto others = tunnels_.DialledTo(PathId(), datagram.peer.address);
    found.insert(found.end(), others.begin(), others.end());
  }
  return found;
}

/// A copy of an outdated SCCRQ, while the tunnel that outdated it has not ended; after that the
/// same octets may well be a new dial.
bool TunnelAcceptor::IsLateCopy(const Request& request, const Tunnel* known,
                                const Context& context) const {
  const Datagram& datagram = request.datagram;
  if (!outdated_.Contains(datagram.path, datagram.peer, request.digest, context.now)) return false;
  return known != nullptr || !DialledToSender(datagram).empty();
}

/// What speaks against a new tunnel before anything is known of the others.
std::optional<ResultCode> TunnelAcceptor::ReasonToRefuse(const Request& request,
                                                         const Context& context) {
  if (shutting_down_) {
    return ResultCode{stop_ccn_result::kShuttingDown, std::nullopt, "shutting down"};
  }
  if (context.config.draining) {
    return ResultCode{stop_ccn_result::kGeneralError, error_code::kTryAnother,
                      "no new tunnels here for now, try another server"};
  }
  const auto too_many =
      admission_.Admit(request.datagram.peer.address, context.config, context.now);
  if (too_many) {
    context.Count(*too_many);
    return ResultCode{stop_ccn_result::kGeneralError, error_code::kNoResources,
                      "too many requests, try again later"};
  }
  if (!request.sccrq.challenge.empty() && request.policy.secret.empty()) {
    return ResultCode{stop_ccn_result::kNotAuthorized, std::nullopt,
                      "no tunnel secret is configured"};
  }
  return {};
}

/// RFC 2661 §4.4.3: an SCCRQ that crosses one of ours. "The lower value wins, and the loser MUST
/// silently discard its tunnel"; when equal, "both sides MUST discard their tunnels"; a side
/// without a value loses to one with. Our SCCRQs always have one. False: it is the peer's that is
/// discarded.
bool TunnelAcceptor::BreakTie(const Request& request, Losers& losers, const Context& context) {
  bool peer_wins = true;
  const Datagram& datagram = request.datagram;
  for (const TunnelId id : DialledToSender(datagram)) {
    const auto ours = tunnels_.Find(id)->outstanding_tie_breaker();
    if (!ours) continue;  // answered: no longer concurrent
    const auto& theirs = request.sccrq.tie_breaker;
    if (!theirs || *ours <= *theirs) peer_wins = false;
    if (!theirs || *ours < *theirs) continue;
    losers.push_back(id);
    tunnels_.Abandon(id, EndReason::kTieLost, context);
  }
  if (peer_wins) return true;
  context.Count(DropReason::kTieLost);
  outdated_.Add(datagram.path, datagram.peer, request.digest, context);
  return false;
}

void TunnelAcceptor::OpenOrRefuse(const Request& request, const Context& context) {
  const Datagram& datagram = request.datagram;
  const auto refuse = [&](std::string message) {
    context.Count(DropReason::kTunnelLimit);
    Refuse(datagram, request.sccrq.assigned_tunnel,
           {stop_ccn_result::kGeneralError, error_code::kNoResources, std::move(message)}, context);
  };
  if (tunnels_.half_open() >= context.config.max_half_open_tunnels) {
    refuse("too many unfinished tunnels");
    return;
  }
  const bool full = tunnels_.half_open() + tunnels_.established() >= context.config.max_tunnels;
  const auto id = full ? std::nullopt : tunnels_.TakeId(context);
  if (!id) {
    refuse("too many tunnels");
    return;
  }
  const TunnelIdentity identity{.id = *id,
                                .peer_id = request.sccrq.assigned_tunnel,
                                .dial = {},
                                .origin_path = datagram.path,
                                .peer = datagram.peer,
                                .local = datagram.local,
                                .sccrq_digest = request.digest,
                                .created = context.now};
  tunnels_.Add(Tunnel(identity, request.policy, request.sccrq, request.packet, context), context);
}

/// Refuses without keeping anything: if the StopCCN is lost the SCCRQ comes again.
void TunnelAcceptor::Refuse(const Datagram& datagram, TunnelId peer_tunnel,
                            const ResultCode& result, const Context& context) {
  if (!refusals_.Take(context.config.refusals_per_second, context.now)) {
    context.Count(DropReason::kRefusalLimit);
    return;
  }
  // The AVP must hold some id (RFC 2661 §6.4).
  const StopCcn stop{tunnels_.SpareId(context), result};
  const ControlHeader header{.tunnel = peer_tunnel, .session = {}, .ns = 0, .nr = 1};
  ++context.statistics.messages_sent;
  context.out.push_back(SendDatagram{datagram.path, datagram.peer, datagram.local,
                                     BuildControlMessage(header, Encode(stop))});
  context.out.push_back(Refused{datagram.peer, result});
}

}  // namespace sallyport::l2tp
