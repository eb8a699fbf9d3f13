// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/entropy.h"

namespace sallyport::daemon {

/// Draws random bytes from the kernel (getrandom(2)), some in advance, and hands each out once.
class RandomSource {
 public:
  RandomSource() = default;
  RandomSource(const RandomSource&) = delete;
  RandomSource& operator=(const RandomSource&) = delete;
  ~RandomSource();

  /// Throws std::system_error if the kernel gives none, which it never does once booted.
  Entropy Draw();

 private:
  // getrandom(2) never cuts a request of up to 256 octets short: eight draws for a system call.
  static constexpr size_t kDraws = 256 / sizeof(Entropy);
  std::array<Entropy, kDraws> buffer_{};
  size_t left_ = 0;
};

}  // namespace sallyport::daemon
