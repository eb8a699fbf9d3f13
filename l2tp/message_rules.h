// SPDX-License-Identifier: GPL-2.0-or-later
// Which AVPs belong to which control message (RFC 2661 §6), as data.
#pragma once
#include <cstdint>
#include <initializer_list>

#include "l2tp/attribute.h"
#include "l2tp/message.h"
#include "l2tp/validate.h"

namespace sallyport::l2tp {

/// A set of attribute types, one bit each.
class AttributeSet {
 public:
  constexpr AttributeSet(std::initializer_list<AttributeType> types) {
    for (const AttributeType type : types) Add(type);
  }
  constexpr void Add(AttributeType type) { bits_ |= uint64_t{1} << static_cast<unsigned>(type); }
  constexpr bool Contains(AttributeType type) const {
    return (bits_ >> static_cast<unsigned>(type) & 1) != 0;
  }

 private:
  static_assert(kAttributeLimit <= 64);
  uint64_t bits_ = 0;
};

struct MessageRule {
  MessageType type;
  Scope scope;
  bool ends;              // StopCCN and CDN: obeyed whatever is wrong with them
  AttributeSet required;  // "MUST be present", but for what Validate tolerates the lack of
  AttributeSet optional;  // "MAY be present", and that

  /// Whether the attribute has a meaning in this message.
  constexpr bool Takes(AttributeType attribute) const {
    return required.Contains(attribute) || optional.Contains(attribute);
  }
};

/// The rule of a message type, or null for one that RFC 2661 §3.2 does not define. Message Type and
/// Random Vector belong to every message (§4.4.1) and are in no rule.
const MessageRule* FindMessageRule(uint16_t type);

}  // namespace sallyport::l2tp
