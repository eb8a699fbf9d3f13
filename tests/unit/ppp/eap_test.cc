// SPDX-License-Identifier: GPL-2.0-or-later
// EAP as the authenticator, on a link whose LCP is open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "base/text.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;
using testing::_;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

// Types of RFC 3748 §5 as in a packet.
const std::string kIdentity = "01", kNotification = "02", kNak = "03", kMd5 = "04", kGtc = "06",
                  kTls = "0d", kMsChap = "1a", kExpanded = "fe";

// RFC 2759 §9.2: user "User", password "clientPass".
const std::string kChallengeValue = "5b5d7c7d7b3f2f3e3c2c602132262628";
const std::string kPeerChallenge = "21402324255e262a28295f2b3a337c7e";
const std::string kNtResponse = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df";
constexpr std::string_view kProof = "S=407A5589115FD0D6209F510FE9C04566932CDA56";

LinkConfig EapConfig(std::vector<EapType> methods) {
  LinkConfig config = ConfigWith(AuthMethod::kEap);
  config.eap_methods = std::move(methods);
  return config;
}

/// The Identity Request has Identifier 35: the entropy of the third call, which opens LCP, says 34.
class EapLogin : public testing::Test {
 protected:
  explicit EapLogin(std::vector<EapType> methods = {EapType::kMsChapV2, EapType::kMd5Challenge,
                                                    EapType::kGenericTokenCard})
      : link_(EapConfig(std::move(methods))) {
    opened_ = link_.OpenLcp();
  }

  Texts Respond(uint8_t identifier, const std::string& data) {
    return link_.Receive(Wire(kEap, kEapResponse, identifier, data));
  }
  static std::string Request(uint8_t identifier, const std::string& data) {
    return Sent(kEap, kEapRequest, identifier, data);
  }
  Texts Identify(const std::string& user) { return Respond(0x35, kIdentity + Hex(user)); }

  /// What the peer sees of the end: the verdict and the hang-up.
  static auto IsFailure(uint8_t identifier) {
    return ElementsAre(Sent(kEap, kEapFailure, identifier), StartsWith("LCP 5/"));
  }

  TestLink link_;
  Texts opened_;
};

TEST_F(EapLogin, AsksForTheIdentityWhenLcpOpens) {
  EXPECT_THAT(opened_, ElementsAre(Sent(kLcp, kConfAck, 1), "ESTABLISHED eap 1500",
                                   Request(0x35, kIdentity)));
}

TEST_F(EapLogin, RequestIsRepeatedAsItIsTenTimesThenTheLinkEnds) {
  for (int i = 0; i < 9; ++i) {
    EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(Request(0x35, kIdentity)));
  }
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(StartsWith("LCP 9/"), StartsWith("LCP 5/")));
  link_.Wait(seconds(10));
  EXPECT_EQ(link_.detail(), "no answer to our challenges");
}

TEST_F(EapLogin, OnlyAResponseToTheRequestThatIsOutCounts) {
  EXPECT_THAT(Respond(0x34, kIdentity + Hex("bob")), IsEmpty());
  EXPECT_THAT(Respond(0x36, kIdentity + Hex("bob")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kWrongIdentifier), 2U);
  Identify("bob");
  EXPECT_THAT(Identify("eve"), IsEmpty()) << "a copy";
  EXPECT_EQ(link_.Drops(DropReason::kWrongIdentifier), 3U);
}

TEST_F(EapLogin, CodesOfTheOtherSideHaveNoEffect) {
  for (const uint8_t code : {kEapRequest, kEapSuccess, kEapFailure, uint8_t{0}, uint8_t{5}}) {
    EXPECT_THAT(link_.Receive(Wire(kEap, code, 0x35, kIdentity)), IsEmpty());
  }
  EXPECT_EQ(link_.Drops(DropReason::kUnexpectedCode), 5U);
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
}

