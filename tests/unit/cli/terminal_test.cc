// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/terminal.h"

#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>

namespace sallyport::cli {
namespace {

using std::chrono::seconds;

constexpr const char* kReplacement = "\uFFFD";

TEST(TerminalText, ReadableText_StaysAsItIs) {
  for (const char* text : {"", "bob", "DOMAIN\\bob", "J\u00F6rg", "\u5F20\u4F1F", "\U0001F511"}) {
    EXPECT_EQ(TerminalText(text), text);
  }
}

TEST(TerminalText, EveryControlCharacter_IsReplaced) {
  for (int c = 0; c < 0x20; ++c) {
    EXPECT_EQ(TerminalText(std::string(1, static_cast<char>(c))), kReplacement) << c;
  }
  EXPECT_EQ(TerminalText("\x7F"), kReplacement);
  EXPECT_EQ(TerminalText("\u0080"), kReplacement);
  EXPECT_EQ(TerminalText("\u009B31m"), std::string(kReplacement) + "31m");  // C1 CSI
  EXPECT_EQ(TerminalText("\x1B]0;title\x07"),
            std::string(kReplacement) + "]0;title" + kReplacement);
}

TEST(TerminalText, TextThatWouldReorderOthers_IsReplaced) {
  for (const char* text :
       {"\u061C", "\u200E", "\u200F", "\u2028", "\u202A", "\u202E", "\u2066", "\u2069", "\uFEFF"}) {
    EXPECT_EQ(TerminalText(text), kReplacement);
  }
}

TEST(TerminalText, OctetsThatAreNotUtf8_AreReplacedOneByOne) {
  for (const std::string_view text :
       {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8", "\xC3",
        "\xE2\x82", "\xF0\x9F\x94"}) {
    std::string expected;
    for (size_t i = 0; i < text.size(); ++i) expected += kReplacement;
    EXPECT_EQ(TerminalText(text), expected);
  }
}

TEST(TerminalJson, ControlCharacters_BecomeEscapesOfTheSameValue) {
  const std::string json = "{\"a\":\"\x7F\u009B\u202E J\u00F6rg\"}\n";
  const std::string safe = TerminalJson(json);
  EXPECT_EQ(safe, "{\"a\":\"\\u007f\\u009b\\u202e J\u00F6rg\"}\n");
  EXPECT_EQ(nlohmann::json::parse(safe), nlohmann::json::parse(json));
}

TEST(TerminalJson, WhatIsNotJson_IsHarmlessToo) {
  EXPECT_EQ(TerminalJson("\x1B[2J\r\xFF"), std::string("\\u001b[2J\\u000d") + kReplacement);
}

TEST(FormatDuration, ShowsTheTwoLargestUnits) {
  EXPECT_EQ(FormatDuration(seconds{0}), "0s");
  EXPECT_EQ(FormatDuration(seconds{59}), "59s");
  EXPECT_EQ(FormatDuration(seconds{60}), "1m 00s");
  EXPECT_EQ(FormatDuration(seconds{3599}), "59m 59s");
  EXPECT_EQ(FormatDuration(seconds{3600}), "1h 00m");
  EXPECT_EQ(FormatDuration(seconds{86399}), "23h 59m");
  EXPECT_EQ(FormatDuration(seconds{86400 * 400 + 3600}), "400d 01h");
}

TEST(FormatBytes, RoundsToOneDecimalOfTheLargestUnit) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1.0 KiB");
  EXPECT_EQ(FormatBytes(1536), "1.5 KiB");
  EXPECT_EQ(FormatBytes(1024 * 1024 - 1), "1.0 MiB");  // not 1024.0 KiB
  EXPECT_EQ(FormatBytes(std::numeric_limits<uint64_t>::max()), "16.0 EiB");
}

TEST(FormatCount, KnowsOneFromMany) {
  EXPECT_EQ(FormatCount(0, "session"), "0 sessions");
  EXPECT_EQ(FormatCount(1, "session"), "1 session");
  EXPECT_EQ(FormatCount(2, "session"), "2 sessions");
}

TEST(FitTo, CutsLinesAndLeavesOutWhatIsBelow) {
  EXPECT_EQ(FitTo({.rows = 2, .columns = 3}, "abcd\nef\nghi\n"), "abc\nef\n");
  EXPECT_EQ(FitTo({.rows = 5, .columns = 3}, "J\u00F6rg\n\nx"), "J\u00F6r\n\nx");
  EXPECT_EQ(FitTo({.rows = 1, .columns = 2}, "\x1B[1mabc\x1B[0m\nx"), "\x1B[1mab\x1B[0m\n")
      << "a colour takes no room, and ends";
  EXPECT_EQ(FitTo({.rows = 1, .columns = 9}, "a\x1B[3"), "a\x1B[3") << "one that is cut off";
  EXPECT_EQ(FitTo({.rows = 0, .columns = 9}, "a"), "");
}

TEST(Style, ColoursOnlyWhenAsked) {
  EXPECT_EQ(Style(false).Red("x"), "x");
  EXPECT_EQ(Style(true).Red("x"), "\x1B[31mx\x1B[0m");
}

TEST(Table, ColumnsAreAlignedByCodePoints) {
  const Table table{.rows = {{"ID", "USER", "RX"}, {"1", "J\u00F6rg", "10 B"}, {"22", "-", "9 B"}},
                    .right = {false, false, true}};
  EXPECT_EQ(table.ToString(Style(false)),
            "ID  USER    RX\n"
            "1   J\u00F6rg  10 B\n"
            "22  -      9 B\n");
}

TEST(Table, LinesHaveNoTrailingSpace) {
  const Table table{.rows = {{"A", "B"}, {"x", ""}}, .right = {false, false}};
  EXPECT_EQ(table.ToString(Style(false)), "A  B\nx\n");
}

}  // namespace
}  // namespace sallyport::cli
