// SPDX-License-Identifier: GPL-2.0-or-later
// A server's link that begins where a LAC left off (RFC 2661 §4.4.5).
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "base/text.h"
#include "ppp/proxied_login.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

constexpr uint16_t kTypeText = 1, kTypeChap = 2, kTypePap = 3, kTypeNone = 4, kTypeMsChapV1 = 5;
const std::string kOurAddressRequest = Sent(kIpcp, kConfReq, 1, "0306 0a090001");

LinkConfig Accepting(std::vector<AuthMethod> auth) {
  LinkConfig config;
  config.auth = std::move(auth);
  config.host_name = "lns";
  config.proxy = ProxyMode::kAccept;
  return config;
}

/// As a LAC of a telephone company leaves it.
ProxiedLink PapCall() {
  return {.initial_received = Octets("0104 05d4 0506 77777777 0702 0802"),
          .last_sent = Octets("0104 05d4 0206 00000000 0304 c023 0506 11223344"),
          .last_received = Octets("0104 05d4 0506 77777777"),
          .authentication = ProxiedAuthentication{.type = kTypePap,
                                                  .name = "bob",
                                                  .challenge = {},
                                                  .id = 0x42,
                                                  .response = Secret(std::string_view("pw"))}};
}

ProxiedLink ChapCall(std::string_view algorithm, size_t challenge, size_t response) {
  ProxiedLink call = PapCall();
  call.last_sent = Octets("0305 c223" + std::string(algorithm) + "0506 11223344");
  call.authentication->type = kTypeChap;
  call.authentication->challenge.assign(challenge, 0xCC);
  call.authentication->response = Secret(std::vector<uint8_t>(response, 0xEE));
  return call;
}

AuthAccepted Accepted() {
  return {.network = TestNetwork(), .authenticator_response = std::array<uint8_t, 20>{0xAB, 0xCD}};
}

Texts StartWith(TestLink& link, ProxiedLink call) {
  return link.Handle(Start{.proxied = std::move(call)});
}

TEST(ProxiedPap, IsDecidedWithoutAskingTheClientAgain) {
  TestLink link(Accepting({AuthMethod::kMsChapV2, AuthMethod::kPap}));
  EXPECT_THAT(StartWith(link, PapCall()),
              ElementsAre("ESTABLISHED pap 1492 proxied", "AUTH pap bob"));
  EXPECT_EQ(std::get<PapCredential>(link.authenticate()->credential).password.text(), "pw");
  EXPECT_THAT(link.Handle(Accepted()),
              ElementsAre(Sent(kPap, kPapAck, 0x42, "00"), kOurAddressRequest));
  EXPECT_THAT(link.OpenIpcp(), ElementsAre(testing::_, "UP 10.9.0.2 mtu 1400"));
}

TEST(ProxiedPap, WrongPasswordGetsTheNakOfThatRequest) {
  TestLink link(Accepting({AuthMethod::kPap}));
  StartWith(link, PapCall());
  EXPECT_THAT(link.Handle(AuthRejected{.message = "no"}),
              ElementsAre(Sent(kPap, kPapNak, 0x42, "02 6e6f"), StartsWith("LCP 5/")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermAck, 1)), ElementsAre("END authentication_failed"));
}

TEST(ProxiedPap, ClientThatRepeatsItselfIsAnswered) {
  TestLink link(Accepting({AuthMethod::kPap}));
  StartWith(link, PapCall());
  const auto request = Wire(kPap, kPapRequest, 0x43, "03 626f62 02 7077");
  EXPECT_THAT(link.Receive(request), IsEmpty()) << "the verdict is not there yet";
  link.Handle(Accepted());
  EXPECT_THAT(link.Receive(request), ElementsAre(Sent(kPap, kPapAck, 0x43, "00")));
}

TEST(ProxiedChapMd5, IsDecidedOnTheLacsChallenge) {
  TestLink link(Accepting({AuthMethod::kChapMd5}));
  EXPECT_THAT(StartWith(link, ChapCall("05", 21, 16)),
              ElementsAre("ESTABLISHED chap-md5 1492 proxied", "AUTH chap-md5 bob"));
  const auto& credential = std::get<ChapMd5Credential>(link.authenticate()->credential);
  EXPECT_EQ(credential.identifier, 0x42);
  EXPECT_EQ(credential.challenge, std::vector<uint8_t>(21, 0xCC));
  EXPECT_EQ(credential.response[15], 0xEE);
  EXPECT_THAT(link.Handle(Accepted()),
              ElementsAre(Sent(kChap, kSuccess, 0x42), kOurAddressRequest));
}

TEST(ProxiedMsChapV2, IsChapToTheLac) {
  TestLink link(Accepting({AuthMethod::kMsChapV2}));
  EXPECT_THAT(StartWith(link, ChapCall("81", 16, 49)),
              ElementsAre("ESTABLISHED ms-chap-v2 1492 proxied", "AUTH ms-chap-v2 bob"));
  const auto& credential = std::get<MsChapV2Credential>(link.authenticate()->credential);
  EXPECT_EQ(credential.authenticator_challenge[0], 0xCC);
  EXPECT_THAT(link.Handle(Accepted()),
              ElementsAre(Sent(kChap, kSuccess, 0x42,
                               Hex("S=ABCD000000000000000000000000000000000000 M=Welcome")),
                          kOurAddressRequest));
}

