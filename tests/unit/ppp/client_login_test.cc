// SPDX-License-Identifier: GPL-2.0-or-later
// A link in the client's role up to the network phase: what it lets the server demand, and how it
// proves itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "base/text.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// Authentication-Protocol with PAP, CHAP with MD5, MS-CHAPv2 and EAP (RFC 1661 §6.2).
constexpr std::string_view kWantsPap = "0304 c023", kWantsMd5 = "0305 c22305",
                           kWantsMsChapV2 = "0305 c22381", kWantsEap = "0304 c227";
const std::string kOurAddressRequest = Sent(kIpcp, kConfReq, 1, "0306 00000000");

TEST(ClientLcp, AsksForNoProof) {
  TestLink link(ClientConfig({AuthMethod::kPap}));
  EXPECT_THAT(link.Start(), ElementsAre(Sent(kLcp, kConfReq, 1,
                                             "0104 0578"          // MRU 1400
                                             "0506 10111213")));  // Magic-Number
}

TEST(ClientLcp, GrantsTheServerAnAllowedMethod) {
  TestLink link(ClientConfig({AuthMethod::kMsChapV2, AuthMethod::kPap}));
  EXPECT_THAT(link.OpenLcp(kWantsPap),
              ElementsAre(Sent(kLcp, kConfAck, 1, kWantsPap), "ESTABLISHED none own pap 1500",
                          StartsWith("PAP 1/52 ")));
}

TEST(ClientLcp, ServerThatDemandsNothingGetsToTheNetworkPhase) {
  TestLink link(ClientConfig({AuthMethod::kMsChapV2}));
  EXPECT_THAT(link.OpenLcp(),
              ElementsAre(Sent(kLcp, kConfAck, 1), "ESTABLISHED none 1500", kOurAddressRequest));
  EXPECT_EQ(link.phase(), Phase::kNetwork);
}

TEST(ClientLcp, ProposesWhatItAllowsInTurnThenRejectsAndEnds) {
  TestLink link(ClientConfig({AuthMethod::kMsChapV2, AuthMethod::kChapMd5}));
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 1, kWantsEap)),
              ElementsAre(Sent(kLcp, kConfNak, 1, kWantsMsChapV2)));
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 2, kWantsPap)),
              ElementsAre(Sent(kLcp, kConfNak, 2, kWantsMd5)));
  EXPECT_THAT(
      link.Receive(Wire(kLcp, kConfReq, 3, kWantsPap)),
      ElementsAre(Sent(kLcp, kConfRej, 3, kWantsPap),
                  Sent(kLcp, kTermReq, 2, Hex("the server demands PAP, which we do not allow"))));
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END method_not_allowed"));
  EXPECT_EQ(link.detail(), "the server demands PAP, which we do not allow");
}

TEST(ClientLcp, TakesTheProposedMethodInTheEnd) {
  TestLink link(ClientConfig({AuthMethod::kMsChapV2, AuthMethod::kChapMd5}));
  link.Start();
  link.Receive(link.Ack(kLcp));
  link.Receive(Wire(kLcp, kConfReq, 1, kWantsPap));
  EXPECT_THAT(
      link.Receive(Wire(kLcp, kConfReq, 2, kWantsMd5)),
      ElementsAre(Sent(kLcp, kConfAck, 2, kWantsMd5), "ESTABLISHED none own chap-md5 1500"));
}

TEST(ClientLcp, OtherRejectedOptionsDoNotUseUpAProposal) {
  TestLink link(ClientConfig({AuthMethod::kMsChapV2}));
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 1, "0304 c023 0702")),
              ElementsAre(Sent(kLcp, kConfRej, 1, "0702")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 2, kWantsPap)),
              ElementsAre(Sent(kLcp, kConfNak, 2, kWantsMsChapV2)));
}

TEST(ClientLcp, WithoutALoginADemandEndsTheLink) {
  TestLink link(ClientConfig({}));
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 1, kWantsEap)),
              ElementsAre(Sent(kLcp, kConfRej, 1, kWantsEap), StartsWith("LCP 5/")));
  link.Wait(seconds(6));
  EXPECT_EQ(link.detail(), "the server demands EAP, we have no login");
}

