// SPDX-License-Identifier: GPL-2.0-or-later
// LCP's negotiation and packets, seen from the wire.
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

// Our first request: MRU 1400, MS-CHAPv2, Magic-Number 10111213.
constexpr std::string_view kOurRequest = "0104 0578  0305 c22381  0506 10111213";

TEST(LcpRequest, GoesOutAtStart) {
  TestLink link;
  EXPECT_THAT(link.Start(), ElementsAre(Sent(kLcp, kConfReq, 1, kOurRequest)));
  EXPECT_EQ(link.phase(), Phase::kEstablish);
  EXPECT_THAT(link.Start(), IsEmpty()) << "a second Start has no effect";
}

TEST(LcpRequest, IsRepeatedTenTimesUnchangedThenTheLinkEnds) {
  TestLink link;
  link.Start();
  for (int i = 0; i < 9; ++i) {
    EXPECT_THAT(link.Wait(seconds(3)), ElementsAre(Sent(kLcp, kConfReq, 1, kOurRequest))) << i;
  }
  EXPECT_THAT(link.Wait(seconds(3)), ElementsAre("END negotiation_timeout"));
}

TEST(LcpRequest, AckOpensTheLayerOnceTheirsIsAcknowledged) {
  TestLink link;
  link.Start();
  EXPECT_THAT(link.Receive(link.Ack(kLcp)), IsEmpty());
  const auto texts = link.Receive(Wire(kLcp, kConfReq, 9));
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_EQ(texts[0], Sent(kLcp, kConfAck, 9));
  EXPECT_EQ(texts[1], "ESTABLISHED ms-chap-v2 1500");
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
}

TEST(LcpRequest, AnswersWithAnotherIdentifierAreDropped) {
  TestLink link;
  link.Start();
  for (const uint8_t code : {kConfAck, kConfNak, kConfRej}) {
    EXPECT_THAT(link.Receive(Wire(kLcp, code, 2, kOurRequest)), IsEmpty());
  }
  EXPECT_EQ(link.Drops(DropReason::kWrongIdentifier), 3U);
}

TEST(LcpRequest, SecondCopyOfTheAckIsDropped) {
  TestLink link;
  link.OpenLcp();
  EXPECT_THAT(link.Receive(link.Ack(kLcp)), IsEmpty());
  EXPECT_EQ(link.phase(), Phase::kAuthenticate);
  EXPECT_EQ(link.Drops(DropReason::kWrongIdentifier), 1U);
}

TEST(LcpRequest, HasANewIdentifierOnceTheLastWasAnswered) {
  TestLink link;
  link.Start();
  link.Receive(link.Ack(kLcp));  // and no request of theirs comes
  EXPECT_THAT(link.Wait(seconds(3)), ElementsAre(Sent(kLcp, kConfReq, 2, kOurRequest)));
  EXPECT_THAT(link.Wait(seconds(3)), ElementsAre(Sent(kLcp, kConfReq, 2, kOurRequest)));
}

TEST(LcpRequest, AckOfOtherOptionsIsDropped) {
  TestLink link;
  link.Start();
  link.Receive(Wire(kLcp, kConfAck, 1, "0104 0578 0305 c22381"));                // one left out
  link.Receive(Wire(kLcp, kConfAck, 1, "0104 0578 0506 10111213 0305c22381"));   // another order
  link.Receive(Wire(kLcp, kConfAck, 1, "0104 0579 0305 c22381 0506 10111213"));  // another value
  link.Receive(Wire(kLcp, kConfAck, 1));
  EXPECT_EQ(link.Drops(DropReason::kMismatchedAnswer), 4U);
  link.Receive(Wire(kLcp, kConfReq, 1));
  EXPECT_EQ(link.phase(), Phase::kEstablish);
}

