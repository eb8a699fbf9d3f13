// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/ip_address.h"

namespace sallyport::aaa {

/// An IPv4 address that a host may have: not of "this network" (0/8), loopback, multicast or
/// reserved (RFC 6890 §2.2.2, RFC 5771, RFC 1112 §4).
bool IsAssignable(const IpAddress& address);

enum class AddressRangeError : uint8_t {
  kSyntax,         // neither ADDRESS/LENGTH nor FIRST-LAST
  kHostBits,       // bits are set past the prefix length
  kReversed,       // the last address is below the first
  kTooLarge,       // more than AddressRange::kMaxSize addresses
  kNotAssignable,  // an address that no host may have
  kNotIpv4,
};

/// What is wrong, for a message: reads after "found ".
std::string_view Describe(AddressRangeError error);

/// IPv4 addresses that a pool hands out: "10.64.0.0/16", of which the network and the broadcast
/// address are left out, or "10.64.0.10-10.64.0.99", taken as written.
class AddressRange {
 public:
  /// Addresses in one range: a /8. Local policy.
  static constexpr uint32_t kMaxSize = 1U << 24;

  static Expected<AddressRange, AddressRangeError> Parse(std::string_view text);

  /// The first and last address handed out.
  IpAddress first() const { return IpAddress::V4(first_); }
  IpAddress last() const { return IpAddress::V4(last_); }
  uint32_t size() const { return last_ - first_ + 1; }
  bool Contains(const IpAddress& address) const;
  /// The network or broadcast address of a range written as a prefix.
  bool IsNetworkOrBroadcast(const IpAddress& address) const;
  /// Whether an address, or a network or broadcast address, belongs to both.
  bool Overlaps(const AddressRange& other) const;
  /// Whether a gateway for these addresses may be `address`: inside the prefix, or for FIRST-LAST
  /// inside the smallest prefix around both, at least a /24 (local policy; the routes are host
  /// routes, so the check only catches typing mistakes).
  bool NetworkContains(const IpAddress& address) const;
  /// As it was written.
  std::string ToString() const;

  bool operator==(const AddressRange&) const = default;

 private:
  AddressRange() = default;
  static Expected<AddressRange, AddressRangeError> FromPrefix(std::string_view text);
  static Expected<AddressRange, AddressRangeError> FromBounds(std::string_view first,
                                                              std::string_view last);
  uint32_t block_first() const;
  uint32_t block_last() const;

  // Host byte order.
  uint32_t first_ = 0;
  uint32_t last_ = 0;
  std::optional<IpPrefix> prefix_;  // nothing for FIRST-LAST
};

}  // namespace sallyport::aaa
