// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_attempts.h"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

using std::chrono::seconds;

class StrongswanAttemptsTest : public testing::Test {
 protected:
  struct Line {
    std::string_view group;
    std::string_view text;
  };

  /// Lines of one exchange, a tenth of a second apart.
  void Say(uint32_t ike, std::initializer_list<Line> lines, std::string connection = "(unnamed)") {
    for (const Line& line : lines) {
      now_ += std::chrono::milliseconds(100);
      attempts_.HandleLog({.group = std::string(line.group),
                           .ike = vici::IkeUniqueId(ike),
                           .connection = connection,
                           .text = std::string(line.text)},
                          now_);
    }
  }
  std::vector<FailedAttempt> After(seconds wait) {
    now_ += wait;
    std::vector<FailedAttempt> failed;
    attempts_.HandleTimeout(now_, failed);
    return failed;
  }
  /// Main mode of a PSK client without NAT, up to the key exchange.
  void MainMode(uint32_t ike) {
    Say(ike, {{"NET", "received packet: from 203.0.113.23[500] to 203.0.113.10[500] (180 bytes)"},
              {"ENC", "parsed ID_PROT request 0 [ SA V V V V V ]"},
              {"IKE", "203.0.113.23 is initiating a Main Mode IKE_SA"},
              {"CFG",
               "selected proposal: IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/"
               "MODP_2048"},
              {"NET", "received packet: from 203.0.113.23[500] to 203.0.113.10[500] (372 bytes)"},
              {"ENC", "parsed ID_PROT request 0 [ KE No NAT-D NAT-D ]"}});
  }
  void Establish(uint32_t ike) {
    MainMode(ike);
    Say(ike,
        {{"ENC", "parsed ID_PROT request 0 [ ID HASH ]"},
         {"CFG",
          "looking for pre-shared key peer configs matching "
          "203.0.113.10...203.0.113.23[203.0.113.23]"},
         {"IKE",
          "IKE_SA sallyport[1] established between "
          "203.0.113.10[203.0.113.10]...203.0.113.23[203.0.113.23]"}},
        "sallyport");
  }

  TimePoint now_{seconds(1000)};
  StrongswanAttempts attempts_;
};

TEST_F(StrongswanAttemptsTest, NoCommonProposal_SaysWhatWasOfferedAndWhatIsAccepted) {
  Say(1, {{"NET", "received packet: from 203.0.113.23[500] to 203.0.113.10[500] (180 bytes)"},
          {"ENC", "parsed ID_PROT request 0 [ SA V V V V V ]"},
          {"IKE", "203.0.113.23 is initiating a Main Mode IKE_SA"},
          {"CFG", "received proposals: IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024"},
          {"CFG", "configured proposals: IKE:AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048"},
          {"IKE", "no proposal found"}});
  EXPECT_TRUE(After(seconds(1)).empty());
  const auto failed = After(StrongswanAttempts::kSettle);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].peer, (IpEndpoint{*IpAddress::Parse("203.0.113.23"), 500}));
  EXPECT_EQ(failed[0].stage, AttemptStage::kIke);
  EXPECT_EQ(failed[0].reason, AttemptReason::kNoIkeProposal);
  EXPECT_EQ(failed[0].detail,
            "the client offers IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024; we accept "
            "IKE:AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048");
  EXPECT_EQ(failed[0].steps, (std::vector<std::string>{"it began IKEv1 main mode"}));
  EXPECT_TRUE(After(seconds(600)).empty());
  EXPECT_EQ(attempts_.size(), 0U);
}

TEST_F(StrongswanAttemptsTest, WrongKey_IsToldOfOnceThoughTheClientRepeatsItself) {
  MainMode(1);
  for (int i = 0; i < 4; ++i) {
    Say(1, {{"ENC", "invalid ID_V1 payload length, decryption failed?"},
            {"ENC", "could not decrypt payloads"},
            {"IKE", "message parsing failed"},
            {"IKE", "ID_PROT request with message ID 0 processing failed"}});
    const auto failed = After(seconds(3));
    ASSERT_EQ(failed.size(), i == 0 ? 1U : 0U);
    if (i > 0) continue;
    EXPECT_EQ(failed[0].reason, AttemptReason::kWrongKey);
    EXPECT_EQ(failed[0].stage, AttemptStage::kIkeAuthentication);
  }
  Say(1, {{"JOB", "deleting half open IKE_SA with 203.0.113.23 after timeout"}});
  EXPECT_TRUE(After(seconds(600)).empty());
}