TEST_F(EapLogin, ResponseOfAnotherTypeIsDropped) {
  for (const auto& type : {kNotification, kNak, kMd5, kGtc, kTls, kMsChap, kExpanded}) {
    EXPECT_THAT(Respond(0x35, type + "00"), IsEmpty()) << "before the Identity: " << type;
  }
  EXPECT_EQ(link_.Drops(DropReason::kWrongMethod), 7U);
  Identify("bob");
  for (const auto& type : {kIdentity, kNotification, kMd5, kGtc, kTls, kExpanded}) {
    EXPECT_THAT(Respond(0x36, type + "00"), IsEmpty()) << "to MSCHAPv2: " << type;
  }
  EXPECT_EQ(link_.Drops(DropReason::kWrongMethod), 13U);
  EXPECT_THAT(Respond(0x36, ""), IsEmpty()) << "no type";
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 1U);
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
}

TEST_F(EapLogin, EmptyAndHostileIdentitiesAreAskedLikeAnyOther) {
  const auto asked = [](const std::string& hex) {
    TestLink link(EapConfig({EapType::kMd5Challenge}));
    link.OpenLcp();
    return link.Receive(Wire(kEap, kEapResponse, 0x35, kIdentity + hex));
  };
  const auto usual = asked(Hex("bob"));
  ASSERT_EQ(usual.size(), 1U);
  std::string longest = "00ff0a2527";  // NUL, FF, newline, %, quote
  for (int i = 5; i < 255; ++i) longest += "41";
  for (const auto& hex : {std::string(), longest, Hex("DOM\\bob"), Hex("../../etc")}) {
    EXPECT_EQ(asked(hex), usual) << hex;
  }
  EXPECT_THAT(asked(longest + "41"), IsEmpty()) << "256 octets";
}

TEST_F(EapLogin, NakLeadsToTheFirstOfOursThatThePeerTakes) {
  Identify("bob");
  EXPECT_THAT(Respond(0x36, kNak + "0d 06 04"), ElementsAre(StartsWith("EAP 1/55 0410")));
  EXPECT_THAT(Respond(0x37, kNak + "1a 06"), ElementsAre(StartsWith("EAP 1/56 06")))
      << "what was refused is not asked again";
  EXPECT_THAT(Respond(0x38, kNak + "1a 04 06"), IsFailure(0x38));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_refused"));
  EXPECT_EQ(link_.detail(), "the peer takes no EAP method that we demand");
}

TEST_F(EapLogin, NakOfEverythingEndsTheLink) {
  for (const auto* wanted : {"00", "", "0d 19", "fe", "01", "03"}) {
    TestLink link(EapConfig({EapType::kMsChapV2, EapType::kMd5Challenge}));
    link.OpenLcp();
    link.Receive(Wire(kEap, kEapResponse, 0x35, kIdentity));
    EXPECT_THAT(link.Receive(Wire(kEap, kEapResponse, 0x36, kNak + wanted)), IsFailure(0x36))
        << wanted;
  }
}

TEST_F(EapLogin, ProtocolRejectEndsTheLink) {
  link_.Receive(Wire(kLcp, kProtRej, 7, "c227"));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_refused"));
}

class EapMd5Login : public EapLogin {
 protected:
  EapMd5Login() : EapLogin({EapType::kMd5Challenge}) { asked_ = Identify("bob"); }
  Texts asked_;
  // The fourth call: 30, 31, ..
  const std::string challenge_ = "303132333435363738393a3b3c3d3e3f";
  const std::string value_ = "10 000102030405060708090a0b0c0d0e0f";
};

TEST_F(EapMd5Login, ChallengeIsThatOfChap) {
  EXPECT_THAT(asked_, ElementsAre(Request(0x36, kMd5 + "10" + challenge_ + Hex("lns"))));
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(asked_[0]));
}

TEST_F(EapMd5Login, ResponseIsHandedOnAndAccepted) {
  EXPECT_THAT(Respond(0x36, kMd5 + value_ + Hex("carol")), ElementsAre("AUTH eap 4 carol"));
  const auto& credential = std::get<ChapMd5Credential>(link_.authenticate()->credential);
  EXPECT_EQ(credential.identifier, 0x36);
  EXPECT_EQ(ToHex(credential.challenge), challenge_);
  EXPECT_EQ(ToHex(credential.response), "000102030405060708090a0b0c0d0e0f");
  EXPECT_THAT(Respond(0x36, kMd5 + value_ + Hex("carol")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kVerdictPending), 1U);
  EXPECT_THAT(link_.Wait(seconds(20)), IsEmpty()) << "nothing is repeated meanwhile";
  EXPECT_THAT(link_.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}}),
              ElementsAre(Sent(kEap, kEapSuccess, 0x36), StartsWith("IPCP 1/")));
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  EXPECT_THAT(Respond(0x36, kMd5 + value_), IsEmpty()) << "too late";
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

