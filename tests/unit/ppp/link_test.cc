// SPDX-License-Identifier: GPL-2.0-or-later
// The phases of a link: how it begins and ends, and what it does not hear.
#include "ppp/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "base/text.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class OpenLink : public testing::Test {
 protected:
  OpenLink() : link_(ConfigWith(AuthMethod::kPap)) {
    link_.LogInWithPap();
    link_.OpenIpcp();
  }
  TestLink link_;
};

TEST(DeadLink, HearsNothingAndHasNoDeadline) {
  TestLink link;
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 1)), IsEmpty());
  EXPECT_EQ(link.Drops(DropReason::kLinkEnded), 1U);
  EXPECT_FALSE(link.NextDeadline().has_value());
  EXPECT_EQ(link.phase(), Phase::kDead);
}

TEST(DeadLink, CloseEndsItAtOnce) {
  TestLink link;
  EXPECT_THAT(link.Handle(Close{"bye"}), ElementsAre("END local_close"));
  EXPECT_THAT(link.Start(), IsEmpty()) << "once ended, it stays so";
}

TEST(Phases, FollowOneLogin) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  EXPECT_EQ(ToString(link.phase()), "dead");
  link.Start();
  EXPECT_EQ(ToString(link.phase()), "establish");
  link.OpenLcp();
  EXPECT_EQ(ToString(link.phase()), "authenticate");
  link.Receive(Wire(kPap, kPapRequest, 1, "00 00"));
  link.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}});
  EXPECT_EQ(ToString(link.phase()), "network");
  link.Handle(Close{});
  EXPECT_EQ(ToString(link.phase()), "terminate");
  link.Wait(seconds(6));
  EXPECT_EQ(ToString(link.phase()), "dead");
}

TEST_F(OpenLink, CloseSendsTwoTerminateRequestsThenEnds) {
  EXPECT_THAT(link_.Handle(Close{"shutdown"}),
              ElementsAre("DOWN", Sent(kLcp, kTermReq, 2, Hex("shutdown"))));
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(Sent(kLcp, kTermReq, 3, Hex("shutdown"))));
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre("END local_close"));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 3)), IsEmpty());
  EXPECT_THAT(link_.Handle(LowerDown{}), IsEmpty());
}

TEST_F(OpenLink, CloseEndsWithTheTerminateAck) {
  link_.Handle(Close{"shutdown"});
  EXPECT_THAT(link_.Handle(Close{"again"}), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END local_close"));
}

TEST_F(OpenLink, ClosingLinkAcknowledgesTheirsAndHearsNothingElse) {
  link_.Handle(Close{"shutdown"});
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermReq, 9)), ElementsAre(Sent(kLcp, kTermAck, 9)));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kConfReq, 9)), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, 9)), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kLcp, kEchoReq, 9, "00000000")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kLayerNotOpen), 2U);
}

TEST_F(OpenLink, TerminateRequestIsAcknowledgedThenTheLinkEnds) {
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermReq, 4, "003ccd7400000000")),
              ElementsAre("DOWN", Sent(kLcp, kTermAck, 4), "END peer_terminated"));
  EXPECT_EQ(link_.phase(), Phase::kDead);
}

TEST_F(OpenLink, LowerDownEndsItWithoutAFrame) {
  EXPECT_THAT(link_.Handle(LowerDown{}), ElementsAre("DOWN", "END lower_layer_down"));
}

TEST(ClosingDuringEstablish, SendsTerminateRequest) {
  TestLink link;
  link.Start();
  EXPECT_THAT(link.Handle(Close{"no"}), ElementsAre(Sent(kLcp, kTermReq, 2, Hex("no"))));
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END local_close"));
}

TEST(TerminateRequestFirst, IsAcknowledgedAndWeGoOnAsking) {
  TestLink link;
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermReq, 4)), ElementsAre(Sent(kLcp, kTermAck, 4)));
  EXPECT_EQ(link.phase(), Phase::kEstablish);
}

TEST_F(OpenLink, RenegotiationOfLcpTakesLoginAndAddressAnew) {
  const auto down = link_.Receive(Wire(kLcp, kConfReq, 8, "0104 0514"));
  EXPECT_THAT(down, ElementsAre("DOWN", Sent(kLcp, kConfReq, 2, "0104 0578 0304c023 0506 10111213"),
                                Sent(kLcp, kConfAck, 8, "0104 0514")));
  EXPECT_EQ(link_.phase(), Phase::kEstablish);
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, 4)), IsEmpty());
  EXPECT_THAT(link_.Receive(link_.Ack(kLcp)), ElementsAre("ESTABLISHED pap 1300"));
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapRequest, 1, "03 626f62 02 7077")),
              ElementsAre("AUTH pap bob"));
  EXPECT_THAT(link_.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}}),
              ElementsAre(Sent(kPap, kPapAck, 1, "00"), Sent(kIpcp, kConfReq, 2, "0306 0a090001")));
  EXPECT_THAT(link_.OpenIpcp(), ElementsAre(testing::_, "UP 10.9.0.2 mtu 1300"));
}

