// SPDX-License-Identifier: GPL-2.0-or-later
// IPv6CP's negotiation, and what becomes of a link with two network protocols.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "ppp/entropy_use.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

// Our identifier: octets 48 to 55 of the entropy of the fifth call, in which the login is
// accepted, without the "u" and the "g" bit.
constexpr const char* kOurs = "010a 7071727374757677";

class Ipv6cpLink : public testing::Test {
 protected:
  explicit Ipv6cpLink(const LinkConfig& config = DualStack()) : link_(config) {
    started_ = link_.LogInWithPap(true);
  }
  TestLink link_;
  Texts started_;
};

TEST_F(Ipv6cpLink, BothNetworkProtocolsAreAskedForAtOnce) {
  ASSERT_EQ(started_.size(), 3U);
  EXPECT_EQ(started_[1], Sent(kIpcp, kConfReq, 1, "0306 0a090001"));
  EXPECT_EQ(started_[2], Sent(kIpv6cp, kConfReq, 1, kOurs));
}

struct OptionCase {
  const char* name;
  const char* request;
  uint8_t code;
  const char* answer;
};

class Ipv6cpOption : public testing::TestWithParam<OptionCase> {};

TEST_P(Ipv6cpOption, IsAnsweredWith) {
  const OptionCase& row = GetParam();
  TestLink link(DualStack());
  link.LogInWithPap(true);
  EXPECT_THAT(link.Receive(Wire(kIpv6cp, kConfReq, 5, row.request)),
              ElementsAre(Sent(kIpv6cp, row.code, 5, row.answer)));
}

// What we suggest: octets 56 to 63 of the entropy of the call that brings the request.
INSTANTIATE_TEST_SUITE_P(
    Table, Ipv6cpOption,
    testing::Values(
        OptionCase{"Good", "010a 0000000000000002", kConfAck, "010a 0000000000000002"},
        OptionCase{"Universal", "010a 020000fffe000001", kConfAck, "010a 020000fffe000001"},
        OptionCase{"Zero", "010a 0000000000000000", kConfNak, "010a 88898a8b8c8d8e8f"},
        OptionCase{"Ours", kOurs, kConfNak, "010a 88898a8b8c8d8e8f"},
        OptionCase{"None", "", kConfNak, "010a 88898a8b8c8d8e8f"},
        OptionCase{"TooShort", "0109 00000000000002", kConfNak, "010a 88898a8b8c8d8e8f"},
        OptionCase{"TooLong", "010b 000000000000000002", kConfNak, "010a 88898a8b8c8d8e8f"},
        OptionCase{"Empty", "0102", kConfNak, "010a 88898a8b8c8d8e8f"},
        OptionCase{"Compression", "010a 0000000000000002 0204 004f", kConfRej, "0204 004f"},
        OptionCase{"CompressionOnly", "0204 004f", kConfRej, "0204 004f"},
        OptionCase{"Unknown", "0304 abcd 010a 0000000000000002", kConfRej, "0304 abcd"},
        OptionCase{"Twice", "010a 0000000000000002 010a 0000000000000003", kConfRej,
                   "010a 0000000000000003"}),
    [](const auto& row) { return row.param.name; });

TEST_F(Ipv6cpLink, OptionLengthPastTheEndIsDropped) {
  EXPECT_THAT(link_.Receive(Wire(kIpv6cp, kConfReq, 5, "010b 0000000000000002")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kBadOption), 1U);
}