TEST(LcpRequest, RejectOfWhatWeDidNotAskIsDropped) {
  TestLink link;
  link.Start();
  link.Receive(Wire(kLcp, kConfRej, 1, "0702"));
  link.Receive(Wire(kLcp, kConfRej, 1, "0104 0577"));                // not our value
  link.Receive(Wire(kLcp, kConfRej, 1, "0506 10111213 0104 0578"));  // not our order
  link.Receive(Wire(kLcp, kConfRej, 1, "0104 0578 0104 0578"));      // twice
  link.Receive(Wire(kLcp, kConfRej, 1));
  link.Receive(Wire(kLcp, kConfNak, 1));
  EXPECT_EQ(link.Drops(DropReason::kMismatchedAnswer), 6U);
}

TEST(LcpRequest, RejectedOptionsAreLeftOut) {
  TestLink link;
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfRej, 1, "0104 0578 0506 10111213")),
              ElementsAre(Sent(kLcp, kConfReq, 2, "0305 c22381")));
}

TEST(LcpRequest, NakOfTheMruIsFollowedDownwardsOnly) {
  TestLink smaller;
  smaller.Start();
  EXPECT_THAT(smaller.Receive(Wire(kLcp, kConfNak, 1, "0104 0400")),
              ElementsAre(Sent(kLcp, kConfReq, 2, "0104 0400 0305c22381 0506 10111213")));
  for (const char* nak : {"0104 05dc", "0104 0040", "0104 0000"}) {
    TestLink link;
    link.Start();
    EXPECT_THAT(link.Receive(Wire(kLcp, kConfNak, 1, nak)),
                ElementsAre(Sent(kLcp, kConfReq, 2, "0305c22381 0506 10111213")))
        << nak;
  }
}

TEST(LcpRequest, NakWithBadLengthOrUnknownOptionChangesNothingInIt) {
  TestLink link;
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfNak, 1, "0103 04 0d03 06")),
              ElementsAre(Sent(kLcp, kConfReq, 2, kOurRequest)));
}

TEST(LcpRequest, NakOfTheMagicNumberBringsANewOne) {
  TestLink link;
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfNak, 1, "0506 99999999")),
              ElementsAre(Sent(kLcp, kConfReq, 2, "0104 0578 0305c22381 0506 20212223")));
}

LinkConfig AllMethods() {
  LinkConfig config;
  config.auth = {AuthMethod::kMsChapV2, AuthMethod::kChapMd5, AuthMethod::kPap};
  return config;
}

TEST(LcpAuthentication, NakNamingAnAllowedMethodIsFollowed) {
  TestLink link(AllMethods());
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfNak, 1, "0304 c023")),
              ElementsAre(Sent(kLcp, kConfReq, 2, "0104 0578 0304c023 0506 10111213")));
}

TEST(LcpAuthentication, NakNamingAMethodNotAllowedLeadsToTheNext) {
  TestLink link(AllMethods());
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfNak, 1, "0304 c227")),  // EAP
              ElementsAre(Sent(kLcp, kConfReq, 2, "0104 0578 0305c22305 0506 10111213")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfNak, 2, "0305 c22380")),  // MS-CHAPv1
              ElementsAre(Sent(kLcp, kConfReq, 3, "0104 0578 0304c023 0506 10111213")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfNak, 3, "0305 c22381")),  // which it refused before
              ElementsAre(Sent(kLcp, kTermReq, 4, Hex("the peer takes no method that we demand"))));
  EXPECT_THAT(link.Receive(Wire(kLcp, kTermAck, 4)), ElementsAre("END authentication_refused"));
}

TEST(LcpAuthentication, RejectEndsTheLinkWithTerminateRequest) {
  TestLink link;
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfRej, 1, "0305 c22381")),
              ElementsAre(Sent(kLcp, kTermReq, 2, Hex("the peer takes no method that we demand"))));
  EXPECT_EQ(link.phase(), Phase::kTerminate);
  EXPECT_THAT(link.Wait(seconds(6)),
              ElementsAre(Sent(kLcp, kTermReq, 3, Hex("the peer takes no method that we demand")),
                          "END authentication_refused"));
}

