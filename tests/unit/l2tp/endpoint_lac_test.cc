// SPDX-License-Identifier: GPL-2.0-or-later
// Incoming calls that we ask for: the LAC's end of RFC 2661 §7.4.
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
using testing::kPeerSession;
using testing::seconds;

/// A tunnel that we dialled; the peer's next Ns is 1, its Nr 2. Ours was last 1.
class Lac : public ::testing::Test {
 protected:
  void Receive(uint16_t session, uint16_t ns, uint16_t nr, const AvpList& avps) {
    bench.Receive(ControlMessage(tunnel, session, ns, nr, avps.bytes()));
  }
  /// Gives our session id; the ICRQ is on the way.
  uint16_t Ask(const CallDetails& details = {}, const ProxyAttributes& proxy = {}) {
    bench.Give(OpenCall{kDial, TunnelId(tunnel), CallDirection::kIncoming, details, proxy});
    icrq = bench.SentOne();
    EXPECT_EQ(icrq.type, 10);
    EXPECT_TRUE(bench.actions.empty());
    return icrq.U16(14);
  }
  void ExpectCdn(uint16_t addressee, uint16_t session, uint16_t result,
                 std::optional<uint16_t> error) {
    const Decoded cdn = bench.SentOne();
    EXPECT_EQ(cdn.type, 14);
    EXPECT_EQ(cdn.session, addressee);
    EXPECT_EQ(cdn.U16(14), session);
    EXPECT_EQ(cdn.U16(1), result);
    if (error) {
      ASSERT_GE(cdn.Value(1).size(), 4u);
      EXPECT_EQ(cdn.Value(1)[3], *error);
    }
  }
  static EndpointConfig Config() {
    EndpointConfig config = BenchConfig();
    config.no_session_timeout = seconds(0);
    return config;
  }

  Bench bench{Config()};
  const uint16_t tunnel = bench.Dial();
  Decoded icrq;
};

TEST_F(Lac, IcrqSaysWhatIsKnownOfTheCall) {
  CallDetails details;
  details.call_serial_number = 4711;
  details.bearer_type = 2;
  details.calling_number = "0231";
  details.called_number = "110";
  const uint16_t session = Ask(details);
  EXPECT_NE(session, 0);
  EXPECT_EQ(icrq.tunnel, testing::kPeerTunnel);
  EXPECT_EQ(icrq.session, 0);
  EXPECT_EQ(icrq.Value(15), Bytes({0, 0, 0x12, 0x67}));
  EXPECT_EQ(icrq.Value(18), Bytes({0, 0, 0, 2}));
  EXPECT_EQ(icrq.Value(22), Bytes({'0', '2', '3', '1'}));
  EXPECT_EQ(icrq.Value(21), Bytes({'1', '1', '0'}));
}

TEST_F(Lac, CallsWithoutASerialNumberGetOne) {
  Ask();
  EXPECT_EQ(icrq.Value(15), Bytes({0, 0, 0, 1}));
  bench.Receive(ControlMessage(tunnel, 0, 1, 3));
  Ask();
  EXPECT_EQ(icrq.Value(15), Bytes({0, 0, 0, 2}));
}