TEST(ClientLcp, OddDemandsAreAnsweredByOurs) {
  for (const auto* demand : {"0302", "0303 c0", "0304 c223", "0305 c22380", "0306 c2230581"}) {
    TestLink link(ClientConfig({AuthMethod::kChapMd5}));
    link.Start();
    EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 1, demand)),
                ElementsAre(Sent(kLcp, kConfNak, 1, kWantsMd5)))
        << demand;
  }
}

TEST(ClientLcp, ServerThatHangsUpAtOnceEndsTheLink) {
  TestLink link(ClientConfig({AuthMethod::kPap}));
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermReq, 4, Hex("full"))),
              ElementsAre(Sent(kLcp, kTermAck, 4), "END peer_terminated"));
  EXPECT_EQ(link.detail(), "full");
}

TEST(ClientLcp, ServerThatHangsUpOverItsDemandEndsTheLinkWithThatReason) {
  TestLink link(ClientConfig({AuthMethod::kMsChapV2}));
  link.Start();
  link.Receive(Wire(kLcp, kConfReq, 1, kWantsPap));
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermReq, 4)),
              ElementsAre(Sent(kLcp, kTermAck, 4), "END method_not_allowed"));
}

TEST(ServerLcp, StillRejectsADemandAndGoesOn) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 1, kWantsPap)),
              ElementsAre(Sent(kLcp, kConfRej, 1, kWantsPap)));
}

/// Of the first request: of the entropy of the call in which LCP opens.
constexpr uint8_t kFirst = 0x34;

class PapClientLogin : public testing::Test {
 protected:
  PapClientLogin() : link_(ClientConfig({AuthMethod::kPap})) { opened_ = link_.OpenLcp(kWantsPap); }
  static std::string Request(uint8_t identifier) {
    return Sent(kPap, kPapRequest, identifier,
                "04" + Hex("User")                // Peer-ID
                    + "0a" + Hex("clientPass"));  // Password
  }
  TestLink link_;
  Texts opened_;
};

TEST_F(PapClientLogin, RequestGoesOutWhenLcpOpens) {
  ASSERT_EQ(opened_.size(), 3U);
  EXPECT_EQ(opened_[2], Request(kFirst));
}

TEST_F(PapClientLogin, AckLeadsToTheNetworkPhase) {
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapAck, kFirst, "05" + Hex("hello"))),
              ElementsAre(kOurAddressRequest));
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapAck, kFirst, "00")), IsEmpty()) << "a copy";
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapNak, kFirst, "00")), IsEmpty()) << "too late";
  EXPECT_EQ(link_.Drops(DropReason::kWrongIdentifier), 2U);
}

TEST_F(PapClientLogin, AckWithoutAMessageIsGood) {
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapAck, kFirst)), ElementsAre(kOurAddressRequest));
}

TEST_F(PapClientLogin, NakEndsTheLinkWithItsMessage) {
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapNak, kFirst, "06" + Hex("go\naway").substr(0, 12))),
              ElementsAre(StartsWith("LCP 5/")));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_failed"));
  EXPECT_EQ(link_.detail(), "go\\x0aawa");
}

TEST_F(PapClientLogin, RequestIsRepeatedWithANewIdentifierThenTheLinkEnds) {
  for (uint8_t i = 1; i < 10; ++i) {
    EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(Request(kFirst + i)));
  }
  EXPECT_THAT(link_.Wait(seconds(3)),
              ElementsAre(StartsWith("LCP 9/"), HasSubstr(Hex("no answer to our login"))));
  link_.Wait(seconds(6));
  EXPECT_EQ(link_.detail(), "no answer to our login");
}

TEST_F(PapClientLogin, AnswerToAnEarlierCopyCounts) {
  link_.Wait(seconds(6));
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapAck, kFirst + 3, "00")), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapAck, kFirst - 1, "00")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kWrongIdentifier), 2U);
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapAck, kFirst, "00")), ElementsAre(kOurAddressRequest));
}