// What the peer's option gets for an answer: the code and the options in it.
struct OptionCase {
  const char* name;
  const char* request;
  uint8_t code;
  const char* answer;
};

class LcpOption : public testing::TestWithParam<OptionCase> {};

TEST_P(LcpOption, IsAnsweredAsTheRfcSays) {
  const auto& param = GetParam();
  TestLink link;
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 0x42, param.request)),
              ElementsAre(Sent(kLcp, param.code, 0x42, param.answer)));
}

// The second call's entropy is 10, 11, .. so the Magic-Number that we propose is 20212223.
INSTANTIATE_TEST_SUITE_P(
    All, LcpOption,
    testing::Values(
        OptionCase{"None", "", kConfAck, ""},
        OptionCase{"Mru1400", "0104 0578", kConfAck, "0104 0578"},
        OptionCase{"MruSmallest", "0104 0080", kConfAck, "0104 0080"},
        OptionCase{"MruTooSmall", "0104 007f", kConfNak, "0104 0080"},
        OptionCase{"MruZero", "0104 0000", kConfNak, "0104 0080"},
        OptionCase{"MruLargerThanDefault", "0104 2328", kConfAck, "0104 2328"},
        OptionCase{"MruBadLength", "0103 05", kConfNak, "0104 0080"},
        OptionCase{"MruTwice", "0104 0578 0104 0500", kConfRej, "0104 0500"},
        OptionCase{"AccmZero", "0206 00000000", kConfAck, "0206 00000000"},
        OptionCase{"AccmAll", "0206 ffffffff", kConfAck, "0206 ffffffff"},
        OptionCase{"AccmBadLength", "0204 0000", kConfNak, "0206 00000000"},
        OptionCase{"AuthenticateUsPap", "0304 c023", kConfRej, "0304 c023"},
        OptionCase{"AuthenticateUsMsChap", "0305 c22381", kConfRej, "0305 c22381"},
        OptionCase{"QualityProtocol", "0408 c025 00000064", kConfRej, "0408 c025 00000064"},
        OptionCase{"Magic", "0506 deadbeef", kConfAck, "0506 deadbeef"},
        OptionCase{"MagicZero", "0506 00000000", kConfNak, "0506 20212223"},
        OptionCase{"MagicOurs", "0506 10111213", kConfNak, "0506 20212223"},
        OptionCase{"MagicBadLength", "0505 deadbe", kConfNak, "0506 20212223"},
        OptionCase{"Pfc", "0702", kConfRej, "0702"}, OptionCase{"Acfc", "0802", kConfRej, "0802"},
        OptionCase{"Callback", "0d03 06", kConfRej, "0d03 06"},
        OptionCase{"MultilinkOfWindows",
                   "1104 064e 1317 01 2ad53c1ed5c64dbc9da3cc1f9c7d6ae000000000", kConfRej,
                   "1104 064e 1317 01 2ad53c1ed5c64dbc9da3cc1f9c7d6ae000000000"},
        OptionCase{"ShortSequence", "1202", kConfRej, "1202"},
        OptionCase{"VendorSpecific", "0006 00000c01", kConfRej, "0006 00000c01"},
        OptionCase{"EmptyUnknown", "ff02", kConfRej, "ff02"},
        OptionCase{"RejectsOnlyTheBadInTheirOrder",
                   "0104 0578 0d03 06 0506 deadbeef 0802 0702 0304 c023", kConfRej,
                   "0d03 06 0802 0702 0304 c023"},
        OptionCase{"RejectGoesBeforeNak", "0104 0001 0702", kConfRej, "0702"},
        OptionCase{"NaksAllThatItCan", "0104 0001 0206 00000000 0506 00000000", kConfNak,
                   "0104 0080 0506 20212223"}),
    [](const auto& test) { return test.param.name; });

