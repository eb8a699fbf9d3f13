// SPDX-License-Identifier: GPL-2.0-or-later
#include "vici/message.h"

#include <gtest/gtest.h>

namespace sallyport::vici {
namespace {

using Bytes = std::vector<uint8_t>;

// key1 = value1, section1 { sub-section { key2 = value2 }, list1 = [item1, item2] }
const Bytes kGolden{
    3, 4,  'k', 'e', 'y', '1',                                     // KEY_VALUE, name
    0, 6,  'v', 'a', 'l', 'u', 'e', '1',                           // value
    1, 8,  's', 'e', 'c', 't', 'i', 'o', 'n', '1',                 // SECTION_START
    1, 11, 's', 'u', 'b', '-', 's', 'e', 'c', 't', 'i', 'o', 'n',  // SECTION_START
    3, 4,  'k', 'e', 'y', '2',                                     // KEY_VALUE, name
    0, 6,  'v', 'a', 'l', 'u', 'e', '2',                           // value
    2,                                                             // SECTION_END
    4, 5,  'l', 'i', 's', 't', '1',                                // LIST_START
    5, 0,  5,   'i', 't', 'e', 'm', '1',                           // LIST_ITEM
    5, 0,  5,   'i', 't', 'e', 'm', '2',                           // LIST_ITEM
    6,                                                             // LIST_END
    2,                                                             // SECTION_END
};

Message GoldenMessage() {
  return Message()
      .Set("key1", "value1")
      .SetSection("section1", Message()
                                  .SetSection("sub-section", Message().Set("key2", "value2"))
                                  .SetList("list1", {"item1", "item2"}));
}

MessageError DecodeError(const Bytes& bytes) {
  const auto message = Message::Decode(bytes);
  EXPECT_FALSE(message.has_value());
  return message ? MessageError::kTooLong : message.error();  // kTooLong: never from Decode()
}

TEST(Message, EncodesToGoldenBytes) {
  const auto bytes = GoldenMessage().Encode();
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, kGolden);
}

TEST(Message, DecodesGoldenBytes) {
  const auto message = Message::Decode(kGolden);
  ASSERT_TRUE(message);
  EXPECT_EQ(*message, GoldenMessage());
}

TEST(Message, FindsByKeyAndPath) {
  const Message message = GoldenMessage();
  EXPECT_EQ(message.Value("key1"), "value1");
  ASSERT_NE(message.SectionAt({"section1", "sub-section"}), nullptr);
  EXPECT_EQ(message.SectionAt({"section1", "sub-section"})->Value("key2"), "value2");
  ASSERT_NE(message.Section("section1")->List("list1"), nullptr);
  EXPECT_EQ(*message.Section("section1")->List("list1"),
            (std::vector<std::string>{"item1", "item2"}));
  EXPECT_EQ(message.SectionAt({}), &message);
}

TEST(Message, MissingOrOtherKind_IsNotFound) {
  const Message message = GoldenMessage();
  EXPECT_EQ(message.Value("key2"), std::nullopt);
  EXPECT_EQ(message.Value("section1"), std::nullopt);
  EXPECT_EQ(message.List("key1"), nullptr);
  EXPECT_EQ(message.Section("key1"), nullptr);
  EXPECT_EQ(message.SectionAt({"section1", "list1"}), nullptr);
  EXPECT_EQ(message.SectionAt({"key1", "sub-section"}), nullptr);
}

TEST(Message, SameKeySetTwice_Replaces) {
  const Message message = Message().Set("a", "1").Set("b", "2").SetList("a", {"3"});
  EXPECT_EQ(message, Message().SetList("a", {"3"}).Set("b", "2"));
}

TEST(Message, SameKeyReceivedTwice_FirstIsFound) {
  const auto message = Message::Decode(Bytes{3, 1, 'a', 0, 1, '1', 3, 1, 'a', 0, 1, '2'});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->Value("a"), "1");
  EXPECT_EQ(message->elements().size(), 2U);
}

