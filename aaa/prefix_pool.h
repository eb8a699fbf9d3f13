// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "aaa/index_pool.h"
#include "base/ip_address.h"

namespace sallyport::aaa {

/// An IPv6 address that a host in the Internet, or in a network of its own, may have: unicast, and
/// not unspecified, loopback, link-local or a form of IPv4's (RFC 4291 §2.4, RFC 6890 §2.2.3).
bool IsAssignableIpv6(const IpAddress& address);

/// Prefixes to cut up, and how long the pieces are.
struct PrefixPoolSettings {
  std::vector<IpPrefix> prefixes;
  unsigned length = 64;  // bits; at most 128
  bool operator==(const PrefixPoolSettings&) const = default;
};

/// IPv6 prefixes of one length, in use or free.
class PrefixPool {
 public:
  /// Bits between a prefix of the settings and a piece: 2^24 pieces, as many as the addresses of an
  /// AddressRange. Local policy.
  static constexpr unsigned kMaxBits = 24;

  /// Whether `prefix` can be cut into pieces of `length` bits.
  static bool Fits(const IpPrefix& prefix, unsigned length);

  /// All prefixes fit and do not overlap. None at all: a pool that is always empty.
  explicit PrefixPool(PrefixPoolSettings settings);

  /// A free prefix, as IndexPool chooses it. Nothing when all are in use.
  std::optional<IpPrefix> Allocate(std::string_view user);
  /// That of a session which outlived the process; false if it is in use, or none of this pool's.
  bool Take(const IpPrefix& prefix, std::string_view user);
  /// False if it is not in use, or none of this pool's.
  bool Release(const IpPrefix& prefix);

  const PrefixPoolSettings& settings() const { return settings_; }
  /// Prefixes that can be handed out, and those that are.
  uint32_t size() const { return indexes_.size(); }
  uint32_t used() const { return indexes_.used(); }

 private:
  std::optional<uint32_t> IndexOf(const IpPrefix& prefix) const;
  IpPrefix PrefixOf(uint32_t index) const;

  PrefixPoolSettings settings_;
  std::vector<uint32_t> begins_;  // index of the first piece of each prefix
  IndexPool indexes_;
};

}  // namespace sallyport::aaa
