// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/option.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

TEST(ParseOptions, KeepsTypesValuesAndOrder) {
  const auto octets = Octets("0104 05dc  0702  0506 01020304");
  const auto options = ParseOptions(octets);
  ASSERT_TRUE(options.has_value());
  ASSERT_EQ(options->size(), 3U);
  EXPECT_EQ((*options)[0], (Option{.type = 1, .value = std::span(octets).subspan(2, 2)}));
  EXPECT_EQ((*options)[1], (Option{.type = 7, .value = {}}));
  EXPECT_EQ(ToHex((*options)[2].value), "01020304");
}

TEST(ParseOptions, NoOctetsAreNoOptions) {
  const auto options = ParseOptions({});
  ASSERT_TRUE(options.has_value());
  EXPECT_TRUE(options->empty());
}

TEST(ParseOptions, RefusesEveryTruncationInsideAnOption) {
  const auto octets = Octets("0104 05dc 0506 01020304");
  for (size_t n = 0; n <= octets.size(); ++n) {
    const auto options = ParseOptions(std::span(octets).first(n));
    const bool at_a_border = n == 0 || n == 4 || n == 10;
    EXPECT_EQ(options.has_value(), at_a_border) << n;
    if (!options) {
      EXPECT_EQ(options.error(), DropReason::kBadOption);
    }
  }
}

TEST(ParseOptions, RefusesALengthUnderTwo) {
  for (const char* hex : {"0100", "0101", "0104 05dc 0700", "0701 0000"}) {
    EXPECT_FALSE(ParseOptions(Octets(hex)).has_value()) << hex;
  }
}

TEST(WriteOption, WritesWhatParseOptionsReads) {
  const auto value = Octets("c22381");
  WireWriter out;
  WriteOption({.type = 3, .value = value}, out);
  WriteOption({.type = 8, .value = {}}, out);
  EXPECT_EQ(ToHex(out.view()), "0305c223810802");
}

}  // namespace
}  // namespace sallyport::ppp
