// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/reliable_channel.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <initializer_list>

#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Bytes;
using testing::Decoded;
using Receipt = ReliableChannel::Receipt;

constexpr TunnelId kPeerTunnel{77};
constexpr ChannelSettings kSettings{.retransmit_initial = seconds(1),
                                    .retransmit_cap = seconds(8),
                                    .retransmit_max = 5,
                                    .receive_window = 16,
                                    .acknowledgement_delay = milliseconds(100)};

class Channel : public ::testing::Test {
 protected:
  std::vector<Decoded> Flush(Answer answer = Answer::kNone) {
    std::vector<Decoded> sent;
    for (const auto& bytes : channel.Flush(kSettings, now, retransmissions, answer)) {
      sent.push_back(testing::Decode(bytes));
    }
    return sent;
  }
  /// Ns of everything that goes out now.
  std::vector<uint16_t> FlushNs() {
    std::vector<uint16_t> numbers;
    for (const auto& message : Flush()) numbers.push_back(message.ns);
    return numbers;
  }
  /// Its session id tells which message it is when TakeNext gives it back.
  Receipt Accept(uint16_t ns, const Bytes& avps = testing::HelloAvps().bytes(),
                 const ChannelSettings& settings = kSettings) {
    return channel.Accept({{.tunnel = {}, .session = SessionId(ns), .ns = ns, .nr = 0}, avps},
                          settings);
  }
  bool Acknowledge(uint16_t nr) { return channel.Acknowledge(nr, kSettings, now); }
  void SendHello() { channel.Send(SessionId(), testing::HelloAvps().bytes()); }
  void SendHellos(int n) {
    for (int i = 0; i < n; ++i) SendHello();
  }
  /// Sends and has acknowledged `n` messages, one by one.
  void Exchange(unsigned n) {
    for (unsigned i = 0; i < n; ++i) {
      SendHello();
      const auto sent = Flush();
      ASSERT_EQ(sent.size(), 1u);
      ASSERT_TRUE(Acknowledge(static_cast<uint16_t>(sent[0].ns + 1)));
    }
  }
  void Timeout() {
    ASSERT_TRUE(channel.NextDeadline());
    now = *channel.NextDeadline();
    channel.HandleTimeout(kSettings, now);
  }

  ReliableChannel channel{kPeerTunnel, 8};
  TimePoint now{std::chrono::hours(1)};
  uint64_t retransmissions = 0;
};
using Sending = Channel;
using Receiving = Channel;
using CongestionWindow = Channel;

// ---- Receiving --------------------------------------------------------------------------------

TEST_F(Receiving, InOrderMessageIsAcknowledgedByAZlb) {
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  const auto sent = Flush();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].IsZlb());
  EXPECT_EQ(sent[0].tunnel, 77);
  EXPECT_EQ(sent[0].ns, 0);
  EXPECT_EQ(sent[0].nr, 1);
  EXPECT_TRUE(Flush().empty());
}

TEST_F(Receiving, AcknowledgementRidesOnAMessage) {
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  SendHello();
  const auto sent = Flush();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_FALSE(sent[0].IsZlb());
  EXPECT_EQ(sent[0].nr, 1);
}

TEST_F(Receiving, ZlbIsNotAcknowledgedAndTakesNoNumber) {
  EXPECT_EQ(Accept(0, {}), Receipt::kAcknowledgement);
  EXPECT_EQ(Accept(3, {}), Receipt::kAcknowledgement);
  EXPECT_TRUE(Flush().empty());
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
}

TEST_F(Receiving, DuplicateIsAcknowledgedAgain) {
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  (void)Flush();
  EXPECT_EQ(Accept(0), Receipt::kDuplicate);
  const auto sent = Flush();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].IsZlb());
  EXPECT_EQ(sent[0].nr, 1);
}