TEST_F(OpenLink, UnknownProtocolsGetProtocolReject) {
  // IPV6CP, CCP, macOS's ACSCP, MPLSCP, ECP, EAP.
  uint8_t identifier = 1;
  for (const uint16_t protocol :
       std::initializer_list<uint16_t>{0x8057, 0x80FD, 0x8235, 0x8281, 0x8053, 0xC229}) {
    const auto frame = Wire(protocol, kConfReq, 1, "0102 0304");
    EXPECT_THAT(link_.Receive(frame),
                ElementsAre(Sent(kLcp, kProtRej, ++identifier, ToHex(frame))));
  }
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  EXPECT_EQ(link_.AllDrops(), 0U);
}

TEST(ProtocolReject, IsCutToThePeersMru) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.OpenLcp("0104 0200");
  link.Receive(Wire(kPap, kPapRequest, 1, "00 00"));
  link.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}});
  link.Receive(Wire(0x8057, kConfReq, 1, std::string(2 * 1400, '0')));
  ASSERT_EQ(link.frames().size(), 1U);
  EXPECT_EQ(link.frames()[0].size(), 2U + 512U);
}

TEST_F(OpenLink, AnswerLongerThanThePeersMruIsNotSent) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.OpenLcp("0104 0080");
  link.Receive(Wire(kPap, kPapRequest, 1, "00 00"));
  link.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}});
  std::string unknown;
  for (int i = 0; i < 100; ++i) unknown += "0502";
  EXPECT_THAT(link.Receive(Wire(kIpcp, kConfReq, 1, unknown)), IsEmpty());
  EXPECT_EQ(link.Drops(DropReason::kTooLongToSend), 1U);
}

TEST_F(OpenLink, DataIsLeftToTheKernel) {
  for (const uint16_t protocol :
       std::initializer_list<uint16_t>{0x0021, 0x0057, 0x002D, 0x002F, 0x00FB, 0x00FD}) {
    EXPECT_THAT(link_.Receive(Wire(protocol, 0x45, 0, "0102")), IsEmpty());
  }
  EXPECT_EQ(link_.Drops(DropReason::kNetworkData), 6U);
}

TEST_F(OpenLink, ProtocolRejectOfIpcpEndsTheLink) {
  const auto texts = link_.Receive(Wire(kLcp, kProtRej, 1, "8021 0101"));
  EXPECT_THAT(texts, ElementsAre("DOWN", Sent(kLcp, kTermReq, 2, Hex("the peer rejects IPCP"))));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END network_refused"));
}

TEST_F(OpenLink, ProtocolRejectOfAuthenticationIsTooLate) {
  EXPECT_THAT(link_.Receive(Wire(kLcp, kProtRej, 1, "c023 0101")), IsEmpty());
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

TEST(BeforeLcpIsOpen, EverythingElseIsDiscarded) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.Start();
  for (const uint16_t protocol :
       std::initializer_list<uint16_t>{0x0021, 0x8021, 0xC023, 0xC223, 0x8057, 0x80FD}) {
    EXPECT_THAT(link.Receive(Wire(protocol, 1, 1, "00 00")), IsEmpty());
  }
  EXPECT_EQ(link.Drops(DropReason::kLayerNotOpen), 6U);
}

TEST(BeforeTheLogin, NetworkProtocolsAreDiscarded) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.OpenLcp();
  for (const uint16_t protocol :
       std::initializer_list<uint16_t>{0x8021, 0x8057, 0x80FD}) {  // RFC 1661 §3.5
    EXPECT_THAT(link.Receive(Wire(protocol, 1, 1, "0306 00000000")), IsEmpty());
  }
  EXPECT_EQ(link.Drops(DropReason::kLayerNotOpen), 3U);
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
}

TEST(SetUp, ThatTakesTooLongIsClosed) {
  LinkConfig config = ConfigWith(AuthMethod::kPap);
  config.auth_max_challenges = 1000;
  config.echo_interval = seconds(0);
  TestLink link(config);
  link.OpenLcp();
  EXPECT_THAT(link.Wait(seconds(59)), IsEmpty());
  EXPECT_THAT(link.Wait(seconds(1)),
              ElementsAre(Sent(kLcp, kTermReq, 2, Hex("set-up took too long"))));
  link.Wait(seconds(3));
  EXPECT_THAT(link.Wait(seconds(3)), ElementsAre("END negotiation_timeout"));
}

TEST(SetUp, EndsWithTheNetworkAndBeginsAnewWithoutIt) {
  LinkConfig config = ConfigWith(AuthMethod::kPap);
  config.echo_interval = seconds(0);
  config.max_configure = 1000;
  TestLink link(config);
  link.LogInWithPap();
  link.OpenIpcp();
  link.Wait(seconds(600));
  EXPECT_EQ(link.phase(), Phase::kNetwork);
  link.Receive(Wire(kIpcp, kConfReq, 4));  // never opens again
  link.Wait(seconds(59));
  EXPECT_EQ(link.phase(), Phase::kNetwork);
  link.Wait(seconds(1));
  EXPECT_EQ(link.phase(), Phase::kTerminate);
}

