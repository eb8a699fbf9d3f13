// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/attribute.h"

#include <gtest/gtest.h>

namespace sallyport::l2tp {
namespace {

/// RFC 2661 §4.4 and RFC 3145 §2 once more: type, Length of the AVP before hiding (0: 6 plus any),
/// M bit, whether the H bit may be 1.
struct RfcAttribute {
  uint16_t type;
  size_t length;
  bool mandatory;
  bool may_hide;
};
constexpr RfcAttribute kRfc[] = {
    {0, 8, true, false},   {1, 0, true, false},   {2, 8, true, false},  {3, 10, true, true},
    {4, 10, true, true},   {5, 14, false, false}, {6, 8, false, true},  {7, 0, true, false},
    {8, 0, false, true},   {9, 8, true, true},    {10, 8, true, false}, {11, 0, true, true},
    {12, 0, true, false},  {13, 22, true, true},  {14, 8, true, true},  {15, 10, true, true},
    {16, 10, true, true},  {17, 10, true, true},  {18, 10, true, true}, {19, 10, true, true},
    {21, 0, true, true},   {22, 0, true, true},   {23, 0, true, true},  {24, 10, true, true},
    {25, 10, false, true}, {26, 0, false, true},  {27, 0, false, true}, {28, 0, false, true},
    {29, 8, false, true},  {30, 0, false, true},  {31, 0, false, true}, {32, 8, false, true},
    {33, 0, false, true},  {34, 32, true, true},  {35, 16, true, true}, {36, 0, true, false},
    {37, 0, false, true},  {38, 10, false, true}, {39, 6, true, false}, {46, 0, false, true},
};

TEST(Attributes, AreThoseOfTheRfcs) {
  for (const auto& [type, length, mandatory, may_hide] : kRfc) {
    const AttributeRule* rule = FindAttribute(type);
    ASSERT_NE(rule, nullptr) << type;
    EXPECT_EQ(static_cast<uint16_t>(rule->type), type);
    EXPECT_EQ(rule->mandatory, mandatory) << type;
    EXPECT_EQ(rule->may_hide, may_hide) << type;
    if (length == 0) {
      EXPECT_EQ(rule->max_size, 1017u) << type;
    } else {
      EXPECT_EQ(rule->min_size, length - 6) << type;
      EXPECT_EQ(rule->max_size, length - 6) << type;
    }
  }
}

TEST(Attributes, AreNoOthers) {
  size_t known = 0;
  for (unsigned type = 0; type <= 0xFFFF; ++type) {
    known += FindAttribute(static_cast<uint16_t>(type)) != nullptr ? 1U : 0U;
  }
  EXPECT_EQ(known, std::size(kRfc));
}

TEST(Attributes, WithoutALengthOfTheirOwnHaveALeastSize) {
  EXPECT_EQ(RuleOf(AttributeType::kHostName).min_size, 1u);   // "MUST be at least 1 octet"
  EXPECT_EQ(RuleOf(AttributeType::kChallenge).min_size, 1u);  // "one or more octets"
  EXPECT_EQ(RuleOf(AttributeType::kResultCode).min_size, 2u);
  EXPECT_EQ(RuleOf(AttributeType::kQ931CauseCode).min_size, 3u);
  EXPECT_EQ(RuleOf(AttributeType::kPppDisconnectCause).min_size, 5u);
}

// macOS drops the tunnel over a mandatory attribute that is younger than RFC 2661.
TEST(Attributes, Above39AreNeverMandatory) {
  for (uint16_t type = 40; type < kAttributeLimit; ++type) {
    const AttributeRule* rule = FindAttribute(type);
    EXPECT_TRUE(rule == nullptr || !rule->mandatory) << type;
  }
}

TEST(AttributeName, KnowsOursAndTheExtensions) {
  EXPECT_EQ(AttributeName(0, 7), "Host Name");
  EXPECT_EQ(AttributeName(0, 40), "Rx Minimum BPS");
  EXPECT_EQ(AttributeName(0, 46), "PPP Disconnect Cause Code");
  EXPECT_EQ(AttributeName(0, 49), "LCP Want Options");
  EXPECT_EQ(AttributeName(0, 53), "Modem On-Hold Capable");
  EXPECT_EQ(AttributeName(0, 76), "Failover Capability");
  EXPECT_EQ(AttributeName(0, 98), "Connect Speed Update Enable");
  EXPECT_EQ(AttributeName(3561, 1), "Agent-Circuit-Id");
  EXPECT_EQ(AttributeName(3561, 254), "IWF-Session");
}

TEST(AttributeName, KeepsVendorsApart) {
  EXPECT_EQ(AttributeName(311, 1), "");
  EXPECT_EQ(AttributeName(3561, 7), "");
  EXPECT_EQ(AttributeName(0, 129), "");
  EXPECT_EQ(AttributeName(0, 20), "");
}

}  // namespace
}  // namespace sallyport::l2tp
