// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/prefix_pool.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::aaa {
namespace {

/// Pieces of `length` bits in `prefix`.
uint32_t PiecesOf(const IpPrefix& prefix, unsigned length) {
  return 1U << (length - prefix.length);
}

uint32_t SizeOf(const PrefixPoolSettings& settings) {
  uint32_t size = 0;
  for (const IpPrefix& prefix : settings.prefixes) size += PiecesOf(prefix, settings.length);
  return size;
}

/// The number that the bits of `address` from `first` up to `end` are; at most 32.
uint32_t BitsOf(const IpAddress& address, unsigned first, unsigned end) {
  const auto octets = address.bytes();
  uint32_t value = 0;
  for (unsigned bit = first; bit < end; ++bit) {
    value = value << 1 | (uint32_t{octets[bit / 8]} >> (7 - bit % 8) & 1U);
  }
  return value;
}

}  // namespace

bool IsAssignableIpv6(const IpAddress& address) {
  if (!address.is_v6()) return false;
  static const std::array kOthers{*IpPrefix::Parse("::/8"), *IpPrefix::Parse("fe80::/10"),
                                  *IpPrefix::Parse("ff00::/8")};
  return std::ranges::none_of(
      kOthers, [&address](const IpPrefix& other) { return other.Contains(address); });
}

bool PrefixPool::Fits(const IpPrefix& prefix, unsigned length) {
  return prefix.length <= length && length - prefix.length <= kMaxBits;
}

PrefixPool::PrefixPool(PrefixPoolSettings settings)
    : settings_(std::move(settings)), indexes_(SizeOf(settings_)) {
  uint32_t begin = 0;
  for (const IpPrefix& prefix : settings_.prefixes) {
    begins_.push_back(begin);
    begin += PiecesOf(prefix, settings_.length);
  }
}

std::optional<IpPrefix> PrefixPool::Allocate(std::string_view user) {
  const auto index = indexes_.Allocate(user);
  return index ? std::optional(PrefixOf(*index)) : std::nullopt;
}

bool PrefixPool::Take(const IpPrefix& prefix, std::string_view user) {
  const auto index = IndexOf(prefix);
  return index && indexes_.Take(*index, user);
}

bool PrefixPool::Release(const IpPrefix& prefix) {
  const auto index = IndexOf(prefix);
  return index && indexes_.Release(*index);
}

std::optional<uint32_t> PrefixPool::IndexOf(const IpPrefix& prefix) const {
  if (prefix.length != settings_.length) return {};
  for (size_t i = 0; i < settings_.prefixes.size(); ++i) {
    const IpPrefix& whole = settings_.prefixes[i];
    if (whole.Contains(prefix.address)) {
      return begins_[i] + BitsOf(prefix.address, whole.length, settings_.length);
    }
  }
  return {};
}

IpPrefix PrefixPool::PrefixOf(uint32_t index) const {
  const auto after = std::upper_bound(begins_.begin(), begins_.end(), index);
  const auto which = static_cast<size_t>(after - begins_.begin()) - 1;
  const uint32_t piece = index - begins_[which];
  std::array<uint8_t, 16> octets{};
  std::ranges::copy(settings_.prefixes[which].address.bytes(), octets.begin());
  for (unsigned bit = 0; bit < kMaxBits && bit < settings_.length; ++bit) {
    if ((piece >> bit & 1U) == 0) continue;
    const unsigned place = settings_.length - 1 - bit;
    octets.at(place / 8) = static_cast<uint8_t>(octets.at(place / 8) | 0x80U >> (place % 8));
  }
  return {.address = IpAddress::V6(octets), .length = static_cast<uint8_t>(settings_.length)};
}

}  // namespace sallyport::aaa
