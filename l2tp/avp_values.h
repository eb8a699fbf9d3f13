// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/secret.h"
#include "l2tp/attribute.h"

namespace sallyport::l2tp {

/// The values of one received message by attribute type, each of a size that its AttributeRule
/// permits. Plain ones are borrowed from the message; those that were hidden are kept here and
/// wiped at the end.
class AvpValues {
 public:
  AvpValues() = default;
  AvpValues(const AvpValues&) = delete;  // values point into it
  AvpValues& operator=(const AvpValues&) = delete;

  bool Has(AttributeType type) const { return At(type).has_value(); }
  /// The first value of a type counts; later ones are left out.
  void Add(AttributeType type, std::span<const uint8_t> value) {
    auto& slot = values_[static_cast<size_t>(type)];
    if (!slot) slot = value;
  }
  void AddRevealed(AttributeType type, Secret value) {
    if (Has(type)) return;
    Secret& kept = revealed_[static_cast<size_t>(type)];
    kept = std::move(value);
    Add(type, kept.bytes());
  }

  // Zero or empty when the message has no such AVP.
  std::span<const uint8_t> Bytes(AttributeType type) const {
    return At(type).value_or(std::span<const uint8_t>());
  }
  uint16_t U16(AttributeType type) const;
  uint32_t U32(AttributeType type) const;
  /// Through PrintableText.
  std::string Text(AttributeType type) const;

 private:
  const std::optional<std::span<const uint8_t>>& At(AttributeType type) const {
    return values_[static_cast<size_t>(type)];
  }

  std::array<std::optional<std::span<const uint8_t>>, kAttributeLimit> values_;
  std::array<Secret, kAttributeLimit> revealed_;
};

}  // namespace sallyport::l2tp
