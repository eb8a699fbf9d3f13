// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/reliable_channel.h"

#include <algorithm>
#include <utility>

namespace sallyport::l2tp {
namespace {

/// Octets of the messages kept ahead of a hole, their headers counted: local policy. No client
/// sends more at once; what is not kept is not acknowledged either, so the peer sends it again.
constexpr size_t kReorderOctets = 16384;
/// RFC 2661 §5.8 takes Ns and Nr in a half of their range for new, in the other for old.
constexpr uint16_t kWindowLimit = 32767;

/// RFC 2661 §5.8: the numbers up to 32768 below are "less than or equal to" the last received.
bool IsBefore(uint16_t a, uint16_t b) {
  return static_cast<int16_t>(static_cast<uint16_t>(a - b)) < 0;
}

/// RFC 2661 §5.8: "Each subsequent retransmission of a message MUST employ an exponential backoff
/// interval", up to a cap.
Duration RetransmitInterval(const ChannelSettings& settings, unsigned attempts) {
  Duration interval = settings.retransmit_initial;
  for (unsigned i = 0; i < attempts && interval < settings.retransmit_cap; ++i) interval *= 2;
  return std::min(interval, settings.retransmit_cap);
}

}  // namespace

ReliableChannel::ReliableChannel(TunnelId peer_tunnel, uint16_t peer_window)
    : peer_tunnel_(peer_tunnel),
      peer_window_(std::min(peer_window, kWindowLimit)),
      slow_start_threshold_(peer_window_) {}

void ReliableChannel::SetPeer(TunnelId peer_tunnel, uint16_t peer_window) {
  peer_tunnel_ = peer_tunnel;
  peer_window_ = std::min(peer_window, kWindowLimit);
  slow_start_threshold_ = peer_window_;
  congestion_window_ = std::min(congestion_window_, peer_window_);
  for (size_t i = transmitted_; i < queue_.size(); ++i) SetTunnel(queue_[i], peer_tunnel);
}

bool ReliableChannel::Acknowledge(uint16_t nr, const ChannelSettings& settings, TimePoint now) {
  if (IsBefore(nr, send_base_)) return true;  // overtaken by a later one
  const auto acknowledged = static_cast<uint16_t>(nr - send_base_);
  if (acknowledged > transmitted_) return false;
  if (acknowledged == 0) return true;

  queue_.erase(queue_.begin(), queue_.begin() + acknowledged);
  send_base_ = nr;
  transmitted_ -= acknowledged;
  in_flight_ -= std::min<size_t>(in_flight_, acknowledged);
  attempts_ = 0;
  retransmit_at_.reset();
  if (in_flight_ > 0) retransmit_at_ = now + RetransmitInterval(settings, attempts_);
  GrowWindow();
  return true;
}

void ReliableChannel::GrowWindow() {
  if (congestion_window_ >= peer_window_) return;
  if (congestion_window_ < slow_start_threshold_) {  // slow start: one more for each ACK
    ++congestion_window_;
    return;
  }
  // Congestion avoidance: "CWND is increased by one packet after CWND new ACKs".
  if (++acks_in_avoidance_ < congestion_window_) return;
  acks_in_avoidance_ = 0;
  ++congestion_window_;
}

ReliableChannel::Receipt ReliableChannel::Accept(const ControlPacket& packet,
                                                 const ChannelSettings& settings) {
  // A ZLB takes no sequence number: its Ns says nothing (RFC 2661 §5.8).
  if (packet.IsZlb()) return Receipt::kAcknowledgement;
  const uint16_t ns = packet.header.ns;
  if (ns == next_expected_) {
    ++next_expected_;
    acknowledgement_ = std::max(acknowledgement_, Acknowledgement::kMayWait);
    return Receipt::kInOrder;
  }
  if (IsBefore(ns, next_expected_)) {
    // "receipt of duplicate messages MUST be acknowledged"; the peer misses the acknowledgement.
    acknowledgement_ = Acknowledgement::kAtOnce;
    return Receipt::kDuplicate;
  }
  if (static_cast<uint16_t>(ns - next_expected_) >= settings.receive_window) {
    return Receipt::kOutsideWindow;
  }
  if (reordered_.contains(ns)) return Receipt::kDuplicate;
  const size_t octets = kControlHeaderSize + packet.avps.size();
  if (octets > kReorderOctets - reordered_octets_) return Receipt::kNoRoom;
  reordered_octets_ += octets;
  reordered_.emplace(ns, QueuedMessage{packet.header.session,
                                       std::vector(packet.avps.begin(), packet.avps.end())});
  return Receipt::kQueued;
}

std::optional<QueuedMessage> ReliableChannel::TakeNext() {
  auto next = reordered_.extract(next_expected_);
  if (next.empty()) return {};
  reordered_octets_ -= kControlHeaderSize + next.mapped().avps.size();
  ++next_expected_;
  acknowledgement_ = std::max(acknowledgement_, Acknowledgement::kMayWait);
  return std::move(next.mapped());
}

void ReliableChannel::Send(SessionId session, std::span<const uint8_t> avps) {
  const auto ns = static_cast<uint16_t>(send_base_ + queue_.size());
  queue_.push_back(
      BuildControlMessage({.tunnel = peer_tunnel_, .session = session, .ns = ns, .nr = 0}, avps));
}

void ReliableChannel::Discard() {
  send_base_ = static_cast<uint16_t>(send_base_ + transmitted_);
  queue_.clear();
  in_flight_ = 0;
  transmitted_ = 0;
  retransmit_at_.reset();
}

std::vector<std::vector<uint8_t>> ReliableChannel::Flush(const ChannelSettings& settings,
                                                         TimePoint now, uint64_t& retransmissions,
                                                         Answer answer) {
  std::vector<std::vector<uint8_t>> datagrams;
  while (!failed_ && in_flight_ < std::min<size_t>(queue_.size(), congestion_window_)) {
    auto& message = queue_[in_flight_];
    // RFC 2661 §5.8: a retransmission has "the same Ns value, but the Nr value MUST be updated".
    SetNr(message, next_expected_);
    datagrams.push_back(message);
    if (in_flight_ < transmitted_) {
      ++retransmissions;
    } else {
      ++transmitted_;
    }
    ++in_flight_;
  }
  if (in_flight_ > 0 && !retransmit_at_ && !failed_) {
    retransmit_at_ = now + RetransmitInterval(settings, attempts_);
  }
  if (datagrams.empty() && ZlbIsDue(settings, now, answer)) datagrams.push_back(BuildZlb());
  if (!datagrams.empty()) {
    acknowledgement_ = Acknowledgement::kNone;
    acknowledge_at_.reset();
  }
  return datagrams;
}

bool ReliableChannel::ZlbIsDue(const ChannelSettings& settings, TimePoint now, Answer answer) {
  switch (acknowledgement_) {
    case Acknowledgement::kNone:
      return false;
    case Acknowledgement::kAtOnce:
      return true;
    case Acknowledgement::kMayWait:
      break;
  }
  if (answer == Answer::kNone) return true;
  if (!acknowledge_at_) acknowledge_at_ = now + settings.acknowledgement_delay;
  return *acknowledge_at_ <= now;
}

std::optional<TimePoint> ReliableChannel::NextDeadline() const {
  if (!acknowledge_at_ || !retransmit_at_)
    return acknowledge_at_ ? acknowledge_at_ : retransmit_at_;
  return std::min(*acknowledge_at_, *retransmit_at_);
}

std::vector<uint8_t> ReliableChannel::BuildZlb() const {
  // Ns is that of the next new message, which the ZLB does not take (RFC 2661 §5.8, App. B.1).
  const auto ns = static_cast<uint16_t>(send_base_ + transmitted_);
  return BuildControlMessage(
      {.tunnel = peer_tunnel_, .session = SessionId(), .ns = ns, .nr = next_expected_}, {});
}

void ReliableChannel::HandleTimeout(const ChannelSettings& settings, TimePoint now) {
  if (!retransmit_at_ || *retransmit_at_ > now) return;
  retransmit_at_.reset();
  if (attempts_ >= settings.retransmit_max) {
    failed_ = true;
    return;
  }
  ++attempts_;
  in_flight_ = 0;
  // RFC 2661 App. A: "one half of the CWND is saved in SSTHRESH, and CWND is set to one".
  slow_start_threshold_ = std::max<uint16_t>(1, congestion_window_ / 2);
  congestion_window_ = 1;
  acks_in_avoidance_ = 0;
}

}  // namespace sallyport::l2tp
