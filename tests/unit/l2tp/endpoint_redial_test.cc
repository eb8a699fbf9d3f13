// SPDX-License-Identifier: GPL-2.0-or-later
// The same client dials again: which SCCRQ is a late copy, and which a new dial.
#include <gtest/gtest.h>

#include "tests/unit/l2tp/bench.h"

namespace sallyport::l2tp {
namespace {

using testing::Bench;
using testing::BenchConfig;
using testing::Bytes;
using testing::ControlMessage;
using testing::kOriginPath;
using testing::kOwnPath;
using testing::kPeer;
using testing::kPeerTunnel;
using testing::seconds;

Bytes Sccrq(uint16_t peer_tunnel) {
  return ControlMessage(0, 0, 0, 0, testing::SccrqAvps(peer_tunnel).bytes());
}

/// The indexes of the actions of two types, in the order in which they came.
template <typename First, typename Second>
bool InOrder(const Actions& actions) {
  for (const Action& action : actions) {
    if (std::holds_alternative<First>(action)) return true;
    if (std::holds_alternative<Second>(action)) return false;
  }
  return false;
}

TEST(Redial, AnotherIdReplacesTheTunnelAtOnce) {
  Bench bench;
  const uint16_t old = bench.OpenTunnel();
  const uint16_t session = bench.OpenSession(old, 9, 2, 1);
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel + 1));
  EXPECT_TRUE((InOrder<PrepareTunnel, TunnelReleased>(bench.actions)))
      << "what both share must not seem unused in between";
  EXPECT_TRUE((InOrder<TunnelDown, PrepareTunnel>(bench.actions)));
  EXPECT_EQ(bench.TakeOne<SessionDown>().session, SessionId(session));
  const auto down = bench.TakeOne<TunnelDown>();
  EXPECT_EQ(down.tunnel, TunnelId(old));
  EXPECT_EQ(down.reason, EndReason::kReplaced);
  EXPECT_EQ(bench.TakeOne<TunnelReleased>().tunnel, TunnelId(old));
  EXPECT_NE(bench.TakeOne<PrepareTunnel>().tunnel, TunnelId(old));
  EXPECT_TRUE(bench.actions.empty()) << "no StopCCN";
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

TEST(Redial, AnotherIdReplacesAHalfOpenTunnel) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(1));
  const TunnelId old = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(2));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().tunnel, old);
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
  // The answer for the old one comes too late.
  bench.Give(TunnelPrepared{old, kOwnPath});
  EXPECT_TRUE(bench.Sent().empty());
}

TEST(Redial, LateCopyOfAReplacedDialDoesNotReplaceItsSuccessor) {
  Bench bench;
  bench.OpenTunnel(kPeerTunnel);
  bench.OpenTunnel(kPeerTunnel + 1, PathId(3));
  bench.OpenTunnel(kPeerTunnel + 2, PathId(4));
  bench.actions.clear();
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel + 1));
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kDuplicate), 2u);
  bench.Advance(seconds(31));
  bench.actions.clear();
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u) << "no copy is as late as that";
}

TEST(Redial, ReplacedDialMayComeAgainOnceItsSuccessorHasEnded) {
  Bench bench;
  bench.OpenTunnel(kPeerTunnel);
  const uint16_t successor = bench.OpenTunnel(kPeerTunnel + 1, PathId(3));
  bench.ReceiveFrom(
      PathId(3), kPeer,
      ControlMessage(successor, 0, 2, 1, testing::StopCcnAvps(kPeerTunnel + 1, 1).bytes()));
  bench.actions.clear();
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
}

TEST(Redial, OtherPeersAndPathsAreOthers) {
  Bench bench;
  bench.OpenTunnel();
  bench.ReceiveFrom(kOriginPath, {kPeer.address, 1702}, Sccrq(kPeerTunnel + 1));
  bench.ReceiveFrom(PathId(50), kPeer, Sccrq(kPeerTunnel + 1));  // behind the same NAT
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 2u);
  EXPECT_TRUE(bench.Take<TunnelDown>().empty());
  EXPECT_EQ(bench.endpoint.tunnel_count(), 3u);
}

