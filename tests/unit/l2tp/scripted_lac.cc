// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/l2tp/scripted_lac.h"

#include <algorithm>

namespace sallyport::l2tp::testing {
namespace {

constexpr unsigned kAttempts = 7;               // transmissions of one message before it gives up
constexpr std::chrono::seconds kPatience{100};  // without a word from the other end

}  // namespace

void ScriptedLac::Start(TimePoint now) {
  patience_ends_ = now + kPatience;
  Send(0, SccrqAvps(script_.tunnel).U16(10, 4));
  Pump(now);
}

void ScriptedLac::Send(uint16_t session, const AvpList& avps) {
  queue_.push_back({next_ns_++, session, avps.bytes()});
}

void ScriptedLac::Transmit(const Pending& message) {
  const bool is_sccrq = message.ns == 0;
  sent_.push_back(ControlMessage(is_sccrq ? uint16_t{0} : peer_tunnel_, message.session, message.ns,
                                 expected_, message.avps));
}

void ScriptedLac::Pump(TimePoint now) {
  while (in_flight_ < std::min(queue_.size(), script_.window)) Transmit(queue_[in_flight_++]);
  if (in_flight_ > 0 && !retransmit_at_) retransmit_at_ = now + std::chrono::seconds(1);
}

std::optional<TimePoint> ScriptedLac::NextDeadline() const {
  if (ended()) return {};
  return std::min(patience_ends_, retransmit_at_.value_or(patience_ends_));
}

void ScriptedLac::HandleTimeout(TimePoint now) {
  if (!ended() && patience_ends_ <= now) phase_ = Phase::kFailed;
  if (ended() || !retransmit_at_ || *retransmit_at_ > now) return;
  if (++attempts_ == kAttempts) {
    phase_ = Phase::kFailed;
    return;
  }
  for (size_t i = 0; i < in_flight_; ++i) Transmit(queue_[i]);  // everything again: the rude way
  retransmit_at_ = now + std::chrono::seconds(std::min(1u << attempts_, 8u));
}

void ScriptedLac::Receive(const Bytes& datagram, TimePoint now) {
  const Decoded message = Decode(datagram);
  if (message.tunnel != script_.tunnel || ended()) return;
  patience_ends_ = now + kPatience;
  while (in_flight_ > 0 && static_cast<int16_t>(message.nr - queue_.front().ns) > 0) {
    queue_.pop_front();
    --in_flight_;
    attempts_ = 0;
    retransmit_at_.reset();
  }
  bool acknowledge = false;
  if (!message.IsZlb()) {
    if (message.ns == expected_) {
      ++expected_;
      acknowledge = true;
      Act(message);
    } else {
      acknowledge = static_cast<int16_t>(message.ns - expected_) < 0;  // one ahead is dropped
    }
  }
  if (phase_ == Phase::kHangingUp && queue_.empty()) phase_ = Phase::kDone;
  const size_t before = sent_.size();
  Pump(now);
  if (acknowledge && sent_.size() == before) {
    sent_.push_back(ControlMessage(peer_tunnel_, 0, next_ns_, expected_));
  }
}

void ScriptedLac::Act(const Decoded& message) {
  switch (message.type) {
    case 2:  // SCCRP
      peer_tunnel_ = message.U16(9);
      Send(0, ScccnAvps());
      phase_ = Phase::kCalling;
      for (uint16_t id = 1; id <= script_.sessions; ++id) Send(0, IcrqAvps(id));
      return;
    case 4:   // StopCCN
    case 14:  // CDN: this client does not expect one
      phase_ = Phase::kFailed;
      return;
    case 11:  // ICRP
      OnReply(message);
      return;
    default:  // HELLO: acknowledged
      return;
  }
}

void ScriptedLac::OnReply(const Decoded& message) {
  peer_sessions_[message.session] = message.U16(14);
  Send(message.U16(14), IccnAvps());
  if (peer_sessions_.size() < script_.sessions) return;
  phase_ = Phase::kUp;
  for (unsigned i = 0; i < script_.hellos; ++i) Send(0, HelloAvps());
  HangUp();
}

void ScriptedLac::HangUp() {
  if (script_.cdn_before_stop) {
    for (const auto& [ours, theirs] : peer_sessions_) Send(theirs, CdnAvps(ours, 3));
  }
  Send(0, StopCcnAvps(script_.tunnel, 1));
  phase_ = Phase::kHangingUp;
}

}  // namespace sallyport::l2tp::testing
