// SPDX-License-Identifier: GPL-2.0-or-later
// IPCP's negotiation in the client's role, on a link whose server demands no login.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::string_view kServerAddress = "0306 0a090001";

LinkConfig Wishes(IpAddress address, bool ask_dns) {
  auto config = ClientConfig({});
  config.client->address = address;
  config.client->ask_dns = ask_dns;
  return config;
}

/// A link in the network phase, and its IPCP request as the server sees it.
class ClientIpcp : public testing::Test {
 protected:
  explicit ClientIpcp(const LinkConfig& config = Wishes({}, true)) : link_(config) {
    link_.OpenLcp();
  }
  Texts Answer(uint8_t code, std::string_view options) {
    return link_.Receive(Wire(kIpcp, code, link_.RequestIdentifier(kIpcp), options));
  }
  TestLink link_;
};

TEST_F(ClientIpcp, AsksForAnAddressAndNameServers) {
  EXPECT_EQ(link_.RequestOptions(kIpcp),
            "030600000000"    // IP-Address
            "810600000000"    // Primary DNS
            "830600000000");  // Secondary DNS
}

TEST_F(ClientIpcp, TakesWhatTheServerGives) {
  const std::string given = "0306 0a090002 8106 0a090035 8306 0a090036";
  EXPECT_THAT(Answer(kConfNak, given), ElementsAre(Sent(kIpcp, kConfReq, 2, given)));
  EXPECT_THAT(Answer(kConfAck, given), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, 9, kServerAddress)),
              ElementsAre(Sent(kIpcp, kConfAck, 9, kServerAddress), "UP 10.9.0.1 mtu 1400"));
  EXPECT_EQ(link_.network_up()->network,
            (NetworkParameters{.local = IpAddress::V4(0x0A090002),
                               .peer = IpAddress::V4(0x0A090001),
                               .dns = {IpAddress::V4(0x0A090035), IpAddress::V4(0x0A090036)},
                               .wins = {}}));
}

TEST_F(ClientIpcp, DropsWhatTheServerRejects) {
  EXPECT_THAT(Answer(kConfRej, "8106 00000000 8306 00000000"),
              ElementsAre(Sent(kIpcp, kConfReq, 2, "0306 00000000")));
  link_.OpenIpcpAsClient();
  ASSERT_TRUE(link_.network_up().has_value());
  EXPECT_FALSE(link_.network_up()->network.dns[0]);
  EXPECT_FALSE(link_.network_up()->network.dns[1]);
}

TEST_F(ClientIpcp, OneNameServerIsEnough) {
  Answer(kConfRej, "8306 00000000");
  EXPECT_THAT(Answer(kConfNak, "0306 0a090002 8106 0a090035"),
              ElementsAre(Sent(kIpcp, kConfReq, 3, "0306 0a090002 8106 0a090035")));
  Answer(kConfAck, link_.RequestOptions(kIpcp));
  link_.Receive(Wire(kIpcp, kConfReq, 1));
  EXPECT_EQ(link_.network_up()->network.dns[0], IpAddress::V4(0x0A090035));
  EXPECT_FALSE(link_.network_up()->network.dns[1]);
}

TEST_F(ClientIpcp, NameServerNakedWithZeroIsNotAskedForAgain) {
  EXPECT_THAT(Answer(kConfNak, "0306 0a090002 8106 0a090035 8306 00000000"),
              ElementsAre(Sent(kIpcp, kConfReq, 2, "0306 0a090002 8106 0a090035")));
}

TEST_F(ClientIpcp, NameServerRejectedAfterANakIsForgotten) {
  Answer(kConfNak, "0306 0a090002 8106 0a090035");
  Answer(kConfRej, "8106 0a090035 8306 00000000");
  Answer(kConfAck, link_.RequestOptions(kIpcp));
  link_.Receive(Wire(kIpcp, kConfReq, 1));
  EXPECT_FALSE(link_.network_up()->network.dns[0]);
}

TEST_F(ClientIpcp, AcknowledgedZeroIsNoNameServer) {
  Answer(kConfNak, "0306 0a090002");
  Answer(kConfAck, link_.RequestOptions(kIpcp));
  link_.Receive(Wire(kIpcp, kConfReq, 1));
  EXPECT_FALSE(link_.network_up()->network.dns[0]);
}

TEST_F(ClientIpcp, UnaskedAndMalformedSuggestionsAreIgnored) {
  EXPECT_THAT(Answer(kConfNak, "8206 0a090037 0206 002d0f01 0305 0a0900 8108 0a0900350000"),
              ElementsAre(Sent(kIpcp, kConfReq, 2, "0306 00000000 8106 00000000 8306 00000000")));
}

TEST_F(ClientIpcp, AcknowledgedZeroEndsTheLink) {
  Answer(kConfAck, link_.RequestOptions(kIpcp));
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, 1, kServerAddress)),
              ElementsAre(Sent(kIpcp, kConfAck, 1, kServerAddress),
                          Sent(kLcp, kTermReq, 2, Hex("the server gives us no address"))));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END network_refused"));
}

