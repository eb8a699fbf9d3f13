// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>

namespace sallyport::daemon {

/// What a transform of ESP adds, in octets.
struct EspSizes {
  uint16_t iv = 0;
  uint16_t alignment = 4;  // of payload, padding, Pad Length and Next Header (RFC 4303 §2.4)
  uint16_t icv = 0;
  bool operator==(const EspSizes&) const = default;
};

/// The largest sizes that any transform has: of what is not known.
inline constexpr EspSizes kLargestEspSizes{.iv = 16, .alignment = 16, .icv = 32};

}  // namespace sallyport::daemon
