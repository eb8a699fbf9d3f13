// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/control_protocol.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace sallyport::ppp {
namespace {

using Event = Automaton::Event;
using State = Automaton::State;

/// Configure-Requests of either side before a layer counts as never converging, in multiples of
/// Max-Configure; of the peer's packets, all that we answer while the layer is not open. Local
/// policy: RFC 1661 §4.5 asks for loop detection; an honest peer that loses packets and has every
/// option refused needs fewer than half.
constexpr unsigned kRequestLimitFactor = 4;

/// True if `answered` is a part of `asked` in the same order (RFC 1661 §5.4).
bool IsOrderedSubset(std::span<const Option> answered, std::span<const Option> asked) {
  auto next = asked.begin();
  for (const auto& option : answered) {
    next = std::find(next, asked.end(), option);
    if (next == asked.end()) return false;
    ++next;
  }
  return true;
}

}  // namespace

ControlProtocol::ControlProtocol(Protocol protocol, const LinkConfig& config, DropCounters& drops,
                                 Negotiation& negotiation)
    : protocol_(protocol), config_(config), drops_(drops), negotiation_(negotiation) {}

void ControlProtocol::Up(TimePoint now, LayerOutputs& out) { Run(Event::kUp, {}, now, out); }
void ControlProtocol::Down(TimePoint now, LayerOutputs& out) { Run(Event::kDown, {}, now, out); }
void ControlProtocol::Open(TimePoint now, LayerOutputs& out) { Run(Event::kOpen, {}, now, out); }

void ControlProtocol::StartOpened(TimePoint now, LayerOutputs& out) {
  automaton_ = Automaton(State::kOpened);
  EnterOpened(now, out);
}

void ControlProtocol::Close(std::string_view text, TimePoint now, LayerOutputs& out) {
  terminate_text_ = text.substr(0, kMaxTextLength);
  Run(Event::kClose, {}, now, out);
}

void ControlProtocol::Receive(const Packet& packet, TimePoint now, LayerOutputs& out) {
  const auto code = static_cast<Code>(packet.code);
  switch (code) {
    case Code::kConfigureRequest:
      return ReceiveRequest(packet, now, out);
    case Code::kConfigureAck:
    case Code::kConfigureNak:
    case Code::kConfigureReject:
      return ReceiveAnswer(code, packet, now, out);
    case Code::kTerminateRequest: {
      const bool was_opened = state() == State::kOpened;
      if (!CountPeersRequest(out)) return;
      Run(Event::kRtr, {.packet = packet}, now, out);
      out.push_back(PeerTerminated{was_opened, PrintableText(packet.data)});
      return;
    }
    case Code::kTerminateAck:
      return Run(Event::kRta, {}, now, out);
    case Code::kCodeReject:
      return ReceiveCodeReject(packet, now, out);
  }
  if (state() != State::kOpened && !CountPeersRequest(out)) return;
  Run(Event::kRuc, {.packet = packet}, now, out);
}

bool ControlProtocol::ReceiveOther() {
  return !automaton_.Handle(Event::kRxr).actions().empty();  // Send-Echo-Reply, in Opened only
}

void ControlProtocol::HandleTimeout(TimePoint now, LayerOutputs& out) {
  if (!restart_deadline_ || *restart_deadline_ > now) return;
  restart_deadline_.reset();
  Run(restart_count_ > 0 ? Event::kToPlus : Event::kToMinus, {}, now, out);
}

void ControlProtocol::Run(Event event, const Input& input, TimePoint now, LayerOutputs& out) {
  const State before = state();
  const auto& transition = automaton_.Handle(event);
  // RFC 1661 §5.1: a retransmission may keep the Identifier while it has no valid reply; keeping it
  // lets a late answer count.
  retransmission_ = event == Event::kToPlus && !request_answered_;
  for (const auto action : transition.actions()) {
    if (action == Automaton::Action::kTlf) {
      auto cause = LayerFinished::Cause::kClosed;
      if (event == Event::kToMinus && before == State::kStopping) {
        cause = LayerFinished::Cause::kPeerTerminated;
      } else if (event == Event::kToMinus && before != State::kClosing) {
        cause = LayerFinished::Cause::kUnanswered;
      }
      out.push_back(LayerFinished{cause});
    } else {
      Carry(action, input, now, out);
    }
  }
  if (!automaton_.RestartTimerRuns()) restart_deadline_.reset();
}

