// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/validate.h"

#include <array>
#include <initializer_list>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/wire_reader.h"
#include "l2tp/attribute.h"
#include "l2tp/avp.h"

namespace sallyport::l2tp {
namespace {

using enum AttributeType;

/// A set of attribute types, one bit each.
class AttributeSet {
 public:
  constexpr AttributeSet(std::initializer_list<AttributeType> types) {
    for (const AttributeType type : types) bits_ |= uint64_t{1} << static_cast<unsigned>(type);
  }
  constexpr bool Contains(AttributeType type) const {
    return (bits_ >> static_cast<unsigned>(type) & 1) != 0;
  }

 private:
  uint64_t bits_ = 0;
};

struct MessageRule {
  MessageType type;
  Scope scope;
  bool ends;              // StopCCN and CDN: obeyed whatever is wrong with them
  AttributeSet required;  // RFC 2661 §6 "MUST be present", where something depends on it
  AttributeSet optional;  // "MAY be present", and the MUSTs whose absence is tolerated
};

// RFC 2661 §6.1 to §6.14. Message Type and Random Vector may stand in every message (§4.4.1).
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
                {kAssignedSessionId},
                {kCallSerialNumber, kMinimumBps, kMaximumBps, kBearerType, kFramingType,
                 kCalledNumber, kSubAddress}},
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
                {kResultCode, kAssignedSessionId, kQ931CauseCode}},
    MessageRule{MessageType::kWen, Scope::kSession, false, {}, {kCallErrors}},
    MessageRule{MessageType::kSli, Scope::kSession, false, {}, {kAccm}},
};

const MessageRule* FindMessage(uint16_t type) {
  for (const MessageRule& rule : kMessages) {
    if (static_cast<uint16_t>(rule.type) == type) return &rule;
  }
  return nullptr;
}

/// The values of one message by attribute type, of the right size and borrowed from it.
class Values {
 public:
  bool Has(AttributeType type) const { return At(type).has_value(); }
  void Add(AttributeType type, std::span<const uint8_t> value) {
    auto& slot = values_[static_cast<size_t>(type)];
    if (!slot) slot = value;
  }

  // Zero or empty when the message has no such AVP.
  std::span<const uint8_t> Bytes(AttributeType type) const {
    return At(type).value_or(std::span<const uint8_t>());
  }
  uint16_t U16(AttributeType type) const { return Has(type) ? WireReader(Bytes(type)).U16() : 0; }
  uint32_t U32(AttributeType type) const { return Has(type) ? WireReader(Bytes(type)).U32() : 0; }
  std::string Text(AttributeType type) const { return PrintableText(Bytes(type)); }

 private:
  const std::optional<std::span<const uint8_t>>& At(AttributeType type) const {
    return values_[static_cast<size_t>(type)];
  }

  std::array<std::optional<std::span<const uint8_t>>, kAttributeLimit> values_;
};

ResultCode GeneralError(uint16_t error, std::string message) {
  static_assert(stop_ccn_result::kGeneralError == cdn_result::kGeneralError);
  return {stop_ccn_result::kGeneralError, error, std::move(message)};
}

/// RFC 2661 §4.4.2, error 8: the message names the attribute "in (human readable) text form".
ResultCode UnknownMandatory(const Avp& avp) {
  std::string message = "AVP " + std::to_string(avp.type);
  if (avp.vendor_id != 0) message += " of vendor " + std::to_string(avp.vendor_id);
  message += avp.hidden ? " is hidden and there is no secret" : " is mandatory and unknown";
  return GeneralError(error_code::kUnknownMandatoryAvp, std::move(message));
}

/// Takes one AVP into `values`. Gives the reason to refuse the message, if it is one.
std::optional<ResultCode> Judge(const Avp& avp, const MessageRule& message, Values& values) {
  // Vendor ids are name spaces: 311/1 is no Result Code (RFC 2661 §4.1). Reserved bits make an AVP
  // unrecognized, and so does hiding where no secret is shared (§4.3).
  const bool ours = avp.vendor_id == 0 && !avp.reserved && !avp.hidden;
  const AttributeRule* rule = ours ? FindAttribute(avp.type) : nullptr;
  if (rule == nullptr) {
    // "If the M bit is not set, an unrecognized AVP MUST be ignored" (§4.1).
    return avp.mandatory ? std::optional(UnknownMandatory(avp)) : std::nullopt;
  }
  if (!message.required.Contains(rule->type) && !message.optional.Contains(rule->type)) return {};
  if (avp.value.size() < rule->min_size || avp.value.size() > rule->max_size) {
    // RFC 2661 §7.1: a malformed AVP counts only "with the M-bit set".
    if (!avp.mandatory) return {};
    return GeneralError(error_code::kWrongLength, std::string(rule->name) + " has a wrong length");
  }
  values.Add(rule->type, avp.value);
  return {};
}