TEST(LcpOptions, ProtocolFieldCompressionWhereItIsWanted) {
  LinkConfig config = ConfigWith(AuthMethod::kPap);
  config.protocol_field_compression = true;
  TestLink link(config);
  EXPECT_THAT(link.Start(),
              ElementsAre(Sent(kLcp, kConfReq, 1, "0104 0578 0304c023 0506 10111213 0702")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 1, "0702 0802")),
              ElementsAre(Sent(kLcp, kConfRej, 1, "0802")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 2, "0703 00")),
              ElementsAre(Sent(kLcp, kConfRej, 2, "0703 00")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 3, "0702 0702")),
              ElementsAre(Sent(kLcp, kConfRej, 3, "0702")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 4, "0702")),
              ElementsAre(Sent(kLcp, kConfAck, 4, "0702")));
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfRej, 1, "0702")),
              ElementsAre(Sent(kLcp, kConfReq, 2, "0104 0578 0304c023 0506 10111213")));
}

TEST(LcpOptions, MalformedRequestIsDroppedWhole) {
  TestLink link;
  link.Start();
  for (const char* options : {"0100", "0101", "0105 0578", "0104 0578 07"}) {
    EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 1, options)), IsEmpty()) << options;
  }
  EXPECT_EQ(link.Drops(DropReason::kBadOption), 4U);
}

TEST(LcpOptions, AfterMaxFailureNaksTurnIntoRejects) {
  TestLink link;
  link.Start();
  for (uint8_t i = 1; i <= 5; ++i) {
    EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, i, "0104 0040")),
                ElementsAre(Sent(kLcp, kConfNak, i, "0104 0080")));
  }
  EXPECT_THAT(link.Receive(Wire(kLcp, kConfReq, 6, "0104 0040")),
              ElementsAre(Sent(kLcp, kConfRej, 6, "0104 0040")));
}

TEST(LcpOptions, LargerMruIsGrantedAndNotUsed) {
  TestLink link;
  const auto texts = link.OpenLcp("0104 2328");  // 9000
  ASSERT_GE(texts.size(), 2U);
  EXPECT_EQ(texts[1], "ESTABLISHED ms-chap-v2 1500");
}

TEST(LcpOptions, OptionLeftOutHasItsDefaultAgain) {
  TestLink link;
  link.Start();
  link.Receive(Wire(kLcp, kConfReq, 1, "0104 0500"));  // MRU 1280: acknowledged
  link.Receive(Wire(kLcp, kConfReq, 2));               // and asked anew without
  const auto texts = link.Receive(link.Ack(kLcp));
  ASSERT_FALSE(texts.empty());
  EXPECT_EQ(texts[0], "ESTABLISHED ms-chap-v2 1500");
}

TEST(LcpLoop, EveryFrameComingBackEndsInLoopback) {
  TestLink link;
  Texts texts = link.Start();
  Texts all;
  std::vector<std::vector<uint8_t>> line = link.frames();
  for (int steps = 0; steps < 50 && !line.empty(); ++steps) {
    std::vector<std::vector<uint8_t>> next;
    for (const auto& frame : line) {
      for (const auto& text : link.Receive(frame)) all.push_back(text);
      next.insert(next.end(), link.frames().begin(), link.frames().end());
    }
    line = std::move(next);
  }
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back(), "END loopback");
}

TEST(LcpLoop, OneCollisionOfMagicNumbersIsNoLoop) {
  TestLink link;
  link.Start();
  link.Receive(Wire(kLcp, kConfReq, 1, "0506 10111213"));
  link.Receive(Wire(kLcp, kConfNak, 1, "0506 77777777"));
  link.Receive(Wire(kLcp, kConfReq, 2, "0506 88888888"));
  const auto texts = link.Receive(link.Ack(kLcp));
  ASSERT_FALSE(texts.empty());
  EXPECT_EQ(texts[0], "ESTABLISHED ms-chap-v2 1500");
}

