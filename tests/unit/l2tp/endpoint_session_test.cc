// SPDX-License-Identifier: GPL-2.0-or-later
// Calls and data within an established tunnel.
#include <gtest/gtest.h>
#include <string>

#include "l2tp/id_allocator.h"
#include "tests/unit/l2tp/bench.h"

namespace sallyport::l2tp {
namespace {

using testing::AvpList;
using testing::Bench;
using testing::BenchConfig;
using testing::Bytes;
using testing::ControlMessage;
using testing::Decoded;
using testing::Hex;
using testing::kOriginPath;
using testing::kOwnPath;
using testing::kPeer;
using testing::kPeerSession;
using testing::seconds;

/// A tunnel that is up; the client's next Ns is 2, its Nr 1.
class Call : public ::testing::Test {
 protected:
  void Receive(uint16_t session, uint16_t ns, uint16_t nr, const AvpList& avps) {
    bench.Receive(ControlMessage(tunnel, session, ns, nr, avps.bytes()));
  }
  /// A data message without options for `session`.
  void ReceiveData(uint16_t session, const Bytes& frame) {
    Bytes wire{0x00,
               0x02,
               static_cast<uint8_t>(tunnel >> 8),
               static_cast<uint8_t>(tunnel),
               static_cast<uint8_t>(session >> 8),
               static_cast<uint8_t>(session)};
    wire.insert(wire.end(), frame.begin(), frame.end());
    bench.Receive(wire);
  }
  void ExpectCdn(const Decoded& cdn, uint16_t session, uint16_t result,
                 std::optional<uint16_t> error) {
    EXPECT_EQ(cdn.type, 14);
    EXPECT_EQ(cdn.tunnel, testing::kPeerTunnel);
    EXPECT_EQ(cdn.session, session);
    EXPECT_EQ(cdn.U16(1), result);
    EXPECT_NE(cdn.U16(14), 0);
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
  const uint16_t tunnel = bench.OpenTunnel();
};

TEST_F(Call, IcrqAsksForASessionAndIcrpWaitsForIt) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession, 4711));
  const auto request = bench.TakeOne<PrepareSession>();
  EXPECT_EQ(request.tunnel, TunnelId(tunnel));
  EXPECT_EQ(request.peer_tunnel, TunnelId(testing::kPeerTunnel));
  EXPECT_NE(request.session, SessionId());
  EXPECT_EQ(request.peer_session, SessionId(kPeerSession));
  EXPECT_EQ(request.dial, std::nullopt);
  EXPECT_EQ(request.direction, CallDirection::kIncoming);
  EXPECT_FALSE(request.send_sequence);
  EXPECT_EQ(request.call_serial_number, 4711u);
  EXPECT_TRUE(bench.Sent().empty());
  bench.Give(SessionPrepared{TunnelId(tunnel), request.session, true});
  const Decoded reply = bench.SentOne();
  EXPECT_EQ(reply.type, 11);
  EXPECT_EQ(reply.session, kPeerSession);
  EXPECT_EQ(reply.ns, 1);
  EXPECT_EQ(reply.nr, 3);
  EXPECT_EQ(reply.U16(14), request.session.value());
  EXPECT_EQ(reply.avps.size(), 2u);
}

TEST_F(Call, RepeatedIcrqIsOneSession) {
  for (int i = 0; i < 3; ++i) Receive(0, 2, 1, testing::IcrqAvps(kPeerSession));
  EXPECT_EQ(bench.Take<PrepareSession>().size(), 1u);
  EXPECT_EQ(bench.Sent().size(), 2u) << "the two duplicates are acknowledged at once";
}

TEST_F(Call, IccnBringsTheSessionUp) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession).Text(22, "0231\x07"));
  const SessionId session = bench.TakeOne<PrepareSession>().session;
  bench.Give(SessionPrepared{TunnelId(tunnel), session, true});
  Receive(session.value(), 3, 2, testing::IccnAvps().Add(39, {}));
  const auto up = bench.TakeOne<SessionUp>();
  EXPECT_EQ(up.session, session);
  EXPECT_TRUE(up.send_sequence);
  EXPECT_EQ(up.details.tx_connect_speed, 100'000'000u);
  EXPECT_EQ(up.details.calling_number, "0231\\x07");
}

