// SPDX-License-Identifier: GPL-2.0-or-later
// Peers that never come to an end (RFC 1661 §4.6). Whoever negotiates is dropped after a bounded
// number of packets; whoever only floods gets no more out of us than he puts in.
#include <array>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "base/text.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;
using Bytes = std::vector<uint8_t>;

constexpr size_t kFlood = 2000;  // packets of a peer that does not tire

/// Where the link is when the peer begins.
enum class Stage { kStarted, kLcpOpen, kLoggedIn, kUp };

struct Peer {
  const char* name;
  Stage stage;
  /// The `i`-th packet that it sends, with the link's last frames before it.
  std::function<Bytes(const TestLink& link, size_t i)> next;
};

TestLink& Bring(TestLink& link, Stage stage) {
  switch (stage) {
    case Stage::kStarted:
      link.Start();
      break;
    case Stage::kLcpOpen:
      link.OpenLcp();
      break;
    case Stage::kLoggedIn:
      link.LogInWithPap();
      break;
    case Stage::kUp:
      link.LogInWithPap();
      link.OpenIpcp();
      break;
  }
  return link;
}

uint8_t Octet(size_t i) { return static_cast<uint8_t>(i); }

struct Total {
  size_t frames = 0;
  size_t octets = 0;
};

/// Lets the peer send `count` packets in no time. `per_packet`: the most frames that one of them
/// may bring out of us.
Total Flood(TestLink& link, const Peer& peer, size_t count, size_t per_packet) {
  Total sent;
  for (size_t i = 0; i < count; ++i) {
    link.Receive(peer.next(link, i));
    EXPECT_LE(link.frames().size(), per_packet) << i;
    sent.frames += link.frames().size();
    for (const auto& frame : link.frames()) sent.octets += frame.size();
  }
  return sent;
}

// ---- Those who negotiate ----------------------------------------------------------------------

class Negotiator : public testing::TestWithParam<Peer> {};

// A Configure-Request that makes LCP leave Opened is answered by two packets (RFC 1661 §4.1), and
// so is one that makes it open, by the Ack and a challenge. 40 requests are the limit each way.
TEST_P(Negotiator, IsDroppedAfterABoundedNumberOfPackets) {
  TestLink link(ConfigWith(AuthMethod::kPap));
  Bring(link, GetParam().stage);
  const Total sent = Flood(link, GetParam(), kFlood, 2);
  EXPECT_LE(sent.frames, 90U);
  // What it leaves open a timer ends: of our requests, of its goodbye, or of ours.
  link.Wait(seconds(40));
  EXPECT_EQ(link.phase(), Phase::kDead);
}