TEST_F(Receiving, HoleIsNotAcknowledgedUntilItIsFilled) {
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  EXPECT_EQ(Accept(2, testing::CdnAvps(1, 1).bytes()), Receipt::kQueued);
  EXPECT_EQ(Accept(2, testing::CdnAvps(1, 1).bytes()), Receipt::kDuplicate);
  EXPECT_FALSE(channel.TakeNext());
  EXPECT_EQ(Flush().back().nr, 1);
  EXPECT_EQ(Accept(1), Receipt::kInOrder);
  const auto next = channel.TakeNext();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->avps, testing::CdnAvps(1, 1).bytes());
  EXPECT_FALSE(channel.TakeNext());
  EXPECT_EQ(Flush().back().nr, 3);
}

TEST_F(Receiving, KeepsAWindowAheadOfAHole) {
  for (uint16_t ns = 15; ns >= 1; --ns) EXPECT_EQ(Accept(ns), Receipt::kQueued) << ns;
  EXPECT_EQ(Accept(16), Receipt::kOutsideWindow);
  EXPECT_EQ(Accept(7), Receipt::kDuplicate);
  EXPECT_TRUE(Flush().empty());
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  for (uint16_t ns = 1; ns <= 15; ++ns) EXPECT_EQ(channel.TakeNext()->session, SessionId(ns));
  EXPECT_FALSE(channel.TakeNext());
  EXPECT_EQ(Flush().back().nr, 16);
}

TEST_F(Receiving, WindowOfOneKeepsNothing) {
  ChannelSettings narrow = kSettings;
  narrow.receive_window = 1;
  EXPECT_EQ(Accept(1, testing::HelloAvps().bytes(), narrow), Receipt::kOutsideWindow);
  EXPECT_EQ(Accept(0, testing::HelloAvps().bytes(), narrow), Receipt::kInOrder);
}

TEST_F(Receiving, WideWindowIsBoundByOctets) {
  ChannelSettings wide = kSettings;
  wide.receive_window = 65535;
  const Bytes avps(16384 / 4 - 12);
  for (const uint16_t ns : std::initializer_list<uint16_t>{1, 100, 20000, 32767}) {
    EXPECT_EQ(Accept(ns, avps, wide), Receipt::kQueued) << ns;
  }
  EXPECT_EQ(Accept(2, testing::HelloAvps().bytes(), wide), Receipt::kNoRoom);
  EXPECT_EQ(Accept(32768, avps, wide), Receipt::kDuplicate) << "the other half is the past";
  EXPECT_EQ(Accept(0, avps, wide), Receipt::kInOrder);
  EXPECT_EQ(channel.TakeNext()->session, SessionId(1));
  EXPECT_EQ(Accept(3, avps, wide), Receipt::kQueued) << "what was processed has left room";
}

TEST_F(Receiving, DoesNotKeepWhatIsTooLarge) {
  EXPECT_EQ(Accept(1, Bytes(16384 - 11)), Receipt::kNoRoom);
  EXPECT_EQ(Accept(1, Bytes(16384 - 12)), Receipt::kQueued);
  EXPECT_EQ(Accept(2), Receipt::kNoRoom);
  EXPECT_TRUE(Flush().empty());
}

TEST_F(Receiving, AcknowledgementWaitsForTheAnswer) {
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  EXPECT_TRUE(Flush(Answer::kComing).empty());
  EXPECT_EQ(channel.NextDeadline(), now + milliseconds(100));
  SendHello();
  EXPECT_EQ(Flush().back().nr, 1);
  EXPECT_EQ(channel.NextDeadline(), now + seconds(1)) << "nothing waits but the retransmission";
}

