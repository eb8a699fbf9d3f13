// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/mask.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::trace {
namespace {

using l2tp::testing::AvpList;
using l2tp::testing::Bytes;
using l2tp::testing::ControlMessage;
using l2tp::testing::Hex;
using l2tp::testing::kHidden;
using l2tp::testing::kMandatory;

Bytes MaskedPpp(Bytes frame) {
  MaskPpp(frame);
  return frame;
}
Bytes MaskedL2tp(Bytes datagram) {
  MaskL2tp(datagram);
  return datagram;
}

struct Masking {
  const char* what;
  const char* before;
  const char* after;
};

// A Value of MD5, and what is left of it.
#define VALUE "10 aabbccddeeff00112233445566778899"
#define MASKED "10 2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a"

TEST(MaskPpp, WhatProvesAPassword_IsGone) {
  for (const Masking& one : std::initializer_list<Masking>{
           {"PAP", "c023 01 01 000c 03626f62 03787978", "c023 01 01 000c 03626f62 032a2a2a"},
           {"CHAP", "c223 02 01 0018 " VALUE " 626f62", "c223 02 01 0018 " MASKED " 626f62"},
           {"change of a password", "c223 07 01 0007 aabbcc", "c223 07 01 0007 2a2a2a"},
           {"EAP-MD5", "c227 02 01 0018 04 " VALUE " 6262", "c227 02 01 0018 04 " MASKED " 6262"},
           {"EAP-GTC", "c227 02 01 0008 06 616263", "c227 02 01 0008 06 2a2a2a"},
           {"EAP-MSCHAPv2", "c227 02 01 001c 1a 02 01 0017 " VALUE " 6262",
            "c227 02 01 001c 1a 02 01 0017 " MASKED " 6262"},
           {"EAP-MSCHAPv2, another OpCode", "c227 02 01 0009 1a 07 01 aabb",
            "c227 02 01 0009 1a 07 2a 2a2a"},
           {"our login, rejected", "c021 08 01 0012 c023 01 01 000c 03626f62 03787978",
            "c021 08 01 0012 c023 01 01 000c 03626f62 032a2a2a"},
           {"packets of users", "0021 4500aabb", "0021 2a2a2a2a"},
       }) {
    EXPECT_EQ(MaskedPpp(Hex(one.before)), Hex(one.after)) << one.what;
  }
}

/// Whoever sends or sets a wrong length, code or protocol does not get a secret shown.
TEST(MaskPpp, WhatIsNotSound_KeepsItsHeaderAlone) {
  for (const Masking& one : std::initializer_list<Masking>{
           {"padding", "c023 01 01 0009 03626f62 00 787978", "c023 01 01 0009 03626f62 00 2a2a2a"},
           {"a Length past the end", "c023 01 01 00ff 03626f62 03787978",
            "c023 01 01 00ff 2a2a2a2a 2a2a2a2a"},
           {"a Peer-ID past the end", "c023 01 01 000a ff626f62 0178",
            "c023 01 01 000a 2a2a2a2a 2a2a"},
           {"a Peer-ID over the password", "c023 01 01 000c 07626f62 03787978",
            "c023 01 01 000c 2a2a2a2a 2a2a2a2a"},
           {"a code that PAP has not", "c023 00 01 000c 03626f62 03787978",
            "c023 00 01 000c 2a2a2a2a 2a2a2a2a"},
           {"a Value past the end", "c223 02 01 0008 ffaabb62", "c223 02 01 0008 2a2a2a2a"},
           {"a Value that is counted as a name", "c223 02 01 000a 00aabb626f62",
            "c223 02 01 000a 2a2a2a2a2a2a"},
           {"a code that EAP has not", "c227 00 01 0008 06 616263", "c227 00 01 0008 2a 2a2a2a"},
           {"a rejected login, with a Length past the end",
            "c021 08 01 00ff c023 01 01 000c 03626f62 03787978",
            "c021 08 01 00ff 2a2a 2a 2a 2a2a 2a2a2a2a 2a2a2a2a"},
           {"a rejected login behind the packet",
            "c021 08 01 0006 c023 01 01 000c 03626f62 03787978",
            "c021 08 01 0006 c023 2a 2a 2a2a 2a2a2a2a 2a2a2a2a"},
           {"a rejected login with address and control",
            "c021 08 01 0014 ff03 c023 01 01 000c 03626f62 03787978",
            "c021 08 01 0014 ff03 2a2a 2a 2a 2a2a 2a2a2a2a 2a2a2a2a"},
           {"a rejection of a rejection",
            "c021 07 01 0014 08 01 0010 c023 01 01 000c 03626f62 03787978",
            "c021 07 01 0014 08 01 0010 2a2a 2a 2a 2a2a 2a2a2a2a 2a2a2a2a"},
           {"no protocol", "ff03 c023 01", "ff03 2a2a 2a"},
           {"a protocol that is not known", "c281 01 01 0006 6162", "c281 01 01 0006 2a2a"},
       }) {
    EXPECT_EQ(MaskedPpp(Hex(one.before)), Hex(one.after)) << one.what;
  }
}

TEST(MaskPpp, AllElse_Stays) {
  for (const char* octets :
       {"c021 01 01 000a 05060a0b0c0d", "c023 02 01 0007 026f6b", "c223 01 01 0009 02aabb 6777",
        "c021 01 01 000a 05060a0b0c0d", "c223 04 01 0009 453d363931",
        "c227 01 01 000a 04 02aabb 6777", "c227 02 01 0008 01626f62", "c227 02 01 0006 031a",
        "c227 02 01 0006 1a03", "c227 03 01 0004", "c021 08 01 000c 80fd 01 01 0006 1203",
        "8021 01 01 0004", "01"}) {
    EXPECT_EQ(MaskedPpp(Hex(octets)), Hex(octets)) << octets;
  }
}

TEST(MaskL2tp, AnswersToChallenges_AreGone) {
  const auto message = [](const Bytes& response, const Bytes& proxied) {
    AvpList avps;
    avps.U16(0, 12).Text(7, "lac").Add(11, Bytes(16, 7)).Add(13, response).Add(33, proxied);
    return ControlMessage(1, 1, 0, 0, avps.bytes());
  };
  EXPECT_EQ(MaskedL2tp(message(Bytes(16, 8), Hex("736563726574"))),
            message(Bytes(16, '*'), Bytes(6, '*')));
}

TEST(MaskL2tp, FrameInADataMessage_IsMasked) {
  EXPECT_EQ(MaskedL2tp(Hex("0002 0001 0002 ff03 c023 01 01 000a 03626f62 0178")),
            Hex("0002 0001 0002 ff03 c023 01 01 000a 03626f62 012a"));
  EXPECT_EQ(MaskedL2tp(Hex("0002 0001 0002 c023 01 01 000a 03626f62 0178")),
            Hex("0002 0001 0002 c023 01 01 000a 03626f62 012a"));
}

TEST(MaskL2tp, HiddenValues_AreGone) {
  const auto message = [](const Bytes& value) {
    AvpList avps;
    avps.U16(0, 10).Add(36, Bytes(16, 7)).Add(14, value, kMandatory | kHidden);
    return ControlMessage(1, 0, 0, 0, avps.bytes());
  };
  EXPECT_EQ(MaskedL2tp(message(Hex("0102030405"))), message(Bytes(5, '*')));
}

TEST(MaskL2tp, OctetsPastTheLength_AreGone) {
  AvpList avps;
  avps.U16(0, 6);
  Bytes longer = ControlMessage(1, 0, 0, 0, avps.bytes());
  Bytes masked = longer;
  for (const uint8_t octet : Hex("8009 0000 0021 f1f2f3")) {
    longer.push_back(octet);
    masked.push_back('*');
  }
  EXPECT_EQ(MaskedL2tp(longer), masked);
  EXPECT_EQ(MaskedL2tp(Hex("c802000c0001000000020003 f1f2")), Hex("c802000c0001000000020003 2a2a"));
  EXPECT_EQ(MaskedL2tp(Hex("4002000a 0001 0002 c021 f1f2")), Hex("4002000a 0001 0002 c021 2a2a"));
}

/// Whatever is cut off or broken, no octet of the secret is left at its place.
TEST(MaskL2tp, BrokenMessage_KeepsNoSecret) {
  const Bytes secret = Hex("f1f2f3f4f5f6");
  AvpList avps;
  avps.U16(0, 12).Add(33, secret).Text(30, "bob");
  const Bytes whole = ControlMessage(1, 1, 0, 0, avps.bytes());
  const auto has_secret = [](const Bytes& octets) {
    return std::ranges::any_of(octets,
                               [](uint8_t octet) { return octet >= 0xF1 && octet <= 0xF6; });
  };
  ASSERT_TRUE(has_secret(whole));
  for (size_t size = 0; size <= whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(has_secret(MaskedL2tp(cut))) << size;
  }
  // With the first octet changed it is a data message, which has none of these.
  for (size_t at = 1; at < whole.size(); ++at) {
    Bytes broken = whole;
    if (broken[at] >= 0xF1) continue;
    // Another attribute type hides nothing and need not.
    constexpr size_t kTypeAt = 12 + 8 + 4;
    if (at == kTypeAt || at == kTypeAt + 1 || at == kTypeAt - 1 || at == kTypeAt - 2) continue;
    broken[at] = static_cast<uint8_t>(~broken[at]);
    if (broken[at] >= 0xF1 && broken[at] <= 0xF6) broken[at] = 0xF0;
    EXPECT_FALSE(has_secret(MaskedL2tp(broken))) << at;
  }
}

TEST(MaskPpp, EachTruncation_KeepsNoSecret) {
  for (const char* octets :
       {"c023 01 01 000f 03626f62 06f1f2f3f4f5f6", "c223 02 01 000e 06f1f2f3f4f5f6 626f62",
        "c227 02 01 000b 06 f1f2f3f4f5f6"}) {
    const Bytes whole = Hex(octets);
    for (size_t size = 0; size <= whole.size(); ++size) {
      const Bytes masked =
          MaskedPpp(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)));
      EXPECT_TRUE(std::ranges::none_of(masked, [](uint8_t octet) { return octet >= 0xF1; }))
          << octets << ' ' << size;
    }
  }
}

}  // namespace
}  // namespace sallyport::trace
