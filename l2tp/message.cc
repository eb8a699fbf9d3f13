// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/message.h"

#include <string_view>

#include "base/wire_writer.h"
#include "l2tp/avp.h"

namespace sallyport::l2tp {
namespace {

using enum AttributeType;

/// Firmware Revision AVP, "encoded in a vendor specific format" (RFC 2661 §4.4.3): ours is major
/// and minor version in an octet each. Sallyport 0.1.
constexpr uint16_t kFirmwareRevisionValue = 0x0001;

/// A message whose Message Type is written, and its Random Vector if it is to be hidden.
AvpWriter Begin(MessageType type, const Hiding* hiding) {
  AvpWriter out(hiding);
  // "The Message Type AVP MUST be the first AVP in a message" (RFC 2661 §4.4.1).
  out.U16(kMessageType, static_cast<uint16_t>(type));
  // "This AVP MUST precede the first AVP with the H bit set" (RFC 2661 §4.4.1).
  if (hiding != nullptr) out.Bytes(kRandomVector, hiding->random_vector);
  return out;
}

// AVPs that MAY be present are written when they say something.

void U32IfSaid(AvpWriter& out, AttributeType type, uint32_t value) {
  if (value != 0) out.U32(type, value);
}

void TextIfSaid(AvpWriter& out, AttributeType type, std::string_view value) {
  if (!value.empty()) out.Text(type, value);
}

void BytesIfSaid(AvpWriter& out, AttributeType type, std::span<const uint8_t> value) {
  if (!value.empty()) out.Bytes(type, value);
}

void WriteResponse(AvpWriter& out, const std::optional<ChallengeResponse>& response) {
  if (response) out.Bytes(kChallengeResponse, *response);
}

void WriteResultCode(AvpWriter& out, const ResultCode& result) {
  WireWriter value;
  value.U16(result.result);
  // The message can stand only behind an error code: 0, "No general error", holds its place.
  if (result.error || !result.message.empty()) value.U16(result.error.value_or(0));
  value.Text(result.message);
  out.Bytes(kResultCode, value.view());
}

/// What SCCRQ and SCCRP have in common.
template <typename Start>
void WriteStart(AvpWriter& out, const Start& message) {
  out.U16(kProtocolVersion, kProtocolVersion1_0);
  out.U32(kFramingCapabilities, message.framing_capabilities);
  // RFC 2661 §4.4.3: an LNS that is no LAC sets "the A and D bits of this AVP to 0".
  out.U32(kBearerCapabilities, message.bearer_capabilities);
  out.U16(kFirmwareRevision, kFirmwareRevisionValue);
  out.Text(kHostName, message.host_name);
  TextIfSaid(out, kVendorName, message.vendor_name);
  out.U16(kAssignedTunnelId, message.assigned_tunnel.value());
  out.U16(kReceiveWindowSize, message.receive_window);
  BytesIfSaid(out, kChallenge, message.challenge);
}

/// Which AVPs a Proxy Authen Type brings with it: each "MUST be present" for some (RFC 2661
/// §4.4.5), so that for those an empty one is said too.
struct ProxyNeeds {
  bool name_and_response = false;
  bool challenge = false;
  bool id = false;
};

ProxyNeeds NeedsOf(const std::optional<uint16_t>& authen_type) {
  if (!authen_type) return {};
  switch (static_cast<ProxyAuthenType>(*authen_type)) {
    case ProxyAuthenType::kTextual:
      return {.name_and_response = true};
    case ProxyAuthenType::kPap:
      return {.name_and_response = true, .id = true};
    case ProxyAuthenType::kChap:
    case ProxyAuthenType::kMsChapV1:
      return {.name_and_response = true, .challenge = true, .id = true};
    case ProxyAuthenType::kNone:
      return {};
  }
  return {};  // a number that is no ProxyAuthenType
}

void WriteProxy(AvpWriter& out, const ProxyAttributes& proxy) {
  BytesIfSaid(out, kInitialReceivedLcpConfreq, proxy.initial_received_confreq);
  BytesIfSaid(out, kLastSentLcpConfreq, proxy.last_sent_confreq);
  BytesIfSaid(out, kLastReceivedLcpConfreq, proxy.last_received_confreq);
  if (proxy.authen_type) out.U16(kProxyAuthenType, *proxy.authen_type);
  const ProxyNeeds needs = NeedsOf(proxy.authen_type);
  if (needs.name_and_response || !proxy.authen_name.empty()) {
    out.Text(kProxyAuthenName, proxy.authen_name);
  }
  if (needs.challenge || !proxy.authen_challenge.empty()) {
    out.Bytes(kProxyAuthenChallenge, proxy.authen_challenge);
  }
  // "The most significant octet MUST be 0" (RFC 2661 §4.4.5).
  if (needs.id || proxy.authen_id != 0) out.U16(kProxyAuthenId, proxy.authen_id);
  if (needs.name_and_response || !proxy.authen_response.empty()) {
    out.Bytes(kProxyAuthenResponse, proxy.authen_response.bytes());
  }
}

/// What ICCN and OCCN have in common at their begin: the AVPs that MUST be present.
void WriteConnected(AvpWriter& out, const CallDetails& details) {
  out.U32(kTxConnectSpeed, details.tx_connect_speed);
  out.U32(kFramingType, details.framing_type);
}

/// And at their end.
void WriteConnectedRest(AvpWriter& out, const CallDetails& details, bool sequencing_required) {
  U32IfSaid(out, kRxConnectSpeed, details.rx_connect_speed);
  if (sequencing_required) out.Bytes(kSequencingRequired, {});
}

// The AVPs of each message behind what Begin has written, in the order of RFC 2661 §6.

void Write(AvpWriter& out, const Sccrq& message) {
  WriteStart(out, message);
  if (message.tie_breaker) out.U64(kTieBreaker, *message.tie_breaker);
}

void Write(AvpWriter& out, const Sccrp& message) {
  WriteStart(out, message);
  WriteResponse(out, message.challenge_response);
}

void Write(AvpWriter& out, const Scccn& message) { WriteResponse(out, message.challenge_response); }

void Write(AvpWriter& out, const StopCcn& message) {
  out.U16(kAssignedTunnelId, message.assigned_tunnel.value());
  WriteResultCode(out, message.result);
}

void Write(AvpWriter& out, const Ocrq& message) {
  out.U16(kAssignedSessionId, message.assigned_session.value());
  out.U32(kCallSerialNumber, message.details.call_serial_number);
  out.U32(kMinimumBps, message.details.minimum_bps);
  out.U32(kMaximumBps, message.details.maximum_bps);
  out.U32(kBearerType, message.details.bearer_type);
  out.U32(kFramingType, message.details.framing_type);
  out.Text(kCalledNumber, message.details.called_number);
  TextIfSaid(out, kSubAddress, message.details.sub_address);
}

void Write(AvpWriter& out, const Ocrp& message) {
  out.U16(kAssignedSessionId, message.assigned_session.value());
  U32IfSaid(out, kPhysicalChannelId, message.details.physical_channel_id);
}

void Write(AvpWriter& out, const Occn& message) {
  WriteConnected(out, message.details);
  WriteConnectedRest(out, message.details, message.sequencing_required);
}

void Write(AvpWriter& out, const Icrq& message) {
  out.U16(kAssignedSessionId, message.assigned_session.value());
  out.U32(kCallSerialNumber, message.details.call_serial_number);
  U32IfSaid(out, kBearerType, message.details.bearer_type);
  U32IfSaid(out, kPhysicalChannelId, message.details.physical_channel_id);
  TextIfSaid(out, kCallingNumber, message.details.calling_number);
  TextIfSaid(out, kCalledNumber, message.details.called_number);
  TextIfSaid(out, kSubAddress, message.details.sub_address);
}

void Write(AvpWriter& out, const Icrp& message) {
  out.U16(kAssignedSessionId, message.assigned_session.value());
}

void Write(AvpWriter& out, const Iccn& message) {
  WriteConnected(out, message.details);
  WriteProxy(out, message.proxy);
  TextIfSaid(out, kPrivateGroupId, message.details.private_group_id);
  WriteConnectedRest(out, message.details, message.sequencing_required);
}

void Write(AvpWriter& out, const Cdn& message) {
  WriteResultCode(out, message.result);
  out.U16(kAssignedSessionId, message.assigned_session.value());
}

void Write(AvpWriter& out, const Wen& message) {
  WireWriter value;
  value.U16(0);  // reserved
  value.U32(message.errors.crc_errors);
  value.U32(message.errors.framing_errors);
  value.U32(message.errors.hardware_overruns);
  value.U32(message.errors.buffer_overruns);
  value.U32(message.errors.timeout_errors);
  value.U32(message.errors.alignment_errors);
  out.Bytes(kCallErrors, value.view());
}

void Write(AvpWriter& out, const Sli& message) {
  WireWriter value;
  value.U16(0);  // reserved
  value.U32(message.send_accm);
  value.U32(message.receive_accm);
  out.Bytes(kAccm, value.view());
}

struct Encoder {
  const Hiding* hiding;

  std::vector<uint8_t> operator()(const UnknownMessage&) const { return {}; }
  // There is nothing to hide, and so no need of a Random Vector.
  std::vector<uint8_t> operator()(const Hello&) const {
    return Begin(Hello::kType, nullptr).Finish();
  }
  template <typename Known>
  std::vector<uint8_t> operator()(const Known& message) const {
    AvpWriter out = Begin(Known::kType, hiding);
    Write(out, message);
    return std::move(out).Finish();
  }
};

}  // namespace

std::vector<uint8_t> Encode(const Message& message, const std::optional<Hiding>& hiding) {
  // "The H bit MUST only be set if a shared secret exists" (RFC 2661 §4.3).
  const bool can_hide = hiding && !hiding->secret.empty();
  return std::visit(Encoder{can_hide ? &*hiding : nullptr}, message);
}

}  // namespace sallyport::l2tp
