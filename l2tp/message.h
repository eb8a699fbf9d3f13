// SPDX-License-Identifier: GPL-2.0-or-later
// The control messages of RFC 2661 §6 as plain values, and their writer. Received bytes become such
// values in validate.h.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "l2tp/events.h"

namespace sallyport::l2tp {

/// RFC 2661 §3.2.
enum class MessageType : uint16_t {
  kSccrq = 1,
  kSccrp = 2,
  kScccn = 3,
  kStopCcn = 4,
  kHello = 6,
  kOcrq = 7,
  kOcrp = 8,
  kOccn = 9,
  kIcrq = 10,
  kIcrp = 11,
  kIccn = 12,
  kCdn = 14,
  kWen = 15,
  kSli = 16,
};

/// RFC 2661 §4.4.2. The two messages number their results apart; they share the error codes.
namespace stop_ccn_result {
inline constexpr uint16_t kClear = 1;
inline constexpr uint16_t kGeneralError = 2;
inline constexpr uint16_t kNotAuthorized = 4;
inline constexpr uint16_t kVersionNotSupported = 5;
inline constexpr uint16_t kShuttingDown = 6;
inline constexpr uint16_t kStateMachineError = 7;
}  // namespace stop_ccn_result
namespace cdn_result {
inline constexpr uint16_t kGeneralError = 2;
inline constexpr uint16_t kAdministrative = 3;
inline constexpr uint16_t kNoFacilitiesNow = 4;
inline constexpr uint16_t kNoFacilities = 5;
inline constexpr uint16_t kNotEstablishedInTime = 10;
}  // namespace cdn_result
namespace error_code {
inline constexpr uint16_t kNoControlConnection = 1;
inline constexpr uint16_t kWrongLength = 2;
inline constexpr uint16_t kOutOfRange = 3;
inline constexpr uint16_t kNoResources = 4;
inline constexpr uint16_t kInvalidSessionId = 5;
inline constexpr uint16_t kTryAnother = 7;
inline constexpr uint16_t kUnknownMandatoryAvp = 8;
}  // namespace error_code

/// Protocol Version AVP: Ver 1, Rev 0 (RFC 2661 §4.4.3).
inline constexpr uint16_t kProtocolVersion1_0 = 0x0100;
/// Framing Capabilities AVP: asynchronous and synchronous (RFC 2661 §4.4.3).
inline constexpr uint32_t kFramingBoth = 3;
/// "If absent, the peer must assume a Window Size of 4" (RFC 2661 §4.4.3). Zero is invalid (§5.8)
/// and taken for absent, since there are peers that send it.
inline constexpr uint16_t kDefaultReceiveWindow = 4;

// Text from the wire has gone through PrintableText. Zero and empty mean "not sent".

/// Challenge Response AVP (RFC 2661 §4.4.3).
using ChallengeResponse = std::array<uint8_t, 16>;

struct Sccrq {
  static constexpr MessageType kType = MessageType::kSccrq;
  TunnelId assigned_tunnel;  // not zero
  uint16_t receive_window = kDefaultReceiveWindow;
  std::string host_name;  // one trailing NUL (macOS) stripped
  std::string vendor_name;
  std::vector<uint8_t> challenge;
  std::optional<uint64_t> tie_breaker;  // as a number in network order: lower wins (§4.4.3)
  uint32_t framing_capabilities = kFramingBoth;
  uint32_t bearer_capabilities = 0;
  bool operator==(const Sccrq&) const = default;
};
struct Sccrp {
  static constexpr MessageType kType = MessageType::kSccrp;
  TunnelId assigned_tunnel;  // not zero
  uint16_t receive_window = kDefaultReceiveWindow;
  std::string host_name;
  std::string vendor_name;
  std::vector<uint8_t> challenge;
  std::optional<ChallengeResponse> challenge_response;
  uint32_t framing_capabilities = kFramingBoth;
  uint32_t bearer_capabilities = 0;
  bool operator==(const Sccrp&) const = default;
};
struct Scccn {
  static constexpr MessageType kType = MessageType::kScccn;
  std::optional<ChallengeResponse> challenge_response;
  bool operator==(const Scccn&) const = default;
};
struct StopCcn {
  static constexpr MessageType kType = MessageType::kStopCcn;
  TunnelId assigned_tunnel;
  ResultCode result;
  bool operator==(const StopCcn&) const = default;
};
struct Hello {
  static constexpr MessageType kType = MessageType::kHello;
  bool operator==(const Hello&) const = default;
};
struct Ocrq {
  static constexpr MessageType kType = MessageType::kOcrq;
  SessionId assigned_session;  // not zero
  CallDetails details;
  bool operator==(const Ocrq&) const = default;
};
struct Ocrp {
  static constexpr MessageType kType = MessageType::kOcrp;
  SessionId assigned_session;  // not zero
  CallDetails details;
  bool operator==(const Ocrp&) const = default;
};
struct Occn {
  static constexpr MessageType kType = MessageType::kOccn;
  CallDetails details;
  bool sequencing_required = false;
  bool operator==(const Occn&) const = default;
};
struct Icrq {
  static constexpr MessageType kType = MessageType::kIcrq;
  SessionId assigned_session;  // not zero
  CallDetails details;
  bool operator==(const Icrq&) const = default;
};
struct Icrp {
  static constexpr MessageType kType = MessageType::kIcrp;
  SessionId assigned_session;  // not zero
  bool operator==(const Icrp&) const = default;
};
struct Iccn {
  static constexpr MessageType kType = MessageType::kIccn;
  CallDetails details;
  bool sequencing_required = false;
  ProxyAttributes proxy;
  bool operator==(const Iccn&) const = default;
};
struct Cdn {
  static constexpr MessageType kType = MessageType::kCdn;
  SessionId assigned_session;
  ResultCode result;  // its message has the RFC 3145 disconnect cause added, when one came
  bool operator==(const Cdn&) const = default;
};
struct Wen {
  static constexpr MessageType kType = MessageType::kWen;
  CallErrors errors;
  bool operator==(const Wen&) const = default;
};
struct Sli {
  static constexpr MessageType kType = MessageType::kSli;
  uint32_t send_accm = 0;
  uint32_t receive_accm = 0;
  bool operator==(const Sli&) const = default;
};
/// Message Type unknown and its M bit clear: "the implementation may ignore" it (RFC 2661 §4.4.1).
/// Received only.
struct UnknownMessage {
  bool operator==(const UnknownMessage&) const = default;
};

using Message = std::variant<Sccrq, Sccrp, Scccn, StopCcn, Hello, Ocrq, Ocrp, Occn, Icrq, Icrp,
                             Iccn, Cdn, Wen, Sli, UnknownMessage>;

/// How the AVPs of one message that we send are hidden (RFC 2661 §4.3).
struct Hiding {
  const Secret& secret;                   // borrowed
  std::array<uint8_t, 16> random_vector;  // fresh for each message
};

/// The AVPs of a message, to be put behind a header by BuildControlMessage. With `hiding`, every
/// AVP that RFC 2661 §4.4 permits to be hidden is.
std::vector<uint8_t> Encode(const Message& message, const std::optional<Hiding>& hiding = {});

}  // namespace sallyport::l2tp
