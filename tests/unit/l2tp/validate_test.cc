// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/validate.h"

#include <gtest/gtest.h>
#include <initializer_list>
#include <string>
#include <vector>

#include "l2tp/attribute.h"
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

template <typename T>
T Accepted(const AvpList& avps) {
  const auto message = Validate(avps.bytes());
  if (!message) {
    ADD_FAILURE() << "rejected: " << message.error().result.message;
    return T();
  }
  const T* wanted = std::get_if<T>(&*message);
  EXPECT_NE(wanted, nullptr) << "another message";
  return wanted == nullptr ? T() : *wanted;
}

Rejection Rejected(const AvpList& avps) {
  const auto message = Validate(avps.bytes());
  EXPECT_FALSE(message.has_value());
  return message ? Rejection() : message.error();
}

void ExpectRejected(const AvpList& avps, Scope scope, uint16_t result,
                    std::optional<uint16_t> error) {
  const Rejection rejection = Rejected(avps);
  EXPECT_EQ(rejection.scope, scope);
  EXPECT_EQ(rejection.result.result, result) << rejection.result.message;
  EXPECT_EQ(rejection.result.error, error) << rejection.result.message;
  EXPECT_FALSE(rejection.result.message.empty());
}

/// An SCCRQ whose AVPs but one are as they should be.
AvpList SccrqWithout(uint16_t left_out) {
  AvpList avps;
  avps.U16(0, 1);
  if (left_out != 2) avps.U16(2, 0x0100);
  if (left_out != 3) avps.U32(3, 3);
  if (left_out != 7) avps.Text(7, "client");
  if (left_out != 9) avps.U16(9, 77);
  return avps;
}

// ---- Whole messages of real clients -----------------------------------------------------------

TEST(Validate, WindowsSccrq) {
  const AvpList avps = AvpList()
                           .U16(0, 1)
                           .U16(2, 0x0100)
                           .U32(3, 1)
                           .U32(4, 0)
                           .U16(6, 0x0A00, kOptional)
                           .Text(7, "DESKTOP-1")
                           .Text(8, "Microsoft", kOptional)
                           .U16(9, 1)
                           .U16(10, 8);
  const auto request = Accepted<Sccrq>(avps);
  EXPECT_EQ(request.assigned_tunnel, TunnelId(1));
  EXPECT_EQ(request.receive_window, 8);
  EXPECT_EQ(request.host_name, "DESKTOP-1");
  EXPECT_EQ(request.vendor_name, "Microsoft");
  EXPECT_TRUE(request.challenge.empty());
  EXPECT_FALSE(request.tie_breaker);
}

TEST(Validate, MacosSccrqHasANulInItsHostName) {
  const auto request = Accepted<Sccrq>(AvpList()
                                           .U16(0, 1)
                                           .U16(2, 0x0100)
                                           .U32(3, 3)
                                           .Text(7, std::string("mac\0", 4))
                                           .U16(9, 5)
                                           .U16(10, 4));
  EXPECT_EQ(request.host_name, "mac");
}

TEST(Validate, OnlyOneNulIsStripped) {
  const AvpList avps =
      AvpList().U16(0, 1).U16(2, 0x0100).U32(3, 3).Text(7, std::string("m\0\0", 3)).U16(9, 5);
  EXPECT_EQ(Accepted<Sccrq>(avps).host_name, "m\\x00");
}

TEST(Validate, SccrqNeedsNoMoreThanFourAvps) {
  const auto request = Accepted<Sccrq>(testing::SccrqAvps(77));
  EXPECT_EQ(request.receive_window, 4);
  EXPECT_EQ(request.vendor_name, "");
}

TEST(Validate, WindowsIcrqHasAVendorAvp) {
  const auto request =
      Accepted<Icrq>(AvpList()
                         .U16(0, 10)
                         .U16(14, 9)
                         .U32(15, 4711)
                         .U32(18, 2)
                         .Text(22, "+49\x1b[0m")
                         .Add(1, Bytes(16, 0xAB), kOptional, 311));  // not a Result Code
  EXPECT_EQ(request.assigned_session, SessionId(9));
  EXPECT_EQ(request.details.call_serial_number, 4711u);
  EXPECT_EQ(request.details.calling_number, "+49\\x1b[0m");
}

