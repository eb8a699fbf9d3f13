// SPDX-License-Identifier: GPL-2.0-or-later
#include "vici/packet.h"

#include <gtest/gtest.h>

namespace sallyport::vici {
namespace {

using Bytes = std::vector<uint8_t>;

const Bytes kVersionRequest{
    0, 0,   0,   9,                        // length
    0,                                     // CMD_REQUEST
    7, 'v', 'e', 'r', 's', 'i', 'o', 'n',  // name; the message is empty
};

const std::vector<Packet>& OneOfEachType() {
  static const std::vector<Packet> packets{
      {PacketType::kCommandRequest, "version", Message().Set("k", "v")},
      {PacketType::kCommandResponse, "", Message().Set("success", "yes")},
      {PacketType::kCommandUnknown, "", {}},
      {PacketType::kEventRegister, "child-updown", {}},
      {PacketType::kEventUnregister, "child-updown", {}},
      {PacketType::kEventConfirm, "", {}},
      {PacketType::kEventUnknown, "", {}},
      {PacketType::kEvent, "list-sa", Message().SetSection("l2tp", {})},
  };
  return packets;
}

std::span<const uint8_t> WithoutLength(const Bytes& segment) {
  return std::span(segment).subspan(4);
}

TEST(Packet, EncodesToGoldenBytes) {
  const auto bytes = EncodePacket({PacketType::kCommandRequest, "version", {}});
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, kVersionRequest);
}

TEST(Packet, EveryTypeSurvivesTheRoundTrip) {
  for (const Packet& packet : OneOfEachType()) {
    const auto segment = EncodePacket(packet);
    ASSERT_TRUE(segment);
    const auto decoded = DecodePacket(WithoutLength(*segment));
    ASSERT_TRUE(decoded) << packet.name;
    EXPECT_EQ(*decoded, packet);
  }
}

TEST(Packet, EveryTruncationIsRefusedUnlessTheMessageEndsThere) {
  for (const Packet& packet : OneOfEachType()) {
    const auto segment = EncodePacket(packet);
    const auto body = WithoutLength(*segment);
    const auto message = packet.message.Encode();
    for (size_t n = 0; n < body.size(); ++n) {
      const bool message_is_empty = n == body.size() - message->size();
      EXPECT_EQ(DecodePacket(body.first(n)).has_value(), message_is_empty) << packet.name << n;
    }
  }
}

TEST(Packet, MalformedInput_IsRefusedByReason) {
  const auto error = [](const Bytes& bytes) { return DecodePacket(bytes).error(); };
  EXPECT_EQ(error({}), PacketError::kTruncated);
  EXPECT_EQ(error({7, 3, 'a'}), PacketError::kTruncated);
  EXPECT_EQ(error({8}), PacketError::kUnknownType);
  EXPECT_EQ(error({255}), PacketError::kUnknownType);
  EXPECT_EQ(error({5, 0}), PacketError::kTrailing);
  EXPECT_EQ(error({3, 1, 'a', 0}), PacketError::kTrailing);
  EXPECT_EQ(error({1, 2}), PacketError::kBadMessage);
}

TEST(Packet, WhatDoesNotFit_IsNotEncoded) {
  const Packet long_name{PacketType::kEventRegister, std::string(256, 'n'), {}};
  EXPECT_EQ(EncodePacket(long_name).error(), PacketError::kNameTooLong);
  const Packet long_value{PacketType::kCommandRequest, "c",
                          Message().Set("k", std::string(65536, 'v'))};
  EXPECT_EQ(EncodePacket(long_value).error(), PacketError::kBadMessage);
  // The message alone just fits, with the packet's header it does not.
  Message message;
  for (int i = 0; i < 8; ++i) message.Set(std::to_string(i), std::string(65530, 'v'));
  const size_t size = message.Encode()->size();
  message.Set("f", std::string(Message::kMaxSize - size - 5, 'v'));
  ASSERT_EQ(message.Encode()->size(), Message::kMaxSize);
  EXPECT_EQ(EncodePacket({PacketType::kCommandResponse, "", message}).error(),
            PacketError::kOversized);
}

TEST(PacketStream, GivesPacketsWhereverTheStreamIsCut) {
  Bytes stream;
  for (const Packet& packet : OneOfEachType()) {
    const auto segment = EncodePacket(packet);
    stream.insert(stream.end(), segment->begin(), segment->end());
  }
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    PacketStream in;
    std::vector<Packet> packets;
    for (const auto part : {std::span(stream).first(cut), std::span(stream).subspan(cut)}) {
      in.Append(part);
      for (auto next = in.Next(); next && *next; next = in.Next()) packets.push_back(**next);
    }
    EXPECT_EQ(packets, OneOfEachType()) << cut;
  }
}

TEST(PacketStream, OversizedLength_IsRefusedBeforeItsOctetsCome) {
  PacketStream in;
  in.Append(Bytes{0, 8, 0, 0});  // 512 KiB: allowed, waits for the octets
  ASSERT_TRUE(in.Next());
  EXPECT_FALSE((*in.Next()).has_value());

  PacketStream oversized;
  oversized.Append(Bytes{0, 8, 0, 1});
  const auto refused = oversized.Next();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), PacketError::kOversized);
}

TEST(PacketStream, ErrorLatches) {
  PacketStream in;
  in.Append(Bytes{0, 0, 0, 1, 99});
  EXPECT_EQ(in.Next().error(), PacketError::kUnknownType);
  in.Append(kVersionRequest);
  EXPECT_EQ(in.Next().error(), PacketError::kUnknownType);
}

TEST(PacketStream, EmptySegment_IsRefused) {
  PacketStream in;
  in.Append(Bytes{0, 0, 0, 0});
  EXPECT_EQ(in.Next().error(), PacketError::kTruncated);
}

}  // namespace
}  // namespace sallyport::vici
