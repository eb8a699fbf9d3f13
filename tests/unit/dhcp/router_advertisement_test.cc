// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/router_advertisement.h"

#include <gtest/gtest.h>
#include <string>

#include "tests/unit/dhcp/octets.h"

namespace sallyport::dhcp {
namespace {

const IpAddress kLinkLocal = *IpAddress::Parse("fe80::2");

TEST(RouterAdvertisement, OfARouterAlone) {
  EXPECT_EQ(ToHex(Write({})), Hex("86 00 0000 40 40 0708 00000000 00000000"));
}

TEST(RouterAdvertisement, HasTheOptionsInOrder) {
  RouterAdvertisement advertisement;
  advertisement.managed = true;
  advertisement.mtu = 1400;
  advertisement.prefix = IpPrefix::Parse("2001:db8:1:7::/64");
  advertisement.dns = {*IpAddress::Parse("2001:db8::53"), *IpAddress::Parse("2001:db8::54")};
  advertisement.search = {"example.com", "lan"};
  EXPECT_EQ(ToHex(Write(advertisement)),
            Hex("86 00 0000 40 c0 0708 00000000 00000000"
                "05 01 0000 00000578"
                "03 04 40 c0 00001518 00000a8c 00000000 20010db8000100070000000000000000"
                "19 05 0000 00000708 20010db8000000000000000000000053"
                "20010db8000000000000000000000054"
                "1f 04 0000 00000708 07 6578616d706c65 03 636f6d 00 03 6c616e 00"
                "000000 0000 00"));
}

TEST(RouterAdvertisement, OfAShorterPrefixTheFirst64IsTheLinks) {
  RouterAdvertisement advertisement;
  advertisement.prefix = IpPrefix::Parse("2001:db8:1:70::/60");
  EXPECT_EQ(ToHex(Write(advertisement)).substr(32, 8), "030440c0");
}

struct SolicitationCase {
  const char* name;
  const char* octets;
  std::optional<DropReason> wrong;
};

class Solicitation : public testing::TestWithParam<SolicitationCase> {};

TEST_P(Solicitation, IsValidated) {
  const auto octets = Octets(GetParam().octets);
  const auto valid =
      ValidateRouterSolicitation({.bytes = octets, .hop_limit = 255, .source = kLinkLocal});
  EXPECT_EQ(valid ? std::nullopt : std::optional(valid.error()), GetParam().wrong);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Solicitation,
    testing::Values(
        SolicitationCase{"Plain", "85 00 1234 00000000", {}},
        SolicitationCase{"WithLinkLayerAddress", "85 00 1234 00000000 0101 020000000001", {}},
        SolicitationCase{
            "WithUnknownOption", "85 00 1234 00000000 0e02 0000000000000000000000000000", {}},
        SolicitationCase{"Short", "85 00 1234 000000", DropReason::kTooShort},
        SolicitationCase{"Empty", "", DropReason::kTooShort},
        SolicitationCase{"Advertisement", "86 00 1234 00000000", DropReason::kUnknownType},
        SolicitationCase{"Code", "85 01 1234 00000000", DropReason::kBadCode},
        SolicitationCase{"OptionOfLengthZero", "85 00 1234 00000000 0100 020000000001",
                         DropReason::kBadOption},
        SolicitationCase{"OptionPastTheEnd", "85 00 1234 00000000 0102 020000000001",
                         DropReason::kBadOption},
        SolicitationCase{"HalfAnOption", "85 00 1234 00000000 01", DropReason::kBadOption}),
    [](const auto& row) { return row.param.name; });

TEST(SolicitationFrom, AfarIsRefused) {
  const auto octets = Octets("85 00 1234 00000000");
  const auto valid =
      ValidateRouterSolicitation({.bytes = octets, .hop_limit = 254, .source = kLinkLocal});
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error(), DropReason::kBadHopLimit);
}

TEST(SolicitationFrom, TheUnspecifiedAddressHasNoLinkLayerAddress) {
  const IpAddress unspecified = *IpAddress::Parse("::");
  const auto plain = Octets("85 00 1234 00000000");
  EXPECT_TRUE(
      ValidateRouterSolicitation({.bytes = plain, .hop_limit = 255, .source = unspecified}));
  const auto with = Octets("85 00 1234 00000000 0101 020000000001");
  const auto valid =
      ValidateRouterSolicitation({.bytes = with, .hop_limit = 255, .source = unspecified});
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error(), DropReason::kUnexpectedOption);
}

TEST(SolicitationFrom, EveryTruncationIsRefusedOrWhole) {
  const auto whole = Octets("85 00 1234 00000000 0101 020000000001");
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto valid = ValidateRouterSolicitation(
        {.bytes = std::span(whole).first(size), .hop_limit = 255, .source = kLinkLocal});
    EXPECT_EQ(valid.has_value(), size == 8) << size;
  }
}

}  // namespace
}  // namespace sallyport::dhcp