TEST(Storm, EndlessConfigureRequestsEndTheLink) {
  TestLink link;
  link.Start();
  size_t answers = 0;
  for (int i = 0; i < 20000; ++i) {
    answers += link.Receive(Wire(kLcp, kConfReq, static_cast<uint8_t>(i), "0702")).size();
  }
  EXPECT_LE(answers, 42U);  // 40 Rejects and Terminate-Request
  EXPECT_EQ(link.phase(), Phase::kTerminate);
  link.Wait(seconds(3));
  EXPECT_THAT(link.Wait(seconds(3)), ElementsAre("END not_converging"));
}

TEST(Storm, EndlessNaksEndTheLink) {
  TestLink link;
  link.Start();
  size_t requests = 0;
  for (int i = 0; i < 20000 && link.phase() == Phase::kEstablish; ++i) {
    const auto nak = Wire(kLcp, kConfNak, link.RequestIdentifier(kLcp), "0506 00000000");
    requests += link.Receive(nak).size();
  }
  EXPECT_LE(requests, 40U);
  EXPECT_EQ(link.phase(), Phase::kTerminate);
}

TEST(Storm, EndlessRenegotiationOfLcpEndsTheLink) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.OpenLcp();
  for (int i = 0; i < 1000 && link.phase() != Phase::kTerminate; ++i) {
    link.Receive(Wire(kLcp, kConfReq, 2));
    link.Receive(link.Ack(kLcp));
  }
  EXPECT_EQ(link.phase(), Phase::kTerminate);
}

TEST(Storm, MalformedFramesAreCountedAndNothingElse) {
  TestLink link;
  link.Start();
  for (const char* hex : {"", "c0", "c021", "c021 01", "c021 01 01 0003", "c021 01 01 0005", "2145",
                          "ff03 c021 01 01 0004"}) {
    EXPECT_THAT(link.Receive(Octets(hex)), IsEmpty()) << hex;
  }
  EXPECT_EQ(link.Drops(DropReason::kMalformedProtocol), 4U);
  EXPECT_EQ(link.Drops(DropReason::kBadLength), 4U);
}

// Every packet kind that a peer sends, on a link in each stage, cut at every octet: never an answer
// to the half, and the link goes on.
TEST(Truncation, OfEveryPacketKindIsDropped) {
  const std::vector<std::vector<uint8_t>> packets = {
      Wire(kLcp, kConfReq, 1, "0104 0578 0506 01020304"),
      Wire(kLcp, kConfAck, 1, "0104 0578"),
      Wire(kLcp, kConfNak, 1, "0104 0578"),
      Wire(kLcp, kConfRej, 1, "0104 0578"),
      Wire(kLcp, kTermReq, 1, "0102"),
      Wire(kLcp, kTermAck, 1),
      Wire(kLcp, kCodeRej, 1, "0101 0004"),
      Wire(kLcp, kProtRej, 1, "8021 0101"),
      Wire(kLcp, kEchoReq, 1, "00000000"),
      Wire(kLcp, kEchoRep, 1, "00000000"),
      Wire(kLcp, kDiscard, 1, "00000000"),
      Wire(kLcp, kIdentification, 1, "00000000"),
      Wire(kLcp, kTimeRemaining, 1, "00000000 00000000"),
      Wire(kLcp, 99, 1, "0000"),
      Wire(kPap, kPapRequest, 1, "01 61 01 62"),
      Wire(kIpcp, kConfReq, 1, "0306 00000000 8106 00000000"),
      Wire(kIpcp, kTermReq, 1)};
  for (const int stage : {0, 1, 2}) {
    TestLink link(ConfigWith(AuthMethod::kPap));
    link.Start();
    if (stage == 1) link.OpenLcp();
    if (stage == 2) {
      link.LogInWithPap();
      link.OpenIpcp();
    }
    const Phase before = link.phase();
    for (const auto& packet : packets) {
      for (size_t n = 0; n < packet.size(); ++n) {
        const std::vector<uint8_t> cut(packet.begin(),
                                       packet.begin() + static_cast<std::ptrdiff_t>(n));
        EXPECT_THAT(link.Receive(cut), IsEmpty()) << ToHex(cut);
        EXPECT_EQ(link.phase(), before);
      }
    }
  }
}

TEST(Link, MayBeMoved) {
  const LinkConfig config;
  DropCounters drops;
  Link first(config, drops);
  Actions actions;
  first.Handle(Start{}, {}, {}, actions);
  Link second(std::move(first));
  EXPECT_EQ(second.phase(), Phase::kEstablish);
  second.Handle(LowerDown{}, {}, {}, actions);
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(ToText(actions[1]), "END lower_layer_down");
}

}  // namespace
}  // namespace sallyport::ppp
