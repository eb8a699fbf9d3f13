// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "fake_kernel.h"

namespace sallyport::netlink {
namespace {

using ::testing::ElementsAre;

class RouteTest : public ::testing::Test {
 protected:
  Received LastRequest() { return MessagesOf(kernel_.sent.back()).at(0); }
  /// An answer to RTM_GETLINK for one interface.
  static Octets LinkAnswer(uint32_t sequence, int ifindex, std::string_view name,
                           const Octets& more = {}) {
    ifinfomsg header{};
    header.ifi_index = ifindex;
    header.ifi_flags = IFF_UP;
    const Octets text(name.begin(), name.end());
    return RawMessage(RTM_NEWLINK, NLM_F_MULTI, sequence,
                      OctetsOf(header) + RawAttribute(IFLA_IFNAME, text + Octets{0}) + more);
  }
  FakeKernel kernel_;
  Route route_{kernel_.MakeSocket()};
};

TEST_F(RouteTest, PppLinkIsMadeOfTheDescriptorInItsLinkInfo) {
  kernel_.Answer(RawAck(1, 0));
  ASSERT_TRUE(route_.CreatePppLink("sp1", 7, 42));
  const auto request = LastRequest();
  EXPECT_EQ(request.type, RTM_NEWLINK);
  EXPECT_EQ(request.flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  const auto attributes = Attributes::Behind<ifinfomsg>(request.payload);
  EXPECT_EQ(attributes.Text(IFLA_IFNAME), "sp1");
  EXPECT_EQ(attributes.U32(IFLA_GROUP), 7U);
  const auto info = attributes.Nested(IFLA_LINKINFO);
  EXPECT_EQ(info.Text(IFLA_INFO_KIND), "ppp");
  EXPECT_EQ(info.Nested(IFLA_INFO_DATA).U32(IFLA_PPP_DEV_FD), 42U);
}

TEST_F(RouteTest, UpComesWithItsMtu) {
  kernel_.Answer(RawAck(1, 0));
  ASSERT_TRUE(route_.SetLinkUp(5, 1400));
  const auto header = *ReadStruct<ifinfomsg>(LastRequest().payload);
  EXPECT_EQ(header.ifi_index, 5);
  EXPECT_EQ(header.ifi_flags, unsigned{IFF_UP});
  EXPECT_EQ(header.ifi_change, unsigned{IFF_UP});
  EXPECT_EQ(Attributes::Behind<ifinfomsg>(LastRequest().payload).U32(IFLA_MTU), 1400U);
}

TEST_F(RouteTest, DeletingGroupZeroIsNotEvenSent) {
  EXPECT_EQ(route_.DeleteLinkGroup(0).error().code, EINVAL);
  EXPECT_TRUE(kernel_.sent.empty());
}

TEST_F(RouteTest, DeletingAGroupNamesNoInterface) {
  kernel_.Answer(RawAck(1, 0));
  ASSERT_TRUE(route_.DeleteLinkGroup(77));
  EXPECT_EQ(LastRequest().type, RTM_DELLINK);
  EXPECT_EQ(ReadStruct<ifinfomsg>(LastRequest().payload)->ifi_index, 0);
  EXPECT_EQ(Attributes::Behind<ifinfomsg>(LastRequest().payload).U32(IFLA_GROUP), 77U);
}

TEST_F(RouteTest, ARouteMayHaveANextHop) {
  kernel_.Answer(RawAck(1, 0));
  ASSERT_TRUE(route_.AddRoute({.destination = *IpPrefix::Parse("2001:db8:1:7::/64"),
                               .ifindex = 5,
                               .gateway = IpAddress::Parse("fe80::2")}));
  const auto header = *ReadStruct<rtmsg>(LastRequest().payload);
  EXPECT_EQ(header.rtm_family, AF_INET6);
  EXPECT_EQ(header.rtm_dst_len, 64);
  const auto attributes = Attributes::Behind<rtmsg>(LastRequest().payload);
  EXPECT_EQ(attributes.Address(RTA_GATEWAY), IpAddress::Parse("fe80::2"));
  EXPECT_EQ(attributes.U32(RTA_OIF), 5U);
}

TEST_F(RouteTest, ALinkLocalAddressNamesBothEnds) {
  kernel_.Answer(RawAck(1, 0));
  ASSERT_TRUE(route_.AddLinkLocal(5, *IpAddress::Parse("fe80::1"), *IpAddress::Parse("fe80::2")));
  const auto request = LastRequest();
  EXPECT_EQ(request.type, RTM_NEWADDR);
  const auto header = *ReadStruct<ifaddrmsg>(request.payload);
  EXPECT_EQ(header.ifa_family, AF_INET6);
  EXPECT_EQ(header.ifa_prefixlen, 128);
  EXPECT_EQ(header.ifa_flags, IFA_F_NODAD);
  EXPECT_EQ(header.ifa_index, 5U);
  const auto attributes = Attributes::Behind<ifaddrmsg>(request.payload);
  EXPECT_EQ(attributes.Address(IFA_LOCAL), IpAddress::Parse("fe80::1"));
  EXPECT_EQ(attributes.Address(IFA_ADDRESS), IpAddress::Parse("fe80::2"));
}

TEST_F(RouteTest, HostRouteLiesAsTheKernelReadsIt) {
  kernel_.Answer(RawAck(1, 0));
  ASSERT_TRUE(route_.AddRoute({.destination = *IpPrefix::Parse("10.0.0.9/32"),
                               .ifindex = 5,
                               .preferred_source = IpAddress::Parse("10.0.0.1")}));
  const Octets expected = Octets{AF_INET,
                                 32,
                                 0,
                                 0,  // family, destination, source, TOS
                                 0,
                                 kRouteProtocol,
                                 RT_SCOPE_LINK,
                                 RTN_UNICAST,
                                 0,
                                 0,
                                 0,
                                 0} +  // flags
                          RawAttribute(RTA_DST, {10, 0, 0, 9}) +
                          RawAttribute(RTA_OIF, OctetsOf(uint32_t{5})) +
                          RawAttribute(RTA_TABLE, OctetsOf(uint32_t{RT_TABLE_MAIN})) +
                          RawAttribute(RTA_PREFSRC, {10, 0, 0, 1});
  EXPECT_THAT(LastRequest().payload, ::testing::ElementsAreArray(expected));
  EXPECT_EQ(LastRequest().flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
}

TEST_F(RouteTest, DeletingARouteNamesItsInterfaceAndProtocol) {
  kernel_.Answer(RawAck(1, ESRCH));
  const DeviceRoute route{.destination = *IpPrefix::Parse("2001:db8::9/128"), .ifindex = 5};
  const auto result = route_.DeleteRoute(route);
  EXPECT_EQ(result.error().text, "delete route 2001:db8::9/128 by interface 5: No such process");
  const auto header = *ReadStruct<rtmsg>(LastRequest().payload);
  EXPECT_EQ(header.rtm_family, AF_INET6);
  EXPECT_EQ(header.rtm_dst_len, 128);
  EXPECT_EQ(header.rtm_protocol, kRouteProtocol);
  EXPECT_EQ(header.rtm_scope, RT_SCOPE_UNIVERSE);
  const auto attributes = Attributes::Behind<rtmsg>(LastRequest().payload);
  EXPECT_EQ(attributes.U32(RTA_OIF), 5U);
  EXPECT_FALSE(attributes.Find(RTA_PREFSRC));
}

TEST_F(RouteTest, AddressGoesToTheDeviceOfThatName) {
  kernel_.Answer(LinkAnswer(1, 3, "lo"));
  kernel_.Answer(RawAck(2, 0));
  ASSERT_TRUE(route_.AddAddress("lo", *IpPrefix::Parse("10.0.0.1/32")));
  EXPECT_EQ(
      Attributes::Behind<ifinfomsg>(MessagesOf(kernel_.sent.at(0)).at(0).payload).Text(IFLA_IFNAME),
      "lo");
  const auto header = *ReadStruct<ifaddrmsg>(LastRequest().payload);
  EXPECT_EQ(header.ifa_index, 3U);
  EXPECT_EQ(header.ifa_prefixlen, 32);
  EXPECT_EQ(Attributes::Behind<ifaddrmsg>(LastRequest().payload).Address(IFA_LOCAL),
            IpAddress::Parse("10.0.0.1"));
  EXPECT_EQ(Attributes::Behind<ifaddrmsg>(LastRequest().payload).U8(IFA_PROTO), kRouteProtocol);
  EXPECT_EQ(LastRequest().flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
}

TEST_F(RouteTest, AddressHasTheLabelThatItWasGiven) {
  for (const uint32_t sequence : {1U, 3U}) {
    kernel_.Answer(LinkAnswer(sequence, 3, "lo"));
    kernel_.Answer(RawAck(sequence + 1, 0));
  }
  ASSERT_TRUE(route_.AddAddress("lo", *IpPrefix::Parse("10.0.0.1/32"), "lo:us"));
  EXPECT_EQ(Attributes::Behind<ifaddrmsg>(LastRequest().payload).Text(IFA_LABEL), "lo:us");
  ASSERT_TRUE(route_.AddAddress("lo", *IpPrefix::Parse("10.0.0.1/32")));
  EXPECT_FALSE(Attributes::Behind<ifaddrmsg>(LastRequest().payload).Text(IFA_LABEL));
}

TEST_F(RouteTest, AddressOfAMissingDeviceIsNotSent) {
  kernel_.Answer(RawAck(1, ENODEV));
  EXPECT_EQ(route_.DeleteAddress("sp9", *IpPrefix::Parse("10.0.0.1/32")).error().code, ENODEV);
  EXPECT_EQ(kernel_.sent.size(), 1U);
}

TEST_F(RouteTest, LinksAreThoseOfThePrefixWithTheirCounters) {
  // rtnl_link_stats64: packets received, sent, octets received, sent; an older kernel's is shorter.
  const Octets stats = OctetsOf(uint64_t{1}) + OctetsOf(uint64_t{2}) + OctetsOf(uint64_t{3}) +
                       OctetsOf(uint64_t{4}) + Octets(8);
  kernel_.Answer(LinkAnswer(1, 1, "lo") +
                 LinkAnswer(1, 9, "sp9",
                            RawAttribute(IFLA_MTU, OctetsOf(uint32_t{1400})) +
                                RawAttribute(IFLA_GROUP, OctetsOf(uint32_t{7})) +
                                RawAttribute(IFLA_STATS64, stats)));
  kernel_.Answer(RawDone(1, NLM_F_DUMP_INTR));
  const auto links = route_.Links("sp");
  ASSERT_TRUE(links);
  EXPECT_FALSE(links->consistent);
  EXPECT_THAT(links->entries, ElementsAre(Link{.ifindex = 9,
                                               .name = "sp9",
                                               .group = 7,
                                               .mtu = 1400,
                                               .up = true,
                                               .counters = {.received_packets = 1,
                                                            .received_bytes = 3,
                                                            .sent_packets = 2,
                                                            .sent_bytes = 4}}));
}

TEST_F(RouteTest, StatisticsAskForNothingElse) {
  if_stats_msg header{};
  header.ifindex = 9;
  const Octets stats =
      OctetsOf(uint64_t{1}) + OctetsOf(uint64_t{2}) + OctetsOf(uint64_t{3}) + OctetsOf(uint64_t{4});
  kernel_.Answer(RawMessage(RTM_NEWSTATS, NLM_F_MULTI, 1,
                            OctetsOf(header) + RawAttribute(IFLA_STATS_LINK_64, stats)) +
                 RawMessage(RTM_NEWSTATS, NLM_F_MULTI, 1, OctetsOf(header)) +  // without counters
                 RawDone(1));
  const auto statistics = route_.Statistics();
  ASSERT_TRUE(statistics);
  EXPECT_TRUE(statistics->consistent);
  EXPECT_THAT(statistics->entries, ElementsAre(LinkStatistics{.ifindex = 9,
                                                              .counters = {.received_packets = 1,
                                                                           .received_bytes = 3,
                                                                           .sent_packets = 2,
                                                                           .sent_bytes = 4}}));
  EXPECT_EQ(ReadStruct<if_stats_msg>(LastRequest().payload)->filter_mask, 1U);
}

TEST_F(RouteTest, OurEndOfAPointToPointInterfaceIsTheLocalAddress) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = 32;
  header.ifa_index = 4;
  kernel_.Answer(RawMessage(RTM_NEWADDR, NLM_F_MULTI, 1,
                            OctetsOf(header) + RawAttribute(IFA_ADDRESS, {10, 0, 0, 9}) +
                                RawAttribute(IFA_LOCAL, {10, 0, 0, 1})) +
                 RawMessage(RTM_NEWADDR, NLM_F_MULTI, 1,
                            OctetsOf(header) + RawAttribute(IFA_ADDRESS, {10, 0, 0, 2}) +
                                RawAttribute(IFA_PROTO, {kRouteProtocol})) +
                 RawMessage(RTM_NEWADDR, NLM_F_MULTI, 1, OctetsOf(header)) + RawDone(1));
  const auto addresses = route_.Addresses();
  ASSERT_TRUE(addresses);
  EXPECT_THAT(*addresses,
              ElementsAre(LocalAddress{4, *IpAddress::Parse("10.0.0.1"), 32},
                          LocalAddress{4, *IpAddress::Parse("10.0.0.2"), 32, kRouteProtocol}));
}

TEST_F(RouteTest, EveryTruncationOfALinkIsLeftOutOrWithoutItsEnd) {
  const Octets whole = LinkAnswer(1, 9, "sp9", RawAttribute(IFLA_MTU, OctetsOf(uint32_t{1400})));
  for (size_t size = 16; size < whole.size(); ++size) {
    FakeKernel kernel;
    Route route(kernel.MakeSocket());
    const Octets payload(whole.begin() + 16, whole.begin() + static_cast<std::ptrdiff_t>(size));
    kernel.Answer(RawMessage(RTM_NEWLINK, NLM_F_MULTI, 1, payload));
    kernel.Answer(RawDone(1));
    const auto links = route.Links("");
    ASSERT_TRUE(links) << size;
    for (const Link& link : links->entries) EXPECT_EQ(link.mtu, 0U) << size;
  }
}

}  // namespace
}  // namespace sallyport::netlink
