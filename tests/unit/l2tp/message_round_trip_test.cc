// SPDX-License-Identifier: GPL-2.0-or-later
// What Encode writes is what Validate reads.
#include <algorithm>
#include <gtest/gtest.h>
#include <string_view>

#include "l2tp/attribute.h"
#include "l2tp/avp.h"
#include "l2tp/message.h"
#include "l2tp/validate.h"
#include "tests/unit/l2tp/sample_messages.h"
#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp {
namespace {

using testing::Bytes;
using testing::FullMessages;
using testing::PlainMessages;

const Secret kSecret(std::string_view("drowssap"));
const Hiding kHiding{kSecret,
                     {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C,
                      0x1D, 0x1E, 0x1F}};

void ExpectReadAs(const Message& message, const Bytes& wire, const Secret* secret) {
  const auto read = Validate(wire, secret);
  ASSERT_TRUE(read.has_value()) << read.error().result.message;
  EXPECT_EQ(*read, message);
}

TEST(RoundTrip, PlainMessages) {
  for (const auto& messages : {FullMessages(), PlainMessages()}) {
    for (const auto& [name, message] : messages) {
      SCOPED_TRACE(name);
      ExpectReadAs(message, Encode(message), nullptr);
    }
  }
}

TEST(RoundTrip, HiddenMessages) {
  for (const auto& messages : {FullMessages(), PlainMessages()}) {
    for (const auto& [name, message] : messages) {
      SCOPED_TRACE(name);
      ExpectReadAs(message, Encode(message, kHiding), &kSecret);
    }
  }
}

TEST(RoundTrip, NoTruncationPassesForTheWhole) {
  for (const auto& [name, message] : FullMessages()) {
    for (const Bytes& wire : {Encode(message), Encode(message, kHiding)}) {
      for (size_t n = 0; n < wire.size(); ++n) {
        const auto read = Validate(std::span(wire).first(n), &kSecret);
        EXPECT_TRUE(!read || *read != message) << name << " " << n;
      }
    }
  }
}

TEST(RoundTrip, NothingHiddenIsReadWithAnotherSecret) {
  const Secret other(std::string_view("password"));
  for (const auto& [name, message] : FullMessages()) {
    if (std::holds_alternative<Hello>(message)) continue;
    const auto read = Validate(Encode(message, kHiding), &other);
    EXPECT_TRUE(!read || *read != message) << name;
  }
}

TEST(RoundTrip, ProxyAttributesOfEachAuthenType) {
  for (uint16_t type = 0; type <= 6; ++type) {
    Iccn message;
    message.proxy.authen_type = type;
    ExpectReadAs(message, Encode(message), nullptr);
    message.proxy.authen_name = "alice";
    message.proxy.authen_id = 1;
    message.proxy.authen_challenge = {1};
    message.proxy.authen_response = Secret(std::string_view("x"));
    ExpectReadAs(message, Encode(message), nullptr);
  }
}

// ---- Properties of everything that is written ------------------------------------------------

TEST(Encode, SetsMAndHAsTheRfcPermits) {
  for (const auto& [name, message] : FullMessages()) {
    const Bytes wire = Encode(message, kHiding);
    WireReader in(wire);
    while (!in.empty()) {
      const auto avp = ReadAvp(in);
      ASSERT_TRUE(avp) << name;
      const AttributeRule* rule = FindAttribute(avp->type);
      ASSERT_NE(rule, nullptr) << name;
      EXPECT_EQ(avp->mandatory, rule->mandatory) << name << ": " << rule->name;
      EXPECT_EQ(avp->hidden, rule->may_hide) << name << ": " << rule->name;
      EXPECT_FALSE(avp->reserved) << name;
      EXPECT_EQ(avp->vendor_id, 0) << name;
      // macOS drops the tunnel over them.
      EXPECT_TRUE(avp->type <= 39 || !avp->mandatory) << name;
    }
  }
}

TEST(Encode, HidesNothingUnlessAsked) {
  const Secret none;
  for (const auto& [name, message] : FullMessages()) {
    const auto decoded = testing::Decode(testing::ControlMessage(1, 0, 0, 0, Encode(message)));
    for (const auto& [type, value] : decoded.avps) EXPECT_NE(type, 36) << name;
    // Without a secret there is nothing to hide with.
    EXPECT_EQ(Encode(message, Hiding{none, {}}), Encode(message)) << name;
  }
}

TEST(Encode, HelloHasNothingToHide) { EXPECT_EQ(Encode(Hello{}, kHiding), Encode(Hello{})); }

TEST(Encode, PutsTheRandomVectorBehindTheMessageType) {
  for (const auto& [name, message] : FullMessages()) {
    if (std::holds_alternative<Hello>(message)) continue;
    const Bytes wire = Encode(message, kHiding);
    WireReader in(wire);
    EXPECT_EQ(ReadAvp(in)->type, 0) << name;
    const auto vector = ReadAvp(in);
    ASSERT_TRUE(vector) << name;
    EXPECT_EQ(vector->type, 36) << name;
    EXPECT_TRUE(std::ranges::equal(vector->value, kHiding.random_vector)) << name;
  }
}

}  // namespace
}  // namespace sallyport::l2tp
