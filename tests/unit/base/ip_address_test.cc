// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(IpAddress, ParsesAndPrintsBothFamilies) {
  EXPECT_EQ(IpAddress::Parse("10.64.0.1")->ToString(), "10.64.0.1");
  EXPECT_EQ(IpAddress::Parse("10.64.0.1")->v4(), 0x0A400001U);
  EXPECT_EQ(IpAddress::Parse("2001:DB8:0:0::1")->ToString(), "2001:db8::1");
  EXPECT_EQ(IpAddress::V4(0xCB00710A).ToString(), "203.0.113.10");
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const char* text : {"", "10.0.0", "10.0.0.256", "10.0.0.1/8", "::1%lo", "gw", " 10.0.0.1"}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::Parse(std::string_view("10.0.0.1\0x", 10)));
}

TEST(IpAddress, NoAddressIsItsOwnKind) {
  EXPECT_FALSE(IpAddress());
  EXPECT_EQ(IpAddress().ToString(), "none");
  EXPECT_TRUE(IpAddress().bytes().empty());
  EXPECT_NE(IpAddress(), IpAddress::V4(0));
}

TEST(IpAddress, BytesRoundTrip) {
  const auto v6 = *IpAddress::Parse("fe80::2");
  EXPECT_EQ(IpAddress::FromBytes(v6.bytes()), v6);
  const auto v4 = *IpAddress::Parse("192.0.2.7");
  EXPECT_EQ(IpAddress::FromBytes(v4.bytes()), v4);
  EXPECT_FALSE(IpAddress::FromBytes(v6.bytes().first(5)));
}

TEST(IpAddress, OrdersV4BeforeV6AndByValue) {
  EXPECT_LT(*IpAddress::Parse("9.255.255.255"), *IpAddress::Parse("10.0.0.0"));
  EXPECT_LT(*IpAddress::Parse("255.255.255.255"), *IpAddress::Parse("::1"));
}

TEST(IpEndpoint, PrintsBracketsAroundV6) {
  EXPECT_EQ((IpEndpoint{*IpAddress::Parse("2001:db8::9"), 1701}.ToString()), "[2001:db8::9]:1701");
  EXPECT_EQ((IpEndpoint{*IpAddress::Parse("203.0.113.9"), 4500}.ToString()), "203.0.113.9:4500");
}

TEST(IpPrefix, ParsesOnlyCleanPrefixes) {
  EXPECT_EQ(IpPrefix::Parse("10.64.0.0/16")->ToString(), "10.64.0.0/16");
  EXPECT_EQ(IpPrefix::Parse("10.64.0.1")->length, 32);
  EXPECT_EQ(IpPrefix::Parse("::/0")->length, 0);
  for (const char* text : {"10.64.0.1/16", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "/8"}) {
    EXPECT_FALSE(IpPrefix::Parse(text)) << text;
  }
}

TEST(IpPrefix, ContainsComparesTheLeadingBits) {
  const auto prefix = *IpPrefix::Parse("10.64.0.0/14");
  EXPECT_TRUE(prefix.Contains(*IpAddress::Parse("10.67.255.255")));
  EXPECT_FALSE(prefix.Contains(*IpAddress::Parse("10.68.0.0")));
  EXPECT_FALSE(prefix.Contains(*IpAddress::Parse("::10.64.0.1")));
  EXPECT_TRUE(IpPrefix::Parse("0.0.0.0/0")->Contains(*IpAddress::Parse("255.255.255.255")));
}

TEST(IpAddress, OfAnInterfaceIdentifier) {
  EXPECT_EQ(IpAddress::LinkLocal(0x0102030405060708).ToString(), "fe80::102:304:506:708");
  EXPECT_EQ(IpPrefix::Parse("2001:db8:1:7::/64")->AddressOf(2).ToString(), "2001:db8:1:7::2");
}

}  // namespace
}  // namespace sallyport
