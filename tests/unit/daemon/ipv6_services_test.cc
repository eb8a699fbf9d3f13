// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/ipv6_services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/unit/daemon/fakes.h"

namespace sallyport::daemon {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const SessionKey kKey{l2tp::TunnelId(1), l2tp::SessionId(2)};
const SessionKey kOther{l2tp::TunnelId(1), l2tp::SessionId(3)};
const IpEndpoint kClient{*IpAddress::Parse("fe80::2"), 546};

dhcp::Dhcpv6Config Config() {
  dhcp::Dhcpv6Config config;
  config.duid = {0, 4, 1, 2, 3};
  config.dns = {*IpAddress::Parse("2001:db8::53")};
  return config;
}

dhcp::Dhcpv6Binding Binding(std::string_view prefix = "2001:db8:1:7::/64") {
  const IpPrefix link = *IpPrefix::Parse(prefix);
  return {.prefix = link, .address = link.AddressOf(2), .delegated = {}};
}

class Ipv6ServicesTest : public testing::Test {
 protected:
  std::vector<uint8_t> Hex(std::string_view hex) { return FromHex(hex).value(); }
  void Receive(const SessionKey& key, Ipv6Service service, const std::vector<uint8_t>& bytes,
               uint8_t hop_limit = 255, const IpEndpoint& peer = kClient) {
    services_.Receive(key, {.service = service,
                            .peer = peer,
                            .multicast = true,
                            .hop_limit = hop_limit,
                            .bytes = bytes});
    loop_.RunPending();
  }