TEST_F(Receiving, AcknowledgementDoesNotWaitLongerThanItsDelay) {
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  EXPECT_TRUE(Flush(Answer::kComing).empty());
  now += milliseconds(60);
  EXPECT_EQ(Accept(1), Receipt::kInOrder);
  EXPECT_TRUE(Flush(Answer::kComing).empty());
  now += milliseconds(40);  // after the first of the two
  EXPECT_EQ(channel.NextDeadline(), now);
  channel.HandleTimeout(kSettings, now);
  const auto sent = Flush(Answer::kComing);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].IsZlb());
  EXPECT_EQ(sent[0].nr, 2);
  EXPECT_FALSE(channel.NextDeadline());
}

TEST_F(Receiving, AcknowledgementLeavesAtOnceWhenTheAnswerIsCalledOff) {
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  EXPECT_TRUE(Flush(Answer::kComing).empty());
  EXPECT_TRUE(Flush().back().IsZlb());
  EXPECT_FALSE(channel.NextDeadline());
}

TEST_F(Receiving, DuplicateIsAcknowledgedWithoutWaiting) {
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  EXPECT_TRUE(Flush(Answer::kComing).empty());
  EXPECT_EQ(Accept(0), Receipt::kDuplicate);
  EXPECT_TRUE(Flush(Answer::kComing).back().IsZlb());
  EXPECT_FALSE(channel.NextDeadline());
}

TEST_F(Receiving, NumbersWrapAround) {
  for (uint32_t ns = 0; ns <= 0xFFFF; ++ns) {
    ASSERT_EQ(Accept(static_cast<uint16_t>(ns)), Receipt::kInOrder) << ns;
  }
  EXPECT_EQ(Flush().back().nr, 0);
  EXPECT_EQ(Accept(0xFFFF), Receipt::kDuplicate);
  EXPECT_EQ(Accept(1), Receipt::kQueued);
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
}

TEST_F(Receiving, TheRfcsExampleOfDuplicates) {
  // "if the last received sequence number was 15, then messages with sequence numbers 0 through 15,
  // as well as 32784 through 65535, would be considered less than or equal".
  for (uint16_t ns = 0; ns <= 15; ++ns) ASSERT_EQ(Accept(ns), Receipt::kInOrder);
  for (uint32_t ns = 0; ns <= 0xFFFF; ++ns) {
    if (ns == 16) continue;
    const auto receipt = Accept(static_cast<uint16_t>(ns), Bytes(1));
    const bool old = ns <= 15 || ns >= 32784;
    if (old) {
      ASSERT_EQ(receipt, Receipt::kDuplicate) << ns;
    } else {
      ASSERT_EQ(receipt, ns <= 31 ? Receipt::kQueued : Receipt::kOutsideWindow) << ns;
    }
  }
}

// ---- Sending and retransmission ---------------------------------------------------------------

TEST_F(Sending, UnacknowledgedMessageComesAgainAfter1248And8Seconds) {
  const TimePoint start = now;
  SendHello();
  ASSERT_EQ(FlushNs(), (std::vector<uint16_t>{0}));
  for (const int at : {1, 3, 7, 15, 23}) {
    Timeout();
    EXPECT_EQ(now, start + seconds(at));
    EXPECT_EQ(FlushNs(), (std::vector<uint16_t>{0}));
    EXPECT_FALSE(channel.failed());
  }
  EXPECT_EQ(retransmissions, 5u);
  Timeout();
  EXPECT_EQ(now, start + seconds(31));
  EXPECT_TRUE(channel.failed());
  EXPECT_TRUE(Flush().empty());
  EXPECT_FALSE(channel.NextDeadline());
}

TEST_F(Sending, RetransmissionCarriesAFreshNr) {
  SendHello();
  EXPECT_EQ(Flush().front().nr, 0);
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  (void)Flush();
  Timeout();
  const auto again = Flush();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].ns, 0);
  EXPECT_EQ(again[0].nr, 1);
}

TEST_F(Sending, AcknowledgementStopsTheTimer) {
  SendHello();
  (void)Flush();
  EXPECT_TRUE(Acknowledge(1));
  EXPECT_FALSE(channel.NextDeadline());
  EXPECT_EQ(channel.backlog(), 0u);
}

