// SPDX-License-Identifier: GPL-2.0-or-later
// Every option of LCP, IPCP and IPv6CP in every way in which it can be wrong: a length of its own,
// twice, past the end, unknown; in the peer's requests and in its answers to ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// An option that the peer may ask for.
struct KnownOption {
  const char* name;
  uint16_t protocol;
  uint8_t type;
  const char* good;   // a value that is acknowledged; none: there is none
  const char* other;  // a second of that length
  const char* named;  // the value in our Nak; none: the option is rejected
};

/// As a test begins: LCP in Req-Sent, or the other behind a login, with TestNetwork()'s addresses.
void Begin(TestLink& link, uint16_t protocol) {
  if (protocol == kLcp) {
    link.Start();
  } else {
    link.LogInWithPap(protocol == kIpv6cp);
  }
}

std::string OptionHex(uint8_t type, std::string_view value) {
  const auto length = static_cast<uint8_t>(2 + value.size() / 2);
  return ToHex(std::array<uint8_t, 2>{type, length}) + std::string(value);
}

class PeerOption : public testing::TestWithParam<KnownOption> {
 protected:
  PeerOption() : link_(ConfigWith(AuthMethod::kPap)) { Begin(link_, GetParam().protocol); }

  /// The answer to a request with `options`, which is the first of this link.
  std::string Answer(const std::string& options) {
    const auto texts = link_.Receive(Wire(GetParam().protocol, kConfReq, 0x42, options));
    EXPECT_EQ(texts.size(), 1U);
    return texts.empty() ? "" : texts[0];
  }
  /// What else an IPCP request needs to be acknowledged; or nothing.
  static std::string AddressIfIpcp() {
    return GetParam().protocol == kIpcp && GetParam().type != 3 ? "03060a090002" : "";
  }
  static std::string Reply(uint8_t code, const std::string& options) {
    return Sent(GetParam().protocol, code, 0x42, options);
  }

  TestLink link_;
};

TEST_P(PeerOption, WithAnotherLengthIsNakedWithOneThatFits) {
  const auto& option = GetParam();
  const size_t right = std::string_view(option.other).size() / 2;
  for (const size_t length : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 100U, 253U}) {
    if (length == right) continue;
    TestLink link(ConfigWith(AuthMethod::kPap));
    Begin(link, option.protocol);
    const auto wrong = OptionHex(option.type, std::string(2 * length, '1'));
    // The Magic-Number that we name is of the call's entropy: 20212223 in the second.
    const bool naked = option.named != nullptr;
    const auto said = naked ? OptionHex(option.type, option.named) : wrong;
    EXPECT_THAT(link.Receive(Wire(option.protocol, kConfReq, 0x42, wrong + AddressIfIpcp())),
                ElementsAre(Reply(naked ? kConfNak : kConfRej, said)))
        << length;
  }
}

TEST_P(PeerOption, TwiceIsRejectedTheSecondTime) {
  const auto& option = GetParam();
  const auto first = OptionHex(option.type, option.good != nullptr ? option.good : option.other);
  const auto second = OptionHex(option.type, option.other);
  const auto rejected = option.good != nullptr ? second : first + second;
  EXPECT_EQ(Answer(first + second), Reply(kConfRej, rejected));
}

TEST_P(PeerOption, PastTheEndIsDropped) {
  auto cut = OptionHex(GetParam().type, GetParam().other);
  cut.resize(cut.size() - 2);
  EXPECT_THAT(link_.Receive(Wire(GetParam().protocol, kConfReq, 0x42, cut)), IsEmpty());
  EXPECT_EQ(link_.Drops(DropReason::kBadOption), 1U);
}

TEST_P(PeerOption, WithAnotherLengthIsRejectedAfterMaxFailure) {
  const auto wrong = OptionHex(GetParam().type, "11");
  std::string last;
  for (int i = 0; i < 6; ++i) last = Answer(wrong + AddressIfIpcp());
  EXPECT_EQ(last, Reply(kConfRej, wrong));
}

