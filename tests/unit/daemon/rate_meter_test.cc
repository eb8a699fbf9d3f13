// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/rate_meter.h"

#include <gtest/gtest.h>
#include <limits>

namespace sallyport::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds{1000}};

InterfaceCounters Bytes(uint64_t received, uint64_t sent) {
  return {.rx_bytes = received, .tx_bytes = sent};
}

TEST(RateMeter, KnowsNothingBeforeTwoReadingsAreASecondApart) {
  RateMeter meter;
  EXPECT_FALSE(meter.rates());
  meter.Take(Bytes(1'000'000, 1'000'000), kStart);
  EXPECT_FALSE(meter.rates()) << "what came before the first reading came in an unknown time";
  meter.Take(Bytes(2'000'000, 2'000'000), kStart + milliseconds(999));
  EXPECT_FALSE(meter.rates());
  meter.Take(Bytes(3'000'000, 2'500'000), kStart + seconds(1));
  ASSERT_TRUE(meter.rates());
  EXPECT_EQ(meter.rates()->rx_bytes, 2'000'000U);
  EXPECT_EQ(meter.rates()->tx_bytes, 1'500'000U);
  EXPECT_EQ(meter.rates()->interval, seconds(1));
}

TEST(RateMeter, IsTheAverageOfTheTimeUpToTheLastReading) {
  RateMeter meter;
  meter.Take(Bytes(0, 0), kStart);
  meter.Take(Bytes(3000, 300), kStart + seconds(30));
  EXPECT_EQ(meter.rates()->rx_bytes, 100U);
  EXPECT_EQ(meter.rates()->interval, seconds(30));
  meter.Take(Bytes(3000, 300), kStart + seconds(60));
  EXPECT_EQ(meter.rates()->rx_bytes, 0U) << "nothing since";
  meter.Take(Bytes(8200, 300), kStart + milliseconds(62'600));
  EXPECT_EQ(meter.rates()->rx_bytes, 2000U);
  EXPECT_EQ(meter.rates()->tx_bytes, 0U);
  EXPECT_EQ(meter.rates()->interval, seconds(3)) << "rounded";
}

TEST(RateMeter, ManyWhoAskAtOnceDoNotShortenTheTime) {
  RateMeter meter;
  for (unsigned asked = 0; asked <= 100; ++asked) {
    meter.Take(Bytes(uint64_t{asked} * 100, 0), kStart + asked * milliseconds(100));
    if (asked < 10) continue;
    ASSERT_TRUE(meter.rates()) << asked;
    EXPECT_EQ(meter.rates()->rx_bytes, 1000U) << asked;
    EXPECT_LE(meter.rates()->interval, seconds(2)) << "and they do not lengthen it";
  }
}

TEST(RateMeter, CountersThatWentBackAreNoRate) {
  RateMeter meter;
  meter.Take(Bytes(1000, 1000), kStart);
  meter.Take(Bytes(0, 3000), kStart + seconds(2));
  EXPECT_EQ(meter.rates()->rx_bytes, 0U);
  EXPECT_EQ(meter.rates()->tx_bytes, 1000U);
}

TEST(RateMeter, TheLargestCountersDoNotOverflow) {
  constexpr uint64_t kLargest = std::numeric_limits<uint64_t>::max();
  RateMeter meter;
  meter.Take(Bytes(0, 0), kStart);
  meter.Take(Bytes(kLargest, kLargest - 1), kStart + RateMeter::kShortest);
  EXPECT_EQ(meter.rates()->rx_bytes, kLargest);
  EXPECT_EQ(meter.rates()->tx_bytes, kLargest - 1);
}

}  // namespace
}  // namespace sallyport::daemon