TEST_F(Lac, IcrpAsksForASessionAndIccnWaitsForIt) {
  CallDetails details;
  details.tx_connect_speed = 64000;
  details.framing_type = 1;
  ProxyAttributes proxy;
  proxy.authen_type = 2;
  proxy.authen_name = "user";
  proxy.authen_challenge = {9, 8, 7};
  proxy.authen_id = 5;
  proxy.authen_response = Secret("sixteen octets..");
  const uint16_t session = Ask(details, proxy);
  Receive(session, 1, 3, testing::IcrpAvps(kPeerSession));
  const auto request = bench.TakeOne<PrepareSession>();
  EXPECT_EQ(request.tunnel, TunnelId(tunnel));
  EXPECT_EQ(request.peer_tunnel, TunnelId(testing::kPeerTunnel));
  EXPECT_EQ(request.session, SessionId(session));
  EXPECT_EQ(request.peer_session, SessionId(kPeerSession));
  EXPECT_EQ(request.dial, kDial);
  EXPECT_EQ(request.direction, CallDirection::kIncoming);
  EXPECT_FALSE(request.send_sequence);
  EXPECT_TRUE(bench.actions.empty()) << "ICCN will carry the acknowledgement";

  bench.Give(SessionPrepared{TunnelId(tunnel), SessionId(session), true});
  const auto up = bench.TakeOne<SessionUp>();
  EXPECT_EQ(up.session, SessionId(session));
  EXPECT_EQ(up.dial, kDial);
  EXPECT_EQ(up.details.tx_connect_speed, 64000u);
  const Decoded iccn = bench.SentOne();
  EXPECT_EQ(iccn.type, 12);
  EXPECT_EQ(iccn.session, kPeerSession);
  EXPECT_EQ(iccn.ns, 3);
  EXPECT_EQ(iccn.nr, 2);
  EXPECT_EQ(iccn.Value(24), Bytes({0, 0, 0xFA, 0}));
  EXPECT_EQ(iccn.Value(19), Bytes({0, 0, 0, 1}));
  EXPECT_EQ(iccn.Value(29), Bytes({0, 2}));
  EXPECT_EQ(iccn.Value(30), Bytes({'u', 's', 'e', 'r'}));
  EXPECT_EQ(iccn.Value(31), Bytes({9, 8, 7}));
  EXPECT_EQ(iccn.Value(32), Bytes({0, 5}));
  EXPECT_EQ(iccn.Value(33).size(), 16u);
}

TEST_F(Lac, DataPassesOnceItIsUp) {
  const uint16_t session = bench.PlaceCall(tunnel, kPeerSession, 1, 2);
  bench.Receive({0, 2, static_cast<uint8_t>(tunnel >> 8), static_cast<uint8_t>(tunnel),
                 static_cast<uint8_t>(session >> 8), static_cast<uint8_t>(session), 0xC0, 0x21});
  EXPECT_EQ(bench.TakeOne<DataFrame>().session, SessionId(session));
}

TEST_F(Lac, CdnForTheIcrqIsADialThatFailed) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::CdnAvps(kPeerSession, 4));
  const auto failed = bench.TakeOne<DialFailed>();
  EXPECT_EQ(failed.dial, kDial);
  EXPECT_EQ(failed.result.result, 4);
  EXPECT_TRUE(bench.SentOne().IsZlb());
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(Lac, CdnAfterIcrpTakesTheSessionDown) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::IcrpAvps(kPeerSession));
  bench.Take<PrepareSession>();
  Receive(session, 2, 3, testing::CdnAvps(kPeerSession, 4));
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kPeerClosed);
  EXPECT_TRUE(bench.SentOne().IsZlb());
  bench.Give(SessionPrepared{TunnelId(tunnel), SessionId(session), true});
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(Lac, SilenceAfterIcrqEndsInCdn10) {
  const uint16_t session = Ask();
  bench.Receive(ControlMessage(tunnel, 0, 1, 3));  // ZLB only
  bench.Advance(seconds(30));
  ExpectCdn(0, session, 10, std::nullopt);
  EXPECT_EQ(bench.TakeOne<DialFailed>().result.result, 10);
  EXPECT_TRUE(bench.Take<SessionDown>().empty());
}

TEST_F(Lac, LateIcrpIsAnsweredByCdn) {
  const uint16_t session = Ask();
  bench.Receive(ControlMessage(tunnel, 0, 1, 3));
  bench.Give(CloseSession{TunnelId(tunnel), SessionId(session), {}});
  ExpectCdn(0, session, 3, std::nullopt);
  EXPECT_EQ(bench.Take<DialFailed>().size(), 1u);
  Receive(session, 1, 4, testing::IcrpAvps(kPeerSession));
  EXPECT_EQ(bench.SentOne().session, kPeerSession);
}