TEST_F(PapClientLogin, TruncatedMessagesAreDropped) {
  const auto data = Octets("05" + Hex("hello"));
  for (size_t n = 1; n < data.size(); ++n) {
    for (const uint8_t code : {kPapAck, kPapNak}) {
      EXPECT_THAT(link_.Receive(Wire(kPap, code, kFirst, ToHex(std::span(data).first(n)))),
                  IsEmpty());
    }
  }
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 2 * (data.size() - 1));
}

TEST_F(PapClientLogin, RequestOfTheServerHasNoEffect) {
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapRequest, 1, "00 00")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kUnexpectedCode), 1U);
  EXPECT_THAT(link_.Receive(Wire(kChap, kSuccess, 1)), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kWrongMethod), 1U);
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
}

TEST_F(PapClientLogin, HangUpInPlaceOfTheNakIsARefusal) {
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermReq, 7, Hex("bad login"))),
              ElementsAre(Sent(kLcp, kTermAck, 7), "END authentication_failed"));
  EXPECT_EQ(link_.detail(), "bad login");
}

TEST_F(PapClientLogin, ProtocolRejectEndsTheLink) {
  EXPECT_THAT(link_.Receive(Wire(kLcp, kProtRej, 7, "c023")), ElementsAre(StartsWith("LCP 5/")));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_refused"));
}

TEST_F(PapClientLogin, AnswerToTheLoginBeforeThatIsLateHasNoEffect) {
  link_.Receive(Wire(kPap, kPapAck, kFirst, "00"));
  link_.Receive(Wire(kLcp, kConfReq, 9, kWantsPap));
  const auto again = link_.Receive(link_.Ack(kLcp));
  ASSERT_EQ(link_.phase(), Phase::kAuthenticate);
  EXPECT_THAT(again.back(), StartsWith("PAP 1/"));
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapAck, kFirst, "00")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kWrongIdentifier), 1U);
}

TEST(PapClientNames, AreCutToTheirLengthOctet) {
  auto config = ClientConfig({AuthMethod::kPap});
  config.client->user = std::string(300, 'u');
  config.client->password = Secret(std::string(300, 'p'));
  TestLink link(config);
  const auto opened = link.OpenLcp(kWantsPap);
  ASSERT_EQ(opened.size(), 3U);
  EXPECT_EQ(opened[2], Sent(kPap, kPapRequest, kFirst,
                            "ff" + Hex(std::string(255, 'u')) + "ff" + Hex(std::string(255, 'p'))));
}

class ChapMd5ClientLogin : public testing::Test {
 protected:
  ChapMd5ClientLogin() : link_(ClientConfig({AuthMethod::kChapMd5})) {
    opened_ = link_.OpenLcp(kWantsMd5);
  }
  TestLink link_;
  Texts opened_;
  const std::vector<uint8_t> challenge_ =
      Wire(kChap, kChallenge, 0x51, "10 000102030405060708090a0b0c0d0e0f" + Hex("server"));
  // MD5(51 | "clientPass" | 00 .. 0f), computed with another implementation.
  const std::string response_ =
      Sent(kChap, kResponse, 0x51, "10 55b8ea5caeda7325852a6fba22cfdd01" + Hex("User"));
};

TEST_F(ChapMd5ClientLogin, WaitsForTheChallengeAndAnswersIt) {
  EXPECT_THAT(opened_, ElementsAre(Sent(kLcp, kConfAck, 1, kWantsMd5),
                                   "ESTABLISHED none own chap-md5 1500"));
  EXPECT_THAT(link_.Receive(challenge_), ElementsAre(response_));
  EXPECT_THAT(link_.Receive(Wire(kChap, kSuccess, 0x51)), ElementsAre(kOurAddressRequest));
}

TEST_F(ChapMd5ClientLogin, CopiesGetTheSameResponse) {
  link_.Receive(challenge_);
  EXPECT_THAT(link_.Receive(challenge_), ElementsAre(response_));
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(response_)) << "our response may be lost";
  link_.Receive(Wire(kChap, kSuccess, 0x51));
  EXPECT_THAT(link_.Receive(challenge_), ElementsAre(response_)) << "a late copy";
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

