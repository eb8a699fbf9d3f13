// SPDX-License-Identifier: GPL-2.0-or-later
// The random numbers of one call into the engine.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/entropy.h"

namespace sallyport::l2tp {

/// As many random octets as one call into the engine needs, out of the Entropy that came with it,
/// and never the same twice. The first half of the Entropy is given out as it is; the second never
/// leaves, and what follows is its SHA-1 with a counter: a peer that has seen all that went before
/// cannot tell what comes next.
class Random {
 public:
  explicit Random(const Entropy& entropy) : entropy_(entropy) {}
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;

  void Fill(std::span<uint8_t> octets);
  uint16_t U16();
  uint64_t U64();

 private:
  uint8_t Next();

  const Entropy& entropy_;  // borrowed for the call
  size_t next_ = 0;         // in the part of the Entropy that is given out, then in block_
  uint32_t counter_ = 0;    // blocks made so far
  std::array<uint8_t, 20> block_{};
};

}  // namespace sallyport::l2tp
