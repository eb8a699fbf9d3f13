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
using testing::milliseconds;
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

TEST(Redial, LateCopiesOfTheSccrqDoNoHarmToAClientThatLives) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  for (uint16_t i = 0; i < 6; ++i) {
    bench.Advance(seconds(4));
    bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
    const auto hello = bench.SentOne();
    EXPECT_EQ(hello.type, 6) << "asked whether it lives";
    EXPECT_EQ(hello.nr, 2) << "and the copy acknowledged";
    bench.Receive(ControlMessage(tunnel, 0, 2, static_cast<uint16_t>(hello.ns + 1)));
    EXPECT_TRUE(bench.actions.empty());
  }
  bench.Advance(seconds(6));
  EXPECT_TRUE(bench.actions.empty());
}

TEST(Redial, ABurstOfCopiesIsOneQuestion) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  for (int i = 0; i < 3; ++i) bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  const auto sent = bench.Sent();
  ASSERT_EQ(sent.size(), 3u);
  for (const auto& hello : sent) {
    EXPECT_EQ(hello.type, 6);
    EXPECT_EQ(hello.ns, 1);
  }
  bench.Advance(milliseconds(900));
  bench.Receive(ControlMessage(tunnel, 0, 2, 2));
  bench.Advance(seconds(10));
  EXPECT_TRUE(bench.actions.empty());
}

TEST(Redial, WhateverTheClientSaysInTheTunnelShowsThatItLives) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  bench.Receive(ControlMessage(tunnel, 0, 2, 1, testing::IcrqAvps(9).bytes()));
  bench.Advance(seconds(4));
  EXPECT_TRUE(bench.Take<TunnelDown>().empty());
}

TEST(Redial, CrashedClientWithTheVerySameSccrqIsServedWhenItDoesNotAnswer) {
  Bench bench;
  uint16_t old = bench.OpenTunnel();
  for (unsigned life = 0; life < 10; ++life) {
    bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
    EXPECT_EQ(bench.SentOne().type, 6);
    bench.Advance(milliseconds(2900));
    EXPECT_EQ(bench.SentOne().type, 6) << "asked again after a second";
    EXPECT_TRUE(bench.actions.empty());
    bench.Advance(milliseconds(100));  // its SCCRQ was acknowledged: it does not send it again
    bench.Take<SendDatagram>();        // the HELLO's time has come again
    EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kReplaced);
    EXPECT_EQ(bench.TakeOne<TunnelReleased>().tunnel, TunnelId(old));
    const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
    const PathId own(100 + life);
    bench.Give(TunnelPrepared{tunnel, own});
    EXPECT_EQ(bench.SentOne().type, 2);
    bench.ReceiveFrom(own, kPeer,
                      ControlMessage(tunnel.value(), 0, 1, 1, testing::ScccnAvps().bytes()));
    EXPECT_EQ(bench.Take<TunnelUp>().size(), 1u);
    bench.Take<SendDatagram>();
    old = tunnel.value();
  }
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

TEST(Redial, CrashedClientThatSendsItsSccrqAgainAfterASecondIsServedThen) {
  Bench bench;
  const uint16_t old = bench.OpenTunnel();
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  bench.Advance(milliseconds(999));
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  EXPECT_TRUE(bench.Take<TunnelDown>().empty());
  bench.Advance(milliseconds(1));
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().tunnel, TunnelId(old));
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  bench.Advance(seconds(5));
  EXPECT_TRUE(bench.Take<TunnelDown>().empty()) << "of the new tunnel it is a copy";
}

TEST(Redial, UnacknowledgedMessageIsTheQuestion) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  bench.Receive(ControlMessage(tunnel, 0, 2, 1, testing::IcrqAvps(9).bytes()));
  bench.Give(SessionPrepared{TunnelId(tunnel), bench.TakeOne<PrepareSession>().session, true});
  EXPECT_EQ(bench.SentOne().type, 11);
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  EXPECT_EQ(bench.SentOne().type, 11) << "ahead of its time";
  bench.Advance(seconds(3));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kReplaced);
}

TEST(Redial, ATunnelThatEndsMeanwhileIsNotReplaced) {
  Bench bench;
  bench.OpenTunnel();
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  bench.Give(PathDown{kOwnPath});
  bench.actions.clear();
  bench.Advance(seconds(4));
  EXPECT_TRUE(bench.actions.empty());
}

TEST(Redial, ARequestWhosePathHasGoneIsForgotten) {
  Bench bench;
  bench.OpenTunnel();
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  bench.Give(PathDown{kOriginPath});
  bench.Advance(seconds(4));
  EXPECT_TRUE(bench.Take<TunnelDown>().empty());
  EXPECT_TRUE(bench.Take<PrepareTunnel>().empty());
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
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  EXPECT_TRUE(bench.SentOne().IsZlb()) << "nothing else is there yet";
  bench.Give(TunnelPrepared{tunnel, kOwnPath});
  bench.Take<SendDatagram>();
  bench.Advance(seconds(29));  // no retransmission is to come
  bench.Take<SendDatagram>();
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  EXPECT_EQ(bench.SentOne().type, 2) << "at once";
  bench.Receive(ControlMessage(tunnel.value(), 0, 1, 1, testing::ScccnAvps().bytes()));
  EXPECT_EQ(bench.Take<TunnelUp>().size(), 1u);
}

TEST(Redial, HalfOpenTunnelWhoseSccrpWasAcknowledgedIsReplacedUnlessScccnComes) {
  for (const bool crashed : {true, false}) {
    Bench bench;
    bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
    const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
    bench.Give(TunnelPrepared{tunnel, kOwnPath});
    bench.Take<SendDatagram>();
    bench.Receive(ControlMessage(tunnel.value(), 0, 1, 1));
    bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
    EXPECT_TRUE(bench.SentOne().IsZlb());
    bench.Advance(milliseconds(2999));
    if (!crashed) {
      bench.Receive(ControlMessage(tunnel.value(), 0, 1, 1, testing::ScccnAvps().bytes()));
    }
    bench.Advance(milliseconds(1));
    EXPECT_EQ(bench.Take<PrepareTunnel>().size(), crashed ? 1u : 0u);
    EXPECT_EQ(bench.Take<TunnelUp>().size(), crashed ? 0u : 1u);
  }
}

TEST(Redial, AcknowledgementThatTheSccrqHasOvertakenIsNoSignOfLife) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  const TunnelId half_open = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(TunnelPrepared{half_open, kOwnPath});
  const Bytes acknowledgement = ControlMessage(half_open.value(), 0, 1, 1);
  bench.Receive(acknowledgement);
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  bench.Receive(acknowledgement);
  bench.Advance(seconds(3));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().tunnel, half_open);

  Bench established;
  const uint16_t tunnel = established.OpenTunnel();
  established.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  established.Receive(ControlMessage(tunnel, 0, 2, 1));  // of SCCRP, not of the HELLO
  established.Advance(seconds(3));
  EXPECT_EQ(established.TakeOne<TunnelDown>().tunnel, TunnelId(tunnel));
}

TEST(Redial, OtherOctetsReplaceAHalfOpenTunnel) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, Sccrq(kPeerTunnel));
  const TunnelId old = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(0, 0, 0, 0, testing::SccrqAvps(kPeerTunnel).U16(10, 8).bytes()));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().tunnel, old) << "a Challenge may be another";
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
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
