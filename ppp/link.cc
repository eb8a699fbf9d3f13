// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/link.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/overloaded.h"
#include "base/text.h"
#include "base/timer_table.h"
#include "crypto/mschapv2.h"
#include "ppp/auth_client.h"
#include "ppp/authenticator.h"
#include "ppp/lcp.h"
#include "ppp/network_layer.h"
#include "ppp/packet.h"
#include "ppp/proxied_login.h"

namespace sallyport::ppp {
std::string_view ToString(Phase phase) {
  switch (phase) {
    case Phase::kDead:
      return "dead";
    case Phase::kEstablish:
      return "establish";
    case Phase::kAuthenticate:
      return "authenticate";
    case Phase::kNetwork:
      return "network";
    case Phase::kTerminate:
      return "terminate";
  }
  return "unknown";
}

/// Owns the layers and carries the phases of RFC 1661 §3: what one layer tells leads to a call on
/// another.
class Link::Implementation {
 public:
  Implementation(const LinkConfig& config, DropCounters& drops)
      : config_(config), drops_(drops), lcp_(config, drops), network_layer_(config, drops) {}

  void Receive(std::span<const uint8_t> frame, TimePoint now, const Entropy& entropy, Actions& out);
  void Handle(const Command& command, TimePoint now, const Entropy& entropy, Actions& out);
  void HandleTimeout(TimePoint now, const Entropy& entropy, Actions& out);
  std::optional<TimePoint> NextDeadline() const;
  Phase phase() const { return phase_; }

 private:
  enum class Timer { kSetup, kCount };
  /// What a call came with, handed through the layers.
  struct Call {
    TimePoint now;
    const Entropy& entropy;
    Actions& out;
  };

  void ReceiveAuthentication(const Frame& frame, const Call& call);
  void ReceiveNetwork(const Frame& frame, const Call& call);
  void TakeNetworkPhase(const Call& call);

  void On(const Start& command, const Call& call);
  void On(const AuthAccepted& verdict, const Call& call);
  void On(const AuthRejected& verdict, const Call& call);
  void On(const Close& command, const Call& call);
  void On(const LowerDown& command, const Call& call);
  void On(const ProofOfLife& command, const Call& call);

  bool StartProxied(const ProxiedLink& proxied, const Call& call);
  void CarryLcp(LayerOutputs outputs, const Call& call);
  void CarryNetwork(NetworkOutputs outputs, const Call& call);
  void CarryAuthClient(LayerOutputs outputs, const Call& call);
  void EnterAuthenticate(const Call& call);
  void LeaveEstablished(const Call& call);
  void Progress(AuthProgress progress, Actions made, const Call& call);
  void OnPeerTerminated(PeerTerminated peer, const Call& call);
  void TakeLogin(Authenticate login, const Call& call);
  void OnProtocolRejected(Protocol protocol, const Call& call);
  bool TakeStaleVerdict();

  void Send(SendFrame frame, const Call& call);
  void StartNetworkOnceAuthenticated(const Call& call);
  void StopNetwork(const Call& call);
  void SettleSetupTimer(const Call& call);
  void Shut(EndReason reason, std::string detail, const Call& call);
  void End(EndReason reason, std::string detail, const Call& call);

