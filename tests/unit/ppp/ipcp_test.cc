// SPDX-License-Identifier: GPL-2.0-or-later
// IPCP's negotiation, on a link whose login was accepted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class IpcpLink : public testing::Test {
 protected:
  IpcpLink() : link_(ConfigWith(AuthMethod::kPap)) { started_ = link_.LogInWithPap(); }
  TestLink link_;
  Texts started_;
};

TEST_F(IpcpLink, OurRequestHasOurAddressOnly) {
  ASSERT_EQ(started_.size(), 2U);
  EXPECT_EQ(started_[1], Sent(kIpcp, kConfReq, 1, "0306 0a090001"));
}

struct OptionCase {
  const char* name;
  const char* request;
  uint8_t code;
  const char* answer;
};

class IpcpOption : public testing::TestWithParam<OptionCase> {};

TEST_P(IpcpOption, IsAnsweredAsTheRfcSays) {
  const auto& param = GetParam();
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.LogInWithPap();
  EXPECT_THAT(link.Receive(Wire(kIpcp, kConfReq, 0x42, param.request)),
              ElementsAre(Sent(kIpcp, param.code, 0x42, param.answer)));
}

// The network is 10.9.0.2 for the peer, DNS .53 and .54, one WINS .55.
INSTANTIATE_TEST_SUITE_P(
    All, IpcpOption,
    testing::Values(
        OptionCase{"Address", "0306 0a090002", kConfAck, "0306 0a090002"},
        OptionCase{"AddressZero", "0306 00000000", kConfNak, "0306 0a090002"},
        OptionCase{"AddressForeign", "0306 c0a80101", kConfNak, "0306 0a090002"},
        OptionCase{"AddressOurs", "0306 0a090001", kConfNak, "0306 0a090002"},
        OptionCase{"AddressBadLength", "0305 0a0900", kConfNak, "0306 0a090002"},
        OptionCase{"AddressTwice", "0306 0a090002 0306 0a090002", kConfRej, "0306 0a090002"},
        OptionCase{"AddressLeftOut", "", kConfNak, "0306 0a090002"},
        OptionCase{"AddressLeftOutGoesLast", "8106 00000000", kConfNak,
                   "8106 0a090035 0306 0a090002"},
        OptionCase{"OldAddresses", "010a 00000000 00000000", kConfRej, "010a 00000000 00000000"},
        OptionCase{"VanJacobson", "0206 002d 0f01", kConfRej, "0206 002d 0f01"},
        OptionCase{"MobileIpv4", "0406 0a090002", kConfRej, "0406 0a090002"},
        OptionCase{"PrimaryDns", "0306 0a090002 8106 0a090035", kConfAck,
                   "0306 0a090002 8106 0a090035"},
        OptionCase{"BothDnsZero", "0306 0a090002 8106 00000000 8306 00000000", kConfNak,
                   "8106 0a090035 8306 0a090036"},
        OptionCase{"DnsBadLength", "0306 0a090002 8104 0a09", kConfNak, "8106 0a090035"},
        OptionCase{"PrimaryWinsZero", "0306 0a090002 8206 00000000", kConfNak, "8206 0a090037"},
        OptionCase{"SecondaryWinsWeLack", "0306 0a090002 8406 00000000", kConfRej, "8406 00000000"},
        OptionCase{"SecondaryWinsWeLackBadLength", "0306 0a090002 8402", kConfRej, "8402"},
        OptionCase{"RejectGoesFirst", "0206 002d 0f01 0306 00000000 8106 00000000 8406 00000000",
                   kConfRej, "0206 002d 0f01 8406 00000000"},
        OptionCase{"Everything", "0306 00000000 8106 00000000 8206 00000000 8306 00000000",
                   kConfNak, "0306 0a090002 8106 0a090035 8206 0a090037 8306 0a090036"}),
    [](const auto& test) { return test.param.name; });

TEST(IpcpWithoutNameServers, RejectsThemAll) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.OpenLcp();
  link.Receive(Wire(kPap, kPapRequest, 1, "00 00"));
  const NetworkParameters network{
      .local = IpAddress::V4(1), .peer = IpAddress::V4(2), .dns = {}, .wins = {}};
  link.Handle(AuthAccepted{.network = network, .authenticator_response = {}});
  EXPECT_THAT(link.Receive(Wire(kIpcp, kConfReq, 1, "0306 00000002 8106 00000000 8306 00000000")),
              ElementsAre(Sent(kIpcp, kConfRej, 1, "8106 00000000 8306 00000000")));
}

TEST(IpcpWithoutAnAddress, EndsTheLink) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.OpenLcp();
  link.Receive(Wire(kPap, kPapRequest, 1, "00 00"));
  link.Handle(AuthAccepted{.network = {}, .authenticator_response = {}});
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END network_refused"));
}

TEST_F(IpcpLink, OpensWhenBothSidesHaveAcknowledged) {
  EXPECT_THAT(link_.Receive(link_.Ack(kIpcp)), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, 3, "0306 0a090002")),
              ElementsAre(Sent(kIpcp, kConfAck, 3, "0306 0a090002"), "UP 10.9.0.2 mtu 1400"));
}

