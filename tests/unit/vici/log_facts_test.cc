// SPDX-License-Identifier: GPL-2.0-or-later
#include "vici/log_facts.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace sallyport::vici {
namespace {

struct Line {
  std::string_view group;
  std::string_view text;
  LogFact fact;
  std::vector<std::string_view> captures = {};
};

// Lines of charon 5.9.8 as a server, recorded with clients of every kind that fails; those marked
// so are of 6.0's sources.
const Line kLines[] = {
    {"NET",
     "received packet: from 203.0.113.23[500] to 203.0.113.10[500] (180 bytes)",
     LogFact::kReceived,
     {"203.0.113.23", "500", "203.0.113.10", "500"}},
    {"NET",
     "received packet: from 2001:db8:113::23[4500] to 2001:db8:113::10[4500] (92 bytes)",
     LogFact::kReceived,
     {"2001:db8:113::23", "4500", "2001:db8:113::10", "4500"}},
    {"ENC",
     "parsed ID_PROT request 0 [ KE No NAT-D NAT-D ]",
     LogFact::kPayloads,
     {"ID_PROT", "0", "KE No NAT-D NAT-D"}},
    {"ENC",
     "parsed QUICK_MODE request 3106743621 [ HASH SA No ID ID ]",
     LogFact::kPayloads,
     {"QUICK_MODE", "3106743621", "HASH SA No ID ID"}},
    {"IKE", "203.0.113.23 is initiating a Main Mode IKE_SA", LogFact::kBegun, {"203.0.113.23"}},
    {"IKE",
     "203.0.113.23 is initiating a Aggressive Mode IKE_SA",
     LogFact::kBegunAggressive,
     {"203.0.113.23"}},
    {"IKE", "203.0.113.23 is initiating an IKE_SA", LogFact::kBegunIkev2, {"203.0.113.23"}},
    {"IKE",
     "initiating Main Mode IKE_SA sallyport-dial-hq[3] to 203.0.113.23",
     LogFact::kInitiating,
     {"Main Mode"}},
    {"CFG",
     "received proposals: IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024",
     LogFact::kOffered,
     {"IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024"}},
    {"CFG",
     "configured proposals: ESP:AES_GCM_16_256/NO_EXT_SEQ",
     LogFact::kAccepts,
     {"ESP:AES_GCM_16_256/NO_EXT_SEQ"}},
    {"CFG",
     "selected proposal: IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048",
     LogFact::kSelected,
     {"IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048"}},
    {"IKE", "no proposal found", LogFact::kNoIkeProposal},
    {"IKE", "received proposals unacceptable", LogFact::kNoIkeProposal},  // 6.0, IKEv2
    {"IKE",
     "no IKE config found for 203.0.113.10...203.0.113.23, sending NO_PROPOSAL_CHOSEN",
     LogFact::kNoConnection,
     {"203.0.113.10...203.0.113.23"}},
    {"IKE", "remote host is behind NAT", LogFact::kPeerBehindNat},
    {"CFG",
     "looking for pre-shared key peer configs matching 203.0.113.10...203.0.113.23[192.168.1.11]",
     LogFact::kLookingFor,
     {"pre-shared key", "203.0.113.10...203.0.113.23", "192.168.1.11"}},
    {"IKE", "no peer config found", LogFact::kNoPeerConfig},
    {"IKE",
     "found 1 matching config, but none allows RSA signature authentication using Main Mode",
     LogFact::kMethodNotAllowed,
     {"1", "RSA signature", "Main"}},
    {"IKE",
     "found 2 matching configs, but none allows RSA signature authentication using Main Mode",
     LogFact::kMethodNotAllowed,
     {"2", "RSA signature", "Main"}},
    {"IKE", "Aggressive Mode PSK disabled for security reasons", LogFact::kAggressiveRefused},
    {"IKE",
     "no shared key found for 203.0.113.10 - 203.0.113.23",
     LogFact::kNoKey,
     {"203.0.113.10 - 203.0.113.23"}},
    {"ENC", "invalid ID_V1 payload length, decryption failed?", LogFact::kUndecryptable, {"ID_V1"}},
    {"ENC", "could not decrypt payloads", LogFact::kUndecryptable},
    {"ENC", "received fragment #1, waiting for complete IKE message", LogFact::kFragment, {"1"}},
    {"ENC",
     "received fragment #1 of 2, waiting for complete IKE message",
     LogFact::kFragment,
     {"1 of 2"}},
    {"ENC",
     "received fragment #2, reassembled fragmented IKE message (1412 bytes)",
     LogFact::kFragmentsComplete,
     {"2"}},
    {"IKE", "received end entity cert \"CN=laptop\"", LogFact::kPeerCertificate, {"CN=laptop"}},
    {"CFG", "no issuer certificate found for \"CN=foreign\"", LogFact::kNoIssuer, {"CN=foreign"}},
    {"CFG",
     "subject certificate invalid (valid from Nov 26 03:12:00 2026 to Nov 27 03:12:00 2026)",
     LogFact::kCertificateNotValid,
     {"subject", "Nov 26 03:12:00 2026", "Nov 27 03:12:00 2026"}},
    {"CFG",
     "certificate was revoked on Nov 27 03:12:00 UTC 2026, reason: key compromise",
     LogFact::kCertificateRevoked,
     {"Nov 27 03:12:00 UTC 2026"}},
    {"IKE",
     "no trusted RSA public key found for 'CN=foreign'",
     LogFact::kNoTrustedKey,
     {"RSA", "CN=foreign"}},
    {"IKE",
     "signature validation failed, looking for another key",
     LogFact::kSignatureInvalid,
     {"looking for another key"}},
    {"IKE",
     "tried 1 shared key for '203.0.113.10' - 'bob', but MAC mismatched",
     LogFact::kMacMismatch,
     {"1", "", "'203.0.113.10' - 'bob'"}},
    {"IKE",
     "authentication of 'CN=laptop' with RSA_EMSA_PKCS1_NULL successful",
     LogFact::kAuthenticated,
     {"CN=laptop", "RSA_EMSA_PKCS1_NULL"}},
    {"IKE",
     "IKE_SA sallyport[7] established between 203.0.113.10[203.0.113.10]...203.0.113.23[client3]",
     LogFact::kEstablished,
     {"sallyport[7]"}},
    {"IKE",
     "detected reauth of existing IKE_SA, adopting 1 children and 0 virtual IPs",
     LogFact::kAdopted,
     {"1"}},
    {"IKE", "no matching proposal found, sending NO_PROPOSAL_CHOSEN", LogFact::kNoEspProposal},
    {"IKE", "no acceptable proposal found", LogFact::kNoEspProposal},
    {"IKE",
     "no matching CHILD_SA config found for 203.0.113.23/32[udp/l2f] === "
     "203.0.113.10/32[udp/1702]",
     LogFact::kNoTrafficSelectors,
     {"203.0.113.23/32[udp/l2f]", "203.0.113.10/32[udp/1702]"}},
    {"IKE",
     "unable to install inbound and outbound IPsec SA (SAD) in kernel",
     LogFact::kNotInstalled,
     {"inbound and outbound"}},
    {"KNL",
     "received netlink error: Protocol not supported (93)",
     LogFact::kNetlinkError,
     {"Protocol not supported (93)"}},
    {"IKE",
     "CHILD_SA l2tp{2} established with SPIs c1f0a2b3_i 0e01d4aa_o and TS 203.0.113.10/32 === "
     "203.0.113.23/32",
     LogFact::kChildEstablished,
     {"l2tp{2}"}},
    {"IKE",
     "received AUTHENTICATION_FAILED error notify",
     LogFact::kErrorNotify,
     {"AUTHENTICATION_FAILED"}},
    {"IKE", "received DELETE for IKE_SA cert[9]", LogFact::kPeerDeleted, {"cert[9]"}},
    {"JOB",
     "deleting half open IKE_SA with 203.0.113.1 after timeout",
     LogFact::kHalfOpenTimeout,
     {"203.0.113.1"}},
    {"NET",
     "ignoring IKE_SA setup from 203.0.113.1, per-IP half-open IKE_SA limit of 5 reached",
     LogFact::kHalfOpenLimit,
     {"203.0.113.1"}},
};

TEST(ReadLogLine, EveryLineThatTellsSomething) {
  for (const Line& line : kLines) {
    const auto reading = ReadLogLine(line.group, line.text);
    ASSERT_TRUE(reading) << line.text;
    EXPECT_EQ(reading->fact, line.fact) << line.text;
    for (size_t i = 0; i < line.captures.size(); ++i) {
      EXPECT_EQ(reading->captures.at(i), line.captures[i]) << line.text;
    }
  }
}

TEST(ReadLogLine, TheGroupIsPartOfTheLine) {
  for (const Line& line : kLines) EXPECT_FALSE(ReadLogLine("XYZ", line.text)) << line.text;
}

TEST(ReadLogLine, OtherLinesTellNothing) {
  for (const std::string_view text :
       {"", "received XAuth vendor ID", "generating INFORMATIONAL_V1 request 1 [ N(NO_PROP) ]",
        "no proposal", "parsed ID_PROT request", "is initiating a Main Mode IKE_SA"}) {
    EXPECT_FALSE(ReadLogLine("IKE", text)) << text;
    EXPECT_FALSE(ReadLogLine("ENC", text)) << text;
  }
}

TEST(ReadLogLine, EveryTruncation_IsHarmless) {
  for (const Line& line : kLines) {
    for (size_t size = 0; size < line.text.size(); ++size) {
      (void)ReadLogLine(line.group, std::string(line.text.substr(0, size)));
    }
  }
}

TEST(ParseLogEvent, IsReadWhole) {
  const Message message = Message()
                              .Set("group", "IKE")
                              .Set("level", "1")
                              .Set("thread", "7")
                              .Set("ikesa-name", "sallyport")
                              .Set("ikesa-uniqueid", "12")
                              .Set("msg", "no proposal found");
  EXPECT_EQ(ParseLogEvent(message), (LogEvent{.group = "IKE",
                                              .ike = IkeUniqueId(12),
                                              .connection = "sallyport",
                                              .text = "no proposal found"}));
  const auto odd = ParseLogEvent(Message().Set("msg", "x").Set("ikesa-uniqueid", "12x"));
  ASSERT_TRUE(odd);
  EXPECT_FALSE(odd->ike);
  EXPECT_FALSE(ParseLogEvent(Message().Set("group", "IKE")));
}

TEST(FactOfAlert, KnowsTheTypes) {
  EXPECT_EQ(FactOfAlert("half-open-timeout"), LogFact::kHalfOpenTimeout);
  EXPECT_EQ(FactOfAlert("retransmit-send"), std::nullopt);
}

}  // namespace
}  // namespace sallyport::vici
