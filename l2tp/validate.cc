// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/validate.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/wire_reader.h"
#include "l2tp/attribute.h"
#include "l2tp/avp.h"
#include "l2tp/avp_values.h"
#include "l2tp/hidden_avp.h"
#include "l2tp/message_decoder.h"
#include "l2tp/message_rules.h"

namespace sallyport::l2tp {
namespace {

using enum AttributeType;

ResultCode GeneralError(uint16_t error, std::string message) {
  static_assert(stop_ccn_result::kGeneralError == cdn_result::kGeneralError);
  return {stop_ccn_result::kGeneralError, error, std::move(message)};
}

/// "The Error Message SHOULD contain the attribute of the offending AVP in (human readable) text
/// form" (RFC 2661 §4.4.2, error 8).
std::string Describe(const Avp& avp) {
  std::string text = "AVP " + std::to_string(avp.type);
  if (avp.vendor_id != 0) text += " of vendor " + std::to_string(avp.vendor_id);
  const std::string_view name = AttributeName(avp.vendor_id, avp.type);
  if (!name.empty()) text.append(" (").append(name).append(")");
  return text;
}

ResultCode WrongLength(const Avp& avp) {
  return GeneralError(error_code::kWrongLength, Describe(avp) + " has a wrong length");
}

/// Takes the AVPs of one message, one after the other.
class Collector {
 public:
  /// All are borrowed; an empty secret is none.
  Collector(const MessageRule& message, const Secret* secret, AvpValues& values)
      : message_(message),
        secret_(secret != nullptr && secret->empty() ? nullptr : secret),
        values_(values) {}

  /// Takes every AVP that is left in `in`. Gives the first reason to refuse the message; what
  /// follows it is read all the same, for the ids that the refusal is addressed to.
  std::optional<ResultCode> TakeAll(WireReader in);

 private:
  std::optional<ResultCode> Take(const Avp& avp);
  std::optional<ResultCode> TakeHidden(const Avp& avp, const AttributeRule& rule);
  std::string_view WhyUnrecognized(const Avp& avp, const AttributeRule* rule) const;

