// SPDX-License-Identifier: GPL-2.0-or-later
// Control connections that we dial.
#include <gtest/gtest.h>

#include "tests/unit/l2tp/bench.h"

namespace sallyport::l2tp {
namespace {

using testing::AvpList;
using testing::Bench;
using testing::BenchConfig;
using testing::Bytes;
using testing::ControlMessage;
using testing::Decoded;
using testing::kDial;
using testing::kLocal;
using testing::kOriginPath;
using testing::kOwnPath;
using testing::kPeer;
using testing::kPeerTunnel;
using testing::milliseconds;
using testing::seconds;

/// Its SCCRQ is on the way; the peer's next Ns is 0, its Nr 1.
class Dial : public ::testing::Test {
 protected:
  void SetUp() override {
    bench.Give(OpenTunnel{kDial, kOriginPath, kPeer, kLocal, {}});
    request = bench.TakeOne<PrepareTunnel>();
    ASSERT_TRUE(bench.actions.empty());
  }
  /// The path is ready; gives the SCCRQ.
  Decoded SendSccrq() {
    bench.Give(TunnelPrepared{request.tunnel, kOwnPath});
    const auto datagram = bench.TakeOne<SendDatagram>();
    EXPECT_EQ(datagram.path, kOwnPath);
    EXPECT_EQ(datagram.peer, kPeer);
    return testing::Decode(datagram.bytes);
  }
  void Receive(uint16_t ns, uint16_t nr, const AvpList& avps) {
    bench.Receive(ControlMessage(request.tunnel.value(), 0, ns, nr, avps.bytes()));
  }
  void ExpectStopCcn(uint16_t tunnel, uint16_t result, std::optional<uint16_t> error) {
    const Decoded stop = bench.SentOne();
    EXPECT_EQ(stop.type, 4);
    EXPECT_EQ(stop.tunnel, tunnel);
    EXPECT_EQ(stop.U16(9), request.tunnel.value());
    EXPECT_EQ(stop.U16(1), result);
    if (error) {
      ASSERT_GE(stop.Value(1).size(), 4u);
      EXPECT_EQ(stop.Value(1)[3], *error);
    }
    const auto down = bench.TakeOne<TunnelDown>();
    EXPECT_EQ(down.reason, EndReason::kProtocolError);
    EXPECT_EQ(down.result.result, result);
  }