TEST_F(Call, NoKernelSessionIsRefusedWithCdn4) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession));
  const SessionId session = bench.TakeOne<PrepareSession>().session;
  bench.Take<SendDatagram>();
  bench.Give(SessionPrepared{TunnelId(tunnel), session, false});
  const Decoded cdn = bench.SentOne();
  ExpectCdn(cdn, kPeerSession, 4, 4);
  EXPECT_EQ(cdn.U16(14), session.value());
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kRefused);
  bench.Give(SessionPrepared{TunnelId(tunnel), session, true});
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(Call, SecondAnswerToPrepareSessionHasNoEffect) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession));
  const SessionId session = bench.TakeOne<PrepareSession>().session;
  bench.Give(SessionPrepared{TunnelId(tunnel), session, true});
  bench.Take<SendDatagram>();
  bench.Give(SessionPrepared{TunnelId(tunnel), session, false});
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(Call, CallWithoutIccnIsCleared) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession));
  const SessionId session = bench.TakeOne<PrepareSession>().session;
  bench.Give(SessionPrepared{TunnelId(tunnel), session, true});
  Receive(0, 3, 2, testing::HelloAvps());
  bench.Take<SendDatagram>();
  bench.Advance(seconds(30));
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kSetupTimeout);
  ExpectCdn(bench.SentOne(), kPeerSession, 10, std::nullopt);
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

TEST_F(Call, IcrqWithoutAUsableIdIsRefused) {
  Receive(0, 2, 1, testing::IcrqAvps(0));
  ExpectCdn(bench.SentOne(), 0, 2, 5);
  Receive(0, 3, 2, AvpList().U16(0, 10).U32(15, 1));
  ExpectCdn(bench.SentOne(), 0, 2, 5);
  EXPECT_EQ(bench.Take<Refused>().size(), 2u);
  EXPECT_EQ(bench.Drops(DropReason::kRejectedMessage), 2u);
}

TEST_F(Call, IdInUseIsRefusedAndTheFirstSessionLives) {
  const uint16_t session = bench.OpenSession(tunnel, kPeerSession, 2, 1);
  Receive(0, 4, 2, testing::IcrqAvps(kPeerSession));
  const Decoded cdn = bench.SentOne();
  ExpectCdn(cdn, 0, 2, 5);  // not to the session that lives
  EXPECT_NE(cdn.U16(14), session);
  EXPECT_TRUE(bench.Take<SessionDown>().empty());
  // Nor is one with an unknown AVP besides.
  Receive(0, 5, 3, testing::IcrqAvps(kPeerSession).U16(999, 1));
  ExpectCdn(bench.SentOne(), 0, 2, 8);
  ReceiveData(session, Hex("c021"));
  EXPECT_EQ(bench.Take<DataFrame>().size(), 1u);
}

TEST_F(Call, MandatoryUnknownAvpEndsTheCallOnly) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession).U16(999, 1));
  ExpectCdn(bench.SentOne(), kPeerSession, 2, 8);
  EXPECT_TRUE(bench.Take<TunnelDown>().empty());
}

TEST_F(Call, MandatoryUnknownAvpInIccnEndsTheCallOnly) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession));
  const SessionId session = bench.TakeOne<PrepareSession>().session;
  bench.Give(SessionPrepared{TunnelId(tunnel), session, true});
  bench.Take<SendDatagram>();
  Receive(session.value(), 3, 2, testing::IccnAvps().U16(999, 1));
  ExpectCdn(bench.SentOne(), kPeerSession, 2, 8);
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kProtocolError);
}

TEST_F(Call, SixtyCallsAreEachAnswered) {
  EndpointConfig config = BenchConfig();
  config.max_sessions_per_tunnel = 40;
  Bench many(config);
  const uint16_t many_tunnel = many.OpenTunnel();
  unsigned replies = 0;
  unsigned refusals = 0;
  uint16_t nr = 1;
  for (uint16_t i = 0; i < 60; ++i) {
    many.Receive(ControlMessage(many_tunnel, 0, static_cast<uint16_t>(2 + i), nr,
                                testing::IcrqAvps(static_cast<uint16_t>(1 + i)).bytes()));
    for (const auto& request : many.Take<PrepareSession>()) {
      many.Give(SessionPrepared{TunnelId(many_tunnel), request.session, true});
    }
    for (const Decoded& sent : many.Sent()) {
      if (sent.IsZlb()) continue;
      nr = static_cast<uint16_t>(sent.ns + 1);
      sent.type == 11 ? ++replies : ++refusals;
      if (sent.type == 14) ExpectCdn(sent, static_cast<uint16_t>(1 + i), 4, 4);
    }
  }
  EXPECT_EQ(replies, 40u);
  EXPECT_EQ(refusals, 20u);
}