TEST(Validate, IccnTellsSpeedAndSequencing) {
  const auto plain = Accepted<Iccn>(testing::IccnAvps());
  EXPECT_EQ(plain.details.tx_connect_speed, 100'000'000u);
  EXPECT_FALSE(plain.sequencing_required);
  EXPECT_TRUE(Accepted<Iccn>(testing::IccnAvps().Add(39, {})).sequencing_required);
}

TEST(Validate, ProxyAvpsAreReadAsTheyCame) {
  AvpList avps = testing::IccnAvps();
  avps.Text(26, "a", kOptional).Text(27, "b", kOptional).Text(28, "c", kOptional);
  avps.U16(29, 3, kOptional).Text(30, "\x01", kOptional).Text(31, "d", kOptional);
  avps.U16(32, 0x1207, kOptional).Text(33, "e", kOptional);
  const ProxyAttributes proxy = Accepted<Iccn>(avps).proxy;
  EXPECT_EQ(proxy.initial_received_confreq, Bytes{'a'});
  EXPECT_EQ(proxy.last_sent_confreq, Bytes{'b'});
  EXPECT_EQ(proxy.last_received_confreq, Bytes{'c'});
  EXPECT_EQ(proxy.authen_type, 3);
  EXPECT_EQ(proxy.authen_name, "\x01");
  EXPECT_EQ(proxy.authen_challenge, Bytes{'d'});
  EXPECT_EQ(proxy.authen_id, 7);
  EXPECT_EQ(proxy.authen_response.text(), "e");
  EXPECT_FALSE(Accepted<Iccn>(testing::IccnAvps()).proxy.authen_type);
}

// ---- Result Code in its many forms ------------------------------------------------------------

TEST(Validate, ResultCodeForms) {
  const auto result_of = [](std::string_view value) {
    return Accepted<StopCcn>(AvpList().U16(0, 4).U16(9, 77).Add(1, Hex(value))).result;
  };
  EXPECT_EQ(result_of("0006"), (ResultCode{6, std::nullopt, ""}));  // MikroTik, Android
  EXPECT_EQ(result_of("0002 0004"), (ResultCode{2, 4, ""}));
  EXPECT_EQ(result_of("0002 0004 6e6f"), (ResultCode{2, 4, "no"}));
  EXPECT_EQ(result_of("0100 0000 0000 00ff"),
            (ResultCode{256, 0, "\\x00\\x00\\x00\\xff"}));  // macOS
  EXPECT_EQ(result_of("0006 ff"), (ResultCode{6, std::nullopt, ""}));
}

TEST(Validate, StopCcnIsObeyedWhateverIsWrongWithIt) {
  EXPECT_EQ(Accepted<StopCcn>(AvpList().U16(0, 4)).result, ResultCode());
  EXPECT_EQ(Accepted<StopCcn>(AvpList().U16(0, 4).U16(999, 1).U16(1, 6)).result.result, 6);
  EXPECT_EQ(Accepted<StopCcn>(AvpList().U16(0, 4).U16(1, 6).Raw({0x80})).result.result, 6);
  EXPECT_EQ(Accepted<StopCcn>(AvpList().U16(0, 4).Add(1, {6})).result, ResultCode());
  // Either order.
  EXPECT_EQ(Accepted<StopCcn>(AvpList().U16(0, 4).U16(1, 6).U16(9, 77)).assigned_tunnel,
            TunnelId(77));
}

TEST(Validate, CdnIsObeyedWhateverIsWrongWithIt) {
  EXPECT_EQ(Accepted<Cdn>(AvpList().U16(0, 14)).result, ResultCode());
  EXPECT_EQ(Accepted<Cdn>(AvpList().U16(0, 14).U16(14, 0).U16(999, 1)).assigned_session,
            SessionId());
  EXPECT_EQ(Accepted<Cdn>(testing::CdnAvps(9, 3)).result.result, 3);
}

