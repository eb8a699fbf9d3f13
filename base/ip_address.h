// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport {

/// An IPv4 or IPv6 address, or none (the default). A value; compares by family, then by octets.
class IpAddress {
 public:
  enum class Family : uint8_t { kNone, kV4, kV6 };

  constexpr IpAddress() = default;
  /// `value` in host byte order: 0x0A000001 is 10.0.0.1.
  static IpAddress V4(uint32_t value);
  static IpAddress V6(std::span<const uint8_t, 16> octets);
  /// fe80::/64 with an interface identifier behind it (RFC 4291 §2.5.6).
  static IpAddress LinkLocal(uint64_t interface_identifier);
  /// Dotted quad or RFC 4291 text; nothing for anything else (no zone, no prefix length).
  static std::optional<IpAddress> Parse(std::string_view text);
  /// 4 or 16 octets in network order; nothing for other sizes.
  static std::optional<IpAddress> FromBytes(std::span<const uint8_t> octets);

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::kV4; }
  bool is_v6() const { return family_ == Family::kV6; }
  explicit operator bool() const { return family_ != Family::kNone; }

  /// Host byte order. Precondition: is_v4().
  uint32_t v4() const;
  /// 4 or 16 octets in network order, borrowed from this object; none for no address.
  std::span<const uint8_t> bytes() const;
  /// RFC 5952 text; "none" for no address.
  std::string ToString() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::kNone;
  std::array<uint8_t, 16> octets_{};
};

/// An address and a UDP port (host byte order).
struct IpEndpoint {
  IpAddress address;
  uint16_t port = 0;

  /// "203.0.113.9:1701", "[2001:db8::9]:1701".
  std::string ToString() const;
  auto operator<=>(const IpEndpoint&) const = default;
};

/// An address range "10.0.0.0/8": the address with the bits past `length` zero.
struct IpPrefix {
  IpAddress address;
  uint8_t length = 0;  // bits

  /// "ADDRESS/LENGTH" with no bits set past the length; a bare address is a /32 or /128.
  static std::optional<IpPrefix> Parse(std::string_view text);
  bool Contains(const IpAddress& other) const;
  /// The address whose last 64 bits are `interface_identifier` and all others this prefix's.
  /// Precondition: an IPv6 prefix of at most 64 bits.
  IpAddress AddressOf(uint64_t interface_identifier) const;
  std::string ToString() const;
  auto operator<=>(const IpPrefix&) const = default;
};

}  // namespace sallyport