TEST_F(Lac, NoKernelSessionEndsInCdn4) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::IcrpAvps(kPeerSession));
  bench.Take<PrepareSession>();
  bench.Give(SessionPrepared{TunnelId(tunnel), SessionId(session), false});
  ExpectCdn(kPeerSession, session, 4, 4);
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kRefused);
}

TEST_F(Lac, SecondIcrpEndsTheCall) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::IcrpAvps(kPeerSession));
  bench.Take<PrepareSession>();
  Receive(session, 2, 3, testing::IcrpAvps(kPeerSession));
  ExpectCdn(kPeerSession, session, 2, 5);
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kProtocolError);
}

TEST_F(Lac, IcrpWithAnIdInUseEndsTheNewCallOnly) {
  const uint16_t first = bench.PlaceCall(tunnel, kPeerSession, 1, 2);
  const uint16_t second = Ask();
  Receive(second, 2, 5, testing::IcrpAvps(kPeerSession));
  ExpectCdn(0, second, 2, 5);
  EXPECT_EQ(bench.TakeOne<DialFailed>().result.error, 5);
  EXPECT_TRUE(bench.Take<SessionDown>().empty());
  EXPECT_NE(first, second);
}

TEST_F(Lac, UnreadableIcrpEndsTheCall) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::IcrpAvps(kPeerSession).U16(999, 1));
  ExpectCdn(kPeerSession, session, 2, 8);
  EXPECT_EQ(bench.Take<DialFailed>().size(), 1u);
}

TEST_F(Lac, IccnForOurOwnCallCleansUp) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::IccnAvps());  // RFC 2661 §7.4.1: wait-reply
  EXPECT_EQ(bench.TakeOne<DialFailed>().result.result, 2);
  EXPECT_TRUE(bench.SentOne().IsZlb());
}

TEST_F(Lac, OcrpForAnIncomingCallEndsIt) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::OcrpAvps(kPeerSession));
  ExpectCdn(0, session, 2, 5);
}

TEST_F(Lac, TunnelThatEndsTakesItsCallsAlong) {
  const uint16_t up = bench.PlaceCall(tunnel, kPeerSession, 1, 2);
  bench.Give(OpenCall{DialId(901), TunnelId(tunnel), CallDirection::kIncoming, {}, {}});
  bench.Take<SendDatagram>();
  bench.Give(CloseTunnel{TunnelId(tunnel), {}});
  EXPECT_EQ(bench.TakeOne<DialFailed>().dial, DialId(901));
  const auto down = bench.TakeOne<SessionDown>();
  EXPECT_EQ(down.session, SessionId(up));
  EXPECT_EQ(down.reason, EndReason::kTunnelEnded);
  EXPECT_EQ(down.of_tunnel, EndReason::kLocalClose);
  EXPECT_EQ(bench.Take<TunnelDown>().size(), 1u);
}

// ---- Where no call can be made ----------------------------------------------------------------

TEST_F(Lac, CallInATunnelThatIsNotEstablishedFails) {
  bench.Give(OpenTunnel{DialId(902), testing::kOriginPath, {testing::kPeer.address, 9}, {}, {}});
  const TunnelId half_open = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(OpenCall{kDial, half_open, CallDirection::kIncoming, {}, {}});
  EXPECT_EQ(bench.TakeOne<DialFailed>().result.error, 1);
  bench.Give(OpenCall{kDial, TunnelId(4711), CallDirection::kIncoming, {}, {}});
  EXPECT_EQ(bench.TakeOne<DialFailed>().result.error, 1);
  bench.Give(CloseTunnel{TunnelId(tunnel), {}});
  bench.Give(OpenCall{kDial, TunnelId(tunnel), CallDirection::kIncoming, {}, {}});
  EXPECT_EQ(bench.TakeOne<DialFailed>().result.error, 1);
}