TEST(Validate, DisconnectCauseOfPppIsAddedToTheMessage) {
  const Bytes cause = Hex("0010 c223 01");
  const std::string words =
      "PPP cause 16, authentication failed at the sender's peer, protocol 0xc223";
  EXPECT_EQ(Accepted<Cdn>(testing::CdnAvps(9, 3).Add(46, cause, kOptional)).result,
            (ResultCode{3, std::nullopt, words}));
  EXPECT_EQ(
      Accepted<Cdn>(AvpList().U16(0, 14).Add(46, cause, kOptional).Add(1, Hex("0002 0006 6e6f")))
          .result,
      (ResultCode{2, 6, "no; " + words}));
  // It belongs to CDN only (RFC 3145 §2).
  EXPECT_EQ(Accepted<StopCcn>(AvpList().U16(0, 4).U16(1, 6).Add(46, cause, kOptional)).result,
            (ResultCode{6, std::nullopt, ""}));
}

// ---- Unrecognized AVPs ------------------------------------------------------------------------

TEST(Validate, UnknownAvpWithoutMIsIgnored) {
  Accepted<Sccrq>(testing::SccrqAvps(77).U16(49, 1, kOptional).U16(0xFFFF, 1, kOptional));
}

TEST(Validate, UnknownMandatoryAvpIsNamed) {
  for (const uint16_t type : std::initializer_list<uint16_t>{20, 40, 999, 0xFFFF}) {
    const AvpList avps = testing::SccrqAvps(77).U16(type, 1);
    ExpectRejected(avps, Scope::kTunnel, 2, 8);
    EXPECT_NE(Rejected(avps).result.message.find(std::to_string(type)), std::string::npos);
    EXPECT_EQ(Rejected(avps).type, MessageType::kSccrq);
    EXPECT_EQ(Rejected(avps).assigned_tunnel, TunnelId(77));
  }
}

TEST(Validate, UnknownMandatoryAvpInACallEndsTheCallOnly) {
  const AvpList avps = testing::IcrqAvps(9).U16(999, 1);
  ExpectRejected(avps, Scope::kSession, 2, 8);
  EXPECT_EQ(Rejected(avps).assigned_session, SessionId(9));
}

TEST(Validate, RefusalIsAddressedEvenIfTheIdComesAfterTheMistake) {
  const AvpList avps =
      AvpList().U16(0, 1).U16(999, 1).U16(2, 0x0100).U32(3, 3).Text(7, "x").U16(9, 77);
  EXPECT_EQ(Rejected(avps).assigned_tunnel, TunnelId(77));
}

TEST(Validate, VendorAvpsAreNeverTakenForOurs) {
  Accepted<Sccrq>(testing::SccrqAvps(77).Add(2, Hex("0200"), kOptional, 3561));
  ExpectRejected(testing::SccrqAvps(77).Add(2, Hex("0100"), kMandatory, 3561), Scope::kTunnel, 2,
                 8);
  // A vendor's Assigned Tunnel ID does not stand in for the missing one.
  ExpectRejected(SccrqWithout(9).Add(9, Hex("004d"), kOptional, 311), Scope::kTunnel, 2, 3);
}

TEST(Validate, ReservedBitMakesAnAvpUnknown) {
  Accepted<Sccrq>(testing::SccrqAvps(77).U16(10, 0, kReserved));
  ExpectRejected(testing::SccrqAvps(77).U16(10, 8, kMandatory | kReserved), Scope::kTunnel, 2, 8);
}

TEST(Validate, KnownAvpInTheWrongPlaceIsIgnored) {
  Accepted<Hello>(testing::HelloAvps().Text(7, "x").U16(14, 0));
  EXPECT_EQ(Accepted<Sccrq>(testing::SccrqAvps(77).Add(1, {})).assigned_tunnel, TunnelId(77));
}

TEST(Validate, FirstOfTwoEqualAvpsCounts) {
  EXPECT_EQ(Accepted<Sccrq>(testing::SccrqAvps(77).U16(9, 78)).assigned_tunnel, TunnelId(77));
}

TEST(Validate, ExtensionsAreIgnoredWithoutMAndNamedWithIt) {
  AvpList avps = testing::IcrqAvps(9);
  for (const uint16_t type : std::initializer_list<uint16_t>{40, 49, 50, 53, 76, 77, 78, 98}) {
    avps.Add(type, Bytes(3), kOptional);
  }
  avps.Add(1, Bytes(3), kOptional, 3561).Add(1, Bytes(16), kOptional, 311);
  Accepted<Icrq>(avps);
  EXPECT_EQ(Rejected(testing::IcrqAvps(9).U16(49, 1)).result.message,
            "AVP 49 (LCP Want Options) is mandatory and unknown");
  EXPECT_EQ(Rejected(testing::IcrqAvps(9).Add(2, {}, kMandatory, 3561)).result.message,
            "AVP 2 of vendor 3561 (Agent-Remote-Id) is mandatory and unknown");
  EXPECT_EQ(Rejected(testing::IcrqAvps(9).Add(1, {}, kMandatory, 311)).result.message,
            "AVP 1 of vendor 311 is mandatory and unknown");
}

