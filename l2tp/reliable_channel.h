// SPDX-License-Identifier: GPL-2.0-or-later
// The reliable delivery of control messages over one control connection (RFC 2661 §5.8, App. A).
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "l2tp/header.h"

namespace sallyport::l2tp {

/// The fixed numbers of a channel: the same for every tunnel, so kept by its owner.
struct ChannelSettings {
  Duration retransmit_initial{};     // before the first retransmission
  Duration retransmit_cap{};         // the longest between two
  unsigned retransmit_max = 0;       // retransmissions before the peer is given up
  uint16_t receive_window = 0;       // what our Receive Window Size AVP says
  Duration acknowledgement_delay{};  // the longest that one waits for an answer to carry it
};

/// Whether an answer to what was received is being prepared, to carry the acknowledgement: SCCRP or
/// ICRP that waits for the kernel.
enum class Answer : uint8_t { kNone, kComing };

/// A message that had to wait for the one before it.
struct QueuedMessage {
  SessionId session;
  std::vector<uint8_t> avps;
};

/// Sequence numbers, window, retransmission and acknowledgement of one end. Knows nothing of what
/// the messages say. Its members are plain data.
///
/// One datagram is worked off thus: Acknowledge its Nr, Accept its Ns; if that gives kInOrder
/// process the message, then every one that TakeNext gives; last, Flush.
class ReliableChannel {
 public:
  /// What Accept made of a message.
  enum class Receipt {
    kAcknowledgement,  // a ZLB: there is nothing to process
    kInOrder,          // to be processed now; TakeNext may have more
    kQueued,           // ahead of a hole: kept, not acknowledged
    kDuplicate,        // seen before; will be acknowledged again
    kOutsideWindow,    // too far ahead: dropped
    kNoRoom,           // ahead of a hole, and too large to be kept: dropped
  };

  /// Messages go to `peer_tunnel`, at most `peer_window` (1 or more) of them unacknowledged, and
  /// never more than 32,767, which is as far as Ns can be told from one that has passed.
  ReliableChannel(TunnelId peer_tunnel, uint16_t peer_window);
  /// When we dial, the SCCRP tells both. What was sent by then went to nobody's tunnel: SCCRQ.
  void SetPeer(TunnelId peer_tunnel, uint16_t peer_window);

  /// Takes in a received Nr. False if it acknowledges what was never sent: it then has no effect.
  bool Acknowledge(uint16_t nr, const ChannelSettings& settings, TimePoint now);
  Receipt Accept(const ControlPacket& packet, const ChannelSettings& settings);
  /// The next message in order, if it had come ahead of the one just processed.
  std::optional<QueuedMessage> TakeNext();

  /// Queues a message for the peer's `session` (zero: the tunnel, or not known yet).
  void Send(SessionId session, std::span<const uint8_t> avps);
  /// The peer has ended the tunnel: what it has not acknowledged is not sent any more.
  void Discard();
  /// Everything that may be sent now, as whole UDP payloads: new messages as far as the window
  /// goes, those whose time has come again, and a ZLB if an acknowledgement is due and nothing else
  /// carried it. While an answer is coming the ZLB waits, the settings' delay at most, unless what
  /// it acknowledges is a duplicate. `retransmissions` counts up.
  std::vector<std::vector<uint8_t>> Flush(const ChannelSettings& settings, TimePoint now,
                                          uint64_t& retransmissions, Answer answer = Answer::kNone);

  /// Makes what is on the way due again ahead of its time, which stays. To be followed by Flush.
  void SendAgain() { in_flight_ = 0; }
  /// Makes the message at the front of the queue due again, or gives the peer up. To be followed by
  /// Flush.
  void HandleTimeout(const ChannelSettings& settings, TimePoint now);
  std::optional<TimePoint> NextDeadline() const;
  /// The peer acknowledged nothing through all retransmissions: "the tunnel and all sessions within
  /// MUST be cleared".
  bool failed() const { return failed_; }

  /// Messages that the peer has not acknowledged, sent or not.
  size_t backlog() const { return queue_.size(); }
  uint16_t congestion_window() const { return congestion_window_; }
  uint16_t slow_start_threshold() const { return slow_start_threshold_; }

 private:
  enum class Acknowledgement : uint8_t { kNone, kMayWait, kAtOnce };

  void GrowWindow();
  bool ZlbIsDue(const ChannelSettings& settings, TimePoint now, Answer answer);
  std::vector<uint8_t> BuildZlb() const;

  // Sending. queue_[0] has Ns send_base_; the first in_flight_ of the queue are on the way, the
  // first transmitted_ were sent at least once.
  TunnelId peer_tunnel_;
  std::deque<std::vector<uint8_t>> queue_;
  uint16_t send_base_ = 0;
  size_t in_flight_ = 0;
  size_t transmitted_ = 0;
  unsigned attempts_ = 0;  // retransmissions of queue_[0]
  std::optional<TimePoint> retransmit_at_;
  bool failed_ = false;

  // Congestion control, in messages (RFC 2661 App. A).
  uint16_t peer_window_;
  uint16_t congestion_window_ = 1;  // "CWND is initialized to one packet"
  uint16_t slow_start_threshold_;   // "SSHTRESH is initialized to the advertised window"
  uint16_t acks_in_avoidance_ = 0;

  // Receiving.
  uint16_t next_expected_ = 0;  // Nr
  Acknowledgement acknowledgement_ = Acknowledgement::kNone;
  std::optional<TimePoint> acknowledge_at_;      // while one waits
  std::map<uint16_t, QueuedMessage> reordered_;  // by Ns
  size_t reordered_octets_ = 0;
};

}  // namespace sallyport::l2tp
