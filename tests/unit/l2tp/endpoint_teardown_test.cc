// SPDX-License-Identifier: GPL-2.0-or-later
// Control connections: keepalive and teardown.
#include <gtest/gtest.h>

#include "l2tp/id_allocator.h"
#include "tests/unit/l2tp/bench.h"

namespace sallyport::l2tp {
namespace {

using testing::Bench;
using testing::BenchConfig;
using testing::Bytes;
using testing::ControlMessage;
using testing::Decoded;
using testing::kOriginPath;
using testing::kOwnPath;
using testing::kPeer;
using testing::kPeerTunnel;
using testing::milliseconds;
using testing::seconds;

const Bytes kSccrq = ControlMessage(0, 0, 0, 0, testing::SccrqAvps(kPeerTunnel).bytes());

// ---- Keepalive --------------------------------------------------------------------------------

EndpointConfig PatientConfig() {
  EndpointConfig config = BenchConfig();
  config.no_session_timeout = seconds(0);
  return config;
}

TEST(Keepalive, HelloAfterSixtySecondsOfSilence) {
  Bench bench(PatientConfig());
  const uint16_t tunnel = bench.OpenTunnel();
  bench.Advance(milliseconds(59999));
  EXPECT_TRUE(bench.actions.empty());
  bench.Advance(milliseconds(1));
  const Decoded hello = bench.SentOne();
  EXPECT_EQ(hello.type, 6);
  EXPECT_EQ(hello.session, 0);
  bench.Receive(ControlMessage(tunnel, 0, 2, 2));
  bench.Advance(milliseconds(59999));
  EXPECT_TRUE(bench.actions.empty());
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.SentOne().type, 6);
}

TEST(Keepalive, SilenceAfterHelloEndsTheTunnel) {
  Bench bench(PatientConfig());
  const uint16_t tunnel = bench.OpenTunnel();
  const uint16_t session = bench.OpenSession(tunnel, 9, 2, 1);
  bench.Advance(seconds(60 + 31));
  EXPECT_EQ(bench.Sent().size(), 6u);
  const auto session_down = bench.TakeOne<SessionDown>();
  EXPECT_EQ(session_down.session, SessionId(session));
  EXPECT_EQ(session_down.reason, EndReason::kTunnelEnded);
  EXPECT_EQ(session_down.of_tunnel, EndReason::kRetransmitTimeout);
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kRetransmitTimeout);
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
}

TEST(Keepalive, DataAndProofOfLifePutHelloOff) {
  Bench bench(PatientConfig());
  const uint16_t tunnel = bench.OpenTunnel();
  bench.Advance(seconds(40));
  bench.Give(ProofOfLife{TunnelId(tunnel)});
  bench.Advance(seconds(40));
  bench.Receive({0x00, 0x02, static_cast<uint8_t>(tunnel >> 8), static_cast<uint8_t>(tunnel), 0, 1,
                 0xC0, 0x21});
  bench.Advance(seconds(59));
  EXPECT_TRUE(bench.Sent().empty());
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.SentOne().type, 6);
}

TEST(Keepalive, UnacknowledgedMessageProbesInsteadOfAHello) {
  Bench bench(PatientConfig());
  const uint16_t tunnel = bench.OpenTunnel();
  const uint16_t session = bench.OpenSession(tunnel, 9, 2, 1);
  bench.Advance(milliseconds(59500));
  bench.Give(CloseSession{TunnelId(tunnel), SessionId(session), {}});
  bench.Advance(seconds(1));
  const auto sent = bench.Sent();
  ASSERT_EQ(sent.size(), 2u);
  for (const Decoded& cdn : sent) EXPECT_EQ(cdn.type, 14);
}

TEST(Keepalive, IntervalZeroSendsNone) {
  EndpointConfig config = PatientConfig();
  config.hello_interval = seconds(0);
  Bench bench(config);
  bench.OpenTunnel();
  EXPECT_FALSE(bench.endpoint.NextDeadline());
}

TEST(Keepalive, TunnelWithoutSessionIsClosed) {
  Bench bench;
  bench.OpenTunnel();
  bench.Advance(seconds(60));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kIdle);
  EXPECT_EQ(bench.Sent().back().type, 4);
}

TEST(Keepalive, TunnelWithSessionIsNot) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  const uint16_t session = bench.OpenSession(tunnel, 9, 2, 1);
  bench.Advance(seconds(50));
  bench.Give(ProofOfLife{TunnelId(tunnel)});
  bench.Advance(seconds(50));
  EXPECT_TRUE(bench.Take<TunnelDown>().empty());
  bench.Receive(ControlMessage(tunnel, session, 4, 2, testing::CdnAvps(9, 1).bytes()));
  bench.Advance(seconds(59));
  EXPECT_TRUE(bench.Take<TunnelDown>().empty());
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kIdle);
}

// ---- Teardown ---------------------------------------------------------------------------------

