// SPDX-License-Identifier: GPL-2.0-or-later
// Negotiations of the clients in the field, octet by octet: what each sends, with the options that
// its system sends in that system's order, and all that it must get back until its session has the
// addresses that it needs. Frames are whole, from the Protocol field on, as the kernel's channel
// hands them over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// A frame in hexadecimal: Protocol, Code, Identifier, Length, data.
std::vector<uint8_t> Frame(std::string_view hex) {
  auto frame = Octets(hex);
  EXPECT_GE(frame.size(), 6U) << hex;
  EXPECT_EQ(frame.size(), static_cast<size_t>(2 + (frame[4] << 8 | frame[5]))) << hex;
  return frame;
}

/// The same, sent by us.
std::string Says(std::string_view hex) { return ToText(SendFrame{Frame(hex)}); }

// The login of RFC 2759 §9.2: user "User", password "clientPass".
constexpr std::string_view kAuthenticatorChallenge = "5b5d7c7d7b3f2f3e3c2c602132262628";
constexpr std::string_view kChallengeFrame =
    "c223 01 5b 0018  10 5b5d7c7d7b3f2f3e3c2c602132262628 6c6e73";  // from "lns"
constexpr std::string_view kMsChapResponseFrame =
    "c223 02 5b 003a  31"
    "21402324255e262a28295f2b3a337c7e"                  // Peer-Challenge
    "0000000000000000"                                  // reserved
    "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"  // NT-Response
    "00 55736572";                                      // Flags, "User"
constexpr std::string_view kMsChapSuccessFrame =
    "c223 03 5b 0038"
    // "S=407A5589115FD0D6209F510FE9C04566932CDA56 M=Welcome"
    "533d34303741353538393131354644304436323039463531304645394330343536363933324344413536"
    "204d3d57656c636f6d65";
constexpr std::string_view kChapMd5ResponseFrame =
    "c223 02 5b 0019  10 cebd38d7de0f3f94e8fa65c405b158e2 55736572";
constexpr std::string_view kOurIpcpRequest = "8021 01 01 000a  0306 0a090001";
constexpr std::string_view kOurIpcpRequestAcked = "8021 02 01 000a  0306 0a090001";

/// A gateway with two name servers and no WINS, and one client that knows the password.
class NativeClient : public testing::Test {
 protected:
  NativeClient() : NativeClient(ConfigWith(AuthMethod::kMsChapV2)) {}
  explicit NativeClient(LinkConfig config) : link_(std::move(config)) {}

  Texts Send(std::string_view hex) { return link_.Receive(Frame(hex)); }

  /// The same where it makes LCP open: the challenge is RFC 2759 §9.2's, its Identifier 0x5b.
  Texts SendLastOfLcp(std::string_view hex) {
    Entropy entropy{};
    const auto challenge = Octets(kAuthenticatorChallenge);
    std::ranges::copy(challenge, entropy.begin());
    entropy.at(20) = 0x5B;
    link_.SetEntropy(entropy);
    return Send(hex);
  }

  /// The verdict on the login that the client sent.
  Texts Judge() {
    EXPECT_TRUE(link_.authenticate().has_value());
    const Command verdict = Decide(*link_.authenticate(), "clientPass");
    const auto* accepted = std::get_if<AuthAccepted>(&verdict);
    EXPECT_NE(accepted, nullptr) << "a wrong password";
    if (accepted == nullptr) return {};
    AuthAccepted answer = *accepted;
    answer.network.wins = {};
    return link_.Handle(answer);
  }

  void LogInWithMsChapV2() {
    EXPECT_THAT(Send(kMsChapResponseFrame), ElementsAre("AUTH ms-chap-v2 User"));
    ExpectWelcome();
  }

  void ExpectWelcome() {
    EXPECT_THAT(Judge(), ElementsAre(Says(kMsChapSuccessFrame), Says(kOurIpcpRequest)));
  }

  /// Address and both name servers, asked for as 0.0.0.0 with `identifier` and then as told.
  void AskAddressAndDns(uint8_t identifier) {
    constexpr std::string_view kUnknown = "0306 00000000 8106 00000000 8306 00000000";
    constexpr std::string_view kGiven = "0306 0a090002 8106 0a090035 8306 0a090036";
    EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, identifier, kUnknown)),
                ElementsAre(Sent(kIpcp, kConfNak, identifier, kGiven)));
    const auto next = static_cast<uint8_t>(identifier + 1);
    EXPECT_THAT(link_.Receive(Wire(kIpcp, kConfReq, next, kGiven)),
                ElementsAre(Sent(kIpcp, kConfAck, next, kGiven), "UP 10.9.0.2 mtu 1400"));
  }

  TestLink link_;
};

