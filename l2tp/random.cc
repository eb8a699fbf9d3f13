// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/random.h"

#include <tuple>

#include "crypto/digest.h"

namespace sallyport::l2tp {
namespace {

constexpr size_t kGivenOut = std::tuple_size_v<Entropy> / 2;

}  // namespace

uint8_t Random::Next() {
  if (counter_ == 0 && next_ < kGivenOut) return entropy_[next_++];
  if (counter_ == 0 || next_ == block_.size()) {
    ++counter_;
    const std::array<uint8_t, 4> number{
        static_cast<uint8_t>(counter_ >> 24), static_cast<uint8_t>(counter_ >> 16),
        static_cast<uint8_t>(counter_ >> 8), static_cast<uint8_t>(counter_)};
    block_ = crypto::Sha1({std::span(entropy_).subspan(kGivenOut), number});
    next_ = 0;
  }
  return block_[next_++];
}

void Random::Fill(std::span<uint8_t> octets) {
  for (uint8_t& octet : octets) octet = Next();
}

uint16_t Random::U16() {
  const uint8_t high = Next();
  return static_cast<uint16_t>(high << 8 | Next());
}

uint64_t Random::U64() {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(value); ++i) value = value << 8 | Next();
  return value;
}

}  // namespace sallyport::l2tp