TEST_F(EapMd5Login, WithoutANameTheIdentityCounts) {
  EXPECT_THAT(Respond(0x36, kMd5 + value_), ElementsAre("AUTH eap 4 bob"));
}

TEST_F(EapMd5Login, RefusalIsFailure) {
  Respond(0x36, kMd5 + value_);
  EXPECT_THAT(link_.Handle(AuthRejected{}), IsFailure(0x36));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_failed"));
}

TEST_F(EapMd5Login, OtherSizesAreDropped) {
  const auto whole = Octets(value_);
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_THAT(Respond(0x36, kMd5 + ToHex(std::span(whole).first(n))), IsEmpty()) << n;
  }
  Respond(0x36, kMd5 + "0f" + std::string(30, 'a'));
  Respond(0x36, kMd5 + "11" + std::string(34, 'a'));
  Respond(0x36, kMd5 + value_ + std::string(2 * 256, '4'));
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), whole.size() + 3);
  EXPECT_THAT(Respond(0x36, kMd5 + value_ + std::string(2 * 255, '4')),
              ElementsAre(StartsWith("AUTH eap 4 DDD")));
}

TEST_F(EapMd5Login, NakIsTooLateOnceTheMethodIsUnderWay) {
  Respond(0x36, kMd5 + value_);
  EXPECT_THAT(Respond(0x36, kNak + "1a"), IsEmpty());
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
}

class EapGtcLogin : public EapLogin {
 protected:
  EapGtcLogin() : EapLogin({EapType::kGenericTokenCard}) { asked_ = Identify("bob"); }
  Texts asked_;
};

TEST_F(EapGtcLogin, TakesThePasswordAsItIs) {
  EXPECT_THAT(asked_, ElementsAre(Request(0x36, kGtc + Hex("Password: "))));
  EXPECT_THAT(Respond(0x36, kGtc + Hex("pw")), ElementsAre("AUTH eap 6 bob"));
  EXPECT_EQ(std::get<PapCredential>(link_.authenticate()->credential).password.text(), "pw");
  EXPECT_THAT(link_.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}}),
              ElementsAre(Sent(kEap, kEapSuccess, 0x36), StartsWith("IPCP 1/")));
}

TEST_F(EapGtcLogin, PasswordOver255OctetsIsDropped) {
  EXPECT_THAT(Respond(0x36, kGtc + std::string(2 * 256, '4')), IsEmpty());
  EXPECT_THAT(Respond(0x36, kGtc), ElementsAre("AUTH eap 6 bob")) << "an empty one is wrong later";
  EXPECT_THAT(link_.Handle(AuthRejected{}), IsFailure(0x36));
}

/// RFC 3748 §4.3. Whoever types what a token shows has as long as the whole set-up may take.
TEST_F(EapGtcLogin, APersonHasTheTimeOfTheSetUp) {
  for (int i = 0; i < 15; ++i) {
    EXPECT_THAT(link_.Wait(seconds(3)), Contains(Request(0x36, kGtc + Hex("Password: "))));
  }
  EXPECT_THAT(Respond(0x36, kGtc + Hex("pw")), ElementsAre("AUTH eap 6 bob"));
}

TEST_F(EapGtcLogin, APersonHasNoLongerThanThat) {
  for (int i = 0; i < 19; ++i) link_.Wait(seconds(3));
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
  link_.Wait(seconds(3));
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
}

