// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/attribute.h"

#include <array>

#include "l2tp/avp.h"

namespace sallyport::l2tp {
namespace {

using enum AttributeType;

constexpr size_t kAny = kMaxAvpValue;  // "arbitrary number of octets"

// RFC 2661 §4.4.1 to §4.4.6 and RFC 3145 §2: type, name, least and greatest size, M bit, may be
// hidden. The sizes are the RFC's Length less the 6 octets of the AVP header.
constexpr std::array kAttributes{
    AttributeRule{kMessageType, "Message Type", 2, 2, true, false},
    // The error code and the message may be left out, and by MikroTik and Android they are.
    AttributeRule{kResultCode, "Result Code", 2, kAny, true, false},
    AttributeRule{kProtocolVersion, "Protocol Version", 2, 2, true, false},
    AttributeRule{kFramingCapabilities, "Framing Capabilities", 4, 4, true, true},
    AttributeRule{kBearerCapabilities, "Bearer Capabilities", 4, 4, true, true},
    AttributeRule{kTieBreaker, "Tie Breaker", 8, 8, false, false},
    AttributeRule{kFirmwareRevision, "Firmware Revision", 2, 2, false, true},
    AttributeRule{kHostName, "Host Name", 1, kAny, true, false},
    AttributeRule{kVendorName, "Vendor Name", 0, kAny, false, true},
    AttributeRule{kAssignedTunnelId, "Assigned Tunnel ID", 2, 2, true, true},
    AttributeRule{kReceiveWindowSize, "Receive Window Size", 2, 2, true, false},
    AttributeRule{kChallenge, "Challenge", 1, kAny, true, true},
    AttributeRule{kQ931CauseCode, "Q.931 Cause Code", 3, kAny, true, false},
    AttributeRule{kChallengeResponse, "Challenge Response", 16, 16, true, true},
    AttributeRule{kAssignedSessionId, "Assigned Session ID", 2, 2, true, true},
    AttributeRule{kCallSerialNumber, "Call Serial Number", 4, 4, true, true},
    AttributeRule{kMinimumBps, "Minimum BPS", 4, 4, true, true},
    AttributeRule{kMaximumBps, "Maximum BPS", 4, 4, true, true},
    AttributeRule{kBearerType, "Bearer Type", 4, 4, true, true},
    AttributeRule{kFramingType, "Framing Type", 4, 4, true, true},
    AttributeRule{kCalledNumber, "Called Number", 0, kAny, true, true},
    AttributeRule{kCallingNumber, "Calling Number", 0, kAny, true, true},
    AttributeRule{kSubAddress, "Sub-Address", 0, kAny, true, true},
    AttributeRule{kTxConnectSpeed, "(Tx) Connect Speed", 4, 4, true, true},
    AttributeRule{kPhysicalChannelId, "Physical Channel ID", 4, 4, false, true},
    AttributeRule{kInitialReceivedLcpConfreq, "Initial Received LCP CONFREQ", 0, kAny, false, true},
    AttributeRule{kLastSentLcpConfreq, "Last Sent LCP CONFREQ", 0, kAny, false, true},
    AttributeRule{kLastReceivedLcpConfreq, "Last Received LCP CONFREQ", 0, kAny, false, true},
    AttributeRule{kProxyAuthenType, "Proxy Authen Type", 2, 2, false, true},
    AttributeRule{kProxyAuthenName, "Proxy Authen Name", 0, kAny, false, true},
    AttributeRule{kProxyAuthenChallenge, "Proxy Authen Challenge", 0, kAny, false, true},
    AttributeRule{kProxyAuthenId, "Proxy Authen ID", 2, 2, false, true},
    AttributeRule{kProxyAuthenResponse, "Proxy Authen Response", 0, kAny, false, true},
    AttributeRule{kCallErrors, "Call Errors", 26, 26, true, true},
    AttributeRule{kAccm, "ACCM", 10, 10, true, true},
    AttributeRule{kRandomVector, "Random Vector", 0, kAny, true, false},
    AttributeRule{kPrivateGroupId, "Private Group ID", 0, kAny, false, true},
    AttributeRule{kRxConnectSpeed, "Rx Connect Speed", 4, 4, false, true},
    AttributeRule{kSequencingRequired, "Sequencing Required", 0, 0, true, false},
    AttributeRule{kPppDisconnectCause, "PPP Disconnect Cause Code", 5, kAny, false, true},
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

struct ExtensionName {
  uint16_t vendor_id;
  uint16_t type;
  std::string_view name;
};

constexpr ExtensionName kExtensions[] = {
    // RFC 3301, ATM access networks.
    {0, 40, "Rx Minimum BPS"},
    {0, 41, "Rx Maximum BPS"},
    {0, 42, "Service Category"},
    {0, 43, "Service Name"},
    {0, 44, "Calling Sub-Address"},
    {0, 45, "VPI/VCI Identifier"},
    // RFC 3308, Differentiated Services.
    {0, 47, "CCDS"},
    {0, 48, "SDS"},
    // RFC 3437, LCP options that an LNS wants and allows.
    {0, 49, "LCP Want Options"},
    {0, 50, "LCP Allow Options"},
    {0, 51, "LNS Last Sent LCP CONFREQ"},
    {0, 52, "LNS Last Received LCP CONFREQ"},
    // RFC 3573, modems on hold.
    {0, 53, "Modem On-Hold Capable"},
    {0, 54, "Modem On-Hold Status"},
    // RFC 3817, PPPoE relay.
    {0, 55, "PPPoE Relay"},
    {0, 56, "PPPoE Relay Response Capability"},
    {0, 57, "PPPoE Relay Forward Capability"},
    // RFC 4951, failover.
    {0, 76, "Failover Capability"},
    {0, 77, "Tunnel Recovery"},
    {0, 78, "Suggested Control Sequence"},
    {0, 79, "Failover Session State"},
    // RFC 5515, access lines.
    {0, 97, "Connect Speed Update"},
    {0, 98, "Connect Speed Update Enable"},
    {kBroadbandForum, 1, "Agent-Circuit-Id"},
    {kBroadbandForum, 2, "Agent-Remote-Id"},
    {kBroadbandForum, 129, "Actual-Data-Rate-Upstream"},
    {kBroadbandForum, 130, "Actual-Data-Rate-Downstream"},
    {kBroadbandForum, 131, "Minimum-Data-Rate-Upstream"},
    {kBroadbandForum, 132, "Minimum-Data-Rate-Downstream"},
    {kBroadbandForum, 133, "Attainable-Data-Rate-Upstream"},
    {kBroadbandForum, 134, "Attainable-Data-Rate-Downstream"},
    {kBroadbandForum, 135, "Maximum-Data-Rate-Upstream"},
    {kBroadbandForum, 136, "Maximum-Data-Rate-Downstream"},
    {kBroadbandForum, 137, "Minimum-Data-Rate-Upstream-Low-Power"},
    {kBroadbandForum, 138, "Minimum-Data-Rate-Downstream-Low-Power"},
    {kBroadbandForum, 139, "Maximum-Interleaving-Delay-Upstream"},
    {kBroadbandForum, 140, "Actual-Interleaving-Delay-Upstream"},
    {kBroadbandForum, 141, "Maximum-Interleaving-Delay-Downstream"},
    {kBroadbandForum, 142, "Actual-Interleaving-Delay-Downstream"},
    {kBroadbandForum, 144, "Access-Loop-Encapsulation"},
    {kBroadbandForum, 145, "ANCP Access Line Type"},
    {kBroadbandForum, 254, "IWF-Session"},
};

}  // namespace

const AttributeRule* FindAttribute(uint16_t type) {
  if (type >= kAttributeLimit || kRows[type] == kNoRow) return nullptr;
  return &kAttributes[kRows[type]];
}

const AttributeRule& RuleOf(AttributeType type) {
  return kAttributes[kRows[static_cast<size_t>(type)]];
}

std::string_view AttributeName(uint16_t vendor_id, uint16_t type) {
  const AttributeRule* rule = vendor_id == 0 ? FindAttribute(type) : nullptr;
  if (rule != nullptr) return rule->name;
  for (const ExtensionName& extension : kExtensions) {
    if (extension.vendor_id == vendor_id && extension.type == type) return extension.name;
  }
  return {};
}

}  // namespace sallyport::l2tp