TEST_F(ChapMd5ClientLogin, OneOctetIsAChallengeNoneIsNot) {
  EXPECT_THAT(link_.Receive(Wire(kChap, kChallenge, 1, "00" + Hex("server"))), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kChap, kChallenge, 1)), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kChap, kChallenge, 1, "02 aa")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 3U);
  EXPECT_THAT(link_.Receive(Wire(kChap, kChallenge, 1, "01 aa")),
              ElementsAre(StartsWith("CHAP 2/1 10")));
}

TEST_F(ChapMd5ClientLogin, VerdictsOnOtherResponsesAreDropped) {
  EXPECT_THAT(link_.Receive(Wire(kChap, kSuccess, 0x51)), IsEmpty()) << "before any challenge";
  link_.Receive(challenge_);
  EXPECT_THAT(link_.Receive(Wire(kChap, kSuccess, 0x50)), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kChap, kFailure, 0x52)), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kWrongIdentifier), 3U);
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
}

TEST_F(ChapMd5ClientLogin, FailureEndsTheLinkWithItsMessage) {
  link_.Receive(challenge_);
  link_.Receive(Wire(kChap, kFailure, 0x51, Hex("no such user")));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_failed"));
  EXPECT_EQ(link_.detail(), "no such user");
}

TEST_F(ChapMd5ClientLogin, SilenceBeforeTheChallengeEndsTheLink) {
  EXPECT_THAT(link_.Wait(seconds(29)), IsEmpty());
  link_.Wait(seconds(10));
  EXPECT_EQ(link_.detail(), "the server sends no challenge");
}

TEST_F(ChapMd5ClientLogin, SilenceAfterTheResponseEndsTheLink) {
  link_.Receive(challenge_);
  for (int i = 0; i < 9; ++i) EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(response_));
  link_.Wait(seconds(9));
  EXPECT_EQ(link_.detail(), "no answer to our login");
}

TEST_F(ChapMd5ClientLogin, ServerAsksAgainInTheNetworkPhase) {
  link_.Receive(challenge_);
  link_.Receive(Wire(kChap, kSuccess, 0x51));
  link_.OpenIpcpAsClient();
  ASSERT_EQ(link_.phase(), Phase::kNetwork);
  EXPECT_THAT(link_.Receive(Wire(kChap, kChallenge, 0x52, "02 beef")),
              ElementsAre(StartsWith("CHAP 2/82 10")));
  EXPECT_THAT(link_.Receive(Wire(kChap, kSuccess, 0x52)), IsEmpty());
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  link_.Receive(Wire(kChap, kChallenge, 0x53, "02 dead"));
  EXPECT_THAT(link_.Receive(Wire(kChap, kFailure, 0x53)),
              ElementsAre("DOWN", StartsWith("LCP 5/")));
}

TEST_F(ChapMd5ClientLogin, ResponseOfTheServerHasNoEffect) {
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 1, "01 00")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kUnexpectedCode), 1U);
}

TEST_F(ChapMd5ClientLogin, RenegotiationOfLcpTakesTheLoginAnew) {
  link_.Receive(challenge_);
  link_.Receive(Wire(kChap, kSuccess, 0x51));
  link_.Receive(Wire(kLcp, kConfReq, 9, kWantsMd5));
  EXPECT_EQ(link_.phase(), Phase::kEstablish);
  link_.Receive(link_.Ack(kLcp));
  EXPECT_THAT(link_.Receive(challenge_), ElementsAre(response_));
}

/// The exchange of RFC 2759 §9.2.
class MsChapV2ClientLogin : public testing::Test {
 protected:
  MsChapV2ClientLogin() : link_(ClientConfig({AuthMethod::kMsChapV2})) {
    link_.OpenLcp(kWantsMsChapV2);
    Entropy entropy{};
    std::ranges::copy(Octets(kPeerChallenge), entropy.begin());
    link_.SetEntropy(entropy);
    answered_ = link_.Receive(challenge_);
  }

  static constexpr std::string_view kPeerChallenge = "21402324255e262a28295f2b3a337c7e";
  static constexpr std::string_view kProof = "S=407A5589115FD0D6209F510FE9C04566932CDA56";

  TestLink link_;
  Texts answered_;
  const std::vector<uint8_t> challenge_ =
      Wire(kChap, kChallenge, 7, "10 5b5d7c7d7b3f2f3e3c2c602132262628" + Hex("server"));
};