// ---- Windows 7 to 11 --------------------------------------------------------------------------

class Windows : public NativeClient {
 protected:
  /// From its second Configure-Request, in which all that was rejected is left out, to the session.
  void GoOn() {
    EXPECT_THAT(Send("c021 02 01 0013  0104 0578 0305 c22381 0506 10111213"), IsEmpty());
    EXPECT_THAT(SendLastOfLcp("c021 01 01 000e  0104 0578 0506 3ab84d7d"),
                ElementsAre(Says("c021 02 01 000e  0104 0578 0506 3ab84d7d"),
                            "ESTABLISHED ms-chap-v2 1400", Says(kChallengeFrame)));
    // Identification, three times: "MSRASV5.20", "MSRAS-0-ALICE-PC", and a GUID.
    EXPECT_THAT(Send("c021 0c 02 0012  3ab84d7d 4d53524153 56352e3230"), IsEmpty());
    EXPECT_THAT(Send("c021 0c 03 0018  3ab84d7d 4d535241532d302d 414c4943452d5043"), IsEmpty());
    EXPECT_THAT(Send("c021 0c 04 0018  3ab84d7d c8bdd73ef1a2464f 8e1b09a5d2c7706b"), IsEmpty());
    // RFC 2759 §4: the domain is in the Name and not in the hash.
    EXPECT_THAT(Send("c223 02 5b 0041  31 21402324255e262a28295f2b3a337c7e 0000000000000000"
                     "                 82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df 00"
                     "                 4f46464943455c 55736572"),
                ElementsAre("AUTH ms-chap-v2 OFFICE\\x5cUser"));
    ExpectWelcome();

    // The network protocols, all at once: IPV6CP, CCP with MPPE and MPPC, IPCP with WINS.
    EXPECT_THAT(Send("8057 01 05 000e  010a 00004c8f2b91d7e3"),
                ElementsAre(Says("c021 08 02 0014  8057 0105000e 010a 00004c8f2b91d7e3")));
    EXPECT_THAT(Send("80fd 01 06 000a  1206 01000001"),
                ElementsAre(Says("c021 08 03 0010  80fd 0106000a 1206 01000001")));
    EXPECT_THAT(Send("8021 01 07 0022  0306 00000000 8106 00000000 8206 00000000"
                     "                 8306 00000000 8406 00000000"),
                ElementsAre(Says("8021 04 07 0010  8206 00000000 8406 00000000")));
    EXPECT_THAT(Send(kOurIpcpRequestAcked), IsEmpty());
    AskAddressAndDns(8);
    EXPECT_EQ(link_.AllDrops(), 0U);
  }
};

TEST_F(Windows, LogsIn) {
  EXPECT_THAT(link_.Start(),
              ElementsAre(Says("c021 01 01 0013  0104 0578 0305 c22381 0506 10111213")));
  // MRU 1400, Magic-Number, PFC, ACFC, Callback by CBCP.
  EXPECT_THAT(Send("c021 01 00 0015  0104 0578 0506 3ab84d7d 0702 0802 0d03 06"),
              ElementsAre(Says("c021 04 00 000b  0702 0802 0d03 06")));
  GoOn();
}

TEST_F(Windows, WithMultilinkLogsInWithOneLink) {
  link_.Start();
  // The same with MRRU 1614 and an Endpoint-Discriminator of class 1.
  EXPECT_THAT(Send("c021 01 00 0030  0104 0578 0506 3ab84d7d 0702 0802 0d03 06 1104 064e"
                   "                 1317 01 2ad53c1ed5c64dbc9da3cc1f9c7d6ae000000000"),
              ElementsAre(Says("c021 04 00 0026  0702 0802 0d03 06 1104 064e"
                               "                 1317 01 2ad53c1ed5c64dbc9da3cc1f9c7d6ae0"
                               "                 00000000")));
  GoOn();
}

