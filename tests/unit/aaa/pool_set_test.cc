// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/pool_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::aaa {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

IpAddress Address(std::string_view text) { return IpAddress::Parse(text).value_or(IpAddress()); }

PoolSettings Pool(std::string name, const std::vector<std::string_view>& ranges,
                  std::string_view gateway) {
  PoolSettings settings{.name = std::move(name), .ranges = {}, .gateway = Address(gateway)};
  for (const auto text : ranges) settings.ranges.push_back(*AddressRange::Parse(text));
  return settings;
}

/// Two pools; the staff's gateway lies among the addresses of the default pool.
PoolSet TwoPools() {
  auto pools = PoolSet::Create({Pool("default", {"10.64.0.0/29"}, "10.64.0.1"),
                                Pool("staff", {"10.64.0.8-10.64.0.9"}, "10.64.0.2")});
  EXPECT_TRUE(pools.has_value());
  return *std::move(pools);
}

AddressRequest From(std::string pool, std::string account = {}) {
  return {.pool = std::move(pool), .account = std::move(account), .profile = {}};
}

AddressRequest Listed(const std::vector<std::string_view>& addresses, std::string pool = {}) {
  AddressRequest request = From(std::move(pool), "bob");
  request.profile.address_rule = AddressRule::kListed;
  for (const auto text : addresses) request.profile.addresses.push_back(Address(text));
  return request;
}

/// "ADDRESS via GATEWAY", or "error".
std::string Leased(PoolSet& pools, const AddressRequest& request) {
  const auto lease = pools.Allocate(request);
  return lease ? lease->address.ToString() + " via " + lease->gateway.ToString() : "error";
}

TEST(PoolSet, LeaseCarriesTheGatewayOfItsPool) {
  PoolSet pools = TwoPools();
  EXPECT_EQ(Leased(pools, From("default")), "10.64.0.3 via 10.64.0.1");
  EXPECT_EQ(Leased(pools, From("staff")), "10.64.0.8 via 10.64.0.2");
}

TEST(PoolSet, EveryGatewayIsReservedInEveryPool) {
  PoolSet pools = TwoPools();
  EXPECT_EQ(pools.Find("default")->size(), 4U);  // .3 to .6: .1 is its own gateway, .2 the staff's
  EXPECT_EQ(pools.Allocate(Listed({"10.64.0.2"})).error(), AllocateError::kReserved);
}

TEST(PoolSet, NoNameMeansThePoolCalledDefault) {
  PoolSet pools = TwoPools();
  EXPECT_EQ(pools.Find("")->settings().name, "default");
  EXPECT_EQ(Leased(pools, From("")), "10.64.0.3 via 10.64.0.1");
}

TEST(PoolSet, NoNameMeansTheFirstPoolWhenNoneIsCalledDefault) {
  auto pools = PoolSet::Create(
      {Pool("a", {"10.0.0.0/24"}, "10.0.0.1"), Pool("b", {"10.0.1.0/24"}, "10.0.1.1")});
  ASSERT_TRUE(pools.has_value());
  EXPECT_EQ(pools->Find("")->settings().name, "a");
  EXPECT_EQ(pools->Find("default"), nullptr);
}

TEST(PoolSet, UnknownPoolIsAnError) {
  PoolSet pools = TwoPools();
  EXPECT_EQ(pools.Allocate(From("guests")).error(), AllocateError::kNoSuchPool);
  EXPECT_EQ(pools.Find("guests"), nullptr);
}

TEST(PoolSet, FullPoolIsExhaustedUntilAnAddressComesBack) {
  PoolSet pools = TwoPools();
  EXPECT_TRUE(pools.Allocate(From("staff")).has_value());
  EXPECT_TRUE(pools.Allocate(From("staff")).has_value());
  EXPECT_EQ(pools.Allocate(From("staff")).error(), AllocateError::kExhausted);
  EXPECT_TRUE(pools.Release(Address("10.64.0.9")));
  EXPECT_EQ(Leased(pools, From("staff")), "10.64.0.9 via 10.64.0.2");
}

TEST(PoolSet, OwnAddressInsideAPoolIsTakenFromItAndUsesItsGateway) {
  PoolSet pools = TwoPools();
  EXPECT_EQ(Leased(pools, Listed({"10.64.0.8"})), "10.64.0.8 via 10.64.0.2");
  EXPECT_EQ(pools.Find("staff")->used(), 1U);
  EXPECT_EQ(Leased(pools, From("staff")), "10.64.0.9 via 10.64.0.2");
  EXPECT_TRUE(pools.Release(Address("10.64.0.8")));
  EXPECT_EQ(pools.Find("staff")->used(), 1U);
}

TEST(PoolSet, OwnAddressOutsideAllPoolsUsesTheGatewayOfTheUsersPool) {
  PoolSet pools = TwoPools();
  EXPECT_EQ(Leased(pools, Listed({"192.0.2.9"}, "staff")), "192.0.2.9 via 10.64.0.2");
  EXPECT_EQ(pools.used_outside(), 1U);
  EXPECT_EQ(pools.Allocate(Listed({"192.0.2.9"})).error(), AllocateError::kInUse);
  EXPECT_TRUE(pools.Release(Address("192.0.2.9")));
  EXPECT_FALSE(pools.Release(Address("192.0.2.9")));
  EXPECT_EQ(pools.used_outside(), 0U);
}

TEST(PoolSet, FirstFreeOneOfSeveralOwnAddresses) {
  PoolSet pools = TwoPools();
  const AddressRequest request = Listed({"192.0.2.9", "10.64.0.5"});
  EXPECT_EQ(Leased(pools, request), "192.0.2.9 via 10.64.0.1");
  EXPECT_EQ(Leased(pools, request), "10.64.0.5 via 10.64.0.1");
  EXPECT_EQ(pools.Allocate(request).error(), AllocateError::kInUse);
}