TEST(ProxiedMsChapV2, WrongPasswordMayBeGivenAgain) {
  TestLink link(Accepting({AuthMethod::kMsChapV2}));
  StartWith(link, ChapCall("81", 16, 49));
  EXPECT_THAT(link.Handle(AuthRejected{}),
              ElementsAre(StartsWith("CHAP 4/66 " + Hex("E=691 R=1 C=1011"))));
  EXPECT_THAT(link.Receive(Wire(kChap, kResponse, 0x43, "31" + std::string(98, 'a') + Hex("bob"))),
              ElementsAre("AUTH ms-chap-v2 bob"));
}

TEST(ProxiedLcp, ClientThatWasNotAskedIsAskedByUs) {
  TestLink link(Accepting({AuthMethod::kChapMd5}));
  auto call = ChapCall("05", 0, 0);
  call.authentication = ProxiedAuthentication{
      .type = kTypeNone, .name = "", .challenge = {}, .id = 0, .response = {}};
  EXPECT_THAT(StartWith(link, std::move(call)),
              ElementsAre("ESTABLISHED chap-md5 1492 proxied",
                          Sent(kChap, kChallenge, 0x14,
                               "10 000102030405060708090a0b0c0d0e0f" + Hex("lns"))));
}

TEST(ProxiedLcp, EchoesCarryTheLacsMagicNumber) {
  TestLink link(Accepting({AuthMethod::kPap}));
  StartWith(link, PapCall());
  EXPECT_THAT(link.Receive(Wire(kLcp, kEchoReq, 9, "77777777")),
              ElementsAre(Sent(kLcp, kEchoRep, 9, "11223344")));
  EXPECT_THAT(link.Wait(seconds(30)), ElementsAre(Sent(kLcp, kEchoReq, 1, "11223344")));
}

TEST(ProxiedLcp, WithoutAMagicNumberEchoesCarryZero) {
  TestLink link(Accepting({AuthMethod::kPap}));
  auto call = PapCall();
  call.last_sent = Octets("0304 c023");
  StartWith(link, std::move(call));
  EXPECT_THAT(link.Receive(Wire(kLcp, kEchoReq, 9, "77777777")),
              ElementsAre(Sent(kLcp, kEchoRep, 9, "00000000")));
}

TEST(ProxiedLcp, RenegotiationByTheClientIsOurOwn) {
  TestLink link(Accepting({AuthMethod::kMsChapV2, AuthMethod::kPap}));
  StartWith(link, PapCall());
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 8)),
              ElementsAre(Sent(kLcp, kConfReq, 1, "0104 0578 0304 c023 0506 11223344"),
                          Sent(kLcp, kConfAck, 8)));
  EXPECT_THAT(link.Receive(link.Ack(kLcp)), ElementsAre("ESTABLISHED pap 1500"));
  EXPECT_THAT(link.Handle(Accepted()), IsEmpty()) << "the verdict on the LAC's login is stale";
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
}

TEST(ProxiedLcp, IsIgnoredUnlessConfigured) {
  auto config = Accepting({AuthMethod::kPap});
  config.proxy = ProxyMode::kRenegotiate;
  TestLink link(config);
  EXPECT_THAT(StartWith(link, PapCall()),
              ElementsAre(Sent(kLcp, kConfReq, 1, "0104 0578 0304 c023 0506 10111213")));
}

TEST(ProxiedLcp, IsIgnoredByAClient) {
  auto config = ClientConfig({AuthMethod::kPap});
  config.proxy = ProxyMode::kAccept;
  TestLink link(config);
  EXPECT_THAT(StartWith(link, PapCall()), ElementsAre(StartsWith("LCP 1/1 ")));
}

/// What leads to a negotiation of our own.
struct Unacceptable {
  const char* name;
  std::function<void(ProxiedLink&)> change;
};

class Renegotiated : public testing::TestWithParam<Unacceptable> {};

TEST_P(Renegotiated, BeginsAnew) {
  TestLink link(Accepting({AuthMethod::kPap}));
  auto call = PapCall();
  GetParam().change(call);
  EXPECT_THAT(StartWith(link, std::move(call)),
              ElementsAre(Sent(kLcp, kConfReq, 1, "0104 0578 0304 c023 0506 10111213")));
  EXPECT_EQ(link.phase(), Phase::kEstablish);
  EXPECT_THAT(link.OpenLcp(), ElementsAre(Sent(kLcp, kConfAck, 1), "ESTABLISHED pap 1500"))
      << "nothing of it is left";
}

