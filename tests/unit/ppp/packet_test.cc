// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/packet.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

TEST(ParseFrame, TakesTwoOctetsOfProtocol) {
  const auto octets = Octets("c021 0102");
  const auto frame = ParseFrame(octets);
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->protocol, Protocol::kLcp);
  EXPECT_EQ(ToHex(frame->information), "0102");
  EXPECT_TRUE(ParseFrame(Octets("0021")).has_value());  // no information at all
}

TEST(ParseFrame, RefusesWhatIsNoProtocolField) {
  // RFC 1661 §2: first octet even, second odd.
  for (const char* hex : {"", "c0", "21", "2145", "c020", "0101", "ff03"}) {
    const auto octets = Octets(hex);
    const auto frame = ParseFrame(octets);
    ASSERT_FALSE(frame.has_value()) << hex;
    EXPECT_EQ(frame.error(), DropReason::kMalformedProtocol) << hex;
  }
}

TEST(ParsePacket, TakesLengthOctetsAndLeavesThePadding) {
  const auto octets = Octets("09 05 0008 01020304 ffff");
  const auto packet = ParsePacket(octets);
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->code, 9);
  EXPECT_EQ(packet->identifier, 5);
  EXPECT_EQ(ToHex(packet->data), "01020304");
  EXPECT_EQ(ToHex(packet->whole), "0905000801020304");
}

TEST(ParsePacket, RefusesEveryTruncation) {
  const auto octets = Octets("09 05 0008 01020304");
  for (size_t n = 0; n <= octets.size(); ++n) {
    const auto packet = ParsePacket(std::span(octets).first(n));
    EXPECT_EQ(packet.has_value(), n == octets.size()) << n;
    if (!packet) {
      EXPECT_EQ(packet.error(), DropReason::kBadLength);
    }
  }
}

TEST(ParsePacket, RefusesALengthUnderTheHeader) {
  for (const char* hex : {"01 01 0000", "01 01 0003", "01 01 0003 00"}) {
    EXPECT_FALSE(ParsePacket(Octets(hex)).has_value()) << hex;
  }
  EXPECT_TRUE(ParsePacket(Octets("01 01 0004")).has_value());
}

TEST(MakeFrame, IsReadBackAsItWas) {
  const auto made = MakeFrame(Protocol::kIpcp, 3, 77, Octets("0306 0a000001"));
  EXPECT_EQ(ToHex(made.bytes), "8021034d000a03060a000001");
  const auto frame = ParseFrame(made.bytes);
  ASSERT_TRUE(frame.has_value());
  const auto packet = ParsePacket(frame->information);
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->code, 3);
  EXPECT_EQ(packet->identifier, 77);
  EXPECT_EQ(ToHex(packet->data), "03060a000001");
}

}  // namespace
}  // namespace sallyport::ppp