INSTANTIATE_TEST_SUITE_P(
    All, Negotiator,
    testing::Values(
        Peer{"AsksForWhatWeReject", Stage::kStarted,
             [](const TestLink&, size_t i) { return Wire(kLcp, kConfReq, Octet(i), "0702"); }},
        Peer{"AsksForWhatWeNak", Stage::kStarted,
             [](const TestLink&, size_t i) { return Wire(kLcp, kConfReq, Octet(i), "0104 0001"); }},
        Peer{"AsksForWhatWeAck", Stage::kStarted,
             [](const TestLink&, size_t i) { return Wire(kLcp, kConfReq, Octet(i), "0104 0578"); }},
        Peer{"AsksTheSameAgainAndAgain", Stage::kStarted,
             [](const TestLink&, size_t) { return Wire(kLcp, kConfReq, 1, "0104 0578"); }},
        Peer{"NaksForEver", Stage::kStarted,
             [](const TestLink& link, size_t i) {
               const auto magic = "0506 0000" + Hex(std::to_string(10 + i % 90));
               return Wire(kLcp, kConfNak, link.RequestIdentifier(kLcp), magic);
             }},
        Peer{"NaksTheMruForEver", Stage::kStarted,
             [](const TestLink& link, size_t) {
               return Wire(kLcp, kConfNak, link.RequestIdentifier(kLcp), "0104 0577");
             }},
        Peer{"RejectsForEver", Stage::kStarted,
             [](const TestLink& link, size_t) {
               return Wire(kLcp, kConfRej, link.RequestIdentifier(kLcp), link.RequestOptions(kLcp));
             }},
        Peer{"NeverMatchesOurIdentifier", Stage::kStarted,
             [](const TestLink& link, size_t i) {
               const auto wrong = Octet(link.RequestIdentifier(kLcp) + 1 + i % 255);
               return Wire(kLcp, Octet(kConfAck + i % 3), wrong, link.RequestOptions(kLcp));
             }},
        Peer{"AsksAndNeverMatchesOurIdentifier", Stage::kStarted,
             [](const TestLink& link, size_t i) {
               if (i % 2 == 0) return Wire(kLcp, kConfReq, Octet(i));
               return Wire(kLcp, kConfAck, Octet(link.RequestIdentifier(kLcp) ^ 0x80U),
                           link.RequestOptions(kLcp));
             }},
        Peer{"OpensAndBeginsAnew", Stage::kLcpOpen,
             [](const TestLink& link, size_t i) {
               return i % 2 == 0 ? Wire(kLcp, kConfReq, Octet(i)) : link.Ack(kLcp);
             }},
        Peer{"AcknowledgesWhatIsOpen", Stage::kLcpOpen,
             [](const TestLink& link, size_t) { return link.Ack(kLcp); }},
        Peer{"SaysGoodbyeFirst", Stage::kStarted,
             [](const TestLink&, size_t i) { return Wire(kLcp, kTermReq, Octet(i)); }},
        Peer{"SaysGoodbyeOfAnOpenLink", Stage::kLcpOpen,
             [](const TestLink&, size_t i) { return Wire(kLcp, kTermReq, Octet(i)); }},
        Peer{"AcknowledgesAGoodbyeThatWasNone", Stage::kLcpOpen,
             [](const TestLink&, size_t i) { return Wire(kLcp, kTermAck, Octet(i)); }},
        Peer{"SendsUnknownCodesFirst", Stage::kStarted,
             [](const TestLink&, size_t i) { return Wire(kLcp, Octet(14 + i % 240), Octet(i)); }},
        Peer{"RejectsOurCodeReject", Stage::kLcpOpen,
             [](const TestLink& link, size_t) {
               if (link.frames().empty() || link.frames()[0][2] != kCodeRej) {
                 return Wire(kLcp, 99, 1);
               }
               return Wire(kLcp, kCodeRej, 1, "0701 0004");
             }},
        Peer{"RejectsTheProtocolOfOurCodeReject", Stage::kLcpOpen,
             [](const TestLink& link, size_t) {
               if (link.frames().empty() || link.frames()[0][2] != kCodeRej) {
                 return Wire(kLcp, 99, 1);
               }
               return Wire(kLcp, kProtRej, 1, "c021 0701 0004");
             }},
        Peer{"AsksForAnAddressThatItDoesNotGet", Stage::kLoggedIn,
             [](const TestLink&, size_t i) {
               return Wire(kIpcp, kConfReq, Octet(i), "0306 c0a80101");
             }},
        Peer{"NaksIpcpForEver", Stage::kLoggedIn,
             [](const TestLink& link, size_t) {
               return Wire(kIpcp, kConfNak, link.RequestIdentifier(kIpcp), "0306 01020304");
             }},
        Peer{"NeverMatchesOurIdentifierOfIpcp", Stage::kLoggedIn,
             [](const TestLink& link, size_t i) {
               const auto wrong = Octet(link.RequestIdentifier(kIpcp) + 1 + i % 255);
               return Wire(kIpcp, Octet(kConfAck + i % 3), wrong, link.RequestOptions(kIpcp));
             }},
        Peer{"OpensIpcpAndBeginsAnew", Stage::kUp,
             [](const TestLink& link, size_t i) {
               if (i % 2 == 1) return link.Ack(kIpcp);
               return Wire(kIpcp, kConfReq, Octet(i), "0306 0a090002");
             }},
        Peer{"SaysGoodbyeOfIpcp", Stage::kUp,
             [](const TestLink&, size_t i) { return Wire(kIpcp, kTermReq, Octet(i)); }},
        Peer{"RejectsOurCodeRejectOfIpcp", Stage::kUp,
             [](const TestLink& link, size_t) {
               if (link.frames().empty() || link.frames()[0][2] != kCodeRej) {
                 return Wire(kIpcp, 99, 1);
               }
               return Wire(kIpcp, kCodeRej, 1, "0701 0004");
             }}),
    [](const auto& test) { return test.param.name; });

// ---- Those who flood --------------------------------------------------------------------------

class Flooder : public testing::TestWithParam<Peer> {};

// One frame for one, and no longer than a reject's header makes it: Protocol of LCP, Code,
// Identifier and Length before the copy.
TEST_P(Flooder, GetsNoMoreThanHePutsIn) {
  constexpr size_t kRejectHeader = 6;
  TestLink link(ConfigWith(AuthMethod::kPap));
  Bring(link, GetParam().stage);
  const Phase before = link.phase();
  for (size_t i = 0; i < kFlood; ++i) {
    const auto frame = GetParam().next(link, i);
    link.Receive(frame);
    ASSERT_LE(link.frames().size(), 1U) << i;
    if (!link.frames().empty()) {
      ASSERT_LE(link.frames()[0].size(), frame.size() + kRejectHeader) << i;
    }
  }
  EXPECT_EQ(link.phase(), before);
}