TEST_F(MsChapV2ClientLogin, ResponseIsTheRfcs) {
  EXPECT_THAT(answered_, ElementsAre(Sent(
                             kChap, kResponse, 7,
                             "31" + std::string(kPeerChallenge) +  // Value-Size, Peer-Challenge
                                 "0000000000000000"                // Reserved
                                 "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"  // NT-Response
                                 "00" +                                              // Flags
                                 Hex("User"))));
  EXPECT_THAT(link_.Receive(challenge_), ElementsAre(answered_[0]))
      << "the same peer challenge, so that either Success is good";
}

TEST_F(MsChapV2ClientLogin, ServerProvesItself) {
  EXPECT_THAT(link_.Receive(Wire(kChap, kSuccess, 7, Hex(kProof) + Hex(" M=Welcome"))),
              ElementsAre(kOurAddressRequest));
}

TEST_F(MsChapV2ClientLogin, ProofAloneIsEnough) {
  EXPECT_THAT(link_.Receive(Wire(kChap, kSuccess, 7, Hex(kProof))),
              ElementsAre(kOurAddressRequest));
}

TEST_F(MsChapV2ClientLogin, ServerThatDoesNotProveItselfEndsTheLink) {
  const std::string good(kProof);
  std::vector<std::string> bad{"",
                               "S=",
                               "M=Welcome",
                               " " + good,
                               "s=" + good.substr(2),
                               good.substr(2),
                               "S=" + std::string(40, '0'),
                               "S=" + std::string(40, 'G'),
                               good.substr(0, 41) + "7"};
  for (size_t n = 0; n < good.size(); ++n) bad.push_back(good.substr(0, n));
  for (const auto& message : bad) {
    TestLink link(ClientConfig({AuthMethod::kMsChapV2}));
    link.OpenLcp(kWantsMsChapV2);
    Entropy entropy{};
    std::ranges::copy(Octets(kPeerChallenge), entropy.begin());
    link.SetEntropy(entropy);
    link.Receive(challenge_);
    EXPECT_THAT(link.Receive(Wire(kChap, kSuccess, 7, Hex(message))),
                ElementsAre(Sent(kLcp, kTermReq, 2, Hex("the server did not prove itself"))))
        << message;
    EXPECT_THAT(link.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END server_unproven"));
  }
}

TEST_F(MsChapV2ClientLogin, OtherChallengeSizesAreDropped) {
  link_.Receive(Wire(kChap, kChallenge, 8, "0f" + std::string(30, 'a')));
  link_.Receive(Wire(kChap, kChallenge, 8, "11" + std::string(34, 'a')));
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 2U);
  EXPECT_THAT(link_.Receive(Wire(kChap, kSuccess, 7, Hex(kProof))), ElementsAre(kOurAddressRequest))
      << "the exchange is untouched";
}

TEST_F(MsChapV2ClientLogin, ServerThatAsksAgainHasToProveItselfAgain) {
  link_.Receive(Wire(kChap, kSuccess, 7, Hex(kProof)));
  link_.OpenIpcpAsClient();
  EXPECT_THAT(link_.Receive(Wire(kChap, kChallenge, 8, "10" + std::string(32, 'a'))),
              ElementsAre(StartsWith("CHAP 2/8 31")));
  EXPECT_THAT(link_.Receive(Wire(kChap, kSuccess, 8, Hex(kProof))),
              ElementsAre("DOWN", StartsWith("LCP 5/")));
}

struct FailureCase {
  const char* message;
  const char* detail;
};

class MsChapV2Failure : public testing::TestWithParam<FailureCase> {};

TEST_P(MsChapV2Failure, IsReadable) {
  TestLink link(ClientConfig({AuthMethod::kMsChapV2}));
  link.OpenLcp(kWantsMsChapV2);
  link.Receive(Wire(kChap, kChallenge, 7, "10" + std::string(32, 'a')));
  link.Receive(Wire(kChap, kFailure, 7, Hex(GetParam().message)));
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_failed"));
  EXPECT_EQ(link.detail(), GetParam().detail);
}