class EapMsChapV2Login : public EapLogin {
 protected:
  EapMsChapV2Login() : EapLogin({EapType::kMsChapV2}) {
    Entropy entropy{};
    std::ranges::copy(Octets(kChallengeValue), entropy.begin());
    link_.SetEntropy(entropy);
    asked_ = Identify("someone");
  }
  /// OpCode 2, MS-CHAPv2-ID, MS-Length, Value-Size, Value, Name.
  static std::string Response(const std::string& nt_response = kNtResponse) {
    return kMsChap + "02 36 003a 31" + kPeerChallenge + std::string(16, '0') + nt_response + "00" +
           Hex("User");
  }
  /// Hands the login to the test's users.
  Texts Verdict() { return link_.Handle(Decide(*link_.authenticate(), "clientPass")); }

  Texts asked_;
};

TEST_F(EapMsChapV2Login, ChallengeIsInItsPlace) {
  EXPECT_THAT(asked_,
              ElementsAre(Request(0x36, kMsChap + "01 36 0018 10" + kChallengeValue + Hex("lns"))));
}

TEST_F(EapMsChapV2Login, ExchangeOfTheRfcSucceeds) {
  EXPECT_THAT(Respond(0x36, Response()), ElementsAre("AUTH eap 26 User"));
  const std::string success =
      Request(0x37, kMsChap + "03 36 0038" + Hex(std::string(kProof) + " M=Welcome"));
  EXPECT_THAT(Verdict(), ElementsAre(success));
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate) << "the peer has not said yet that it is content";
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(success));
  EXPECT_THAT(Respond(0x37, kMsChap + "03"),
              ElementsAre(Sent(kEap, kEapSuccess, 0x37), StartsWith("IPCP 1/")));
}

TEST_F(EapMsChapV2Login, EveryFormOfTheAcknowledgementIsTaken) {
  for (const auto* form : {"03", "03 37 0004", "00", ""}) {
    TestLink link(EapConfig({EapType::kMsChapV2}));
    link.OpenLcp();
    link.Receive(Wire(kEap, kEapResponse, 0x35, kIdentity));
    link.Receive(Wire(kEap, kEapResponse, 0x36, Response()));
    link.Handle(AuthAccepted{.network = TestNetwork(),
                             .authenticator_response = std::array<uint8_t, 20>{}});
    link.Receive(Wire(kEap, kEapResponse, 0x37, kMsChap + form));
    EXPECT_EQ(link.phase(), Phase::kNetwork) << form;
  }
}

TEST_F(EapMsChapV2Login, PeerThatIsNotConvincedEndsTheLink) {
  Respond(0x36, Response());
  Verdict();
  EXPECT_THAT(Respond(0x37, Response()), IsEmpty()) << "no acknowledgement";
  EXPECT_THAT(Respond(0x37, kMsChap + "04"), IsFailure(0x37));
}

TEST_F(EapMsChapV2Login, AcceptedWithoutAProofIsAFailure) {
  Respond(0x36, Response());
  EXPECT_THAT(link_.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}}),
              IsFailure(0x36));
}

