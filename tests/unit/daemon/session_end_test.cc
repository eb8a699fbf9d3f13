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

TEST(CauseOf, OfASessionThatEndedWithItsTunnel_IsTheTunnels) {
  l2tp::SessionDown down{.tunnel = l2tp::TunnelId(1),
                         .session = l2tp::SessionId(1),
                         .reason = l2tp::EndReason::kTunnelEnded,
                         .result = {.result = 6, .error = {}, .message = "Goodbye!"},
                         .of_tunnel = l2tp::EndReason::kPeerClosed};
  EXPECT_EQ(CauseOf(down), "user_request");
  EXPECT_EQ(Describe(down), "its tunnel ended: the peer closed it, result 6: Goodbye!");
  down.of_tunnel = l2tp::EndReason::kLocalClose;
  EXPECT_EQ(CauseOf(down), "admin_reset");
  down.result.error = 4;  // no resources
  EXPECT_EQ(CauseOf(down), "nas_error");
}

}  // namespace
}  // namespace sallyport::daemon