TEST_F(Lac, CallOverTheLimitOfTheTunnelFails) {
  EndpointConfig config = Config();
  config.max_sessions_per_tunnel = 1;
  Bench small(config);
  const uint16_t id = small.Dial();
  small.PlaceCall(id, kPeerSession, 1, 2);
  small.Give(OpenCall{kDial, TunnelId(id), CallDirection::kIncoming, {}, {}});
  const auto failed = small.TakeOne<DialFailed>();
  EXPECT_EQ(failed.result.result, 4);
  EXPECT_EQ(failed.result.error, 4);
  EXPECT_TRUE(small.actions.empty());
}

TEST_F(Lac, FramingThatThePeerLacksIsNotAskedFor) {
  Bench other(Config());
  other.Give(OpenTunnel{kDial, testing::kOriginPath, testing::kPeer, {}, {}});
  const TunnelId id = other.TakeOne<PrepareTunnel>().tunnel;
  other.Give(TunnelPrepared{id, testing::kOwnPath});
  const AvpList sccrp = AvpList().U16(0, 2).U16(2, 0x0100).U32(3, 1).Text(7, "x").U16(9, 77);
  other.Receive(ControlMessage(id.value(), 0, 0, 1, sccrp.bytes()));
  other.Receive(ControlMessage(id.value(), 0, 1, 2));
  other.Take<SendDatagram>();
  CallDetails details;
  details.framing_type = 2;
  other.Give(OpenCall{kDial, id, CallDirection::kIncoming, details, {}});
  EXPECT_EQ(other.TakeOne<DialFailed>().result.result, 5);
  details.framing_type = 3;
  other.Give(OpenCall{kDial, id, CallDirection::kIncoming, details, {}});
  const uint16_t session = other.SentOne().U16(14);
  other.Receive(ControlMessage(id.value(), session, 1, 3, testing::IcrpAvps(9).bytes()));
  other.Give(SessionPrepared{id, SessionId(session), true});
  EXPECT_EQ(other.SentOne().Value(19), Bytes({0, 0, 0, 1})) << "only what the peer has";
}

// ---- WEN and SLI ------------------------------------------------------------------------------

TEST_F(Lac, ErrorsAreReportedToTheLns) {
  const uint16_t session = bench.PlaceCall(tunnel, kPeerSession, 1, 2);
  bench.Give(ReportErrors{TunnelId(tunnel), SessionId(session), {1, 2, 3, 4, 5, 6}});
  const Decoded wen = bench.SentOne();
  EXPECT_EQ(wen.type, 15);
  EXPECT_EQ(wen.session, kPeerSession);
  EXPECT_EQ(wen.Value(34),
            testing::Hex("0000 00000001 00000002 00000003 00000004 00000005 00000006"));
  bench.Give(SetLinkInfo{TunnelId(tunnel), SessionId(session), 1, 2});
  EXPECT_TRUE(bench.actions.empty()) << "SLI is the LNS's to send";
}

TEST_F(Lac, SliIsPassedOnAndWenIsNot) {
  const uint16_t session = bench.PlaceCall(tunnel, kPeerSession, 1, 2);
  Receive(session, 2, 4, testing::SliAvps());
  const auto info = bench.TakeOne<LinkInfo>();
  EXPECT_EQ(info.tunnel, TunnelId(tunnel));
  EXPECT_EQ(info.session, SessionId(session));
  EXPECT_EQ(info.send_accm, 0x000A0000u);
  EXPECT_EQ(info.receive_accm, 0xFFFFFFFFu);
  Receive(session, 3, 4, testing::WenAvps());
  EXPECT_EQ(bench.Sent().size(), 2u);
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kUnexpectedMessage), 1u);
}

TEST_F(Lac, ReportsOfACallThatIsNotUpAreNotSent) {
  const uint16_t session = Ask();
  bench.Receive(ControlMessage(tunnel, 0, 1, 3));
  bench.Give(ReportErrors{TunnelId(tunnel), SessionId(session), {}});
  bench.Give(ReportErrors{TunnelId(tunnel), SessionId(4711), {}});
  bench.Give(SetLinkInfo{TunnelId(tunnel), SessionId(4711), 0, 0});
  EXPECT_TRUE(bench.actions.empty());
}

}  // namespace
}  // namespace sallyport::l2tp