TEST_F(Ipv6cpLink, EachFamilyComesUpAndGoesDownForItself) {
  EXPECT_THAT(link_.OpenIpcp(), ElementsAre(testing::_, "UP 10.9.0.2 mtu 1400"));
  EXPECT_THAT(link_.OpenIpv6cp(), ElementsAre(testing::_, "UP6 0000:0000:0000:0002 mtu 1400"));
  EXPECT_THAT(link_.Receive(Wire(kIpv6cp, kTermReq, 9)),
              ElementsAre("DOWN6", Sent(kIpv6cp, kTermAck, 9)));
  EXPECT_THAT(link_.Wait(seconds(3)), IsEmpty());
  EXPECT_EQ(link_.phase(), Phase::kNetwork) << "IPv4 lives";
  EXPECT_THAT(link_.Receive(Wire(kIpv6cp, kConfReq, 10, "010a 0000000000000002")),
              ElementsAre(Sent(kIpv6cp, kConfReq, 2, kOurs),
                          Sent(kIpv6cp, kConfAck, 10, "010a 0000000000000002")));
  EXPECT_THAT(link_.Receive(link_.Ack(kIpv6cp)), ElementsAre("UP6 0000:0000:0000:0002 mtu 1400"));
}

TEST_F(Ipv6cpLink, RenegotiationOfOneLeavesTheOtherAlone) {
  link_.OpenIpcp();
  link_.OpenIpv6cp();
  EXPECT_THAT(link_.Receive(Wire(kIpv6cp, kConfReq, 7, "010a 0000000000000003")),
              ElementsAre("DOWN6", Sent(kIpv6cp, kConfReq, 2, kOurs),
                          Sent(kIpv6cp, kConfAck, 7, "010a 0000000000000003")));
  EXPECT_THAT(link_.Receive(link_.Ack(kIpv6cp)), ElementsAre("UP6 0000:0000:0000:0003 mtu 1400"));
}

TEST_F(Ipv6cpLink, LcpRenegotiationTakesBothDown) {
  link_.OpenIpcp();
  link_.OpenIpv6cp();
  const auto texts = link_.Receive(Wire(kLcp, kConfReq, 7, ""));
  ASSERT_GE(texts.size(), 2U);
  EXPECT_EQ(texts[0], "DOWN");
  EXPECT_EQ(texts[1], "DOWN6");
}

TEST_F(Ipv6cpLink, ThePeersSuggestionIsTaken) {
  EXPECT_THAT(link_.Receive(Wire(kIpv6cp, kConfNak, 1, "010a 00000000000000aa")),
              ElementsAre(Sent(kIpv6cp, kConfReq, 2, "010a 00000000000000aa")));
}

TEST_F(Ipv6cpLink, ASuggestionThatCannotBeBringsAnotherOfOurs) {
  link_.Receive(Wire(kIpv6cp, kConfReq, 1, "010a 0000000000000002"));
  for (const char* suggested : {"010a 0000000000000000", "010a 0000000000000002"}) {
    const std::string before = link_.RequestOptions(kIpv6cp);
    link_.Receive(Wire(kIpv6cp, kConfNak, link_.RequestIdentifier(kIpv6cp), suggested));
    const std::string after = link_.RequestOptions(kIpv6cp);
    EXPECT_NE(after, before);
    EXPECT_NE(after, ToHex(Octets(suggested)));
  }
}

TEST_F(Ipv6cpLink, ARefusedIdentifierIsNotAskedForAgain) {
  EXPECT_THAT(link_.Receive(Wire(kIpv6cp, kConfRej, 1, kOurs)),
              ElementsAre(Sent(kIpv6cp, kConfReq, 2)));
  EXPECT_THAT(link_.Receive(Wire(kIpv6cp, kConfReq, 5, kOurs)),
              ElementsAre(testing::StartsWith("IPV6CP 3/5 ")))
      << "it is still ours";
}

