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
  table.Add(Sa(1, kNat), l2tp::PathId(11), kNow);
  table.AddTunnel(SaId(1), l2tp::TunnelId(5));
  table.AddTunnel(SaId(1), l2tp::TunnelId(6));
  table.AddTunnel(SaId(2), l2tp::TunnelId(7));  // gone already, or never there
  table.RemoveTunnel(SaId(1), l2tp::TunnelId(5));
  table.RemoveTunnel(SaId(2), l2tp::TunnelId(7));
  EXPECT_THAT(table.Find(SaId(1))->tunnels, testing::ElementsAre(l2tp::TunnelId(6)));
  EXPECT_THAT(table.Remove(SaId(1))->tunnels, SizeIs(1));
}

TEST(SaTable, AnSaIsDueWithoutATunnelAndAfterItsLast) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11), kNow + seconds(30));
  table.Add(Sa(2, kNat), l2tp::PathId(12), kNow + seconds(20));
  EXPECT_EQ(table.NextDue(), kNow + seconds(20));
  table.AddTunnel(SaId(1), l2tp::TunnelId(5));
  table.AddTunnel(SaId(1), l2tp::TunnelId(6));
  const TimePoint next = kNow + seconds(99);
  EXPECT_THAT(table.TakeDue(kNow + seconds(19), next), testing::IsEmpty());
  EXPECT_THAT(table.TakeDue(kNow + seconds(30), next), testing::ElementsAre(SaId(2)));
  EXPECT_EQ(table.NextDue(), next) << "should it not have gone by then";
  table.Remove(SaId(2));

  // The first that ends leaves the other; the second one is told of twice.
  table.EndTunnel(SaId(1), l2tp::TunnelId(5), kNow + seconds(40));
  EXPECT_EQ(table.NextDue(), std::nullopt);
  table.EndTunnel(SaId(1), l2tp::TunnelId(6), kNow + seconds(50));
  table.EndTunnel(SaId(1), l2tp::TunnelId(6), kNow + seconds(90));
  EXPECT_EQ(table.NextDue(), kNow + seconds(50));
  // A client that dials again on its SA keeps it.
  table.AddTunnel(SaId(1), l2tp::TunnelId(7));
  EXPECT_EQ(table.NextDue(), std::nullopt);
  table.EndTunnel(SaId(1), l2tp::TunnelId(7), kNow + seconds(60));
  table.Remove(SaId(1));
  EXPECT_EQ(table.NextDue(), std::nullopt);
}

TEST(SaTable, OlderSasAreThoseOfTheVeryClient) {
  const auto sa = [](uint64_t id, uint16_t port, const char* identity) {
    SecurityAssociation made = Sa(id, kNat);
    made.peer.port = port;
    made.remote_id = identity;
    made.ike_sa = id;
    made.selectors = "[udp/l2f]";
    made.peer_behind_nat = true;
    return made;
  };
  SaTable table;
  SecurityAssociation dialled = sa(4, 4500, "192.168.1.10");
  dialled.dial = "hq";
  SecurityAssociation second_port = sa(5, 4500, "192.168.1.10");
  second_port.ike_sa = 7;
  second_port.selectors = "[udp/40000]";
  for (const auto& other :
       {sa(1, 4500, "192.168.1.10"), sa(2, 4501, "192.168.1.10"), sa(3, 4500, "192.168.1.11"),
        dialled, second_port, sa(7, 4500, "192.168.1.10"), sa(9, 4500, "192.168.1.10")}) {
    table.Add(other, l2tp::PathId(other.id.value()), kNow);
  }
  EXPECT_THAT(table.OlderOf(sa(7, 4500, "192.168.1.10")), testing::ElementsAre(SaId(1)));
  EXPECT_THAT(table.OlderOf(dialled), testing::IsEmpty());
  // To another address of ours it may have a tunnel as well.
  SecurityAssociation elsewhere = sa(8, 4500, "192.168.1.10");
  elsewhere.local = kOther;
  EXPECT_THAT(table.OlderOf(elsewhere), testing::IsEmpty());
}

