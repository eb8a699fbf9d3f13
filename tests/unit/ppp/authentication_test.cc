// SPDX-License-Identifier: GPL-2.0-or-later
// PAP, CHAP with MD5 and MS-CHAPv2, each on a link whose LCP is open.
#include <algorithm>
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

const std::string kAuthenticationFailed = Hex("authentication failed");

AuthAccepted Accepted() {
  return {.network = TestNetwork(), .authenticator_response = std::array<uint8_t, 20>{0xAB, 0xCD}};
}

class PapLogin : public testing::Test {
 protected:
  PapLogin() : link_(ConfigWith(AuthMethod::kPap)) { link_.OpenLcp(); }
  TestLink link_;
  // Peer-ID "bob", password "pw".
  const std::vector<uint8_t> request_ = Wire(kPap, kPapRequest, 5, "03 626f62 02 7077");
};

TEST_F(PapLogin, RequestIsHandedOnAndAcknowledged) {
  EXPECT_THAT(link_.Receive(request_), ElementsAre("AUTH pap bob"));
  ASSERT_TRUE(link_.authenticate().has_value());
  EXPECT_EQ(std::get<PapCredential>(link_.authenticate()->credential).password.text(), "pw");
  const auto texts = link_.Handle(Accepted());
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0], Sent(kPap, kPapAck, 5, "00"));
  EXPECT_THAT(texts[1], StartsWith("IPCP 1/"));
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

TEST_F(PapLogin, RequestRepeatedAfterTheAckIsAcknowledgedAgain) {
  link_.Receive(request_);
  link_.Handle(Accepted());
  EXPECT_THAT(link_.Receive(request_), ElementsAre(Sent(kPap, kPapAck, 5, "00")));
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapRequest, 6, "00 00")),
              ElementsAre(Sent(kPap, kPapAck, 6, "00")))
      << "RFC 1334 §2: the same reply Code";
}

TEST_F(PapLogin, RequestRepeatedBeforeTheVerdictIsSwallowed) {
  link_.Receive(request_);
  EXPECT_THAT(link_.Receive(request_), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kVerdictPending), 1U);
}

TEST_F(PapLogin, WrongPasswordGetsNakThenTerminateRequest) {
  link_.Receive(request_);
  EXPECT_THAT(link_.Handle(AuthRejected{.message = "no"}),
              ElementsAre(Sent(kPap, kPapNak, 5, "02 6e6f"),
                          Sent(kLcp, kTermReq, 2, kAuthenticationFailed)));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_failed"));
}

TEST_F(PapLogin, EveryTruncationIsDropped) {
  const auto data = Octets("03 626f62 02 7077");
  for (size_t n = 0; n < data.size(); ++n) {
    EXPECT_THAT(link_.Receive(Wire(kPap, kPapRequest, 1, ToHex(std::span(data).first(n)))),
                IsEmpty())
        << n;
  }
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), data.size());
}

TEST_F(PapLogin, EmptyAndHostileNamesAreHandedOn) {
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapRequest, 1, "00 00")), ElementsAre("AUTH pap "));
  TestLink other(ConfigWith(AuthMethod::kPap));
  other.OpenLcp();
  std::string name = "00ff0a2527";  // NUL, FF, newline, %, quote
  for (int i = 5; i < 255; ++i) name += "41";
  other.Receive(Wire(kPap, kPapRequest, 1, "ff" + name + "00"));
  ASSERT_TRUE(other.authenticate().has_value());
  EXPECT_EQ(Hex(other.authenticate()->user), name);
}

TEST_F(PapLogin, ForgedAckHasNoEffect) {
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapAck, 1, "00")), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapNak, 1, "00")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kUnexpectedCode), 2U);
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
}

TEST_F(PapLogin, SilenceEndsTheLinkAfterThirtySeconds) {
  EXPECT_THAT(link_.Wait(seconds(29)), IsEmpty());
  EXPECT_THAT(link_.Wait(seconds(1)),
              ElementsAre(Sent(kLcp, kEchoReq, 2, "10111213"),
                          Sent(kLcp, kTermReq, 3, Hex("no answer to our challenges"))));
  link_.Wait(seconds(3));
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre("END authentication_timeout"));
}

TEST_F(PapLogin, ChapIsDropped) {
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 1, "00")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kWrongMethod), 1U);
}

class ChapMd5Login : public testing::Test {
 protected:
  ChapMd5Login() : link_(ConfigWith(AuthMethod::kChapMd5)) { opened_ = link_.OpenLcp(); }
  TestLink link_;
  Texts opened_;
  // The third call opens LCP, so the challenge is 20, 21, .. and the Identifier 34.
  const std::string challenge_ = "202122232425262728292a2b2c2d2e2f";
  const std::string response_ = "10 000102030405060708090a0b0c0d0e0f" + Hex("bob");
};

