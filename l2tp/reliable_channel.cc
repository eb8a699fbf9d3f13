// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/reliable_channel.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sallyport::l2tp {
namespace {

/// Messages kept ahead of a hole, and the octets of all of them: local policy. No client sends
/// more at once, and one datagram then delivers sixteen messages at most, as many as Entropy has
/// ids for. What is not kept is not acknowledged either, so the peer sends it again.
constexpr uint16_t kReorderLimit = 15;
constexpr size_t kReorderOctets = 16384;

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
    : peer_tunnel_(peer_tunnel), peer_window_(peer_window), slow_start_threshold_(peer_window) {}

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
    acknowledgement_due_ = true;
    return Receipt::kInOrder;
  }
  if (IsBefore(ns, next_expected_)) {
    acknowledgement_due_ = true;  // "receipt of duplicate messages MUST be acknowledged"
    return Receipt::kDuplicate;
  }
  const auto ahead = static_cast<uint16_t>(ns - next_expected_);
  if (ahead >= settings.receive_window || ahead > kReorderLimit) return Receipt::kOutsideWindow;
  const auto same = [ns](const QueuedMessage& queued) { return queued.ns == ns; };
  if (std::ranges::any_of(reordered_, same)) return Receipt::kDuplicate;

  const size_t kept =
      std::accumulate(reordered_.begin(), reordered_.end(), size_t{0},
                      [](size_t sum, const QueuedMessage& m) { return sum + m.avps.size(); });
  if (kept + packet.avps.size() > kReorderOctets) return Receipt::kNoRoom;
  reordered_.push_back(
      {ns, packet.header.session, std::vector<uint8_t>(packet.avps.begin(), packet.avps.end())});
  return Receipt::kQueued;
}

std::optional<QueuedMessage> ReliableChannel::TakeNext() {
  const auto next = std::ranges::find(reordered_, next_expected_, &QueuedMessage::ns);
  if (next == reordered_.end()) return {};
  QueuedMessage message = std::move(*next);
  reordered_.erase(next);
  ++next_expected_;
  acknowledgement_due_ = true;
  return message;
}

void ReliableChannel::Send(SessionId session, std::span<const uint8_t> avps) {
  const auto ns = static_cast<uint16_t>(send_base_ + queue_.size());
  queue_.push_back(
      BuildControlMessage({.tunnel = peer_tunnel_, .session = session, .ns = ns, .nr = 0}, avps));
}

std::vector<std::vector<uint8_t>> ReliableChannel::Flush(const ChannelSettings& settings,
                                                         TimePoint now, uint64_t& retransmissions) {
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
  if (acknowledgement_due_ && datagrams.empty()) datagrams.push_back(BuildZlb());
  acknowledgement_due_ = false;
  return datagrams;
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