TEST(SaTable, WithoutNatAnAddressIsOneMachines_WhateverItCallsItself) {
  const auto sa = [](uint64_t id, const char* identity, const char* selectors) {
    SecurityAssociation made = Sa(id, kOther);
    made.remote_id = identity;
    made.ike_sa = id;
    made.selectors = selectors;
    made.one_port = true;
    return made;
  };
  SaTable table;
  table.Add(sa(1, "203.0.113.23", "[udp/l2f]"), l2tp::PathId(1), kNow);
  table.Add(sa(2, "CN=laptop", "[udp/40000]"), l2tp::PathId(2), kNow);
  EXPECT_THAT(table.OlderOf(sa(3, "CN=laptop", "[udp/l2f]")),
              testing::ElementsAre(SaId(1), SaId(2)));
  EXPECT_THAT(table.OlderOf(sa(3, "CN=other", "[udp/l2f]")), testing::ElementsAre(SaId(1)));
  // Two of its programs may each have a port of their own in an SA for all ports.
  SecurityAssociation all_ports = sa(3, "CN=other", "[udp/l2f]");
  all_ports.one_port = false;
  EXPECT_THAT(table.OlderOf(all_ports), testing::IsEmpty());
}

TEST(SaTable, BehindANatThatGaveItAnotherPort_AClientsFormerSasAreThoseOfItsAddressInside) {
  const auto sa = [](uint64_t id, const char* identity) {
    SecurityAssociation made = Sa(id, kNat);
    made.peer.port = static_cast<uint16_t>(40000 + id);
    made.remote_id = identity;
    made.peer_behind_nat = true;
    made.ike_sa = id;
    return made;
  };
  SecurityAssociation beside = sa(3, "192.168.1.10");
  beside.peer.port = 40005;
  SaTable table;
  for (const auto& other :
       {sa(1, "192.168.1.10"), sa(2, "192.168.1.11"), beside, sa(4, "CN=everybody")}) {
    table.Add(other, l2tp::PathId(other.id.value()), kNow);
  }
  EXPECT_THAT(table.FormerOf(sa(5, "192.168.1.10")), testing::ElementsAre(SaId(1)));
  EXPECT_THAT(table.FormerOf(sa(6, "CN=everybody")), testing::IsEmpty());
}

TEST(SaTable, AnUpdateKeepsTheTunnels) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11), kNow);
  table.AddTunnel(SaId(1), l2tp::TunnelId(5));
  table.Update(Sa(1, kOther));
  EXPECT_THAT(table.Find(SaId(1))->tunnels, SizeIs(1));
}

TEST(SaTable, FindsAnSaByIdAndByPath) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11), kNow);
  table.Add(Sa(2, kOther), l2tp::PathId(12), kNow);
  EXPECT_EQ(table.Find(SaId(2))->path, l2tp::PathId(12));
  EXPECT_EQ(table.FindByPath(l2tp::PathId(11))->sa.id, SaId(1));
  EXPECT_EQ(table.FindByPath(l2tp::PathId(13)), nullptr);
}

TEST(SaTable, TwoClientsBehindOneAddressCannotBeToldApart) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11), kNow);
  EXPECT_EQ(table.FindOnly(kNat)->sa.id, SaId(1));
  table.Add(Sa(2, kNat), l2tp::PathId(12), kNow);
  EXPECT_EQ(table.FindOnly(kNat), nullptr);
  EXPECT_TRUE(table.Remove(SaId(1)));
  EXPECT_EQ(table.FindOnly(kNat)->sa.id, SaId(2));
}

TEST(SaTable, BehindNatTheOnlyClientNeedNotBeTheOneWhoSent) {
  SaTable table;
  SecurityAssociation sa = Sa(1, kNat);
  sa.peer_behind_nat = true;
  table.Add(sa, l2tp::PathId(11), kNow);
  EXPECT_EQ(table.FindOnly(kNat), nullptr);
  EXPECT_EQ(table.FindByReqid(sa.reqid)->sa.id, SaId(1));
  EXPECT_EQ(table.FindByReqid(ReqId(9)), nullptr);
  EXPECT_TRUE(table.Remove(SaId(1)));
  EXPECT_EQ(table.FindByReqid(sa.reqid), nullptr);
}