TEST_F(ChapMd5Login, ChallengeGoesOutWhenLcpOpens) {
  EXPECT_THAT(opened_, ElementsAre(Sent(kLcp, kConfAck, 1), "ESTABLISHED chap-md5 1500",
                                   Sent(kChap, kChallenge, 0x34, "10" + challenge_ + Hex("lns"))));
}

TEST_F(ChapMd5Login, ResponseIsHandedOnWithItsChallenge) {
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x34, response_)),
              ElementsAre("AUTH chap-md5 bob"));
  const auto& credential = std::get<ChapMd5Credential>(link_.authenticate()->credential);
  EXPECT_EQ(credential.identifier, 0x34);
  EXPECT_EQ(ToHex(credential.challenge), challenge_);
  EXPECT_EQ(ToHex(credential.response), "000102030405060708090a0b0c0d0e0f");
  const auto texts = link_.Handle(Accepted());
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0], Sent(kChap, kSuccess, 0x34));
}

TEST_F(ChapMd5Login, SameResponseAfterTheVerdictGetsTheSameAnswer) {
  link_.Receive(Wire(kChap, kResponse, 0x34, response_));
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x34, response_)), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kVerdictPending), 1U);
  link_.Handle(Accepted());
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x34, response_)),
              ElementsAre(Sent(kChap, kSuccess, 0x34)));
}

TEST_F(ChapMd5Login, OtherIdentifierIsDropped) {
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x35, response_)), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kWrongIdentifier), 1U);
}

TEST_F(ChapMd5Login, OtherValueSizesAreDropped) {
  const std::string value255 = "ff" + std::string(255 * 2, '0');
  const std::string value48 = "30" + std::string(48 * 2, '0');
  for (const auto& data : {std::string(), std::string("00"), std::string("0f") + challenge_,
                           value255, value48, std::string("10 0001")}) {
    EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x34, data)), IsEmpty());
  }
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 6U);
}

TEST_F(ChapMd5Login, NameOver255OctetsIsDropped) {
  const std::string value = "10" + challenge_;
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x34, value + std::string(256 * 2, '4'))),
              IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 1U);
  link_.Receive(Wire(kChap, kResponse, 0x34, value + std::string(255 * 2, '4')));
  EXPECT_TRUE(link_.authenticate().has_value());
}

TEST_F(ChapMd5Login, ChallengeIsRepeatedTenTimesThenTheLinkEnds) {
  const std::string challenge = Sent(kChap, kChallenge, 0x34, "10" + challenge_ + Hex("lns"));
  for (int i = 0; i < 9; ++i) EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(challenge));
  EXPECT_THAT(link_.Wait(seconds(3)),
              ElementsAre(Sent(kLcp, kEchoReq, 2, "10111213"),
                          Sent(kLcp, kTermReq, 3, Hex("no answer to our challenges"))));
}

TEST_F(ChapMd5Login, FailureEndsTheLink) {
  link_.Receive(Wire(kChap, kResponse, 0x34, response_));
  EXPECT_THAT(link_.Handle(AuthRejected{.message = "bad"}),
              ElementsAre(Sent(kChap, kFailure, 0x34, Hex("bad")),
                          Sent(kLcp, kTermReq, 2, kAuthenticationFailed)));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_failed"));
}

TEST_F(ChapMd5Login, ForgedSuccessAndChallengeHaveNoEffect) {
  EXPECT_THAT(link_.Receive(Wire(kChap, kSuccess, 0x34)), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kChap, kFailure, 0x34)), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kChap, kChallenge, 1, "10" + challenge_)), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kUnexpectedCode), 3U);
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
}

class MsChapV2Login : public testing::Test {
 protected:
  MsChapV2Login() : link_(ConfigWith(AuthMethod::kMsChapV2)) { opened_ = link_.OpenLcp(); }

  /// The Value of RFC 2759 §4: Peer-Challenge, eight zeros, NT-Response, Flags.
  static std::string Value(char digit) {
    return "31" + std::string(32, digit) + std::string(16, '0') + std::string(48, 'b') + "00";
  }
  /// The 32 octets behind "C=" of the last Failure.
  std::string ChallengeInFailure() const {
    const auto& octets = link_.frames().at(0);
    const std::string text(octets.begin() + 6, octets.end());
    return text.substr(text.find("C=") + 2, 32);
  }

  TestLink link_;
  Texts opened_;
};

