// SPDX-License-Identifier: GPL-2.0-or-later
// Outgoing calls, at both ends (RFC 2661 §7.5).
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

EndpointConfig Config() {
  EndpointConfig config = BenchConfig();
  config.no_session_timeout = seconds(0);
  config.take_outgoing_calls = true;
  return config;
}

void ExpectCdn(const Decoded& cdn, uint16_t addressee, uint16_t result,
               std::optional<uint16_t> error) {
  EXPECT_EQ(cdn.type, 14);
  EXPECT_EQ(cdn.session, addressee);
  EXPECT_EQ(cdn.U16(1), result);
  if (error) {
    ASSERT_GE(cdn.Value(1).size(), 4u);
    EXPECT_EQ(cdn.Value(1)[3], *error);
  }
}

// ---- As LAC: the peer asks --------------------------------------------------------------------

/// The peer dialled; its next Ns is 2, its Nr 1.
class OutgoingLac : public ::testing::Test {
 protected:
  void Receive(uint16_t session, uint16_t ns, uint16_t nr, const AvpList& avps) {
    bench.Receive(ControlMessage(tunnel, session, ns, nr, avps.bytes()));
  }
  SessionId Ask() {
    Receive(0, 2, 1, testing::OcrqAvps(kPeerSession));
    return bench.TakeOne<PrepareSession>().session;
  }

  Bench bench{Config()};
  const uint16_t tunnel = bench.OpenTunnel();
};

TEST_F(OutgoingLac, OcrqAsksForASessionAndOcrpAndOccnFollow) {
  Receive(0, 2, 1, testing::OcrqAvps(kPeerSession));
  const auto request = bench.TakeOne<PrepareSession>();
  EXPECT_EQ(request.direction, CallDirection::kOutgoing);
  EXPECT_EQ(request.peer_session, SessionId(kPeerSession));
  EXPECT_EQ(request.dial, std::nullopt);
  EXPECT_TRUE(bench.actions.empty()) << "OCRP will carry the acknowledgement";

  bench.Give(SessionPrepared{TunnelId(tunnel), request.session, true});
  const auto up = bench.TakeOne<SessionUp>();
  EXPECT_EQ(up.session, request.session);
  EXPECT_EQ(up.details.called_number, "0231");
  EXPECT_EQ(up.details.maximum_bps, 64000u);
  const auto sent = bench.Sent();  // the peer's window is 4, and has grown to 2
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].type, 8);
  EXPECT_EQ(sent[0].session, kPeerSession);
  EXPECT_EQ(sent[0].ns, 1);
  EXPECT_EQ(sent[0].nr, 3);
  EXPECT_EQ(sent[0].U16(14), request.session.value());
  EXPECT_EQ(sent[1].type, 9);
  EXPECT_EQ(sent[1].session, kPeerSession);
  EXPECT_EQ(sent[1].Value(24), Bytes({0, 0, 0xFA, 0}));
  EXPECT_EQ(sent[1].Value(19), Bytes({0, 0, 0, 1}));
}

TEST_F(OutgoingLac, NoKernelSessionIsRefusedWithCdn4) {
  const SessionId session = Ask();
  bench.Give(SessionPrepared{TunnelId(tunnel), session, false});
  ExpectCdn(bench.SentOne(), kPeerSession, 4, 4);
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kRefused);
}

TEST_F(OutgoingLac, IdInUseIsRefused) {
  bench.Give(SessionPrepared{TunnelId(tunnel), Ask(), true});
  bench.Take<SendDatagram>();
  Receive(0, 3, 3, testing::OcrqAvps(kPeerSession));
  ExpectCdn(bench.SentOne(), 0, 2, 5);
  EXPECT_TRUE(bench.Take<SessionDown>().empty());
}

TEST_F(OutgoingLac, BeforeScccnItIsRefused) {
  Bench other(Config());
  other.ReceiveFrom(testing::kOriginPath, testing::kPeer,
                    ControlMessage(0, 0, 0, 0, testing::SccrqAvps(77).bytes()));
  const TunnelId half_open = other.TakeOne<PrepareTunnel>().tunnel;
  other.Give(TunnelPrepared{half_open, testing::kOwnPath});
  other.Take<SendDatagram>();
  other.Receive(
      ControlMessage(half_open.value(), 0, 1, 1, testing::OcrqAvps(kPeerSession).bytes()));
  ExpectCdn(other.SentOne(), kPeerSession, 2, 1);
}

TEST_F(OutgoingLac, UnreadableOcrqIsRefused) {
  Receive(0, 2, 1, testing::OcrqAvps(kPeerSession).U16(999, 1));
  ExpectCdn(bench.SentOne(), kPeerSession, 2, 8);
  EXPECT_EQ(bench.Take<Refused>().size(), 1u);
}

