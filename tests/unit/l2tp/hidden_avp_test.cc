// SPDX-License-Identifier: GPL-2.0-or-later
// The golden octets were worked out from RFC 2661 §4.3 by hand, with another MD5.
#include "l2tp/hidden_avp.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp {
namespace {

using enum AttributeType;
using testing::Bytes;
using testing::Hex;

const Secret kSecret(std::string_view("drowssap"));
const Bytes kVector = Hex("101112131415161718191a1b1c1d1e1f");

Bytes TextBytes(std::string_view text) { return {text.begin(), text.end()}; }

/// What is revealed, or "-" when nothing is.
std::string Revealed(AttributeType type, const Bytes& hidden, const Secret& secret = kSecret) {
  const auto value = RevealValue(type, secret, kVector, hidden);
  return value ? std::string(value->text()) : "-";
}

/// The chain of RFC 2661 §4.3 over what the subformat is, right or not.
Bytes Chained(AttributeType type, const Bytes& subformat) {
  // Hiding a value of zeros gives the first key: its subformat is its length, and zeros.
  const Bytes zeros = HideValue(type, kSecret, kVector, Bytes(14));
  Bytes out(subformat.size());
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<uint8_t>(zeros[i] ^ subformat[i] ^ (i == 1 ? 14 : 0));
  }
  return out;
}

TEST(RevealValue, ReadsGoldenOctetsOfOneBlock) {
  EXPECT_EQ(Revealed(kCallingNumber, Hex("2e7c5a63b59e9a")), "12345");
}

TEST(RevealValue, ReadsGoldenOctetsOfSeveralBlocks) {
  EXPECT_EQ(Revealed(kProxyAuthenResponse, Hex("b8a62dfc64c808068ff7e0136c1338b5"
                                               "e2818b7833769ff033422ef7e51d")),
            "correct horse battery staple");
}

TEST(RevealValue, LeavesThePaddingOut) {
  EXPECT_EQ(Revealed(kProxyAuthenResponse, Hex("b8a62dfc64c808068ff7e0136c1338b5"
                                               "e2818b7833769ff033422ef7e51d4719"
                                               "e4829c5e0f8ce6fde4459927cd87d3a4")),
            "correct horse battery staple");
}

TEST(RevealValue, IsBoundedByTheOctetsThatAreThere) {
  // "12345" with a length that says 6.
  EXPECT_EQ(Revealed(kCallingNumber, Hex("2e7f5a63b59e9a")), "-");
  EXPECT_EQ(Revealed(kCallingNumber, Chained(kCallingNumber, Hex("ffff 3132"))), "-");
  EXPECT_EQ(Revealed(kCallingNumber, Chained(kCallingNumber, Hex("0001 3132"))), "1");
  EXPECT_EQ(Revealed(kCallingNumber, Chained(kCallingNumber, Hex("0000"))), "");
}

TEST(RevealValue, EveryTruncationIsRefused) {
  const Bytes hidden =
      Hex("b8a62dfc64c808068ff7e0136c1338b5"
          "e2818b7833769ff033422ef7e51d");
  for (size_t n = 0; n < hidden.size(); ++n) {
    const Bytes cut(hidden.begin(), hidden.begin() + static_cast<ptrdiff_t>(n));
    EXPECT_EQ(Revealed(kProxyAuthenResponse, cut), "-") << n;
  }
}

TEST(RevealValue, NeedsTheSameTypeSecretAndVector) {
  const Bytes hidden = Hex("2e7c5a63b59e9a");
  EXPECT_NE(Revealed(kCalledNumber, hidden), "12345");
  EXPECT_NE(Revealed(kCallingNumber, hidden, Secret(std::string_view("password"))), "12345");
  const auto other = RevealValue(kCallingNumber, kSecret, Hex("00ff"), hidden);
  EXPECT_TRUE(!other || other->text() != "12345");
}

TEST(HideValue, MatchesGoldenOctets) {
  // The padding is MD5(vector, secret, type), cut off.
  EXPECT_EQ(HideValue(kCallingNumber, kSecret, kVector, TextBytes("12345")),
            Hex("2e7c5a63b59e9a6be9f205ca718d1c7e"));
}

TEST(HideValue, IsRevealedAgainWhateverTheSize) {
  for (size_t size = 0; size <= kMaxHiddenValue; ++size) {
    const Bytes value(size, static_cast<uint8_t>(size));
    const Bytes hidden = HideValue(kChallenge, kSecret, kVector, value);
    ASSERT_LE(hidden.size(), kMaxAvpValue);
    const auto revealed = RevealValue(kChallenge, kSecret, kVector, hidden);
    ASSERT_TRUE(revealed) << size;
    ASSERT_EQ(*revealed, Secret(value)) << size;
  }
}

TEST(HideValue, ShowsTheNumberOfBlocksOnly) {
  const auto size_of = [](size_t size) {
    return HideValue(kChallenge, kSecret, kVector, Bytes(size)).size();
  };
  EXPECT_EQ(size_of(0), 16u);
  EXPECT_EQ(size_of(14), 16u);
  EXPECT_EQ(size_of(15), 32u);
  EXPECT_EQ(size_of(30), 32u);
  // An AVP has no room for the 64th block as a whole.
  EXPECT_EQ(size_of(1006), 1008u);
  EXPECT_EQ(size_of(1007), kMaxAvpValue);
  EXPECT_EQ(size_of(kMaxHiddenValue), kMaxAvpValue);
}

TEST(HideValue, DependsOnTheVectorAllOver) {
  const Bytes one = HideValue(kChallenge, kSecret, kVector, Bytes(20));
  const Bytes other = HideValue(kChallenge, kSecret, Hex("ffff"), Bytes(20));
  ASSERT_EQ(one.size(), other.size());
  for (size_t block = 0; block < one.size(); block += 16) {
    const auto at = static_cast<ptrdiff_t>(block);
    EXPECT_FALSE(std::equal(one.begin() + at, one.begin() + at + 16, other.begin() + at)) << block;
  }
}

}  // namespace
}  // namespace sallyport::l2tp
