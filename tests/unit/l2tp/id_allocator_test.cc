// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/id_allocator.h"

#include <gtest/gtest.h>
#include <initializer_list>
#include <set>

namespace sallyport::l2tp {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

TEST(IdAllocator, GivesTheCandidateIfItIsFree) {
  IdAllocator ids(10);
  EXPECT_EQ(ids.Take(500, kNow), 500);
  EXPECT_EQ(ids.Take(500, kNow), 501);
  EXPECT_EQ(ids.Take(499, kNow), 499);
  EXPECT_EQ(ids.Take(499, kNow), 502);
}

TEST(IdAllocator, NeverGivesZero) {
  IdAllocator ids(10);
  EXPECT_EQ(ids.Take(0, kNow), 1);
  EXPECT_EQ(ids.Take(65535, kNow), 65535);
  EXPECT_EQ(ids.Take(65535, kNow), 2);
}

TEST(IdAllocator, FindTakesNothing) {
  IdAllocator ids(10);
  EXPECT_EQ(ids.Find(7, kNow), 7);
  EXPECT_EQ(ids.Find(7, kNow), 7);
}

TEST(IdAllocator, GivesEveryIdOnceAndThenNone) {
  IdAllocator ids(10);
  std::set<uint16_t> given;
  for (uint32_t i = 0; i < 65535; ++i) {
    const auto id = ids.Take(static_cast<uint16_t>(i * 40503), kNow);
    ASSERT_TRUE(id);
    ASSERT_NE(*id, 0);
    ASSERT_TRUE(given.insert(*id).second);
  }
  EXPECT_FALSE(ids.Take(40000, kNow));
  EXPECT_FALSE(ids.Find(1, kNow));
}

TEST(IdAllocator, AFreedIdRests) {
  IdAllocator ids(10);
  ASSERT_EQ(ids.Take(9, kNow), 9);
  ids.Release(9, kNow);
  EXPECT_EQ(ids.Find(9, kNow + IdAllocator::kQuarantine - std::chrono::seconds(1)), 10);
  EXPECT_EQ(ids.Find(9, kNow + IdAllocator::kQuarantine), 9);
}

TEST(IdAllocator, TheLongestAtRestGivesWay) {
  IdAllocator ids(2);
  for (const uint16_t id : std::initializer_list<uint16_t>{1, 2, 3})
    ASSERT_EQ(ids.Take(id, kNow), id);
  for (const uint16_t id : std::initializer_list<uint16_t>{1, 2, 3}) ids.Release(id, kNow);
  EXPECT_EQ(ids.Take(1, kNow), 1);
  EXPECT_EQ(ids.Take(1, kNow), 4);
}

}  // namespace
}  // namespace sallyport::l2tp
