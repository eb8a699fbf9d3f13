// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/users_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace sallyport::aaa {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<UserEntry> Parse(std::string_view text) {
  auto entries = ParseUsersFile(text);
  if (entries) return *std::move(entries);
  ADD_FAILURE() << entries.error()[0].position.line << ":" << entries.error()[0].position.column
                << ": " << entries.error()[0].found;
  return {};
}

std::vector<UsersFileError> ErrorsOf(std::string_view text) {
  auto entries = ParseUsersFile(text);
  return entries ? std::vector<UsersFileError>() : entries.error();
}

std::string PasswordOf(const UserEntry& entry) {
  const Secret* password = std::get_if<Secret>(&entry.secret);
  return password == nullptr ? "not a password" : std::string(password->text());
}

/// The password that a word in the third column makes.
std::string PasswordFrom(const std::string& word) {
  const auto entries = Parse("user * " + word + "\n");
  return entries.size() == 1 ? PasswordOf(entries[0]) : "not one entry";
}

TEST(UsersFile, EntryHasClientServerSecretAndAddress) {
  const auto entries = Parse("bob gw secret 10.0.0.7\n");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].client, "bob");
  EXPECT_EQ(entries[0].server, "gw");
  EXPECT_EQ(PasswordOf(entries[0]), "secret");
  EXPECT_EQ(entries[0].profile.address_rule, AddressRule::kListed);
  EXPECT_EQ(entries[0].profile.addresses, std::vector{IpAddress::V4(0x0A000007)});
  EXPECT_EQ(entries[0].line, 1U);
}

TEST(UsersFile, EmptyFileBlankLinesAndCommentsGiveNoEntry) {
  EXPECT_TRUE(Parse("").empty());
  EXPECT_TRUE(Parse("\n \t\r\n# bob * secret\n   # \"unclosed\n\v\f\n").empty());
}

TEST(UsersFile, LinesAreCountedAcrossCommentsAndContinuations) {
  const auto entries = Parse("# one\n\nbob * \\\n  secret \\\n *\ncarol * secret");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].line, 3U);
  EXPECT_EQ(entries[1].line, 6U);
}

TEST(UsersFile, StarIsEveryClientAndAnyServer) {
  const auto entries = Parse("* * secret\n\"*\" gw secret\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_FALSE(entries[0].client);
  EXPECT_FALSE(entries[0].server);
  EXPECT_FALSE(entries[1].client);  // pppd compares the word without its quotes
  EXPECT_EQ(entries[1].server, "gw");
}

TEST(UsersFile, WordsFollowTheRulesOfPppd) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("two words")", "two words"},
      {R"('two words')", "two words"},
      {R"("it's")", "it's"},
      {R"('say "so"')", R"(say "so")"},
      {R"(mid"dle"end)", "middleend"},
      {R"("a#b")", "a#b"},
      {R"(a\#b)", "a#b"},
      {R"(\#ab)", "#ab"},
      {R"(two\ words)", "two words"},
      {R"(two\swords)", "two words"},
      {R"(quote\"d)", R"(quote"d)"},
      {R"(back\\slash)", R"(back\slash)"},
      {R"(\a\b\f\n\r\t)", "\a\b\f\n\r\t"},
      {R"(\101\60z\1011)", "A0zA1"},
      {R"(\x41\x4ag\x7)", "AJg\x07"},
      {R"(\777)", "\xFF"},
      {R"(\q)", "q"},
      {"jo\\\nin", "join"},
      {"\"jo\\\nin\"", "join"},
      {"\"  \"", "  "},
      {"p\xC3\xA4ss", "p\xC3\xA4ss"},
  };
  for (const auto& [word, password] : cases) EXPECT_EQ(PasswordFrom(word), password) << word;
}

TEST(UsersFile, CarriageReturnAndByteOrderMarkAreNoPartOfAWord) {
  const auto entries = Parse(
      "\xEF\xBB\xBF"
      "bob * secret\r\n");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].client, "bob");
  EXPECT_EQ(PasswordOf(entries[0]), "secret");
}

