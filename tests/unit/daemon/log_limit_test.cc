// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/log_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr TimePoint kStart{LogLimit::kPeriod * 100};

TEST(LogLimit, ABurstPassesAndTheRestOfThePeriodIsLeftOut) {
  LogLimit limit;
  for (unsigned i = 0; i < LogLimit::kBurst; ++i) EXPECT_EQ(limit.Pass("text", kStart), "text");
  EXPECT_EQ(limit.Pass("text", kStart), std::nullopt);
  EXPECT_EQ(limit.Pass("text", kStart + LogLimit::kPeriod / 2), std::nullopt);
}

TEST(LogLimit, TheNextPeriodSaysHowManyWereLeftOut) {
  LogLimit limit;
  for (unsigned i = 0; i < LogLimit::kBurst + 3; ++i) (void)limit.Pass("text", kStart);
  EXPECT_EQ(limit.Pass("text", kStart + LogLimit::kPeriod), "text (3 like it left out)");
  EXPECT_EQ(limit.Pass("text", kStart + LogLimit::kPeriod), "text");
}

TEST(LogLimit, WhatIsLeftOutReachesNoLog) {
  LogLimit limit;
  testing::internal::CaptureStderr();
  for (unsigned i = 0; i < LogLimit::kBurst; ++i) {
    limit.LogWarning("login_refused", "within the burst", kStart, {{"PEER", "192.0.2.1"}});
  }
  limit.LogWarning("login_refused", "past it", kStart);
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_THAT(logged, HasSubstr("warning: login_refused: within the burst peer=\"192.0.2.1\"\n"));
  EXPECT_THAT(logged, Not(HasSubstr("past it")));
}

}  // namespace
}  // namespace sallyport::daemon
