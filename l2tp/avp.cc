// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/avp.h"

#include <algorithm>

namespace sallyport::l2tp {
namespace {

// RFC 2661 §4.1:  |M|H| rsvd  |      Length       |
constexpr uint16_t kMandatoryBit = 0x8000;
constexpr uint16_t kHiddenBit = 0x4000;
constexpr uint16_t kReservedBits = 0x3C00;
constexpr uint16_t kLengthMask = 0x03FF;

}  // namespace

Expected<Avp, AvpError> ReadAvp(WireReader& in) {
  const uint16_t bits = in.U16();
  Avp avp{.mandatory = (bits & kMandatoryBit) != 0,
          .hidden = (bits & kHiddenBit) != 0,
          .reserved = (bits & kReservedBits) != 0,
          .vendor_id = in.U16(),
          .type = in.U16(),
          .value = {}};
  if (!in.ok()) return Unexpected{AvpError::kTruncated};
  const size_t length = bits & kLengthMask;
  if (length < kAvpHeaderSize) return Unexpected{AvpError::kBadLength};
  avp.value = in.Take(length - kAvpHeaderSize);
  if (!in.ok()) return Unexpected{AvpError::kTruncated};
  return avp;
}

void AvpWriter::Header(AttributeType type, size_t value_size) {
  const uint16_t mandatory = RuleOf(type).mandatory ? kMandatoryBit : uint16_t{0};
  out_.U16(static_cast<uint16_t>(mandatory | (kAvpHeaderSize + value_size)));
  out_.U16(0);  // Vendor ID: IETF
  out_.U16(static_cast<uint16_t>(type));
}

void AvpWriter::U16(AttributeType type, uint16_t value) {
  Header(type, sizeof value);
  out_.U16(value);
}

void AvpWriter::U32(AttributeType type, uint32_t value) {
  Header(type, sizeof value);
  out_.U32(value);
}

void AvpWriter::Bytes(AttributeType type, std::span<const uint8_t> value) {
  const auto taken = value.first(std::min(value.size(), kMaxAvpValue));
  Header(type, taken.size());
  out_.Bytes(taken);
}

void AvpWriter::Text(AttributeType type, std::string_view value) {
  const auto taken = value.substr(0, kMaxAvpValue);
  Header(type, taken.size());
  out_.Text(taken);
}

}  // namespace sallyport::l2tp