TEST_F(Sending, EarlyTimeoutDoesNothing) {
  SendHello();
  (void)Flush();
  channel.HandleTimeout(kSettings, now + milliseconds(999));
  EXPECT_TRUE(Flush().empty());
}

TEST_F(Sending, DiscardedMessagesAreNotSentAgain) {
  SendHellos(3);
  EXPECT_EQ(FlushNs(), (std::vector<uint16_t>{0}));
  channel.Discard();
  EXPECT_EQ(channel.backlog(), 0u);
  EXPECT_FALSE(channel.NextDeadline());
  EXPECT_TRUE(Acknowledge(1));
  EXPECT_FALSE(Acknowledge(2)) << "never sent";
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  EXPECT_EQ(FlushNs(), (std::vector<uint16_t>{1})) << "a ZLB";
}

TEST_F(Sending, NextMessageBeginsWithTheFirstInterval) {
  SendHellos(2);
  (void)Flush();
  Timeout();
  (void)Flush();
  EXPECT_TRUE(Acknowledge(1));
  (void)Flush();
  EXPECT_EQ(channel.NextDeadline(), now + seconds(1));
}

TEST_F(Sending, NrOfWhatWasNeverSentHasNoEffect) {
  SendHellos(2);
  (void)Flush();  // one only: the window begins at 1
  for (const uint16_t nr : std::initializer_list<uint16_t>{2, 1000, 32767})
    EXPECT_FALSE(Acknowledge(nr)) << nr;
  EXPECT_EQ(channel.backlog(), 2u);
  EXPECT_TRUE(Acknowledge(1));
  for (const uint16_t nr : std::initializer_list<uint16_t>{0, 65535, 40000})
    EXPECT_TRUE(Acknowledge(nr)) << nr;
  EXPECT_EQ(channel.backlog(), 1u);
}

TEST_F(Sending, LateAcknowledgementOfMessagesSentBeforeATimeoutCounts) {
  Exchange(4);
  SendHellos(4);
  ASSERT_EQ(Flush().size(), 4u);
  Timeout();
  ASSERT_EQ(FlushNs(), (std::vector<uint16_t>{4}));
  EXPECT_TRUE(Acknowledge(8));
  EXPECT_EQ(channel.backlog(), 0u);
  EXPECT_FALSE(channel.NextDeadline());
}

TEST_F(Sending, NsWrapsAround) {
  Exchange(65536);
  SendHello();
  EXPECT_EQ(FlushNs(), (std::vector<uint16_t>{0}));
}

TEST_F(Sending, ZlbNamesTheNextNewNs) {
  Exchange(3);
  EXPECT_EQ(Accept(0), Receipt::kInOrder);
  const auto sent = Flush();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].ns, 3);
}

// ---- RFC 2661 Appendix A ----------------------------------------------------------------------

TEST_F(CongestionWindow, BeginsAtOneAndTheAdvertisedWindow) {
  EXPECT_EQ(channel.congestion_window(), 1);
  EXPECT_EQ(channel.slow_start_threshold(), 8);
}

TEST_F(CongestionWindow, DoublesEachRoundTripInSlowStart) {
  SendHellos(20);
  EXPECT_EQ(FlushNs(), (std::vector<uint16_t>{0}));
  EXPECT_TRUE(Acknowledge(1));
  EXPECT_EQ(FlushNs(), (std::vector<uint16_t>{1, 2}));
  EXPECT_TRUE(Acknowledge(2));
  EXPECT_TRUE(Acknowledge(3));
  EXPECT_EQ(FlushNs(), (std::vector<uint16_t>{3, 4, 5, 6}));
}

TEST_F(CongestionWindow, NeverExceedsThePeersWindow) {
  Exchange(50);
  EXPECT_EQ(channel.congestion_window(), 8);
  SendHellos(20);
  EXPECT_EQ(Flush().size(), 8u);
}