TEST_F(Windows, HangsUp) {
  link_.Start();
  GoOn();
  // Its Magic-Number, then two numbers that mean "the user wants it".
  EXPECT_THAT(Send("c021 05 0a 0010  3ab84d7d 003ccd74 00000000"),
              ElementsAre("DOWN", Says("c021 06 0a 0004"), "END peer_terminated"));
}

TEST_F(Windows, MayGiveThePasswordAgain) {
  link_.Start();
  EXPECT_THAT(Send("c021 02 01 0013  0104 0578 0305 c22381 0506 10111213"), IsEmpty());
  SendLastOfLcp("c021 01 01 000e  0104 0578 0506 3ab84d7d");
  // With a wrong password, so another NT-Response.
  EXPECT_THAT(Send("c223 02 5b 003a  31 21402324255e262a28295f2b3a337c7e 0000000000000000"
                   "                 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 00 55736572"),
              ElementsAre("AUTH ms-chap-v2 User"));
  // The next challenge is in the Failure; that call's entropy is RFC 2759 §9.2's once more.
  Entropy entropy{};
  std::ranges::copy(Octets(kAuthenticatorChallenge), entropy.begin());
  link_.SetEntropy(entropy);
  EXPECT_THAT(link_.Handle(AuthRejected{.message = "Wrong"}),
              ElementsAre(Sent(kChap, kFailure, 0x5B,
                               Hex("E=691 R=1 C=5B5D7C7D7B3F2F3E3C2C602132262628 V=3 M=Wrong"))));
  auto response = Frame(kMsChapResponseFrame);
  response[3] = 0x5C;  // RFC 2759 §9.1.4: the Identifier of the Failure, plus one
  EXPECT_THAT(link_.Receive(response), ElementsAre("AUTH ms-chap-v2 User"));
  EXPECT_EQ(Judge().size(), 2U);
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
}

// ---- macOS and iOS ----------------------------------------------------------------------------

class Apple : public NativeClient {};

TEST_F(Apple, LogsIn) {
  link_.Start();
  // ACCM 0, Magic-Number, PFC, ACFC; no MRU, which means 1500.
  EXPECT_THAT(Send("c021 01 01 0014  0206 00000000 0506 1b2c3d4e 0702 0802"),
              ElementsAre(Says("c021 04 01 0008  0702 0802")));
  EXPECT_THAT(Send("c021 02 01 0013  0104 0578 0305 c22381 0506 10111213"), IsEmpty());
  EXPECT_THAT(SendLastOfLcp("c021 01 02 0010  0206 00000000 0506 1b2c3d4e"),
              ElementsAre(Says("c021 02 02 0010  0206 00000000 0506 1b2c3d4e"),
                          "ESTABLISHED ms-chap-v2 1500", Says(kChallengeFrame)));
  EXPECT_THAT(Send("c021 09 00 0008  1b2c3d4e"), ElementsAre(Says("c021 0a 00 0008  10111213")));
  LogInWithMsChapV2();

  // IPCP, IPV6CP, and ACSCP, its own protocol for routes and domains, without whose
  // Protocol-Reject it waits.
  EXPECT_THAT(Send(kOurIpcpRequestAcked), IsEmpty());
  EXPECT_THAT(Send("8057 01 01 000e  010a 1e5a8bfffe1c0a37"),
              ElementsAre(Says("c021 08 02 0014  8057 0101000e 010a 1e5a8bfffe1c0a37")));
  EXPECT_THAT(Send("8235 01 01 0010  0106 00000001 0206 00000001"),
              ElementsAre(Says("c021 08 03 0016  8235 01010010 0106 00000001 0206 00000001")));
  AskAddressAndDns(1);
  EXPECT_EQ(link_.AllDrops(), 0U);

  // "User request"
  EXPECT_THAT(Send("c021 05 03 0010  557365722072657175657374"),
              ElementsAre("DOWN", Says("c021 06 03 0004"), "END peer_terminated"));
}

// ---- Android up to 11: mtpd and pppd 2.4.7 ----------------------------------------------------

class Android : public NativeClient {};