TEST_F(Call, SessionsOfAllTunnelsHaveALimitToo) {
  EndpointConfig config = Config();
  config.max_sessions = 2;
  Bench small(config);
  const uint16_t first = small.OpenTunnel();
  const IpEndpoint other_peer{kPeer.address, 9};
  const uint16_t second = small.OpenTunnel(78, PathId(3), other_peer);
  const uint16_t session = small.OpenSession(first, 1, 2, 1);
  small.ReceiveFrom(PathId(3), other_peer,
                    ControlMessage(second, 0, 2, 1, testing::IcrqAvps(1).bytes()));
  EXPECT_EQ(small.Take<PrepareSession>().size(), 1u);
  small.Receive(ControlMessage(first, 0, 4, 2, testing::IcrqAvps(2).bytes()));
  ExpectCdn(small.SentOne(), 2, 4, 4);
  // A session that ends makes room, one whose tunnel ends as well.
  small.Receive(ControlMessage(first, session, 5, 3, testing::CdnAvps(1, 1).bytes()));
  small.Take<SendDatagram>();
  small.Receive(ControlMessage(first, 0, 6, 3, testing::IcrqAvps(3).bytes()));
  EXPECT_EQ(small.Take<PrepareSession>().size(), 1u);
  small.Give(PathDown{PathId(3)});
  small.Receive(ControlMessage(first, 0, 7, 3, testing::IcrqAvps(4).bytes()));
  EXPECT_EQ(small.Take<PrepareSession>().size(), 1u);
  small.Receive(ControlMessage(first, 0, 8, 3, testing::IcrqAvps(5).bytes()));
  EXPECT_TRUE(small.Take<PrepareSession>().empty());
}

TEST_F(Call, AcknowledgementOfIcrqWaitsForTheAnswerNoLongerThanTheDelay) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession));
  bench.Take<PrepareSession>();
  bench.Advance(testing::milliseconds(99));
  EXPECT_TRUE(bench.actions.empty());
  bench.Advance(testing::milliseconds(1));
  EXPECT_TRUE(bench.SentOne().IsZlb());
}

TEST_F(Call, IccnIsAcknowledgedAtOnce) {
  bench.OpenSession(tunnel, kPeerSession, 2, 1);  // which says so
  // Nor does a call that ended keep an acknowledgement waiting.
  Receive(0, 4, 2, testing::IcrqAvps(9));
  bench.Take<PrepareSession>();
  Receive(0, 5, 2, testing::CdnAvps(9, 1));
  EXPECT_TRUE(bench.SentOne().IsZlb());
  Receive(0, 6, 2, testing::HelloAvps());
  EXPECT_TRUE(bench.SentOne().IsZlb());
}

TEST_F(Call, ManyCallsOfATunnelAreEachFoundByEitherId) {
  EndpointConfig config = Config();
  config.max_sessions_per_tunnel = 2000;
  config.receive_window = 4;
  Bench many(config);
  const uint16_t id = many.OpenTunnel();
  uint16_t ns = 2;
  for (uint16_t call = 1; call <= 1000; ++call) {
    many.Receive(ControlMessage(id, 0, ns++, 1, testing::IcrqAvps(call).bytes()));
  }
  EXPECT_EQ(many.Take<PrepareSession>().size(), 1000u);
  for (uint16_t call = 1; call <= 1000; ++call) {
    many.Receive(ControlMessage(id, 0, ns++, 1, testing::CdnAvps(call, 1).bytes()));
  }
  EXPECT_EQ(many.Take<SessionDown>().size(), 1000u);
  EXPECT_EQ(many.Drops(DropReason::kUnknownSession), 0u);
}

TEST_F(Call, IcrqBeforeScccnGetsNoIcrp) {
  Bench other;
  other.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(0, 0, 0, 0, testing::SccrqAvps(testing::kPeerTunnel).bytes()));
  const TunnelId half_open = other.TakeOne<PrepareTunnel>().tunnel;
  other.Give(TunnelPrepared{half_open, kOwnPath});
  other.Take<SendDatagram>();
  other.Receive(
      ControlMessage(half_open.value(), 0, 1, 1, testing::IcrqAvps(kPeerSession).bytes()));
  ExpectCdn(other.SentOne(), kPeerSession, 2, 1);
  EXPECT_TRUE(other.Take<PrepareSession>().empty());
  EXPECT_TRUE(other.Take<TunnelDown>().empty());
}

