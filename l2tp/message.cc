// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/message.h"

#include "base/wire_writer.h"
#include "l2tp/avp.h"

namespace sallyport::l2tp {
namespace {

using enum AttributeType;

/// Firmware Revision AVP, "encoded in a vendor specific format" (RFC 2661 §4.4.3): ours is major
/// and minor version in an octet each. Sallyport 0.1.
constexpr uint16_t kFirmwareRevisionValue = 0x0001;

AvpWriter Begin(MessageType type) {
  AvpWriter out;
  // "The Message Type AVP MUST be the first AVP in a message" (RFC 2661 §4.4.1).
  out.U16(kMessageType, static_cast<uint16_t>(type));
  return out;
}

void WriteResultCode(AvpWriter& out, const ResultCode& result) {
  WireWriter value;
  value.U16(result.result);
  // The message can stand only behind an error code: 0, "No general error", holds its place.
  if (result.error || !result.message.empty()) value.U16(result.error.value_or(0));
  value.Text(result.message);
  out.Bytes(kResultCode, value.view());
}

// What follows is not in the header any more: Encode finds it by the message's type.
// macOS drops the tunnel over any AVP above 39 that is mandatory and over any hidden one: an SCCRP
// holds neither.
std::vector<uint8_t> EncodeOne(const Sccrp& message) {
  AvpWriter out = Begin(MessageType::kSccrp);
  out.U16(kProtocolVersion, kProtocolVersion1_0);
  out.U32(kFramingCapabilities, kFramingBoth);
  // RFC 2661 §4.4.3: an LNS that is no LAC sets "the A and D bits of this AVP to 0".
  out.U32(kBearerCapabilities, 0);
  out.U16(kFirmwareRevision, kFirmwareRevisionValue);
  out.Text(kHostName, message.host_name);
  if (!message.vendor_name.empty()) out.Text(kVendorName, message.vendor_name);
  out.U16(kAssignedTunnelId, message.assigned_tunnel.value());
  out.U16(kReceiveWindowSize, message.receive_window);
  return std::move(out).Finish();
}

std::vector<uint8_t> EncodeOne(const StopCcn& message) {
  AvpWriter out = Begin(MessageType::kStopCcn);
  out.U16(kAssignedTunnelId, message.assigned_tunnel.value());
  WriteResultCode(out, message.result);
  return std::move(out).Finish();
}

std::vector<uint8_t> EncodeOne(const Hello&) { return Begin(MessageType::kHello).Finish(); }

std::vector<uint8_t> EncodeOne(const Icrp& message) {
  AvpWriter out = Begin(MessageType::kIcrp);
  out.U16(kAssignedSessionId, message.assigned_session.value());
  return std::move(out).Finish();
}

std::vector<uint8_t> EncodeOne(const Cdn& message) {
  AvpWriter out = Begin(MessageType::kCdn);
  WriteResultCode(out, message.result);
  out.U16(kAssignedSessionId, message.assigned_session.value());
  return std::move(out).Finish();
}

template <typename Other>
std::vector<uint8_t> EncodeOne(const Other&) {
  return {};
}

}  // namespace

std::vector<uint8_t> Encode(const Message& message, const std::optional<Hiding>&) {
  return std::visit([](const auto& one) { return EncodeOne(one); }, message);
}

}  // namespace sallyport::l2tp
