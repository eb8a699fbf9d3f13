// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/drop_reason.h"

#include <gtest/gtest.h>
#include <set>
#include <string>

namespace sallyport::l2tp {
namespace {

TEST(DropReason, NamesAreDistinctMetricLabels) {
  std::set<std::string> names;
  for (const DropReason reason : kAllDropReasons) {
    const std::string name(ToString(reason));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << name;
    EXPECT_NE(name, "unknown");
  }
}

TEST(DropReason, ListIsInTheOrderOfTheEnum) {
  for (size_t i = 0; i < kAllDropReasons.size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(kAllDropReasons[i]), i);
  }
}

TEST(DropCounters, CountEachReasonApart) {
  DropCounters counters;
  counters.Count(DropReason::kDuplicate);
  counters.Count(DropReason::kDuplicate);
  counters.Count(DropReason::kEmptyFrame);
  uint64_t sum = 0;
  for (const auto& [reason, count] : counters.All()) {
    EXPECT_EQ(count, counters.Get(reason));
    sum += count;
  }
  EXPECT_EQ(counters.Get(DropReason::kDuplicate), 2u);
  EXPECT_EQ(counters.Get(DropReason::kEmptyFrame), 1u);
  EXPECT_EQ(sum, 3u);
}

}  // namespace
}  // namespace sallyport::l2tp