TEST_F(Call, IccnForAnUnknownSessionLeavesTheTunnel) {
  Receive(999, 2, 1, testing::IccnAvps());
  EXPECT_TRUE(bench.SentOne().IsZlb());
  EXPECT_EQ(bench.Drops(DropReason::kUnknownSession), 1u);
}

TEST_F(Call, IccnBeforeIcrpCleansUp) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession));
  const SessionId session = bench.TakeOne<PrepareSession>().session;
  Receive(session.value(), 3, 1, testing::IccnAvps());  // RFC 2661 §7.4.2: idle
  EXPECT_EQ(bench.TakeOne<SessionDown>().session, session);
  EXPECT_TRUE(bench.SentOne().IsZlb());
}

TEST_F(Call, MessagesOfAnOutgoingCallEndAnIncomingOne) {
  for (const AvpList& avps : {testing::OcrpAvps(kPeerSession), testing::OccnAvps()}) {
    Bench other(Config());
    const uint16_t id = other.OpenTunnel();
    const uint16_t session = other.OpenSession(id, kPeerSession, 2, 1);
    other.Receive(ControlMessage(id, session, 4, 2, avps.bytes()));
    ExpectCdn(other.SentOne(), kPeerSession, 2, 5);
    EXPECT_EQ(other.TakeOne<SessionDown>().reason, EndReason::kProtocolError);
  }
}

TEST_F(Call, OcrpForNoCallIsAnsweredByCdnAndOccnIsNot) {
  Receive(0, 2, 1, testing::OcrpAvps(12));
  ExpectCdn(bench.SentOne(), 12, 2, 5);
  Receive(4711, 3, 2, testing::OccnAvps());
  EXPECT_TRUE(bench.SentOne().IsZlb());
  EXPECT_EQ(bench.Drops(DropReason::kUnknownSession), 1u);
}

TEST_F(Call, DetailsAndProxyAttributesArePassedOn) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession, 9).Text(21, "110").U32(18, 2));
  const SessionId session = bench.TakeOne<PrepareSession>().session;
  bench.Give(SessionPrepared{TunnelId(tunnel), session, true});
  AvpList iccn = testing::IccnAvps().Text(37, "group").U32(38, 56000);
  iccn.Add(26, {1, 4, 5, 0xDC}).U16(29, 3).Text(30, "user").U16(32, 7).Text(33, "password");
  Receive(session.value(), 3, 2, iccn);
  const auto up = bench.TakeOne<SessionUp>();
  CallDetails details;
  details.call_serial_number = 9;
  details.bearer_type = 2;
  details.framing_type = 1;
  details.tx_connect_speed = 100'000'000;
  details.rx_connect_speed = 56000;
  details.called_number = "110";
  details.private_group_id = "group";
  EXPECT_EQ(up.details, details);
  EXPECT_EQ(up.proxy.initial_received_confreq, Bytes({1, 4, 5, 0xDC}));
  EXPECT_EQ(up.proxy.authen_type, 3);
  EXPECT_EQ(up.proxy.authen_name, "user");
  EXPECT_EQ(up.proxy.authen_id, 7);
  EXPECT_EQ(up.proxy.authen_response, Secret("password"));
}

TEST_F(Call, SecondIccnEndsTheCall) {
  const uint16_t session = bench.OpenSession(tunnel, kPeerSession, 2, 1);
  Receive(session, 4, 2, testing::IccnAvps());
  ExpectCdn(bench.SentOne(), kPeerSession, 2, std::nullopt);
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kProtocolError);
}

TEST_F(Call, OutgoingCallsAreRefused) {
  Receive(0, 2, 1, testing::OcrqAvps(12));
  ExpectCdn(bench.SentOne(), 12, 2, std::nullopt);
}

TEST_F(Call, IcrpIsAnsweredByCdn) {
  Receive(0, 2, 1, testing::IcrpAvps(12));
  ExpectCdn(bench.SentOne(), 12, 2, 5);
  const uint16_t session = bench.OpenSession(tunnel, kPeerSession, 3, 2);
  Receive(session, 5, 3, testing::IcrpAvps(kPeerSession));
  ExpectCdn(bench.SentOne(), kPeerSession, 2, 5);
  EXPECT_EQ(bench.Take<SessionDown>().size(), 1u);
}

