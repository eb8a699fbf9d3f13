// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/calls.h"

#include <string>
#include <utility>
#include <vector>

namespace sallyport::l2tp {
namespace {

/// Session ids at rest in one tunnel: local policy, several times what a redialling client frees.
constexpr size_t kSessionQuarantine = 64;

/// RFC 2661 §7.1: a message "received in an improper sequence" clears what it belongs to.
Ending OutOfOrder() {
  return {EndReason::kProtocolError,
          {cdn_result::kGeneralError, error_code::kInvalidSessionId, "message out of order"}};
}

ResultCode IdInUse() {
  return {cdn_result::kGeneralError, error_code::kInvalidSessionId,
          "Assigned Session ID is in use"};
}

ResultCode TooManySessions() {
  return {cdn_result::kNoFacilitiesNow, error_code::kNoResources, "too many sessions"};
}

/// What a later message of a call says besides or instead of the earlier ones.
void Merge(const CallDetails& later, CallDetails& details) {
  const auto number = [&](uint32_t CallDetails::*field) {
    if (later.*field != 0) details.*field = later.*field;
  };
  const auto text = [&](std::string CallDetails::*field) {
    if (!(later.*field).empty()) details.*field = later.*field;
  };
  for (const auto field :
       {&CallDetails::call_serial_number, &CallDetails::bearer_type, &CallDetails::framing_type,
        &CallDetails::minimum_bps, &CallDetails::maximum_bps, &CallDetails::physical_channel_id,
        &CallDetails::tx_connect_speed, &CallDetails::rx_connect_speed}) {
    number(field);
  }
  for (const auto field : {&CallDetails::called_number, &CallDetails::calling_number,
                           &CallDetails::sub_address, &CallDetails::private_group_id}) {
    text(field);
  }
}

CallDirection DirectionOf(CallRole role) {
  const bool incoming = role == CallRole::kLacIncoming || role == CallRole::kLnsIncoming;
  return incoming ? CallDirection::kIncoming : CallDirection::kOutgoing;
}

}  // namespace

ResultCode NoControlConnection() {
  return {cdn_result::kGeneralError, error_code::kNoControlConnection,
          "the control connection is not established"};
}

void TunnelScope::Send(SessionId session, const Message& message) const {
  if (!policy.hide_avps || policy.secret.empty()) {
    channel.Send(session, Encode(message));
    return;
  }
  Hiding hiding{.secret = policy.secret, .random_vector = {}};
  context.random.Fill(hiding.random_vector);
  channel.Send(session, Encode(message, hiding));
}

Calls::Calls() : ids_(kSessionQuarantine) {}

// ---- Commands in ------------------------------------------------------------------------------

void Calls::Open(const OpenCall& command, const TunnelScope& scope) {
  const bool incoming = command.direction == CallDirection::kIncoming;
  Call wanted{.role = incoming ? CallRole::kLacIncoming : CallRole::kLnsOutgoing,
              .peer_id = {},
              .dial = command.dial,
              .details = command.details,
              .proxy = command.proxy};
  // RFC 2661 §4.4.4: "an easy reference for administrators on both ends of a tunnel".
  if (wanted.details.call_serial_number == 0) {
    wanted.details.call_serial_number = ++last_serial_number_;
  }
  const auto call = Add(std::move(wanted), scope);
  if (call == calls_.end()) {
    scope.context.out.push_back(DialFailed{command.dial, TooManySessions()});
    return;
  }
  Step(call, CallEvent::kTunnelOpen, OutOfOrder(), scope);
}

void Calls::Close(SessionId session, const Ending& ending, const TunnelScope& scope) {
  const auto call = calls_.find(session);
  if (call != calls_.end()) Step(call, CallEvent::kLocalClose, ending, scope);
}

void Calls::OnPrepared(SessionId session, bool ok, const TunnelScope& scope) {
  const auto call = calls_.find(session);
  if (call == calls_.end() || call->second.kernel != Kernel::kAsked) return;
  if (call->second.owes_message()) --answers_coming_;
  call->second.kernel = Kernel::kReady;
  const Ending ending{
      EndReason::kRefused,
      {cdn_result::kNoFacilitiesNow, error_code::kNoResources, "no resources for a session now"}};
  switch (call->second.role) {
    case CallRole::kLacIncoming:
      Step(call, ok ? CallEvent::kReplyAcceptable : CallEvent::kReplyNotAcceptable, ending, scope);
      return;
    case CallRole::kLnsIncoming:
    case CallRole::kLacOutgoing:
      Step(call, ok ? CallEvent::kRequestAcceptable : CallEvent::kRequestNotAcceptable, ending,
           scope);
      return;
    case CallRole::kLnsOutgoing:
      if (!ok) {
        Step(call, CallEvent::kLocalClose, ending, scope);
      } else if (call->second.connected) {
        Step(call, CallEvent::kConnectedAcceptable, ending, scope);
      }
      return;
  }
}

void Calls::Send(const ReportErrors& command, const TunnelScope& scope) {
  const auto call = calls_.find(command.session);
  if (call == calls_.end() || !call->second.is_up() || !call->second.is_lac()) return;
  scope.Send(call->second.peer_id, Wen{command.errors});
}

void Calls::Send(const SetLinkInfo& command, const TunnelScope& scope) {
  const auto call = calls_.find(command.session);
  if (call == calls_.end() || !call->second.is_up() || call->second.is_lac()) return;
  scope.Send(call->second.peer_id, Sli{command.send_accm, command.receive_accm});
}

// ---- Messages in ------------------------------------------------------------------------------

void Calls::Receive(SessionId, const Icrq& message, const TunnelScope& scope) {
  OnRequest(CallRole::kLnsIncoming, message.assigned_session, message.details, scope);
}

void Calls::Receive(SessionId, const Ocrq& message, const TunnelScope& scope) {
  if (!scope.context.config.take_outgoing_calls) {
    RefuseRequest(message.assigned_session,
                  {cdn_result::kGeneralError, error_code::kNoResources, "no outgoing calls here"},
                  scope);
    return;
  }
  OnRequest(CallRole::kLacOutgoing, message.assigned_session, message.details, scope);
}

void Calls::OnRequest(CallRole role, SessionId assigned, const CallDetails& details,
                      const TunnelScope& scope) {
  if (!scope.established) {
    RefuseRequest(assigned, NoControlConnection(), scope);
    return;
  }
  if (by_peer_id_.contains(assigned)) {
    RefuseRequest(assigned, IdInUse(), scope);
    return;
  }
  if (scope.context.config.draining) {
    RefuseRequest(assigned,
                  {cdn_result::kGeneralError, error_code::kTryAnother,
                   "no new calls here for now, try another server"},
                  scope);
    return;
  }
  const auto call =
      Add({.role = role, .peer_id = {}, .dial = {}, .details = details, .proxy = {}}, scope);
  if (call == calls_.end()) {
    RefuseRequest(assigned, TooManySessions(), scope);
    return;
  }
  SetPeerId(call, assigned);
  Prepare(call, scope);
}

void Calls::RefuseRequest(SessionId assigned, const ResultCode& result, const TunnelScope& scope) {
  // It is acknowledged all the same; the peer's own timer ends the call.
  if (!refusals_.Take(scope.context.config.refusals_per_second, scope.context.now)) {
    scope.context.Count(DropReason::kRefusalLimit);
    return;
  }
  scope.context.out.push_back(Refused{scope.tunnel.peer, result});
  // With the id of a live session in its header the CDN would end that one.
  const SessionId addressee = by_peer_id_.contains(assigned) ? SessionId() : assigned;
  // The AVP must hold some id (RFC 2661 §6.12): one that names no session of ours.
  const auto free = ids_.Find(scope.context.random.U16(), scope.context.now);
  scope.Send(addressee, Cdn{SessionId(free.value_or(0)), result});
}

void Calls::Receive(SessionId session, const Icrp& message, const TunnelScope& scope) {
  OnReply(CallRole::kLacIncoming, session, message.assigned_session, {}, scope);
}

void Calls::Receive(SessionId session, const Ocrp& message, const TunnelScope& scope) {
  OnReply(CallRole::kLnsOutgoing, session, message.assigned_session, message.details, scope);
}

void Calls::OnReply(CallRole role, SessionId session, SessionId assigned,
                    const CallDetails& details, const TunnelScope& scope) {
  const auto call = calls_.find(session);
  if (call == calls_.end()) {
    // RFC 2661 §7.4.2 and §7.5.1: in idle it is answered by CDN. As the one who asked (§7.4.1,
    // §7.5.2) it could be ignored; but the peer then waits for a call that we gave up.
    RefuseRequest(assigned, OutOfOrder().result, scope);
    return;
  }
  auto& known = call->second;
  const bool expected = known.role == role && known.state == CallState::kWaitReply &&
                        known.kernel == Kernel::kNotAsked;
  if (!expected) {
    Step(call, CallEvent::kReplyNotAcceptable, OutOfOrder(), scope);
    return;
  }
  if (!SetPeerId(call, assigned)) {
    Step(call, CallEvent::kReplyNotAcceptable, {EndReason::kProtocolError, IdInUse()}, scope);
    return;
  }
  Merge(details, known.details);
  // ICRP is acceptable once the kernel is ready to answer it; OCRP is not answered.
  if (role == CallRole::kLnsOutgoing) {
    Step(call, CallEvent::kReplyAcceptable, OutOfOrder(), scope);
  }
  Prepare(call, scope);
}

void Calls::Receive(SessionId session, const Iccn& message, const TunnelScope& scope) {
  OnConnected(CallRole::kLnsIncoming, session, message, scope);
}

void Calls::Receive(SessionId session, const Occn& message, const TunnelScope& scope) {
  OnConnected(
      CallRole::kLnsOutgoing, session,
      {.details = message.details, .sequencing_required = message.sequencing_required, .proxy = {}},
      scope);
}

void Calls::OnConnected(CallRole role, SessionId session, const Iccn& message,
                        const TunnelScope& scope) {
  const auto found = calls_.find(session);
  if (found == calls_.end()) {
    scope.context.Count(DropReason::kUnknownSession);  // RFC 2661 §7.4.2: idle stays idle
    return;
  }
  auto& call = found->second;
  if (call.role != role || call.state != CallState::kWaitConnect || call.connected) {
    Step(found, CallEvent::kConnectedNotAcceptable, OutOfOrder(), scope);
    return;
  }
  if (message.sequencing_required && scope.context.config.sequencing == Sequencing::kDeny) {
    const ResultCode result{cdn_result::kNoFacilities, std::nullopt, "no data sequencing here"};
    Step(found, CallEvent::kConnectedNotAcceptable, {EndReason::kRefused, result}, scope);
    return;
  }
  call.send_sequence = call.send_sequence || message.sequencing_required;
  Merge(message.details, call.details);
  call.proxy = message.proxy;
  if (call.kernel != Kernel::kReady) {
    call.connected = true;
    return;
  }
  Step(found, CallEvent::kConnectedAcceptable, OutOfOrder(), scope);
}

void Calls::Receive(SessionId session, const Cdn& message, const TunnelScope& scope) {
  // Before ICRP or OCRP the peer knows no id of ours: its own, in the AVP, names the call (RFC 2661
  // §4.4.4).
  const auto call = session ? calls_.find(session) : FindByPeerId(message.assigned_session);
  if (call == calls_.end()) {
    scope.context.Count(DropReason::kUnknownSession);
    return;
  }
  Step(call, CallEvent::kCdn, {EndReason::kPeerClosed, message.result}, scope);
}

void Calls::Receive(SessionId session, const Wen& message, const TunnelScope& scope) {
  const auto call = calls_.find(session);
  if (call == calls_.end() || !call->second.is_up() || call->second.is_lac()) {
    scope.context.Count(DropReason::kUnexpectedMessage);
    return;
  }
  scope.context.out.push_back(ErrorsReported{scope.tunnel.id, session, message.errors});
}

void Calls::Receive(SessionId session, const Sli& message, const TunnelScope& scope) {
  const auto call = calls_.find(session);
  if (call == calls_.end() || !call->second.is_up() || !call->second.is_lac()) {
    scope.context.Count(DropReason::kUnexpectedMessage);
    return;
  }
  scope.context.out.push_back(
      LinkInfo{scope.tunnel.id, session, message.send_accm, message.receive_accm});
}

void Calls::Receive(SessionId session, const Rejection& rejection, const TunnelScope& scope) {
  const auto type = rejection.type;
  if (type == MessageType::kIcrq || type == MessageType::kOcrq) {
    RefuseRequest(rejection.assigned_session, rejection.result, scope);
    return;
  }
  const auto call = calls_.find(session);
  if (call == calls_.end()) return;
  auto event = CallEvent::kLocalClose;
  if (type == MessageType::kIcrp || type == MessageType::kOcrp) {
    event = CallEvent::kReplyNotAcceptable;
    SetPeerId(call, rejection.assigned_session);
  } else if (type == MessageType::kIccn || type == MessageType::kOccn) {
    event = CallEvent::kConnectedNotAcceptable;
  }
  Step(call, event, {EndReason::kProtocolError, rejection.result}, scope);
}

void Calls::ReceiveData(const DataPacket& packet, const TunnelScope& scope) {
  const auto call = calls_.find(packet.session);
  if (call == calls_.end()) {
    scope.context.Count(DropReason::kUnknownSession);
    return;
  }
  if (!call->second.is_up()) {
    scope.context.Count(DropReason::kSessionNotUp);
    return;
  }
  auto frame = packet.payload;
  // The HDLC address and control octets (RFC 1662 §3.1) stand before the PPP protocol or do not.
  if (frame.size() >= 2 && frame[0] == 0xFF && frame[1] == 0x03) frame = frame.subspan(2);
  if (frame.empty()) {
    scope.context.Count(DropReason::kEmptyFrame);
    return;
  }
  scope.context.out.push_back(DataFrame{.tunnel = scope.tunnel.id,
                                        .session = packet.session,
                                        .frame = std::vector<uint8_t>(frame.begin(), frame.end())});
}

// ---- The calls themselves ---------------------------------------------------------------------

Calls::Map::iterator Calls::FindByPeerId(SessionId peer_session) {
  const auto known = by_peer_id_.find(peer_session);
  return known == by_peer_id_.end() ? calls_.end() : calls_.find(known->second);
}

/// The end when there is no room for one more.
Calls::Map::iterator Calls::Add(Call call, const TunnelScope& scope) {
  const Context& context = scope.context;
  if (calls_.size() >= context.config.max_sessions_per_tunnel ||
      context.sessions >= context.config.max_sessions) {
    return calls_.end();
  }
  const auto id = ids_.Take(context.random.U16(), context.now);
  if (!id) return calls_.end();
  ++context.sessions;
  setup_deadlines_.Set(SessionId(*id), context.now + context.config.setup_timeout);
  call.send_sequence = context.config.sequencing == Sequencing::kRequire;
  return calls_.emplace(SessionId(*id), std::move(call)).first;
}

/// False, without effect, if another call has the id.
bool Calls::SetPeerId(Map::iterator call, SessionId peer_id) {
  if (call->second.peer_id || !peer_id) return call->second.peer_id == peer_id;
  if (!by_peer_id_.emplace(peer_id, call->first).second) return false;
  call->second.peer_id = peer_id;
  return true;
}

void Calls::Prepare(Map::iterator call, const TunnelScope& scope) {
  auto& [id, wanted] = *call;
  wanted.kernel = Kernel::kAsked;
  if (wanted.owes_message()) ++answers_coming_;
  scope.context.out.push_back(
      PrepareSession{.tunnel = scope.tunnel.id,
                     .peer_tunnel = scope.tunnel.peer_id,
                     .session = id,
                     .peer_session = wanted.peer_id,
                     .dial = wanted.dial,
                     .direction = DirectionOf(wanted.role),
                     .send_sequence = wanted.send_sequence,
                     .call_serial_number = wanted.details.call_serial_number});
}

void Calls::Step(Map::iterator call, CallEvent event, const Ending& ending,
                 const TunnelScope& scope) {
  const auto [action, next] = Next(call->second.role, call->second.state, event);
  call->second.state = next;
  switch (action) {
    case CallAction::kNone:
      return;
    case CallAction::kSendRequest:
      SendRequest(call, scope);
      return;
    case CallAction::kSendReply:
      scope.Send(call->second.peer_id, Icrp{call->first});
      return;
    case CallAction::kSendReplyAndOpenBearer:
      scope.Send(call->second.peer_id, Ocrp{call->first, {}});
      // The bearer is the kernel's session: it has answered before OCRP was sent.
      Step(call, CallEvent::kBearerAnswer, ending, scope);
      return;
    case CallAction::kSendConnected:
      SendConnected(call, scope);
      BecomeEstablished(call, scope);
      return;
    case CallAction::kPrepareForData:
      BecomeEstablished(call, scope);
      return;
    case CallAction::kSendCdnAndCleanUp:
      scope.Send(call->second.peer_id, Cdn{call->first, ending.result});
      End(call, ending, scope);
      return;
    case CallAction::kCleanUp:
      End(call, ending, scope);
      return;
  }
}

void Calls::SendRequest(Map::iterator call, const TunnelScope& scope) {
  const auto& [id, wanted] = *call;
  if (wanted.role == CallRole::kLacIncoming) {
    scope.Send(SessionId(), Icrq{id, wanted.details});
  } else {
    scope.Send(SessionId(), Ocrq{id, wanted.details});
  }
}

void Calls::SendConnected(Map::iterator call, const TunnelScope& scope) {
  auto& wanted = call->second;
  // The LAC asks for sequence numbers; the LNS just sends them (RFC 2661 §4.4.6, §5.4).
  if (wanted.role == CallRole::kLacIncoming) {
    scope.Send(wanted.peer_id, Iccn{.details = wanted.details,
                                    .sequencing_required = wanted.send_sequence,
                                    .proxy = std::exchange(wanted.proxy, {})});
    return;
  }
  // No line limits the speed: it is what the LNS would have at most.
  CallDetails connected;
  connected.tx_connect_speed = wanted.details.maximum_bps;
  connected.framing_type = wanted.details.framing_type;
  Merge(connected, wanted.details);
  scope.Send(wanted.peer_id, Occn{connected, wanted.send_sequence});
}

void Calls::BecomeEstablished(Map::iterator call, const TunnelScope& scope) {
  auto& [id, connected] = *call;
  setup_deadlines_.Set(id, std::nullopt);
  scope.context.out.push_back(SessionUp{.tunnel = scope.tunnel.id,
                                        .session = id,
                                        .dial = connected.dial,
                                        .send_sequence = connected.send_sequence,
                                        .details = std::move(connected.details),
                                        .proxy = std::exchange(connected.proxy, {})});
  connected.details = {};
}

void Calls::End(Map::iterator call, const Ending& ending, const TunnelScope& scope) {
  const Context& context = scope.context;
  const auto& [id, ended] = *call;
  if (ended.dial && ended.kernel == Kernel::kNotAsked) {
    context.out.push_back(DialFailed{*ended.dial, ending.result});
  } else {
    context.out.push_back(
        SessionDown{scope.tunnel.id, id, ending.reason, ending.result, ending.of_tunnel});
  }
  if (ended.owes_message()) --answers_coming_;
  if (ended.peer_id) by_peer_id_.erase(ended.peer_id);
  setup_deadlines_.Set(id, std::nullopt);
  ids_.Release(id.value(), context.now);
  --context.sessions;
  calls_.erase(call);
}

void Calls::EndAll(const Ending& tunnel, const TunnelScope& scope) {
  const Ending ending{EndReason::kTunnelEnded, tunnel.result, tunnel.reason};
  while (!calls_.empty()) End(calls_.begin(), ending, scope);
}

void Calls::HandleTimeout(const TunnelScope& scope) {
  const Ending ending{
      EndReason::kSetupTimeout,
      {cdn_result::kNotEstablishedInTime, std::nullopt, "the call was not connected in time"}};
  while (const auto id = setup_deadlines_.TakeExpired(scope.context.now)) {
    Step(calls_.find(*id), CallEvent::kLocalClose, ending, scope);
  }
}

}  // namespace sallyport::l2tp