TEST_F(Android, LogsIn) {
  link_.Start();
  // MRU 1400, ACCM 0, Magic-Number, PFC, ACFC.
  EXPECT_THAT(Send("c021 01 01 0018  0104 0578 0206 00000000 0506 c0ffee01 0702 0802"),
              ElementsAre(Says("c021 04 01 0008  0702 0802")));
  EXPECT_THAT(Send("c021 02 01 0013  0104 0578 0305 c22381 0506 10111213"), IsEmpty());
  EXPECT_THAT(SendLastOfLcp("c021 01 02 0014  0104 0578 0206 00000000 0506 c0ffee01"),
              ElementsAre(Says("c021 02 02 0014  0104 0578 0206 00000000 0506 c0ffee01"),
                          "ESTABLISHED ms-chap-v2 1400", Says(kChallengeFrame)));
  LogInWithMsChapV2();

  // CCP with Deflate (26 and, as it was once, 24) and BSD-Compress (21).
  EXPECT_THAT(Send("80fd 01 01 000f  1a04 7800 1804 7800 1503 2f"),
              ElementsAre(Says("c021 08 02 0015  80fd 0101000f 1a04 7800 1804 7800 1503 2f")));
  // IPCP with Van Jacobson's compression of 16 slots.
  EXPECT_THAT(Send("8021 01 01 001c  0206 002d0f01 0306 00000000 8106 00000000 8306 00000000"),
              ElementsAre(Says("8021 04 01 000a  0206 002d0f01")));
  EXPECT_THAT(Send(kOurIpcpRequestAcked), IsEmpty());
  AskAddressAndDns(2);
  EXPECT_EQ(link_.AllDrops(), 0U);
}

// ---- ChromeOS: xl2tpd and pppd, with CHAP-MD5 -------------------------------------------------

class ChromeOs : public NativeClient {
 protected:
  ChromeOs() : NativeClient(ConfigWith(AuthMethod::kChapMd5)) {}
};

TEST_F(ChromeOs, LogsInAndEchoes) {
  link_.Start();
  // MRU 1410.
  EXPECT_THAT(Send("c021 01 01 0018  0104 0582 0206 00000000 0506 5e1f0a99 0702 0802"),
              ElementsAre(Says("c021 04 01 0008  0702 0802")));
  EXPECT_THAT(Send("c021 02 01 0013  0104 0578 0305 c22305 0506 10111213"), IsEmpty());
  EXPECT_THAT(SendLastOfLcp("c021 01 02 0014  0104 0582 0206 00000000 0506 5e1f0a99"),
              ElementsAre(Says("c021 02 02 0014  0104 0582 0206 00000000 0506 5e1f0a99"),
                          "ESTABLISHED chap-md5 1410", Says(kChallengeFrame)));
  // pppd's first echo goes out as soon as LCP is open.
  EXPECT_THAT(Send("c021 09 00 0008  5e1f0a99"), ElementsAre(Says("c021 0a 00 0008  10111213")));
  EXPECT_THAT(Send(kChapMd5ResponseFrame), ElementsAre("AUTH chap-md5 User"));
  EXPECT_THAT(Judge(), ElementsAre(Says("c223 03 5b 0004"), Says(kOurIpcpRequest)));

  EXPECT_THAT(Send("8021 01 01 001c  0206 002d0f01 0306 00000000 8106 00000000 8306 00000000"),
              ElementsAre(Says("8021 04 01 000a  0206 002d0f01")));
  EXPECT_THAT(Send(kOurIpcpRequestAcked), IsEmpty());
  AskAddressAndDns(2);

  // Both sides ask each 30 seconds whether the other lives.
  for (uint8_t i = 1; i <= 10; ++i) {
    link_.Wait(seconds(30));
    EXPECT_THAT(link_.Receive(Wire(kLcp, kEchoReq, i, "5e1f0a99")),
                ElementsAre(Sent(kLcp, kEchoRep, i, "10111213")));
  }
  EXPECT_EQ(link_.phase(), Phase::kNetwork);
  EXPECT_EQ(link_.AllDrops(), 0U);
}

// ---- MikroTik RouterOS ------------------------------------------------------------------------

class MikroTik : public NativeClient {};

