// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/admission.h"

#include <gtest/gtest.h>

namespace sallyport::l2tp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kNow{std::chrono::hours(1)};

TEST(TokenBucket, LetsASecondsWorthThroughAtOnce) {
  TokenBucket bucket;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(bucket.Take(10, kNow));
  EXPECT_FALSE(bucket.Take(10, kNow));
}

TEST(TokenBucket, FillsSteadily) {
  TokenBucket bucket;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(bucket.Take(10, kNow));
  EXPECT_FALSE(bucket.Take(10, kNow + milliseconds(99)));
  EXPECT_TRUE(bucket.Take(10, kNow + milliseconds(100)));
  EXPECT_FALSE(bucket.Take(10, kNow + milliseconds(100)));
}

TEST(TokenBucket, HoldsNoMoreThanASecondsWorth) {
  TokenBucket bucket;
  EXPECT_TRUE(bucket.Take(2, kNow));
  EXPECT_TRUE(bucket.Take(2, kNow + seconds(100)));
  EXPECT_TRUE(bucket.Take(2, kNow + seconds(100)));
  EXPECT_FALSE(bucket.Take(2, kNow + seconds(100)));
}

TEST(TokenBucket, RateOfZeroLetsNothingThrough) {
  TokenBucket bucket;
  EXPECT_FALSE(bucket.Take(0, kNow));
}

class AdmissionTest : public ::testing::Test {
 protected:
  std::optional<DropReason> Admit(const char* address, TimePoint now = kNow) {
    return admission.Admit(*IpAddress::Parse(address), config, now);
  }
  /// How many of many are admitted at once.
  int Admitted(const char* address) {
    int admitted = 0;
    for (int i = 0; i < 100; ++i) admitted += Admit(address) ? 0 : 1;
    return admitted;
  }

  AdmissionTest() {
    config.sccrq_per_second = 25;
    config.sccrq_per_second_prefix = 10;
  }

  EndpointConfig config;
  Admission admission;
};

TEST_F(AdmissionTest, NetworkHasARateOfItsOwn) {
  EXPECT_EQ(Admitted("192.0.2.1"), 10);
  EXPECT_EQ(Admit("192.0.2.255"), DropReason::kSccrqRateOfNetwork) << "the same /24";
  EXPECT_EQ(Admitted("192.0.3.1"), 10) << "what the first was refused cost nobody anything";
  EXPECT_FALSE(Admit("192.0.2.1", kNow + milliseconds(100)));
}

TEST_F(AdmissionTest, NetworkOfIpv6IsA64) {
  EXPECT_EQ(Admitted("2001:db8:0:1::1"), 10);
  EXPECT_EQ(Admit("2001:db8:0:1:ffff::2"), DropReason::kSccrqRateOfNetwork);
  EXPECT_FALSE(Admit("2001:db8:0:2::1"));
}

TEST_F(AdmissionTest, AllNetworksTogetherHaveARate) {
  EXPECT_EQ(Admitted("192.0.2.1"), 10);
  EXPECT_EQ(Admitted("192.0.3.1"), 10);
  EXPECT_EQ(Admitted("192.0.4.1"), 5);
  EXPECT_EQ(Admit("192.0.5.1"), DropReason::kSccrqRate);
  EXPECT_FALSE(Admit("192.0.5.1", kNow + milliseconds(40)));
}

TEST_F(AdmissionTest, ZeroIsNoLimit) {
  config.sccrq_per_second = 0;
  config.sccrq_per_second_prefix = 0;
  EXPECT_EQ(Admitted("192.0.2.1"), 100);
  EXPECT_EQ(admission.networks(), 0u);
}

TEST_F(AdmissionTest, ForgetsNetworksThatHaveTheirFullRateAgain) {
  EXPECT_FALSE(Admit("192.0.2.1"));
  EXPECT_FALSE(Admit("192.0.3.1", kNow + milliseconds(50)));
  EXPECT_EQ(admission.networks(), 2u);
  EXPECT_FALSE(Admit("192.0.4.1", kNow + milliseconds(100)));
  EXPECT_EQ(admission.networks(), 2u);
}

TEST_F(AdmissionTest, MemoryIsBoundAndTheLeastBusyNetworkIsForgotten) {
  config.sccrq_per_second = 0;
  EXPECT_EQ(Admitted("192.0.2.1"), 10);
  for (uint32_t i = 0; i < 2 * Admission::kNetworks; ++i) {
    EXPECT_FALSE(admission.Admit(IpAddress::V4(0x0A000000 + 256 * i), config, kNow));
  }
  EXPECT_EQ(admission.networks(), Admission::kNetworks);
  EXPECT_EQ(Admit("192.0.2.1"), DropReason::kSccrqRateOfNetwork);
}

}  // namespace
}  // namespace sallyport::l2tp
