// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/message_rules.h"

#include <array>

namespace sallyport::l2tp {
namespace {

using enum AttributeType;

// RFC 2661 §6.1 to §6.14; RFC 3145 §2 for PPP Disconnect Cause Code.
constexpr std::array kMessages{
    MessageRule{MessageType::kSccrq,
                Scope::kTunnel,
                false,
                {kProtocolVersion, kHostName, kFramingCapabilities, kAssignedTunnelId},
                {kBearerCapabilities, kReceiveWindowSize, kChallenge, kTieBreaker,
                 kFirmwareRevision, kVendorName}},
    MessageRule{MessageType::kSccrp,
                Scope::kTunnel,
                false,
                {kProtocolVersion, kFramingCapabilities, kHostName, kAssignedTunnelId},
                {kBearerCapabilities, kFirmwareRevision, kVendorName, kReceiveWindowSize,
                 kChallenge, kChallengeResponse}},
    MessageRule{MessageType::kScccn, Scope::kTunnel, false, {}, {kChallengeResponse}},
    MessageRule{MessageType::kStopCcn, Scope::kTunnel, true, {}, {kAssignedTunnelId, kResultCode}},
    MessageRule{MessageType::kHello, Scope::kTunnel, false, {}, {}},
    MessageRule{MessageType::kOcrq,
                Scope::kSession,
                false,
                {kAssignedSessionId, kCallSerialNumber, kMinimumBps, kMaximumBps, kBearerType,
                 kFramingType, kCalledNumber},
                {kSubAddress}},
    MessageRule{
        MessageType::kOcrp, Scope::kSession, false, {kAssignedSessionId}, {kPhysicalChannelId}},
    MessageRule{MessageType::kOccn,
                Scope::kSession,
                false,
                {},
                {kTxConnectSpeed, kFramingType, kRxConnectSpeed, kSequencingRequired}},
    MessageRule{MessageType::kIcrq,
                Scope::kSession,
                false,
                {kAssignedSessionId},
                {kCallSerialNumber, kBearerType, kPhysicalChannelId, kCallingNumber, kCalledNumber,
                 kSubAddress}},
    MessageRule{MessageType::kIcrp, Scope::kSession, false, {kAssignedSessionId}, {}},
    MessageRule{MessageType::kIccn,
                Scope::kSession,
                false,
                {},
                {kTxConnectSpeed, kFramingType, kInitialReceivedLcpConfreq, kLastSentLcpConfreq,
                 kLastReceivedLcpConfreq, kProxyAuthenType, kProxyAuthenName, kProxyAuthenChallenge,
                 kProxyAuthenId, kProxyAuthenResponse, kPrivateGroupId, kRxConnectSpeed,
                 kSequencingRequired}},
    MessageRule{MessageType::kCdn,
                Scope::kSession,
                true,
                {},
                {kResultCode, kAssignedSessionId, kQ931CauseCode, kPppDisconnectCause}},
    MessageRule{MessageType::kWen, Scope::kSession, false, {kCallErrors}, {}},
    MessageRule{MessageType::kSli, Scope::kSession, false, {kAccm}, {}},
};

}  // namespace

const MessageRule* FindMessageRule(uint16_t type) {
  for (const MessageRule& rule : kMessages) {
    if (static_cast<uint16_t>(rule.type) == type) return &rule;
  }
  return nullptr;
}

}  // namespace sallyport::l2tp
