// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/address_pool.h"

#include <gtest/gtest.h>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::aaa {
namespace {

IpAddress Address(std::string_view text) { return IpAddress::Parse(text).value_or(IpAddress()); }

AddressPool Pool(const std::vector<std::string_view>& ranges, std::string_view gateway) {
  PoolSettings settings;
  for (const auto text : ranges) settings.ranges.push_back(*AddressRange::Parse(text));
  settings.gateway = Address(gateway);
  return AddressPool(std::move(settings));
}

std::string Allocated(AddressPool& pool, std::string_view user = {}) {
  const auto address = pool.Allocate(user);
  return address ? address->ToString() : "none";
}

TEST(AddressPool, GatewayNetworkAndBroadcastAreNeverHandedOut) {
  AddressPool pool = Pool({"10.64.0.0/29"}, "10.64.0.1");
  EXPECT_EQ(pool.size(), 5U);
  for (const auto expected : {"10.64.0.2", "10.64.0.3", "10.64.0.4", "10.64.0.5", "10.64.0.6"}) {
    EXPECT_EQ(Allocated(pool), expected);
  }
  EXPECT_EQ(Allocated(pool), "none");
  EXPECT_EQ(pool.used(), 5U);
}

TEST(AddressPool, RangesAreUsedOneAfterTheOther) {
  AddressPool pool =
      Pool({"10.64.0.9-10.64.0.10", "192.0.2.7", "10.64.0.2-10.64.0.2"}, "10.64.0.1");
  EXPECT_EQ(pool.size(), 4U);
  for (const auto expected : {"10.64.0.9", "10.64.0.10", "192.0.2.7", "10.64.0.2", "none"}) {
    EXPECT_EQ(Allocated(pool), expected);
  }
}

TEST(AddressPool, ReleasedAddressRestsUntilTheOthersHadTheirTurn) {
  AddressPool pool = Pool({"10.64.0.1-10.64.0.3"}, "10.64.0.254");
  EXPECT_EQ(Allocated(pool), "10.64.0.1");
  EXPECT_TRUE(pool.Release(Address("10.64.0.1")));
  EXPECT_EQ(pool.used(), 0U);
  EXPECT_EQ(Allocated(pool), "10.64.0.2");
  EXPECT_EQ(Allocated(pool), "10.64.0.3");
  EXPECT_EQ(Allocated(pool), "10.64.0.1");
}

TEST(AddressPool, UserGetsTheLastAddressAgain) {
  AddressPool pool = Pool({"10.64.0.1-10.64.0.9"}, "10.64.0.254");
  EXPECT_EQ(Allocated(pool, "bob"), "10.64.0.1");
  EXPECT_EQ(Allocated(pool, "carol"), "10.64.0.2");
  EXPECT_TRUE(pool.Release(Address("10.64.0.1")));
  EXPECT_EQ(Allocated(pool, "dave"), "10.64.0.3");
  EXPECT_EQ(Allocated(pool, "bob"), "10.64.0.1");
}

TEST(AddressPool, SecondSessionOfAUserGetsAnotherAddress) {
  AddressPool pool = Pool({"10.64.0.1-10.64.0.9"}, "10.64.0.254");
  EXPECT_EQ(Allocated(pool, "bob"), "10.64.0.1");
  EXPECT_EQ(Allocated(pool, "bob"), "10.64.0.2");
}

TEST(AddressPool, LastAddressTakenBySomebodyElseIsNotGivenTwice) {
  AddressPool pool = Pool({"10.64.0.1-10.64.0.2"}, "10.64.0.254");
  EXPECT_EQ(Allocated(pool, "bob"), "10.64.0.1");
  EXPECT_TRUE(pool.Release(Address("10.64.0.1")));
  EXPECT_TRUE(pool.Take(Address("10.64.0.1"), "carol").has_value());
  EXPECT_EQ(Allocated(pool, "bob"), "10.64.0.2");
  EXPECT_EQ(Allocated(pool, "bob"), "none");
}

TEST(AddressPool, TakeReportsConflicts) {
  AddressPool pool = Pool({"10.64.0.0/29"}, "10.64.0.1");
  EXPECT_TRUE(pool.Take(Address("10.64.0.4"), "bob").has_value());
  const auto error = [&pool](std::string_view address) {
    return pool.Take(Address(address), "bob").error();
  };
  EXPECT_EQ(error("10.64.0.4"), TakeError::kInUse);
  EXPECT_EQ(error("10.64.0.1"), TakeError::kReserved);
  EXPECT_EQ(error("10.64.0.0"), TakeError::kReserved);
  EXPECT_EQ(error("10.64.0.7"), TakeError::kReserved);
  EXPECT_EQ(error("10.64.0.8"), TakeError::kOutside);
  EXPECT_EQ(error("2001:db8::1"), TakeError::kOutside);
  EXPECT_EQ(pool.used(), 1U);
}

TEST(AddressPool, ReleaseOfWhatIsNotInUseChangesNothing) {
  AddressPool pool = Pool({"10.64.0.0/29"}, "10.64.0.1");
  for (const auto text : {"10.64.0.1", "10.64.0.2", "10.64.0.0", "10.65.0.1", "2001:db8::1"}) {
    EXPECT_FALSE(pool.Release(Address(text))) << text;
  }
  EXPECT_FALSE(pool.Release(IpAddress()));
  EXPECT_EQ(pool.used(), 0U);
  EXPECT_EQ(Allocated(pool), "10.64.0.2");  // the gateway was not freed
}

TEST(AddressPool, GatewayOutsideTheRangesReservesNothing) {
  AddressPool pool = Pool({"10.64.0.10-10.64.0.19"}, "10.64.0.1");
  EXPECT_EQ(pool.size(), 10U);
}

TEST(AddressPool, RangeOfNothingButTheGatewayIsEmpty) {
  AddressPool pool = Pool({"10.64.0.1/32"}, "10.64.0.1");
  EXPECT_EQ(pool.size(), 0U);
  EXPECT_EQ(Allocated(pool, "bob"), "none");
}

TEST(AddressPool, OldestUserIsForgottenFirst) {
  AddressPool pool = Pool({"10.0.0.0/8"}, "10.0.0.1");
  for (size_t i = 0; i <= IndexPool::kMaxRemembered; ++i) {
    const auto address = pool.Allocate("user" + std::to_string(i));
    ASSERT_TRUE(address);
    ASSERT_TRUE(pool.Release(*address));
  }
  EXPECT_EQ(Allocated(pool, "user1"), "10.0.0.3");  // remembered
  EXPECT_NE(Allocated(pool, "user0"), "10.0.0.2");  // forgotten: the rotating start
}

TEST(AddressPool, EveryAddressOfASlash16IsHandedOutOnce) {
  AddressPool pool = Pool({"10.64.0.0/16"}, "10.64.0.1");
  std::set<IpAddress> seen;
  while (const auto address = pool.Allocate({})) seen.insert(*address);
  EXPECT_EQ(seen.size(), 65533U);
  EXPECT_EQ(pool.used(), pool.size());
  EXPECT_FALSE(seen.contains(Address("10.64.0.1")));
  EXPECT_EQ(*seen.begin(), Address("10.64.0.2"));
  EXPECT_EQ(*seen.rbegin(), Address("10.64.255.254"));
}

}  // namespace
}  // namespace sallyport::aaa
