// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/user_database.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace sallyport::aaa {
namespace {

UserDatabase Users(std::string_view text) {
  auto entries = ParseUsersFile(text);
  EXPECT_TRUE(entries.has_value());
  return UserDatabase(*std::move(entries));
}

/// The line of the entry that a login finds; 0 for none.
unsigned LineFor(const UserDatabase& users, std::string_view name, std::string_view server = "gw") {
  const UserEntry* entry = users.Find(name, server);
  return entry == nullptr ? 0 : entry->line;
}

TEST(UserDatabase, EmptyHasNobody) {
  EXPECT_EQ(UserDatabase().Find("bob", "gw"), nullptr);
  EXPECT_EQ(UserDatabase().size(), 0U);
}

TEST(UserDatabase, ServerNameMustMatchUnlessStar) {
  const UserDatabase users = Users("bob gw s\ncarol * s\n");
  EXPECT_EQ(LineFor(users, "bob"), 1U);
  EXPECT_EQ(LineFor(users, "bob", "other"), 0U);
  EXPECT_EQ(LineFor(users, "carol", "other"), 2U);
}

TEST(UserDatabase, EntryForTheServerComesBeforeAnyServerInEitherOrder) {
  EXPECT_EQ(LineFor(Users("bob * s\nbob gw s\n"), "bob"), 2U);
  EXPECT_EQ(LineFor(Users("bob gw s\nbob * s\n"), "bob"), 1U);
}

TEST(UserDatabase, EveryClientIsTheFallback) {
  const UserDatabase users = Users("* gw s\nbob * s\n* * s\n");
  EXPECT_EQ(LineFor(users, "bob"), 2U);  // a name counts more than a server, as in pppd
  EXPECT_EQ(LineFor(users, "carol"), 1U);
  EXPECT_EQ(LineFor(users, "carol", "other"), 3U);
}

TEST(UserDatabase, WholeNameComesBeforeTheNameWithoutDomain) {
  const UserDatabase users = Users("bob * s\nDOM\\\\bob * s\n* * s\n");
  EXPECT_EQ(LineFor(users, "DOM\\bob"), 2U);
  EXPECT_EQ(LineFor(users, "OTHER\\bob"), 1U);  // before the entry for every client
  EXPECT_EQ(LineFor(users, "bob"), 1U);
  EXPECT_EQ(LineFor(users, "OTHER\\carol"), 3U);
}

TEST(UserDatabase, RulesSayWhatIsStripped) {
  const UserDatabase users(*ParseUsersFile("bob * secret *\n"));
  EXPECT_NE(users.Find("CORP\\bob", "gw"), nullptr);
  EXPECT_EQ(users.Find("CORP\\bob", "gw", {.strip_domain = false}), nullptr);
  EXPECT_EQ(users.Find("bob@example.org", "gw"), nullptr);
  EXPECT_NE(users.Find("bob@example.org", "gw", {.strip_realm = true}), nullptr);
  EXPECT_NE(users.Find("CORP\\bob@example.org", "gw", {.strip_realm = true}), nullptr);
}

TEST(UserDatabase, NamesAreComparedOctetForOctet) {
  const UserDatabase users = Users("bob * s\n\"\\x80\\xff\" * s\n");
  EXPECT_EQ(LineFor(users, "Bob"), 0U);
  EXPECT_EQ(LineFor(users, "bob "), 0U);
  EXPECT_EQ(LineFor(users, std::string("bob\0", 4)), 0U);
  EXPECT_EQ(LineFor(users, "\x80\xFF"), 2U);
}

TEST(UserDatabase, HostileNamesFindNobody) {
  const UserDatabase users = Users("bob * s\n");
  for (const std::string& name :
       {std::string(), std::string("*"), std::string("\\"), std::string("bob\\"),
        std::string(65535, 'A'), std::string(1000, '\\'), std::string(300, '\0'),
        std::string("%n%s\x1B[2J"), std::string("' OR 1=1 --")}) {
    EXPECT_EQ(LineFor(users, name), 0U) << name.size();
  }
}

}  // namespace
}  // namespace sallyport::aaa
