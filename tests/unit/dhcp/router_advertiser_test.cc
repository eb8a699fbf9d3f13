// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/router_advertiser.h"

#include <chrono>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace sallyport::dhcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Advertiser : public testing::Test {
 protected:
  Entropy NextEntropy() {
    Entropy entropy{};
    for (auto& octet : entropy) octet = static_cast<uint8_t>(random_());
    return entropy;
  }
  /// Lets time pass to `end`; when advertisements were sent.
  std::vector<Duration> RunUntil(Duration end) {
    std::vector<Duration> sent;
    while (advertiser_.NextDeadline() && *advertiser_.NextDeadline() <= start_ + end) {
      now_ = *advertiser_.NextDeadline();
      if (advertiser_.HandleTimeout(now_, NextEntropy())) sent.push_back(now_ - start_);
    }
    now_ = start_ + end;
    return sent;
  }

  std::mt19937 random_{1};
  const TimePoint start_{seconds(1000)};
  TimePoint now_ = start_;
  RouterAdvertiser advertiser_;
};

TEST_F(Advertiser, SaysNothingBeforeTheLinkIsUp) {
  EXPECT_FALSE(advertiser_.NextDeadline());
  advertiser_.Solicit(now_, NextEntropy());
  EXPECT_FALSE(advertiser_.NextDeadline());
  EXPECT_FALSE(advertiser_.HandleTimeout(now_, NextEntropy()));
}

TEST_F(Advertiser, BeginsAtOnceThenThriceSoonThenSeldom) {
  advertiser_.Start(now_);
  const auto sent = RunUntil(seconds(40000));
  ASSERT_GE(sent.size(), 10U);
  EXPECT_EQ(sent[0], seconds(0));
  EXPECT_EQ(sent[1], seconds(16));
  EXPECT_EQ(sent[2], seconds(32));
  for (size_t i = 3; i < sent.size(); ++i) {
    EXPECT_GE(sent[i] - sent[i - 1], seconds(200));
    EXPECT_LE(sent[i] - sent[i - 1], seconds(600));
  }
}

TEST_F(Advertiser, AnswersASolicitationSoon) {
  advertiser_.Start(now_);
  RunUntil(seconds(100));
  advertiser_.Solicit(now_, NextEntropy());
  const auto sent = RunUntil(milliseconds(100500));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_GE(sent[0], seconds(100));
}

TEST_F(Advertiser, AFloodOfSolicitationsGetsOneAnswerInThreeSeconds) {
  advertiser_.Start(now_);
  size_t sent = 0;
  for (int i = 0; i < 3000; ++i) {
    advertiser_.Solicit(now_, NextEntropy());
    sent += RunUntil(milliseconds(10 * i)).size();
  }
  EXPECT_LE(sent, 11U);
  EXPECT_GE(sent, 8U);
}

TEST_F(Advertiser, ASolicitationNeverPutsOffWhatIsDue) {
  advertiser_.Start(now_);
  advertiser_.Solicit(now_, NextEntropy());
  EXPECT_EQ(*advertiser_.NextDeadline(), now_);
}

TEST_F(Advertiser, StopsAndBeginsAnew) {
  advertiser_.Start(now_);
  RunUntil(seconds(100));
  advertiser_.Stop();
  EXPECT_FALSE(advertiser_.NextDeadline());
  advertiser_.Start(now_);
  EXPECT_EQ(*advertiser_.NextDeadline(), now_);
}

}  // namespace
}  // namespace sallyport::dhcp