TEST(PoolSet, WhatWasGivenBackComesAgain) {
  PoolSet pools = TwoPools();
  AddressRequest request = Listed({"192.0.2.9", "10.64.0.5"});
  request.former = AddressLease{.address = Address("10.64.0.5"), .gateway = {}};
  EXPECT_EQ(Leased(pools, request), "10.64.0.5 via 10.64.0.1");
  AddressRequest any = From("default");
  any.former = AddressLease{.address = Address("10.64.0.6"), .gateway = {}};
  EXPECT_EQ(Leased(pools, any), "10.64.0.6 via 10.64.0.1");
  EXPECT_EQ(Leased(pools, any), "10.64.0.3 via 10.64.0.1") << "it is in use";
  any.former.address = Address("10.64.0.8");
  EXPECT_EQ(Leased(pools, any), "10.64.0.4 via 10.64.0.1") << "of another pool";
}

TEST(PoolSet, GatewayNetworkAndBroadcastAreNoUsersOwn) {
  auto pools = PoolSet::Create({Pool("default", {"10.64.0.16/29"}, "10.64.0.17"),
                                Pool("far", {"10.65.0.10-10.65.0.20"}, "10.65.0.1")});
  ASSERT_TRUE(pools.has_value());
  for (const auto text : {"10.64.0.16", "10.64.0.17", "10.64.0.23", "10.65.0.1"}) {
    EXPECT_EQ(pools->Allocate(Listed({text})).error(), AllocateError::kReserved) << text;
  }
}

TEST(PoolSet, UserWithoutAddressGetsNone) {
  PoolSet pools = TwoPools();
  AddressRequest request = From("default");
  request.profile.address_rule = AddressRule::kNone;
  EXPECT_EQ(pools.Allocate(request).error(), AllocateError::kNoAddress);
}

TEST(PoolSet, UserWithPoolAddressGetsTheLastOneAgain) {
  PoolSet pools = TwoPools();
  EXPECT_EQ(Leased(pools, From("", "bob")), "10.64.0.3 via 10.64.0.1");
  EXPECT_EQ(Leased(pools, From("", "carol")), "10.64.0.4 via 10.64.0.1");
  EXPECT_TRUE(pools.Release(Address("10.64.0.3")));
  EXPECT_EQ(Leased(pools, From("", "bob")), "10.64.0.3 via 10.64.0.1");
}

TEST(PoolSet, AddressOfASessionThatOutlivedTheProcessIsNotHandedOut) {
  PoolSet pools = TwoPools();
  EXPECT_TRUE(pools.Take(Address("10.64.0.3"), "bob").has_value());
  EXPECT_TRUE(pools.Take(Address("192.0.2.1"), "carol").has_value());
  EXPECT_EQ(Leased(pools, From("")), "10.64.0.4 via 10.64.0.1");
  EXPECT_EQ(pools.Allocate(Listed({"192.0.2.1"})).error(), AllocateError::kInUse);
}

TEST(FindPoolIssues, GoodPoolsHaveNone) {
  EXPECT_THAT(FindPoolIssues({}), IsEmpty());
  const std::vector pools = {Pool("a", {"10.0.0.0/24", "10.0.1.0/24"}, "10.0.1.1"),
                             Pool("b", {"10.0.2.10-10.0.2.20"}, "10.0.2.1")};
  EXPECT_THAT(FindPoolIssues(pools), IsEmpty());
}

TEST(FindPoolIssues, SecondOfTwoPoolsOfOneNameIsNamed) {
  const std::vector pools = {Pool("a", {"10.0.0.0/24"}, "10.0.0.1"),
                             Pool("b", {"10.0.1.0/24"}, "10.0.1.1"),
                             Pool("a", {"10.0.2.0/24"}, "10.0.2.1")};
  EXPECT_THAT(FindPoolIssues(pools),
              ElementsAre(PoolIssue{PoolIssue::Kind::kDuplicateName, 2, 0, 0, 0}));
}

TEST(FindPoolIssues, OverlapWithinAndBetweenPools) {
  const std::vector pools = {Pool("a", {"10.0.0.0/24", "10.0.0.99-10.0.0.99"}, "10.0.0.1"),
                             Pool("b", {"10.1.0.0/24", "10.0.0.255-10.0.1.9"}, "10.1.0.1")};
  EXPECT_THAT(FindPoolIssues(pools), ElementsAre(PoolIssue{PoolIssue::Kind::kOverlap, 0, 1, 0, 0},
                                                 PoolIssue{PoolIssue::Kind::kOverlap, 1, 1, 0, 0}));
}

TEST(FindPoolIssues, GatewayMustBeAHostOfOneOfTheNetworks) {
  for (const auto gateway : {"10.0.9.1", "10.0.0.0", "10.0.0.255", "2001:db8::1"}) {
    const std::vector pools = {Pool("a", {"10.0.0.0/24", "10.0.1.0/24"}, gateway)};
    EXPECT_THAT(FindPoolIssues(pools),
                ElementsAre(PoolIssue{PoolIssue::Kind::kGatewayOutside, 0, 0, 0, 0}))
        << gateway;
  }
}

TEST(PoolSet, PoolsThatClashMakeNoSet) {
  const auto pools = PoolSet::Create(
      {Pool("a", {"10.0.0.0/24"}, "10.0.0.1"), Pool("b", {"10.0.0.0/24"}, "10.0.0.2")});
  ASSERT_FALSE(pools.has_value());
  EXPECT_THAT(pools.error(), ElementsAre(PoolIssue{PoolIssue::Kind::kOverlap, 1, 0, 0, 0}));
}

}  // namespace
}  // namespace sallyport::aaa