  EventLoop loop_;
  fake::FakeDataPlane plane_;
  RandomSource random_;
  Ipv6Services services_{loop_, plane_, random_, Config()};
};

TEST_F(Ipv6ServicesTest, AClientIsToldItsPrefixAtOnce) {
  EXPECT_TRUE(services_.Start(kKey, Binding(), 1400));
  loop_.RunPending();
  ASSERT_THAT(plane_.ipv6_sent, SizeIs(1));
  const auto& sent = plane_.ipv6_sent[0];
  EXPECT_EQ(sent.key, kKey);
  EXPECT_EQ(sent.service, Ipv6Service::kRouterDiscovery);
  EXPECT_EQ(sent.to.address.ToString(), "ff02::1");
  const std::string octets = ToHex(sent.bytes);
  EXPECT_EQ(octets.substr(0, 4), "8600");
  EXPECT_NE(octets.find("20010db8000100070000000000000000"), std::string::npos);
  EXPECT_NE(octets.find("20010db8000000000000000000000053"), std::string::npos);
  EXPECT_NE(octets.find("050100000000"
                        "0578"),
            std::string::npos)
      << "the MTU";
}

TEST_F(Ipv6ServicesTest, NewNameServersAreToldWithTheNextAdvertisement) {
  dhcp::Dhcpv6Config config = Config();
  config.dns = {*IpAddress::Parse("2001:db8::54")};
  services_.Configure(std::move(config));
  EXPECT_TRUE(services_.Start(kKey, Binding(), 1400));
  loop_.RunPending();
  ASSERT_THAT(plane_.ipv6_sent, SizeIs(1));
  const std::string octets = ToHex(plane_.ipv6_sent[0].bytes);
  EXPECT_NE(octets.find("20010db8000000000000000000000054"), std::string::npos);
  EXPECT_EQ(octets.find("20010db8000000000000000000000053"), std::string::npos);
}

TEST_F(Ipv6ServicesTest, WhatIsKnownAlreadyIsNotToldAgain) {
  EXPECT_TRUE(services_.Start(kKey, Binding(), 1400));
  loop_.RunPending();
  EXPECT_FALSE(services_.Start(kKey, Binding(), 1400));
  loop_.RunPending();
  EXPECT_THAT(plane_.ipv6_sent, SizeIs(1));
  EXPECT_TRUE(services_.Start(kKey, Binding("2001:db8:1:8::/64"), 1400));
  loop_.RunPending();
  EXPECT_THAT(plane_.ipv6_sent, SizeIs(2));
}

TEST_F(Ipv6ServicesTest, DhcpIsAnsweredWithWhatTheSessionHas) {
  services_.Start(kKey, Binding(), 1400);
  services_.Start(kOther, Binding("2001:db8:1:8::/64"), 1400);
  loop_.RunPending();
  plane_.ipv6_sent.clear();
  // A Solicit with an IA_NA
  Receive(kOther, Ipv6Service::kDhcpv6,
          Hex("01aabbcc000100030003010003000c000000010000000000000000"));
  ASSERT_THAT(plane_.ipv6_sent, SizeIs(1));
  const auto& sent = plane_.ipv6_sent[0];
  EXPECT_EQ(sent.key, kOther);
  EXPECT_EQ(sent.service, Ipv6Service::kDhcpv6);
  EXPECT_EQ(sent.to, kClient);
  EXPECT_EQ(ToHex(sent.bytes).substr(0, 8), "02aabbcc");
  EXPECT_NE(ToHex(sent.bytes).find("20010db8000100080000000000000002"), std::string::npos);
}

TEST_F(Ipv6ServicesTest, MalformedMessagesAreCountedAndNotAnswered) {
  services_.Start(kKey, Binding(), 1400);
  loop_.RunPending();
  plane_.ipv6_sent.clear();
  Receive(kKey, Ipv6Service::kDhcpv6, Hex("01aabbcc0001"));
  Receive(kKey, Ipv6Service::kRouterDiscovery, Hex("85000000000000"));
  Receive(kKey, Ipv6Service::kRouterDiscovery, Hex("8500000000000000"), 64);
  EXPECT_THAT(plane_.ipv6_sent, IsEmpty());
  EXPECT_EQ(services_.drops().Get(dhcp::DropReason::kBadOption), 1U);
  EXPECT_EQ(services_.drops().Get(dhcp::DropReason::kTooShort), 1U);
  EXPECT_EQ(services_.drops().Get(dhcp::DropReason::kBadHopLimit), 1U);
}

TEST_F(Ipv6ServicesTest, DhcpIsAnsweredToLinkLocalAddressesAlone) {
  services_.Start(kKey, Binding(), 1400);
  loop_.RunPending();
  plane_.ipv6_sent.clear();
  for (const char* address : {"::", "::1", "2001:db8:1:7::2", "ff02::1", "fec0::1"}) {
    Receive(kKey, Ipv6Service::kDhcpv6, Hex("0baabbcc"), 255, {*IpAddress::Parse(address), 22});
  }
  EXPECT_THAT(plane_.ipv6_sent, IsEmpty());
  EXPECT_EQ(services_.drops().Get(dhcp::DropReason::kBadSource), 5U);
  Receive(kKey, Ipv6Service::kDhcpv6, Hex("0baabbcc"), 255, {*IpAddress::Parse("febf::1"), 546});
  EXPECT_THAT(plane_.ipv6_sent, SizeIs(1));
}

TEST_F(Ipv6ServicesTest, EachSessionHasItsLimit) {
  services_.Start(kKey, Binding(), 1400);
  services_.Start(kOther, Binding("2001:db8:1:8::/64"), 1400);
  loop_.RunPending();
  plane_.ipv6_sent.clear();
  for (int i = 0; i < 100; ++i) Receive(kKey, Ipv6Service::kDhcpv6, Hex("0baabbcc"));
  const auto answered = plane_.ipv6_sent.size();
  EXPECT_LT(answered, 50U);
  EXPECT_EQ(services_.drops().Get(dhcp::DropReason::kRateLimit), 100U - answered);
  Receive(kOther, Ipv6Service::kDhcpv6, Hex("0baabbcc"));
  EXPECT_EQ(plane_.ipv6_sent.size(), answered + 1);
}

TEST_F(Ipv6ServicesTest, ASessionWithoutIpv6GetsNoAnswer) {
  const auto request = Hex("0baabbcc");
  Receive(kKey, Ipv6Service::kDhcpv6, request);
  services_.Start(kKey, Binding(), 1400);
  services_.Stop(kKey);
  loop_.RunPending();
  Receive(kKey, Ipv6Service::kDhcpv6, request);
  EXPECT_THAT(plane_.ipv6_sent, IsEmpty());
  EXPECT_EQ(services_.drops().Get(dhcp::DropReason::kNoSession), 2U);
}

}  // namespace
}  // namespace sallyport::daemon
