// SPDX-License-Identifier: GPL-2.0-or-later
// Values of AVPs hidden by a shared secret, both ways (RFC 2661 §4.3).
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/secret.h"
#include "l2tp/attribute.h"
#include "l2tp/avp.h"

namespace sallyport::l2tp {

/// The length of the original value is put before it: 2 octets (RFC 2661 §4.3).
inline constexpr size_t kHiddenLengthSize = 2;
/// The longest value that fits into an AVP when it is hidden.
inline constexpr size_t kMaxHiddenValue = kMaxAvpValue - kHiddenLengthSize;

/// Hides `value`, of at most kMaxHiddenValue octets. It is padded to whole blocks of 16 octets, as
/// far as an AVP has room for them, so that its length shows no more than their number. The padding
/// follows from the secret and the random vector: who does not know the secret cannot tell it from
/// random octets, as long as the vector is fresh.
std::vector<uint8_t> HideValue(AttributeType type, const Secret& secret,
                               std::span<const uint8_t> random_vector,
                               std::span<const uint8_t> value);

/// What was hidden in the value of an AVP, wiped when it goes; nothing when the octets hold no
/// length, or one that is greater than they are: they were not hidden with this secret.
std::optional<Secret> RevealValue(AttributeType type, const Secret& secret,
                                  std::span<const uint8_t> random_vector,
                                  std::span<const uint8_t> hidden);

}  // namespace sallyport::l2tp