TEST(SaTable, ASuccessorWithTheSameReqidIsFound) {
  SaTable table;
  SecurityAssociation successor = Sa(2, kOther);
  successor.reqid = Sa(1, kNat).reqid;
  table.Add(Sa(1, kNat), l2tp::PathId(11), kNow);
  table.Add(successor, l2tp::PathId(12), kNow);
  EXPECT_TRUE(table.Remove(SaId(1)));
  EXPECT_EQ(table.FindByReqid(successor.reqid)->sa.id, SaId(2));
}

TEST(SaTable, AClientIsKnownByAddressAndIdentity) {
  SaTable table;
  SecurityAssociation sa = Sa(1, kNat);
  sa.remote_id = "alice";
  table.Add(sa, l2tp::PathId(11), kNow);
  table.Add(Sa(2, kNat), l2tp::PathId(12), kNow);
  EXPECT_TRUE(table.HasClient(kNat, "alice"));
  EXPECT_FALSE(table.HasClient(kNat, "bob"));
  EXPECT_FALSE(table.HasClient(kOther, "alice"));
}

TEST(SaTable, AMovedPeerIsFoundAtItsNewAddress) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11), kNow);
  table.Update(Sa(1, kOther));
  EXPECT_EQ(table.FindOnly(kNat), nullptr);
  EXPECT_EQ(table.FindOnly(kOther)->path, l2tp::PathId(11));
}

TEST(SaTable, RemovingWhatIsNotThereChangesNothing) {
  SaTable table;
  table.Add(Sa(1, kNat), l2tp::PathId(11), kNow);
  EXPECT_FALSE(table.Remove(SaId(7)));
  EXPECT_THAT(table.entries(), SizeIs(1));
}

TEST(SaTable, EarlyDatagramsWaitForTheirPeerOnly) {
  SaTable table;
  table.Keep(From(kNat), {}, kNow);
  table.Keep(From(kOther), {}, kNow);
  const auto taken = table.TakeEarly(Sa(1, kNat), kNow + seconds(1));
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].peer.address, kNat);
  EXPECT_THAT(taken[0].bytes, testing::ElementsAreArray(kBytes));
  EXPECT_THAT(table.TakeEarly(Sa(1, kNat), kNow + seconds(1)), SizeIs(0));
  EXPECT_THAT(table.TakeEarly(Sa(2, kOther), kNow + seconds(1)), SizeIs(1));
}

TEST(SaTable, EarlyDatagramsOfAKnownReqidWaitForThatSa) {
  SaTable table;
  SecurityAssociation alice = Sa(1, kNat);
  SecurityAssociation bob = Sa(2, kNat);
  alice.peer_behind_nat = bob.peer_behind_nat = true;
  table.Keep(From(kNat), bob.reqid, kNow);
  EXPECT_THAT(table.TakeEarly(alice, kNow), SizeIs(0));
  EXPECT_THAT(table.TakeEarly(bob, kNow), SizeIs(1));
}

TEST(SaTable, BehindNatAnEarlyDatagramOfNobodyKnowsWhomIsNobodys) {
  SaTable table;
  SecurityAssociation sa = Sa(1, kNat);
  sa.peer_behind_nat = true;
  table.Keep(From(kNat), {}, kNow);
  EXPECT_THAT(table.TakeEarly(sa, kNow), SizeIs(0));
}

TEST(SaTable, StaleDatagramsAreForgotten) {
  SaTable table;
  table.Keep(From(kNat), {}, kNow);
  EXPECT_THAT(table.TakeEarly(Sa(1, kNat), kNow + seconds(3)), SizeIs(0));
}

TEST(SaTable, ACrowdOfEarlyDatagramsIsBounded) {
  SaTable table;
  for (int i = 0; i < 10000; ++i) table.Keep(From(kNat), {}, kNow);
  const std::vector<uint8_t> large(4000);
  table.Keep({.path = {}, .peer = {kOther, 1701}, .local = {}, .bytes = large}, {}, kNow);
  EXPECT_LE(table.TakeEarly(Sa(1, kNat), kNow).size(), 256U);
  EXPECT_THAT(table.TakeEarly(Sa(2, kOther), kNow), SizeIs(0));
}

}  // namespace
}  // namespace sallyport::daemon