TEST(TunnelTeardown, StopCcnIsAcknowledgedForACycleAndThenForgotten) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  const uint16_t session = bench.OpenSession(tunnel, 9, 2, 1);
  const Bytes stop = ControlMessage(tunnel, 0, 4, 2, testing::StopCcnAvps(kPeerTunnel, 6).bytes());
  bench.Receive(stop);
  const auto session_down = bench.TakeOne<SessionDown>();
  EXPECT_EQ(session_down.session, SessionId(session));
  EXPECT_EQ(session_down.of_tunnel, EndReason::kPeerClosed);
  const auto down = bench.TakeOne<TunnelDown>();
  EXPECT_EQ(down.reason, EndReason::kPeerClosed);
  EXPECT_EQ(down.result.result, 6);
  EXPECT_TRUE(bench.SentOne().IsZlb());
  EXPECT_EQ(bench.endpoint.tunnel_count(), 0u);
  for (int i = 0; i < 6; ++i) {
    bench.Advance(seconds(5));
    bench.Receive(stop);
    EXPECT_TRUE(bench.SentOne().IsZlb());
  }
  // No more calls.
  bench.Receive(ControlMessage(tunnel, 0, 5, 2, testing::IcrqAvps(10).bytes()));
  EXPECT_TRUE(bench.Take<PrepareSession>().empty());
  EXPECT_EQ(bench.Drops(DropReason::kTunnelClosing), 1u);
  EXPECT_TRUE(bench.Take<TunnelReleased>().empty());
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
  EXPECT_FALSE(bench.endpoint.NextDeadline());
}

TEST(TunnelTeardown, StopCcnBeforeScccn) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(TunnelPrepared{tunnel, kOwnPath});
  bench.Take<SendDatagram>();
  bench.Receive(
      ControlMessage(tunnel.value(), 0, 1, 1, testing::StopCcnAvps(kPeerTunnel, 1).bytes()));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kPeerClosed);
  EXPECT_TRUE(bench.SentOne().IsZlb());
}

TEST(TunnelTeardown, StopCcnOfAPeerThatDoesNotKnowOurId) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  bench.Take<PrepareTunnel>();
  bench.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(0, 0, 1, 0, testing::StopCcnAvps(kPeerTunnel + 1, 1).bytes()));
  EXPECT_EQ(bench.Drops(DropReason::kNotSccrq), 1u);
  bench.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(0, 0, 1, 0, testing::StopCcnAvps(kPeerTunnel, 1).bytes()));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kPeerClosed);
  EXPECT_EQ(bench.SentOne().nr, 2);
}

TEST(TunnelTeardown, CloseSendsStopCcnUntilAcknowledgedAndLingers) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  bench.Give(CloseTunnel{TunnelId(tunnel), {1, std::nullopt, "bye"}});
  const auto down = bench.TakeOne<TunnelDown>();
  EXPECT_EQ(down.reason, EndReason::kLocalClose);
  EXPECT_EQ(down.result.message, "bye");
  EXPECT_EQ(bench.SentOne().type, 4);
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.SentOne().type, 4);
  bench.Receive(ControlMessage(tunnel, 0, 2, 2));
  bench.Advance(milliseconds(30999));
  EXPECT_TRUE(bench.actions.empty());
  bench.Advance(milliseconds(1));
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
}

TEST(TunnelTeardown, UnacknowledgedStopCcnIsGivenUp) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  bench.Give(CloseTunnel{TunnelId(tunnel), {}});
  EXPECT_EQ(bench.Take<TunnelDown>().front().result.result, 1) << "result 0 is made 1";
  bench.Advance(seconds(31));
  EXPECT_EQ(bench.Sent().size(), 6u);
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
  EXPECT_TRUE(bench.Take<TunnelDown>().empty()) << "it is down only once";
}

TEST(TunnelTeardown, PeerThatAcknowledgesSlowlyCannotHoldAnEndedTunnel) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  for (uint16_t i = 0; i < 10; ++i) {  // refusals that wait for the peer's window
    bench.Receive(
        ControlMessage(tunnel, 0, static_cast<uint16_t>(2 + i), 1, testing::IcrqAvps(0).bytes()));
  }
  bench.Give(CloseTunnel{TunnelId(tunnel), {}});
  for (uint16_t nr = 2; nr < 5; ++nr) {
    bench.Advance(seconds(20));
    bench.Receive(ControlMessage(tunnel, 0, 12, nr));
  }
  EXPECT_TRUE(bench.Take<TunnelReleased>().empty());
  bench.Advance(seconds(2));
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
}

TEST(TunnelTeardown, CrossingStopCcnsAreBothAcknowledged) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  bench.Give(CloseTunnel{TunnelId(tunnel), {}});
  bench.Take<SendDatagram>();
  bench.Receive(ControlMessage(tunnel, 0, 2, 1, testing::StopCcnAvps(kPeerTunnel, 1).bytes()));
  EXPECT_EQ(bench.SentOne().nr, 3);
  EXPECT_EQ(bench.Take<TunnelDown>().size(), 1u);
}