TEST_F(Call, WenIsReportedAndSliIsNotForAnLns) {
  const uint16_t session = bench.OpenSession(tunnel, kPeerSession, 2, 1);
  Receive(session, 4, 2, testing::WenAvps());
  Receive(session, 5, 2, testing::SliAvps());
  for (const Decoded& sent : bench.Sent()) EXPECT_TRUE(sent.IsZlb());
  const auto report = bench.TakeOne<ErrorsReported>();
  EXPECT_EQ(report.tunnel, TunnelId(tunnel));
  EXPECT_EQ(report.session, SessionId(session));
  EXPECT_EQ(report.errors, (CallErrors{1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kUnexpectedMessage), 1u);
}

TEST_F(Call, WenOfTheWrongLengthEndsTheCall) {
  const uint16_t session = bench.OpenSession(tunnel, kPeerSession, 2, 1);
  Receive(session, 4, 2, AvpList().U16(0, 15).Add(34, Bytes(25)));
  ExpectCdn(bench.SentOne(), kPeerSession, 2, 2);
}

TEST_F(Call, WenForNoCallIsCounted) {
  Receive(4711, 2, 1, testing::WenAvps());
  EXPECT_TRUE(bench.SentOne().IsZlb());
  EXPECT_EQ(bench.Drops(DropReason::kUnexpectedMessage), 1u);
}

TEST_F(Call, CdnEndsTheSessionAndTheTunnelTakesANewCall) {
  const uint16_t session = bench.OpenSession(tunnel, kPeerSession, 2, 1);
  Receive(session, 4, 2, testing::CdnAvps(kPeerSession, 3));
  const auto down = bench.TakeOne<SessionDown>();
  EXPECT_EQ(down.session, SessionId(session));
  EXPECT_EQ(down.reason, EndReason::kPeerClosed);
  EXPECT_EQ(down.result.result, 3);
  EXPECT_TRUE(bench.SentOne().IsZlb());
  EXPECT_NE(bench.OpenSession(tunnel, kPeerSession, 5, 2), session);
}

TEST_F(Call, FreedSessionIdRestsAndIsThenGivenAgain) {
  bench.fixed_entropy = Entropy{0x12, 0x34};
  uint16_t ns = 2;
  std::vector<uint16_t> given;
  for (const seconds wait : {seconds(0), seconds(0), IdAllocator::kQuarantine}) {
    bench.Advance(wait / 2);
    bench.Give(ProofOfLife{TunnelId(tunnel)});
    bench.Advance(wait / 2);
    Receive(0, ns, 1, testing::IcrqAvps(kPeerSession));
    given.push_back(bench.TakeOne<PrepareSession>().session.value());
    Receive(0, static_cast<uint16_t>(ns + 1), 1, testing::CdnAvps(kPeerSession, 1));
    ns = static_cast<uint16_t>(ns + 2);
  }
  EXPECT_EQ(given, (std::vector<uint16_t>{0x1234, 0x1235, 0x1234}));
}

TEST_F(Call, CdnOfAPeerThatDoesNotKnowOurId) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession));
  const SessionId session = bench.TakeOne<PrepareSession>().session;
  Receive(0, 3, 1, testing::CdnAvps(kPeerSession, 1));
  EXPECT_EQ(bench.TakeOne<SessionDown>().session, session);
  bench.Take<SendDatagram>();
  bench.Give(SessionPrepared{TunnelId(tunnel), session, true});
  EXPECT_TRUE(bench.actions.empty());
  Receive(0, 4, 1, testing::CdnAvps(kPeerSession, 1));
  EXPECT_EQ(bench.Drops(DropReason::kUnknownSession), 1u);
}

