// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/drop_reason.h"

#include <gtest/gtest.h>
#include <set>

namespace sallyport::dhcp {
namespace {

TEST(DropReason, EveryReasonHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const DropReason reason : kAllDropReasons) names.insert(ToString(reason));
  EXPECT_EQ(names.size(), kAllDropReasons.size());
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace sallyport::dhcp
