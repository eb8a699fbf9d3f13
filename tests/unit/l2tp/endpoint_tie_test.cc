// SPDX-License-Identifier: GPL-2.0-or-later
// Both ends dial at the same time (RFC 2661 §4.4.3, Tie Breaker).
#include <gtest/gtest.h>
#include <optional>
#include <vector>

#include "tests/unit/l2tp/bench.h"

namespace sallyport::l2tp {
namespace {

using testing::AvpList;
using testing::Bench;
using testing::Bytes;
using testing::ControlMessage;
using testing::kDial;
using testing::kLocal;
using testing::kOriginPath;
using testing::kOwnPath;
using testing::kPeer;
using testing::kPeerTunnel;
using testing::seconds;

class Tie : public ::testing::Test {
 protected:
  Tie() {
    bench.Give(OpenTunnel{kDial, kOriginPath, kPeer, kLocal, {}});
    ours = bench.TakeOne<PrepareTunnel>().tunnel;
    bench.Give(TunnelPrepared{ours, kOwnPath});
    tie_breaker = bench.SentOne().Value(5);
    EXPECT_EQ(tie_breaker.size(), 8u);
  }
  void ReceiveSccrq(const std::optional<Bytes>& theirs, PathId path = kOriginPath,
                    const IpEndpoint& peer = kPeer) {
    AvpList avps = testing::SccrqAvps(kPeerTunnel);
    if (theirs) avps.Add(5, *theirs, 0);
    bench.ReceiveFrom(path, peer, ControlMessage(0, 0, 0, 0, avps.bytes()));
  }
  /// Another number of 64 bits, that much away.
  Bytes Near(int by) const {
    uint64_t value = 0;
    for (const uint8_t octet : tie_breaker) value = value << 8 | octet;
    value += static_cast<uint64_t>(by);
    Bytes octets;
    for (int shift = 56; shift >= 0; shift -= 8) {
      octets.push_back(static_cast<uint8_t>(value >> shift));
    }
    return octets;
  }
  void ExpectOursDiscarded() {
    const auto down = bench.TakeOne<TunnelDown>();
    EXPECT_EQ(down.tunnel, ours);
    EXPECT_EQ(down.reason, EndReason::kTieLost);
    EXPECT_EQ(bench.TakeOne<TunnelReleased>().tunnel, ours);
    EXPECT_TRUE(bench.Sent().empty()) << "silently";
  }
  void ExpectTheirsDiscarded() {
    EXPECT_TRUE(bench.Take<PrepareTunnel>().empty());
    EXPECT_TRUE(bench.Sent().empty()) << "silently";
    EXPECT_TRUE(bench.Take<Refused>().empty());
    EXPECT_EQ(bench.Drops(DropReason::kTieLost), 1u);
  }

  Bench bench;
  TunnelId ours;
  Bytes tie_breaker;
};

TEST_F(Tie, LowerValueOfThePeerWins) {
  ReceiveSccrq(Near(-1));
  EXPECT_EQ(bench.TakeOne<PrepareTunnel>().peer_tunnel, TunnelId(kPeerTunnel));
  ExpectOursDiscarded();
}

TEST_F(Tie, WhatBothShareIsNotUnusedInBetween) {
  ReceiveSccrq(Near(-1));
  ASSERT_EQ(bench.actions.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<PrepareTunnel>(bench.actions[1]));
  EXPECT_TRUE(std::holds_alternative<TunnelReleased>(bench.actions[2]));
}

TEST_F(Tie, LowerValueOfOursWins) {
  ReceiveSccrq(Near(1));
  ExpectTheirsDiscarded();
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

TEST_F(Tie, EqualValuesEndBoth) {
  ReceiveSccrq(Near(0));
  ExpectTheirsDiscarded();
  ExpectOursDiscarded();
  EXPECT_EQ(bench.endpoint.tunnel_count(), 0u);
}

TEST_F(Tie, ValueWinsAgainstNone) {
  ReceiveSccrq(std::nullopt);
  ExpectTheirsDiscarded();
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

TEST_F(Tie, AnotherPortIsTheSamePeer) {
  ReceiveSccrq(Near(-1), kOriginPath, {kPeer.address, 40000});
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
  ExpectOursDiscarded();
}

TEST_F(Tie, AnotherPathOrAddressIsNoTie) {
  ReceiveSccrq(Near(-1), PathId(50));
  ReceiveSccrq(Near(-1), kOriginPath, {IpAddress::V4(0xCB00710A), 1701});
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 2u);
  EXPECT_EQ(bench.endpoint.tunnel_count(), 3u);
}

/// Without IPsec we dial from no listener, and the peer's SCCRQ comes in on one.
TEST(TieInClearText, AListenerIsTheSamePath) {
  Bench bench;
  bench.Give(OpenTunnel{kDial, PathId(), kPeer, kLocal, {}});
  const TunnelId ours = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(TunnelPrepared{ours, kOwnPath});
  bench.Sent();
  AvpList avps = testing::SccrqAvps(kPeerTunnel);
  avps.Add(5, Bytes(8, 0), 0);
  bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(0, 0, 0, 0, avps.bytes()));
  EXPECT_EQ(bench.TakeOne<PrepareTunnel>().peer_tunnel, TunnelId(kPeerTunnel));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kTieLost);
}

TEST_F(Tie, AnsweredSccrqIsNoTie) {
  bench.Receive(ControlMessage(ours.value(), 0, 0, 1, testing::SccrpAvps(78).bytes()));
  EXPECT_EQ(bench.Take<TunnelUp>().size(), 1u);
  ReceiveSccrq(Near(-1));
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
  EXPECT_EQ(bench.endpoint.tunnel_count(), 2u) << "both ends know what they do";
}

TEST_F(Tie, LateCopyOfTheDiscardedSccrqOpensNothing) {
  ReceiveSccrq(Near(1));
  bench.Receive(ControlMessage(ours.value(), 0, 0, 1, testing::SccrpAvps(78).bytes()));
  bench.Take<SendDatagram>();
  ReceiveSccrq(Near(1));
  EXPECT_TRUE(bench.Take<PrepareTunnel>().empty());
  EXPECT_EQ(bench.Drops(DropReason::kDuplicate), 1u);
}

TEST_F(Tie, EachOfSeveralIsCompared) {
  bench.Give(OpenTunnel{DialId(99), kOriginPath, kPeer, kLocal, {}});
  const TunnelId second = bench.TakeOne<PrepareTunnel>().tunnel;
  ReceiveSccrq(Bytes(8, 0));  // lower than both
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
  EXPECT_EQ(bench.Take<TunnelDown>().size(), 2u);
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
  bench.Give(TunnelPrepared{second, PathId(3)});
  EXPECT_TRUE(bench.Sent().empty()) << "an answer that comes too late";
}

}  // namespace
}  // namespace sallyport::l2tp
