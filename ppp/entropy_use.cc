// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/entropy_use.h"

#include <algorithm>
#include <span>

#include "base/wire_reader.h"

namespace sallyport::ppp {
namespace {

constexpr size_t kChallengeLength = 16;
constexpr size_t kInterfaceIdentifiersBegin = 48;

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

Duration ShortenedBy(const Entropy& entropy, Duration interval) {
  const uint16_t random = WireReader(std::span(entropy).subspan(kChallengeLength + 5)).U16();
  return interval - interval / 4 * random / UINT16_MAX;
}

std::array<uint64_t, 2> InterfaceIdentifiersFrom(const Entropy& entropy) {
  // The "u" and the "g" bit of IEEE EUI-64. With both zero it is in none of RFC 5453's ranges but
  // the one that is all zero.
  constexpr uint64_t kUniversalAndGroup = uint64_t{3} << 56;
  const std::span<const uint8_t> octets(entropy);
  WireReader in(octets.subspan(kInterfaceIdentifiersBegin));
  const uint64_t first = std::max<uint64_t>(in.U64() & ~kUniversalAndGroup, 1);
  const uint64_t second = std::max<uint64_t>(in.U64() & ~kUniversalAndGroup, 1);
  return {first, first == second ? first ^ 2 : second};
}

}  // namespace sallyport::ppp