TEST_F(MsChapV2Login, ChallengeHasSixteenOctetsAndOurName) {
  ASSERT_EQ(opened_.size(), 3U);
  EXPECT_EQ(opened_[2],
            Sent(kChap, kChallenge, 0x34, "10 202122232425262728292a2b2c2d2e2f" + Hex("lns")));
}

TEST_F(MsChapV2Login, ResponseIsTakenApart) {
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x34, Value('a') + Hex("DOM\\bob"))),
              ElementsAre("AUTH ms-chap-v2 DOM\\x5cbob"));
  const auto& credential = std::get<MsChapV2Credential>(link_.authenticate()->credential);
  EXPECT_EQ(link_.authenticate()->user, "DOM\\bob") << "sent whole";
  EXPECT_EQ(credential.identifier, 0x34);
  EXPECT_EQ(ToHex(credential.authenticator_challenge), "202122232425262728292a2b2c2d2e2f");
  EXPECT_EQ(ToHex(credential.peer_challenge), std::string(32, 'a'));
  EXPECT_EQ(ToHex(credential.nt_response), std::string(48, 'b'));
}

TEST_F(MsChapV2Login, SuccessCarriesTheAuthenticatorResponse) {
  link_.Receive(Wire(kChap, kResponse, 0x34, Value('a') + Hex("bob")));
  const auto texts = link_.Handle(Accepted());
  ASSERT_EQ(texts.size(), 2U);
  const std::string success =
      Sent(kChap, kSuccess, 0x34, Hex("S=ABCD000000000000000000000000000000000000 M=Welcome"));
  EXPECT_EQ(texts[0], success);
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x34, Value('a') + Hex("bob"))),
              ElementsAre(success));
}

TEST_F(MsChapV2Login, AcceptedWithoutAnAuthenticatorResponseIsAFailure) {
  link_.Receive(Wire(kChap, kResponse, 0x34, Value('a') + Hex("bob")));
  const auto texts =
      link_.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}});
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_THAT(texts[0], StartsWith("CHAP 4/52 " + Hex("E=691 R=0 C=")));
  EXPECT_EQ(texts[1], Sent(kLcp, kTermReq, 2, kAuthenticationFailed));
}

TEST_F(MsChapV2Login, WrongPasswordMayBeGivenAgainOnTheNewChallenge) {
  link_.Receive(Wire(kChap, kResponse, 0x34, Value('a') + Hex("bob")));
  const auto texts = link_.Handle(AuthRejected{.message = "Wrong"});
  // The call with the verdict is the fifth: its entropy begins with 40.
  const std::string failure =
      Sent(kChap, kFailure, 0x34, Hex("E=691 R=1 C=404142434445464748494A4B4C4D4E4F V=3 M=Wrong"));
  EXPECT_THAT(texts, ElementsAre(failure));
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x34, Value('a') + Hex("bob"))),
              ElementsAre(failure))
      << "the Failure was lost";
  EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x35, Value('c') + Hex("bob"))),
              ElementsAre("AUTH ms-chap-v2 bob"));
  const auto& credential = std::get<MsChapV2Credential>(link_.authenticate()->credential);
  EXPECT_EQ(credential.identifier, 0x35);
  EXPECT_EQ(ToHex(credential.authenticator_challenge), "404142434445464748494a4b4c4d4e4f");
  link_.Handle(Accepted());
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

TEST_F(MsChapV2Login, ThirdWrongPasswordIsTheLast) {
  for (const uint8_t identifier : std::initializer_list<uint8_t>{0x34, 0x35}) {
    link_.Receive(Wire(kChap, kResponse, identifier, Value('a') + Hex("bob")));
    EXPECT_THAT(
        link_.Handle(AuthRejected{}),
        ElementsAre(StartsWith("CHAP 4/" + std::to_string(identifier) + " " + Hex("E=691 R=1"))));
  }
  link_.Receive(Wire(kChap, kResponse, 0x36, Value('a') + Hex("bob")));
  EXPECT_THAT(link_.Handle(AuthRejected{}),
              ElementsAre(StartsWith("CHAP 4/54 " + Hex("E=691 R=0")),
                          Sent(kLcp, kTermReq, 2, kAuthenticationFailed)));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_failed"));
}

TEST_F(MsChapV2Login, RenegotiatingLcpBuysNoFurtherAttempts) {
  int attempts = 0;
  for (int i = 0; i < 10 && link_.phase() == Phase::kAuthenticate; ++i) {
    const uint8_t identifier = link_.frames().back()[3];
    link_.Receive(Wire(kChap, kResponse, identifier, Value('a') + Hex("bob")));
    link_.Handle(AuthRejected{});
    ++attempts;
    if (link_.phase() != Phase::kAuthenticate) break;
    link_.Receive(Wire(kLcp, kConfReq, 9));  // LCP leaves Opened
    link_.Receive(link_.Ack(kLcp));
  }
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
}

