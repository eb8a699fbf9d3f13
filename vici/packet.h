// SPDX-License-Identifier: GPL-2.0-or-later
// VICI packets and their framing on a byte stream (strongSwan src/libcharon/plugins/vici/README.md,
// "Transport protocol" and "Packet layer").
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "vici/message.h"

namespace sallyport::vici {

/// The first octet of a packet; vici_dispatcher.h, vici_operation_t.
enum class PacketType : uint8_t {
  kCommandRequest = 0,   // name, message
  kCommandResponse = 1,  // message
  kCommandUnknown = 2,
  kEventRegister = 3,    // name
  kEventUnregister = 4,  // name
  kEventConfirm = 5,
  kEventUnknown = 6,
  kEvent = 7,  // name, message
};

enum class PacketError {
  kOversized,    // longer than Message::kMaxSize: charon never sends it, and drops it when received
  kTruncated,    // the segment ends inside of the packet
  kUnknownType,  // a packet type that the protocol does not have
  kTrailing,     // octets after the end of the packet
  kBadMessage,   // the packet is whole, its message is not
  kNameTooLong,  // to encode: a name of more than 255 octets
};

/// One phrase for a log line.
std::string_view ToString(PacketError error);

/// `name` and `message` stay empty in the types that have none.
struct Packet {
  PacketType type = PacketType::kCommandUnknown;
  std::string name;
  Message message;
  bool operator==(const Packet&) const = default;
};

/// The segment as it goes onto the stream, its length in front.
/// Errors: kNameTooLong; kBadMessage (Message::Encode refused); kOversized.
Expected<std::vector<uint8_t>, PacketError> EncodePacket(const Packet& packet);

/// One segment without its length. Errors: all but kNameTooLong. `bytes` are not kept.
Expected<Packet, PacketError> DecodePacket(std::span<const uint8_t> bytes);

/// Cuts a byte stream into packets. Holds the octets of one unfinished packet, at most
/// Message::kMaxSize and what one Append() brought.
class PacketStream {
 public:
  void Append(std::span<const uint8_t> bytes);
  /// The next whole packet, or nothing until more octets have come. After an error the stream has
  /// lost its place: every later call returns the same error.
  Expected<std::optional<Packet>, PacketError> Next();

 private:
  std::vector<uint8_t> buffer_;
  size_t consumed_ = 0;  // octets at the front of buffer_ that were given out
  std::optional<PacketError> failure_;
};

}  // namespace sallyport::vici
