// SPDX-License-Identifier: GPL-2.0-or-later
#include "vici/packet.h"

#include <utility>

#include "base/wire_reader.h"
#include "base/wire_writer.h"

namespace sallyport::vici {
namespace {

constexpr size_t kLengthSize = 4;  // octets of the length in front of a segment, itself not counted
constexpr size_t kMaxName = 255;   // u8 length

struct Layout {
  bool name;
  bool message;
};

Layout LayoutOf(PacketType type) {
  switch (type) {
    case PacketType::kCommandRequest:
    case PacketType::kEvent:
      return {.name = true, .message = true};
    case PacketType::kCommandResponse:
      return {.name = false, .message = true};
    case PacketType::kEventRegister:
    case PacketType::kEventUnregister:
      return {.name = true, .message = false};
    case PacketType::kCommandUnknown:
    case PacketType::kEventConfirm:
    case PacketType::kEventUnknown:
      return {.name = false, .message = false};
  }
  return {.name = false, .message = false};
}

}  // namespace

std::string_view ToString(PacketError error) {
  switch (error) {
    case PacketError::kOversized:
      return "oversized packet";
    case PacketError::kTruncated:
      return "truncated packet";
    case PacketError::kUnknownType:
      return "unknown packet type";
    case PacketError::kTrailing:
      return "octets after the packet";
    case PacketError::kBadMessage:
      return "malformed message";
    case PacketError::kNameTooLong:
      return "name too long";
  }
  return "unknown";
}

Expected<std::vector<uint8_t>, PacketError> EncodePacket(const Packet& packet) {
  const Layout layout = LayoutOf(packet.type);
  if (layout.name && packet.name.size() > kMaxName) return Unexpected{PacketError::kNameTooLong};
  WireWriter body;
  body.U8(static_cast<uint8_t>(packet.type));
  if (layout.name) {
    body.U8(static_cast<uint8_t>(packet.name.size()));
    body.Text(packet.name);
  }
  if (layout.message) {
    const auto message = packet.message.Encode();
    if (!message) return Unexpected{PacketError::kBadMessage};
    body.Bytes(*message);
  }
  if (body.size() > Message::kMaxSize) return Unexpected{PacketError::kOversized};
  WireWriter segment;
  segment.U32(static_cast<uint32_t>(body.size()));
  segment.Bytes(body.view());
  return std::move(segment).Finish();
}

Expected<Packet, PacketError> DecodePacket(std::span<const uint8_t> bytes) {
  WireReader in(bytes);
  Packet packet;
  const uint8_t type = in.U8();
  if (!in.ok()) return Unexpected{PacketError::kTruncated};
  if (type > static_cast<uint8_t>(PacketType::kEvent)) return Unexpected{PacketError::kUnknownType};
  packet.type = static_cast<PacketType>(type);
  const Layout layout = LayoutOf(packet.type);
  if (layout.name) {
    const auto name = in.Take(in.U8());
    packet.name.assign(name.begin(), name.end());
  }
  if (!in.ok()) return Unexpected{PacketError::kTruncated};
  if (!layout.message) {
    if (!in.empty()) return Unexpected{PacketError::kTrailing};
    return packet;
  }
  auto message = Message::Decode(in.TakeRest());
  if (!message) return Unexpected{PacketError::kBadMessage};
  packet.message = std::move(*message);
  return packet;
}

void PacketStream::Append(std::span<const uint8_t> bytes) {
  if (failure_) return;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_));
  consumed_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

Expected<std::optional<Packet>, PacketError> PacketStream::Next() {
  if (failure_) return Unexpected{*failure_};
  WireReader in(std::span<const uint8_t>(buffer_).subspan(consumed_));
  const size_t length = in.U32();
  // Refused as soon as the length is known, before the octets are collected.
  if (in.ok() && length > Message::kMaxSize) failure_ = PacketError::kOversized;
  if (failure_) return Unexpected{*failure_};
  const auto segment = in.Take(length);
  if (!in.ok()) return std::optional<Packet>();
  consumed_ += kLengthSize + length;
  auto packet = DecodePacket(segment);
  if (!packet) {
    failure_ = packet.error();
    return Unexpected{*failure_};
  }
  return std::optional<Packet>(std::move(*packet));
}

}  // namespace sallyport::vici