TEST_F(CongestionWindow, LargestWindowIsHalfTheNumbers) {
  ReliableChannel wide(kPeerTunnel, 65535);
  EXPECT_EQ(wide.slow_start_threshold(), 32767);
  const Bytes hello = testing::HelloAvps().bytes();
  for (int i = 0; i < 70000; ++i) wide.Send(SessionId(), hello);
  uint16_t acknowledged = 0;
  size_t most = 0;
  while (wide.backlog() > 0) {
    const size_t sent = wide.Flush(kSettings, now, retransmissions).size();
    ASSERT_GT(sent, 0u);
    most = std::max(most, sent);
    for (size_t i = 0; i < sent; ++i) {
      ASSERT_TRUE(wide.Acknowledge(++acknowledged, kSettings, now));
    }
  }
  EXPECT_EQ(most, 32767u);
  EXPECT_EQ(retransmissions, 0u);
}

TEST_F(CongestionWindow, StaysAtOneForAPeerThatTakesOne) {
  channel = ReliableChannel(kPeerTunnel, 1);
  SendHellos(3);
  for (uint16_t ns = 0; ns < 3; ++ns) {
    EXPECT_EQ(FlushNs(), (std::vector<uint16_t>{ns}));
    EXPECT_TRUE(Acknowledge(static_cast<uint16_t>(ns + 1)));
  }
}

TEST_F(CongestionWindow, HalfIsTheThresholdAfterALoss) {
  Exchange(7);
  ASSERT_EQ(channel.congestion_window(), 8);
  SendHellos(8);
  ASSERT_EQ(Flush().size(), 8u);
  Timeout();
  EXPECT_EQ(channel.congestion_window(), 1);
  EXPECT_EQ(channel.slow_start_threshold(), 4);
  EXPECT_EQ(FlushNs(), (std::vector<uint16_t>{7}));
  EXPECT_TRUE(Acknowledge(8));
  EXPECT_EQ(FlushNs(), (std::vector<uint16_t>{8, 9}));
  EXPECT_EQ(retransmissions, 3u);
}

TEST_F(CongestionWindow, GrowsByOneInCwndAcksPastTheThreshold) {
  Exchange(7);
  SendHellos(1);
  (void)Flush();
  Timeout();  // threshold 4
  (void)Flush();
  EXPECT_TRUE(Acknowledge(8));
  Exchange(2);
  ASSERT_EQ(channel.congestion_window(), 4);
  Exchange(3);
  EXPECT_EQ(channel.congestion_window(), 4);
  Exchange(1);
  EXPECT_EQ(channel.congestion_window(), 5);
  Exchange(4);
  EXPECT_EQ(channel.congestion_window(), 5);
  Exchange(1);
  EXPECT_EQ(channel.congestion_window(), 6);
}

TEST_F(CongestionWindow, ALossForgetsTheAcksCountedBefore) {
  Exchange(7);
  SendHello();
  (void)Flush();
  Timeout();  // threshold 4
  (void)Flush();
  EXPECT_TRUE(Acknowledge(8));
  Exchange(2 + 3);  // three of the four that the next step takes
  ASSERT_EQ(channel.congestion_window(), 4);
  SendHello();
  (void)Flush();
  Timeout();  // threshold 2
  (void)Flush();
  EXPECT_TRUE(Acknowledge(14));
  Exchange(1);
  EXPECT_EQ(channel.congestion_window(), 2);
  Exchange(1);
  EXPECT_EQ(channel.congestion_window(), 3);
}

TEST_F(CongestionWindow, ThresholdIsNeverBelowOne) {
  SendHello();
  (void)Flush();
  Timeout();
  EXPECT_EQ(channel.slow_start_threshold(), 1);
  EXPECT_EQ(channel.congestion_window(), 1);
}

}  // namespace
}  // namespace sallyport::l2tp
