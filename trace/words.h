// SPDX-License-Identifier: GPL-2.0-or-later
// How octets are shown in a line of text.
#pragma once
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <span>
#include <string>

#include "base/text.h"

namespace sallyport::trace {

inline std::string Quoted(std::span<const uint8_t> text) {
  return fmt::format("\"{}\"", PrintableText(text));
}

inline std::string Hex(std::span<const uint8_t> octets) {
  constexpr size_t kShown = 16;  // local policy
  if (octets.size() <= kShown) return ToHex(octets);
  return fmt::format("{}... ({} octets)", ToHex(octets.first(kShown)), octets.size());
}

}  // namespace sallyport::trace