Unacceptable LastSent(const char* name, std::string options) {
  return {name, [options](ProxiedLink& call) { call.last_sent = Octets(options); }};
}
Unacceptable LastReceived(const char* name, std::string options) {
  return {name, [options](ProxiedLink& call) { call.last_received = Octets(options); }};
}
Unacceptable Login(const char* name, std::function<void(ProxiedAuthentication&)> change) {
  return {name, [change](ProxiedLink& call) { change(*call.authentication); }};
}

INSTANTIATE_TEST_SUITE_P(
    Link, Renegotiated,
    testing::Values(
        Unacceptable{"NoLastSent", [](ProxiedLink& call) { call.last_sent.reset(); }},
        Unacceptable{"NoLastReceived", [](ProxiedLink& call) { call.last_received.reset(); }},
        LastSent("NothingSent", ""), LastSent("NoDemand", "0104 05d4 0506 11223344"),
        LastSent("MethodNotConfigured", "0305 c22305"), LastSent("UnknownMethod", "0304 c227"),
        LastSent("EmptyMethod", "0302"), LastSent("DemandTwice", "0304 c023 0304 c023"),
        LastSent("FieldCompression", "0304 c023 0702"),
        LastSent("AddressCompression", "0304 c023 0802"),
        LastSent("Multilink", "0304 c023 1104 064e"),
        LastSent("MagicZero", "0304 c023 0506 00000000"),
        LastSent("MagicShort", "0304 c023 0505 000000"),
        LastSent("MagicTheClients", "0304 c023 0506 77777777"),
        LastSent("MruTooLarge", "0304 c023 0104 05dd"),
        LastSent("MruTooSmall", "0304 c023 0104 007f"), LastSent("MruShort", "0304 c023 0103 05"),
        LastSent("LengthZero", "0304 c023 0100"), LastSent("PastTheEnd", "0304 c023 0106 05"),
        LastSent("OneOctet", "03"), LastReceived("ClientsFieldCompression", "0702"),
        LastReceived("ClientsMruTooSmall", "0104 007f"),
        LastReceived("ClientsMagicZero", "0506 00000000"),
        LastReceived("ClientsDemand", "0304 c023"), LastReceived("ClientsMultilink", "1104 064e"),
        LastReceived("ClientsPastTheEnd", "0104 05"), LastReceived("ClientsOneOctet", "01")),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Login, Renegotiated,
    testing::Values(Unacceptable{"NoLogin", [](ProxiedLink& call) { call.authentication.reset(); }},
                    Login("TypeZero", [](ProxiedAuthentication& login) { login.type = 0; }),
                    Login("TypeText", [](ProxiedAuthentication& login) { login.type = kTypeText; }),
                    Login("TypeChap", [](ProxiedAuthentication& login) { login.type = kTypeChap; }),
                    Login("TypeMsChapV1",
                          [](ProxiedAuthentication& login) { login.type = kTypeMsChapV1; }),
                    Login("TypeUnknown", [](ProxiedAuthentication& login) { login.type = 0x0103; }),
                    Login("IdTooLarge", [](ProxiedAuthentication& login) { login.id = 0x0142; }),
                    Login("NameTooLong",
                          [](ProxiedAuthentication& login) { login.name = std::string(256, 'n'); }),
                    Login("PasswordTooLong",
                          [](ProxiedAuthentication& login) {
                            login.response = Secret(std::string(256, 'p'));
                          })),
    [](const auto& test) { return test.param.name; });

TEST(ProxiedLcp, EveryTruncationIsTakenOrRenegotiated) {
  const auto whole = PapCall();
  for (size_t n = 0; n < whole.last_sent->size(); ++n) {
    auto call = whole;
    call.last_sent->resize(n);
    TestLink link(Accepting({AuthMethod::kPap}));
    const auto texts = StartWith(link, call);
    // The demand ends after 14 octets, the Magic-Number behind it after 20.
    EXPECT_EQ(link.phase(), n == 14 ? Phase::kAuthenticate : Phase::kEstablish) << n;
  }
  for (size_t n = 0; n < whole.last_received->size(); ++n) {
    auto call = whole;
    call.last_received->resize(n);
    TestLink link(Accepting({AuthMethod::kPap}));
    StartWith(link, call);
    EXPECT_EQ(link.phase(), n == 0 || n == 4 ? Phase::kAuthenticate : Phase::kEstablish) << n;
  }
}

TEST(ProxiedChap, OnlyWholeResponsesAreTaken) {
  const auto read = [](AuthMethod method, size_t challenge, size_t response) {
    return ReadProxiedLogin(method, *ChapCall("05", challenge, response).authentication)
        .has_value();
  };
  for (size_t n = 0; n < 60; ++n) {
    EXPECT_EQ(read(AuthMethod::kChapMd5, 16, n), n == 16) << n;
    EXPECT_EQ(read(AuthMethod::kMsChapV2, 16, n), n == 49) << n;
    EXPECT_EQ(read(AuthMethod::kChapMd5, n, 16), n > 0) << n;
    EXPECT_EQ(read(AuthMethod::kMsChapV2, n, 49), n == 16) << n;
    EXPECT_FALSE(read(AuthMethod::kPap, 16, n)) << n;
  }
}

}  // namespace
}  // namespace sallyport::ppp
