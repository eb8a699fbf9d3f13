// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/session_end.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

bool IsCause(std::string_view word) {
  return std::find(std::begin(kCauses), std::end(kCauses), word) != std::end(kCauses);
}

TEST(CauseOf, IsAlwaysOneOfTheKnown) {
  for (int i = 0; i <= static_cast<int>(l2tp::EndReason::kTieLost); ++i) {
    EXPECT_TRUE(IsCause(CauseOf(static_cast<l2tp::EndReason>(i)))) << i;
  }
  for (int i = 0; i <= static_cast<int>(ppp::EndReason::kLowerLayerDown); ++i) {
    EXPECT_TRUE(IsCause(CauseOf(static_cast<ppp::EndReason>(i)))) << i;
  }
}

}  // namespace
}  // namespace sallyport::daemon
