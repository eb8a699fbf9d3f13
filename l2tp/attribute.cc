// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/attribute.h"

#include <array>

#include "l2tp/avp.h"

namespace sallyport::l2tp {
namespace {

using enum AttributeType;

constexpr size_t kAny = kMaxAvpValue;  // "arbitrary number of octets"

// RFC 2661 §4.4.1 to §4.4.6; the sizes are the RFC's Length less the 6 octets of the AVP header.
constexpr std::array kAttributes{
    AttributeRule{kMessageType, "Message Type", 2, 2, true},
    // The error code and the message may be left out, and by MikroTik and Android they are.
    AttributeRule{kResultCode, "Result Code", 2, kAny, true},
    AttributeRule{kProtocolVersion, "Protocol Version", 2, 2, true},
    AttributeRule{kFramingCapabilities, "Framing Capabilities", 4, 4, true},
    AttributeRule{kBearerCapabilities, "Bearer Capabilities", 4, 4, true},
    AttributeRule{kTieBreaker, "Tie Breaker", 8, 8, false},
    AttributeRule{kFirmwareRevision, "Firmware Revision", 2, 2, false},
    AttributeRule{kHostName, "Host Name", 1, kAny, true},
    AttributeRule{kVendorName, "Vendor Name", 0, kAny, false},
    AttributeRule{kAssignedTunnelId, "Assigned Tunnel ID", 2, 2, true},
    AttributeRule{kReceiveWindowSize, "Receive Window Size", 2, 2, true},
    AttributeRule{kChallenge, "Challenge", 1, kAny, true},
    AttributeRule{kQ931CauseCode, "Q.931 Cause Code", 3, kAny, true},
    AttributeRule{kChallengeResponse, "Challenge Response", 16, 16, true},
    AttributeRule{kAssignedSessionId, "Assigned Session ID", 2, 2, true},
    AttributeRule{kCallSerialNumber, "Call Serial Number", 4, 4, true},
    AttributeRule{kMinimumBps, "Minimum BPS", 4, 4, true},
    AttributeRule{kMaximumBps, "Maximum BPS", 4, 4, true},
    AttributeRule{kBearerType, "Bearer Type", 4, 4, true},
    AttributeRule{kFramingType, "Framing Type", 4, 4, true},
    AttributeRule{kCalledNumber, "Called Number", 0, kAny, true},
    AttributeRule{kCallingNumber, "Calling Number", 0, kAny, true},
    AttributeRule{kSubAddress, "Sub-Address", 0, kAny, true},
    AttributeRule{kTxConnectSpeed, "(Tx) Connect Speed", 4, 4, true},
    AttributeRule{kPhysicalChannelId, "Physical Channel ID", 4, 4, false},
    AttributeRule{kInitialReceivedLcpConfreq, "Initial Received LCP CONFREQ", 0, kAny, false},
    AttributeRule{kLastSentLcpConfreq, "Last Sent LCP CONFREQ", 0, kAny, false},
    AttributeRule{kLastReceivedLcpConfreq, "Last Received LCP CONFREQ", 0, kAny, false},
    AttributeRule{kProxyAuthenType, "Proxy Authen Type", 2, 2, false},
    AttributeRule{kProxyAuthenName, "Proxy Authen Name", 0, kAny, false},
    AttributeRule{kProxyAuthenChallenge, "Proxy Authen Challenge", 0, kAny, false},
    AttributeRule{kProxyAuthenId, "Proxy Authen ID", 2, 2, false},
    AttributeRule{kProxyAuthenResponse, "Proxy Authen Response", 0, kAny, false},
    AttributeRule{kCallErrors, "Call Errors", 26, 26, true},
    AttributeRule{kAccm, "ACCM", 10, 10, true},
    AttributeRule{kRandomVector, "Random Vector", 0, kAny, true},
    AttributeRule{kPrivateGroupId, "Private Group ID", 0, kAny, false},
    AttributeRule{kRxConnectSpeed, "Rx Connect Speed", 4, 4, false},
    AttributeRule{kSequencingRequired, "Sequencing Required", 0, 0, true},
};

constexpr size_t kNoRow = kAttributes.size();

/// Row of each attribute type in kAttributes.
constexpr std::array<size_t, kAttributeLimit> kRows = [] {
  std::array<size_t, kAttributeLimit> rows{};
  rows.fill(kNoRow);
  for (size_t row = 0; row < kAttributes.size(); ++row) {
    rows[static_cast<size_t>(kAttributes[row].type)] = row;
  }
  return rows;
}();

}  // namespace

const AttributeRule* FindAttribute(uint16_t type) {
  if (type >= kAttributeLimit || kRows[type] == kNoRow) return nullptr;
  return &kAttributes[kRows[type]];
}

const AttributeRule& RuleOf(AttributeType type) {
  return kAttributes[kRows[static_cast<size_t>(type)]];
}

}  // namespace sallyport::l2tp
