// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>
#include <variant>

#include "base/wire_reader.h"
#include "l2tp/avp.h"
#include "l2tp/drop_reason.h"
#include "l2tp/header.h"
#include "l2tp/message.h"
#include "trace/text.h"
#include "trace/words.h"

namespace sallyport::trace {
namespace {

using l2tp::AttributeType;

/// Names of RFC 2661 §3.2, by Message Type; those it does not assign are empty.
constexpr std::array<std::string_view, 17> kMessages{
    "",     "SCCRQ", "SCCRP", "SCCCN", "StopCCN", "",    "HELLO", "OCRQ", "OCRP",
    "OCCN", "ICRQ",  "ICRP",  "ICCN",  "",        "CDN", "WEN",   "SLI"};

/// RFC 2661 §4.4.2: code, error code and message, the last two if they are there.
std::string Result(std::span<const uint8_t> value) {
  WireReader in(value);
  std::string text = fmt::format("{}", in.U16());
  if (in.empty()) return text;
  text += fmt::format(" error {}", in.U16());
  if (!in.ok()) return Hex(value);
  return in.empty() ? text : text + ' ' + Quoted(in.TakeRest());
}

std::string Number(std::span<const uint8_t> value) {
  WireReader in(value);
  return value.size() == sizeof(uint16_t)   ? fmt::format("{}", in.U16())
         : value.size() == sizeof(uint32_t) ? fmt::format("{}", in.U32())
                                            : Hex(value);
}

std::string Value(AttributeType type, std::span<const uint8_t> value) {
  switch (type) {
    case AttributeType::kResultCode:
      return Result(value);
    case AttributeType::kProtocolVersion:
      if (value.size() != 2) return Hex(value);
      return fmt::format("{}.{}", value[0], value[1]);
    case AttributeType::kFirmwareRevision:
    case AttributeType::kAssignedTunnelId:
    case AttributeType::kAssignedSessionId:
    case AttributeType::kReceiveWindowSize:
    case AttributeType::kCallSerialNumber:
    case AttributeType::kMinimumBps:
    case AttributeType::kMaximumBps:
    case AttributeType::kTxConnectSpeed:
    case AttributeType::kRxConnectSpeed:
    case AttributeType::kPhysicalChannelId:
    case AttributeType::kProxyAuthenType:
    case AttributeType::kProxyAuthenId:
      return Number(value);
    case AttributeType::kHostName:
    case AttributeType::kVendorName:
    case AttributeType::kCalledNumber:
    case AttributeType::kCallingNumber:
    case AttributeType::kSubAddress:
    case AttributeType::kProxyAuthenName:
      return Quoted(value);
    case AttributeType::kRandomVector:
    case AttributeType::kChallenge:
    case AttributeType::kChallengeResponse:
    case AttributeType::kProxyAuthenChallenge:
    case AttributeType::kProxyAuthenResponse:
      return fmt::format("{} octets", value.size());
    default:
      return Hex(value);
  }
}

std::string Attribute(const l2tp::Avp& avp) {
  const std::string_view known = l2tp::AttributeName(avp.vendor_id, avp.type);
  std::string text(known);
  if (known.empty()) {
    text = avp.vendor_id == 0 ? fmt::format("AVP {}", avp.type)
                              : fmt::format("AVP {} of vendor {}", avp.type, avp.vendor_id);
  }
  if (avp.hidden) return text + " (hidden)";
  const std::string value =
      avp.vendor_id == 0 ? Value(static_cast<AttributeType>(avp.type), avp.value) : Hex(avp.value);
  return value.empty() ? text : text + ' ' + value;
}

/// The name of the message that `avp`, its first, makes it.
std::string MessageName(const l2tp::Avp& avp) {
  WireReader in(avp.value);
  const uint16_t type = in.U16();
  const bool is_type = avp.vendor_id == 0 && !avp.hidden && in.ok() &&
                       avp.type == static_cast<uint16_t>(AttributeType::kMessageType);
  if (!is_type) return "message without a type";
  const std::string_view name = type < kMessages.size() ? kMessages[type] : std::string_view();
  return name.empty() ? fmt::format("message {}", type) : std::string(name);
}

std::string Control(const l2tp::ControlPacket& packet) {
  const std::string numbers = fmt::format("Ns {} Nr {}", packet.header.ns, packet.header.nr);
  if (packet.IsZlb()) return "ZLB " + numbers;
  WireReader in(packet.avps);
  std::string name = "message";
  std::string attributes;
  for (bool first = true; !in.empty(); first = false) {
    const auto avp = l2tp::ReadAvp(in);
    if (first && avp) {
      name = MessageName(*avp);
      continue;
    }
    attributes += attributes.empty() ? ": " : ", ";
    attributes += avp ? Attribute(*avp) : "an AVP with a wrong length";
    if (!avp) break;
  }
  return fmt::format("{} {}{}", name, numbers, attributes);
}

}  // namespace

std::string L2tpText(std::span<const uint8_t> datagram) {
  const auto packet = l2tp::ParsePacket(datagram);
  if (!packet) return fmt::format("not understood: {}", l2tp::ToString(packet.error()));
  if (const auto* data = std::get_if<l2tp::DataPacket>(&*packet)) {
    return fmt::format("data message, {} octets", data->payload.size());
  }
  return Control(std::get<l2tp::ControlPacket>(*packet));
}

}  // namespace sallyport::trace