class LcpOpened : public testing::Test {
 protected:
  LcpOpened() : link_(ConfigWith(AuthMethod::kPap)) { link_.OpenLcp("0104 0200 0506 0a0b0c0d"); }
  TestLink link_;  // the peer's MRU is 512, its Magic-Number 0a0b0c0d; ours is 10111213
};

TEST_F(LcpOpened, EchoRequestIsAnsweredWithOurMagicAndTheData) {
  EXPECT_THAT(link_.Receive(Wire(kLcp, kEchoReq, 7, "0a0b0c0d 68656c6c6f")),
              ElementsAre(Sent(kLcp, kEchoRep, 7, "10111213 68656c6c6f")));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kEchoReq, 8, "00000000")),
              ElementsAre(Sent(kLcp, kEchoRep, 8, "10111213")));
}

TEST_F(LcpOpened, EchoReplyIsCutToThePeersMru) {
  const auto texts =
      link_.Receive(Wire(kLcp, kEchoReq, 7, "0a0b0c0d" + std::string(2 * 1000, '5')));
  EXPECT_THAT(texts, ElementsAre(Sent(kLcp, kEchoRep, 7, "10111213" + std::string(2 * 504, '5'))));
}

TEST_F(LcpOpened, EchoWithOurOwnMagicIsDropped) {
  EXPECT_THAT(link_.Receive(Wire(kLcp, kEchoReq, 7, "10111213")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kLoopedBack), 1U);
}

TEST_F(LcpOpened, EchoWithoutAMagicNumberIsDropped) {
  for (const char* data : {"", "0a", "0a0b0c"}) {
    EXPECT_THAT(link_.Receive(Wire(kLcp, kEchoReq, 7, data)), IsEmpty());
  }
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 3U);
}

TEST_F(LcpOpened, DiscardIdentificationAndTimeRemainingAreSwallowed) {
  EXPECT_THAT(link_.Receive(Wire(kLcp, kDiscard, 1, "0a0b0c0d ffff")), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kLcp, kIdentification, 2, "0a0b0c0d" + Hex("MSRASV5.20"))),
              IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTimeRemaining, 3, "0a0b0c0d 0000003c")), IsEmpty());
  EXPECT_EQ(link_.AllDrops(), 0U);
}

TEST_F(LcpOpened, UnknownCodeGetsCodeRejectWithACopy) {
  EXPECT_THAT(link_.Receive(Wire(kLcp, 14, 9, "0102")),
              ElementsAre(Sent(kLcp, kCodeRej, 2, "0e09 0006 0102")));
  EXPECT_THAT(link_.Receive(Wire(kLcp, 0, 10)), ElementsAre(Sent(kLcp, kCodeRej, 3, "000a 0004")))
      << "each has an Identifier of its own";
}

TEST_F(LcpOpened, CodeRejectIsCutToThePeersMru) {
  link_.Receive(Wire(kLcp, 200, 9, std::string(2 * 1000, '5')));
  ASSERT_EQ(link_.frames().size(), 1U);
  EXPECT_EQ(link_.frames()[0].size(), 2U + 512U);
}

TEST_F(LcpOpened, CodeRejectOfAnAutomatonCodeEndsTheLink) {
  const auto texts = link_.Receive(Wire(kLcp, kCodeRej, 1, "0101 0004"));
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(link_.frames()[0][2], kTermReq);
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END not_converging"));
}

TEST_F(LcpOpened, CodeRejectOfAnEchoIsHarmless) {
  EXPECT_THAT(link_.Receive(Wire(kLcp, kCodeRej, 1, "0901 0008 10111213")), IsEmpty());
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
  EXPECT_THAT(link_.Receive(Wire(kLcp, kCodeRej, 1)), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 1U);
}

