// SPDX-License-Identifier: GPL-2.0-or-later
// The control messages of RFC 2661 §6 as plain values, and the writers of those that an LNS sends.
// Received bytes become such values in validate.h.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
inline constexpr uint16_t kNotEstablishedInTime = 10;
}  // namespace cdn_result
namespace error_code {
inline constexpr uint16_t kNoControlConnection = 1;
inline constexpr uint16_t kWrongLength = 2;
inline constexpr uint16_t kOutOfRange = 3;
inline constexpr uint16_t kNoResources = 4;
inline constexpr uint16_t kInvalidSessionId = 5;
inline constexpr uint16_t kUnknownMandatoryAvp = 8;
}  // namespace error_code

/// Protocol Version AVP: Ver 1, Rev 0 (RFC 2661 §4.4.3).
inline constexpr uint16_t kProtocolVersion1_0 = 0x0100;
/// Framing Capabilities AVP: asynchronous and synchronous (RFC 2661 §4.4.3).
inline constexpr uint32_t kFramingBoth = 3;
/// "If absent, the peer must assume a Window Size of 4" (RFC 2661 §4.4.3). Zero is invalid (§5.8)
/// and taken for absent, since there are peers that send it.
inline constexpr uint16_t kDefaultReceiveWindow = 4;

// Text from the wire has gone through PrintableText. Attributes that an LNS without proxy LCP,
// outgoing calls and tunnel authentication has no use for are checked and then left out.

struct Sccrq {
  TunnelId assigned_tunnel;  // not zero
  uint16_t receive_window = kDefaultReceiveWindow;
  std::string host_name;    // one trailing NUL (macOS) stripped
  std::string vendor_name;  // empty when not sent
  bool has_challenge = false;
};
/// Written only: the LNS is never the originator.
struct Sccrp {
  TunnelId assigned_tunnel;
  uint16_t receive_window = kDefaultReceiveWindow;
  std::string_view host_name;    // borrowed
  std::string_view vendor_name;  // borrowed; left out when empty
};
struct Scccn {};
struct StopCcn {
  TunnelId assigned_tunnel;  // zero when not sent
  ResultCode result;         // 0 when not sent
};
struct Hello {};
struct Icrq {
  SessionId assigned_session;  // not zero
  uint32_t call_serial_number = 0;
  std::string calling_number;
};
struct Icrp {
  SessionId assigned_session;
};
struct Iccn {
  uint32_t tx_connect_speed = 0;  // bits a second
  bool sequencing_required = false;
};
struct Cdn {
  SessionId assigned_session;  // zero when not sent
  ResultCode result;           // 0 when not sent
};
/// A message that an LNS may receive but never acts on, WEN, or must refuse.
struct OtherMessage {
  MessageType type;
  SessionId assigned_session;  // zero when not sent
};
/// Message Type unknown and its M bit clear: "the implementation may ignore" it (RFC 2661 §4.4.1).
struct UnknownMessage {};

using Message =
    std::variant<Sccrq, Scccn, StopCcn, Hello, Icrq, Iccn, Cdn, OtherMessage, UnknownMessage>;

/// The AVPs of each message, to be put behind a header by BuildControlMessage.
std::vector<uint8_t> Encode(const Sccrp& message);
std::vector<uint8_t> Encode(const StopCcn& message);
std::vector<uint8_t> Encode(const Hello& message);
std::vector<uint8_t> Encode(const Icrp& message);
std::vector<uint8_t> Encode(const Cdn& message);

}  // namespace sallyport::l2tp