TEST(Message, EmptyMessageNamesAndValues_AreValid) {
  EXPECT_EQ(Message().Encode().has_value() ? *Message().Encode() : Bytes{0}, Bytes{});
  // get-counters names the section of its global counters "" (vici_query.c).
  const Message message = Message().SetSection("", Message().Set("", "").SetList("l", {}));
  const auto decoded = Message::Decode(*message.Encode());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, message);
}

TEST(Message, ValuesAreOctets) {
  const std::string octets("\0\xFF\n", 3);
  const auto decoded = Message::Decode(*Message().Set("data", octets).Encode());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->Value("data"), octets);
}

TEST(Message, EveryTruncationIsRefusedOrEndsBetweenElements) {
  for (size_t n = 0; n < kGolden.size(); ++n) {
    const auto message = Message::Decode(std::span(kGolden).first(n));
    // Only the root can end early without anyone knowing: after nothing, and after key1.
    EXPECT_EQ(message.has_value(), n == 0 || n == 14) << n;
  }
}

TEST(Message, MalformedInput_IsRefusedByReason) {
  EXPECT_EQ(DecodeError({3, 1, 'k', 0, 2, 'v'}), MessageError::kTruncated);
  EXPECT_EQ(DecodeError({1, 5, 's'}), MessageError::kTruncated);
  EXPECT_EQ(DecodeError({0}), MessageError::kUnknownElement);
  EXPECT_EQ(DecodeError({7}), MessageError::kUnknownElement);
  EXPECT_EQ(DecodeError({5, 0, 1, 'v'}), MessageError::kMisplacedElement);
  EXPECT_EQ(DecodeError({6}), MessageError::kMisplacedElement);
  EXPECT_EQ(DecodeError({4, 1, 'l', 3, 1, 'k', 0, 0}), MessageError::kMisplacedElement);
  EXPECT_EQ(DecodeError({4, 1, 'l', 4, 1, 'm'}), MessageError::kMisplacedElement);
  EXPECT_EQ(DecodeError({4, 1, 'l', 2}), MessageError::kMisplacedElement);
  EXPECT_EQ(DecodeError({2}), MessageError::kUnbalanced);
  EXPECT_EQ(DecodeError({1, 1, 's', 2, 2}), MessageError::kUnbalanced);
  EXPECT_EQ(DecodeError({1, 1, 's'}), MessageError::kUnbalanced);
  EXPECT_EQ(DecodeError({4, 1, 'l'}), MessageError::kUnbalanced);
}

TEST(Message, DepthIsBounded) {
  const auto nested = [](size_t depth) {
    Message message;
    for (size_t i = 0; i < depth; ++i) message = Message().SetSection("s", message);
    return message;
  };
  const auto deepest = nested(Message::kMaxDepth).Encode();
  ASSERT_TRUE(deepest);
  EXPECT_TRUE(Message::Decode(*deepest));

  const auto too_deep = nested(Message::kMaxDepth + 1).Encode();
  ASSERT_FALSE(too_deep);
  EXPECT_EQ(too_deep.error(), MessageError::kTooDeep);
  Bytes received;
  for (size_t i = 0; i <= Message::kMaxDepth; ++i) received.insert(received.end(), {1, 1, 's'});
  EXPECT_EQ(DecodeError(received), MessageError::kTooDeep);
}

TEST(Message, WhatTheLengthFieldsCannotHold_IsNotEncoded) {
  EXPECT_TRUE(Message().Set(std::string(255, 'k'), std::string(65535, 'v')).Encode());
  for (const Message& message :
       {Message().Set(std::string(256, 'k'), "v"), Message().Set("k", std::string(65536, 'v')),
        Message().SetList("k", {std::string(65536, 'v')}),
        Message().SetSection(std::string(256, 'k'), Message())}) {
    const auto bytes = message.Encode();
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error(), MessageError::kTooLong);
  }
  Message large;
  for (int i = 0; i < 9; ++i) large.Set(std::to_string(i), std::string(60000, 'v'));
  ASSERT_FALSE(large.Encode());
  EXPECT_EQ(large.Encode().error(), MessageError::kTooLong);
}

}  // namespace
}  // namespace sallyport::vici
