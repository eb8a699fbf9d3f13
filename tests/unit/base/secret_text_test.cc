// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <utility>

#include "base/secret.h"
#include "base/text.h"

namespace sallyport {
namespace {

using testing::ElementsAre;
using testing::Optional;

TEST(Secret, ComparesByContent) {
  EXPECT_TRUE(Secret("hunter2") == Secret("hunter2"));
  EXPECT_FALSE(Secret("hunter2") == Secret("hunter3"));
  EXPECT_FALSE(Secret("hunter2") == Secret("hunter"));
  EXPECT_TRUE(Secret() == Secret(""));
}

TEST(Secret, MovedFromIsEmpty) {
  Secret first("hunter2");
  const Secret second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what is tested
  EXPECT_EQ(second.text(), "hunter2");
}

TEST(WipeBytes, OverwritesEveryOctet) {
  std::array<uint8_t, 3> bytes{1, 2, 3};
  WipeBytes(bytes);
  EXPECT_THAT(bytes, ElementsAre(0, 0, 0));
}

TEST(Hex, RoundTrips) {
  const std::array<uint8_t, 3> bytes{0x00, 0xAB, 0xFF};
  EXPECT_EQ(ToHex(bytes), "00abff");
  EXPECT_THAT(FromHex("00ABff"), Optional(ElementsAre(0x00, 0xAB, 0xFF)));
  EXPECT_FALSE(FromHex("0"));
  EXPECT_FALSE(FromHex("0g"));
}

TEST(PrintableText, KeepsTextAndEscapesTheRest) {
  EXPECT_EQ(PrintableText("DESKTOP-7 b\xC3\xB6"), "DESKTOP-7 b\xC3\xB6");
  EXPECT_EQ(PrintableText(std::string_view("a\0b\n", 4)), "a\\x00b\\x0a");
  EXPECT_EQ(PrintableText("\x1B[31m"), "\\x1b[31m");
  EXPECT_EQ(PrintableText("\\"), "\\x5c");
}

TEST(PrintableText, EscapesMalformedUtf8) {
  EXPECT_EQ(PrintableText("\xC0\xAF"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(PrintableText("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(PrintableText("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "past U+10FFFF";
  EXPECT_EQ(PrintableText("\xC2\x9B"), "\\xc2\\x9b") << "C1 control";
  EXPECT_EQ(PrintableText("\xE2\x82"), "\\xe2\\x82") << "cut short";
}

TEST(PrintableText, CutsLongText) {
  EXPECT_EQ(PrintableText("abcdef", 4), "abcd...");
  EXPECT_EQ(PrintableText("abcd", 4), "abcd");
}

}  // namespace
}  // namespace sallyport
