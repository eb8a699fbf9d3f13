// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace sallyport {

/// Unpredictable bytes for one call into an engine, drawn by the caller from the kernel: engines
/// have no random source of their own, so a test repeats exactly. 64 octets serve the largest needs
/// of one call: a CHAP challenge (16), an identifier and a magic number; or a tunnel's challenge,
/// tie breaker and random vector and some tries at a 16-bit id.
using Entropy = std::array<uint8_t, 64>;

}  // namespace sallyport
