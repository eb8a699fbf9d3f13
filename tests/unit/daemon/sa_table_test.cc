// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/sa_table.h"

#include <array>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace sallyport::daemon {
namespace {

using std::chrono::seconds;
using testing::SizeIs;

const IpAddress kNat = *IpAddress::Parse("203.0.113.1");
const IpAddress kOther = *IpAddress::Parse("203.0.113.23");
const TimePoint kNow{seconds(1000)};

SecurityAssociation Sa(uint64_t id, const IpAddress& peer) {
  SecurityAssociation sa;
  sa.id = SaId(id);
  sa.reqid = ReqId(static_cast<uint32_t>(id) + 100);
  sa.peer = {peer, 4500};
  return sa;
}

constexpr std::array<uint8_t, 4> kBytes{1, 2, 3, 4};

l2tp::Datagram From(const IpAddress& peer) {
  return {.path = l2tp::PathId(1), .peer = {peer, 1701}, .local = {}, .bytes = kBytes};
}

TEST(SaTable, KnowsTheTunnelsOfEachSa) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11));
  table.AddTunnel(SaId(1), l2tp::TunnelId(5));
  table.AddTunnel(SaId(1), l2tp::TunnelId(6));
  table.AddTunnel(SaId(2), l2tp::TunnelId(7));  // gone already, or never there
  table.RemoveTunnel(SaId(1), l2tp::TunnelId(5));
  table.RemoveTunnel(SaId(2), l2tp::TunnelId(7));
  EXPECT_THAT(table.Find(SaId(1))->tunnels, testing::ElementsAre(l2tp::TunnelId(6)));
  EXPECT_THAT(table.Remove(SaId(1))->tunnels, SizeIs(1));
}

TEST(SaTable, AnUpdateKeepsTheTunnels) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11));
  table.AddTunnel(SaId(1), l2tp::TunnelId(5));
  table.Update(Sa(1, kOther));
  EXPECT_THAT(table.Find(SaId(1))->tunnels, SizeIs(1));
}

TEST(SaTable, FindsAnSaByIdAndByPath) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11));
  table.Add(Sa(2, kOther), l2tp::PathId(12));
  EXPECT_EQ(table.Find(SaId(2))->path, l2tp::PathId(12));
  EXPECT_EQ(table.FindByPath(l2tp::PathId(11))->sa.id, SaId(1));
  EXPECT_EQ(table.FindByPath(l2tp::PathId(13)), nullptr);
}

TEST(SaTable, TwoClientsBehindOneAddressCannotBeToldApart) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11));
  EXPECT_EQ(table.FindOnly(kNat)->sa.id, SaId(1));
  table.Add(Sa(2, kNat), l2tp::PathId(12));
  EXPECT_EQ(table.FindOnly(kNat), nullptr);
  EXPECT_TRUE(table.Remove(SaId(1)));
  EXPECT_EQ(table.FindOnly(kNat)->sa.id, SaId(2));
}

TEST(SaTable, AMovedPeerIsFoundAtItsNewAddress) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11));
  table.Update(Sa(1, kOther));
  EXPECT_EQ(table.FindOnly(kNat), nullptr);
  EXPECT_EQ(table.FindOnly(kOther)->path, l2tp::PathId(11));
}

TEST(SaTable, RemovingWhatIsNotThereChangesNothing) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11));
  EXPECT_FALSE(table.Remove(SaId(7)));
  EXPECT_THAT(table.entries(), SizeIs(1));
}

TEST(SaTable, EarlyDatagramsWaitForTheirPeerOnly) {
  SaTable table;
  table.Keep(From(kNat), kNow);
  table.Keep(From(kOther), kNow);
  const auto taken = table.TakeEarly(kNat, kNow + seconds(1));
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].peer.address, kNat);
  EXPECT_THAT(taken[0].bytes, testing::ElementsAreArray(kBytes));
  EXPECT_THAT(table.TakeEarly(kNat, kNow + seconds(1)), SizeIs(0));
  EXPECT_THAT(table.TakeEarly(kOther, kNow + seconds(1)), SizeIs(1));
}

TEST(SaTable, StaleDatagramsAreForgotten) {
  SaTable table;
  table.Keep(From(kNat), kNow);
  EXPECT_THAT(table.TakeEarly(kNat, kNow + seconds(3)), SizeIs(0));
}

TEST(SaTable, ACrowdOfEarlyDatagramsIsBounded) {
  SaTable table;
  for (int i = 0; i < 10000; ++i) table.Keep(From(kNat), kNow);
  const std::vector<uint8_t> large(4000);
  table.Keep({.path = {}, .peer = {kOther, 1701}, .local = {}, .bytes = large}, kNow);
  EXPECT_LE(table.TakeEarly(kNat, kNow).size(), 256U);
  EXPECT_THAT(table.TakeEarly(kOther, kNow), SizeIs(0));
}

}  // namespace
}  // namespace sallyport::daemon