  const MessageRule& message_;
  const Secret* secret_;
  AvpValues& values_;
  // "The last Random Vector AVP encountered in the message prior to the AVP to be unhidden"
  // (RFC 2661 §4.3).
  std::optional<std::span<const uint8_t>> random_vector_;
  AttributeSet revealed_{};
};

std::optional<ResultCode> Collector::TakeAll(WireReader in) {
  std::optional<ResultCode> refusal;
  while (!in.empty()) {
    const auto avp = ReadAvp(in);
    if (!avp) {
      if (!refusal) refusal = GeneralError(error_code::kWrongLength, "malformed AVP");
      break;
    }
    auto verdict = Take(*avp);
    if (!refusal) refusal = std::move(verdict);
  }
  return refusal;
}

/// Why the AVP is an unrecognized one; empty when it is none.
std::string_view Collector::WhyUnrecognized(const Avp& avp, const AttributeRule* rule) const {
  if (rule == nullptr) return "is mandatory and unknown";
  if (avp.reserved) return "has a reserved bit set";  // RFC 2661 §4.1
  if (!avp.hidden) return {};
  if (!rule->may_hide) return "must not be hidden";
  if (secret_ == nullptr) return "is hidden and there is no secret";
  if (!random_vector_) return "is hidden and no Random Vector precedes it";
  return {};
}

/// Gives the reason to refuse the message, if the AVP is one.
std::optional<ResultCode> Collector::Take(const Avp& avp) {
  // Vendor ids are name spaces: 311/1 is no Result Code (RFC 2661 §4.1).
  const AttributeRule* rule = avp.vendor_id == 0 ? FindAttribute(avp.type) : nullptr;
  const std::string_view unrecognized = WhyUnrecognized(avp, rule);
  if (!unrecognized.empty()) {
    // "If the M bit is not set, an unrecognized AVP MUST be ignored" (§4.1).
    if (!avp.mandatory) return {};
    return GeneralError(error_code::kUnknownMandatoryAvp,
                        Describe(avp).append(" ").append(unrecognized));
  }
  if (rule->type == kRandomVector) random_vector_ = avp.value;
  if (!message_.Takes(rule->type)) return {};
  if (avp.hidden) return TakeHidden(avp, *rule);
  if (!rule->HasRoomFor(avp.value.size())) {
    // RFC 2661 §7.1: a malformed AVP counts only "with the M-bit set".
    return avp.mandatory ? std::optional(WrongLength(avp)) : std::nullopt;
  }
  values_.Add(rule->type, avp.value);
  return {};
}

std::optional<ResultCode> Collector::TakeHidden(const Avp& avp, const AttributeRule& rule) {
  // One attempt for each attribute, so that the digests that a message costs are bounded.
  if (revealed_.Contains(rule.type)) return {};
  revealed_.Add(rule.type);
  auto value = RevealValue(rule.type, *secret_, *random_vector_, avp.value);
  if (!value || !rule.HasRoomFor(value->bytes().size())) {
    return avp.mandatory ? std::optional(WrongLength(avp)) : std::nullopt;
  }
  values_.AddRevealed(rule.type, *std::move(value));
  return {};
}

std::optional<ResultCode> MissingAttribute(const MessageRule& message, const AvpValues& values) {
  for (size_t i = 0; i < kAttributeLimit; ++i) {
    const auto type = static_cast<AttributeType>(i);
    if (!message.required.Contains(type) || values.Has(type)) continue;
    // Without an Assigned Session ID a call is asked for that nobody can name.
    const uint16_t error =
        type == kAssignedSessionId ? error_code::kInvalidSessionId : error_code::kOutOfRange;
    return GeneralError(error, std::string(RuleOf(type).name) + " is missing");
  }
  return {};
}

/// What is wrong with a message whose AVPs are well formed and all there.
std::optional<ResultCode> BadValue(const AvpValues& values) {
  if (values.Has(kAssignedSessionId) && values.U16(kAssignedSessionId) == 0) {
    return GeneralError(error_code::kInvalidSessionId, "Assigned Session ID is zero");
  }
  if (values.Has(kAssignedTunnelId) && values.U16(kAssignedTunnelId) == 0) {
    return GeneralError(error_code::kOutOfRange, "Assigned Tunnel ID is zero");
  }
  return {};
}

/// The version decides before anything else is looked at: a later one may have made new AVPs
/// mandatory (RFC 2661 §4.4.2, result 5, "Error Code indicates highest version supported").
std::optional<ResultCode> BadVersion(const AvpValues& values) {
  if (!values.Has(kProtocolVersion)) return {};
  if (values.U16(kProtocolVersion) == kProtocolVersion1_0) return {};
  return ResultCode{stop_ccn_result::kVersionNotSupported, kProtocolVersion1_0,
                    "L2TP protocol version 1.0 is spoken here"};
}

std::optional<ResultCode> Refusal(const MessageRule& message, const AvpValues& values,
                                  std::optional<ResultCode> malformed) {
  if (message.ends) return {};
  if (auto refusal = BadVersion(values)) return refusal;
  if (malformed) return malformed;
  if (auto refusal = MissingAttribute(message, values)) return refusal;
  return BadValue(values);
}

Unexpected<Rejection> RejectTunnel(ResultCode result) {
  return Unexpected{Rejection{.scope = Scope::kTunnel,
                              .type = {},
                              .result = std::move(result),
                              .assigned_tunnel = {},
                              .assigned_session = {}}};
}

}  // namespace

Expected<Message, Rejection> Validate(std::span<const uint8_t> avps, const Secret* secret) {
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
  const MessageRule* rule = FindMessageRule(type);
  if (rule == nullptr) {
    // "If the M-bit is set within the Message Type AVP and the Message Type is unknown to the
    // implementation, the tunnel MUST be cleared" (RFC 2661 §4.4.1).
    if (!first->mandatory) return Message(UnknownMessage{});
    return RejectTunnel(GeneralError(error_code::kOutOfRange,
                                     "message type " + std::to_string(type) + " is unknown"));
  }

  AvpValues values;
  auto malformed = Collector(*rule, secret, values).TakeAll(in);
  if (auto refusal = Refusal(*rule, values, std::move(malformed))) {
    return Unexpected{Rejection{.scope = rule->scope,
                                .type = rule->type,
                                .result = *std::move(refusal),
                                .assigned_tunnel = TunnelId(values.U16(kAssignedTunnelId)),
                                .assigned_session = SessionId(values.U16(kAssignedSessionId))}};
  }
  return DecodeMessage(rule->type, values);
}

std::optional<std::string> PeekHostName(std::span<const uint8_t> avps) {
  WireReader in(avps);
  while (!in.empty()) {
    const auto avp = ReadAvp(in);
    if (!avp) return {};
    const bool is_host_name = avp->vendor_id == 0 && !avp->reserved && !avp->hidden &&
                              avp->type == static_cast<uint16_t>(kHostName);
    // The same that Validate will take: the first of a size that is permitted.
    if (is_host_name && RuleOf(kHostName).HasRoomFor(avp->value.size())) {
      return DecodeHostName(avp->value);
    }
  }
  return {};
}

}  // namespace sallyport::l2tp