TEST_F(OutgoingLac, OurOwnMessagesComingBackEndTheCall) {
  for (const AvpList& avps : {testing::OcrpAvps(kPeerSession), testing::OccnAvps()}) {
    Bench other(Config());
    const uint16_t id = other.OpenTunnel();
    other.Receive(ControlMessage(id, 0, 2, 1, testing::OcrqAvps(kPeerSession).bytes()));
    const SessionId session = other.TakeOne<PrepareSession>().session;
    other.Give(SessionPrepared{TunnelId(id), session, true});
    other.Take<SendDatagram>();
    other.Receive(ControlMessage(id, session.value(), 3, 3, avps.bytes()));
    ExpectCdn(other.SentOne(), kPeerSession, 2, 5);
    EXPECT_EQ(other.TakeOne<SessionDown>().reason, EndReason::kProtocolError);
  }
}

TEST_F(OutgoingLac, CdnBeforeOcrpNamesTheCallByThePeersId) {
  const SessionId session = Ask();
  Receive(0, 3, 1, testing::CdnAvps(kPeerSession, 1));
  EXPECT_EQ(bench.TakeOne<SessionDown>().session, session);
}

TEST_F(OutgoingLac, ReportsErrorsAndTakesSli) {
  const SessionId session = Ask();
  bench.Give(SessionPrepared{TunnelId(tunnel), session, true});
  bench.Take<SessionUp>();
  bench.Take<SendDatagram>();
  Receive(session.value(), 3, 3, testing::SliAvps());
  EXPECT_EQ(bench.Take<LinkInfo>().size(), 1u);
  bench.Take<SendDatagram>();
  bench.Give(ReportErrors{TunnelId(tunnel), session, {}});
  EXPECT_EQ(bench.SentOne().type, 15);
}

// ---- As LNS: we ask ---------------------------------------------------------------------------

/// We dialled a LAC that takes outgoing calls; its next Ns is 1, its Nr 2.
class OutgoingLns : public ::testing::Test {
 protected:
  void Receive(uint16_t session, uint16_t ns, uint16_t nr, const AvpList& avps) {
    bench.Receive(ControlMessage(tunnel, session, ns, nr, avps.bytes()));
  }
  /// Gives our session id; the OCRQ is on the way.
  uint16_t Ask() {
    CallDetails details;
    details.minimum_bps = 9600;
    details.maximum_bps = 64000;
    details.bearer_type = 1;
    details.framing_type = 1;
    details.called_number = "0231";
    bench.Give(OpenCall{kDial, TunnelId(tunnel), CallDirection::kOutgoing, details, {}});
    ocrq = bench.SentOne();
    EXPECT_EQ(ocrq.type, 7);
    return ocrq.U16(14);
  }

  Bench bench{Config()};
  const uint16_t tunnel = bench.Dial();
  Decoded ocrq;
};

TEST_F(OutgoingLns, OcrqSaysWhatIsAskedFor) {
  EXPECT_NE(Ask(), 0);
  EXPECT_EQ(ocrq.session, 0);
  EXPECT_EQ(ocrq.Value(15), Bytes({0, 0, 0, 1}));
  EXPECT_EQ(ocrq.Value(16), Bytes({0, 0, 0x25, 0x80}));
  EXPECT_EQ(ocrq.Value(17), Bytes({0, 0, 0xFA, 0}));
  EXPECT_EQ(ocrq.Value(18), Bytes({0, 0, 0, 1}));
  EXPECT_EQ(ocrq.Value(19), Bytes({0, 0, 0, 1}));
  EXPECT_EQ(ocrq.Value(21), Bytes({'0', '2', '3', '1'}));
}

TEST_F(OutgoingLns, OccnBringsItUp) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::OcrpAvps(kPeerSession).U32(25, 12));
  const auto request = bench.TakeOne<PrepareSession>();
  EXPECT_EQ(request.session, SessionId(session));
  EXPECT_EQ(request.peer_session, SessionId(kPeerSession));
  EXPECT_EQ(request.direction, CallDirection::kOutgoing);
  EXPECT_EQ(request.dial, kDial);
  EXPECT_TRUE(bench.SentOne().IsZlb()) << "nothing answers OCRP: it is acknowledged at once";
  bench.Give(SessionPrepared{TunnelId(tunnel), SessionId(session), true});
  EXPECT_TRUE(bench.actions.empty());
  Receive(session, 2, 3, testing::OccnAvps());
  const auto up = bench.TakeOne<SessionUp>();
  EXPECT_EQ(up.dial, kDial);
  EXPECT_EQ(up.details.tx_connect_speed, 64000u);
  EXPECT_EQ(up.details.physical_channel_id, 12u);
  EXPECT_EQ(up.details.called_number, "0231");
  EXPECT_TRUE(bench.SentOne().IsZlb());
}

