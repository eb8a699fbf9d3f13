// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/prefix_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "aaa/pool_set.h"
#include "aaa/prefix_issue.h"

namespace sallyport::aaa {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

IpPrefix P(std::string_view text) { return *IpPrefix::Parse(text); }

TEST(PrefixPool, HandsOutEveryPieceOnce) {
  PrefixPool pool({.prefixes = {P("2001:db8:1::/62"), P("2001:db8:2::/63")}, .length = 64});
  EXPECT_EQ(pool.size(), 6U);
  std::set<std::string> given;
  for (int i = 0; i < 6; ++i) given.insert(pool.Allocate("")->ToString());
  EXPECT_THAT(given, ElementsAre("2001:db8:1:1::/64", "2001:db8:1:2::/64", "2001:db8:1:3::/64",
                                 "2001:db8:1::/64", "2001:db8:2:1::/64", "2001:db8:2::/64"));
  EXPECT_FALSE(pool.Allocate(""));
  EXPECT_EQ(pool.used(), 6U);
}

TEST(PrefixPool, PiecesNeedNotEndAtAnOctet) {
  PrefixPool pool({.prefixes = {P("2001:db8:8000::/37")}, .length = 45});
  EXPECT_EQ(pool.size(), 256U);
  for (int i = 0; i < 255; ++i) pool.Allocate("");
  const auto last = pool.Allocate("");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->ToString(), "2001:db8:87f8::/45");
  EXPECT_TRUE(pool.Release(*last));
  EXPECT_EQ(pool.Allocate("")->ToString(), last->ToString());
}

TEST(PrefixPool, AUserGetsItsLastPrefixAgainIfItIsFree) {
  PrefixPool pool({.prefixes = {P("2001:db8::/48")}, .length = 64});
  const auto alice = *pool.Allocate("alice");
  const auto bob = *pool.Allocate("bob");
  EXPECT_NE(alice, bob);
  EXPECT_TRUE(pool.Release(alice));
  EXPECT_NE(*pool.Allocate("carol"), alice) << "others get another first";
  EXPECT_EQ(*pool.Allocate("alice"), alice);
  EXPECT_NE(*pool.Allocate("alice"), alice) << "it is in use";
}

TEST(PrefixPool, ReleasesOnlyWhatIsInUse) {
  PrefixPool pool({.prefixes = {P("2001:db8::/48")}, .length = 64});
  const auto given = *pool.Allocate("");
  EXPECT_FALSE(pool.Release(P("2001:db8:0:7::/64")));
  EXPECT_FALSE(pool.Release(P("2001:db8:1::/64"))) << "of no prefix of the pool";
  EXPECT_FALSE(pool.Release(P("2001:db8::/65"))) << "of another length";
  EXPECT_TRUE(pool.Release(given));
  EXPECT_FALSE(pool.Release(given));
}

TEST(PrefixPool, TakesOne) {
  PrefixPool pool({.prefixes = {P("2001:db8::/62")}, .length = 64});
  EXPECT_TRUE(pool.Take(P("2001:db8:0:2::/64"), "alice"));
  EXPECT_FALSE(pool.Take(P("2001:db8:0:2::/64"), "bob"));
  EXPECT_FALSE(pool.Take(P("2001:db8:0:4::/64"), "bob"));
  EXPECT_TRUE(pool.Release(P("2001:db8:0:2::/64")));
  EXPECT_EQ(pool.Allocate("alice")->ToString(), "2001:db8:0:2::/64");
}

TEST(PrefixPool, WithoutPrefixesIsEmpty) {
  PrefixPool pool(PrefixPoolSettings{});
  EXPECT_EQ(pool.size(), 0U);
  EXPECT_FALSE(pool.Allocate("alice"));
  EXPECT_FALSE(pool.Release(P("2001:db8::/64")));
}

TEST(PrefixPool, OnePieceOfAPrefixOfItsLength) {
  PrefixPool pool({.prefixes = {P("2001:db8::/64")}, .length = 64});
  EXPECT_EQ(pool.Allocate("")->ToString(), "2001:db8::/64");
  EXPECT_FALSE(pool.Allocate(""));
}

TEST(AssignableIpv6, IsUnicastOfMoreThanTheLink) {
  for (const char* good : {"2001:db8::1", "fd00::1", "100::1"}) {
    EXPECT_TRUE(IsAssignableIpv6(*IpAddress::Parse(good))) << good;
  }
  for (const char* bad :
       {"::", "::1", "::ffff:10.0.0.1", "fe80::1", "febf::1", "ff02::1", "10.0.0.1"}) {
    EXPECT_FALSE(IsAssignableIpv6(*IpAddress::Parse(bad))) << bad;
  }
}

PoolSettings Pool(std::string name, std::vector<IpPrefix> ipv6, std::vector<IpPrefix> delegated) {
  PoolSettings pool;
  pool.name = std::move(name);
  pool.ipv6.prefixes = std::move(ipv6);
  pool.delegated.prefixes = std::move(delegated);
  return pool;
}