TEST_F(MikroTik, LogsIn) {
  link_.Start();
  // MRU 1450, Magic-Number, and MRRU 1600 where it is set.
  EXPECT_THAT(Send("c021 01 01 0012  0104 05aa 0506 6b8b4567 1104 0640"),
              ElementsAre(Says("c021 04 01 0008  1104 0640")));
  EXPECT_THAT(Send("c021 02 01 0013  0104 0578 0305 c22381 0506 10111213"), IsEmpty());
  EXPECT_THAT(SendLastOfLcp("c021 01 02 000e  0104 05aa 0506 6b8b4567"),
              ElementsAre(Says("c021 02 02 000e  0104 05aa 0506 6b8b4567"),
                          "ESTABLISHED ms-chap-v2 1450", Says(kChallengeFrame)));
  LogInWithMsChapV2();

  // CCP with MPPE of 128 bits, stateless; MPLSCP without options.
  EXPECT_THAT(Send("80fd 01 01 000a  1206 01000040"),
              ElementsAre(Says("c021 08 02 0010  80fd 0101000a 1206 01000040")));
  EXPECT_THAT(Send("8281 01 01 0004"), ElementsAre(Says("c021 08 03 000a  8281 01010004")));
  EXPECT_THAT(Send(kOurIpcpRequestAcked), IsEmpty());
  AskAddressAndDns(1);
  EXPECT_EQ(link_.AllDrops(), 0U);
}

// ---- NetworkManager-l2tp: xl2tpd or kl2tpd, and pppd ------------------------------------------

class NetworkManager : public NativeClient {
 protected:
  /// LCP with MRRU 1600 and an Endpoint-Discriminator that is a MAC address, and the login.
  void LogIn() {
    link_.Start();
    EXPECT_THAT(Send("c021 01 01 0025  0104 0578 0206 00000000 0506 2545c1d0 0702 0802"
                     "                 1104 0640 1309 03 525400a1b2c3"),
                ElementsAre(Says("c021 04 01 0015  0702 0802 1104 0640 1309 03 525400a1b2c3")));
    EXPECT_THAT(Send("c021 02 01 0013  0104 0578 0305 c22381 0506 10111213"), IsEmpty());
    SendLastOfLcp("c021 01 02 0014  0104 0578 0206 00000000 0506 2545c1d0");
    LogInWithMsChapV2();
  }
};

TEST_F(NetworkManager, LogsInWithoutMultilink) {
  LogIn();
  EXPECT_THAT(Send("8021 01 01 001c  0206 002d0f01 0306 00000000 8106 00000000 8306 00000000"),
              ElementsAre(Says("8021 04 01 000a  0206 002d0f01")));
  EXPECT_THAT(Send(kOurIpcpRequestAcked), IsEmpty());
  AskAddressAndDns(2);
  EXPECT_EQ(link_.AllDrops(), 0U);
}

TEST_F(NetworkManager, ThatInsistsOnMppeHangsUp) {
  LogIn();
  // 128 and 40 bits, stateless.
  EXPECT_THAT(Send("80fd 01 01 000a  1206 01000060"),
              ElementsAre(Says("c021 08 02 0010  80fd 0101000a 1206 01000060")));
  EXPECT_THAT(Send("c021 05 03 002d  " + Hex("MPPE required but peer negotiation failed")),
              ElementsAre(Says("c021 06 03 0004"), "END peer_terminated"));
}

// ---- Routers with xl2tpd (OpenWrt, UniFi and others), here with PAP ---------------------------

class Xl2tpdRouter : public NativeClient {
 protected:
  static LinkConfig AllMethods() {
    LinkConfig config = ConfigWith(AuthMethod::kMsChapV2);
    config.auth = {AuthMethod::kMsChapV2, AuthMethod::kChapMd5, AuthMethod::kPap};
    return config;
  }
  Xl2tpdRouter() : NativeClient(AllMethods()) {}
};

