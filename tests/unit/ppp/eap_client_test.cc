// SPDX-License-Identifier: GPL-2.0-or-later
// EAP in the client's role, on a link whose LCP is open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "base/text.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::string_view kWantsEap = "0304 c227";
const std::string kIdentity = "01", kNotification = "02", kNak = "03", kMd5 = "04", kGtc = "06",
                  kMsChap = "1a", kExpanded = "fe 000000 0000001a";
const std::string kOurAddressRequest = Sent(kIpcp, kConfReq, 1, "0306 00000000");

class EapClientLogin : public testing::Test {
 protected:
  explicit EapClientLogin(std::vector<EapType> methods = {EapType::kMsChapV2,
                                                          EapType::kMd5Challenge})
      : link_(Config(std::move(methods))) {
    opened_ = link_.OpenLcp(kWantsEap);
  }
  static LinkConfig Config(std::vector<EapType> methods) {
    LinkConfig config = ClientConfig({AuthMethod::kEap});
    config.eap_methods = std::move(methods);
    return config;
  }

  Texts Request(uint8_t identifier, const std::string& data) {
    return link_.Receive(Wire(kEap, kEapRequest, identifier, data));
  }
  Texts Success(uint8_t identifier) { return link_.Receive(Wire(kEap, kEapSuccess, identifier)); }
  Texts Failure(uint8_t identifier) { return link_.Receive(Wire(kEap, kEapFailure, identifier)); }
  static std::string Response(uint8_t identifier, const std::string& data) {
    return Sent(kEap, kEapResponse, identifier, data);
  }
  /// Why the link ended, once the server has acknowledged that.
  std::string End() {
    const auto texts = link_.Receive(Wire(kLcp, kTermAck, 2));
    return texts.empty() ? "" : texts.back();
  }

  TestLink link_;
  Texts opened_;
};

TEST_F(EapClientLogin, SaysWhoItIs) {
  EXPECT_THAT(opened_,
              ElementsAre(Sent(kLcp, kConfAck, 1, kWantsEap), "ESTABLISHED none own eap 1500"));
  const std::string identity = Response(9, kIdentity + Hex("User"));
  EXPECT_THAT(Request(9, kIdentity), ElementsAre(identity));
  EXPECT_THAT(Request(9, kIdentity), ElementsAre(identity)) << "a copy";
  EXPECT_THAT(Request(10, kIdentity + Hex("who?")),
              ElementsAre(Response(10, kIdentity + Hex("User"))));
}

TEST_F(EapClientLogin, NotificationsAreAcknowledged) {
  EXPECT_THAT(Request(1, kNotification + Hex("hello")), ElementsAre(Response(1, kNotification)));
}

TEST_F(EapClientLogin, OtherMethodsGetANakWithOurs) {
  for (const auto& type :
       {kGtc, std::string("0d20"), std::string("19"), kExpanded, std::string("ff")}) {
    TestLink link(Config({EapType::kMsChapV2, EapType::kMd5Challenge}));
    link.OpenLcp(kWantsEap);
    EXPECT_THAT(link.Receive(Wire(kEap, kEapRequest, 3, type)),
                ElementsAre(Response(3, kNak + "1a 04")))
        << type;
  }
  EXPECT_THAT(Request(3, kNak + "04"), IsEmpty()) << "only in Responses";
  EXPECT_EQ(link_.Drops(DropReason::kUnexpectedCode), 1U);
}

TEST_F(EapClientLogin, WithNothingToProposeTheNakHasAZero) {
  TestLink link(Config({EapType::kGenericTokenCard}));
  link.OpenLcp(kWantsEap);
  EXPECT_THAT(link.Receive(Wire(kEap, kEapRequest, 3, kMd5)),
              ElementsAre(Response(3, kNak + "00")));
}

TEST_F(EapClientLogin, FailureAfterANakTellsWhy) {
  Request(3, kGtc);
  EXPECT_THAT(Failure(3), ElementsAre(StartsWith("LCP 5/")));
  EXPECT_EQ(End(), "END authentication_failed");
  EXPECT_EQ(link_.detail(), "the server has no EAP method that we allow");
}

TEST_F(EapClientLogin, SuccessWithoutAMethodHasNoEffect) {
  EXPECT_THAT(Success(1), IsEmpty()) << "before anything was asked";
  Request(9, kIdentity);
  EXPECT_THAT(Success(9), IsEmpty());
  EXPECT_THAT(Success(10), IsEmpty());
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
  EXPECT_EQ(link_.Drops(DropReason::kWrongIdentifier), 1U);
  EXPECT_EQ(link_.Drops(DropReason::kUnexpectedCode), 2U);
}

