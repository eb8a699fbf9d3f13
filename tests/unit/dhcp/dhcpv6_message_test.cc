// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/dhcpv6_message.h"

#include <gtest/gtest.h>
#include <string>

#include "tests/unit/dhcp/octets.h"

namespace sallyport::dhcp {
namespace {

// A Solicit as dhcpcd sends it: Client Identifier, Elapsed Time, Option Request, Rapid Commit, an
// IA_NA with an address and an IA_PD with a hint of length.
const std::string kSolicit =
    "01 a1b2c3"
    "0001 000a 00030001 020000000001"
    "0008 0002 0000"
    "0006 0004 0017 0018"
    "000e 0000"
    "0003 0028 0a0b0c0d 00000000 00000000"
    "  0005 0018 20010db8000100070000000000000002 00000000 00000000"
    "0019 0029 00000001 00000000 00000000"
    "  001a 0019 00000000 00000000 38 20010db8ffff000000000000000000ff";

TEST(Dhcpv6Message, IsReadWhole) {
  const auto octets = Octets(kSolicit);
  const auto request = ParseDhcpv6(octets);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->type, Dhcpv6Type::kSolicit);
  EXPECT_EQ(ToHex(request->transaction), "a1b2c3");
  EXPECT_EQ(ToHex(request->client_id), "00030001020000000001");
  EXPECT_TRUE(request->server_id.empty());
  EXPECT_TRUE(request->rapid_commit);
  EXPECT_TRUE(request->Requests(Dhcpv6Option::kDnsServers));
  EXPECT_FALSE(request->Requests(Dhcpv6Option::kInformationRefreshTime));
  ASSERT_EQ(request->associations.size(), 2U);
  EXPECT_EQ(request->associations[0].kind, Dhcpv6Option::kIaNa);
  EXPECT_EQ(request->associations[0].id, 0x0A0B0C0DU);
  ASSERT_EQ(request->associations[0].members.size(), 1U);
  EXPECT_EQ(request->associations[0].members[0].ToString(), "2001:db8:1:7::2/128");
  EXPECT_EQ(request->associations[1].kind, Dhcpv6Option::kIaPd);
  ASSERT_EQ(request->associations[1].members.size(), 1U);
  EXPECT_EQ(request->associations[1].members[0].ToString(), "2001:db8:ffff::/56")
      << "without what is past the length";
}

TEST(Dhcpv6Message, WithoutAnOptionRequestEverythingIsAskedFor) {
  const auto request = ParseDhcpv6(Octets("0b a1b2c3"));
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->Requests(Dhcpv6Option::kDnsServers));
}

TEST(Dhcpv6Message, EveryTruncationIsRefusedOrEndsBetweenOptions) {
  const auto whole = Octets(kSolicit);
  size_t good = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    if (ParseDhcpv6(std::span(whole).first(size))) ++good;
  }
  EXPECT_EQ(good, 6U) << "after the header and after each of the first five options";
}

struct BadCase {
  const char* name;
  const char* octets;
  DropReason reason;
};

class BadMessage : public testing::TestWithParam<BadCase> {};

TEST_P(BadMessage, IsRefused) {
  const auto request = ParseDhcpv6(Octets(GetParam().octets));
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error(), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadMessage,
    testing::Values(
        BadCase{"Empty", "", DropReason::kTooShort},
        BadCase{"Advertise", "02 a1b2c3", DropReason::kUnknownType},
        BadCase{"Reply", "07 a1b2c3", DropReason::kUnknownType},
        BadCase{"Reconfigure", "0a a1b2c3", DropReason::kUnknownType},
        BadCase{"RelayForward", "0c 00 00000000", DropReason::kUnknownType},
        BadCase{"TypeZero", "00 a1b2c3", DropReason::kUnknownType},
        BadCase{"DuidTooShort", "01 a1b2c3 0001 0002 0003", DropReason::kBadOption},
        BadCase{"DuidTwice", "01 a1b2c3 0001 0003 000301 0001 0003 000301", DropReason::kBadOption},
        BadCase{"ServerDuidTwice", "01 a1b2c3 0002 0003 000301 0002 0003 000301",
                DropReason::kBadOption},
        BadCase{"OptionRequestOdd", "01 a1b2c3 0006 0003 001700", DropReason::kBadOption},
        BadCase{"OptionRequestTwice", "01 a1b2c3 0006 0002 0017 0006 0002 0017",
                DropReason::kBadOption},
        BadCase{"RapidCommitWithValue", "01 a1b2c3 000e 0001 00", DropReason::kBadOption},
        BadCase{"IaTooShort", "01 a1b2c3 0003 000b 0a0b0c0d 00000000 000000",
                DropReason::kBadOption},
        BadCase{"AddressTooShort", "01 a1b2c3 0003 0012 0a0b0c0d 00000000 00000000 0005 0002 2001",
                DropReason::kBadOption},
        BadCase{"PrefixLength129",
                "01 a1b2c3 0019 0029 00000001 00000000 00000000 001a 0019 00000000 00000000 81 "
                "20010db8ffff00000000000000000000",
                DropReason::kBadOption},
        BadCase{"OptionInAnAssociationPastItsEnd",
                "01 a1b2c3 0019 0012 00000001 00000000 00000000 001a 0019 0000",
                DropReason::kBadOption}),
    [](const auto& row) { return row.param.name; });

TEST(Dhcpv6Message, TooManyAssociationsAreRefused) {
  std::string message = "01 a1b2c3";
  for (size_t i = 0; i < kMaxAssociations; ++i) message += "0004 0004 00000001";
  EXPECT_TRUE(ParseDhcpv6(Octets(message)));
  EXPECT_FALSE(ParseDhcpv6(Octets(message + "0004 0004 00000001")));
}

TEST(Dhcpv6Message, DuidOf130OctetsIsTheLargest) {
  const std::string duid(260, '0');
  EXPECT_TRUE(ParseDhcpv6(Octets("01 a1b2c3 0001 0082" + duid)));
  EXPECT_FALSE(ParseDhcpv6(Octets("01 a1b2c3 0001 0083 00" + duid)));
}

}  // namespace
}  // namespace sallyport::dhcp
