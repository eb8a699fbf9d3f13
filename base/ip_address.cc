// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/ip_address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace sallyport {

IpAddress IpAddress::V4(uint32_t value) {
  IpAddress address;
  address.family_ = Family::kV4;
  for (size_t i = 0; i < 4; ++i) address.octets_[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
  return address;
}

IpAddress IpAddress::V6(std::span<const uint8_t, 16> octets) {
  IpAddress address;
  address.family_ = Family::kV6;
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  return address;
}

IpAddress IpAddress::LinkLocal(uint64_t interface_identifier) {
  static constexpr std::array<uint8_t, 16> kNetwork{0xFE, 0x80};
  return IpPrefix{.address = V6(kNetwork), .length = 64}.AddressOf(interface_identifier);
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.size() != text.size() || terminated.find('\0') != std::string::npos) return {};
  std::array<uint8_t, 16> octets{};
  if (inet_pton(AF_INET, terminated.c_str(), octets.data()) == 1) {
    return FromBytes(std::span(octets).first(4));
  }
  if (inet_pton(AF_INET6, terminated.c_str(), octets.data()) == 1) return FromBytes(octets);
  return {};
}

std::optional<IpAddress> IpAddress::FromBytes(std::span<const uint8_t> octets) {
  if (octets.size() != 4 && octets.size() != 16) return {};
  IpAddress address;
  address.family_ = octets.size() == 4 ? Family::kV4 : Family::kV6;
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  return address;
}

uint32_t IpAddress::v4() const {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | octets_[i];
  return value;
}

std::span<const uint8_t> IpAddress::bytes() const {
  const size_t size = is_v4() ? 4 : is_v6() ? 16 : 0;
  return std::span(octets_).first(size);
}

std::string IpAddress::ToString() const {
  if (family_ == Family::kNone) return "none";
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v4() ? AF_INET : AF_INET6, octets_.data(), text.data(), text.size());
  return text.data();
}

std::string IpEndpoint::ToString() const {
  const std::string host = address.is_v6() ? "[" + address.ToString() + "]" : address.ToString();
  return host + ":" + std::to_string(port);
}

std::optional<IpPrefix> IpPrefix::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return {};
  const unsigned width = address->is_v4() ? 32 : 128;
  unsigned length = width;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc() || end != digits.data() + digits.size() || length > width) return {};
  }
  const auto octets = address->bytes();
  for (unsigned bit = length; bit < width; ++bit) {
    if ((octets[bit / 8] & (0x80U >> (bit % 8))) != 0) return {};
  }
  return IpPrefix{.address = *address, .length = static_cast<uint8_t>(length)};
}

bool IpPrefix::Contains(const IpAddress& other) const {
  if (other.family() != address.family()) return false;
  const auto mine = address.bytes();
  const auto theirs = other.bytes();
  for (unsigned bit = 0; bit < length; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if ((mine[bit / 8] & mask) != (theirs[bit / 8] & mask)) return false;
  }
  return true;
}

IpAddress IpPrefix::AddressOf(uint64_t interface_identifier) const {
  std::array<uint8_t, 16> octets{};
  std::copy_n(address.bytes().begin(), 8, octets.begin());
  for (size_t i = 0; i < 8; ++i) {
    octets.at(8 + i) = static_cast<uint8_t>(interface_identifier >> (56 - 8 * i));
  }
  return IpAddress::V6(octets);
}

std::string IpPrefix::ToString() const { return address.ToString() + "/" + std::to_string(length); }

}  // namespace sallyport