TEST_F(IpcpLink, RefusalOfOurAddressIsAccepted) {
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfRej, 1, "0306 0a090001")),
              ElementsAre(Sent(kIpcp, kConfReq, 2)));
  TestLink naked(ConfigWith(AuthMethod::kPap));
  naked.LogInWithPap();
  EXPECT_THAT(naked.Receive(Wire(kIpcp, kConfNak, 1, "0306 01020304 8106 00000000")),
              ElementsAre(Sent(kIpcp, kConfReq, 2)));
}

TEST_F(IpcpLink, ForeignAddressIsRejectedAfterMaxFailureAndNeverAcknowledged) {
  for (uint8_t i = 1; i <= 5; ++i) {
    EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, i, "0306 c0a80101")),
                ElementsAre(Sent(kIpcp, kConfNak, i, "0306 0a090002")));
  }
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, 6, "0306 c0a80101")),
              ElementsAre(Sent(kIpcp, kConfRej, 6, "0306 c0a80101")));
}

TEST_F(IpcpLink, AddressIsNoLongerDemandedAfterMaxFailure) {
  for (uint8_t i = 1; i <= 5; ++i) {
    EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, i)),
                ElementsAre(Sent(kIpcp, kConfNak, i, "0306 0a090002")));
  }
  // RFC 1661 §4.6: "locally desired options are no longer appended".
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, 6)), ElementsAre(Sent(kIpcp, kConfAck, 6)));
}

TEST_F(IpcpLink, EndlessNegotiatorIsDropped) {
  for (int i = 0; i < 40; ++i) link_.Receive(Wire(kIpcp, kConfReq, 7, "0306 c0a80101"));
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  link_.Receive(Wire(kIpcp, kConfReq, 7, "0306 c0a80101"));
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
  link_.Wait(seconds(3));
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre("END not_converging"));
}

TEST_F(IpcpLink, RequestInOpenedIsNegotiatedAnewWithTheSameAddress) {
  link_.OpenIpcp();
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, 9, "0306 0a090002")),
              ElementsAre("DOWN", Sent(kIpcp, kConfReq, 2, "0306 0a090001"),
                          Sent(kIpcp, kConfAck, 9, "0306 0a090002")));
  EXPECT_THAT(link_.Receive(link_.Ack(kIpcp)), ElementsAre("UP 10.9.0.2 mtu 1400"));
}

TEST_F(IpcpLink, FlappingPeerIsDropped) {
  int ups = 0;
  for (int i = 0; i < 200 && link_.phase() == Phase::kNetwork; ++i) {
    link_.Receive(Wire(kIpcp, kConfReq, 9, "0306 0a090002"));
    for (const auto& text : link_.Receive(link_.Ack(kIpcp))) ups += text.starts_with("UP") ? 1 : 0;
  }
  EXPECT_LE(ups, 40);
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
}

TEST_F(IpcpLink, RenegotiationNowAndThenIsNoStorm) {
  link_.OpenIpcp();
  for (int i = 0; i < 100; ++i) {
    link_.Wait(seconds(10));
    link_.Handle(ProofOfLife{});
    link_.Receive(Wire(kIpcp, kConfReq, 9, "0306 0a090002"));
    ASSERT_THAT(link_.Receive(link_.Ack(kIpcp)), ElementsAre("UP 10.9.0.2 mtu 1400")) << i;
  }
}

TEST_F(IpcpLink, NoAnswerEndsTheLink) {
  for (int i = 0; i < 9; ++i) {
    EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(Sent(kIpcp, kConfReq, 1, "0306 0a090001")));
  }
  link_.Wait(seconds(3));
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
  link_.Wait(seconds(3));
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre("END negotiation_timeout"));
}

TEST_F(IpcpLink, TerminateRequestTakesTheNetworkDownAndThenTheLink) {
  link_.OpenIpcp();
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kTermReq, 4)),
              ElementsAre("DOWN", Sent(kIpcp, kTermAck, 4)));
  EXPECT_EQ(link_.phase(), Phase::kNetwork) << "it may open IPCP again for a restart period";
  link_.Wait(seconds(3));
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END peer_terminated"));
}

TEST_F(IpcpLink, UnknownCodeGetsCodeReject) {
  EXPECT_THAT(link_.Receive(Wire(kIpcp, 9, 4, "00000000")),
              ElementsAre(Sent(kIpcp, kCodeRej, 2, "0904 0008 00000000")));
}

TEST_F(IpcpLink, CodeRejectOfAnAutomatonCodeEndsTheLink) {
  link_.OpenIpcp();
  const auto texts = link_.Receive(Wire(kIpcp, kCodeRej, 4, "0101 0004"));
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0], "DOWN");
  EXPECT_EQ(link_.frames()[0][2], kTermReq);
}

TEST_F(IpcpLink, MtuIsTheSmallerOfPeerMruAndConfiguration) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.OpenLcp("0104 0500");  // MRU 1280
  link.Receive(Wire(kPap, kPapRequest, 1, "00 00"));
  link.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}});
  EXPECT_THAT(link.OpenIpcp(), ElementsAre(testing::_, "UP 10.9.0.2 mtu 1280"));
}

}  // namespace
}  // namespace sallyport::ppp