  Bench bench;
  PrepareTunnel request;
};

TEST_F(Dial, OpenTunnelAsksForAPathAndThenSendsSccrq) {
  EXPECT_NE(request.tunnel, TunnelId());
  EXPECT_EQ(request.peer_tunnel, TunnelId());
  EXPECT_EQ(request.dial, kDial);
  EXPECT_EQ(request.path, kOriginPath);
  EXPECT_EQ(request.peer, kPeer);
  EXPECT_EQ(request.local, kLocal);
  const Decoded sccrq = SendSccrq();
  EXPECT_EQ(sccrq.type, 1);
  EXPECT_EQ(sccrq.tunnel, 0);
  EXPECT_EQ(sccrq.session, 0);
  EXPECT_EQ(sccrq.ns, 0);
  EXPECT_EQ(sccrq.nr, 0);
  EXPECT_EQ(sccrq.U16(2), 0x0100);
  EXPECT_EQ(sccrq.Value(3), Bytes({0, 0, 0, 3}));
  EXPECT_EQ(sccrq.Value(4), Bytes({0, 0, 0, 0}));
  EXPECT_EQ(sccrq.Value(5).size(), 8u) << "Tie Breaker";
  EXPECT_EQ(sccrq.Value(7), Bytes({'l', 'n', 's', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e'}));
  EXPECT_EQ(sccrq.U16(9), request.tunnel.value());
  EXPECT_EQ(sccrq.U16(10), 16);
  EXPECT_TRUE(sccrq.Value(11).empty()) << "no challenge without a secret";
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(Dial, LacThatTakesOutgoingCallsSaysSo) {
  EndpointConfig config = BenchConfig();
  config.take_outgoing_calls = true;
  Bench lac(config);
  lac.Give(OpenTunnel{kDial, kOriginPath, kPeer, kLocal, {}});
  lac.Give(TunnelPrepared{lac.TakeOne<PrepareTunnel>().tunnel, kOwnPath});
  EXPECT_EQ(lac.SentOne().Value(4), Bytes({0, 0, 0, 3}));
}

TEST_F(Dial, SccrpIsAnsweredByScccn) {
  SendSccrq();
  Receive(0, 1, testing::SccrpAvps(kPeerTunnel).Text(8, "Vendor\x01").U16(10, 4));
  const auto up = bench.TakeOne<TunnelUp>();
  EXPECT_EQ(up.tunnel, request.tunnel);
  EXPECT_EQ(up.peer_tunnel, TunnelId(kPeerTunnel));
  EXPECT_EQ(up.dial, kDial);
  EXPECT_EQ(up.host_name, "lac");
  EXPECT_EQ(up.vendor_name, "Vendor\\x01");
  const Decoded scccn = bench.SentOne();
  EXPECT_EQ(scccn.type, 3);
  EXPECT_EQ(scccn.tunnel, kPeerTunnel);
  EXPECT_EQ(scccn.ns, 1);
  EXPECT_EQ(scccn.nr, 1);
  EXPECT_EQ(scccn.avps.size(), 1u);
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

// RFC 2661 §8.1: the one who answers may choose its port, once.
TEST_F(Dial, TheAnswerMayComeFromAnotherPort) {
  SendSccrq();
  const IpEndpoint other{kPeer.address, 40000};
  const uint16_t id = request.tunnel.value();
  bench.ReceiveFrom(kOwnPath, other,
                    ControlMessage(id, 0, 0, 1, testing::SccrpAvps(kPeerTunnel).bytes()));
  EXPECT_EQ(bench.TakeOne<TunnelUp>().peer, other);
  EXPECT_EQ(bench.TakeOne<SendDatagram>().peer, other);
  Receive(1, 2, testing::HelloAvps());
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kWrongSource), 1u) << "and stays with it";
  bench.ReceiveFrom(kOwnPath, other, ControlMessage(id, 0, 1, 2, testing::HelloAvps().bytes()));
  EXPECT_EQ(bench.TakeOne<SendDatagram>().peer, other);
}

TEST_F(Dial, ARefusalMayComeFromAnotherPort) {
  SendSccrq();
  const IpEndpoint other{kPeer.address, 40000};
  bench.ReceiveFrom(kOwnPath, other,
                    ControlMessage(request.tunnel.value(), 0, 0, 1,
                                   testing::StopCcnAvps(kPeerTunnel, 4).bytes()));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().result.result, 4);
  EXPECT_EQ(bench.TakeOne<SendDatagram>().peer, other) << "acknowledged there";
}

TEST_F(Dial, TheAnswerComesFromTheAddressAndPathThatWereAsked) {
  SendSccrq();
  const Bytes sccrp =
      ControlMessage(request.tunnel.value(), 0, 0, 1, testing::SccrpAvps(kPeerTunnel).bytes());
  bench.ReceiveFrom(kOwnPath, {IpAddress::V4(0xCB00710A), 1701}, sccrp);
  bench.ReceiveFrom(PathId(50), kPeer, sccrp);
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kWrongSource), 2u);
}

TEST(DialInClearText, TheAnswerFromAnotherPortComesToAListener) {
  constexpr PathId kListener{50};
  const IpEndpoint other{kPeer.address, 40000};
  Bench bench;
  bench.Give(OpenTunnel{kDial, PathId(), kPeer, {}, {}});
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(TunnelPrepared{tunnel, kOwnPath});
  bench.Take<SendDatagram>();
  bench.ReceiveFrom(
      kListener, other,
      ControlMessage(tunnel.value(), 0, 0, 1, testing::SccrpAvps(kPeerTunnel).bytes()));
  EXPECT_EQ(bench.TakeOne<TunnelUp>().peer, other);
  const auto scccn = bench.TakeOne<SendDatagram>();
  EXPECT_EQ(scccn.path, kOwnPath);
  EXPECT_EQ(scccn.peer, other);
  bench.ReceiveFrom(kListener, other,
                    ControlMessage(tunnel.value(), 0, 1, 2, testing::HelloAvps().bytes()));
  EXPECT_TRUE(bench.SentOne().IsZlb()) << "until the path's rules have the port";
  bench.authenticated = true;
  bench.ReceiveFrom(PathId(51), other, ControlMessage(tunnel.value(), 0, 1, 2));
  EXPECT_EQ(bench.Drops(DropReason::kWrongSource), 1u);
}

TEST_F(Dial, RepeatedSccrpIsAcknowledgedAgain) {
  SendSccrq();
  Receive(0, 1, testing::SccrpAvps(kPeerTunnel));
  bench.Take<SendDatagram>();
  bench.Take<TunnelUp>();
  Receive(0, 1, testing::SccrpAvps(kPeerTunnel));
  EXPECT_EQ(bench.SentOne().nr, 1);
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(Dial, ThePeersWindowIsObserved) {
  SendSccrq();
  Receive(0, 1, testing::SccrpAvps(kPeerTunnel).U16(10, 1));
  bench.Take<SendDatagram>();
  Receive(1, 2, testing::HelloAvps());
  bench.Take<SendDatagram>();
  for (int i = 0; i < 3; ++i)
    bench.Give(OpenCall{.dial = kDial, .tunnel = request.tunnel, .details = {}, .proxy = {}});
  EXPECT_EQ(bench.SentOne().type, 10);
  bench.Receive(ControlMessage(request.tunnel.value(), 0, 2, 3));
  EXPECT_EQ(bench.SentOne().type, 10);
}

TEST_F(Dial, NoPathEndsItWithoutAMessage) {
  bench.Give(TunnelPrepared{request.tunnel, std::nullopt});
  const auto down = bench.TakeOne<TunnelDown>();
  EXPECT_EQ(down.reason, EndReason::kRefused);
  EXPECT_EQ(down.result.error, 4);
  EXPECT_EQ(bench.TakeOne<TunnelReleased>().tunnel, request.tunnel);
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_FALSE(bench.endpoint.NextDeadline());
}

TEST_F(Dial, CloseBeforeThereIsAPathTellsNobody) {
  bench.Give(CloseTunnel{request.tunnel, {}});
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kLocalClose);
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
  bench.Give(TunnelPrepared{request.tunnel, kOwnPath});
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(Dial, PathThatNeverComesIsGivenUp) {
  bench.Advance(seconds(30));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kSetupTimeout);
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(Dial, MessageBeforeSccrqLeftIsCounted) {
  bench.ReceiveFrom(
      kOriginPath, kPeer,
      ControlMessage(request.tunnel.value(), 0, 0, 0, testing::SccrpAvps(kPeerTunnel).bytes()));
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kUnexpectedMessage), 1u);
  EXPECT_EQ(SendSccrq().nr, 0) << "it was not received";
}

TEST_F(Dial, StopCcnRefusesIt) {
  SendSccrq();
  Receive(0, 1, testing::StopCcnAvps(kPeerTunnel, 4));
  const auto down = bench.TakeOne<TunnelDown>();
  EXPECT_EQ(down.reason, EndReason::kPeerClosed);
  EXPECT_EQ(down.result.result, 4);
  const Decoded zlb = bench.SentOne();
  EXPECT_TRUE(zlb.IsZlb());
  EXPECT_EQ(zlb.tunnel, kPeerTunnel) << "its Assigned Tunnel ID says where to";
  EXPECT_EQ(zlb.nr, 1);
  bench.Advance(seconds(31));
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(Dial, SilenceIsGivenUp) {
  SendSccrq();
  bench.Advance(milliseconds(29999));
  EXPECT_EQ(bench.Sent().size(), 5u);  // after 1, 3, 7, 15, 23 s
  bench.Advance(milliseconds(1));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kSetupTimeout);
  bench.Advance(seconds(10));
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
  EXPECT_FALSE(bench.endpoint.NextDeadline());
}

TEST_F(Dial, StopCcnWaitsForTheIdThatSccrpTells) {
  SendSccrq();
  bench.Give(CloseTunnel{request.tunnel, {}});
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kLocalClose);
  EXPECT_TRUE(bench.Sent().empty()) << "one message at a time, and SCCRQ is not acknowledged";
  Receive(0, 1, testing::SccrpAvps(kPeerTunnel));
  const Decoded stop = bench.SentOne();
  EXPECT_EQ(stop.type, 4);
  EXPECT_EQ(stop.tunnel, kPeerTunnel);
  EXPECT_EQ(stop.ns, 1);
  EXPECT_EQ(stop.nr, 1);
  EXPECT_EQ(stop.U16(9), request.tunnel.value());
  EXPECT_TRUE(bench.Take<TunnelUp>().empty());
}

