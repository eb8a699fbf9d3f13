// SPDX-License-Identifier: GPL-2.0-or-later
#include <chrono>
#include <gtest/gtest.h>

#include "base/timer_queue.h"
#include "base/timer_table.h"

namespace sallyport {
namespace {

using std::chrono::seconds;

enum class TestTimer { kFirst, kSecond, kCount };

TEST(TimerTable, NextIsTheEarliestDeadline) {
  TimerTable<TestTimer> timers;
  EXPECT_FALSE(timers.Next());
  timers.Set(TestTimer::kFirst, TimePoint(seconds(9)));
  timers.Set(TestTimer::kSecond, TimePoint(seconds(4)));
  EXPECT_EQ(timers.Next(), TimePoint(seconds(4)));
  timers.Cancel(TestTimer::kSecond);
  EXPECT_EQ(timers.Next(), TimePoint(seconds(9)));
  timers.CancelAll();
  EXPECT_FALSE(timers.Next());
}

TEST(TimerTable, ATimerExpiresOnceAndNotEarly) {
  TimerTable<TestTimer> timers;
  timers.Set(TestTimer::kFirst, TimePoint(seconds(5)));
  EXPECT_FALSE(timers.TakeExpired(TestTimer::kFirst, TimePoint(seconds(4))));
  EXPECT_TRUE(timers.TakeExpired(TestTimer::kFirst, TimePoint(seconds(5))));
  EXPECT_FALSE(timers.TakeExpired(TestTimer::kFirst, TimePoint(seconds(6))));
}

TEST(TimerQueue, GivesKeysInTheOrderOfTheirDeadlines) {
  TimerQueue<int> queue;
  queue.Set(1, TimePoint(seconds(3)));
  queue.Set(2, TimePoint(seconds(1)));
  queue.Set(3, TimePoint(seconds(2)));
  EXPECT_EQ(queue.Next(), TimePoint(seconds(1)));
  EXPECT_EQ(queue.TakeExpired(TimePoint(seconds(2))), 2);
  EXPECT_EQ(queue.TakeExpired(TimePoint(seconds(2))), 3);
  EXPECT_FALSE(queue.TakeExpired(TimePoint(seconds(2))));
  EXPECT_FALSE(queue.empty());
}

TEST(TimerQueue, SettingAgainReplacesAndNothingRemoves) {
  TimerQueue<int> queue;
  queue.Set(1, TimePoint(seconds(3)));
  queue.Set(1, TimePoint(seconds(7)));
  EXPECT_FALSE(queue.TakeExpired(TimePoint(seconds(3))));
  queue.Set(1, std::nullopt);
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.Next());
}

TEST(TimerQueue, EqualDeadlinesDoNotLoseAKey) {
  TimerQueue<int> queue;
  queue.Set(1, TimePoint(seconds(3)));
  queue.Set(2, TimePoint(seconds(3)));
  EXPECT_EQ(queue.TakeExpired(TimePoint(seconds(3))), 1);
  EXPECT_EQ(queue.TakeExpired(TimePoint(seconds(3))), 2);
}

}  // namespace
}  // namespace sallyport
