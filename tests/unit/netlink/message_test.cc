// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_kernel.h"

namespace sallyport::netlink {
namespace {

using ::testing::ElementsAreArray;

struct Header {
  uint32_t word;
};

Octets Build(const Message& message) {
  Octets out;
  message.AppendTo(out, NLM_F_ACK, 7);
  return out;
}

TEST(Message, LiesAsTheKernelReadsIt) {
  Message message(0x0102, NLM_F_CREATE, Header{0xAABBCCDD});
  message.U8(1, 0x11);
  message.Nest(2, [&] {
    message.BigU16(3, 0x1234);
    message.Text(4, "lo");
  });
  const Octets expected =
      OctetsOf(uint32_t{48}) + OctetsOf(uint16_t{0x0102}) +                       // length, type
      OctetsOf(uint16_t{NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE}) +              // flags
      OctetsOf(uint32_t{7}) + OctetsOf(uint32_t{0}) +                             // sequence, port
      OctetsOf(uint32_t{0xAABBCCDD}) +                                            // family header
      OctetsOf(uint16_t{5}) + OctetsOf(uint16_t{1}) + Octets{0x11, 0, 0, 0} +     // U8, padded
      OctetsOf(uint16_t{20}) + OctetsOf(uint16_t{2 | NLA_F_NESTED}) +             // nest
      OctetsOf(uint16_t{6}) + OctetsOf(uint16_t{3}) + Octets{0x12, 0x34, 0, 0} +  // big-endian
      OctetsOf(uint16_t{7}) + OctetsOf(uint16_t{4}) + Octets{'l', 'o', 0, 0};     // NUL, padding
  EXPECT_THAT(Build(message), ElementsAreArray(expected));
}

TEST(Message, AttributesReadBackAsWritten) {
  Message message(1, 0, Header{0});
  message.U16(1, 0x1234);
  message.U32(2, 0x12345678);
  message.U64(3, 0x123456789ABCDEF0);
  message.BigU32(4, 0x12345678);
  message.BigU64(5, 0x123456789ABCDEF0);
  message.Address(6, *IpAddress::Parse("192.0.2.1"));
  message.Address(7, *IpAddress::Parse("2001:db8::1"));
  message.Flag(8);
  const Octets built = Build(message);
  const auto attributes = Attributes::Behind<Header>(MessagesOf(built).at(0).payload);
  EXPECT_EQ(attributes.U16(1), 0x1234);
  EXPECT_EQ(attributes.U32(2), 0x12345678U);
  EXPECT_EQ(attributes.U64(3), 0x123456789ABCDEF0U);
  EXPECT_EQ(attributes.BigU32(4), 0x12345678U);
  EXPECT_EQ(attributes.BigU64(5), 0x123456789ABCDEF0U);
  EXPECT_EQ(attributes.Address(6), IpAddress::Parse("192.0.2.1"));
  EXPECT_EQ(attributes.Address(7), IpAddress::Parse("2001:db8::1"));
  ASSERT_TRUE(attributes.Find(8));
  EXPECT_TRUE(attributes.Find(8)->empty());
  EXPECT_FALSE(attributes.Find(9));
}

TEST(Message, TooLongAnAttributeMarksTheMessage) {
  Message longest(1, 0, Header{0});
  longest.Bytes(1, Octets(65531));
  EXPECT_FALSE(longest.overflown());
  Message longer(1, 0, Header{0});
  longer.Bytes(1, Octets(65532));
  EXPECT_TRUE(longer.overflown());
}

TEST(Message, TooLongANestMarksTheMessage) {
  Message message(1, 0, Header{0});
  message.Nest(1, [&] {
    message.Bytes(2, Octets(40000));
    message.Bytes(2, Octets(40000));
  });
  EXPECT_TRUE(message.overflown());
}

TEST(Attributes, WrongSizeIsNoValue) {
  const Octets octets = RawAttribute(1, {1, 2, 3}) + RawAttribute(2, {1, 2, 3, 4, 5});
  const Attributes attributes(octets);
  EXPECT_FALSE(attributes.U8(1));
  EXPECT_FALSE(attributes.U16(1));
  EXPECT_FALSE(attributes.U32(1));
  EXPECT_FALSE(attributes.U64(2));
  EXPECT_FALSE(attributes.BigU16(1));
  EXPECT_FALSE(attributes.BigU32(2));
  EXPECT_FALSE(attributes.BigU64(2));
  EXPECT_FALSE(attributes.Address(2));
}

TEST(Attributes, FlagBitsOfTheTypeDoNotHideIt) {
  const Octets octets = RawAttribute(1 | NLA_F_NESTED, RawAttribute(2, {9}));
  EXPECT_EQ(Attributes(octets).Nested(1).U8(2), 9);
  const Octets big = RawAttribute(1 | NLA_F_NET_BYTEORDER, {9});
  EXPECT_EQ(Attributes(big).U8(1), 9);
}

TEST(Attributes, TextEndsAtItsNulOrWithItsAttribute) {
  const Octets octets = RawAttribute(1, {'a', 'b', 0, 'x'}) + RawAttribute(2, {'c', 'd'});
  EXPECT_EQ(Attributes(octets).Text(1), "ab");
  EXPECT_EQ(Attributes(octets).Text(2), "cd");
}

TEST(Attributes, EveryTruncationIsWithoutTheLastOne) {
  const Octets octets = RawAttribute(1, {1}) + RawAttribute(2, {1, 2, 3, 4});
  for (size_t size = 0; size < octets.size(); ++size) {
    const Octets cut(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(Attributes(cut).Find(2)) << size;
    // The padding behind the first one may be missing.
    EXPECT_EQ(Attributes(cut).Find(1).has_value(), size >= 5) << size;
  }
}

TEST(Attributes, LengthBelowItsOwnHeaderEndsTheList) {
  const Octets octets = OctetsOf(uint16_t{3}) + OctetsOf(uint16_t{1}) + RawAttribute(2, {1});
  EXPECT_FALSE(Attributes(octets).Find(1));
  EXPECT_FALSE(Attributes(octets).Find(2));
}

TEST(Attributes, TooShortAFamilyHeaderHasNoneBehindIt) {
  const Octets octets{1, 2, 3};
  EXPECT_FALSE(Attributes::Behind<Header>(octets).Find(0));
}

TEST(TakeMessage, EveryTruncationIsNoMessage) {
  const Octets octets = RawMessage(5, 0, 1, {1, 2, 3, 4});
  for (size_t size = 0; size <= octets.size(); ++size) {
    auto rest = std::span(octets).first(size);
    EXPECT_EQ(TakeMessage(rest).has_value(), size == octets.size()) << size;
    EXPECT_EQ(rest.empty(), size == 0 || size == octets.size()) << size;
  }
}

TEST(TakeMessage, LengthBelowTheHeaderIsNoMessage) {
  Octets octets = RawMessage(5, 0, 1, {1, 2, 3, 4});
  octets[0] = 15;
  std::span<const uint8_t> rest(octets);
  EXPECT_FALSE(TakeMessage(rest));
}

TEST(TakeMessage, MessagesFollowEachOtherAtFourOctets) {
  const Octets octets = RawMessage(5, 0, 1, {1}) + RawMessage(6, 0, 2, {});
  const auto messages = MessagesOf(octets);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].payload.size(), 1U);
  EXPECT_EQ(messages[1].type, 6);
  EXPECT_EQ(messages[1].sequence, 2U);
}

TEST(ReadStruct, NeedNotBeAligned) {
  const Octets octets = Octets{0} + OctetsOf(uint32_t{0x12345678});
  EXPECT_EQ(ReadStruct<uint32_t>(std::span(octets).subspan(1)), 0x12345678U);
  EXPECT_FALSE(ReadStruct<uint32_t>(std::span(octets).subspan(2)));
}

}  // namespace
}  // namespace sallyport::netlink
