// SPDX-License-Identifier: GPL-2.0-or-later
// Hidden AVPs in messages (RFC 2661 §4.3). The golden octets were worked out by hand, with another
// MD5.
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "l2tp/hidden_avp.h"
#include "l2tp/validate.h"
#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp {
namespace {

using testing::AvpList;
using testing::Bytes;
using testing::Hex;
using testing::kHidden;
using testing::kMandatory;
using testing::kReserved;

constexpr uint16_t kOptional = 0;
const Secret kSecret(std::string_view("drowssap"));
const Bytes kVector = Hex("101112131415161718191a1b1c1d1e1f");
const Bytes kOther = Hex("00ff");
// "12345" as Calling Number, hidden with kVector, and "67890" with kOther.
const Bytes kNumber = Hex("2e7c5a63b59e9a");
const Bytes kOtherNumber = Hex("a10f684e2bec0e");

Bytes Hidden(uint16_t type, const Bytes& value) {
  return HideValue(static_cast<AttributeType>(type), kSecret, kVector, value);
}

Icrq AcceptedIcrq(const AvpList& avps, const Secret* secret = &kSecret) {
  const auto message = Validate(avps.bytes(), secret);
  if (!message) {
    ADD_FAILURE() << "rejected: " << message.error().result.message;
    return {};
  }
  return std::get<Icrq>(*message);
}

void ExpectRejected(const AvpList& avps, uint16_t error, std::string_view text,
                    const Secret* secret = &kSecret) {
  const auto message = Validate(avps.bytes(), secret);
  ASSERT_FALSE(message.has_value()) << text;
  EXPECT_EQ(message.error().result, (ResultCode{2, error, std::string(text)}));
}

AvpList IcrqWith(const Bytes& vector) { return testing::IcrqAvps(9).Add(36, vector); }

TEST(ValidateHidden, GoldenAvpIsRead) {
  const auto call = AcceptedIcrq(IcrqWith(kVector).Add(22, kNumber, kMandatory | kHidden));
  EXPECT_EQ(call.details.calling_number, "12345");
}

TEST(ValidateHidden, RequiredAvpIsReadToo) {
  const AvpList avps =
      AvpList().U16(0, 10).Add(36, kVector).Add(14, Hex("7f9f957f"), kMandatory | kHidden);
  EXPECT_EQ(AcceptedIcrq(avps).assigned_session, SessionId(0xABCD));
}

TEST(ValidateHidden, NewestRandomVectorWins) {
  const AvpList avps =
      IcrqWith(kVector).Add(36, kOther).Add(22, kOtherNumber, kMandatory | kHidden);
  EXPECT_EQ(AcceptedIcrq(avps).details.calling_number, "67890");
  // And an older one is good up to there.
  const AvpList two = IcrqWith(kVector)
                          .Add(22, kNumber, kMandatory | kHidden)
                          .Add(36, kOther)
                          .Add(21, Hidden(21, {'7'}), kHidden);
  EXPECT_EQ(AcceptedIcrq(two).details.calling_number, "12345");
  EXPECT_EQ(AcceptedIcrq(two).details.called_number, "");
}

TEST(ValidateHidden, WithoutASecretIsUnrecognized) {
  const Secret empty;
  for (const Secret* secret : {static_cast<const Secret*>(nullptr), &empty}) {
    ExpectRejected(IcrqWith(kVector).Add(22, kNumber, kMandatory | kHidden), 8,
                   "AVP 22 (Calling Number) is hidden and there is no secret", secret);
    const auto call = AcceptedIcrq(IcrqWith(kVector).Add(22, kNumber, kHidden), secret);
    EXPECT_EQ(call.details.calling_number, "");
  }
}

TEST(ValidateHidden, WithoutARandomVectorBeforeItIsUnrecognized) {
  const std::string_view text =
      "AVP 22 (Calling Number) is hidden and no Random Vector precedes it";
  ExpectRejected(testing::IcrqAvps(9).Add(22, kNumber, kMandatory | kHidden).Add(36, kVector), 8,
                 text);
  // One that is no Random Vector: of a vendor, hidden itself, or with a reserved bit.
  const auto number_behind = [](uint16_t bits, uint16_t vendor) {
    return testing::IcrqAvps(9)
        .Add(36, kVector, bits, vendor)
        .Add(22, kNumber, kMandatory | kHidden);
  };
  ExpectRejected(number_behind(kOptional, 311), 8, text);
  ExpectRejected(number_behind(kHidden, 0), 8, text);
  ExpectRejected(number_behind(kReserved, 0), 8, text);
}

TEST(ValidateHidden, AvpThatMustNotBeHiddenIsUnrecognized) {
  ExpectRejected(AvpList()
                     .U16(0, 1)
                     .Add(36, kVector)
                     .U16(2, 0x0100)
                     .U32(3, 3)
                     .U16(9, 77)
                     .Add(7, Hidden(7, {'x'}), kMandatory | kHidden),
                 8, "AVP 7 (Host Name) must not be hidden");
  ExpectRejected(
      testing::SccrqAvps(77).Add(36, kVector).Add(10, Hidden(10, {0, 8}), kMandatory | kHidden), 8,
      "AVP 10 (Receive Window Size) must not be hidden");
  ExpectRejected(testing::IcrqAvps(9).Add(36, kVector, kMandatory | kHidden), 8,
                 "AVP 36 (Random Vector) must not be hidden");
  const auto stop = Validate(
      AvpList().U16(0, 4).Add(36, kVector).Add(1, Hidden(1, {0, 6}), kHidden).bytes(), &kSecret);
  ASSERT_TRUE(stop.has_value());
  EXPECT_EQ(std::get<StopCcn>(*stop).result, ResultCode());
}

TEST(ValidateHidden, LengthThatLiesIsAWrongLength) {
  const Bytes lie = Hex("2e7f5a63b59e9a");  // "12345", said to be 6 octets
  ExpectRejected(IcrqWith(kVector).Add(22, lie, kMandatory | kHidden), 2,
                 "AVP 22 (Calling Number) has a wrong length");
  EXPECT_EQ(AcceptedIcrq(IcrqWith(kVector).Add(22, lie, kHidden)).details.calling_number, "");
  for (size_t size = 0; size < 2; ++size) {
    ExpectRejected(IcrqWith(kVector).Add(22, Bytes(size), kMandatory | kHidden), 2,
                   "AVP 22 (Calling Number) has a wrong length");
  }
}

TEST(ValidateHidden, RevealedValueHasToHaveItsSize) {
  ExpectRejected(IcrqWith(kVector).Add(18, Hidden(18, {0, 0, 1}), kMandatory | kHidden), 2,
                 "AVP 18 (Bearer Type) has a wrong length");
  ExpectRejected(
      testing::SccrqAvps(77).Add(36, kVector).Add(11, Hidden(11, {}), kMandatory | kHidden), 2,
      "AVP 11 (Challenge) has a wrong length");
}

TEST(ValidateHidden, FirstOfTwoEqualAvpsCounts) {
  const AvpList avps = IcrqWith(kVector)
                           .Add(22, kNumber, kMandatory | kHidden)
                           .Add(22, Hidden(22, {'9'}), kMandatory | kHidden)
                           .Text(22, "8");
  EXPECT_EQ(AcceptedIcrq(avps).details.calling_number, "12345");
  const AvpList plain_first =
      testing::IcrqAvps(9).Text(22, "8").Add(36, kVector).Add(22, kNumber, kMandatory | kHidden);
  EXPECT_EQ(AcceptedIcrq(plain_first).details.calling_number, "8");
}

TEST(ValidateHidden, AvpInTheWrongPlaceIsIgnored) {
  const auto hello = Validate(
      testing::HelloAvps().Add(36, kVector).Add(22, Hex("00"), kMandatory | kHidden).bytes(),
      &kSecret);
  EXPECT_TRUE(hello.has_value());
}

TEST(ValidateHidden, ReservedBitWeighsMore) {
  ExpectRejected(IcrqWith(kVector).Add(22, kNumber, kMandatory | kHidden | kReserved), 8,
                 "AVP 22 (Calling Number) has a reserved bit set");
}

TEST(ValidateHidden, EveryTruncationIsSurvived) {
  const Bytes whole = IcrqWith(kVector).Add(22, kNumber, kMandatory | kHidden).bytes();
  for (size_t n = 0; n < whole.size(); ++n) {
    const auto message = Validate(std::span(whole).first(n), &kSecret);
    if (!message) continue;
    EXPECT_EQ(std::get<Icrq>(*message).details.calling_number, "") << n;
  }
}

// ---- The Host Name that the secret is chosen by -----------------------------------------------

TEST(PeekHostName, IsWhatValidateGives) {
  EXPECT_EQ(PeekHostName(testing::SccrqAvps(77).bytes()), "client");
  const AvpList macos = AvpList().U16(0, 1).Text(7, std::string("mac\0", 4));
  EXPECT_EQ(PeekHostName(macos.bytes()), "mac");
  EXPECT_EQ(PeekHostName(AvpList().U16(0, 1).Text(7, "a").Text(7, "b").bytes()), "a");
  EXPECT_EQ(PeekHostName(AvpList().U16(0, 1).Text(7, "", kOptional).Text(7, "b").bytes()), "b");
}

TEST(PeekHostName, IsNothingWhereThereIsNone) {
  EXPECT_FALSE(PeekHostName({}));
  EXPECT_FALSE(PeekHostName(testing::HelloAvps().bytes()));
  EXPECT_FALSE(PeekHostName(AvpList().U16(0, 1).Text(7, "").bytes()));
  EXPECT_FALSE(PeekHostName(AvpList().U16(0, 1).Text(7, "x", kMandatory | kHidden).bytes()));
  EXPECT_FALSE(PeekHostName(AvpList().U16(0, 1).Text(7, "x", kMandatory | kReserved).bytes()));
  EXPECT_FALSE(PeekHostName(AvpList().U16(0, 1).Add(7, {'x'}, kMandatory, 311).bytes()));
  EXPECT_FALSE(PeekHostName(AvpList().U16(0, 1).Raw({0x80, 5, 0, 0, 0, 1}).Text(7, "x").bytes()));
}

TEST(PeekHostName, EveryTruncationGivesNothing) {
  const Bytes whole = AvpList().U16(0, 1).Text(7, "client").bytes();
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_FALSE(PeekHostName(std::span(whole).first(n))) << n;
  }
}

}  // namespace
}  // namespace sallyport::l2tp