TEST_F(StrongswanAttemptsTest, Port4500Blocked_IsSeenByTheSilenceBehindANat) {
  MainMode(1);
  Say(1, {{"IKE", "remote host is behind NAT"},
          {"JOB", "deleting half open IKE_SA with 203.0.113.23 after timeout"}});
  const auto failed = After(seconds(3));
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, AttemptReason::kPort4500Blocked);
  EXPECT_EQ(failed[0].stage, AttemptStage::kIke);
}

TEST_F(StrongswanAttemptsTest, SilenceOtherwise_IsNotBlamedOnPort4500) {
  MainMode(1);
  Say(1, {{"JOB", "deleting half open IKE_SA with 203.0.113.23 after timeout"}});
  MainMode(2);
  Say(2, {{"IKE", "remote host is behind NAT"},
          {"NET", "received packet: from 203.0.113.23[4500] to 203.0.113.10[4500] (508 bytes)"},
          {"ENC", "received fragment #1, waiting for complete IKE message"},
          {"JOB", "deleting half open IKE_SA with 203.0.113.23 after timeout"}});
  const auto failed = After(seconds(3));
  ASSERT_EQ(failed.size(), 2U);
  EXPECT_EQ(failed[0].reason, AttemptReason::kIkeUnanswered);
  EXPECT_EQ(failed[1].reason, AttemptReason::kIkeFragmentsLost);
}

TEST_F(StrongswanAttemptsTest, ACertificateOfAnotherCa_IsNamedWithItsIssuer) {
  MainMode(1);
  Say(1, {{"IKE", "received end entity cert \"CN=foreign\""},
          {"CFG",
           "looking for RSA signature peer configs matching "
           "203.0.113.10...203.0.113.23[CN=foreign]"},
          {"CFG", "no issuer certificate found for \"CN=foreign\""},
          {"CFG", "  issuer is \"CN=otherca\""},
          {"IKE", "no trusted RSA public key found for 'CN=foreign'"}});
  const auto failed = After(seconds(3));
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, AttemptReason::kCertificateIssuer);
  EXPECT_EQ(failed[0].identity, "CN=foreign");
  EXPECT_EQ(failed[0].detail, "CN=foreign, issuer CN=otherca");
}

TEST_F(StrongswanAttemptsTest, AnExpiredCertificate_IsSo) {
  MainMode(1);
  Say(1, {{"CFG", "  subject certificate invalid (valid from Nov 26 to Nov 27)"},
          {"IKE", "no trusted RSA public key found for 'CN=old'"}});
  const auto failed = After(seconds(3));
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, AttemptReason::kCertificateTime);
}

TEST_F(StrongswanAttemptsTest, AClientThatLeavesAfterOurCertificate_DoesNotLikeIt) {
  MainMode(1);
  Say(1, {{"IKE", "received end entity cert \"CN=laptop\""},
          {"IKE", "IKE_SA sallyport[1] established between 203.0.113.10[a]...203.0.113.23[b]"},
          {"IKE", "received DELETE for IKE_SA sallyport[1]"}});
  const auto failed = After(seconds(3));
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, AttemptReason::kOurCertificateRefused);
}

TEST_F(StrongswanAttemptsTest, QuickMode_IsTriedAgainOnTheSameIkeSa) {
  Establish(1);
  for (const std::string_view parsed : {"parsed QUICK_MODE request 7 [ HASH SA No ID ID ]",
                                        "parsed QUICK_MODE request 7 [ HASH SA No ID ID ]",
                                        "parsed QUICK_MODE request 8 [ HASH SA No ID ID ]"}) {
    Say(1, {{"ENC", parsed}, {"IKE", "no matching proposal found, sending NO_PROPOSAL_CHOSEN"}},
        "sallyport");
  }
  const auto failed = After(seconds(3));
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, AttemptReason::kNoEspProposal);
  EXPECT_EQ(failed[0].stage, AttemptStage::kQuickMode);
  EXPECT_EQ(failed[0].identity, "203.0.113.23");
  Say(1,
      {{"ENC", "parsed QUICK_MODE request 9 [ HASH SA No ID ID ]"},
       {"IKE", "no matching CHILD_SA config found for a === b"}},
      "sallyport");
  EXPECT_EQ(After(seconds(3)).at(0).reason, AttemptReason::kTrafficSelectors);
}