TEST_F(EapMsChapV2Login, WrongPasswordMayBeGivenAgainOnTheNewChallenge) {
  Respond(0x36, Response(std::string(48, 'b')));
  Entropy entropy{};
  std::ranges::copy(Octets(kChallengeValue), entropy.begin());
  link_.SetEntropy(entropy);
  const std::string failure = Request(
      0x37, kMsChap + "04 36 0037" + Hex("E=691 R=1 C=5B5D7C7D7B3F2F3E3C2C602132262628 V=3 M="));
  auto verdict = Verdict();
  ASSERT_EQ(verdict.size(), 1U);
  EXPECT_EQ(verdict[0], failure);
  EXPECT_THAT(link_.Wait(seconds(3)), ElementsAre(failure));
  EXPECT_THAT(Respond(0x37, Response()), ElementsAre("AUTH eap 26 User"));
  EXPECT_THAT(Verdict(), ElementsAre(StartsWith("EAP 1/56 1a03")));
  Respond(0x38, kMsChap + "03");
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

TEST_F(EapMsChapV2Login, ThirdWrongPasswordIsTheLast) {
  for (uint8_t identifier = 0x36; identifier < 0x38; ++identifier) {
    Respond(identifier, Response(std::string(48, 'b')));
    const auto next = std::to_string(identifier + 1);
    EXPECT_THAT(Verdict(), ElementsAre(StartsWith("EAP 1/" + next + " 1a04")));
    EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
  }
  Respond(0x38, Response(std::string(48, 'b')));
  EXPECT_THAT(Verdict(), ElementsAre(testing::HasSubstr(Hex("E=691 R=0"))));
  EXPECT_THAT(Respond(0x39, Response()), IsFailure(0x39)) << "no fourth try";
}

TEST_F(EapMsChapV2Login, AcknowledgedRefusalIsFailure) {
  Respond(0x36, Response(std::string(48, 'b')));
  Verdict();
  EXPECT_THAT(Respond(0x37, kMsChap + "04"), IsFailure(0x37));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_failed"));
}

TEST_F(EapMsChapV2Login, APersonHasTheTimeOfTheSetUpForAnotherPassword) {
  Respond(0x36, Response(std::string(48, 'b')));
  Verdict();
  for (int i = 0; i < 15; ++i) link_.Wait(seconds(3));
  EXPECT_THAT(Respond(0x37, Response()), ElementsAre("AUTH eap 26 User"));
}

TEST_F(EapMsChapV2Login, UnansweredRefusalIsFailureToo) {
  for (uint8_t identifier = 0x36; identifier <= 0x38; ++identifier) {
    Respond(identifier, Response(std::string(48, 'b')));
    Verdict();
  }
  for (int i = 0; i < 10; ++i) link_.Wait(seconds(3));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 3)), ElementsAre("END authentication_failed"));
}

TEST_F(EapMsChapV2Login, OtherSizesAreDropped) {
  const auto whole = Octets(Response());
  const size_t value_end = 1 + 4 + 1 + 49;
  for (size_t n = 1; n < value_end; ++n) {
    EXPECT_THAT(Respond(0x36, ToHex(std::span(whole).first(n))), IsEmpty()) << n;
  }
  for (const auto* size : {"30", "32", "ff", "00"}) {
    Respond(0x36, kMsChap + "02 36 003a" + size + std::string(2 * 64, 'a'));
  }
  Respond(0x36, Response() + std::string(2 * 256, '4'));
  EXPECT_FALSE(link_.authenticate().has_value());
  for (const auto* code : {"01", "03", "04", "07", "00"}) {
    EXPECT_THAT(Respond(0x36, kMsChap + code), IsEmpty()) << "not a Response: " << code;
  }
  // One Type without an OpCode among the truncations, and the five.
  EXPECT_EQ(link_.Drops(DropReason::kUnexpectedCode), 6U);
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), value_end - 2 + 5);
  EXPECT_THAT(Respond(0x36, Response()), ElementsAre("AUTH eap 26 User"));
}

TEST(EapLcp, IsOfferedAndGivenUpForWhatThePeerTakes) {
  LinkConfig config = EapConfig({EapType::kMsChapV2});
  config.auth = {AuthMethod::kEap, AuthMethod::kMsChapV2, AuthMethod::kPap};
  TestLink link(config);
  EXPECT_THAT(link.Start(), ElementsAre(testing::HasSubstr("0304c227")));
  // Windows and pppd ask for MS-CHAPv2 then.
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfNak, 1, "0305 c22381")),
              ElementsAre(testing::HasSubstr("0305c22381")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfNak, 2, "0304 c227")),
              ElementsAre(testing::HasSubstr("0304c023")))
      << "what was refused does not come back";
}

TEST(EapLcp, RenegotiationTakesTheLoginAnew) {
  TestLink link(EapConfig({EapType::kGenericTokenCard}));
  link.OpenLcp();
  link.Receive(Wire(kEap, kEapResponse, 0x35, kIdentity + Hex("bob")));
  link.Receive(Wire(kEap, kEapResponse, 0x36, kGtc + Hex("pw")));
  link.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}});
  EXPECT_EQ(link.phase(), Phase::kNetwork);
  link.Receive(Wire(kLcp, kConfReq, 9));
  EXPECT_THAT(link.Receive(link.Ack(kLcp)), ElementsAre(_, StartsWith("EAP 1/")));
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
}

}  // namespace
}  // namespace sallyport::ppp