TEST_F(LcpOpened, ProtocolRejectOfLcpEndsTheLink) {
  link_.Receive(Wire(kLcp, kProtRej, 1, "c021 0101"));
  EXPECT_EQ(link_.phase(), Phase::kTerminate);
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END not_converging"));
}

TEST_F(LcpOpened, ProtocolRejectOfTheAuthenticationEndsTheLink) {
  link_.Receive(Wire(kLcp, kProtRej, 1, "c223 0101"));
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate) << "not the one agreed on";
  link_.Receive(Wire(kLcp, kProtRej, 1, "c023 0101"));
  EXPECT_THAT(link_.Receive(Wire(kLcp, kTermAck, 2)), ElementsAre("END authentication_refused"));
}

TEST_F(LcpOpened, ProtocolRejectOfOthersIsIgnored) {
  EXPECT_THAT(link_.Receive(Wire(kLcp, kProtRej, 1, "8057 0101")), IsEmpty());
  EXPECT_THAT(link_.Receive(Wire(kLcp, kProtRej, 1, "80")), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kBadLength), 1U);
  EXPECT_EQ(link_.phase(), Phase::kAuthenticate);
}

TEST(LcpNotOpened, EchoAndProtocolRejectGetNoAnswer) {
  TestLink link;
  link.Start();
  for (const uint8_t code :
       {kProtRej, kEchoReq, kEchoRep, kDiscard, kIdentification, kTimeRemaining}) {
    EXPECT_THAT(link.Receive(Wire(kLcp, code, 1, "c0210102")), IsEmpty());
  }
  EXPECT_EQ(link.Drops(DropReason::kLayerNotOpen), 6U);
}

TEST(LcpNotOpened, UnknownCodeGetsCodeReject) {
  TestLink link;
  link.Start();
  EXPECT_THAT(link.Receive(Wire(kLcp, 15, 3)), ElementsAre(Sent(kLcp, kCodeRej, 2, "0f03 0004")));
}

TEST(LcpEcho, FourUnansweredEndTheLink) {
  LinkConfig config = ConfigWith(AuthMethod::kPap);
  TestLink link(config);
  link.LogInWithPap();
  link.OpenIpcp();
  for (int i = 0; i < 4; ++i) {
    const auto texts = link.Wait(seconds(30));
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_EQ(link.frames()[0][2], kEchoReq);
    EXPECT_EQ(ToHex(std::span(link.frames()[0]).subspan(6)), "10111213");
  }
  EXPECT_THAT(link.Wait(seconds(30)), ElementsAre("DOWN", "END echo_timeout"));
}

TEST(LcpEcho, AReplyOrAnyLifeStartsTheCountAnew) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.LogInWithPap();
  link.OpenIpcp();
  for (int i = 0; i < 20; ++i) {
    link.Wait(seconds(90));  // three unanswered
    EXPECT_EQ(link.phase(), Phase::kNetwork);
    if (i % 2 == 0) {
      link.Receive(Wire(kLcp, kEchoRep, 1, "00000000"));
    } else {
      link.Handle(ProofOfLife{});
    }
  }
}

TEST(LcpEcho, OurOwnEchoComingBackIsNoLife) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  link.LogInWithPap();
  link.OpenIpcp();
  Texts texts;
  for (int i = 0; i < 5; ++i) {
    texts = link.Wait(seconds(30));
    if (!link.frames().empty()) link.Receive(link.frames()[0]);
  }
  EXPECT_THAT(texts, ElementsAre("DOWN", "END echo_timeout"));
}

TEST(LcpEcho, IntervalZeroSendsNone) {
  LinkConfig config = ConfigWith(AuthMethod::kPap);
  config.echo_interval = seconds(0);
  TestLink link(config);
  link.LogInWithPap();
  link.OpenIpcp();
  EXPECT_FALSE(link.NextDeadline().has_value());
  EXPECT_THAT(link.Wait(seconds(3600)), IsEmpty());
}

}  // namespace
}  // namespace sallyport::ppp