INSTANTIATE_TEST_SUITE_P(
    All, MsChapV2Failure,
    testing::Values(FailureCase{"E=691 R=1 C=000102030405060708090A0B0C0D0E0F V=3 M=Try again",
                                "E=691 wrong user name or password: Try again"},
                    FailureCase{"E=646 R=0", "E=646 not at this hour"},
                    FailureCase{"E=647 R=0 M=", "E=647 account disabled"},
                    FailureCase{"E=648 R=0 C=0 V=3", "E=648 password expired"},
                    FailureCase{"E=649", "E=649 no permission to dial in"},
                    FailureCase{"E=709 R=0", "E=709 the password could not be changed"},
                    FailureCase{"E=799 M=odd", "E=799: odd"}, FailureCase{"", ""},
                    FailureCase{"E=", "E="},
                    FailureCase{"E=99999999999999999999 M=x", "E=99999999999999999999 M=x"},
                    FailureCase{"go away\x1b", "go away\\x1b"}));

TEST(ClientThatDemandsProof, WaitsForBothLogins) {
  auto config = ClientConfig({AuthMethod::kPap});
  config.client->demand = {AuthMethod::kPap};
  TestLink link(config);
  EXPECT_THAT(link.OpenLcp(kWantsPap),
              ElementsAre(testing::_, "ESTABLISHED pap own pap 1500", StartsWith("PAP 1/52 ")));
  EXPECT_THAT(link.Receive(Wire(kPap, kPapAck, kFirst, "00")), IsEmpty());
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
  EXPECT_THAT(link.Receive(Wire(kPap, kPapRequest, 9, "03" + Hex("srv") + "00")),
              ElementsAre("AUTH pap srv"));
  EXPECT_THAT(link.Handle(AuthAccepted{.network = {}, .authenticator_response = {}}),
              ElementsAre(Sent(kPap, kPapAck, 9, "00"), kOurAddressRequest));
}

TEST(ClientThatDemandsProof, TakesTheVerdictFirstAsWell) {
  auto config = ClientConfig({AuthMethod::kChapMd5});
  config.client->demand = {AuthMethod::kChapMd5};
  TestLink link(config);
  link.OpenLcp(kWantsMd5);
  const uint8_t identifier = link.frames().back()[3];
  link.Receive(Wire(kChap, kResponse, identifier, "10" + std::string(32, '0') + Hex("srv")));
  EXPECT_THAT(link.Handle(AuthAccepted{.network = {}, .authenticator_response = {}}),
              ElementsAre(Sent(kChap, kSuccess, identifier)));
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
  link.Receive(Wire(kChap, kChallenge, 1, "01 00"));
  EXPECT_THAT(link.Receive(Wire(kChap, kSuccess, 1)), ElementsAre(kOurAddressRequest));
}

TEST(ClientThatDemandsProof, TakesNoReflectionOfItsOwnLogin) {
  for (const auto* name : {"User", "OFFICE\\User"}) {
    auto config = ClientConfig({AuthMethod::kChapMd5});
    config.client->demand = {AuthMethod::kChapMd5};
    TestLink link(config);
    link.OpenLcp(kWantsMd5);
    const auto challenge = link.frames().back();
    // Our challenge comes back as the server's, and our response to it likewise.
    const std::string ours = ToHex(std::span(challenge).subspan(6, 17));
    link.Receive(Wire(kChap, kChallenge, challenge[3], ours));
    const std::string value = ToHex(std::span(link.frames().back()).subspan(6, 17));
    EXPECT_THAT(link.Receive(Wire(kChap, kResponse, challenge[3], value + Hex(name))),
                ElementsAre(StartsWith("CHAP 4/"), StartsWith("LCP 5/")));
  }
}

TEST(ClientThatDemandsProof, EndsIfTheServerRefuses) {
  auto config = ClientConfig({AuthMethod::kPap});
  config.client->demand = {AuthMethod::kPap};
  TestLink link(config);
  link.Start();
  link.Receive(Wire(kLcp, kConfRej, link.RequestIdentifier(kLcp), "0304 c023"));
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_refused"));
}

}  // namespace
}  // namespace sallyport::ppp