TEST_F(MsChapV2Login, RenegotiatingLcpBeforeTheVerdictBuysNoneEither) {
  for (int i = 0; i < 2; ++i) {
    const uint8_t identifier = link_.frames().back()[3];
    link_.Receive(Wire(kChap, kResponse, identifier, Value('a') + Hex("bob")));
    link_.Receive(Wire(kLcp, kConfReq, 9));
    link_.Receive(link_.Ack(kLcp));
    ASSERT_EQ(link_.phase(), Phase::kAuthenticate);
    const auto challenge = link_.frames().back();
    EXPECT_THAT(link_.Handle(AuthRejected{}), IsEmpty());
    if (i == 0) link_.Wait(seconds(3));  // the challenge again
    if (i == 1) {
      link_.Receive(Wire(kChap, kResponse, challenge[3], Value('a') + Hex("bob")));
    }
  }
  EXPECT_THAT(link_.Handle(AuthRejected{}),
              ElementsAre(testing::HasSubstr(Hex("E=691 R=0")), StartsWith("LCP 5/")));
}

TEST_F(MsChapV2Login, VerdictThatForbidsARetrySaysSo) {
  link_.Receive(Wire(kChap, kResponse, 0x34, Value('a') + Hex("bob")));
  EXPECT_THAT(link_.Handle(AuthRejected{.message = "", .may_retry = false}),
              ElementsAre(StartsWith("CHAP 4/52 " + Hex("E=691 R=0")), testing::_));
}

TEST_F(MsChapV2Login, ErrorsThatNoPasswordCuresForbidARetry) {
  link_.Receive(Wire(kChap, kResponse, 0x34, Value('a') + Hex("bob")));
  EXPECT_THAT(link_.Handle(AuthRejected{.mschap_error = 647, .message = "disabled"}),
              ElementsAre(Sent(kChap, kFailure, 0x34,
                               Hex("E=647 R=0 C=404142434445464748494A4B4C4D4E4F V=3 M=disabled")),
                          Sent(kLcp, kTermReq, 2, kAuthenticationFailed)));
}

TEST_F(MsChapV2Login, OtherValueSizesAreDropped) {
  const auto whole = Octets(Value('a'));
  for (size_t n = 0; n < whole.size(); ++n) {  // Value-Size as in the packet, value cut
    EXPECT_THAT(link_.Receive(Wire(kChap, kResponse, 0x34, ToHex(std::span(whole).first(n)))),
                IsEmpty());
  }
  link_.Receive(Wire(kChap, kResponse, 0x34, "30" + std::string(96, 'a')));   // 48
  link_.Receive(Wire(kChap, kResponse, 0x34, "32" + std::string(100, 'a')));  // 50
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), whole.size() + 2);
  EXPECT_FALSE(link_.authenticate().has_value());
}

TEST_F(MsChapV2Login, SilenceAfterAFailureIsLeftToTheSetUpTimer) {
  link_.Receive(Wire(kChap, kResponse, 0x34, Value('a') + Hex("bob")));
  link_.Wait(seconds(50));
  link_.Handle(AuthRejected{});
  const auto texts = link_.Wait(seconds(59));  // the user is typing; echoes go on
  for (const auto& text : texts) EXPECT_THAT(text, StartsWith("LCP 9/"));
  link_.Wait(seconds(1));
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
}

TEST_F(MsChapV2Login, PapIsDropped) {
  EXPECT_THAT(link_.Receive(Wire(kPap, kPapRequest, 1, "00 00")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kWrongMethod), 1U);
}

TEST_F(MsChapV2Login, LongMessagesAreCut) {
  link_.Receive(Wire(kChap, kResponse, 0x34, Value('a') + Hex("bob")));
  link_.Handle(AuthRejected{.message = std::string(2000, 'x')});
  ASSERT_EQ(link_.frames().size(), 1U);
  EXPECT_LT(link_.frames()[0].size(), 256U);
}

