// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/drop_reason.h"

#include <gtest/gtest.h>
#include <set>
#include <string>

namespace sallyport::ppp {
namespace {

TEST(DropReason, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const auto reason : kAllDropReasons) {
    const auto name = ToString(reason);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << name;
    EXPECT_NE(name, "unknown");
    names.insert(name);
  }
  EXPECT_EQ(names.size(), kAllDropReasons.size());
}

TEST(DropCounters, CountsEachReasonApart) {
  DropCounters counters;
  for (size_t i = 0; i < kAllDropReasons.size(); ++i) {
    for (size_t n = 0; n < i; ++n) counters.Count(kAllDropReasons[i]);
  }
  size_t seen = 0;
  for (const auto& [reason, count] : counters.All()) {
    EXPECT_EQ(reason, kAllDropReasons[seen]);
    EXPECT_EQ(count, seen);
    EXPECT_EQ(counters.Get(reason), seen);
    ++seen;
  }
  EXPECT_EQ(seen, kAllDropReasons.size());
}

}  // namespace
}  // namespace sallyport::ppp