INSTANTIATE_TEST_SUITE_P(
    All, Flooder,
    testing::Values(
        Peer{"WithEchoRequests", Stage::kUp,
             [](const TestLink&, size_t i) {
               return Wire(kLcp, kEchoReq, Octet(i), "00000000 68656c6c6f");
             }},
        Peer{"WithEchoReplies", Stage::kUp,
             [](const TestLink&, size_t i) { return Wire(kLcp, kEchoRep, Octet(i), "00000000"); }},
        Peer{"WithEchoRequestsTooEarly", Stage::kStarted,
             [](const TestLink&, size_t i) { return Wire(kLcp, kEchoReq, Octet(i), "00000000"); }},
        Peer{"WithDiscardRequests", Stage::kUp,
             [](const TestLink&, size_t i) { return Wire(kLcp, kDiscard, Octet(i), "00000000"); }},
        Peer{"WithIdentifications", Stage::kUp,
             [](const TestLink&, size_t i) {
               return Wire(kLcp, kIdentification, Octet(i), "00000000");
             }},
        Peer{"WithUnknownCodes", Stage::kUp,
             [](const TestLink&, size_t i) { return Wire(kLcp, Octet(14 + i % 240), Octet(i)); }},
        Peer{"WithUnknownCodesOfIpcp", Stage::kUp,
             [](const TestLink&, size_t i) { return Wire(kIpcp, Octet(8 + i % 240), Octet(i)); }},
        Peer{"WithUnknownProtocols", Stage::kUp,
             [](const TestLink&, size_t i) { return Wire(0x8235, kConfReq, Octet(i), "0102"); }},
        Peer{"WithUnknownProtocolsTooEarly", Stage::kLcpOpen,
             [](const TestLink&, size_t i) { return Wire(0x8235, kConfReq, Octet(i), "0102"); }},
        Peer{"WithCodeRejects", Stage::kUp,
             [](const TestLink&, size_t i) { return Wire(kLcp, kCodeRej, Octet(i), "0901 0004"); }},
        Peer{"WithProtocolRejects", Stage::kUp,
             [](const TestLink&, size_t i) { return Wire(kLcp, kProtRej, Octet(i), "8057 0101"); }},
        Peer{"WithLogins", Stage::kUp,
             [](const TestLink&, size_t i) { return Wire(kPap, kPapRequest, Octet(i), "00 00"); }},
        Peer{"WithLoginsWhileOneIsDecided", Stage::kLcpOpen,
             [](const TestLink&, size_t i) { return Wire(kPap, kPapRequest, Octet(i), "00 00"); }},
        Peer{"WithForgedAcks", Stage::kLcpOpen,
             [](const TestLink&, size_t i) { return Wire(kPap, kPapAck, Octet(i), "00"); }},
        Peer{"WithResponsesToNothing", Stage::kLcpOpen,
             [](const TestLink&, size_t i) { return Wire(kChap, kResponse, Octet(i), "00"); }},
        Peer{"WithNoise", Stage::kUp,
             [](const TestLink&, size_t i) { return Bytes(i % 7, Octet(i)); }}),
    [](const auto& test) { return test.param.name; });

// ---- Those who never log in --------------------------------------------------------------------

struct Suitor {
  const char* name;
  AuthMethod method;
  /// The `i`-th packet that it sends.
  std::function<Bytes(const TestLink& link, size_t i)> next;
};

class EndlessLogin : public testing::TestWithParam<Suitor> {};

// Each of the few Requests and challenges may bring one answer; all else is dropped, and the time
// for the set-up runs out.
TEST_P(EndlessLogin, IsDroppedAfterABoundedNumberOfPackets) {
  TestLink link(ConfigWith(GetParam().method));
  link.OpenLcp();
  size_t sent = 0;
  for (size_t i = 0; i < kFlood; ++i) {
    link.Receive(GetParam().next(link, i));
    sent += link.frames().size();
    if (i % 2 == 0) continue;
    // As whoever decides logins does.
    link.Handle(AuthRejected{.mschap_error = 691, .message = "", .may_retry = true});
    sent += link.frames().size();
  }
  EXPECT_LE(sent, 20U);
  link.Wait(seconds(100));
  EXPECT_EQ(link.phase(), Phase::kDead);
}

/// The Identifier of the link's last frame of that protocol; of the first one before.
uint8_t LastIdentifier(const TestLink& link, uint16_t protocol) {
  for (const auto& frame : link.frames()) {
    if ((frame[0] << 8 | frame[1]) == protocol) return frame[3];
  }
  return 0x35;
}