/// A link in the network phase whose peer logged in by CHAP and is challenged each 100 s or sooner.
class ChapAgain : public testing::TestWithParam<AuthMethod> {
 protected:
  static LinkConfig Config(seconds interval) {
    LinkConfig config = ConfigWith(GetParam());
    config.chap_interval = interval;
    config.echo_interval = seconds(0);
    return config;
  }
  static std::string Value() {
    return GetParam() == AuthMethod::kChapMd5
               ? "10" + std::string(32, 'a')
               : "31" + std::string(32, 'a') + std::string(16, '0') + std::string(48, 'b') + "00";
  }
  static Texts Respond(TestLink& link, uint8_t identifier) {
    return link.Receive(Wire(kChap, kResponse, identifier, Value() + Hex("bob")));
  }
  static void Open(TestLink& link) {
    link.OpenLcp();
    Respond(link, 0x34);
    link.Handle(Accepted());
    EXPECT_FALSE(link.authenticate()->again);
    link.OpenIpcp();
    ASSERT_TRUE(link.network_up().has_value());
  }
};

TEST_P(ChapAgain, ChallengesAnewWithAnotherIdentifierAndGoesOn) {
  TestLink link(Config(seconds(100)));
  Open(link);
  EXPECT_THAT(link.Wait(seconds(74)), IsEmpty()) << "a quarter may be taken off";
  const auto texts = link.Wait(seconds(26));
  ASSERT_FALSE(texts.empty());
  EXPECT_THAT(texts, testing::Each(StartsWith("CHAP 1/53 10")));
  EXPECT_THAT(Respond(link, 0x34), ElementsAre(StartsWith("CHAP 3/52"))) << "an old copy";
  EXPECT_THAT(Respond(link, 0x35), ElementsAre(testing::HasSubstr("bob")));
  EXPECT_TRUE(link.authenticate()->again);
  EXPECT_THAT(link.Wait(seconds(20)), IsEmpty()) << "nothing is repeated before the verdict";
  AuthAccepted verdict = Accepted();
  verdict.network = {};
  EXPECT_THAT(link.Handle(verdict), ElementsAre(StartsWith("CHAP 3/53")));
  EXPECT_EQ(link.phase(), Phase::kNetwork);
  EXPECT_THAT(link.Wait(seconds(100)), testing::Contains(StartsWith("CHAP 1/54 10")));
}

TEST_P(ChapAgain, AWrongAnswerEndsTheLinkWithoutAnotherTry) {
  TestLink link(Config(seconds(100)));
  Open(link);
  link.Wait(seconds(100));
  Respond(link, 0x35);
  EXPECT_THAT(link.Handle(AuthRejected{.message = "no"}),
              ElementsAre(StartsWith("CHAP 4/53"), "DOWN", StartsWith("LCP 5/")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_failed"));
}

TEST_P(ChapAgain, NoAnswerEndsTheLink) {
  TestLink link(Config(seconds(100)));
  Open(link);
  // The challenge, ten times in all each 3 s, and then two Terminate-Requests: at 136 s
  // at the latest.
  const auto texts = link.Wait(seconds(136));
  EXPECT_EQ(std::ranges::count(texts, "DOWN"), 1);
  EXPECT_EQ(texts.back(), "END authentication_timeout");
}

TEST_P(ChapAgain, RenegotiationOfLcpBeginsWithAFirstLogin) {
  TestLink link(Config(seconds(100)));
  Open(link);
  link.Wait(seconds(100));
  link.Receive(Wire(kLcp, kConfReq, 9));
  link.Receive(link.Ack(kLcp));
  ASSERT_EQ(link.phase(), Phase::kAuthenticate);
  Respond(link, link.frames().back()[3]);
  EXPECT_FALSE(link.authenticate()->again);
}

TEST_P(ChapAgain, IsNotTheDefault) {
  TestLink link(Config(LinkConfig().chap_interval));
  Open(link);
  EXPECT_THAT(link.Wait(std::chrono::hours(24)), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Algorithms, ChapAgain,
                         testing::Values(AuthMethod::kChapMd5, AuthMethod::kMsChapV2));

TEST(Verdict, WithoutALoginHasNoEffect) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  EXPECT_THAT(link.Handle(Accepted()), IsEmpty());
  link.OpenLcp();
  EXPECT_THAT(link.Handle(Accepted()), IsEmpty());
  EXPECT_THAT(link.Handle(AuthRejected{}), IsEmpty());
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
}

TEST(Verdict, OnALoginFromBeforeARenegotiationIsForgotten) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.OpenLcp();
  const auto request = Wire(kPap, kPapRequest, 1, "03 626f62 00");
  link.Receive(request);
  link.Receive(Wire(kLcp, kConfReq, 2));  // LCP begins anew while the login is being decided
  link.Receive(link.Ack(kLcp));
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
  EXPECT_THAT(link.Receive(request), IsEmpty()) << "one login at a time";
  EXPECT_THAT(link.Handle(Accepted()), IsEmpty());
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
  EXPECT_THAT(link.Receive(request), ElementsAre("AUTH pap bob"));
}

}  // namespace
}  // namespace sallyport::ppp