TEST_P(PeerOption, ThatIsGoodIsAcknowledged) {
  if (GetParam().good == nullptr) return;
  const auto good = OptionHex(GetParam().type, GetParam().good) + AddressIfIpcp();
  EXPECT_EQ(Answer(good), Reply(kConfAck, good));
}

INSTANTIATE_TEST_SUITE_P(
    All, PeerOption,
    testing::Values(KnownOption{"Mru", kLcp, 1, "0578", "0500", "0080"},
                    KnownOption{"Accm", kLcp, 2, "00000000", "ffffffff", "00000000"},
                    KnownOption{"AuthenticationProtocol", kLcp, 3, nullptr, "c223", nullptr},
                    KnownOption{"MagicNumber", kLcp, 5, "deadbeef", "01020304", "20212223"},
                    KnownOption{"IpAddress", kIpcp, 3, "0a090002", "0a090003", "0a090002"},
                    KnownOption{"PrimaryDns", kIpcp, 129, "0a090035", "00000000", "0a090035"},
                    KnownOption{"PrimaryNbns", kIpcp, 130, "0a090037", "00000000", "0a090037"},
                    KnownOption{"SecondaryDns", kIpcp, 131, "0a090036", "00000000", "0a090036"},
                    KnownOption{"SecondaryNbnsThatWeLack", kIpcp, 132, nullptr, "00000000",
                                nullptr}),
    [](const auto& test) { return test.param.name; });

TEST(UnknownOptions, AreRejectedAsTheyCame) {
  const std::set<unsigned> of_lcp{1, 2, 3, 5};
  const std::set<unsigned> of_ipcp{3, 129, 130, 131, 132};
  const std::set<unsigned> of_ipv6cp{1};
  for (const auto& [protocol, known] :
       {std::pair(kLcp, of_lcp), std::pair(kIpcp, of_ipcp), std::pair(kIpv6cp, of_ipv6cp)}) {
    for (unsigned type = 0; type < 256; ++type) {
      if (known.contains(type)) continue;
      TestLink link(DualStack(NetworkUse::kRequire));
      Begin(link, protocol);
      std::string options;
      for (const size_t length : {0U, 1U, 4U, 253U}) {
        options += OptionHex(static_cast<uint8_t>(type), std::string(2 * length, '7'));
      }
      EXPECT_THAT(link.Receive(Wire(protocol, kConfReq, 9, options)),
                  ElementsAre(Sent(protocol, kConfRej, 9, options)))
          << type;
    }
  }
}

// What the peer says to our request, and what we ask for then; nothing: its answer is dropped.
struct OurOption {
  const char* name;
  uint16_t protocol;
  uint8_t code;
  const char* said;
  const char* asked;
};

class OwnOption : public testing::TestWithParam<OurOption> {};

TEST_P(OwnOption, ChangesAsThePeerSays) {
  const auto& param = GetParam();
  LinkConfig config = DualStack(NetworkUse::kRequire);
  config.auth = {AuthMethod::kPap, AuthMethod::kChapMd5};
  TestLink link(config);
  Begin(link, param.protocol);
  const auto texts = link.Receive(
      Wire(param.protocol, param.code, link.RequestIdentifier(param.protocol), param.said));
  if (param.asked == nullptr) {
    EXPECT_THAT(texts, IsEmpty());
    EXPECT_EQ(link.AllDrops(), 1U);
    return;
  }
  EXPECT_THAT(texts, ElementsAre(Sent(param.protocol, kConfReq, 2, param.asked)));
}