TEST_F(EapClientLogin, ResponseOfTheServerHasNoEffect) {
  EXPECT_THAT(link_.Receive(Wire(kEap, kEapResponse, 1, kIdentity)), IsEmpty());
  EXPECT_THAT(Request(1, ""), IsEmpty()) << "no type";
  EXPECT_EQ(link_.Drops(DropReason::kUnexpectedCode), 1U);
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 1U);
}

TEST_F(EapClientLogin, SilenceEndsTheLink) {
  EXPECT_THAT(link_.Wait(seconds(29)), IsEmpty());
  link_.Wait(seconds(10));
  EXPECT_EQ(link_.detail(), "the server sends no challenge");
}

class EapMd5ClientLogin : public EapClientLogin {
 protected:
  EapMd5ClientLogin() { Request(0x50, kIdentity); }
  const std::string challenge_ = kMd5 + "10 000102030405060708090a0b0c0d0e0f" + Hex("server");
  // MD5(51 | "clientPass" | 00 .. 0f), computed with another implementation.
  const std::string response_ =
      Response(0x51, kMd5 + "10 55b8ea5caeda7325852a6fba22cfdd01" + Hex("User"));
};

TEST_F(EapMd5ClientLogin, AnswersTheChallengeAndIsAccepted) {
  EXPECT_THAT(Request(0x51, challenge_), ElementsAre(response_));
  EXPECT_THAT(Request(0x51, challenge_), ElementsAre(response_)) << "a copy";
  EXPECT_THAT(Success(0x50), IsEmpty()) << "to another Response";
  EXPECT_THAT(Success(0x51), ElementsAre(kOurAddressRequest));
  EXPECT_THAT(Success(0x51), IsEmpty());
  EXPECT_THAT(Failure(0x51), IsEmpty()) << "too late";
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

TEST_F(EapMd5ClientLogin, SuccessWithTheNextIdentifierIsTaken) {
  Request(0x51, challenge_);
  EXPECT_THAT(Success(0x52), ElementsAre(kOurAddressRequest));
}

TEST_F(EapMd5ClientLogin, FailureEndsTheLink) {
  Request(0x51, challenge_);
  EXPECT_THAT(Failure(0x51), ElementsAre(StartsWith("LCP 5/")));
  EXPECT_EQ(End(), "END authentication_failed");
}

TEST_F(EapMd5ClientLogin, LostSuccessIsMadeUpForByTheNetworkPhase) {
  Request(0x51, challenge_);
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, 1, "0306 0a090001")),
              ElementsAre(kOurAddressRequest, Sent(kIpcp, kConfAck, 1, "0306 0a090001")));
}

TEST_F(EapMd5ClientLogin, NetworkPhaseBeforeTheMethodIsThroughIsNotHeard) {
  EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, 1, "0306 0a090001")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kLayerNotOpen), 1U);
}

TEST_F(EapMd5ClientLogin, SilenceAfterTheResponseEndsTheLink) {
  Request(0x51, challenge_);
  EXPECT_THAT(link_.Wait(seconds(29)), IsEmpty()) << "EAP's client never repeats itself";
  link_.Wait(seconds(10));
  EXPECT_EQ(link_.detail(), "no answer to our login");
}

TEST_F(EapMd5ClientLogin, NothingElseIsAnsweredOnceTheMethodIsUnderWay) {
  Request(0x51, challenge_);
  EXPECT_THAT(Request(0x52, kIdentity), IsEmpty());
  EXPECT_THAT(Request(0x53, kGtc), IsEmpty());
  EXPECT_THAT(Request(0x54, kMsChap + "01"), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kWrongMethod), 3U);
  EXPECT_THAT(Request(0x55, kNotification), ElementsAre(Response(0x55, kNotification)));
}

TEST_F(EapMd5ClientLogin, MalformedChallengesCommitToNothing) {
  for (const auto* data : {"", "00", "10 00", "02 aa"}) {
    EXPECT_THAT(Request(0x51, kMd5 + data), IsEmpty()) << data;
  }
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 4U);
  EXPECT_THAT(Request(0x52, kGtc), ElementsAre(Response(0x52, kNak + "1a 04")));
}