TEST_F(StrongswanAttemptsTest, WhoGetsItsSas_DidNotFail) {
  Establish(1);
  Say(1,
      {{"IKE", "CHILD_SA l2tp{1} established with SPIs c1_i c2_o and TS a === b"},
       {"IKE", "received DELETE for IKE_SA sallyport[1]"}},
      "sallyport");
  Establish(2);
  Say(2, {{"IKE", "detected reauth of existing IKE_SA, adopting 1 children and 0 virtual IPs"}},
      "sallyport");
  EXPECT_TRUE(After(seconds(600)).empty());
}

TEST_F(StrongswanAttemptsTest, MainModeWithoutQuickMode_IsNoticedAfterAWhile) {
  Establish(1);
  EXPECT_TRUE(After(StrongswanAttempts::kQuickModeLimit - seconds(1)).empty());
  const auto failed = After(seconds(2));
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, AttemptReason::kNoQuickMode);
}

TEST_F(StrongswanAttemptsTest, WhatIsNotOurs_IsLeftAlone) {
  MainMode(1);
  Say(1, {{"IKE", "no shared key found for a - b"}}, "somebody-elses");
  Say(2, {{"IKE", "initiating Main Mode IKE_SA sallyport-dial-hq[2] to 203.0.113.23"},
          {"IKE", "no proposal found"}});
  EXPECT_TRUE(After(seconds(600)).empty());
}

TEST_F(StrongswanAttemptsTest, AnAddressThatIsIgnored_NeedsNoExchange) {
  attempts_.HandleLog({.group = "NET",
                       .ike = {},
                       .connection = {},
                       .text = "ignoring IKE_SA setup from 203.0.113.1, per-IP half-open IKE_SA "
                               "limit of 5 reached"},
                      now_);
  const auto failed = After(seconds(0));
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, AttemptReason::kTooManyHalfOpen);
  EXPECT_NE(HintOf(failed[0]).find("charon.block_threshold"), std::string_view::npos);
}

TEST_F(StrongswanAttemptsTest, WithoutALog_TheEndAloneIsTold) {
  attempts_.HandleEnded(vici::IkeUniqueId(9), {IpAddress::V4(1), 500}, "bob", "it ended", now_);
  const auto failed = After(seconds(3));
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, AttemptReason::kIkeEnded);
  EXPECT_NE(HintOf(failed[0]).find("journalctl -u strongswan"), std::string_view::npos);
  EXPECT_EQ(failed[0].identity, "bob");
}

TEST_F(StrongswanAttemptsTest, ALineThatTheEndOvertakes_StillTellsTheReason) {
  MainMode(9);
  attempts_.HandleEnded(vici::IkeUniqueId(9), {IpAddress::V4(1), 500}, "bob", "it ended", now_);
  Say(9, {{"CFG", "subject certificate invalid (valid from A to B)"},
          {"IKE", "no trusted RSA public key found for 'bob'"}});
  const auto failed = After(seconds(3));
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, AttemptReason::kCertificateTime);
}

TEST_F(StrongswanAttemptsTest, TheEnd_DoesNotCoverAReasonThatTheLogGave) {
  MainMode(9);
  Say(9, {{"CFG", "subject certificate invalid (valid from A to B)"}});
  attempts_.HandleEnded(vici::IkeUniqueId(9), {IpAddress::V4(1), 500}, "bob", "it ended", now_);
  Say(9, {{"IKE", "no trusted RSA public key found for 'bob'"}});
  EXPECT_EQ(After(seconds(3)).at(0).reason, AttemptReason::kCertificateTime);
}

TEST_F(StrongswanAttemptsTest, AnAlert_IsAsGoodAsALine) {
  vici::IkeSa ike;
  ike.unique_id = vici::IkeUniqueId(4);
  ike.connection = "(unnamed)";
  ike.remote.endpoint = {IpAddress::V4(1), 500};
  attempts_.HandleAlert({.type = "proposal-mismatch-ike", .ike = ike}, now_);
  ASSERT_EQ(After(seconds(3)).size(), 1U);
}

TEST_F(StrongswanAttemptsTest, AFlood_IsBounded) {
  for (uint32_t ike = 1; ike <= StrongswanAttempts::kMaxExchanges + 100; ++ike) {
    Say(ike, {{"IKE", "203.0.113.23 is initiating a Main Mode IKE_SA"}});
  }
  EXPECT_EQ(attempts_.size(), StrongswanAttempts::kMaxExchanges);
}

}  // namespace
}  // namespace sallyport::daemon
