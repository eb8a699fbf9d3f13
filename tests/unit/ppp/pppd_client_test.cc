// SPDX-License-Identifier: GPL-2.0-or-later
// pppd as a client, with each method of authentication.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "base/text.h"
#include "crypto/chap.h"
#include "crypto/mschapv2.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

constexpr uint16_t kCcp = 0x80FD;
constexpr std::string_view kPassword = "clientPass";

/// The 16 octets of the challenge that the link sent last.
std::vector<uint8_t> LastChallenge(const TestLink& link) {
  const auto& frame = link.frames().back();
  return {frame.begin() + 7, frame.begin() + 23};
}

/// A client's MS-CHAPv2 Response to that challenge (RFC 2759 §4).
std::vector<uint8_t> MsChapV2Response(const TestLink& link, std::string_view name) {
  const uint8_t identifier = link.frames().back()[3];
  const auto challenge = LastChallenge(link);
  const std::array<uint8_t, 16> peer_challenge{0x21, 0x40, 0x23, 0x24, 0x25, 0x5E, 0x26, 0x2A,
                                               0x28, 0x29, 0x5F, 0x2B, 0x3A, 0x33, 0x7C, 0x7E};
  const auto response = crypto::GenerateNtResponse(std::span(challenge).first<16>(), peer_challenge,
                                                   crypto::UserWithoutDomain(name),
                                                   crypto::NtPasswordHash(kPassword));
  return Wire(
      kChap, kResponse, identifier,
      "31" + ToHex(peer_challenge) + std::string(16, '0') + ToHex(response) + "00" + Hex(name));
}

LinkConfig DefaultConfig() { return ConfigWith(AuthMethod::kMsChapV2); }

/// pppd as a client: its LCP and IPCP around the authentication `log_in`.
class PppdClient : public testing::TestWithParam<AuthMethod> {};

TEST_P(PppdClient, LogsIn) {
  LinkConfig config = ConfigWith(GetParam());
  TestLink link(config);
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 1,
                                "0104 0582 0206 00000000 0506 5e6f7081 0702 "
                                "0802")),
              ElementsAre(Sent(kLcp, kConfRej, 1, "0702 0802")));
  link.Receive(link.Ack(kLcp));
  link.Receive(Wire(kLcp, kConfReq, 2, "0104 0582 0206 00000000 0506 5e6f7081"));
  ASSERT_EQ(link.phase(), Phase::kAuthenticate);
  switch (GetParam()) {
    case AuthMethod::kPap:
      link.Receive(Wire(kPap, kPapRequest, 1, "04" + Hex("User") + "0a" + Hex(kPassword)));
      break;
    case AuthMethod::kChapMd5: {
      const uint8_t identifier = link.frames().back()[3];
      const auto password = Octets(Hex(kPassword));
      const auto value = crypto::ChapMd5Response(identifier, password, LastChallenge(link));
      link.Receive(Wire(kChap, kResponse, identifier, "10" + ToHex(value) + Hex("User")));
      break;
    }
    case AuthMethod::kMsChapV2:
      link.Receive(MsChapV2Response(link, "User"));
      break;
    case AuthMethod::kEap:
      FAIL() << "eap_test has that";
  }
  ASSERT_TRUE(link.authenticate().has_value());
  EXPECT_EQ(link.authenticate()->user, "User");
  link.Handle(Decide(*link.authenticate(), kPassword));
  EXPECT_EQ(link.phase(), Phase::kNetwork);
  const auto ccp = Wire(kCcp, kConfReq, 1, "1a04 7800 1804 7800 1503 2f");
  EXPECT_THAT(link.Receive(ccp), ElementsAre(Sent(kLcp, kProtRej, 2, ToHex(ccp))));
  EXPECT_THAT(link.Receive(Wire(kIpcp, kConfReq, 1,
                                "0206 002d0f01 0306 00000000 8106 00000000 8306 00000000")),
              ElementsAre(Sent(kIpcp, kConfRej, 1, "0206 002d0f01")));
  EXPECT_THAT(link.Receive(Wire(kIpcp, kConfReq, 2, "0306 00000000 8106 00000000 8306 00000000")),
              ElementsAre(Sent(kIpcp, kConfNak, 2, "0306 0a090002 8106 0a090035 8306 0a090036")));
  link.Receive(link.Ack(kIpcp));
  const std::string granted = "0306 0a090002 8106 0a090035 8306 0a090036";
  EXPECT_THAT(link.Receive(Wire(kIpcp, kConfReq, 3, granted)),
              ElementsAre(Sent(kIpcp, kConfAck, 3, granted), "UP 10.9.0.2 mtu 1400"));
}

INSTANTIATE_TEST_SUITE_P(Methods, PppdClient,
                         testing::Values(AuthMethod::kPap, AuthMethod::kChapMd5,
                                         AuthMethod::kMsChapV2));

TEST(PppdWithRefuseMschapV2, IsOfferedTheNextMethod) {
  LinkConfig config = DefaultConfig();
  config.auth = {AuthMethod::kMsChapV2, AuthMethod::kChapMd5, AuthMethod::kPap};
  TestLink link(config);
  link.Start();
  link.Receive(Wire(kLcp, kConfReq, 1, "0206 00000000"));
  // pppd Naks with the best that it allows.
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfNak, 1, "0304 c023")),
              ElementsAre(Sent(kLcp, kConfReq, 2, "0104 0578 0304 c023 0506 10111213")));
  EXPECT_THAT(link.Receive(link.Ack(kLcp)), ElementsAre("ESTABLISHED pap 1500"));
}

TEST(PppdWithTheWrongPassword, IsToldSoAndClosed) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.OpenLcp();
  link.Receive(Wire(kPap, kPapRequest, 1, "04" + Hex("User") + "01 78"));
  EXPECT_THAT(link.Handle(Decide(*link.authenticate(), kPassword)),
              ElementsAre(Sent(kPap, kPapNak, 1, "00"), StartsWith("LCP 5/")));
  // pppd says good-bye by itself; the two Terminate-Requests cross.
  EXPECT_THAT(
      link.Receive(Wire(kLcp, kTermReq, 2, Hex("Failed to authenticate ourselves to peer"))),
      ElementsAre(Sent(kLcp, kTermAck, 2)));
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_failed"));
}

TEST(EapClient, ThatSpeaksUnaskedIsIgnored) {
  TestLink link(DefaultConfig());
  link.OpenLcp();
  EXPECT_THAT(link.Receive(Wire(kEap, 3, 1)), IsEmpty()) << "a forged EAP-Success";
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
}

}  // namespace
}  // namespace sallyport::ppp