INSTANTIATE_TEST_SUITE_P(
    All, EndlessLogin,
    testing::Values(
        Suitor{"NaksEveryMethodOfEap", AuthMethod::kEap,
               [](const TestLink& link, size_t i) {
                 const auto identifier = LastIdentifier(link, kEap);
                 if (i == 0) return Wire(kEap, kEapResponse, identifier, "01 626f62");
                 return Wire(kEap, kEapResponse, identifier, "03 1a 04 06");
               }},
        Suitor{"SaysWhoItIsForEver", AuthMethod::kEap,
               [](const TestLink&, size_t i) {
                 return Wire(kEap, kEapResponse, Octet(i), "01 626f62");
               }},
        Suitor{"NeverMatchesTheIdentifierOfEap", AuthMethod::kEap,
               [](const TestLink&, size_t i) {
                 return Wire(kEap, kEapResponse, Octet(0x36 + i % 200), "01 626f62");
               }},
        Suitor{"AsksUsByEap", AuthMethod::kEap,
               [](const TestLink&, size_t i) { return Wire(kEap, kEapRequest, Octet(i), "01"); }},
        Suitor{"GuessesByChap", AuthMethod::kChapMd5,
               [](const TestLink& link, size_t) {
                 return Wire(kChap, kResponse, LastIdentifier(link, kChap),
                             "10" + std::string(32, '7') + "75");
               }},
        Suitor{"NeverMatchesTheIdentifierOfChap", AuthMethod::kMsChapV2,
               [](const TestLink&, size_t i) {
                 return Wire(kChap, kResponse, Octet(0x36 + i % 200),
                             "31" + std::string(98, '7') + "75");
               }},
        Suitor{"ChallengesUs", AuthMethod::kMsChapV2,
               [](const TestLink&, size_t i) {
                 return Wire(kChap, kChallenge, Octet(i), "10" + std::string(32, '7'));
               }},
        Suitor{
            "GuessesByPap", AuthMethod::kPap,
            [](const TestLink&, size_t i) { return Wire(kPap, kPapRequest, Octet(i), "00 00"); }},
        Suitor{"IsSilent", AuthMethod::kMsChapV2, [](const TestLink&, size_t) { return Bytes(); }}),
    [](const auto& test) { return test.param.name; });

/// What a peer does by IPv6CP costs it IPv6, after as many packets.
TEST(Ipv6cpNegotiator, IsLeftWithIpv4) {
  const std::function<Bytes(const TestLink&, size_t)> peers[] = {
      [](const TestLink& link, size_t i) {
        const auto suggestion = "010a 000000000000" + ToHex(std::array{Octet(i >> 8), Octet(i)});
        return Wire(kIpv6cp, kConfNak, link.RequestIdentifier(kIpv6cp), suggestion);
      },
      [](const TestLink&, size_t i) { return Wire(kIpv6cp, kConfReq, Octet(i), "0204 0061"); },
      [](const TestLink&, size_t i) { return Wire(kIpv6cp, kConfReq, Octet(i)); },
      [](const TestLink& link, size_t i) {
        if (i % 2 == 1) return link.Ack(kIpv6cp);
        return Wire(kIpv6cp, kConfReq, Octet(i), "010a 0000000000000002");
      },
  };
  for (const auto& next : peers) {
    TestLink link(DualStack(NetworkUse::kRequire));
    link.LogInWithPap(true);
    link.OpenIpcp();
    size_t negotiated = 0;
    for (size_t i = 0; i < kFlood; ++i) {
      link.Receive(next(link, i));
      ASSERT_LE(link.frames().size(), 2U);
      for (const auto& frame : link.frames()) negotiated += frame[0] == 0x80 ? 1U : 0U;
    }
    EXPECT_LE(negotiated, 90U);
    EXPECT_EQ(link.phase(), Phase::kNetwork);
  }
}

TEST(ChapFlooder, GetsTheSameAnswerToEachCopy) {
  TestLink link(ConfigWith(AuthMethod::kChapMd5));
  link.OpenLcp();
  const auto response =
      Wire(kChap, kResponse, link.frames().back()[3], "10" + std::string(32, '7') + "75");
  link.Receive(response);
  link.Handle(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}});
  for (size_t i = 0; i < kFlood; ++i) {
    link.Receive(response);
    ASSERT_EQ(link.frames().size(), 1U);
  }
  auto other = response;
  other[3] ^= 0x55;
  for (size_t i = 0; i < kFlood; ++i) {
    link.Receive(other);
    ASSERT_TRUE(link.frames().empty());
  }
  EXPECT_EQ(link.phase(), Phase::kNetwork);
}

}  // namespace
}  // namespace sallyport::ppp
