// SPDX-License-Identifier: GPL-2.0-or-later
// Attribute Value Pairs (RFC 2661 §4.1): syntax only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "base/wire_reader.h"
#include "base/wire_writer.h"
#include "l2tp/attribute.h"

namespace sallyport::l2tp {

/// Octets before the value, and the most that a value can have: Length is a field of 10 bits
/// (RFC 2661 §4.1).
inline constexpr size_t kAvpHeaderSize = 6;
inline constexpr size_t kMaxAvpValue = 0x03FF - kAvpHeaderSize;

struct Avp {
  bool mandatory = false;
  bool hidden = false;
  bool reserved = false;  // a reserved bit is set: "MUST be treated as an unrecognized AVP"
  uint16_t vendor_id = 0;
  uint16_t type = 0;
  std::span<const uint8_t> value;  // borrowed from the received bytes
};

enum class AvpError {
  kTruncated,  // the message ends before the AVP does
  kBadLength,  // Length is less than the AVP's own header
};

/// Reads one AVP and advances `in` past it. After an error nothing more can be read.
Expected<Avp, AvpError> ReadAvp(WireReader& in);

struct Hiding;

/// Builds the AVPs of one message, Message Type first. The M bit of each is RFC 2661 §4.4's.
class AvpWriter {
 public:
  /// With `hiding`, which is borrowed, every AVP that may be hidden is; its Random Vector has to be
  /// written before the first of them (RFC 2661 §4.3).
  explicit AvpWriter(const Hiding* hiding = nullptr) : hiding_(hiding) {}

  void U16(AttributeType type, uint16_t value);
  void U32(AttributeType type, uint32_t value);
  void U64(AttributeType type, uint64_t value);
  /// What is more than one AVP can say is cut off: kMaxAvpValue octets, kMaxHiddenValue if hidden.
  void Bytes(AttributeType type, std::span<const uint8_t> value);
  void Text(AttributeType type, std::string_view value);

  std::vector<uint8_t> Finish() && { return std::move(out_).Finish(); }

 private:
  void Put(AttributeType type, std::span<const uint8_t> value, uint16_t hidden_bit);

  const Hiding* hiding_;
  WireWriter out_;
};

}  // namespace sallyport::l2tp
