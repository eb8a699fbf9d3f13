// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/address_range.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::aaa {
namespace {

AddressRange Range(std::string_view text) {
  auto range = AddressRange::Parse(text);
  EXPECT_TRUE(range.has_value()) << text;
  return range ? *range : *AddressRange::Parse("192.0.2.1-192.0.2.1");
}

IpAddress Address(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress());
}

struct GoodRange {
  std::string_view text, first, last;
  uint32_t size;
};

TEST(AddressRange, PrefixLeavesNetworkAndBroadcastOut) {
  const GoodRange cases[] = {
      {"10.64.0.0/16", "10.64.0.1", "10.64.255.254", 65534},
      {"10.0.0.0/8", "10.0.0.1", "10.255.255.254", (1U << 24) - 2},
      {"192.0.2.4/30", "192.0.2.5", "192.0.2.6", 2},
      {"192.0.2.4/31", "192.0.2.4", "192.0.2.5", 2},  // RFC 3021 §2.1
      {"192.0.2.4/32", "192.0.2.4", "192.0.2.4", 1},
      {"192.0.2.4", "192.0.2.4", "192.0.2.4", 1},
      {"10.64.0.10-10.64.0.99", "10.64.0.10", "10.64.0.99", 90},
      {"10.64.0.0 - 10.64.0.255", "10.64.0.0", "10.64.0.255", 256},
      {"10.0.0.0-10.255.255.255", "10.0.0.0", "10.255.255.255", 1U << 24},
      {"223.255.255.255-223.255.255.255", "223.255.255.255", "223.255.255.255", 1},
  };
  for (const auto& good : cases) {
    const AddressRange range = Range(good.text);
    EXPECT_EQ(range.first().ToString(), good.first) << good.text;
    EXPECT_EQ(range.last().ToString(), good.last) << good.text;
    EXPECT_EQ(range.size(), good.size) << good.text;
    EXPECT_TRUE(range.Contains(Address(good.first))) << good.text;
    EXPECT_TRUE(range.Contains(Address(good.last))) << good.text;
  }
}

TEST(AddressRange, MistakesAreToldApart) {
  const std::pair<std::string_view, AddressRangeError> cases[] = {
      {"", AddressRangeError::kSyntax},
      {"-", AddressRangeError::kSyntax},
      {"10.64.0.0/", AddressRangeError::kSyntax},
      {"10.64.0.0/33", AddressRangeError::kSyntax},
      {"10.64.0.0/16x", AddressRangeError::kSyntax},
      {"10.64.0/16", AddressRangeError::kSyntax},
      {"10.64.0.1-", AddressRangeError::kSyntax},
      {"10.64.0.1-9", AddressRangeError::kSyntax},
      {"10.64.0.1-10.64.0.2-10.64.0.3", AddressRangeError::kSyntax},
      {"10.64.0.0/16-10.65.0.0/16", AddressRangeError::kSyntax},
      {"10.64.0.1/16", AddressRangeError::kHostBits},
      {"10.64.0.9-10.64.0.8", AddressRangeError::kReversed},
      {"10.0.0.0/7", AddressRangeError::kTooLarge},
      {"0.0.0.0/0", AddressRangeError::kTooLarge},
      {"10.0.0.0-11.0.0.0", AddressRangeError::kTooLarge},
      {"126.0.0.1-128.0.0.1", AddressRangeError::kTooLarge},
      {"127.0.0.0/24", AddressRangeError::kNotAssignable},
      {"126.255.255.255-127.0.0.1", AddressRangeError::kNotAssignable},
      {"223.255.255.0-224.0.0.1", AddressRangeError::kNotAssignable},
      {"0.0.0.1-0.0.0.9", AddressRangeError::kNotAssignable},
      {"255.255.255.255", AddressRangeError::kNotAssignable},
      {"2001:db8::/64", AddressRangeError::kNotIpv4},
      {"2001:db8::1-2001:db8::2", AddressRangeError::kNotIpv4},
  };
  for (const auto& [text, error] : cases) {
    const auto range = AddressRange::Parse(text);
    ASSERT_FALSE(range.has_value()) << text;
    EXPECT_EQ(range.error(), error) << text;
    EXPECT_FALSE(Describe(range.error()).empty()) << text;
  }
}