TEST(PrefixIssues, GoodPrefixesHaveNone) {
  const std::vector<PoolSettings> pools{
      Pool("a", {P("2001:db8:1::/48"), P("2001:db8:2::/48")}, {P("2001:db8:100::/40")}),
      Pool("b", {P("2001:db8:3::/48")}, {})};
  EXPECT_THAT(FindPrefixIssues(pools), IsEmpty());
}

TEST(PrefixIssues, OverlapInAndBetweenListsAndPools) {
  using List = PrefixPlace::List;
  const std::vector<PoolSettings> pools{
      Pool("a", {P("2001:db8:1::/48"), P("2001:db8:1:8000::/56")}, {P("2001:db8::/40")}),
      Pool("b", {P("2001:db8:1::/48")}, {})};
  EXPECT_THAT(
      FindPrefixIssues(pools),
      ElementsAre(
          PrefixIssue{PrefixIssue::Kind::kOverlap, {0, List::kIpv6, 1}, {0, List::kIpv6, 0}},
          PrefixIssue{PrefixIssue::Kind::kOverlap, {0, List::kDelegated, 0}, {0, List::kIpv6, 0}},
          PrefixIssue{PrefixIssue::Kind::kOverlap, {1, List::kIpv6, 0}, {0, List::kIpv6, 0}}));
}

TEST(PrefixIssues, LengthThatDoesNotFit) {
  using List = PrefixPlace::List;
  const std::vector<PoolSettings> pools{
      Pool("a", {P("2001:db8:1::/72"), P("2001:db8::/39")}, {P("2001:db8:300::/60")})};
  const auto issues = FindPrefixIssues(pools);
  ASSERT_EQ(issues.size(), 4U);
  EXPECT_EQ(issues[0].kind, PrefixIssue::Kind::kLength);
  EXPECT_EQ(issues[2].kind, PrefixIssue::Kind::kLength);
  EXPECT_EQ(issues[2].place, (PrefixPlace{0, List::kIpv6, 1}));
  EXPECT_EQ(issues[3].place, (PrefixPlace{0, List::kDelegated, 0}));
}

PoolSet Pools(std::vector<IpPrefix> ipv6, std::vector<IpPrefix> delegated) {
  PoolSettings pool = Pool("default", std::move(ipv6), std::move(delegated));
  pool.ranges = {*AddressRange::Parse("10.64.0.0/24")};
  pool.gateway = *IpAddress::Parse("10.64.0.1");
  return *PoolSet::Create({pool});
}

TEST(PoolSetPrefixes, ALeaseHasBothAndGivesThemBack) {
  PoolSet pools = Pools({P("2001:db8:1::/63")}, {P("2001:db8:2::/55")});
  const auto lease = pools.Allocate({.pool = {}, .account = "alice", .profile = {}});
  ASSERT_TRUE(lease);
  ASSERT_TRUE(lease->prefix);
  ASSERT_TRUE(lease->delegated);
  EXPECT_EQ(lease->prefix->ToString(), "2001:db8:1::/64");
  EXPECT_EQ(lease->delegated->ToString(), "2001:db8:2::/56");
  EXPECT_EQ(pools.prefix_pools()[0].ipv6.used(), 1U);
  EXPECT_TRUE(pools.ReleasePrefix(*lease->prefix));
  EXPECT_TRUE(pools.ReleasePrefix(*lease->delegated));
  EXPECT_FALSE(pools.ReleasePrefix(*lease->delegated));
  EXPECT_EQ(pools.prefix_pools()[0].delegated.used(), 0U);
}

TEST(PoolSetPrefixes, TakenOnesAreNotHandedOut) {
  PoolSet pools = Pools({P("2001:db8:1::/63")}, {P("2001:db8:2::/55")});
  EXPECT_TRUE(pools.TakePrefix(P("2001:db8:1::/64"), "alice"));
  EXPECT_FALSE(pools.TakePrefix(P("2001:db8:1::/64"), "alice"));
  EXPECT_TRUE(pools.TakePrefix(P("2001:db8:2::/56"), "alice"));
  EXPECT_FALSE(pools.TakePrefix(P("2001:db8:3::/56"), "alice")) << "of no pool";
  const auto lease = pools.Allocate({.pool = {}, .account = "bob", .profile = {}});
  ASSERT_TRUE(lease && lease->prefix && lease->delegated);
  EXPECT_EQ(lease->prefix->ToString(), "2001:db8:1:1::/64");
  EXPECT_EQ(lease->delegated->ToString(), "2001:db8:2:100::/56");
}

TEST(PoolSetPrefixes, WhenThereIsNoneLeftTheAddressIsGivenAllTheSame) {
  PoolSet pools = Pools({P("2001:db8:1::/64")}, {P("2001:db8:2::/48")});
  EXPECT_TRUE(pools.Allocate({.pool = {}, .account = "alice", .profile = {}})->prefix);
  const auto second = pools.Allocate({.pool = {}, .account = "bob", .profile = {}});
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->prefix);
  EXPECT_FALSE(second->delegated);
}

}  // namespace
}  // namespace sallyport::aaa