TEST_F(Xl2tpdRouter, LogsInWithPapAndKeepsNoAddressOfItsOwn) {
  link_.Start();
  // It refuses EAP and CHAP of every kind, so PAP is what it Naks with.
  EXPECT_THAT(Send("c021 03 01 0008  0304 c023"),
              ElementsAre(Says("c021 01 02 0012  0104 0578 0304 c023 0506 10111213")));
  EXPECT_THAT(Send("c021 01 01 0018  0104 0582 0206 00000000 0506 7d3a2b10 0702 0802"),
              ElementsAre(Says("c021 04 01 0008  0702 0802")));
  EXPECT_THAT(Send("c021 02 02 0012  0104 0578 0304 c023 0506 10111213"), IsEmpty());
  EXPECT_THAT(Send("c021 01 02 0014  0104 0582 0206 00000000 0506 7d3a2b10"),
              ElementsAre(Says("c021 02 02 0014  0104 0582 0206 00000000 0506 7d3a2b10"),
                          "ESTABLISHED pap 1410"));
  // "User", "clientPass"
  EXPECT_THAT(Send("c023 01 01 0014  04 55736572 0a 636c69656e7450617373"),
              ElementsAre("AUTH pap User"));
  EXPECT_THAT(Judge(), ElementsAre(Says("c023 02 01 0005 00"), Says(kOurIpcpRequest)));

  // CCP, IPV6CP; then IPCP with compression and the address of its LAN, and no name server.
  EXPECT_THAT(Send("80fd 01 01 000f  1a04 7800 1804 7800 1503 2f"),
              ElementsAre(Says("c021 08 03 0015  80fd 0101000f 1a04 7800 1804 7800 1503 2f")));
  EXPECT_THAT(Send("8057 01 01 000e  010a 0000000000000001"),
              ElementsAre(Says("c021 08 04 0014  8057 0101000e 010a 0000000000000001")));
  EXPECT_THAT(Send("8021 01 01 0010  0206 002d0f01 0306 c0a80101"),
              ElementsAre(Says("8021 04 01 000a  0206 002d0f01")));
  EXPECT_THAT(Send("8021 01 02 000a  0306 c0a80101"),
              ElementsAre(Says("8021 03 02 000a  0306 0a090002")));
  EXPECT_THAT(Send(kOurIpcpRequestAcked), IsEmpty());
  EXPECT_THAT(Send("8021 01 03 000a  0306 0a090002"),
              ElementsAre(Says("8021 02 03 000a  0306 0a090002"), "UP 10.9.0.2 mtu 1400"));
  EXPECT_EQ(link_.AllDrops(), 0U);
}

// ---- LACs of providers: the caller's LCP and login come with the call -------------------------

LinkConfig TrustingLacs() {
  LinkConfig config = ConfigWith(AuthMethod::kMsChapV2);
  config.auth = {AuthMethod::kMsChapV2, AuthMethod::kChapMd5, AuthMethod::kPap};
  config.proxy = ProxyMode::kAccept;
  return config;
}

class ProviderLac : public NativeClient {
 protected:
  ProviderLac() : NativeClient(TrustingLacs()) {}
};

TEST_F(ProviderLac, CiscoHandsOnLcpAndChap) {
  // A PPPoE caller: MRU 1492 and Magic-Number, both ways.
  ProxiedLink call{.initial_received = Octets("0104 05d4 0506 33221100"),
                   .last_sent = Octets("0104 05d4 0305 c22305 0506 8a9b0c1d"),
                   .last_received = Octets("0104 05d4 0506 33221100"),
                   .authentication = ProxiedAuthentication{
                       .type = 2,  // CHAP
                       .name = "User",
                       .challenge = Octets("00112233445566778899aabbccddeeff"),
                       .id = 1,
                       .response = Secret(Octets("09d25d830e773636f52ea10d1fc7f191"))}};
  EXPECT_THAT(link_.Handle(Start{.proxied = std::move(call)}),
              ElementsAre("ESTABLISHED chap-md5 1492 proxied", "AUTH chap-md5 User"));
  // The caller waits for the answer to the Response that it gave to the LAC.
  EXPECT_THAT(Judge(), ElementsAre(Says("c223 03 01 0004"), Says(kOurIpcpRequest)));
  EXPECT_THAT(Send(kOurIpcpRequestAcked), IsEmpty());
  AskAddressAndDns(1);
}

TEST_F(ProviderLac, HuaweiHandsOnLcpAndPap) {
  ProxiedLink call{
      .initial_received = Octets("0104 05d4 0506 44556677"),
      .last_sent = Octets("0104 05d4 0304 c023 0506 01020304"),
      .last_received = Octets("0104 05d4 0506 44556677"),
      .authentication = ProxiedAuthentication{.type = 3,  // PAP
                                              .name = "User",
                                              .challenge = {},
                                              .id = 1,
                                              .response = Secret(std::string_view("clientPass"))}};
  EXPECT_THAT(link_.Handle(Start{.proxied = std::move(call)}),
              ElementsAre("ESTABLISHED pap 1492 proxied", "AUTH pap User"));
  EXPECT_THAT(Judge(), ElementsAre(Says("c023 02 01 0005 00"), Says(kOurIpcpRequest)));
  EXPECT_THAT(Send(kOurIpcpRequestAcked), IsEmpty());
  AskAddressAndDns(1);
}

}  // namespace
}  // namespace sallyport::ppp
