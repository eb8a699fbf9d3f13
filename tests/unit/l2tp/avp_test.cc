// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/avp.h"

#include <gtest/gtest.h>
#include <string>

#include "l2tp/hidden_avp.h"
#include "l2tp/message.h"
#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp {
namespace {

using testing::Bytes;
using testing::Hex;

TEST(ReadAvp, ReadsItsFields) {
  const Bytes wire =
      Hex("8008 0000 0009 1234"    // M, Length 8; vendor 0; Assigned Tunnel ID 0x1234
          "4009 0137 0001 010203"  // H, Length 9; vendor 311, type 1
          "3c06 0000 0027");       // every reserved bit, Length 6: no value
  WireReader in(wire);
  const auto first = ReadAvp(in);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->mandatory);
  EXPECT_FALSE(first->hidden);
  EXPECT_FALSE(first->reserved);
  EXPECT_EQ(first->type, 9);
  EXPECT_EQ(Bytes(first->value.begin(), first->value.end()), Hex("1234"));
  const auto second = ReadAvp(in);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->mandatory);
  EXPECT_TRUE(second->hidden);
  EXPECT_EQ(second->vendor_id, 311);
  EXPECT_EQ(second->value.size(), 3u);
  const auto third = ReadAvp(in);
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->reserved);
  EXPECT_TRUE(third->value.empty());
  EXPECT_TRUE(in.empty());
}

TEST(ReadAvp, EachReservedBitCounts) {
  for (const char* wire :
       {"2006 0000 0000", "1006 0000 0000", "0806 0000 0000", "0406 0000 0000"}) {
    const Bytes octets = Hex(wire);
    WireReader in(octets);
    const auto avp = ReadAvp(in);
    ASSERT_TRUE(avp) << wire;
    EXPECT_TRUE(avp->reserved) << wire;
  }
}

TEST(ReadAvp, EveryTruncationIsRefused) {
  const Bytes wire = Hex("8008 0000 0009 1234");
  for (size_t n = 0; n < wire.size(); ++n) {
    WireReader in{std::span(wire).first(n)};
    const auto avp = ReadAvp(in);
    ASSERT_FALSE(avp) << n;
    EXPECT_EQ(avp.error(), AvpError::kTruncated) << n;
  }
}

TEST(ReadAvp, LengthUnderItsHeaderIsRefused) {
  for (uint8_t length = 0; length < 6; ++length) {
    Bytes wire = Hex("8000 0000 0009 1234");
    wire[1] = length;
    WireReader in(wire);
    const auto avp = ReadAvp(in);
    ASSERT_FALSE(avp) << int{length};
    EXPECT_EQ(avp.error(), AvpError::kBadLength);
  }
}

TEST(ReadAvp, TakesTheLongestAvp) {
  Bytes wire = Hex("83ff 0000 0007");
  wire.resize(1023, 'x');
  WireReader in(wire);
  const auto avp = ReadAvp(in);
  ASSERT_TRUE(avp);
  EXPECT_EQ(avp->value.size(), kMaxAvpValue);
}

TEST(AvpWriter, MatchesGoldenBytes) {
  AvpWriter out;
  out.U16(AttributeType::kMessageType, 2);
  out.U32(AttributeType::kFramingCapabilities, 3);
  out.Text(AttributeType::kVendorName, "ab");
  out.Bytes(AttributeType::kChallenge, Hex("0102"));
  EXPECT_EQ(std::move(out).Finish(), Hex("8008 0000 0000 0002"
                                         "800a 0000 0003 00000003"
                                         "0008 0000 0008 6162"  // M clear
                                         "8008 0000 000b 0102"));
}

TEST(AvpWriter, CutsWhatDoesNotFit) {
  AvpWriter text;
  text.Text(AttributeType::kHostName, std::string(2000, 'x'));
  AvpWriter octets;
  octets.Bytes(AttributeType::kHostName, Bytes(2000, 'x'));
  const Bytes wire = std::move(text).Finish();
  EXPECT_EQ(wire.size(), 1023u);
  EXPECT_EQ(wire, std::move(octets).Finish());
  WireReader in(wire);
  EXPECT_TRUE(ReadAvp(in));
  EXPECT_TRUE(in.empty());
}

TEST(AvpWriter, WritesNumbersInNetworkOrder) {
  AvpWriter out;
  out.U64(AttributeType::kTieBreaker, 0x0102030405060708);
  EXPECT_EQ(std::move(out).Finish(), Hex("000e 0000 0005 0102030405060708"));
}

TEST(AvpWriter, HidesWhatMayBeHidden) {
  const Secret secret(std::string_view("drowssap"));
  const Hiding hiding{secret,
                      {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C,
                       0x1D, 0x1E, 0x1F}};
  AvpWriter out(&hiding);
  out.U16(AttributeType::kMessageType, 11);
  out.Bytes(AttributeType::kRandomVector, hiding.random_vector);
  out.U16(AttributeType::kAssignedSessionId, 0xABCD);
  // Worked out from RFC 2661 §4.3 by hand, with another MD5.
  EXPECT_EQ(std::move(out).Finish(),
            Hex("8008 0000 0000 000b"                                 // in the clear
                "8016 0000 0024 101112131415161718191a1b1c1d1e1f"     // Random Vector
                "c016 0000 000e 7f9f957fa9a99b2722312d590b070275"));  // M and H
}

TEST(AvpWriter, CutsWhatDoesNotFitHidden) {
  const Secret secret(std::string_view("drowssap"));
  const Hiding hiding{secret, {}};
  AvpWriter out(&hiding);
  out.Bytes(AttributeType::kChallenge, Bytes(2000, 'x'));
  const Bytes wire = std::move(out).Finish();
  EXPECT_EQ(wire.size(), 1023u);
  const auto value = RevealValue(AttributeType::kChallenge, secret, hiding.random_vector,
                                 std::span(wire).subspan(kAvpHeaderSize));
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, Secret(Bytes(kMaxHiddenValue, 'x')));
}

}  // namespace
}  // namespace sallyport::l2tp
