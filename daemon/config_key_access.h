// SPDX-License-Identifier: GPL-2.0-or-later
// What the tables of keys have in common: how a key finds its place in Config, and limits.
#pragma once
#include <cstddef>
#include <span>
#include <type_traits>

#include "daemon/config_keys.h"

namespace sallyport::daemon {

/// The member of a section of `config`.
template <auto Section, auto Member>
auto& In(Config& config) {
  return config.*Section.*Member;
}

/// The same for a WordField, as the place of the value in its list of words.
template <auto Section, auto Member>
size_t WordOf(Config& config) {
  return static_cast<size_t>(config.*Section.*Member);
}
template <auto Section, auto Member>
void SetWord(Config& config, size_t word) {
  auto& target = config.*Section.*Member;
  target = static_cast<std::remove_reference_t<decltype(target)>>(word);
}

// linux/limits.h: PATH_MAX is 4096 with the end of the text.
inline constexpr size_t kMaxPath = 4095;
inline constexpr size_t kMaxListen = 64;     // local policy
inline constexpr size_t kMaxPrefixes = 256;  // local policy
inline constexpr size_t kMaxUser = 255;      // ppp::ClientRole

// The sections of each file, in the order of the documentation. Ranges are local policy unless a
// line says otherwise.
std::span<const ConfigKey> IpsecKeys();
std::span<const ConfigKey> L2tpKeys();
std::span<const ConfigKey> PppKeys();
std::span<const ConfigKey> DialKeys();

}  // namespace sallyport::daemon
