// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/attribute.h"

#include <gtest/gtest.h>

namespace sallyport::l2tp {
namespace {

/// RFC 2661 §4.4 once more: type, Length of the AVP (0: 6 plus any), M bit.
struct RfcAttribute {
  uint16_t type;
  size_t length;
  bool mandatory;
};
constexpr RfcAttribute kRfc[] = {
    {0, 8, true},   {1, 0, true},   {2, 8, true},    {3, 10, true},  {4, 10, true},
    {5, 14, false}, {6, 8, false},  {7, 0, true},    {8, 0, false},  {9, 8, true},
    {10, 8, true},  {11, 0, true},  {12, 0, true},   {13, 22, true}, {14, 8, true},
    {15, 10, true}, {16, 10, true}, {17, 10, true},  {18, 10, true}, {19, 10, true},
    {21, 0, true},  {22, 0, true},  {23, 0, true},   {24, 10, true}, {25, 10, false},
    {26, 0, false}, {27, 0, false}, {28, 0, false},  {29, 8, false}, {30, 0, false},
    {31, 0, false}, {32, 8, false}, {33, 0, false},  {34, 32, true}, {35, 16, true},
    {36, 0, true},  {37, 0, false}, {38, 10, false}, {39, 6, true},
};

TEST(Attributes, AreThoseOfTheRfc) {
  for (const auto& [type, length, mandatory] : kRfc) {
    const AttributeRule* rule = FindAttribute(type);
    ASSERT_NE(rule, nullptr) << type;
    EXPECT_EQ(static_cast<uint16_t>(rule->type), type);
    EXPECT_EQ(rule->mandatory, mandatory) << type;
    if (length == 0) {
      EXPECT_EQ(rule->max_size, 1017u) << type;
    } else {
      EXPECT_EQ(rule->min_size, length - 6) << type;
      EXPECT_EQ(rule->max_size, length - 6) << type;
    }
  }
}

TEST(Attributes, OthersAreUnknown) {
  EXPECT_EQ(FindAttribute(20), nullptr);
  EXPECT_EQ(FindAttribute(40), nullptr);
  EXPECT_EQ(FindAttribute(0xFFFF), nullptr);
}

}  // namespace
}  // namespace sallyport::l2tp
