// SPDX-License-Identifier: GPL-2.0-or-later
// The AVPs that RFC 2661 §4.4 defines, as data: name, size and M bit of each.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::l2tp {

/// Attribute types of vendor 0 (RFC 2661 §4.4). 20 is not assigned.
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
};

/// Attribute types are below this number: the size of a table indexed by them.
inline constexpr size_t kAttributeLimit = 40;

struct AttributeRule {
  AttributeType type;
  std::string_view name;  // as RFC 2661 writes it
  size_t min_size;        // octets of the value, before hiding
  size_t max_size;
  bool mandatory;  // the M bit that a sender sets
};

/// The rule of a type of vendor 0, or null for one that RFC 2661 does not define.
const AttributeRule* FindAttribute(uint16_t type);

/// The rule of a type that RFC 2661 defines.
const AttributeRule& RuleOf(AttributeType type);

}  // namespace sallyport::l2tp