// Ours are MRU 1400, PAP, Magic-Number 10111213; IP-Address 10.9.0.1; and Interface-Identifier
// 7071727374757677. The next Magic-Number is 20212223.
INSTANTIATE_TEST_SUITE_P(
    All, OwnOption,
    testing::Values(
        OurOption{"MruNaked", kLcp, kConfNak, "0104 0500", "0104 0500 0304c023 0506 10111213"},
        OurOption{"MruNakedTwice", kLcp, kConfNak, "0104 0500 0104 0400",
                  "0104 0400 0304c023 0506 10111213"},
        OurOption{"MruNakedWithABadLength", kLcp, kConfNak, "0103 05",
                  "0104 0578 0304c023 0506 10111213"},
        OurOption{"MruRejected", kLcp, kConfRej, "0104 0578", "0304c023 0506 10111213"},
        OurOption{"MruRejectedWithAnotherValue", kLcp, kConfRej, "0104 0500", nullptr},
        OurOption{"MruRejectedTwice", kLcp, kConfRej, "0104 0578 0104 0578", nullptr},
        OurOption{"MruNakedPastTheEnd", kLcp, kConfNak, "0105 0500", nullptr},
        OurOption{"AuthenticationNaked", kLcp, kConfNak, "0305 c22305",
                  "0104 0578 0305c22305 0506 10111213"},
        OurOption{"AuthenticationNakedWithABadLength", kLcp, kConfNak, "0303 c2",
                  "0104 0578 0305c22305 0506 10111213"},
        OurOption{"AuthenticationNakedWithNothing", kLcp, kConfNak, "0302",
                  "0104 0578 0305c22305 0506 10111213"},
        OurOption{"AuthenticationRejectedWithAnotherValue", kLcp, kConfRej, "0305 c22305", nullptr},
        OurOption{"MagicNumberNaked", kLcp, kConfNak, "0506 01020304",
                  "0104 0578 0304c023 0506 20212223"},
        OurOption{"MagicNumberNakedWithABadLength", kLcp, kConfNak, "0504 0102",
                  "0104 0578 0304c023 0506 10111213"},
        OurOption{"MagicNumberRejected", kLcp, kConfRej, "0506 10111213", "0104 0578 0304c023"},
        OurOption{"MagicNumberRejectedWithABadLength", kLcp, kConfRej, "0504 1011", nullptr},
        OurOption{"AllRejectedButTheLogin", kLcp, kConfRej, "0104 0578 0506 10111213", "0304c023"},
        OurOption{"UnknownAppended", kLcp, kConfNak, "0104 0500 0702 ff04 0102",
                  "0104 0500 0304c023 0506 10111213"},
        OurOption{"UnknownRejected", kLcp, kConfRej, "0702", nullptr},
        OurOption{"NothingNaked", kLcp, kConfNak, "", nullptr},
        OurOption{"NothingRejected", kLcp, kConfRej, "", nullptr},
        OurOption{"AddressNaked", kIpcp, kConfNak, "0306 0a090009", ""},
        OurOption{"AddressNakedWithABadLength", kIpcp, kConfNak, "0305 0a0900", "0306 0a090001"},
        OurOption{"AddressRejected", kIpcp, kConfRej, "0306 0a090001", ""},
        OurOption{"AddressRejectedWithAnotherValue", kIpcp, kConfRej, "0306 0a090009", nullptr},
        OurOption{"IdentifierNaked", kIpv6cp, kConfNak, "010a 00000000000000aa",
                  "010a 00000000000000aa"},
        OurOption{"IdentifierNakedTwice", kIpv6cp, kConfNak,
                  "010a 00000000000000aa 010a 00000000000000bb", "010a 00000000000000bb"},
        OurOption{"IdentifierNakedWithABadLength", kIpv6cp, kConfNak, "0104 00aa",
                  "010a 7071727374757677"},
        OurOption{"IdentifierNakedPastTheEnd", kIpv6cp, kConfNak, "010b 00000000000000aa", nullptr},
        OurOption{"IdentifierRejected", kIpv6cp, kConfRej, "010a 7071727374757677", ""},
        OurOption{"IdentifierRejectedWithAnotherValue", kIpv6cp, kConfRej, "010a 00000000000000aa",
                  nullptr},
        OurOption{"CompressionAppended", kIpv6cp, kConfNak, "0204 0061", "010a 7071727374757677"},
        OurOption{"NameServersAppended", kIpcp, kConfNak, "8106 08080808 8306 08080404",
                  "0306 0a090001"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sallyport::ppp
