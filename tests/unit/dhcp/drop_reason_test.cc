// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/drop_reason.h"

#include <gtest/gtest.h>
#include <set>

#include "dhcp/dhcpv4_drop_reason.h"

namespace sallyport::dhcp {
namespace {

template <typename Reasons>
void ExpectNamesOfTheirOwn(const Reasons& reasons) {
  std::set<std::string_view> names;
  for (const auto reason : reasons) names.insert(ToString(reason));
  EXPECT_EQ(names.size(), reasons.size());
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(DropReason, EveryReasonHasANameOfItsOwn) {
  ExpectNamesOfTheirOwn(kAllDropReasons);
  ExpectNamesOfTheirOwn(v4::kAllDropReasons);
}

}  // namespace
}  // namespace sallyport::dhcp