/// Reads every AVP behind the Message Type. Gives the first reason to refuse the message; what
/// follows it is read all the same, for the ids that the refusal is addressed to.
std::optional<ResultCode> Collect(WireReader in, const MessageRule& message, Values& values) {
  std::optional<ResultCode> refusal;
  while (!in.empty()) {
    const auto avp = ReadAvp(in);
    if (!avp) {
      if (!refusal) refusal = GeneralError(error_code::kWrongLength, "malformed AVP");
      break;
    }
    auto verdict = Judge(*avp, message, values);
    if (!refusal) refusal = std::move(verdict);
  }
  return refusal;
}

std::optional<ResultCode> MissingAttribute(const MessageRule& message, const Values& values) {
  for (size_t i = 0; i < kAttributeLimit; ++i) {
    const auto type = static_cast<AttributeType>(i);
    if (message.required.Contains(type) && !values.Has(type)) {
      return GeneralError(error_code::kOutOfRange, std::string(RuleOf(type).name) + " is missing");
    }
  }
  return {};
}

/// What is wrong with a message whose AVPs are well formed and all there.
std::optional<ResultCode> BadValue(const MessageRule& message, const Values& values) {
  if (values.Has(kAssignedSessionId) && values.U16(kAssignedSessionId) == 0) {
    return GeneralError(error_code::kInvalidSessionId, "Assigned Session ID is zero");
  }
  if (message.type == MessageType::kSccrq && values.U16(kAssignedTunnelId) == 0) {
    return GeneralError(error_code::kOutOfRange, "Assigned Tunnel ID is zero");
  }
  return {};
}

/// The version decides before anything else is looked at: a later one may have made new AVPs
/// mandatory (RFC 2661 §4.4.2, result 5, "Error Code indicates highest version supported").
std::optional<ResultCode> BadVersion(const MessageRule& message, const Values& values) {
  const bool starts = message.type == MessageType::kSccrq || message.type == MessageType::kSccrp;
  if (!starts || !values.Has(kProtocolVersion)) return {};
  if (values.U16(kProtocolVersion) == kProtocolVersion1_0) return {};
  return ResultCode{stop_ccn_result::kVersionNotSupported, kProtocolVersion1_0,
                    "L2TP protocol version 1.0 is spoken here"};
}

/// A session message without an Assigned Session ID asks for a call that nobody can name.
ResultCode ForMissing(const MessageRule& message, ResultCode missing) {
  if (message.scope == Scope::kSession) missing.error = error_code::kInvalidSessionId;
  return missing;
}

std::optional<ResultCode> Refusal(const MessageRule& message, const Values& values,
                                  std::optional<ResultCode> malformed) {
  if (message.ends) return {};
  if (auto refusal = BadVersion(message, values)) return refusal;
  if (malformed) return malformed;
  if (auto refusal = MissingAttribute(message, values)) return ForMissing(message, *refusal);
  return BadValue(message, values);
}

/// Result Code (RFC 2661 §4.4.2): 2 octets, or 4, or 4 and text. macOS sends 8, in host byte order
/// and with junk behind: the numbers are only shown, so that they stay as they came.
ResultCode DecodeResultCode(const Values& values) {
  ResultCode result;
  WireReader in(values.Bytes(kResultCode));
  if (in.empty()) return result;
  result.result = in.U16();
  if (in.remaining() < 2) return result;
  result.error = in.U16();
  result.message = PrintableText(in.TakeRest());
  return result;
}

