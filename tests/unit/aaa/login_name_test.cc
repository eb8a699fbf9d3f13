// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/login_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::aaa {
namespace {

using testing::ElementsAre;

constexpr NameRules kNone{.strip_domain = false, .strip_realm = false};
constexpr NameRules kDomain{.strip_domain = true, .strip_realm = false};
constexpr NameRules kRealm{.strip_domain = false, .strip_realm = true};
constexpr NameRules kBoth{.strip_domain = true, .strip_realm = true};

TEST(NamesOf, PlainNameIsTheOnlyOne) {
  for (const auto& rules : {kNone, kDomain, kRealm, kBoth}) {
    EXPECT_THAT(NamesOf("alice", rules), ElementsAre("alice"));
    EXPECT_THAT(NamesOf("", rules), ElementsAre(""));
  }
}

TEST(NamesOf, WholeNameComesFirstTheBarestLast) {
  const auto* name = "CORP\\alice@example.org";
  EXPECT_THAT(NamesOf(name, kNone), ElementsAre(name));
  EXPECT_THAT(NamesOf(name, kDomain), ElementsAre(name, "alice@example.org"));
  EXPECT_THAT(NamesOf(name, kRealm), ElementsAre(name, "CORP\\alice"));
  EXPECT_THAT(NamesOf(name, kBoth), ElementsAre(name, "alice@example.org", "CORP\\alice", "alice"));
}

TEST(NamesOf, TheLastBackslashAndAtSignCount) {
  EXPECT_EQ(BareName("A\\B\\alice", kBoth), "alice");
  EXPECT_EQ(BareName("alice@b@example.org", kBoth), "alice@b");
}

TEST(NamesOf, NothingIsStrippedToNothing) {
  EXPECT_EQ(BareName("CORP\\", kBoth), "CORP\\");
  EXPECT_EQ(BareName("@example.org", kBoth), "@example.org");
  EXPECT_EQ(BareName("CORP\\@example.org", kBoth), "@example.org");
  EXPECT_EQ(BareName("@", kBoth), "@");
  EXPECT_EQ(BareName("\\", kBoth), "\\");
}

}  // namespace
}  // namespace sallyport::aaa
