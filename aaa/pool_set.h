// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aaa/address_pool.h"
#include "aaa/prefix_pool.h"
#include "aaa/users_file.h"
#include "base/expected.h"
#include "base/ip_address.h"

namespace sallyport::aaa {

/// What two pools, or the parts of one, do not agree on.
struct PoolIssue {
  enum class Kind : uint8_t {
    kDuplicateName,   // `pool` has the name of `other_pool`
    kOverlap,         // `range` of `pool` shares addresses with `other_range` of `other_pool`
    kGatewayOutside,  // the gateway of `pool` is no host of any of its ranges' networks
  };
  Kind kind = Kind::kOverlap;
  // Indexes in the order given; of two that clash, `pool` and `range` are the later.
  size_t pool = 0;
  size_t range = 0;
  size_t other_pool = 0;
  size_t other_range = 0;
  bool operator==(const PoolIssue&) const = default;
};

/// Everything that keeps `pools` from being used together.
std::vector<PoolIssue> FindPoolIssues(std::span<const PoolSettings> pools);

/// What one session gets. PoolSet::Release() gives the address back, and ReleasePrefix() each
/// prefix.
struct AddressLease {
  IpAddress address;  // and the gateway: none without IPv4
  IpAddress gateway;
  std::optional<IpPrefix> prefix{};     // IPv6; none if the pool has none, or none left
  std::optional<IpPrefix> delegated{};  // likewise, for networks behind the client
  bool operator==(const AddressLease&) const = default;
};

/// What it asks for.
struct AddressRequest {
  std::string pool;     // empty: the default pool
  std::string account;  // Accepted::account; gets its last address again if that is free
  UserProfile profile;
  // Families that the session may have at all.
  bool ipv4 = true;
  bool ipv6 = true;
  // What it has given back just now, if anything: the same again where the pool still has it.
  AddressLease former{};
};

enum class AllocateError : uint8_t {
  kNoSuchPool,  // no pool has the name
  kExhausted,   // every address of the pool is in use; of a session without IPv4, every prefix
  kInUse,       // every address of the user's own is in use by a session
  kReserved,    // the same, and at least one is a gateway, network or broadcast address
  kNoAddress,   // the user may not have an address (AddressRule::kNone)
};

/// The IPv6 prefixes of one pool.
struct PrefixPools {
  PrefixPool ipv6;
  PrefixPool delegated;
};

/// The pools of the configuration, and the users' own addresses that lie in no pool.
class PoolSet {
 public:
  /// The name of the pool for users without one; without such a pool it is the first.
  static constexpr std::string_view kDefaultPool = "default";

  /// At least one pool, and none that FindPrefixIssues() objects to; error: what FindPoolIssues()
  /// finds. Every pool's gateway is reserved in all.
  static Expected<PoolSet, std::vector<PoolIssue>> Create(std::vector<PoolSettings> pools);

  Expected<AddressLease, AllocateError> Allocate(const AddressRequest& request);
  /// One address, in a pool or outside all: that of a session which outlived the process.
  Expected<void, TakeError> Take(const IpAddress& address, std::string_view account);
  /// The same of a prefix, delegated or not; false if it is in use, or a piece of no pool's.
  bool TakePrefix(const IpPrefix& prefix, std::string_view account);
  /// False if the address is not in use.
  bool Release(const IpAddress& address);
  /// The same of a prefix, delegated or not.
  bool ReleasePrefix(const IpPrefix& prefix);

  /// By name, the default pool for an empty one; null if there is none. Lives as long as the set.
  const AddressPool* Find(std::string_view name) const;
  /// Its place in the order of the configuration; past the end if there is none.
  size_t IndexOf(std::string_view name) const;
  /// In the order of the configuration, for counters.
  std::span<const AddressPool> pools() const { return pools_; }
  /// Their IPv6 prefixes, in the same order.
  std::span<const PrefixPools> prefix_pools() const { return prefix_pools_; }
  /// Users' own addresses in use that lie in no pool.
  size_t used_outside() const { return outside_.size(); }

 private:
  explicit PoolSet(std::vector<AddressPool> pools);
  AddressPool* PoolOf(const IpAddress& address);
  Expected<AddressLease, AllocateError> AllocateAddress(const AddressRequest& request,
                                                        AddressPool& pool);
  Expected<AddressLease, AllocateError> AllocateListed(const AddressRequest& request,
                                                       const AddressPool& pool);

  std::vector<AddressPool> pools_;
  std::vector<PrefixPools> prefix_pools_;  // as many
  std::set<IpAddress> outside_;
};

}  // namespace sallyport::aaa
