// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/message_rules.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

namespace sallyport::l2tp {
namespace {

/// RFC 2661 §6 once more, and RFC 3145 §2: the attribute types that must and may be present besides
/// Message Type, and those of the first that Validate does without.
struct RfcMessage {
  uint16_t type;
  Scope scope;
  std::vector<uint16_t> must;
  std::vector<uint16_t> may;
  std::vector<uint16_t> tolerated;
};
const std::vector<RfcMessage> kRfc{
    {1, Scope::kTunnel, {2, 7, 3, 9}, {4, 10, 11, 5, 6, 8}, {}},   // §6.1 SCCRQ
    {2, Scope::kTunnel, {2, 3, 7, 9}, {4, 6, 8, 10, 11, 13}, {}},  // §6.2 SCCRP
    {3, Scope::kTunnel, {}, {13}, {}},                             // §6.3 SCCCN
    {4, Scope::kTunnel, {9, 1}, {}, {9, 1}},                       // §6.4 StopCCN
    {6, Scope::kTunnel, {}, {}, {}},                               // §6.5 HELLO
    {10, Scope::kSession, {14, 15}, {18, 25, 22, 21, 23}, {15}},   // §6.6 ICRQ
    {11, Scope::kSession, {14}, {}, {}},                           // §6.7 ICRP
    {12,                                                           // §6.8 ICCN
     Scope::kSession,
     {24, 19},
     {26, 27, 28, 29, 30, 31, 32, 33, 37, 38, 39},
     {24, 19}},
    {7, Scope::kSession, {14, 15, 16, 17, 18, 19, 21}, {23}, {}},  // §6.9 OCRQ
    {8, Scope::kSession, {14}, {25}, {}},                          // §6.10 OCRP
    {9, Scope::kSession, {24, 19}, {38, 39}, {24, 19}},            // §6.11 OCCN
    {14, Scope::kSession, {1, 14}, {12, 46}, {1, 14}},             // §6.12 CDN
    {15, Scope::kSession, {34}, {}, {}},                           // §6.13 WEN
    {16, Scope::kSession, {35}, {}, {}},                           // §6.14 SLI
};

bool Holds(const std::vector<uint16_t>& types, uint16_t type) {
  return std::ranges::find(types, type) != types.end();
}

TEST(MessageRules, AreThoseOfTheRfc) {
  for (const RfcMessage& rfc : kRfc) {
    const MessageRule* rule = FindMessageRule(rfc.type);
    ASSERT_NE(rule, nullptr) << rfc.type;
    EXPECT_EQ(static_cast<uint16_t>(rule->type), rfc.type);
    EXPECT_EQ(rule->scope, rfc.scope) << rfc.type;
    EXPECT_EQ(rule->ends, rfc.type == 4 || rfc.type == 14) << rfc.type;
    for (uint16_t type = 0; type < kAttributeLimit; ++type) {
      const auto attribute = static_cast<AttributeType>(type);
      const bool must = Holds(rfc.must, type);
      EXPECT_EQ(rule->Takes(attribute), must || Holds(rfc.may, type)) << rfc.type << " " << type;
      EXPECT_EQ(rule->required.Contains(attribute), must && !Holds(rfc.tolerated, type))
          << rfc.type << " " << type;
    }
  }
}

TEST(MessageRules, AreNoOthers) {
  size_t known = 0;
  for (unsigned type = 0; type <= 0xFFFF; ++type) {
    known += FindMessageRule(static_cast<uint16_t>(type)) != nullptr ? 1U : 0U;
  }
  EXPECT_EQ(known, kRfc.size());
}

TEST(AttributeSet, HoldsWhatWasPutIn) {
  AttributeSet set{AttributeType::kMessageType};
  EXPECT_TRUE(set.Contains(AttributeType::kMessageType));
  EXPECT_FALSE(set.Contains(AttributeType::kPppDisconnectCause));
  set.Add(AttributeType::kPppDisconnectCause);
  EXPECT_TRUE(set.Contains(AttributeType::kPppDisconnectCause));
  EXPECT_FALSE(set.Contains(AttributeType::kSequencingRequired));
}

}  // namespace
}  // namespace sallyport::l2tp