TEST(UsersFile, NtPrefixWithoutQuotesIsAHash) {
  const auto entries = Parse("bob * nt:8846F7EAEE8FB117AD06BDD830B7586C *\n");
  ASSERT_EQ(entries.size(), 1U);
  const auto* hash = std::get_if<crypto::PasswordHash>(&entries[0].secret);
  ASSERT_NE(hash, nullptr);
  EXPECT_EQ(ToHex(hash->bytes()), "8846f7eaee8fb117ad06bdd830b7586c");
}

TEST(UsersFile, NtPrefixInQuotesIsAPassword) {
  EXPECT_EQ(PasswordFrom("\"nt:8846f7eaee8fb117ad06bdd830b7586c\""),
            "nt:8846f7eaee8fb117ad06bdd830b7586c");
  EXPECT_EQ(PasswordFrom("nt\\:open"), "nt:open");
}

TEST(UsersFile, AddressColumnSaysWhereTheAddressComesFrom) {
  const auto entries = Parse(
      "a * s\n"
      "b * s *\n"
      "c * s -\n"
      "d * s 10.0.0.9 10.0.0.8\n"
      "e * s --\n"
      "f * s * -- mtu 1400\n"
      "g * s 10.0.0.1 -- \"debug\" 999.1.1.1\n");
  ASSERT_EQ(entries.size(), 7U);
  const AddressRule rules[] = {AddressRule::kPool,   AddressRule::kPool, AddressRule::kNone,
                               AddressRule::kListed, AddressRule::kPool, AddressRule::kPool,
                               AddressRule::kListed};
  for (size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].profile.address_rule, rules[i]) << *entries[i].client;
  }
  EXPECT_EQ(entries[3].profile.addresses,
            (std::vector{IpAddress::V4(0x0A000009), IpAddress::V4(0x0A000008)}));
}

struct BadFile {
  std::string text;
  TextPosition position;
  std::string field;
  std::string found;  // part of it
};

TEST(UsersFile, ErrorsNamePlaceColumnAndMistake) {
  const std::string long_name(kMaxNameSize + 1, 'n');
  const std::string long_word(WordReader::kMaxWordSize + 1, 'w');
  const std::vector<BadFile> cases = {
      {"bob", {1, 4}, "server", "the end of the line"},
      {"bob gw # secret\n", {1, 7}, "secret", "the end of the line"},
      {"ok * s\nbob \"gw\n", {2, 5}, "server", "a quote that the line does not close"},
      {"bob gw 'sec\\'", {1, 8}, "secret", "a quote that the line does not close"},
      {"bob gw sec#ret\n", {1, 11}, "secret", "# inside a word"},
      {"bob gw secret\\", {1, 15}, "secret", "the end of the file"},
      {"bob gw \\0\n", {1, 9}, "secret", "a NUL character"},
      {"bob gw \\xg\n", {1, 9}, "secret", "a NUL character"},
      {std::string("b\0b gw s\n", 9), {1, 2}, "client", "a NUL character"},
      {"bob gw \"\"\n", {1, 8}, "secret", "an empty secret"},
      {"\"\" gw s\n", {1, 1}, "client", "an empty name"},
      {"bob '' s\n", {1, 5}, "server", "an empty name"},
      {long_name + " * s\n", {1, 1}, "client", "a name of more than 255 octets"},
      {"bob * " + long_word + "\n", {1, 1031}, "secret", "a word of more than 1024 octets"},
      {"bob * @/etc/secret\n", {1, 7}, "secret", "another file"},
      {"bob * \"@/etc/secret\"\n", {1, 7}, "secret", "another file"},
      {"bob * nt:\n", {1, 7}, "secret", "nt: without a hash"},
      {"bob * nt:8846f7eaee8fb117ad06bdd830b7586\n", {1, 7}, "secret", "nt: without a hash"},
      {"bob * nt:8846f7eaee8fb117ad06bdd830b7586cff\n", {1, 7}, "secret", "nt: without a hash"},
      {"bob * nt:8846f7eaee8fb117ad06bdd830b7586g\n", {1, 7}, "secret", "nt: without a hash"},
      {"bob * s 10.0.0\n", {1, 9}, "address", "no IPv4 address"},
      {"bob * s 10.0.0.0/24\n", {1, 9}, "address", "no IPv4 address"},
      {"bob * s !10.0.0.1\n", {1, 9}, "address", "no IPv4 address"},
      {"bob * s 2001:db8::1\n", {1, 9}, "address", "no IPv4 address"},
      {"bob * s 127.0.0.1\n", {1, 9}, "address", "no IPv4 address"},
      {"bob * s 0.0.0.0\n", {1, 9}, "address", "no IPv4 address"},
      {"bob * s 224.0.0.1\n", {1, 9}, "address", "no IPv4 address"},
      {"bob * s * 10.0.0.1\n", {1, 11}, "address", "a word after * or -"},
      {"bob * s - -\n", {1, 11}, "address", "a word after * or -"},
      {"bob * s 10.0.0.1 *\n", {1, 18}, "address", "* or - after an address"},
      {"bob * s -- \"x\n", {1, 12}, "option", "a quote that the line does not close"},
      {"bob * s\n\nbob * t\n", {3, 1}, "client", "the client and server of line 1 again"},
      {"p\xC3\xA4ul * s 1\n", {1, 10}, "address", "no IPv4 address"},  // columns are characters
  };
  for (const auto& bad : cases) {
    const auto errors = ErrorsOf(bad.text);
    ASSERT_EQ(errors.size(), 1U) << bad.text;
    EXPECT_EQ(errors[0].position, bad.position)
        << bad.text << errors[0].position.line << ":" << errors[0].position.column;
    EXPECT_EQ(errors[0].field, bad.field) << bad.text;
    EXPECT_THAT(errors[0].found, HasSubstr(bad.found)) << bad.text;
    EXPECT_FALSE(errors[0].expected.empty()) << bad.text;
  }
}

