// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/dhcpv4_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dhcp/dhcpv4_requests.h"

namespace sallyport::dhcp::v4 {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Pair;

const Octets kClient{10, 64, 0, 2};

TEST(Dhcpv4Parse, ReadsTheFixedFields) {
  const auto message = Parse(Request(kClient, {53, 1, 8, 255}));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->header.op, 1);
  EXPECT_EQ(message->header.htype, 8);
  EXPECT_EQ(message->header.hlen, 6);
  EXPECT_EQ(message->header.xid, 0x11223344U);
  EXPECT_EQ(message->header.secs, 3);
  EXPECT_EQ(message->header.flags, 0x8000);
  EXPECT_EQ(message->header.ciaddr.ToString(), "10.64.0.2");
  EXPECT_EQ(message->header.chaddr[5], 2);
  EXPECT_THAT(message->options, ElementsAre(Pair(53, ElementsAre(8))));
}

TEST(Dhcpv4Parse, EveryTruncationIsRefusedOrHasFewerOptions) {
  const Octets whole = Request(kClient, {53, 1, 8, 55, 2, 1, 249});
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto message = Parse(std::span(whole).first(size));
    if (size < 240) {
      EXPECT_EQ(message.error(), DropReason::kTruncated) << size;
    } else if (size == 240 || size == 243) {
      EXPECT_EQ(message->options.size(), (size - 240) / 3) << size;  // a message without an End
    } else {
      EXPECT_EQ(message.error(), DropReason::kBadOption) << size;
    }
  }
}

TEST(Dhcpv4Parse, BootpWithoutTheCookieIsRefused) {
  Octets octets = Request(kClient, {53, 1, 8, 255});
  octets[236] = 0;
  EXPECT_EQ(Parse(octets).error(), DropReason::kNoCookie);
}

TEST(Dhcpv4Parse, PadIsPassedOverAndNothingBehindEndIsRead) {
  const auto message = Parse(Request(kClient, {0, 0, 53, 1, 8, 0, 255, 53, 99}));
  ASSERT_TRUE(message);
  EXPECT_THAT(message->options, ElementsAre(Pair(53, ElementsAre(8))));
}

TEST(Dhcpv4Parse, PartsOfAnOptionAreOne) {
  const auto message = Parse(Request(kClient, {55, 2, 1, 3, 53, 1, 8, 55, 1, 6, 255}));
  EXPECT_THAT(message->options,
              ElementsAre(Pair(53, ElementsAre(8)), Pair(55, ElementsAre(1, 3, 6))));
}

TEST(Dhcpv4Parse, OverloadedFieldsFollowTheOptions) {
  const Octets name = Filled({55, 1, 6, 255}, 64);
  const Octets file = Filled({55, 1, 3, 255, 99, 99}, 128);
  const Octets options{55, 1, 1, 52, 1, 3, 255};
  const auto both = Parse(Request(kClient, options, name, file));
  EXPECT_THAT(both->options, ElementsAre(Pair(55, ElementsAre(1, 3, 6))));
  const auto only_file = Parse(Request(kClient, {55, 1, 1, 52, 1, 1, 255}, name, file));
  EXPECT_THAT(only_file->options, ElementsAre(Pair(55, ElementsAre(1, 3))));
  const auto only_name = Parse(Request(kClient, {55, 1, 1, 52, 1, 2, 255}, name, file));
  EXPECT_THAT(only_name->options, ElementsAre(Pair(55, ElementsAre(1, 6))));
}

TEST(Dhcpv4Parse, OverloadThatMakesNoSenseIsRefused) {
  for (const Octets& options : {Octets{52, 1, 0, 255}, Octets{52, 1, 4, 255}, Octets{52, 0, 255},
                                Octets{52, 2, 1, 1, 255}}) {
    EXPECT_EQ(Parse(Request(kClient, options)).error(), DropReason::kBadOption);
  }
  // One in a field that was itself announced, and an option that does not end in its field.
  EXPECT_EQ(Parse(Request(kClient, {52, 1, 2, 255}, Filled({52, 1, 1, 255}, 64))).error(),
            DropReason::kBadOption);
  Octets file(128);
  file[126] = 15;
  file[127] = 1;
  EXPECT_EQ(Parse(Request(kClient, {52, 1, 1, 255}, Octets(64), file)).error(),
            DropReason::kBadOption);
}

TEST(Dhcpv4Write, IsFilledUpToTheLeastSizeOfBootp) {
  const std::vector<OptionValue> options{{Option::kMessageType, {5}}};
  const Written written = Write({.op = 2, .xid = 7}, options, kDefaultMaximumSize);
  EXPECT_EQ(written.left_out, 0U);
  EXPECT_EQ(written.octets.size(), 300U);
  const Octets head(written.octets.begin(), written.octets.begin() + 8);
  EXPECT_THAT(head, ElementsAre(2, 0, 0, 0, 0, 0, 0, 7));
  const Octets tail(written.octets.begin() + 236, written.octets.begin() + 245);
  EXPECT_THAT(tail, ElementsAre(0x63, 0x82, 0x53, 0x63, 53, 1, 5, 255, 0));
}

TEST(Dhcpv4Write, WhatHasNoRoomOverloadsFileAndNameAndIsThenLeftOut) {
  // 300 - 240 octets, less 3 for the overload option and 1 for End.
  const std::vector<OptionValue> options{{Option::kMessageType, {5}},               // 3 of 56
                                         {Option::kDomainName, Octets(52, 'a')},    // 54: file
                                         {Option::kClasslessRoute, Octets(80)},     // nowhere
                                         {Option::kDomainSearch, Octets(60, 'b')},  // file
                                         {Option::kDomainNameServer, Octets(50)}};  // main
  const Written written = Write({}, options, 300);
  EXPECT_EQ(written.octets.size(), 300U);
  EXPECT_EQ(written.left_out, 1U);
  const auto read = Parse(written.octets);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read->Find(Option::kDomainName), Octets(52, 'a'));
  EXPECT_EQ(*read->Find(Option::kDomainSearch), Octets(60, 'b'));
  EXPECT_EQ(*read->Find(Option::kDomainNameServer), Octets(50));
  EXPECT_EQ(read->Find(Option::kClasslessRoute), nullptr);
}

TEST(Dhcpv4Write, LongOptionIsSentInParts) {
  Octets value(300);
  for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<uint8_t>(i);
  const std::vector<OptionValue> options{{Option::kClasslessRoute, value}};
  const Written written = Write({}, options, 600);
  EXPECT_EQ(written.octets[240], 121);
  EXPECT_EQ(written.octets[241], 255);
  EXPECT_EQ(written.octets[240 + 257], 121);
  EXPECT_EQ(written.octets[240 + 258], 45);
  EXPECT_EQ(*Parse(written.octets)->Find(Option::kClasslessRoute), value);
}

TEST(Dhcpv4Write, IsNeverLargerThanAllowed) {
  for (size_t maximum = kMinimumSize; maximum < 700; ++maximum) {
    std::vector<OptionValue> options;
    for (int i = 0; i < 40; ++i) options.push_back({Option::kDomainName, Octets(17)});
    EXPECT_LE(Write({}, options, maximum).octets.size(), maximum);
  }
}

}  // namespace
}  // namespace sallyport::dhcp::v4