TEST_F(Call, CloseSessionSendsCdn) {
  const uint16_t session = bench.OpenSession(tunnel, kPeerSession, 2, 1);
  bench.Give(CloseSession{TunnelId(tunnel), SessionId(session), {}});
  const Decoded cdn = bench.SentOne();
  ExpectCdn(cdn, kPeerSession, 3, std::nullopt);  // result 0 is made 3
  EXPECT_EQ(cdn.U16(14), session);
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kLocalClose);
  bench.Give(CloseSession{TunnelId(tunnel), SessionId(session), {}});
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(Call, AnswersThatNobodyAcknowledgesAreBounded) {
  EndpointConfig config = Config();
  config.refusals_per_second = 3000;
  Bench eager(config);
  const uint16_t eager_tunnel = eager.OpenTunnel();
  for (uint32_t i = 0; i < 3000; ++i) {
    const auto ns = static_cast<uint16_t>(2 + eager.Drops(DropReason::kRejectedMessage));
    eager.Receive(ControlMessage(eager_tunnel, 0, ns, 1, testing::IcrqAvps(0).bytes()));
  }
  EXPECT_EQ(eager.Drops(DropReason::kRejectedMessage), 1024u);
  EXPECT_EQ(eager.Drops(DropReason::kBacklog), 3000u - 1024u);
}

TEST_F(Call, RefusalsOfATunnelHaveARateOfTheirOwn) {
  EndpointConfig config = Config();
  config.max_sessions_per_tunnel = 0;
  config.refusals_per_second = 5;
  Bench full(config);
  const uint16_t full_tunnel = full.OpenTunnel();
  unsigned refusals = 0;
  uint16_t nr = 1;
  const auto ask = [&](uint16_t number) {
    full.Receive(ControlMessage(full_tunnel, 0, static_cast<uint16_t>(2 + number), nr,
                                testing::IcrqAvps(static_cast<uint16_t>(1 + number)).bytes()));
    const auto sent = full.Sent();
    ASSERT_FALSE(sent.empty()) << "each is acknowledged";
    for (const Decoded& message : sent) {
      if (message.IsZlb()) continue;
      ExpectCdn(message, static_cast<uint16_t>(1 + number), 4, 4);
      nr = static_cast<uint16_t>(message.ns + 1);
      ++refusals;
    }
  };
  for (uint16_t i = 0; i < 20; ++i) ask(i);
  EXPECT_EQ(refusals, 5u);
  EXPECT_EQ(full.Drops(DropReason::kRefusalLimit), 15u);
  full.Advance(seconds(1));
  full.Sent();
  ask(20);
  EXPECT_EQ(refusals, 6u) << "the next second has its share";
}

// ---- Data -------------------------------------------------------------------------------------

TEST_F(Call, DataGoesToItsSessionWithoutAddressAndControl) {
  const uint16_t session = bench.OpenSession(tunnel, kPeerSession, 2, 1);
  ReceiveData(session, Hex("ff03 c021 0101 0004"));
  ReceiveData(session, Hex("c021 0101 0004"));
  const auto frames = bench.Take<DataFrame>();
  ASSERT_EQ(frames.size(), 2u);
  for (const auto& frame : frames) {
    EXPECT_EQ(frame.tunnel, TunnelId(tunnel));
    EXPECT_EQ(frame.session, SessionId(session));
    EXPECT_EQ(frame.frame, Hex("c021 0101 0004"));
  }
}

TEST_F(Call, DataForNobodyIsCounted) {
  Receive(0, 2, 1, testing::IcrqAvps(kPeerSession));
  const SessionId session = bench.TakeOne<PrepareSession>().session;
  bench.Take<SendDatagram>();
  ReceiveData(session.value(), Hex("c021"));
  ReceiveData(static_cast<uint16_t>(session.value() + 1), Hex("c021"));
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kSessionNotUp), 1u);
  EXPECT_EQ(bench.Drops(DropReason::kUnknownSession), 1u);
}

TEST_F(Call, EmptyFramesAndWrongSourcesAreCounted) {
  const uint16_t session = bench.OpenSession(tunnel, kPeerSession, 2, 1);
  ReceiveData(session, {});
  ReceiveData(session, Hex("ff03"));
  EXPECT_EQ(bench.Drops(DropReason::kEmptyFrame), 2u);
  bench.ReceiveFrom(
      kOwnPath, {kPeer.address, 9},
      {0, 2, static_cast<uint8_t>(tunnel >> 8), static_cast<uint8_t>(tunnel),
       static_cast<uint8_t>(session >> 8), static_cast<uint8_t>(session), 0xC0, 0x21});
  EXPECT_EQ(bench.Drops(DropReason::kWrongSource), 1u);
  EXPECT_TRUE(bench.actions.empty());
}

}  // namespace
}  // namespace sallyport::l2tp
