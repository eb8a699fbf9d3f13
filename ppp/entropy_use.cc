// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/entropy_use.h"

#include <algorithm>
#include <span>

#include "base/wire_reader.h"

namespace sallyport::ppp {
namespace {

constexpr size_t kChallengeLength = 16;

}  // namespace

std::array<uint8_t, 16> ChallengeFrom(const Entropy& entropy) {
  std::array<uint8_t, kChallengeLength> challenge{};
  std::copy_n(entropy.begin(), challenge.size(), challenge.begin());
  return challenge;
}

uint32_t MagicNumberFrom(const Entropy& entropy) {
  const uint32_t magic = WireReader(std::span(entropy).subspan(kChallengeLength)).U32();
  return magic != 0 ? magic : 1;
}

uint8_t IdentifierFrom(const Entropy& entropy) { return entropy[kChallengeLength + 4]; }

}  // namespace sallyport::ppp