TEST(Redial, SccrqOnTheTunnelsOwnPathIsTheSameClients) {
  Bench bench;
  bench.OpenTunnel();
  bench.ReceiveFrom(kOwnPath, kPeer, Sccrq(kPeerTunnel + 1));
  EXPECT_EQ(bench.Take<TunnelDown>().size(), 1u);
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
}

TEST(Redial, LateCopyOfTheSccrqDoesNoHarm) {
  Bench bench;
  bench.OpenTunnel();
  for (int i = 0; i < 6; ++i) {
    bench.Advance(seconds(5));
    bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
    EXPECT_TRUE(bench.SentOne().IsZlb());
    EXPECT_TRUE(bench.actions.empty());
  }
}

TEST(Redial, SameIdAndOctetsAfterACycleIsANewDial) {
  Bench bench;
  const uint16_t old = bench.OpenTunnel();
  bench.Advance(seconds(31));
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().tunnel, TunnelId(old));
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
}

TEST(Redial, SameIdButOtherOctetsIsANewDialAtOnce) {
  Bench bench;
  const uint16_t old = bench.OpenTunnel();
  bench.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(0, 0, 0, 0, testing::SccrqAvps(kPeerTunnel).U16(10, 8).bytes()));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().tunnel, TunnelId(old));
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
}

TEST(Redial, TenTimesInARowWhileTheOldOnesLinger) {
  for (const bool same_id : {true, false}) {
    Bench bench;
    uint16_t id = kPeerTunnel;
    for (int i = 0; i < 10; ++i) {
      const uint16_t tunnel = bench.OpenTunnel(id, PathId(100u + static_cast<unsigned>(i)));
      bench.ReceiveFrom(PathId(100u + static_cast<unsigned>(i)), kPeer,
                        ControlMessage(tunnel, 0, 2, 1, testing::StopCcnAvps(id, 1).bytes()));
      EXPECT_EQ(bench.Take<TunnelDown>().size(), 1u);
      EXPECT_TRUE(bench.SentOne().IsZlb());
      if (!same_id) ++id;
    }
    EXPECT_TRUE(bench.Take<TunnelReleased>().empty()) << "they linger side by side";
    bench.Advance(seconds(31));
    EXPECT_EQ(bench.Take<TunnelReleased>().size(), 10u);
  }
}

TEST(Redial, LingeringTunnelStillAcknowledgesBesideTheNewOne) {
  Bench bench;
  const uint16_t old = bench.OpenTunnel();
  const Bytes stop = ControlMessage(old, 0, 2, 1, testing::StopCcnAvps(kPeerTunnel, 1).bytes());
  bench.Receive(stop);
  bench.Take<SendDatagram>();
  bench.OpenTunnel(kPeerTunnel, PathId(3));
  bench.Receive(stop);
  EXPECT_EQ(bench.SentOne().nr, 3);
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

TEST(Redial, LingeringTunnelIsLeftAloneOnItsOwnPathToo) {
  Bench bench;
  const uint16_t old = bench.OpenTunnel();
  bench.Receive(ControlMessage(old, 0, 2, 1, testing::StopCcnAvps(kPeerTunnel, 1).bytes()));
  bench.ReceiveFrom(kOwnPath, kPeer, Sccrq(kPeerTunnel));
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
  EXPECT_TRUE(bench.Take<TunnelReleased>().empty());
}

TEST(Redial, CrashedClientGetsTheAnswerOfItsHalfOpenTunnel) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(TunnelPrepared{tunnel, kOwnPath});
  bench.Take<SendDatagram>();
  bench.Advance(seconds(2));
  bench.Take<SendDatagram>();
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  EXPECT_TRUE(bench.SentOne().IsZlb());
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.SentOne().type, 2);
  bench.Receive(ControlMessage(tunnel.value(), 0, 1, 1, testing::ScccnAvps().bytes()));
  EXPECT_EQ(bench.Take<TunnelUp>().size(), 1u);
}

TEST(Redial, ALimitOfHalfOpenTunnelsDoesNotRefuseTheRedial) {
  EndpointConfig config = BenchConfig();
  config.max_half_open_tunnels = 1;
  Bench bench(config);
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(1));
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(2));
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 2u);
  EXPECT_TRUE(bench.Take<Refused>().empty());
}

}  // namespace
}  // namespace sallyport::l2tp
