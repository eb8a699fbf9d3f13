// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/index_bitmap.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <optional>
#include <vector>

namespace sallyport::aaa {
namespace {

/// What FirstAbsent() must say, found the slow way.
std::optional<uint32_t> SlowFirstAbsent(const std::vector<bool>& set, uint32_t from) {
  for (uint32_t i = from; i < set.size(); ++i) {
    if (!set[i]) return i;
  }
  return {};
}

// Sizes around the borders of one, two and three levels.
constexpr uint32_t kSizes[] = {1,    2,    63,   64,     65,     127,    128,
                               4095, 4096, 4097, 262143, 262144, 262145, 300000};

TEST(IndexBitmap, FillsFromTheLowestToTheLast) {
  for (const uint32_t size : kSizes) {
    IndexBitmap bitmap(size);
    for (uint32_t i = 0; i < size; ++i) {
      ASSERT_EQ(bitmap.FirstAbsent(0), i) << size;
      ASSERT_TRUE(bitmap.Insert(i));
    }
    EXPECT_EQ(bitmap.count(), size);
    EXPECT_FALSE(bitmap.FirstAbsent(0)) << size;
  }
}

TEST(IndexBitmap, OneHoleInAFullSetIsFoundWhereverItIs) {
  for (const uint32_t size : kSizes) {
    IndexBitmap bitmap(size);
    for (uint32_t i = 0; i < size; ++i) bitmap.Insert(i);
    for (uint32_t hole = 0; hole < size; hole += 1 + size / 97) {
      ASSERT_TRUE(bitmap.Erase(hole));
      EXPECT_EQ(bitmap.FirstAbsent(0), hole) << size;
      EXPECT_EQ(bitmap.FirstAbsent(hole), hole) << size;
      EXPECT_FALSE(bitmap.FirstAbsent(hole + 1)) << size;
      ASSERT_TRUE(bitmap.Insert(hole));
    }
  }
}

TEST(IndexBitmap, InsertAndEraseSayWhetherTheyChangedAnything) {
  IndexBitmap bitmap(100);
  EXPECT_TRUE(bitmap.Insert(64));
  EXPECT_FALSE(bitmap.Insert(64));
  EXPECT_TRUE(bitmap.Contains(64));
  EXPECT_EQ(bitmap.count(), 1U);
  EXPECT_TRUE(bitmap.Erase(64));
  EXPECT_FALSE(bitmap.Erase(64));
  EXPECT_FALSE(bitmap.Contains(64));
  EXPECT_EQ(bitmap.count(), 0U);
}

TEST(IndexBitmap, SizeZeroHasNothing) {
  const IndexBitmap bitmap(0);
  EXPECT_FALSE(bitmap.FirstAbsent(0));
  EXPECT_EQ(bitmap.size(), 0U);
}

TEST(IndexBitmap, SearchBeyondTheEndFindsNothing) {
  const IndexBitmap bitmap(64);
  EXPECT_FALSE(bitmap.FirstAbsent(64));
  EXPECT_FALSE(bitmap.FirstAbsent(0xFFFFFFFF));
}

TEST(IndexBitmap, AgreesWithAPlainArrayUnderManyChanges) {
  for (const uint32_t size : {70U, 4100U}) {
    IndexBitmap bitmap(size);
    std::vector<bool> plain(size);
    uint32_t state = 1;
    for (int step = 0; step < 20000; ++step) {
      state = state * 1664525 + 1013904223;  // Numerical Recipes' generator: any sequence does
      const uint32_t index = (state >> 8) % size;
      // Phases that mostly insert and phases that mostly erase, so that words fill and empty.
      const bool insert = (step / 5000 % 2 == 0) == ((state >> 5) % 8 != 0);
      const bool changed = plain[index] != insert;
      ASSERT_EQ(insert ? bitmap.Insert(index) : bitmap.Erase(index), changed);
      plain[index] = insert;
      const uint32_t from = (state >> 3) % (size + 1);
      ASSERT_EQ(bitmap.FirstAbsent(from), SlowFirstAbsent(plain, from)) << step;
    }
  }
}

}  // namespace
}  // namespace sallyport::aaa
