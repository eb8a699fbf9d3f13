// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/tunnel.h"

#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "l2tp/tunnel_authentication.h"

namespace sallyport::l2tp {
namespace {

/// Answers that a peer may leave unacknowledged before its further requests are dropped: local
/// policy, far above what a window of any client and all its calls together can need.
constexpr size_t kBacklogLimit = 1024;
/// Octets of our Challenge: local policy, as long as the response (RFC 2661 §4.4.3 asks for one).
constexpr size_t kChallengeSize = 16;
/// Bearer Capabilities AVP: digital and analog (RFC 2661 §4.4.3). A call's bearer is a kernel
/// session, whatever the peer calls it.
constexpr uint32_t kBearerBoth = 3;

/// RFC 2661 §7.1: a message "received in an improper sequence" clears what it belongs to.
Ending OutOfOrder() {
  return {EndReason::kProtocolError,
          {stop_ccn_result::kStateMachineError, std::nullopt, "message out of order"}};
}

/// RFC 2661 §5.1.1: "If the expected response and response received from a peer does not match,
/// establishment of the tunnel MUST be disallowed."
Ending NotAuthorized(const char* message) {
  return {EndReason::kRefused, {stop_ccn_result::kNotAuthorized, std::nullopt, message}};
}

TunnelEvent EventOfRejected(std::optional<MessageType> type) {
  if (type == MessageType::kSccrq) return TunnelEvent::kSccrqNotAcceptable;
  if (type == MessageType::kSccrp) return TunnelEvent::kSccrpNotAcceptable;
  if (type == MessageType::kScccn) return TunnelEvent::kScccnNotAcceptable;
  return TunnelEvent::kLocalClose;
}

/// RFC 2661 §4.4.3: the AVP is there "if the sender can place outgoing calls when requested".
uint32_t OwnBearerCapabilities(const EndpointConfig& config) {
  return config.take_outgoing_calls ? kBearerBoth : 0;
}

}  // namespace

Tunnel::Tunnel(const TunnelIdentity& identity, const TunnelPolicy& policy, const Sccrq& request,
               const ControlPacket& packet, const Context& context)
    : identity_(identity),
      policy_(policy),
      last_heard_(context.now),
      channel_(identity.peer_id, request.receive_window),
      framing_capabilities_(request.framing_capabilities),
      bearer_capabilities_(request.bearer_capabilities),
      peer_challenge_(request.challenge),
      peer_host_name_(request.host_name),
      peer_vendor_name_(request.vendor_name) {
  // Nothing was sent yet for its Nr to acknowledge, and Ns 0 is the first: nothing can go wrong.
  (void)channel_.Accept(packet, context.channel);
  Prepare(context);
}

Tunnel::Tunnel(const TunnelIdentity& identity, const TunnelPolicy& policy, const Context& context)
    : identity_(identity),
      policy_(policy),
      last_heard_(context.now),
      channel_(TunnelId(), kDefaultReceiveWindow),
      tie_breaker_(context.random.U64()) {
  Prepare(context);
}

void Tunnel::Prepare(const Context& context) {
  timers_.Set(Timer::kSetup, context.now + context.config.setup_timeout);
  context.out.push_back(PrepareTunnel{.tunnel = identity_.id,
                                      .peer_tunnel = identity_.peer_id,
                                      .dial = identity_.dial,
                                      .path = identity_.origin_path,
                                      .peer = identity_.peer,
                                      .local = identity_.local,
                                      .host_name = peer_host_name_,
                                      .vendor_name = peer_vendor_name_});
}

Tunnel::Phase Tunnel::phase() const {
  if (released_) return Phase::kReleased;
  if (ended_) return Phase::kLingering;
  return state_ == TunnelState::kEstablished ? Phase::kEstablished : Phase::kHalfOpen;
}

std::optional<uint64_t> Tunnel::outstanding_tie_breaker() const {
  return phase() == Phase::kHalfOpen ? tie_breaker_ : std::nullopt;
}

// ---- Messages in ------------------------------------------------------------------------------

void Tunnel::Receive(const IpEndpoint& sender, const ControlPacket& packet,
                     const Context& context) {
  if (dialled() && state_ == TunnelState::kIdle && !ended_) {
    context.Count(DropReason::kUnexpectedMessage);  // nothing was sent that it could answer
    return;
  }
  last_heard_ = context.now;
  answered_from_ = sender;
  const size_t unanswered = channel_.backlog();
  if (!channel_.Acknowledge(packet.header.nr, context.channel, context.now)) {
    context.Count(DropReason::kImpossibleNr);
  }
  if (IsWordOfLife(packet, unanswered)) silent_ = false;
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
  Process(packet.header.session, packet.avps, context);
  while (const auto next = channel_.TakeNext()) Process(next->session, next->avps, context);
}

/// SCCRQs reach another socket than the tunnel's messages, so an acknowledgement that a client sent
/// before it crashed may be read after the SCCRQ of its redial. It answers nothing that was asked.
bool Tunnel::IsWordOfLife(const ControlPacket& packet, size_t unanswered) const {
  if (!packet.IsZlb()) return true;
  return state_ == TunnelState::kEstablished && channel_.backlog() < unanswered;
}

bool Tunnel::ReceiveRequestAgain(const ControlPacket& packet, const Context& context) {
  context.Count(DropReason::kDuplicate);
  (void)channel_.Accept(packet, context.channel);  // has it acknowledged again
  if (state_ == TunnelState::kIdle) return false;
  silent_ = true;
  if (channel_.backlog() > 0) {
    channel_.SendAgain();
    return state_ == TunnelState::kEstablished;
  }
  // Before SCCCN there is nothing to ask with: a peer that lives is about to send it.
  if (state_ == TunnelState::kEstablished) Scope(context).Send(SessionId(), Hello{});
  return true;
}

void Tunnel::Process(SessionId session, std::span<const uint8_t> avps, const Context& context) {
  const auto message = Validate(avps, &policy_.secret);
  if (ended_) {
    context.Count(DropReason::kTunnelClosing);
    // Our StopCCN could not be addressed until now.
    const auto* reply = message ? std::get_if<Sccrp>(&*message) : nullptr;
    if (reply != nullptr) LearnPeer(reply->assigned_tunnel, reply->receive_window);
    return;
  }
  if (message) {
    Dispatch(session, *message, context);
  } else {
    OnRejected(session, message.error(), context);
  }
}

void Tunnel::Dispatch(SessionId session, const Message& message, const Context& context) {
  const Overloaded handlers{
      // The one that made this tunnel never comes here.
      [&](const Sccrq&) { Step(TunnelEvent::kSccrqNotAcceptable, OutOfOrder(), context); },
      [&](const Sccrp& reply) { OnSccrp(reply, context); },
      [&](const Scccn& connected) { OnScccn(connected, context); },
      [&](const StopCcn& stop) { OnStopCcn(stop, context); },
      [](const Hello&) {},  // the acknowledgement is all it is for (RFC 2661 §6.5)
      [&](const UnknownMessage&) { context.Count(DropReason::kUnknownMessage); },
      [&](const auto& of_call) {
        if (state_ ==
            TunnelState::kWaitCtlReply) {  // the peer's tunnel id, to answer, is not known
          context.Count(DropReason::kUnexpectedMessage);
        } else {
          calls_.Receive(session, of_call, Scope(context));
        }
      },
  };
  std::visit(handlers, message);
}

void Tunnel::OnSccrp(const Sccrp& reply, const Context& context) {
  if (state_ != TunnelState::kWaitCtlReply) {
    Step(TunnelEvent::kSccrpNotAcceptable, OutOfOrder(), context);
    return;
  }
  LearnPeer(reply.assigned_tunnel, reply.receive_window);
  if (!IsProven(MessageType::kSccrp, reply.challenge_response)) {
    Step(TunnelEvent::kSccrpNotAcceptable, NotAuthorized("wrong tunnel secret"), context);
    return;
  }
  if (!reply.challenge.empty() && policy_.secret.empty()) {
    Step(TunnelEvent::kSccrpNotAcceptable, NotAuthorized("no tunnel secret is configured"),
         context);
    return;
  }
  peer_challenge_ = reply.challenge;
  peer_host_name_ = reply.host_name;
  peer_vendor_name_ = reply.vendor_name;
  framing_capabilities_ = reply.framing_capabilities;
  bearer_capabilities_ = reply.bearer_capabilities;
  Step(TunnelEvent::kSccrpAcceptable, OutOfOrder(), context);
}

void Tunnel::OnScccn(const Scccn& connected, const Context& context) {
  if (state_ == TunnelState::kWaitCtlConn &&
      !IsProven(MessageType::kScccn, connected.challenge_response)) {
    Step(TunnelEvent::kScccnNotAcceptable, NotAuthorized("wrong tunnel secret"), context);
    return;
  }
  Step(TunnelEvent::kScccnAcceptable, OutOfOrder(), context);
}

void Tunnel::OnStopCcn(const StopCcn& stop, const Context& context) {
  LearnPeer(stop.assigned_tunnel, kDefaultReceiveWindow);  // to be told that it came
  Step(TunnelEvent::kStopCcn, {EndReason::kPeerClosed, stop.result}, context);
}

void Tunnel::OnRejected(SessionId session, const Rejection& rejection, const Context& context) {
  context.Count(DropReason::kRejectedMessage);
  if (rejection.scope == Scope::kTunnel) {
    if (rejection.type == MessageType::kSccrp) {
      LearnPeer(rejection.assigned_tunnel, kDefaultReceiveWindow);
    }
    Step(EventOfRejected(rejection.type), {EndReason::kProtocolError, rejection.result}, context);
  } else if (state_ != TunnelState::kWaitCtlReply) {
    calls_.Receive(session, rejection, Scope(context));
  }
}

/// As the one who dials we know the peer's tunnel id from its first answer on, and its port: "the
/// recipient picks a free port on its own system" (RFC 2661 §8.1).
void Tunnel::LearnPeer(TunnelId peer_tunnel, uint16_t receive_window) {
  if (identity_.peer_id || !peer_tunnel) return;
  identity_.peer_id = peer_tunnel;
  identity_.peer = answered_from_;
  channel_.SetPeer(peer_tunnel, receive_window);
}

/// Whether the peer has shown, in a message of type `answer`, what our challenge asks for.
bool Tunnel::IsProven(MessageType answer, const std::optional<ChallengeResponse>& response) const {
  return challenge_.empty() || VerifyResponse(answer, policy_.secret, challenge_, response);
}

/// The Challenge Response AVP of our SCCRP or SCCCN; nothing when the peer did not challenge us.
std::optional<ChallengeResponse> Tunnel::Respond(MessageType answer) const {
  if (peer_challenge_.empty()) return {};
  return ComputeResponse(answer, policy_.secret, peer_challenge_);
}

void Tunnel::ReceiveData(const DataPacket& packet, const Context& context) {
  last_heard_ = context.now;
  calls_.ReceiveData(packet, Scope(context));
}

// ---- Commands in ------------------------------------------------------------------------------

void Tunnel::OnPrepared(std::optional<PathId> path, const Context& context) {
  if (ended_ || state_ != TunnelState::kIdle) return;
  if (path) {
    own_path_ = path;
    Step(dialled() ? TunnelEvent::kOpenRequest : TunnelEvent::kSccrqAcceptable, OutOfOrder(),
         context);
    return;
  }
  const Ending ending{
      EndReason::kRefused,
      {stop_ccn_result::kGeneralError, error_code::kNoResources, "no resources for a tunnel now"}};
  Step(dialled() ? TunnelEvent::kAbandoned : TunnelEvent::kSccrqNotAcceptable, ending, context);
}

void Tunnel::OnSessionPrepared(SessionId session, bool ok, const Context& context) {
  calls_.OnPrepared(session, ok, Scope(context));
}

void Tunnel::Execute(const OpenCall& command, const Context& context) {
  if (const auto reason = ReasonAgainst(command)) {
    context.out.push_back(DialFailed{command.dial, *reason});
    return;
  }
  OpenCall permitted = command;
  permitted.details.framing_type &= framing_capabilities_;
  calls_.Open(permitted, Scope(context));
}

/// RFC 2661 §4.4.3: a call's framing "MUST NOT" be one that the peer's Framing Capabilities lack,
/// nor an outgoing call's bearer one that its Bearer Capabilities lack.
std::optional<ResultCode> Tunnel::ReasonAgainst(const OpenCall& command) const {
  if (phase() != Phase::kEstablished) return NoControlConnection();
  const uint32_t framing = command.details.framing_type;
  if (framing != 0 && (framing & framing_capabilities_) == 0) {
    return ResultCode{cdn_result::kNoFacilities, std::nullopt, "the peer has no such framing"};
  }
  const bool outgoing = command.direction == CallDirection::kOutgoing;
  if (outgoing &&
      (bearer_capabilities_ == 0 || (command.details.bearer_type & ~bearer_capabilities_) != 0)) {
    return ResultCode{cdn_result::kNoFacilities, std::nullopt, "the peer has no such bearer"};
  }
  return {};
}

void Tunnel::Execute(const ReportErrors& command, const Context& context) {
  calls_.Send(command, Scope(context));
}

void Tunnel::Execute(const SetLinkInfo& command, const Context& context) {
  calls_.Send(command, Scope(context));
}

void Tunnel::Close(const Ending& ending, const Context& context) {
  if (ended_) return;
  const bool unheard_of = dialled() && state_ == TunnelState::kIdle;  // there is nobody to tell
  Step(unheard_of ? TunnelEvent::kAbandoned : TunnelEvent::kLocalClose, ending, context);
}

void Tunnel::CloseSession(SessionId session, const Ending& ending, const Context& context) {
  calls_.Close(session, ending, Scope(context));
}

void Tunnel::Abandon(EndReason reason, const Context& context) {
  if (!ended_) Step(TunnelEvent::kAbandoned, {reason, {}}, context);
  released_ = true;
}

// ---- The state machine ------------------------------------------------------------------------

void Tunnel::Step(TunnelEvent event, const Ending& ending, const Context& context) {
  const auto [action, next] = Next(state_, event);
  state_ = next;
  switch (action) {
    case TunnelAction::kNone:
      return;
    case TunnelAction::kSendSccrq:
      SendSccrq(context);
      return;
    case TunnelAction::kSendSccrp:
      SendSccrp(context);
      return;
    case TunnelAction::kSendScccnAndOpen:
      Scope(context).Send(SessionId(), Scccn{Respond(MessageType::kScccn)});
      BecomeEstablished(context);
      return;
    case TunnelAction::kTunnelOpen:
      BecomeEstablished(context);
      return;
    case TunnelAction::kSendStopCcnAndCleanUp:
      CleanUp(ending, context);
      Scope(context).Send(SessionId(), StopCcn{identity_.id, ending.result});
      awaiting_stop_ccn_ack_ = true;
      // Ended by the acknowledgement or by the channel's failure; this is only for a peer that
      // acknowledges what stands before the StopCCN, but ever so slowly. Local policy.
      timers_.Set(Timer::kLinger, context.now + 2 * context.config.linger);
      return;
    case TunnelAction::kCleanUp:
      CleanUp(ending, context);
      channel_.Discard();  // the peer has no use for it
      timers_.Set(Timer::kLinger, context.now + context.config.linger);
      return;
    case TunnelAction::kCleanUpAndForget:
      CleanUp(ending, context);
      released_ = true;
      return;
  }
}

void Tunnel::DrawChallenge(const Context& context) {
  if (!policy_.challenge || policy_.secret.empty()) return;
  challenge_.resize(kChallengeSize);
  context.random.Fill(challenge_);
}

void Tunnel::SendSccrq(const Context& context) {
  DrawChallenge(context);
  Scope(context).Send(SessionId(),
                      Sccrq{.assigned_tunnel = identity_.id,
                            .receive_window = context.channel.receive_window,
                            .host_name = context.config.host_name,
                            .vendor_name = context.config.vendor_name,
                            .challenge = challenge_,
                            .tie_breaker = tie_breaker_,
                            .bearer_capabilities = OwnBearerCapabilities(context.config)});
}

void Tunnel::SendSccrp(const Context& context) {
  DrawChallenge(context);
  Scope(context).Send(SessionId(),
                      Sccrp{.assigned_tunnel = identity_.id,
                            .receive_window = context.channel.receive_window,
                            .host_name = context.config.host_name,
                            .vendor_name = context.config.vendor_name,
                            .challenge = challenge_,
                            .challenge_response = Respond(MessageType::kSccrp),
                            .bearer_capabilities = OwnBearerCapabilities(context.config)});
}

void Tunnel::BecomeEstablished(const Context& context) {
  timers_.Cancel(Timer::kSetup);
  if (context.config.hello_interval.count() > 0) {
    timers_.Set(Timer::kHello, context.now + context.config.hello_interval);
  }
  context.out.push_back(TunnelUp{.tunnel = identity_.id,
                                 .peer_tunnel = identity_.peer_id,
                                 .peer = identity_.peer,
                                 .dial = identity_.dial,
                                 .host_name = std::exchange(peer_host_name_, {}),
                                 .vendor_name = std::exchange(peer_vendor_name_, {})});
  challenge_ = {};
  peer_challenge_ = {};
}

void Tunnel::CleanUp(const Ending& ending, const Context& context) {
  calls_.EndAll(ending, Scope(context));
  timers_.CancelAll();
  ended_ = true;
  context.out.push_back(TunnelDown{identity_.id, ending.reason, ending.result});
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
  calls_.HandleTimeout(Scope(context));
  HandleHelloTimer(context);
}

void Tunnel::HandleHelloTimer(const Context& context) {
  if (!timers_.TakeExpired(Timer::kHello, context.now)) return;
  if (context.config.hello_interval.count() == 0) return;  // configured anew meanwhile
  // The timer is not moved whenever something is heard, which would cost every data message; it
  // asks when it fires. RFC 2661 §5.5: "since the last data or control message was received".
  const TimePoint due = last_heard_ + context.config.hello_interval;
  if (due > context.now) {
    timers_.Set(Timer::kHello, due);
    return;
  }
  // Any unacknowledged message probes the peer as well as a HELLO would.
  if (channel_.backlog() == 0) Scope(context).Send(SessionId(), Hello{});
  timers_.Set(Timer::kHello, context.now + context.config.hello_interval);
}

void Tunnel::WatchForSessions(const Context& context) {
  if (phase() != Phase::kEstablished || context.config.no_session_timeout.count() == 0) return;
  if (!calls_.empty()) {
    timers_.Cancel(Timer::kNoSession);
  } else if (!timers_.IsSet(Timer::kNoSession)) {
    timers_.Set(Timer::kNoSession, context.now + context.config.no_session_timeout);
  }
}

/// SCCRP, or a message of a call, waits for the kernel and will carry the acknowledgement.
bool Tunnel::answer_is_coming() const {
  if (ended_) return false;
  return state_ == TunnelState::kIdle || calls_.answer_is_coming();
}

void Tunnel::Flush(const Context& context) {
  if (released_) return;
  WatchForSessions(context);
  const Answer answer = answer_is_coming() ? Answer::kComing : Answer::kNone;
  for (auto& datagram :
       channel_.Flush(context.channel, context.now, context.statistics.retransmissions, answer)) {
    ++context.statistics.messages_sent;
    // Before there is a path of its own, what answers an SCCRQ leaves from where that came to
    // (RFC 2661 §8.1).
    const IpAddress local = own_path_ ? IpAddress() : identity_.local;
    context.out.push_back(
        SendDatagram{path(), identity_.peer, local, std::move(datagram), identity_.id});
  }
  if (ended_ && hurry_ && channel_.backlog() == 0) released_ = true;
}

std::optional<TimePoint> Tunnel::NextDeadline() const {
  std::optional<TimePoint> next = timers_.Next();
  for (const auto& deadline : {channel_.NextDeadline(), calls_.NextDeadline()}) {
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  return next;
}

}  // namespace sallyport::l2tp