// ---- Malformed AVPs ---------------------------------------------------------------------------

TEST(Validate, WrongSizeCountsOnlyWithM) {
  // RFC 2661 §7.1's own example: Rx Connect Speed of 2 octets.
  Accepted<Iccn>(testing::IccnAvps().U16(38, 1, kOptional));
  ExpectRejected(testing::IccnAvps().U16(38, 1), Scope::kSession, 2, 2);
  ExpectRejected(testing::SccrqAvps(77).U32(10, 8), Scope::kTunnel, 2, 2);
  ExpectRejected(testing::SccrqAvps(77).Add(11, {}), Scope::kTunnel, 2, 2);
}

TEST(Validate, EmptyHostNameIsRefused) {
  ExpectRejected(SccrqWithout(7).Text(7, ""), Scope::kTunnel, 2, 2);
  ExpectRejected(SccrqWithout(7).Text(7, "", kOptional), Scope::kTunnel, 2, 3);
}

TEST(Validate, LongAndHostileHostNamesDoNoHarm) {
  EXPECT_LE(Accepted<Sccrq>(SccrqWithout(7).Text(7, std::string(1017, 'x'))).host_name.size(),
            140u);
  EXPECT_EQ(Accepted<Sccrq>(SccrqWithout(7).Text(7, "%n$(id)\n")).host_name, "%n$(id)\\x0a");
  // Where there is nothing else, a NUL is the name: it has at least one octet.
  EXPECT_EQ(Accepted<Sccrq>(SccrqWithout(7).Text(7, std::string(1, '\0'))).host_name, "\\x00");
}

TEST(Validate, BrokenAvpListIsRefusedAndEnds) {
  for (uint8_t length = 0; length < 6; ++length) {
    ExpectRejected(testing::SccrqAvps(77).Raw({0x80, length, 0, 0, 0, 1}), Scope::kTunnel, 2, 2);
  }
  ExpectRejected(testing::SccrqAvps(77).Raw(Hex("83ff 0000 0007 00")), Scope::kTunnel, 2, 2);
  ExpectRejected(testing::IcrqAvps(9).Raw(Hex("0007 0000 0007")), Scope::kSession, 2, 2);
}

TEST(Validate, EveryTruncationOfAnSccrqIsRefusedOrLacksAnAvp) {
  const Bytes whole = testing::SccrqAvps(77).bytes();
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_FALSE(Validate(std::span(whole).first(n)).has_value()) << n;
  }
}

// ---- Message Type -----------------------------------------------------------------------------

TEST(Validate, MessageTypeMustBeFirst) {
  ExpectRejected(AvpList().U16(9, 77).U16(0, 1), Scope::kTunnel, 2, 3);
  ExpectRejected(AvpList().Add(0, Hex("0001"), kMandatory, 311), Scope::kTunnel, 2, 3);
  ExpectRejected(AvpList().U16(0, 1, kMandatory | kHidden), Scope::kTunnel, 2, 3);
  ExpectRejected(AvpList().U16(0, 1, kMandatory | kReserved), Scope::kTunnel, 2, 3);
  ExpectRejected(AvpList().U32(0, 1), Scope::kTunnel, 2, 2);
  ExpectRejected(AvpList().Add(0, {1}), Scope::kTunnel, 2, 2);
}

TEST(Validate, UnknownMessageTypeIsIgnoredOnlyWithoutM) {
  for (const uint16_t type : std::initializer_list<uint16_t>{0, 5, 13, 17, 0xFFFF}) {
    ExpectRejected(AvpList().U16(0, type), Scope::kTunnel, 2, 3);
    EXPECT_FALSE(Rejected(AvpList().U16(0, type)).type);
    Accepted<UnknownMessage>(AvpList().U16(0, type, kOptional).U16(999, 1));
  }
}