TEST_F(EapMd5ClientLogin, ServerAsksAgainInTheNetworkPhase) {
  Request(0x51, challenge_);
  Success(0x51);
  link_.OpenIpcpAsClient();
  EXPECT_THAT(Request(0x60, kNotification), ElementsAre(Response(0x60, kNotification)));
  EXPECT_THAT(link_.Wait(seconds(60)), testing::Each(StartsWith("LCP 9/")))
      << "a notification starts no login";
  EXPECT_THAT(Request(0x61, kIdentity), ElementsAre(Response(0x61, kIdentity + Hex("User"))));
  EXPECT_THAT(Success(0x61), IsEmpty()) << "the new login has not been made";
  EXPECT_THAT(Request(0x62, challenge_), ElementsAre(StartsWith("EAP 2/98 0410")));
  EXPECT_THAT(Success(0x62), IsEmpty()) << "nothing changes";
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  EXPECT_THAT(Request(0x63, challenge_), ElementsAre(StartsWith("EAP 2/99 0410")));
  EXPECT_THAT(Failure(0x63), ElementsAre("DOWN", StartsWith("LCP 5/")));
}

/// The exchange of RFC 2759 §9.2.
class EapMsChapV2ClientLogin : public EapClientLogin {
 protected:
  EapMsChapV2ClientLogin() {
    Request(7, kIdentity);
    Entropy entropy{};
    std::ranges::copy(Octets(kPeerChallenge), entropy.begin());
    link_.SetEntropy(entropy);
    answered_ =
        Request(8, kMsChap + "01 08 001b 10 5b5d7c7d7b3f2f3e3c2c602132262628" + Hex("server"));
  }
  Texts Prove(uint8_t identifier, std::string_view text) {
    return Request(identifier, kMsChap + "03 08 0038" + Hex(text));
  }

  static constexpr std::string_view kPeerChallenge = "21402324255e262a28295f2b3a337c7e";
  static constexpr std::string_view kProof = "S=407A5589115FD0D6209F510FE9C04566932CDA56";
  Texts answered_;
};

TEST_F(EapMsChapV2ClientLogin, ResponseIsTheRfcs) {
  EXPECT_THAT(answered_,
              ElementsAre(Response(8, kMsChap +
                                          "02 08 003a"  // OpCode, MS-CHAPv2-ID, MS-Length
                                          "31" +
                                          std::string(kPeerChallenge) +
                                          "0000000000000000"
                                          "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
                                          "00" +
                                          Hex("User"))));
}

TEST_F(EapMsChapV2ClientLogin, ServerProvesItself) {
  EXPECT_THAT(Prove(9, std::string(kProof) + " M=Welcome"),
              ElementsAre(Response(9, kMsChap + "03")));
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
  EXPECT_THAT(Success(9), ElementsAre(kOurAddressRequest));
}

TEST_F(EapMsChapV2ClientLogin, SuccessBeforeTheProofHasNoEffect) {
  EXPECT_THAT(Success(8), IsEmpty());
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
}

TEST_F(EapMsChapV2ClientLogin, ServerThatDoesNotProveItselfEndsTheLink) {
  EXPECT_THAT(Prove(9, "S=507A5589115FD0D6209F510FE9C04566932CDA56"),
              ElementsAre(StartsWith("LCP 5/")));
  EXPECT_EQ(End(), "END server_unproven");
}

TEST_F(EapMsChapV2ClientLogin, SuccessMayBeLostOnceBothAreContent) {
  Prove(9, kProof);
  EXPECT_THAT(Failure(9), IsEmpty()) << "from somebody else";
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(kOurAddressRequest));
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

TEST_F(EapMsChapV2ClientLogin, RefusalIsAcknowledgedAndTold) {
  const std::string refused =
      kMsChap + "04 08 0030" + Hex("E=691 R=1 C=00112233445566778899AABBCCDDEEFF V=3 M=No");
  EXPECT_THAT(Request(9, refused), ElementsAre(Response(9, kMsChap + "04")));
  EXPECT_THAT(Prove(10, kProof), IsEmpty()) << "not after a refusal";
  EXPECT_THAT(Success(9), IsEmpty());
  EXPECT_THAT(Failure(9), ElementsAre(StartsWith("LCP 5/")));
  EXPECT_EQ(End(), "END authentication_failed");
  EXPECT_EQ(link_.detail(), "E=691 wrong user name or password: No");
}

TEST_F(EapMsChapV2ClientLogin, MalformedAndMisplacedMessagesAreDropped) {
  for (const auto* data : {"", "00", "02", "07", "01", "01 08 0018 0f", "01 08 0018 0f 00",
                           "01 08 0018 11 0000000000000000000000000000000000"}) {
    EXPECT_THAT(Request(9, kMsChap + data), IsEmpty()) << data;
  }
  EXPECT_EQ(link_.AllDrops(), 8U);
  TestLink fresh(Config({EapType::kMsChapV2}));
  fresh.OpenLcp(kWantsEap);
  for (const auto* code : {"03", "04"}) {
    EXPECT_THAT(fresh.Receive(Wire(kEap, kEapRequest, 9, kMsChap + code)), IsEmpty());
  }
}

}  // namespace
}  // namespace sallyport::ppp
