// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aaa/address_range.h"
#include "aaa/index_pool.h"
#include "aaa/prefix_pool.h"
#include "base/expected.h"
#include "base/ip_address.h"

namespace sallyport::aaa {

/// One pool as the operator describes it.
struct PoolSettings {
  std::string name = "default";
  std::vector<AddressRange> ranges;
  IpAddress gateway;  // our address in every session of the pool
  PrefixPoolSettings ipv6{.prefixes = {}, .length = 64};       // of the sessions' own links
  PrefixPoolSettings delegated{.prefixes = {}, .length = 56};  // for networks behind clients
  bool operator==(const PoolSettings&) const = default;
};

enum class TakeError : uint8_t {
  kInUse,     // another session has the address
  kReserved,  // a gateway, a network or a broadcast address
  kOutside,   // not an address of this pool
};

/// The IPv4 addresses of one pool, in use or free.
class AddressPool {
 public:
  /// The ranges do not overlap (FindPoolIssues() says so). The gateway is reserved.
  explicit AddressPool(PoolSettings settings);

  /// A free address, as IndexPool chooses it. Nothing when all are in use.
  std::optional<IpAddress> Allocate(std::string_view user);
  /// The address asked for, which is remembered as the user's last.
  Expected<void, TakeError> Take(const IpAddress& address, std::string_view user);
  /// False if the address is not in use, is reserved, or is of no range of this pool.
  bool Release(const IpAddress& address);
  /// Never to be handed out from now on; no effect outside the pool. Precondition: it is free.
  void Reserve(const IpAddress& address);

  /// One of the addresses handed out, in use or not, or reserved.
  bool Contains(const IpAddress& address) const { return IndexOf(address).has_value(); }
  /// The network or broadcast address of a range.
  bool IsNetworkOrBroadcast(const IpAddress& address) const;

  const PoolSettings& settings() const { return settings_; }
  /// Addresses that can be handed out at all, and those that are.
  uint32_t size() const { return indexes_.size(); }
  uint32_t used() const { return indexes_.used(); }

 private:
  std::optional<uint32_t> IndexOf(const IpAddress& address) const;
  IpAddress AddressOf(uint32_t index) const;

  PoolSettings settings_;
  std::vector<uint32_t> range_begins_;  // index of the first address of each range
  IndexPool indexes_;
};

}  // namespace sallyport::aaa