  const LinkConfig& config_;
  DropCounters& drops_;
  Phase phase_ = Phase::kDead;
  bool ended_ = false;
  TimerTable<Timer> timers_;
  Lcp lcp_;
  NetworkLayer network_layer_;
  std::unique_ptr<Authenticator> authenticator_;  // while LCP is open; none: we demand no proof
  std::unique_ptr<AuthClient> auth_client_;       // likewise; none: the peer demands none of us
  bool peer_proven_ = false;                      // or has not to prove itself
  bool we_proven_ = false;                        // likewise
  bool login_cut_short_ = false;               // LCP went while the peer had not answered our login
  std::optional<ProxiedLogin> proxied_login_;  // to be decided in place of the client's
  bool verdict_awaited_ = false;               // Authenticate went out, no verdict came
  bool verdict_stale_ = false;  // the login that it is about went with an LCP that was renegotiated
  unsigned failed_logins_ = 0;  // on this link, however often LCP is renegotiated
  bool proxied_ = false;        // LCP has just been opened as a LAC left it
  NetworkGrant grant_;          // that the login brought; server
  bool network_was_up_ = false;
  EndReason end_reason_ = EndReason::kLocalClose;  // in kTerminate: what LinkDown will say
  std::string end_detail_;
};

void Link::Implementation::Receive(std::span<const uint8_t> bytes, TimePoint now,
                                   const Entropy& entropy, Actions& out) {
  if (phase_ == Phase::kDead) return drops_.Count(DropReason::kLinkEnded);
  const auto frame = ParseFrame(bytes);
  if (!frame) return drops_.Count(frame.error());
  const Call call{.now = now, .entropy = entropy, .out = out};
  if (frame->protocol == Protocol::kLcp) {
    const auto packet = ParsePacket(frame->information);
    if (!packet) return drops_.Count(packet.error());
    LayerOutputs outputs;
    lcp_.Receive(*packet, now, entropy, outputs);
    return CarryLcp(std::move(outputs), call);
  }
  // RFC 1661 §3.4: until LCP is open, and once the link is being closed (§3.7), nothing else is
  // heard.
  if (!lcp_.opened()) return drops_.Count(DropReason::kLayerNotOpen);
  lcp_.ProofOfLife(now);
  switch (frame->protocol) {
    case Protocol::kLcp:  // above
      return;
    case Protocol::kPap:
    case Protocol::kChap:
    case Protocol::kEap:
      return ReceiveAuthentication(*frame, call);
    case Protocol::kIpv4:
    case Protocol::kVjCompressed:
    case Protocol::kVjUncompressed:
    case Protocol::kIpv6:
    case Protocol::kCompressedLink:
    case Protocol::kCompressed:
      return drops_.Count(DropReason::kNetworkData);
    case Protocol::kIpcp:
    case Protocol::kIpv6cp:
      break;
  }
  ReceiveNetwork(*frame, call);
}

void Link::Implementation::ReceiveAuthentication(const Frame& frame, const Call& call) {
  const bool to_client = auth_client_ != nullptr && auth_client_->protocol() == frame.protocol;
  const bool to_authenticator =
      authenticator_ != nullptr && authenticator_->protocol() == frame.protocol;
  if (!to_client && !to_authenticator) return drops_.Count(DropReason::kWrongMethod);
  const auto packet = ParsePacket(frame.information);
  if (!packet) return drops_.Count(packet.error());
  // When both sides prove themselves in the same way, the Code tells whom a packet is for.
  if (to_client && (!to_authenticator || auth_client_->Takes(packet->code))) {
    LayerOutputs outputs;
    auth_client_->Receive(*packet, call.now, call.entropy, outputs);
    return CarryAuthClient(std::move(outputs), call);
  }
  // One login at a time is open: a new one waits until the verdict on the old one came.
  if (verdict_stale_) return drops_.Count(DropReason::kVerdictPending);
  Actions made;
  const auto progress = authenticator_->Receive(*packet, {call.now, call.entropy, made});
  Progress(progress, std::move(made), call);
}

/// A network control protocol has come: the peer is past our login, even if its answer was lost.
void Link::Implementation::TakeNetworkPhase(const Call& call) {
  if (phase_ != Phase::kAuthenticate || auth_client_ == nullptr) return;
  LayerOutputs outputs;
  auth_client_->PeerInNetworkPhase(outputs);
  CarryAuthClient(std::move(outputs), call);
}

/// A network control protocol, or one that we do not know.
void Link::Implementation::ReceiveNetwork(const Frame& frame, const Call& call) {
  if (frame.protocol == Protocol::kIpcp || frame.protocol == Protocol::kIpv6cp) {
    TakeNetworkPhase(call);
  }
  // RFC 1661 §3.5: during authentication all other packets are discarded.
  if (phase_ != Phase::kNetwork) return drops_.Count(DropReason::kLayerNotOpen);
  if (network_layer_.Takes(frame.protocol)) {
    NetworkOutputs outputs;
    network_layer_.Receive(frame, call.now, call.entropy, outputs);
    return CarryNetwork(std::move(outputs), call);
  }
  LayerOutputs outputs;
  lcp_.RejectProtocol(frame, outputs);
  CarryLcp(std::move(outputs), call);
}

void Link::Implementation::Handle(const Command& command, TimePoint now, const Entropy& entropy,
                                  Actions& out) {
  if (ended_) return;
  const Call call{.now = now, .entropy = entropy, .out = out};
  std::visit([this, &call](const auto& one) { On(one, call); }, command);
}

void Link::Implementation::On(const Start& command, const Call& call) {
  if (phase_ != Phase::kDead) return;
  phase_ = Phase::kEstablish;
  timers_.Set(Timer::kSetup, call.now + config_.setup_timeout);
  const bool trusted = command.proxied && config_.proxy == ProxyMode::kAccept && !config_.client;
  if (trusted && StartProxied(*command.proxied, call)) return;
  LayerOutputs outputs;
  lcp_.Start(call.now, call.entropy, outputs);
  CarryLcp(std::move(outputs), call);
}

/// Goes on where a LAC left off (RFC 2661 §4.4.5). False, and nothing is changed: we would have
/// agreed to something else, or the login is of no use to us.
bool Link::Implementation::StartProxied(const ProxiedLink& proxied, const Call& call) {
  LcpNegotiation negotiated(config_);
  if (!negotiated.AdoptProxied(proxied) || !proxied.authentication) return false;
  const auto method = negotiated.method();
  if (!method) return false;
  // A client that has not been asked yet is asked by us. One that has been asked in a way that we
  // do not follow has to begin anew.
  const bool asked =
      static_cast<ProxyAuthenType>(proxied.authentication->type) != ProxyAuthenType::kNone;
  if (asked) {
    proxied_login_ = ReadProxiedLogin(*method, *proxied.authentication);
    if (!proxied_login_) return false;
  }
  LayerOutputs outputs;
  lcp_.StartOpened(std::move(negotiated), call.now, outputs);
  proxied_ = true;
  CarryLcp(std::move(outputs), call);
  return true;
}

void Link::Implementation::On(const AuthAccepted& verdict, const Call& call) {
  if (TakeStaleVerdict()) return;
  if (!peer_proven_) grant_ = {.ipv4 = verdict.network, .ipv6 = verdict.ipv6};
  Actions made;
  const auto progress = authenticator_->Accept(verdict, {call.now, call.entropy, made});
  Progress(progress, std::move(made), call);
}

void Link::Implementation::On(const AuthRejected& verdict, const Call& call) {
  // Also one that comes too late counts: renegotiating LCP must not buy further guesses.
  if (verdict_awaited_) ++failed_logins_;
  if (TakeStaleVerdict()) return;
  // The user may type another password now: RFC 2759 §6 "disables short timeouts". Who was asked
  // again in the network phase may not.
  if (!peer_proven_) timers_.Set(Timer::kSetup, call.now + config_.setup_timeout);
  const bool may_retry = !peer_proven_ && failed_logins_ < config_.auth_max_attempts;
  Actions made;
  const auto progress = authenticator_->Reject(verdict, may_retry, {call.now, call.entropy, made});
  Progress(progress, std::move(made), call);
}

/// True if the verdict that just came is about no login of the present LCP.
bool Link::Implementation::TakeStaleVerdict() {
  const bool awaited = std::exchange(verdict_awaited_, false);
  const bool stale = std::exchange(verdict_stale_, false);
  return !awaited || stale || authenticator_ == nullptr;
}

void Link::Implementation::On(const Close& command, const Call& call) {
  if (phase_ == Phase::kDead) {
    return End(EndReason::kLocalClose, PrintableText(command.message), call);
  }
  Shut(EndReason::kLocalClose, PrintableText(command.message), call);
}

void Link::Implementation::On(const LowerDown& /*command*/, const Call& call) {
  End(EndReason::kLowerLayerDown, "", call);
}

void Link::Implementation::On(const ProofOfLife& /*command*/, const Call& call) {
  lcp_.ProofOfLife(call.now);
}

void Link::Implementation::HandleTimeout(TimePoint now, const Entropy& entropy, Actions& out) {
  if (ended_) return;
  const Call call{.now = now, .entropy = entropy, .out = out};
  LayerOutputs lcp_outputs;
  lcp_.HandleTimeout(now, lcp_outputs);
  CarryLcp(std::move(lcp_outputs), call);
  NetworkOutputs network_outputs;
  network_layer_.HandleTimeout(now, network_outputs);
  CarryNetwork(std::move(network_outputs), call);
  if (authenticator_ != nullptr) {
    Actions made;
    const auto progress = authenticator_->HandleTimeout({now, entropy, made});
    Progress(progress, std::move(made), call);
  }
  if (auth_client_ != nullptr) {
    LayerOutputs outputs;
    auth_client_->HandleTimeout(now, outputs);
    CarryAuthClient(std::move(outputs), call);
  }
  if (timers_.TakeExpired(Timer::kSetup, now)) {
    Shut(EndReason::kNegotiationTimeout, "set-up took too long", call);
  }
}

std::optional<TimePoint> Link::Implementation::NextDeadline() const {
  std::optional<TimePoint> next;
  const auto consider = [&next](std::optional<TimePoint> deadline) {
    if (deadline && (!next || *deadline < *next)) next = deadline;
  };
  if (ended_) return next;
  consider(timers_.Next());
  consider(lcp_.NextDeadline());
  consider(network_layer_.NextDeadline());
  if (authenticator_ != nullptr) consider(authenticator_->NextDeadline());
  if (auth_client_ != nullptr) consider(auth_client_->NextDeadline());
  return next;
}

void Link::Implementation::CarryLcp(LayerOutputs outputs, const Call& call) {
  for (auto& output : outputs) {
    if (ended_) return;
    std::visit(
        Overloaded{
            [&](SendFrame& frame) { Send(std::move(frame), call); },
            [&](const LayerUp&) { EnterAuthenticate(call); },
            [&](const LayerDown&) { LeaveEstablished(call); },
            [&](const LayerFinished&) {
              if (phase_ == Phase::kTerminate) return End(end_reason_, end_detail_, call);
              End(EndReason::kNegotiationTimeout, "no answer to our Configure-Requests", call);
            },
            [&](PeerTerminated& peer) { OnPeerTerminated(std::move(peer), call); },
            [&](LayerFailed& failure) {
              // There is nobody left to say goodbye to.
              const bool silent = failure.reason == EndReason::kEchoTimeout;
              if (silent) return End(failure.reason, std::move(failure.detail), call);
              Shut(failure.reason, std::move(failure.detail), call);
            },
            [&](const ProtocolRejected& rejected) { OnProtocolRejected(rejected.protocol, call); },
        },
        output);
  }
}

void Link::Implementation::OnPeerTerminated(PeerTerminated peer, const Call& call) {
  // RFC 1661 §4.1: before Opened a Terminate-Request changes little, and a server goes on asking. A
  // client has its answer: the server does not want it.
  const bool refused = config_.client && phase_ == Phase::kEstablish;
  if (!peer.was_opened && !refused) return;
  if (const auto demand = lcp_.unmet_demand(); demand && !peer.was_opened) {
    return End(demand->reason, demand->detail, call);
  }
  // RFC 1334 §2.2.1: with the Nak lost, this tells that the login was refused. RFC 1661 §3.7 leaves
  // the lower layer to us once the Terminate-Ack is out.
  const bool login_refused = peer.was_opened && login_cut_short_;
  End(login_refused ? EndReason::kAuthenticationFailed : EndReason::kPeerTerminated,
      std::move(peer.detail), call);
}

void Link::Implementation::CarryNetwork(NetworkOutputs outputs, const Call& call) {
  for (auto& output : outputs) {
    if (ended_) return;
    if (auto* failure = std::get_if<LayerFailed>(&output)) {
      Shut(failure->reason, std::move(failure->detail), call);
      continue;
    }
    auto& action = std::get<Action>(output);
    if (auto* frame = std::get_if<SendFrame>(&action)) {
      if (phase_ == Phase::kNetwork) Send(std::move(*frame), call);
    } else {
      call.out.push_back(std::move(action));
    }
  }
  SettleSetupTimer(call);
}

/// The network's set-up is bounded in time, that after it went down like the first one.
void Link::Implementation::SettleSetupTimer(const Call& call) {
  if (network_layer_.satisfied()) {
    network_was_up_ = true;
    timers_.Cancel(Timer::kSetup);
  } else if (std::exchange(network_was_up_, false) && phase_ != Phase::kTerminate) {
    timers_.Set(Timer::kSetup, call.now + config_.setup_timeout);
  }
}

void Link::Implementation::CarryAuthClient(LayerOutputs outputs, const Call& call) {
  for (auto& output : outputs) {
    if (ended_) return;
    std::visit(
        Overloaded{
            [&](SendFrame& frame) { Send(std::move(frame), call); },
            [&](const LayerUp&) {
              we_proven_ = true;
              StartNetworkOnceAuthenticated(call);
            },
            [&](LayerFailed& failure) { Shut(failure.reason, std::move(failure.detail), call); },
            [](const auto&) {},  // an authentication protocol says nothing else
        },
        output);
  }
}

void Link::Implementation::EnterAuthenticate(const Call& call) {
  phase_ = Phase::kAuthenticate;
  const auto method = lcp_.method();
  const auto own_method = lcp_.own_method();
  call.out.push_back(LinkEstablished{.peer_mru = lcp_.peer_mru(),
                                     .method = method,
                                     .own_method = own_method,
                                     .proxied = std::exchange(proxied_, false)});
  peer_proven_ = !method;
  we_proven_ = !own_method;
  if (method) {
    authenticator_ = MakeAuthenticator(*method, config_, drops_);
    Actions made;
    if (auto login = std::exchange(proxied_login_, std::nullopt)) {
      authenticator_->Resume(std::move(*login), made);
    } else {
      authenticator_->Start({call.now, call.entropy, made});
    }
    Progress(AuthProgress::kPending, std::move(made), call);
  }
  if (own_method) {
    auth_client_ = MakeAuthClient(*own_method, config_, drops_);
    LayerOutputs outputs;
    auth_client_->Start(call.now, call.entropy, outputs);
    CarryAuthClient(std::move(outputs), call);
  }
  StartNetworkOnceAuthenticated(call);
}

void Link::Implementation::LeaveEstablished(const Call& call) {
  login_cut_short_ = phase_ == Phase::kAuthenticate && !we_proven_;
  authenticator_.reset();
  auth_client_.reset();
  verdict_stale_ = verdict_awaited_;
  StopNetwork(call);
  if (phase_ == Phase::kTerminate) return;
  phase_ = Phase::kEstablish;
}

void Link::Implementation::Progress(AuthProgress progress, Actions made, const Call& call) {
  for (auto& action : made) {
    if (auto* frame = std::get_if<SendFrame>(&action)) {
      Send(std::move(*frame), call);
    } else if (auto* login = std::get_if<Authenticate>(&action)) {
      TakeLogin(std::move(*login), call);  // an authenticator has no other action
    }
  }
  switch (progress) {
    case AuthProgress::kPending:
      return;
    case AuthProgress::kSucceeded:
      peer_proven_ = true;
      return StartNetworkOnceAuthenticated(call);
    case AuthProgress::kFailed:
      return Shut(EndReason::kAuthenticationFailed, "authentication failed", call);
    case AuthProgress::kRefused:
      return Shut(EndReason::kAuthenticationRefused, "the peer takes no EAP method that we demand",
                  call);
    case AuthProgress::kTimedOut:
      return Shut(EndReason::kAuthenticationTimeout, "no answer to our challenges", call);
  }
}

void Link::Implementation::TakeLogin(Authenticate login, const Call& call) {
  verdict_awaited_ = true;
  login.again = peer_proven_;
  const bool ours = config_.client && crypto::UserWithoutDomain(login.user) ==
                                          crypto::UserWithoutDomain(config_.client->user);
  // A peer that logs in under our own name may only show us our own response to the challenge that
  // it has from us (RFC 1994, Security Considerations).
  if (ours) return On(AuthRejected{.message = "", .may_retry = false}, call);
  call.out.push_back(std::move(login));
}

void Link::Implementation::OnProtocolRejected(Protocol protocol, const Call& call) {
  if (protocol == Protocol::kLcp) {
    return Shut(EndReason::kNotConverging, "the peer rejects LCP", call);
  }
  NetworkOutputs outputs;
  network_layer_.Rejected(protocol, call.now, outputs);
  CarryNetwork(std::move(outputs), call);
  const bool demanded = authenticator_ != nullptr && authenticator_->protocol() == protocol;
  const bool ours = auth_client_ != nullptr && auth_client_->protocol() == protocol;
  if (phase_ == Phase::kAuthenticate && (demanded || ours)) {
    Shut(EndReason::kAuthenticationRefused, "the peer rejects the authentication protocol", call);
  }
}

void Link::Implementation::Send(SendFrame frame, const Call& call) {
  constexpr size_t kProtocolLength = 2;
  // RFC 1661 §6.1: never more than the peer said that it takes.
  if (frame.bytes.size() > kProtocolLength + lcp_.peer_mru()) {
    return drops_.Count(DropReason::kTooLongToSend);
  }
  call.out.push_back(std::move(frame));
}

void Link::Implementation::StartNetworkOnceAuthenticated(const Call& call) {
  if (phase_ != Phase::kAuthenticate || !peer_proven_ || !we_proven_) return;
  phase_ = Phase::kNetwork;
  NetworkOutputs outputs;
  network_layer_.Start(
      {.grant = grant_, .mtu = std::min(config_.mtu, lcp_.peer_mru()), .peer_mru = lcp_.peer_mru()},
      call.now, call.entropy, outputs);
  CarryNetwork(std::move(outputs), call);
}

void Link::Implementation::StopNetwork(const Call& call) {
  NetworkOutputs outputs;
  network_layer_.Stop(call.now, outputs);
  CarryNetwork(std::move(outputs), call);
}

/// Closes the link in good order: Terminate-Request, and LinkDown when it is answered or given up.
void Link::Implementation::Shut(EndReason reason, std::string detail, const Call& call) {
  if (ended_ || phase_ == Phase::kTerminate) return;  // the first reason stands
  phase_ = Phase::kTerminate;
  end_reason_ = reason;
  end_detail_ = std::move(detail);
  timers_.CancelAll();
  authenticator_.reset();
  auth_client_.reset();
  StopNetwork(call);
  LayerOutputs outputs;
  lcp_.Close(end_detail_, call.now, outputs);
  CarryLcp(std::move(outputs), call);
}

void Link::Implementation::End(EndReason reason, std::string detail, const Call& call) {
  phase_ = Phase::kTerminate;
  StopNetwork(call);
  phase_ = Phase::kDead;
  ended_ = true;
  timers_.CancelAll();
  authenticator_.reset();
  auth_client_.reset();
  call.out.push_back(LinkDown{.reason = reason, .detail = std::move(detail)});
}

Link::Link(const LinkConfig& config, DropCounters& drops)
    : implementation_(std::make_unique<Implementation>(config, drops)) {}
Link::~Link() = default;
Link::Link(Link&&) noexcept = default;
Link& Link::operator=(Link&&) noexcept = default;

void Link::Receive(std::span<const uint8_t> frame, TimePoint now, const Entropy& entropy,
                   Actions& out) {
  implementation_->Receive(frame, now, entropy, out);
}

void Link::Handle(const Command& command, TimePoint now, const Entropy& entropy, Actions& out) {
  implementation_->Handle(command, now, entropy, out);
}

void Link::HandleTimeout(TimePoint now, const Entropy& entropy, Actions& out) {
  implementation_->HandleTimeout(now, entropy, out);
}

std::optional<TimePoint> Link::NextDeadline() const { return implementation_->NextDeadline(); }

Phase Link::phase() const { return implementation_->phase(); }

}  // namespace sallyport::ppp