TEST_F(Dial, SccrpWithAnotherVersionIsRefused) {
  SendSccrq();
  Receive(0, 1, AvpList().U16(0, 2).U16(2, 0x0200).U32(3, 3).Text(7, "x").U16(9, kPeerTunnel));
  ExpectStopCcn(kPeerTunnel, 5, std::nullopt);
}

TEST_F(Dial, SccrpWithAnUnknownMandatoryAvpIsRefused) {
  SendSccrq();
  Receive(0, 1, testing::SccrpAvps(kPeerTunnel).U16(999, 1));
  ExpectStopCcn(kPeerTunnel, 2, 8);
}

TEST_F(Dial, SccrpWithoutAnIdIsRefusedToTunnelZero) {
  SendSccrq();
  Receive(0, 1, testing::SccrpAvps(0));
  ExpectStopCcn(0, 2, std::nullopt);
}

TEST_F(Dial, MessagesOutOfOrderEndInStopCcn7) {
  for (const AvpList& avps : {testing::SccrqAvps(kPeerTunnel), testing::ScccnAvps()}) {
    Bench other;
    other.Give(OpenTunnel{kDial, kOriginPath, kPeer, kLocal, {}});
    const TunnelId tunnel = other.TakeOne<PrepareTunnel>().tunnel;
    other.Give(TunnelPrepared{tunnel, kOwnPath});
    other.Take<SendDatagram>();
    other.Receive(ControlMessage(tunnel.value(), 0, 0, 1, avps.bytes()));
    const Decoded stop = other.SentOne();
    EXPECT_EQ(stop.type, 4);
    EXPECT_EQ(stop.U16(1), 7);
  }
  SendSccrq();
  Receive(0, 1, testing::SccrpAvps(kPeerTunnel));
  bench.Take<SendDatagram>();
  bench.Take<TunnelUp>();
  Receive(1, 2, testing::SccrpAvps(kPeerTunnel));
  ExpectStopCcn(kPeerTunnel, 7, std::nullopt);
}

TEST_F(Dial, MessageOfACallBeforeSccrpIsNotAnswered) {
  SendSccrq();
  Receive(0, 1, testing::IcrqAvps(9));
  EXPECT_TRUE(bench.SentOne().IsZlb());
  Receive(1, 1, testing::IcrqAvps(0));  // one that is not even readable
  EXPECT_TRUE(bench.SentOne().IsZlb());
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kUnexpectedMessage), 1u);
  EXPECT_EQ(bench.Drops(DropReason::kRejectedMessage), 1u);
}

TEST_F(Dial, DialledTunnelTakesCallsAndIsKeptAlive) {
  const uint16_t tunnel = [&] {
    SendSccrq();
    Receive(0, 1, testing::SccrpAvps(kPeerTunnel));
    bench.Take<SendDatagram>();
    Receive(1, 2, testing::HelloAvps());
    bench.Take<SendDatagram>();
    bench.Take<TunnelUp>();
    return request.tunnel.value();
  }();
  bench.OpenSession(tunnel, 9, 2, 2);
  bench.Advance(seconds(60));
  EXPECT_EQ(bench.SentOne().type, 6);
}

}  // namespace
}  // namespace sallyport::l2tp
