// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/avp.h"

#include <algorithm>

#include "l2tp/hidden_avp.h"
#include "l2tp/message.h"

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

void AvpWriter::U16(AttributeType type, uint16_t value) {
  WireWriter octets;
  octets.U16(value);
  Bytes(type, octets.view());
}

void AvpWriter::U32(AttributeType type, uint32_t value) {
  WireWriter octets;
  octets.U32(value);
  Bytes(type, octets.view());
}

void AvpWriter::U64(AttributeType type, uint64_t value) {
  WireWriter octets;
  octets.U64(value);
  Bytes(type, octets.view());
}

void AvpWriter::Text(AttributeType type, std::string_view value) {
  WireWriter octets;
  octets.Text(value);
  Bytes(type, octets.view());
}

void AvpWriter::Bytes(AttributeType type, std::span<const uint8_t> value) {
  if (hiding_ == nullptr || !RuleOf(type).may_hide) {
    Put(type, value.first(std::min(value.size(), kMaxAvpValue)), 0);
    return;
  }
  const auto taken = value.first(std::min(value.size(), kMaxHiddenValue));
  Put(type, HideValue(type, hiding_->secret, hiding_->random_vector, taken), kHiddenBit);
}

void AvpWriter::Put(AttributeType type, std::span<const uint8_t> value, uint16_t hidden_bit) {
  const uint16_t mandatory = RuleOf(type).mandatory ? kMandatoryBit : uint16_t{0};
  out_.U16(static_cast<uint16_t>(mandatory | hidden_bit | (kAvpHeaderSize + value.size())));
  out_.U16(0);  // Vendor ID: IETF
  out_.U16(static_cast<uint16_t>(type));
  out_.Bytes(value);
}

}  // namespace sallyport::l2tp