void ControlProtocol::Carry(Automaton::Action action, const Input& input, TimePoint now,
                            LayerOutputs& out) {
  switch (action) {
    case Automaton::Action::kTlu:
      return EnterOpened(now, out);
    case Automaton::Action::kTld:
      return LeaveOpened(now, out);
    case Automaton::Action::kTls:  // the lower layer's start is the owner's matter
    case Automaton::Action::kTlf:  // Run(), which knows the cause
      return;
    case Automaton::Action::kIrc: {
      const bool closing = state() == State::kClosing || state() == State::kStopping;
      restart_count_ = closing ? config_.max_terminate : config_.max_configure;
      return;
    }
    case Automaton::Action::kZrc:
      restart_count_ = 0;
      restart_deadline_ = now + config_.restart_timer;
      return;
    case Automaton::Action::kScr:
      return SendConfigureRequest(now, out);
    case Automaton::Action::kSca:
      naks_sent_ = 0;
      return SendCode(Code::kConfigureAck, input.packet.identifier, input.answer.options, out);
    case Automaton::Action::kScn: {
      const bool nak = input.answer.verdict == Verdict::kNak;
      if (nak) ++naks_sent_;
      return SendCode(nak ? Code::kConfigureNak : Code::kConfigureReject, input.packet.identifier,
                      input.answer.options, out);
    }
    case Automaton::Action::kStr:
      restart_count_ -= std::min(restart_count_, 1U);
      restart_deadline_ = now + config_.restart_timer;
      return SendCode(Code::kTerminateRequest, NextIdentifier(), TextOctets(terminate_text_), out);
    case Automaton::Action::kSta:
      // RFC 1661 §5.5: the Ack to a Terminate-Request has its Identifier; so has the one that
      // answers a stray Configure packet.
      return SendCode(Code::kTerminateAck, input.packet.identifier, {}, out);
    case Automaton::Action::kScj: {
      // RFC 1661 §5.6: the copy is cut to the peer's MRU.
      const size_t room = max_packet_length_ - kPacketHeaderLength;
      const auto copy = input.packet.whole.first(std::min(room, input.packet.whole.size()));
      return SendCode(Code::kCodeReject, NextIdentifier(), copy, out);
    }
    case Automaton::Action::kSer:  // the owner answers, see ReceiveOther()
      return;
  }
}

void ControlProtocol::ReceiveRequest(const Packet& packet, TimePoint now, LayerOutputs& out) {
  const auto options = ParseOptions(packet.data);
  if (!options) return drops_.Count(options.error());
  if (!CountPeersRequest(out)) return;
  Answer answer = negotiation_.Judge(*options, naks_sent_ < config_.max_failure);
  if (auto failure = negotiation_.failure()) return out.push_back(std::move(*failure));
  auto last_word = std::exchange(answer.failure, std::nullopt);
  const bool good = answer.verdict == Verdict::kAck;
  Run(good ? Event::kRcrPlus : Event::kRcrMinus, {.packet = packet, .answer = std::move(answer)},
      now, out);
  if (last_word) out.push_back(std::move(*last_word));
}