TEST(UsersFile, OneErrorRefusesTheWholeFileAndAllAreReported) {
  const auto errors = ErrorsOf("bob *\ncarol * fine\ndave * s 1.2.3\n");
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].position.line, 1U);
  EXPECT_EQ(errors[1].position.line, 3U);
}

TEST(UsersFile, ErrorsOfOneFileAreLimited) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "bob\n";
  EXPECT_EQ(ErrorsOf(text).size(), kMaxUsersFileErrors);
}

TEST(UsersFile, SameClientOnTwoServersIsTwoEntries) {
  EXPECT_EQ(Parse("bob gw s\nbob other s\nbob * s\n* gw s\n").size(), 4U);
}

// A forgotten quote or a swapped column puts the secret where the parser looks for something else.
TEST(UsersFile, NoErrorHoldsTextOfTheFile) {
  const std::string files[] = {
      "bob * my hunter2\n",
      "bob * \"hunter2\n",
      "bob * nt:hunter2\n",
      "hunter2\n",
      "bob hunter2\n",
      "hunter2 hunter2 hunter2#\n",
      "hunter2 * s\nhunter2 * s\n",
      "bob * s -- \"hunter2",
      "bob * @/hunter2",
      "bob * s 10.0.0.1 hunter2\n",
      "bob * s * hunter2\n",
      "bob * hunter2\\",
  };
  for (const auto& file : files) {
    const auto errors = ErrorsOf(file);
    ASSERT_FALSE(errors.empty()) << file;
    for (const auto& error : errors) {
      EXPECT_THAT(error.found + error.expected + error.field, Not(HasSubstr("hunter2"))) << file;
    }
  }
}

TEST(UsersFile, EveryTruncationIsReadOrRefusedWithAPlaceInside) {
  const std::string whole =
      "# users\nbob gw \"a b\" 10.0.0.1\nd\\x41ve * nt:8846f7eaee8fb117ad06bdd830b7586c - -- x\n";
  for (size_t size = 0; size <= whole.size(); ++size) {
    const std::string text = whole.substr(0, size);
    const auto entries = ParseUsersFile(text);
    if (entries) {
      EXPECT_LE(entries->size(), 2U) << text;
      continue;
    }
    for (const auto& error : entries.error()) {
      EXPECT_LE(error.position.line, 3U) << text;
      EXPECT_LE(error.position.column, size + 1) << text;
    }
  }
}

}  // namespace
}  // namespace sallyport::aaa
