// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace sallyport::dhcp {

/// Octets written in hexadecimal, blanks ignored.
inline std::vector<uint8_t> Octets(std::string_view hex) {
  std::string digits;
  std::ranges::copy_if(hex, std::back_inserter(digits), [](char c) { return c != ' '; });
  return FromHex(digits).value();
}

/// The same without blanks, to compare with ToHex().
inline std::string Hex(std::string_view hex) { return ToHex(Octets(hex)); }

}  // namespace sallyport::dhcp