TEST(TunnelTeardown, PathDownEndsWithoutAMessage) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  bench.OpenSession(tunnel, 9, 2, 1);
  bench.Give(PathDown{kOriginPath});
  EXPECT_TRUE(bench.actions.empty()) << "the tunnel is on its own path";
  bench.Give(PathDown{kOwnPath});
  EXPECT_EQ(bench.Take<SessionDown>().size(), 1u);
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kPathDown);
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_FALSE(bench.endpoint.NextDeadline());
}

TEST(TunnelTeardown, PathDownTakesTunnelsThatHaveNoPathYetAndThoseThatLinger) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  bench.ReceiveFrom(kOriginPath, {kPeer.address, 9}, kSccrq);
  bench.Give(CloseTunnel{bench.Take<PrepareTunnel>()[0].tunnel, {}});
  EXPECT_EQ(bench.Take<TunnelDown>().size(), 1u);
  bench.Take<SendDatagram>();
  bench.Give(PathDown{kOriginPath});
  EXPECT_EQ(bench.Take<TunnelDown>().size(), 1u);
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 2u);
  EXPECT_TRUE(bench.actions.empty());
}

TEST(MoveTunnel, PeerIsHeardAtItsNewAddressAndOnNoOther) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  const IpEndpoint moved{IpAddress::V4(0xCB007199), kPeer.port};
  constexpr PathId kNewOrigin(88);
  bench.Give(MoveTunnel{TunnelId(tunnel), kNewOrigin, moved});
  EXPECT_TRUE(bench.actions.empty());
  const auto hello = ControlMessage(tunnel, 0, 2, 1, testing::HelloAvps().bytes());
  bench.ReceiveFrom(kOwnPath, kPeer, hello);
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kWrongSource), 1U);
  bench.ReceiveFrom(kOwnPath, moved, hello);
  const auto reply = bench.TakeOne<SendDatagram>();
  EXPECT_EQ(reply.peer, moved);
  EXPECT_EQ(reply.path, kOwnPath);

  // A redial on the new path replaces it, as it would have on the old one.
  bench.ReceiveFrom(kNewOrigin, moved,
                    ControlMessage(0, 0, 0, 0, testing::SccrqAvps(kPeerTunnel + 1).bytes()));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kReplaced);
}

TEST(MoveTunnel, OneThatHasEndedStaysWhereItWas) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  bench.Give(CloseTunnel{TunnelId(tunnel), {}});
  bench.Take<SendDatagram>();
  bench.Give(MoveTunnel{TunnelId(tunnel), PathId(88), {IpAddress::V4(0xCB007199), 1}});
  bench.Give(MoveTunnel{TunnelId(1), PathId(88), {IpAddress::V4(0xCB007199), 1}});
  bench.Receive(ControlMessage(tunnel, 0, 2, 2, testing::HelloAvps().bytes()));
  EXPECT_EQ(bench.Take<SendDatagram>().size(), 1U) << "its peer is still acknowledged";
}

TEST(TunnelTeardown, ShutdownSendsStopCcn6AndReleasesWhatIsAcknowledged) {
  Bench bench;
  const uint16_t first = bench.OpenTunnel();
  const uint16_t second = bench.OpenTunnel(78, PathId(3), {kPeer.address, 9});
  bench.Give(Shutdown{});
  const auto sent = bench.Sent();
  ASSERT_EQ(sent.size(), 2u);
  for (const Decoded& stop : sent) EXPECT_EQ(stop.U16(1), 6);
  EXPECT_EQ(bench.Take<TunnelDown>().size(), 2u);
  bench.Receive(ControlMessage(first, 0, 2, 2));
  EXPECT_EQ(bench.TakeOne<TunnelReleased>().tunnel, TunnelId(first));
  bench.ReceiveFrom(kOriginPath, {kPeer.address, 10}, kSccrq);
  EXPECT_EQ(bench.TakeOne<Refused>().result.result, 6);
  bench.Advance(seconds(31));
  EXPECT_EQ(bench.TakeOne<TunnelReleased>().tunnel, TunnelId(second));
}

TEST(TunnelTeardown, ShutdownReleasesLingeringTunnelsAtOnce) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  bench.Receive(ControlMessage(tunnel, 0, 2, 1, testing::StopCcnAvps(kPeerTunnel, 1).bytes()));
  bench.Give(Shutdown{});
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
}

TEST(TunnelTeardown, FreedIdRestsAndIsThenGivenAgain) {
  Bench bench;
  bench.fixed_entropy = Entropy{0x12, 0x34};
  std::vector<uint16_t> given;
  for (const seconds wait : {seconds(0), seconds(0), IdAllocator::kQuarantine}) {
    bench.Advance(wait);
    bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
    given.push_back(bench.TakeOne<PrepareTunnel>().tunnel.value());
    bench.Give(PathDown{kOriginPath});
  }
  EXPECT_EQ(given, (std::vector<uint16_t>{0x1234, 0x1235, 0x1234}));
}

}  // namespace
}  // namespace sallyport::l2tp