TEST_F(ClientIpcp, RejectedAddressEndsTheLink) {
  Answer(kConfRej, "0306 00000000");
  Answer(kConfAck, link_.RequestOptions(kIpcp));
  link_.Receive(Wire(kIpcp, kConfReq, 1));
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
}

TEST_F(ClientIpcp, EndlessNaksEndTheLink) {
  for (unsigned i = 0; i < 100 && link_.phase() == Phase::kNetwork; ++i) {
    Answer(kConfNak, i % 2 == 0 ? "0306 0a090002" : "0306 0a090003");
  }
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
  link_.Wait(seconds(6));
  EXPECT_EQ(link_.detail(), "too many requests");
}

TEST_F(ClientIpcp, NakedZeroAddressIsAskedForAgain) {
  EXPECT_THAT(Answer(kConfNak, "0306 00000000"),
              ElementsAre(Sent(kIpcp, kConfReq, 2, "0306 00000000 8106 00000000 8306 00000000")));
}

struct OptionCase {
  const char* name;
  const char* request;
  uint8_t code;
  const char* answer;
};

class ServersOption : public testing::TestWithParam<OptionCase> {};

TEST_P(ServersOption, IsAnswered) {
  TestLink link(Wishes({}, true));
  link.OpenLcp();
  EXPECT_THAT(link.Receive(Wire(kIpcp, kConfReq, 0x42, GetParam().request)),
              ElementsAre(Sent(kIpcp, GetParam().code, 0x42, GetParam().answer)));
}

INSTANTIATE_TEST_SUITE_P(
    All, ServersOption,
    testing::Values(OptionCase{"Address", "0306 0a090001", kConfAck, "0306 0a090001"},
                    OptionCase{"NoAddress", "", kConfAck, ""},
                    OptionCase{"WantsAnAddress", "0306 00000000", kConfRej, "0306 00000000"},
                    OptionCase{"BadLength", "0305 0a0900", kConfRej, "0305 0a0900"},
                    OptionCase{"WantsDns", "0306 0a090001 8106 00000000", kConfRej,
                               "8106 00000000"},
                    OptionCase{"VanJacobson", "0206 002d 0f01", kConfRej, "0206 002d 0f01"},
                    OptionCase{"Twice", "0306 0a090001 0306 0a090001", kConfRej, "0306 0a090001"}),
    [](const auto& test) { return test.param.name; });

class ClientIpcpWithAddress : public ClientIpcp {
 protected:
  ClientIpcpWithAddress() : ClientIpcp(Wishes(IpAddress::V4(0x0A090063), false)) {}
};

TEST_F(ClientIpcpWithAddress, AsksForItAndNothingElse) {
  EXPECT_EQ(link_.RequestOptions(kIpcp), "03060a090063");
  link_.OpenIpcp();
  EXPECT_EQ(link_.network_up()->network.local, IpAddress::V4(0x0A090063));
}

TEST_F(ClientIpcpWithAddress, TakesAnotherFromTheServer) {
  EXPECT_THAT(Answer(kConfNak, "0306 0a090002"),
              ElementsAre(Sent(kIpcp, kConfReq, 2, "0306 0a090002")));
}

TEST_F(ClientIpcpWithAddress, KeepsItIfTheServerRejectsTheOption) {
  EXPECT_THAT(Answer(kConfRej, "0306 0a090063"), ElementsAre(Sent(kIpcp, kConfReq, 2)));
  Answer(kConfAck, "");
  link_.Receive(Wire(kIpcp, kConfReq, 1, kServerAddress));
  EXPECT_EQ(link_.network_up()->network.local, IpAddress::V4(0x0A090063));
}

TEST_F(ClientIpcp, RenegotiationOfLcpAsksAnew) {
  link_.Receive(Wire(kIpcp, kConfRej, link_.RequestIdentifier(kIpcp), "8306 00000000"));
  link_.OpenIpcpAsClient();
  const auto texts = link_.Receive(Wire(kLcp, kConfReq, 7));
  ASSERT_FALSE(texts.empty());
  EXPECT_EQ(texts[0], "DOWN");
  EXPECT_THAT(link_.Receive(link_.Ack(kLcp)),
              ElementsAre("ESTABLISHED none 1500", StartsWith("IPCP 1/")));
  EXPECT_EQ(link_.RequestOptions(kIpcp), "030600000000810600000000830600000000");
}

TEST_F(ClientIpcp, OtherNetworkProtocolsAreRefused) {
  const auto ipv6cp = Wire(0x8057, kConfReq, 5, "010a 7c1f0b5d2d3a9c11");
  EXPECT_THAT(link_.Receive(ipv6cp), ElementsAre(StartsWith("LCP 8/")));
}

TEST_F(ClientIpcp, EchoesAreSentAndTheirLossEndsTheLink) {
  link_.OpenIpcpAsClient();
  EXPECT_THAT(link_.Wait(seconds(30)), ElementsAre(StartsWith("LCP 9/")));
  link_.Wait(seconds(200));
  EXPECT_EQ(link_.phase(), Phase::kDead);
}

}  // namespace
}  // namespace sallyport::ppp
