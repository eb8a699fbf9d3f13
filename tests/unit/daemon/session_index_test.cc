// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/session_index.h"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

using std::chrono::seconds;

SessionKey Key(uint16_t session) { return {l2tp::TunnelId(1), l2tp::SessionId(session)}; }

TEST(SessionIndex, TheShortestIdleLimitIsThatOfThoseWhoAreThere) {
  SessionIndex index;
  EXPECT_EQ(index.shortest_idle_limit(), std::nullopt);
  for (uint16_t session = 1; session <= 3; ++session) {
    index.Add(std::to_string(session), Key(session));
  }
  index.ChangeLimit({}, seconds(60));
  index.ChangeLimit({}, seconds(60));
  index.ChangeLimit({}, seconds(30));
  EXPECT_EQ(index.shortest_idle_limit(), seconds(30));
  index.ChangeLimit(seconds(30), seconds(90));
  EXPECT_EQ(index.shortest_idle_limit(), seconds(60));
  index.Remove("1", SessionState::kStarting, seconds(60));
  EXPECT_EQ(index.shortest_idle_limit(), seconds(60)) << "another has it";
  index.ChangeLimit(seconds(60), seconds(60));
  EXPECT_EQ(index.shortest_idle_limit(), seconds(60)) << "the same again";
  index.ChangeLimit(seconds(60), {});
  index.Remove("3", SessionState::kStarting, seconds(90));
  EXPECT_EQ(index.shortest_idle_limit(), std::nullopt);
}

TEST(SessionIndex, FindsBySpelling) {
  SessionIndex index;
  index.Add("0f3a91", Key(7));
  ASSERT_NE(index.Find("0f3a91"), nullptr);
  EXPECT_EQ(*index.Find("0f3a91"), Key(7));
  EXPECT_EQ(index.Find("0f3a9"), nullptr);
  index.Remove("0f3a91", SessionState::kStarting, {});
  EXPECT_EQ(index.Find("0f3a91"), nullptr);
  EXPECT_EQ(index.InState(SessionState::kStarting), 0U);
}

}  // namespace
}  // namespace sallyport::daemon