// ---- Missing AVPs and bad values --------------------------------------------------------------

TEST(Validate, SccrqLacksARequiredAvp) {
  for (const uint16_t type : std::initializer_list<uint16_t>{2, 3, 7, 9}) {
    ExpectRejected(SccrqWithout(type), Scope::kTunnel, 2, 3);
  }
  EXPECT_EQ(Rejected(SccrqWithout(7)).assigned_tunnel, TunnelId(77));
  EXPECT_EQ(Rejected(SccrqWithout(9)).assigned_tunnel, TunnelId());
}

TEST(Validate, EveryRequiredAvpIsMissed) {
  struct Case {
    uint16_t message;
    std::vector<uint16_t> required;
    Scope scope;
  };
  const Case cases[] = {
      {2, {2, 3, 7, 9}, Scope::kTunnel}, {7, {14, 15, 16, 17, 18, 19, 21}, Scope::kSession},
      {8, {14}, Scope::kSession},        {10, {14}, Scope::kSession},
      {11, {14}, Scope::kSession},       {15, {34}, Scope::kSession},
      {16, {35}, Scope::kSession}};
  for (const auto& [message, required, scope] : cases) {
    for (const uint16_t missing : required) {
      AvpList avps = AvpList().U16(0, message);
      for (const uint16_t type : required) {
        const size_t size = RuleOf(static_cast<AttributeType>(type)).min_size;
        Bytes value(size, 1);
        if (type == 2) value = Hex("0100");
        if (type != missing) avps.Add(type, value);
      }
      SCOPED_TRACE(std::to_string(message) + " without " + std::to_string(missing));
      ExpectRejected(avps, scope, 2, missing == 14 ? 5 : 3);
      const std::string name(RuleOf(static_cast<AttributeType>(missing)).name);
      EXPECT_EQ(Rejected(avps).result.message, name + " is missing");
    }
  }
}

TEST(Validate, IdsAreNotZero) {
  const AvpList reply = AvpList().U16(0, 2).U16(2, 0x0100).U32(3, 3).Text(7, "x").U16(9, 0);
  ExpectRejected(reply, Scope::kTunnel, 2, 3);
  for (const uint16_t type : std::initializer_list<uint16_t>{8, 10, 11}) {
    ExpectRejected(AvpList().U16(0, type).U16(14, 0), Scope::kSession, 2, 5);
  }
}

TEST(Validate, AssignedTunnelIdZeroNamesNobody) {
  EXPECT_EQ(Rejected(SccrqWithout(9).U16(9, 0)).assigned_tunnel, TunnelId());
}

TEST(Validate, OtherProtocolVersionIsRefusedBeforeAnythingElse) {
  for (const uint16_t version : std::initializer_list<uint16_t>{0x0000, 0x0101, 0x0200, 0x0300}) {
    const AvpList avps = SccrqWithout(2).U16(2, version).U16(999, 1);
    ExpectRejected(avps, Scope::kTunnel, 5, 0x0100);
    EXPECT_EQ(Rejected(avps).assigned_tunnel, TunnelId(77));
  }
}

TEST(Validate, WindowZeroMeansFour) {
  EXPECT_EQ(Accepted<Sccrq>(testing::SccrqAvps(77).U16(10, 0)).receive_window, 4);
  EXPECT_EQ(Accepted<Sccrq>(testing::SccrqAvps(77).U16(10, 1)).receive_window, 1);
}

TEST(Validate, ChallengeIsSeen) {
  EXPECT_EQ(Accepted<Sccrq>(testing::SccrqAvps(77).Text(11, "x")).challenge, Bytes{'x'});
}

TEST(Validate, IcrqNeedsANonZeroSessionId) {
  ExpectRejected(AvpList().U16(0, 10).U32(15, 1), Scope::kSession, 2, 5);
  ExpectRejected(testing::IcrqAvps(0), Scope::kSession, 2, 5);
}

TEST(Validate, IcrqNeedsNoSerialNumberAndIccnNothing) {
  EXPECT_EQ(Accepted<Icrq>(AvpList().U16(0, 10).U16(14, 9)).details.call_serial_number, 0u);
  EXPECT_EQ(Accepted<Iccn>(AvpList().U16(0, 12)).details.tx_connect_speed, 0u);
}

}  // namespace
}  // namespace sallyport::l2tp