TEST_F(OutgoingLns, OccnBeforeTheKernelIsReadyWaitsForIt) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::OcrpAvps(kPeerSession));
  Receive(session, 2, 3, testing::OccnAvps());
  bench.Take<PrepareSession>();
  EXPECT_TRUE(bench.Take<SessionUp>().empty());
  bench.Give(SessionPrepared{TunnelId(tunnel), SessionId(session), true});
  EXPECT_EQ(bench.TakeOne<SessionUp>().session, SessionId(session));
}

TEST_F(OutgoingLns, SecondOccnEndsTheCallAlsoWhileTheFirstWaits) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::OcrpAvps(kPeerSession));
  Receive(session, 2, 3, testing::OccnAvps());
  bench.Take<SendDatagram>();
  Receive(session, 3, 3, testing::OccnAvps());
  ExpectCdn(bench.SentOne(), kPeerSession, 2, 5);
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kProtocolError);
}

TEST_F(OutgoingLns, NoKernelSessionEndsInCdn4) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::OcrpAvps(kPeerSession));
  Receive(session, 2, 3, testing::OccnAvps());
  bench.Take<SendDatagram>();
  bench.Give(SessionPrepared{TunnelId(tunnel), SessionId(session), false});
  ExpectCdn(bench.SentOne(), kPeerSession, 4, 4);
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kRefused);
}

TEST_F(OutgoingLns, OccnBeforeOcrpEndsTheCall) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::OccnAvps());
  ExpectCdn(bench.SentOne(), 0, 2, 5);
  EXPECT_EQ(bench.Take<DialFailed>().size(), 1u);
}

TEST_F(OutgoingLns, SecondOcrpEndsTheCall) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::OcrpAvps(kPeerSession));
  bench.Take<SendDatagram>();
  Receive(session, 2, 3, testing::OcrpAvps(kPeerSession));
  ExpectCdn(bench.SentOne(), kPeerSession, 2, 5);
  EXPECT_EQ(bench.Take<SessionDown>().size(), 1u);
}

TEST_F(OutgoingLns, UnreadableOccnEndsTheCall) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::OcrpAvps(kPeerSession));
  bench.Take<SendDatagram>();
  Receive(session, 2, 3, testing::OccnAvps().U16(999, 1));
  ExpectCdn(bench.SentOne(), kPeerSession, 2, 8);
}

TEST_F(OutgoingLns, RefusalIsADialThatFailed) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::CdnAvps(kPeerSession, 7));
  EXPECT_EQ(bench.TakeOne<DialFailed>().result.result, 7);
  EXPECT_TRUE(bench.SentOne().IsZlb());
}

TEST_F(OutgoingLns, CallThatIsNotConnectedInTimeIsCleared) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::OcrpAvps(kPeerSession));
  bench.Give(SessionPrepared{TunnelId(tunnel), SessionId(session), true});
  bench.Take<SendDatagram>();
  bench.Advance(seconds(30));
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kSetupTimeout);
  ExpectCdn(bench.SentOne(), kPeerSession, 10, std::nullopt);
}

TEST_F(OutgoingLns, BearerThatThePeerLacksIsNotAskedFor) {
  // RFC 2661 §4.4.3: no Bearer Capabilities AVP, no outgoing calls.
  Bench other(Config());
  const uint16_t lac = other.OpenTunnel();
  other.Give(OpenCall{kDial, TunnelId(lac), CallDirection::kOutgoing, {}, {}});
  EXPECT_EQ(other.TakeOne<DialFailed>().result.result, 5);
  CallDetails details;
  details.bearer_type = 4;
  bench.Give(OpenCall{kDial, TunnelId(tunnel), CallDirection::kOutgoing, details, {}});
  EXPECT_EQ(bench.TakeOne<DialFailed>().result.result, 5);
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(OutgoingLns, SetsTheLinkInfo) {
  const uint16_t session = Ask();
  Receive(session, 1, 3, testing::OcrpAvps(kPeerSession));
  bench.Give(SessionPrepared{TunnelId(tunnel), SessionId(session), true});
  Receive(session, 2, 3, testing::OccnAvps());
  bench.Take<SendDatagram>();
  bench.Give(SetLinkInfo{TunnelId(tunnel), SessionId(session), 0x000A0000, 0xFFFFFFFF});
  const Decoded sli = bench.SentOne();
  EXPECT_EQ(sli.type, 16);
  EXPECT_EQ(sli.session, kPeerSession);
  EXPECT_EQ(sli.Value(35), testing::Hex("0000 000a0000 ffffffff"));
}

}  // namespace
}  // namespace sallyport::l2tp