Sccrq DecodeSccrq(const Values& values) {
  auto host_name = values.Bytes(kHostName);
  if (host_name.back() == 0) host_name = host_name.first(host_name.size() - 1);
  const uint16_t window = values.U16(kReceiveWindowSize);
  return {.assigned_tunnel = TunnelId(values.U16(kAssignedTunnelId)),
          .receive_window = window == 0 ? kDefaultReceiveWindow : window,
          .host_name = PrintableText(host_name),
          .vendor_name = values.Text(kVendorName),
          .challenge = {values.Bytes(kChallenge).begin(), values.Bytes(kChallenge).end()},
          .tie_breaker = {}};
}

CallDetails DecodeDetails(const Values& values) {
  CallDetails details;
  details.call_serial_number = values.U32(kCallSerialNumber);
  details.calling_number = values.Text(kCallingNumber);
  details.tx_connect_speed = values.U32(kTxConnectSpeed);
  return details;
}

Message Decode(const MessageRule& message, const Values& values) {
  const SessionId session(values.U16(kAssignedSessionId));
  switch (message.type) {
    case MessageType::kSccrq:
      return DecodeSccrq(values);
    case MessageType::kScccn:
      return Scccn{};
    case MessageType::kStopCcn:
      return StopCcn{TunnelId(values.U16(kAssignedTunnelId)), DecodeResultCode(values)};
    case MessageType::kHello:
      return Hello{};
    case MessageType::kIcrq:
      return Icrq{session, DecodeDetails(values)};
    case MessageType::kIccn:
      return Iccn{DecodeDetails(values), values.Has(kSequencingRequired), {}};
    case MessageType::kCdn:
      return Cdn{session, DecodeResultCode(values)};
    case MessageType::kSccrp: {
      Sccrp answer;
      answer.assigned_tunnel = TunnelId(values.U16(kAssignedTunnelId));
      return answer;
    }
    case MessageType::kOcrq:
      return Ocrq{session, {}};
    case MessageType::kOcrp:
      return Ocrp{session, {}};
    case MessageType::kOccn:
      return Occn{};
    case MessageType::kIcrp:
      return Icrp{session};
    case MessageType::kWen:
      return Wen{};
    case MessageType::kSli:
      return Sli{};
  }
  return UnknownMessage{};  // not reached: the switch is full
}

Unexpected<Rejection> RejectTunnel(ResultCode result) {
  return Unexpected{Rejection{.scope = Scope::kTunnel,
                              .type = {},
                              .result = std::move(result),
                              .assigned_tunnel = {},
                              .assigned_session = {}}};
}

}  // namespace

std::optional<std::string> PeekHostName(std::span<const uint8_t>) { return {}; }

Expected<Message, Rejection> Validate(std::span<const uint8_t> avps, const Secret*) {
  WireReader in(avps);
  const auto first = ReadAvp(in);
  if (!first) return RejectTunnel(GeneralError(error_code::kWrongLength, "malformed AVP"));
  const bool is_message_type = first->vendor_id == 0 && !first->reserved && !first->hidden &&
                               first->type == static_cast<uint16_t>(kMessageType);
  if (!is_message_type) {
    return RejectTunnel(GeneralError(error_code::kOutOfRange, "Message Type is not first"));
  }
  WireReader type_value(first->value);
  const uint16_t type = type_value.U16();
  if (!type_value.ok() || !type_value.empty()) {
    return RejectTunnel(GeneralError(error_code::kWrongLength, "Message Type has a wrong length"));
  }
  const MessageRule* rule = FindMessage(type);
  if (rule == nullptr) {
    // "If the M-bit is set within the Message Type AVP and the Message Type is unknown to the
    // implementation, the tunnel MUST be cleared" (RFC 2661 §4.4.1).
    if (!first->mandatory) return Message(UnknownMessage{});
    return RejectTunnel(GeneralError(error_code::kOutOfRange,
                                     "message type " + std::to_string(type) + " is unknown"));
  }

  Values values;
  auto malformed = Collect(in, *rule, values);
  if (auto refusal = Refusal(*rule, values, std::move(malformed))) {
    return Unexpected{Rejection{.scope = rule->scope,
                                .type = rule->type,
                                .result = *std::move(refusal),
                                .assigned_tunnel = TunnelId(values.U16(kAssignedTunnelId)),
                                .assigned_session = SessionId(values.U16(kAssignedSessionId))}};
  }
  return Decode(*rule, values);
}

}  // namespace sallyport::l2tp