void ControlProtocol::ReceiveAnswer(Code code, const Packet& packet, TimePoint now,
                                    LayerOutputs& out) {
  // RFC 1661 §5.2 to §5.4: the Identifier must match that of the last Configure-Request. Its second
  // answer is a copy that the line made; in Opened it would take the layer down.
  if (request_answered_ || packet.identifier != request_identifier_) {
    return drops_.Count(DropReason::kWrongIdentifier);
  }
  const auto answered = ParseOptions(packet.data);
  if (!answered) return drops_.Count(answered.error());
  WireWriter request;
  negotiation_.Ask(request);
  // RFC 1661 §5.2: the Ack's options are exactly those of the request.
  if (code == Code::kConfigureAck) {
    const auto sent = request.view();
    if (!std::equal(sent.begin(), sent.end(), packet.data.begin(), packet.data.end())) {
      return drops_.Count(DropReason::kMismatchedAnswer);
    }
    request_answered_ = true;
    return Run(Event::kRca, {.packet = packet}, now, out);
  }
  const auto asked = ParseOptions(request.view());
  const bool fits = code == Code::kConfigureNak || IsOrderedSubset(*answered, *asked);
  if (answered->empty() || !fits) return drops_.Count(DropReason::kMismatchedAnswer);
  request_answered_ = true;
  if (code == Code::kConfigureNak) {
    negotiation_.Naked(*answered);
  } else {
    negotiation_.Rejected(*answered);
  }
  if (auto failure = negotiation_.failure()) return out.push_back(std::move(*failure));
  Run(Event::kRcn, {.packet = packet}, now, out);
}

void ControlProtocol::ReceiveCodeReject(const Packet& packet, TimePoint now, LayerOutputs& out) {
  if (packet.data.empty()) return drops_.Count(DropReason::kBadLength);
  const uint8_t rejected = packet.data.front();
  // RFC 1661 §4.3 RXJ-: without the codes of the automaton itself nothing can be negotiated.
  const bool fundamental = rejected >= static_cast<uint8_t>(Code::kConfigureRequest) &&
                           rejected <= static_cast<uint8_t>(Code::kCodeReject);
  if (!fundamental) return Run(Event::kRxjPlus, {}, now, out);
  out.push_back(LayerFailed{EndReason::kNotConverging, "the peer rejects a code of the automaton"});
  Run(Event::kRxjMinus, {}, now, out);
}

void ControlProtocol::SendConfigureRequest(TimePoint now, LayerOutputs& out) {
  restart_count_ -= std::min(restart_count_, 1U);
  restart_deadline_ = now + config_.restart_timer;
  ++requests_sent_;
  if (!WithinRequestLimit(requests_sent_, out)) return;
  if (!retransmission_) request_identifier_ = NextIdentifier();
  request_answered_ = false;
  WireWriter options;
  negotiation_.Ask(options);
  SendCode(Code::kConfigureRequest, request_identifier_, options.view(), out);
}

bool ControlProtocol::CountPeersRequest(LayerOutputs& out) {
  ++requests_received_;
  return WithinRequestLimit(requests_received_, out);
}

bool ControlProtocol::WithinRequestLimit(unsigned requests, LayerOutputs& out) const {
  if (requests <= kRequestLimitFactor * config_.max_configure) return true;
  out.push_back(LayerFailed{EndReason::kNotConverging, "too many requests"});
  return false;
}

void ControlProtocol::SendCode(Code code, uint8_t identifier, std::span<const uint8_t> data,
                               LayerOutputs& out) const {
  out.push_back(MakeFrame(protocol_, static_cast<uint8_t>(code), identifier, data));
}

void ControlProtocol::EnterOpened(TimePoint now, LayerOutputs& out) {
  opened_at_ = now;
  out.push_back(LayerUp{});
}

void ControlProtocol::LeaveOpened(TimePoint now, LayerOutputs& out) {
  // A layer that was open for a restart period has converged: the counts begin anew. One that is
  // taken down as soon as it is up is part of the same storm.
  if (opened_at_ && now - *opened_at_ >= config_.restart_timer) {
    requests_sent_ = 0;
    requests_received_ = 0;
  }
  opened_at_.reset();
  out.push_back(LayerDown{});
}

}  // namespace sallyport::ppp
