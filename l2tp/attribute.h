// SPDX-License-Identifier: GPL-2.0-or-later
// The AVPs that RFC 2661 §4.4 and RFC 3145 define, as data: name, size, M bit of each and whether
// it may be hidden. Those of later extensions by name.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::l2tp {

/// Attribute types of vendor 0 (RFC 2661 §4.4; 46: RFC 3145 §2). 20 is not assigned.
enum class AttributeType : uint16_t {
  kMessageType = 0,
  kResultCode = 1,
  kProtocolVersion = 2,
  kFramingCapabilities = 3,
  kBearerCapabilities = 4,
  kTieBreaker = 5,
  kFirmwareRevision = 6,
  kHostName = 7,
  kVendorName = 8,
  kAssignedTunnelId = 9,
  kReceiveWindowSize = 10,
  kChallenge = 11,
  kQ931CauseCode = 12,
  kChallengeResponse = 13,
  kAssignedSessionId = 14,
  kCallSerialNumber = 15,
  kMinimumBps = 16,
  kMaximumBps = 17,
  kBearerType = 18,
  kFramingType = 19,
  kCalledNumber = 21,
  kCallingNumber = 22,
  kSubAddress = 23,
  kTxConnectSpeed = 24,
  kPhysicalChannelId = 25,
  kInitialReceivedLcpConfreq = 26,
  kLastSentLcpConfreq = 27,
  kLastReceivedLcpConfreq = 28,
  kProxyAuthenType = 29,
  kProxyAuthenName = 30,
  kProxyAuthenChallenge = 31,
  kProxyAuthenId = 32,
  kProxyAuthenResponse = 33,
  kCallErrors = 34,
  kAccm = 35,
  kRandomVector = 36,
  kPrivateGroupId = 37,
  kRxConnectSpeed = 38,
  kSequencingRequired = 39,
  kPppDisconnectCause = 46,
};

/// Attribute types are below this number: the size of a table indexed by them.
inline constexpr size_t kAttributeLimit = 47;

struct AttributeRule {
  AttributeType type;
  std::string_view name;  // as the RFC writes it
  size_t min_size;        // octets of the value, before hiding
  size_t max_size;
  bool mandatory;  // the M bit that a sender sets
  bool may_hide;   // false: "the H-bit MUST be 0"

  constexpr bool HasRoomFor(size_t size) const { return min_size <= size && size <= max_size; }
};

/// The rule of a type of vendor 0, or null for one that AttributeType does not name.
const AttributeRule* FindAttribute(uint16_t type);

/// The rule of a type that AttributeType names.
const AttributeRule& RuleOf(AttributeType type);

/// The Broadband Forum's Vendor ID in RFC 5515 §3, once the ADSL Forum's.
inline constexpr uint16_t kBroadbandForum = 3561;

/// The name of an attribute, of the ones above or of an extension that is not spoken here; empty
/// when neither has it. Names are all that is known of the extensions: their AVPs are unrecognized
/// ones, ignored without M and named in the refusal with M (RFC 2661 §4.1 and §4.4.2).
std::string_view AttributeName(uint16_t vendor_id, uint16_t type);

}  // namespace sallyport::l2tp