TEST(AddressRange, EveryTruncationIsRefusedOrHoldsItsEnds) {
  for (const std::string whole : {"10.64.0.0/16", "10.64.0.10-10.64.0.99"}) {
    for (size_t size = 0; size <= whole.size(); ++size) {
      const auto range = AddressRange::Parse(whole.substr(0, size));
      if (!range) continue;
      EXPECT_LE(range->first(), range->last()) << whole.substr(0, size);
      EXPECT_TRUE(range->Contains(range->last())) << whole.substr(0, size);
    }
  }
}

TEST(AddressRange, TextIsWhatWasWritten) {
  EXPECT_EQ(Range("10.64.0.0/16").ToString(), "10.64.0.0/16");
  EXPECT_EQ(Range("10.64.0.1 - 10.64.0.9").ToString(), "10.64.0.1-10.64.0.9");
}

TEST(AddressRange, NetworkAndBroadcastBelongToAPrefixOnly) {
  const AddressRange prefix = Range("10.64.0.0/16");
  EXPECT_TRUE(prefix.IsNetworkOrBroadcast(Address("10.64.0.0")));
  EXPECT_TRUE(prefix.IsNetworkOrBroadcast(Address("10.64.255.255")));
  EXPECT_FALSE(prefix.IsNetworkOrBroadcast(Address("10.64.0.1")));
  EXPECT_FALSE(prefix.IsNetworkOrBroadcast(Address("10.65.0.0")));
  EXPECT_FALSE(prefix.Contains(Address("10.64.0.0")));
  EXPECT_FALSE(Range("10.64.0.0-10.64.0.255").IsNetworkOrBroadcast(Address("10.64.0.0")));
}

TEST(AddressRange, OverlapCountsTheAddressesLeftOut) {
  const AddressRange prefix = Range("10.64.0.0/24");
  EXPECT_TRUE(prefix.Overlaps(prefix));
  EXPECT_TRUE(prefix.Overlaps(Range("10.64.0.255-10.64.1.9")));
  EXPECT_TRUE(Range("10.0.0.0/8").Overlaps(prefix));
  EXPECT_TRUE(prefix.Overlaps(Range("10.0.0.0/8")));
  EXPECT_FALSE(prefix.Overlaps(Range("10.64.1.0/24")));
  EXPECT_FALSE(Range("10.64.1.0/24").Overlaps(prefix));
}

TEST(AddressRange, GatewayMayBeInThePrefixOrNearTheBounds) {
  EXPECT_TRUE(Range("10.64.0.0/16").NetworkContains(Address("10.64.200.1")));
  EXPECT_FALSE(Range("10.64.0.0/16").NetworkContains(Address("10.65.0.1")));
  const AddressRange bounds = Range("10.64.0.130-10.64.0.140");
  EXPECT_TRUE(bounds.NetworkContains(Address("10.64.0.1")));
  EXPECT_FALSE(bounds.NetworkContains(Address("10.64.1.1")));
  const AddressRange wide = Range("10.64.0.200-10.64.3.20");
  EXPECT_TRUE(wide.NetworkContains(Address("10.64.2.1")));
  EXPECT_FALSE(wide.NetworkContains(Address("10.64.4.1")));
  EXPECT_FALSE(bounds.NetworkContains(Address("2001:db8::1")));
}

TEST(AddressRange, AssignableAddressesAreUnicast) {
  for (const auto text :
       {"1.0.0.0", "10.0.0.1", "126.255.255.255", "128.0.0.0", "223.255.255.255"}) {
    EXPECT_TRUE(IsAssignable(Address(text))) << text;
  }
  for (const auto text :
       {"0.0.0.0", "0.255.255.255", "127.0.0.1", "224.0.0.0", "255.255.255.255", "2001:db8::1"}) {
    EXPECT_FALSE(IsAssignable(Address(text))) << text;
  }
  EXPECT_FALSE(IsAssignable(IpAddress()));
}

}  // namespace
}  // namespace sallyport::aaa