TEST_F(Ipv6cpLink, AProtocolRejectLeavesIpv4) {
  link_.OpenIpcp();
  EXPECT_THAT(link_.Receive(Wire(kLcp, kProtRej, 3, "8057 0101 000e 010a 7071727374757677")),
              IsEmpty());
  EXPECT_THAT(link_.Wait(seconds(20)), IsEmpty()) << "no further request";
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

TEST_F(Ipv6cpLink, AProtocolRejectOfBothEndsTheLink) {
  link_.Receive(Wire(kLcp, kProtRej, 3, "8057 0101 0004"));
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  link_.Receive(Wire(kLcp, kProtRej, 4, "8021 0101 0004"));
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
}

TEST_F(Ipv6cpLink, APeerWithIpv6OnlyLives) {
  link_.Receive(Wire(kLcp, kProtRej, 3, "8021 0101 0004"));
  EXPECT_THAT(link_.OpenIpv6cp(), ElementsAre(testing::_, "UP6 0000:0000:0000:0002 mtu 1400"));
  link_.Wait(seconds(70));
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

TEST_F(Ipv6cpLink, APeerThatIsSilentAboutIpv6KeepsIpv4AndMayComeLater) {
  link_.OpenIpcp();
  link_.Wait(seconds(40));
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  link_.Receive(Wire(kIpv6cp, kConfReq, 1, "010a 0000000000000002"));
  EXPECT_THAT(link_.Receive(link_.Ack(kIpv6cp)), ElementsAre("UP6 0000:0000:0000:0002 mtu 1400"));
}

TEST_F(Ipv6cpLink, AStormOfRequestsCostsIpv6Only) {
  link_.OpenIpcp();
  link_.Receive(link_.Ack(kIpv6cp));
  for (int i = 0; i < 100; ++i) {
    link_.Receive(Wire(kIpv6cp, kConfReq, 5, "010a 0000000000000000"));
  }
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  EXPECT_THAT(link_.Receive(Wire(kIpv6cp, kConfReq, 5, "010a 0000000000000002")),
              ElementsAre(testing::StartsWith("LCP 8/")));
}

/// RFC 5072 §4.1: there is no default identifier. After five suggestions (Max-Failure) we give in,
/// but not to a peer without one.
TEST_F(Ipv6cpLink, APeerWithoutAnIdentifierCostsIpv6Only) {
  link_.OpenIpcp();
  link_.Receive(link_.Ack(kIpv6cp));
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(link_.Receive(Wire(kIpv6cp, kConfReq, 5)),
                ElementsAre(testing::StartsWith("IPV6CP 3/5 ")));
  }
  const auto texts = link_.Receive(Wire(kIpv6cp, kConfReq, 5));
  EXPECT_THAT(texts, testing::Not(testing::Contains(testing::StartsWith("UP6"))));
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  EXPECT_THAT(link_.Receive(Wire(kIpv6cp, kConfReq, 6, "010a 0000000000000002")),
              ElementsAre(testing::StartsWith("LCP 8/")));
}

TEST_F(Ipv6cpLink, UnknownCodeGetsCodeReject) {
  EXPECT_THAT(link_.Receive(Wire(kIpv6cp, 8, 4, "8057")),
              ElementsAre(Sent(kIpv6cp, kCodeRej, 2, "0804 0006 8057")));
}

TEST(Ipv6cp, RequiredIpv6ThatIsRefusedEndsTheLink) {
  TestLink link(DualStack(NetworkUse::kAllow, NetworkUse::kRequire));
  link.LogInWithPap(true);
  link.OpenIpcp();
  link.Receive(Wire(kLcp, kProtRej, 3, "8057 0101 0004"));
  EXPECT_EQ(link.phase(), Phase::kTerminate);
}

TEST(Ipv6cp, RequiredIpv6ThatIsNotThereEndsTheLinkInTime) {
  TestLink link(DualStack(NetworkUse::kAllow, NetworkUse::kRequire));
  link.LogInWithPap(true);
  link.OpenIpcp();
  link.Wait(seconds(70));
  EXPECT_EQ(link.phase(), Phase::kDead);
}

TEST(Ipv6cp, RefusedIsAnsweredWithProtocolReject) {
  TestLink link(DualStack(NetworkUse::kRequire, NetworkUse::kRefuse));
  EXPECT_EQ(link.LogInWithPap(true).size(), 2U) << "PAP's Ack and IPCP's request";
  const auto request = Wire(kIpv6cp, kConfReq, 1, "010a 0000000000000002");
  EXPECT_THAT(link.Receive(request), ElementsAre(Sent(kLcp, kProtRej, 2, ToHex(request))));
  EXPECT_THAT(link.OpenIpcp(), ElementsAre(testing::_, "UP 10.9.0.2 mtu 1400"));
}

TEST(Ipv6cp, WithoutAPrefixItIsAnsweredWithProtocolReject) {
  TestLink link(DualStack());
  link.LogInWithPap(false);
  EXPECT_THAT(link.Receive(Wire(kIpv6cp, kConfReq, 1, "010a 0000000000000002")),
              ElementsAre(testing::StartsWith("LCP 8/")));
}

TEST(Ipv6cp, WithoutAnIpv4AddressIpv6IsEnough) {
  TestLink link(DualStack());
  link.OpenLcp();
  link.Receive(Wire(kPap, kPapRequest, 1, "00 00"));
  const auto texts =
      link.Handle(AuthAccepted{.network = {}, .ipv6 = true, .authenticator_response = {}});
  EXPECT_THAT(texts, ElementsAre(testing::_, testing::StartsWith("IPV6CP 1/1 ")));
}

TEST(Ipv6cp, APeerThatTakesLessThan1280OctetsHasNoIpv6) {
  TestLink link(DualStack());
  link.OpenLcp("0104 04ff");
  link.Receive(Wire(kPap, kPapRequest, 1, "00 00"));
  EXPECT_EQ(link.Handle(AuthAccepted{
                            .network = TestNetwork(), .ipv6 = true, .authenticator_response = {}})
                .size(),
            2U)
      << "PAP's Ack and IPCP's request";
}

TEST(Ipv6cp, BeforeTheLoginItIsDropped) {
  TestLink link(DualStack());
  link.OpenLcp();
  EXPECT_THAT(link.Receive(Wire(kIpv6cp, kConfReq, 1, "010a 0000000000000002")), IsEmpty());
  EXPECT_EQ(link.Drops(DropReason::kLayerNotOpen), 1U);
}

TEST(Ipv6cp, PacketsBelongToTheKernel) {
  TestLink link(DualStack());
  link.LogInWithPap(true);
  link.OpenIpv6cp();
  EXPECT_THAT(link.Receive(Octets("0057 6000000000000000")), IsEmpty());
  EXPECT_EQ(link.Drops(DropReason::kNetworkData), 1U);
}

TEST(Ipv6cp, AClientOpensItWithoutAGrant) {
  LinkConfig config = ClientConfig({AuthMethod::kPap});
  config.ipv6 = NetworkUse::kAllow;
  TestLink link(config);
  link.OpenLcp("0304 c023");
  const auto texts = link.Receive(Wire(kPap, kPapAck, 0x34, "00"));
  EXPECT_THAT(
      texts, ElementsAre(testing::StartsWith("IPCP 1/1 "), testing::StartsWith("IPV6CP 1/1 010a")));
  EXPECT_THAT(link.OpenIpv6cp(), ElementsAre(testing::_, "UP6 0000:0000:0000:0002 mtu 1400"));
}

TEST(InterfaceIdentifiers, AreNeverZeroNorTheSameNorUniversal) {
  for (const int octet : {0x00, 0x01, 0x02, 0x03, 0xFD, 0xFF}) {
    Entropy entropy{};
    entropy.fill(static_cast<uint8_t>(octet));
    const auto [first, second] = InterfaceIdentifiersFrom(entropy);
    EXPECT_NE(first, 0U);
    EXPECT_NE(second, 0U);
    EXPECT_NE(first, second);
    EXPECT_EQ((first | second) >> 56 & 3, 0U);
  }
}

}  // namespace
}  // namespace sallyport::ppp
