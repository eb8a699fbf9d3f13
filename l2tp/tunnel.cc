// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/tunnel.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "base/text.h"

namespace sallyport::l2tp {
namespace {

/// Answers that a peer may leave unacknowledged before its further requests are dropped: local
/// policy, far above what a window of any client and all its calls together can need.
constexpr size_t kBacklogLimit = 1024;
/// Session ids at rest in one tunnel: local policy, several times what a redialling client frees.
constexpr size_t kSessionQuarantine = 64;

/// RFC 2661 §7.1: a message "received in an improper sequence" clears what it belongs to.
Ending OutOfOrder() {
  return {EndReason::kProtocolError,
          {stop_ccn_result::kStateMachineError, std::nullopt, "message out of order"}};
}
Ending CallOutOfOrder() {
  return {EndReason::kProtocolError,
          {cdn_result::kGeneralError, error_code::kInvalidSessionId, "message out of order"}};
}

TunnelEvent EventOfRejected(std::optional<MessageType> type) {
  if (type == MessageType::kSccrq) return TunnelEvent::kSccrqNotAcceptable;
  if (type == MessageType::kScccn) return TunnelEvent::kScccnNotAcceptable;
  return TunnelEvent::kLocalClose;
}

}  // namespace

Tunnel::Tunnel(const TunnelIdentity& identity, const Sccrq& request, const IpAddress& local,
               const ControlPacket& packet, const Context& context)
    : identity_(identity),
      last_heard_(context.now),
      channel_(identity.peer_id, request.receive_window),
      session_ids_(kSessionQuarantine) {
  // Nothing was sent yet for its Nr to acknowledge, and Ns 0 is the first: nothing can go wrong.
  (void)channel_.Accept(packet, context.channel);
  timers_.Set(Timer::kSetup, context.now + context.config.setup_timeout);
  context.out.push_back(PrepareTunnel{.tunnel = identity.id,
                                      .peer_tunnel = identity.peer_id,
                                      .dial = {},
                                      .path = identity.origin_path,
                                      .peer = identity.peer,
                                      .local = local,
                                      .host_name = request.host_name,
                                      .vendor_name = request.vendor_name});
}

Tunnel::Phase Tunnel::phase() const {
  if (released_) return Phase::kReleased;
  if (ended_) return Phase::kLingering;
  return state_ == TunnelState::kEstablished ? Phase::kEstablished : Phase::kHalfOpen;
}

// ---- Messages in ------------------------------------------------------------------------------

void Tunnel::Receive(const ControlPacket& packet, IdSource& ids, const Context& context) {
  last_heard_ = context.now;
  if (!channel_.Acknowledge(packet.header.nr, context.channel, context.now)) {
    context.Count(DropReason::kImpossibleNr);
  }
  if (awaiting_stop_ccn_ack_ && channel_.backlog() == 0) {
    // "... for the full retransmission interval after the final message exchange has occurred"
    // (RFC 2661 §5.8).
    awaiting_stop_ccn_ack_ = false;
    timers_.Set(Timer::kLinger, context.now + context.config.linger);
  }
  if (!packet.IsZlb() && channel_.backlog() >= kBacklogLimit) {
    context.Count(DropReason::kBacklog);
    return;
  }
  switch (channel_.Accept(packet, context.channel)) {
    case ReliableChannel::Receipt::kAcknowledgement:
    case ReliableChannel::Receipt::kQueued:
      return;
    case ReliableChannel::Receipt::kDuplicate:
      context.Count(DropReason::kDuplicate);
      return;
    case ReliableChannel::Receipt::kOutsideWindow:
      context.Count(DropReason::kOutsideWindow);
      return;
    case ReliableChannel::Receipt::kNoRoom:
      context.Count(DropReason::kReorderLimit);
      return;
    case ReliableChannel::Receipt::kInOrder:
      break;
  }
  Process(packet.header.session, packet.avps, ids, context);
  while (const auto next = channel_.TakeNext()) Process(next->session, next->avps, ids, context);
}

void Tunnel::Process(SessionId session, std::span<const uint8_t> avps, IdSource& ids,
                     const Context& context) {
  if (ended_) {
    context.Count(DropReason::kTunnelClosing);
    return;
  }
  const auto message = Validate(avps);
  if (message) {
    Dispatch(session, *message, ids, context);
  } else {
    Refuse(session, message.error(), ids, context);
  }
}

void Tunnel::Dispatch(SessionId session, const Message& message, IdSource& ids,
                      const Context& context) {
  const Overloaded handlers{
      [&](const Sccrq&) { Step(TunnelEvent::kSccrqAcceptable, OutOfOrder(), context); },
      // We never challenge, so a Challenge Response means nothing and is not looked at.
      [&](const Scccn&) { Step(TunnelEvent::kScccnAcceptable, OutOfOrder(), context); },
      [&](const StopCcn& stop) {
        Step(TunnelEvent::kStopCcn, {EndReason::kPeerClosed, stop.result}, context);
      },
      [](const Hello&) {},  // the acknowledgement is all it is for (RFC 2661 §6.5)
      [&](const Icrq& request) { OnIcrq(request, ids, context); },
      [&](const Iccn& connected) { OnIccn(session, connected, context); },
      [&](const Cdn& disconnect) { OnCdn(session, disconnect, context); },
      [&](const Sccrp&) { Step(TunnelEvent::kSccrp, OutOfOrder(), context); },
      [&](const Ocrq& request) {
        RefuseCall(request.assigned_session,
                   {cdn_result::kGeneralError, error_code::kNoResources, "no outgoing calls here"},
                   ids, context);
      },
      [&](const Icrp& answer) { OnIcrp(session, answer, ids, context); },
      // Answers to what we never asked, and the LNS's to send: acknowledged, and no more.
      [&](const Ocrp&) { context.Count(DropReason::kUnexpectedMessage); },
      [&](const Occn&) { context.Count(DropReason::kUnexpectedMessage); },
      [&](const Sli&) { context.Count(DropReason::kUnexpectedMessage); },
      [](const Wen&) {},  // errors of the client's line, for the record only (RFC 2661 §6.13)
      [&](const UnknownMessage&) { context.Count(DropReason::kUnknownMessage); },
  };
  std::visit(handlers, message);
}

void Tunnel::Refuse(SessionId session, const Rejection& rejection, IdSource& ids,
                    const Context& context) {
  context.Count(DropReason::kRejectedMessage);
  const Ending ending{EndReason::kProtocolError, rejection.result};
  if (rejection.scope == Scope::kTunnel) {
    Step(EventOfRejected(rejection.type), ending, context);
    return;
  }
  const bool asks_for_call =
      rejection.type == MessageType::kIcrq || rejection.type == MessageType::kOcrq;
  if (asks_for_call) {
    RefuseCall(rejection.assigned_session, rejection.result, ids, context);
    return;
  }
  const auto known = sessions_.find(session);
  if (known == sessions_.end()) return;
  const bool is_iccn = rejection.type == MessageType::kIccn;
  Step(known, is_iccn ? SessionEvent::kIccnNotAcceptable : SessionEvent::kLocalClose, ending,
       context);
}

void Tunnel::OnIcrq(const Icrq& request, IdSource& ids, const Context& context) {
  if (state_ != TunnelState::kEstablished) {
    RefuseCall(request.assigned_session,
               {cdn_result::kGeneralError, error_code::kNoControlConnection,
                "the control connection is not established"},
               ids, context);
    return;
  }
  if (FindByPeerId(request.assigned_session) != sessions_.end()) {
    RefuseCall(
        request.assigned_session,
        {cdn_result::kGeneralError, error_code::kInvalidSessionId, "Assigned Session ID is in use"},
        ids, context);
    return;
  }
  std::optional<uint16_t> id;
  if (sessions_.size() < context.config.max_sessions_per_tunnel) {
    id = session_ids_.Take(ids.Draw(), context.now);
  }
  if (!id) {
    RefuseCall(request.assigned_session,
               {cdn_result::kNoFacilitiesNow, error_code::kNoResources, "too many sessions"}, ids,
               context);
    return;
  }
  timers_.Cancel(Timer::kNoSession);
  sessions_.emplace(*id, Session{.peer_id = request.assigned_session,
                                 .details = request.details,
                                 .setup_deadline = context.now + context.config.setup_timeout});
  context.out.push_back(PrepareSession{.tunnel = identity_.id,
                                       .peer_tunnel = identity_.peer_id,
                                       .session = SessionId(*id),
                                       .peer_session = request.assigned_session,
                                       .dial = {},
                                       .call_serial_number = request.details.call_serial_number});
}

void Tunnel::OnIccn(SessionId session, const Iccn& message, const Context& context) {
  const auto known = sessions_.find(session);
  if (known == sessions_.end()) {
    context.Count(DropReason::kUnknownSession);  // RFC 2661 §7.4.2: idle stays idle
    return;
  }
  known->second.details.tx_connect_speed = message.details.tx_connect_speed;
  known->second.sequencing_required = message.sequencing_required;
  Step(known, SessionEvent::kIccnAcceptable, CallOutOfOrder(), context);
}

void Tunnel::OnCdn(SessionId session, const Cdn& message, const Context& context) {
  // Before ICRP the peer knows no id of ours: its own, in the AVP, names the call (RFC 2661
  // §4.4.4).
  const auto known = session ? sessions_.find(session) : FindByPeerId(message.assigned_session);
  if (known == sessions_.end()) {
    context.Count(DropReason::kUnknownSession);
    return;
  }
  Step(known, SessionEvent::kCdn, {EndReason::kPeerClosed, message.result}, context);
}

void Tunnel::OnIcrp(SessionId session, const Icrp& message, IdSource& ids, const Context& context) {
  const auto known = sessions_.find(session);
  if (known != sessions_.end()) {
    Step(known, SessionEvent::kIcrp, CallOutOfOrder(), context);
  } else {  // RFC 2661 §7.4.2: ICRP in idle is answered by CDN
    RefuseCall(message.assigned_session, CallOutOfOrder().result, ids, context);
  }
}

void Tunnel::RefuseCall(SessionId peer_session, const ResultCode& result, IdSource& ids,
                        const Context& context) {
  context.out.push_back(Refused{identity_.peer, result});
  // With the id of a live session in its header the CDN would end that one.
  const bool in_use = peer_session && FindByPeerId(peer_session) != sessions_.end();
  const SessionId addressee = in_use ? SessionId() : peer_session;
  // The AVP must hold some id (RFC 2661 §6.12): one that names no session of ours.
  const SessionId assigned(session_ids_.Find(ids.Draw(), context.now).value_or(0));
  channel_.Send(addressee, Encode(Cdn{assigned, result}));
}

void Tunnel::ReceiveData(const DataPacket& packet, const Context& context) {
  last_heard_ = context.now;
  const auto session = sessions_.find(packet.session);
  if (session == sessions_.end()) {
    context.Count(DropReason::kUnknownSession);
    return;
  }
  if (session->second.state != SessionState::kEstablished) {
    context.Count(DropReason::kSessionNotUp);
    return;
  }
  auto frame = packet.payload;
  // The HDLC address and control octets (RFC 1662 §3.1) stand before the PPP protocol or do not.
  if (frame.size() >= 2 && frame[0] == 0xFF && frame[1] == 0x03) frame = frame.subspan(2);
  if (frame.empty()) {
    context.Count(DropReason::kEmptyFrame);
    return;
  }
  context.out.push_back(DataFrame{.tunnel = identity_.id,
                                  .session = packet.session,
                                  .frame = std::vector<uint8_t>(frame.begin(), frame.end())});
}

// ---- Commands in ------------------------------------------------------------------------------

void Tunnel::OnPrepared(std::optional<PathId> path, const Context& context) {
  if (ended_ || state_ != TunnelState::kIdle) return;
  if (path) {
    own_path_ = path;
    Step(TunnelEvent::kSccrqAcceptable, OutOfOrder(), context);
    return;
  }
  const ResultCode result{stop_ccn_result::kGeneralError, error_code::kNoResources,
                          "no resources for a tunnel now"};
  Step(TunnelEvent::kSccrqNotAcceptable, {EndReason::kRefused, result}, context);
}

void Tunnel::OnSessionPrepared(SessionId session, bool ok, const Context& context) {
  const auto known = sessions_.find(session);
  if (known == sessions_.end() || known->second.state != SessionState::kIdle) return;
  const ResultCode result{cdn_result::kNoFacilitiesNow, error_code::kNoResources,
                          "no resources for a session now"};
  Step(known, ok ? SessionEvent::kIcrqAcceptable : SessionEvent::kIcrqNotAcceptable,
       {EndReason::kRefused, result}, context);
}

void Tunnel::Close(const Ending& ending, const Context& context) {
  if (!ended_) Step(TunnelEvent::kLocalClose, ending, context);
}

void Tunnel::CloseSession(SessionId session, const Ending& ending, const Context& context) {
  const auto known = sessions_.find(session);
  if (known != sessions_.end()) Step(known, SessionEvent::kLocalClose, ending, context);
}

void Tunnel::Abandon(EndReason reason, const Context& context) {
  if (!ended_) CleanUp({reason, {}}, context);
  released_ = true;
}

// ---- The state machines -----------------------------------------------------------------------

void Tunnel::Step(TunnelEvent event, const Ending& ending, const Context& context) {
  const auto [action, next] = Next(state_, event);
  state_ = next;
  switch (action) {
    case TunnelAction::kSendSccrp:
      SendSccrp(context);
      return;
    case TunnelAction::kTunnelOpen:
      timers_.Cancel(Timer::kSetup);
      if (context.config.hello_interval.count() > 0) {
        timers_.Set(Timer::kHello, context.now + context.config.hello_interval);
      }
      context.out.push_back(TunnelUp{identity_.id, identity_.peer_id, {}, {}, {}});
      WatchForSessions(context);
      return;
    case TunnelAction::kSendStopCcnAndCleanUp:
      CleanUp(ending, context);
      channel_.Send(SessionId(), Encode(StopCcn{identity_.id, ending.result}));
      awaiting_stop_ccn_ack_ = true;
      // Ended by the acknowledgement or by the channel's failure; this is only for a peer that
      // acknowledges what stands before the StopCCN, but ever so slowly. Local policy.
      timers_.Set(Timer::kLinger, context.now + 2 * context.config.linger);
      return;
    case TunnelAction::kCleanUp:
      CleanUp(ending, context);
      timers_.Set(Timer::kLinger, context.now + context.config.linger);
      return;
  }
}

void Tunnel::SendSccrp(const Context& context) {
  channel_.Send(SessionId(), Encode(Sccrp{.assigned_tunnel = identity_.id,
                                          .receive_window = context.channel.receive_window,
                                          .host_name = context.config.host_name,
                                          .vendor_name = context.config.vendor_name,
                                          .challenge = {},
                                          .challenge_response = {}}));
}

void Tunnel::CleanUp(const Ending& ending, const Context& context) {
  for (const auto& [id, session] : sessions_) {
    context.out.push_back(SessionDown{identity_.id, id, EndReason::kTunnelEnded, ending.result});
  }
  sessions_.clear();
  timers_.CancelAll();
  ended_ = true;
  context.out.push_back(TunnelDown{identity_.id, ending.reason, ending.result});
}

void Tunnel::WatchForSessions(const Context& context) {
  if (!sessions_.empty() || context.config.no_session_timeout.count() == 0) return;
  timers_.Set(Timer::kNoSession, context.now + context.config.no_session_timeout);
}

void Tunnel::Step(Sessions::iterator session, SessionEvent event, const Ending& ending,
                  const Context& context) {
  auto& [id, call] = *session;
  const auto [action, next] = Next(call.state, event);
  call.state = next;
  switch (action) {
    case SessionAction::kSendIcrp:
      channel_.Send(call.peer_id, Encode(Icrp{id}));
      return;
    case SessionAction::kPrepareForData:
      call.setup_deadline.reset();
      context.out.push_back(SessionUp{.tunnel = identity_.id,
                                      .session = id,
                                      .dial = {},
                                      .send_sequence = call.sequencing_required,
                                      .details = call.details,
                                      .proxy = {}});
      return;
    case SessionAction::kSendCdnAndCleanUp:
      channel_.Send(call.peer_id, Encode(Cdn{id, ending.result}));
      EndSession(session, ending, context);
      return;
    case SessionAction::kCleanUp:
      EndSession(session, ending, context);
      return;
  }
}

void Tunnel::EndSession(Sessions::iterator session, const Ending& ending, const Context& context) {
  const SessionId id = session->first;
  sessions_.erase(session);
  session_ids_.Release(id.value(), context.now);
  context.out.push_back(SessionDown{identity_.id, id, ending.reason, ending.result});
  WatchForSessions(context);
}

Tunnel::Sessions::iterator Tunnel::FindByPeerId(SessionId peer_session) {
  return std::ranges::find_if(
      sessions_, [&](const auto& entry) { return entry.second.peer_id == peer_session; });
}

// ---- Time, and messages out -------------------------------------------------------------------

void Tunnel::HandleTimeout(const Context& context) {
  channel_.HandleTimeout(context.channel, context.now);
  if (channel_.failed()) {
    Abandon(EndReason::kRetransmitTimeout, context);
    return;
  }
  if (timers_.TakeExpired(Timer::kLinger, context.now)) {
    released_ = true;
    return;
  }
  if (timers_.TakeExpired(Timer::kSetup, context.now)) {
    const ResultCode result{stop_ccn_result::kClear, std::nullopt, "setup was not finished"};
    Close({EndReason::kSetupTimeout, result}, context);
  }
  if (timers_.TakeExpired(Timer::kNoSession, context.now)) {
    const ResultCode result{stop_ccn_result::kClear, std::nullopt, "no session"};
    Close({EndReason::kIdle, result}, context);
  }
  HandleSessionTimers(context);
  HandleHelloTimer(context);
}

void Tunnel::HandleSessionTimers(const Context& context) {
  const Ending ending{
      EndReason::kSetupTimeout,
      {cdn_result::kNotEstablishedInTime, std::nullopt, "the call was not connected in time"}};
  for (auto session = sessions_.begin(); session != sessions_.end();) {
    const auto current = session++;
    const auto& deadline = current->second.setup_deadline;
    if (deadline && *deadline <= context.now) {
      Step(current, SessionEvent::kLocalClose, ending, context);
    }
  }
}

void Tunnel::HandleHelloTimer(const Context& context) {
  if (!timers_.TakeExpired(Timer::kHello, context.now)) return;
  // The timer is not moved whenever something is heard, which would cost every data message; it
  // asks when it fires. RFC 2661 §5.5: "since the last data or control message was received".
  const TimePoint due = last_heard_ + context.config.hello_interval;
  if (due > context.now) {
    timers_.Set(Timer::kHello, due);
    return;
  }
  // Any unacknowledged message probes the peer as well as a HELLO would.
  if (channel_.backlog() == 0) channel_.Send(SessionId(), Encode(Hello{}));
  timers_.Set(Timer::kHello, context.now + context.config.hello_interval);
}

void Tunnel::Flush(const Context& context) {
  if (released_) return;
  for (auto& datagram :
       channel_.Flush(context.channel, context.now, context.statistics.retransmissions)) {
    ++context.statistics.messages_sent;
    context.out.push_back(SendDatagram{path(), identity_.peer, IpAddress(), std::move(datagram)});
  }
  if (ended_ && hurry_ && channel_.backlog() == 0) released_ = true;
}

std::optional<TimePoint> Tunnel::NextDeadline() const {
  std::optional<TimePoint> next = timers_.Next();
  const auto take = [&next](const std::optional<TimePoint>& deadline) {
    if (deadline && (!next || *deadline < *next)) next = deadline;
  };
  take(channel_.NextDeadline());
  for (const auto& [id, session] : sessions_) take(session.setup_deadline);
  return next;
}

}  // namespace sallyport::l2tp
