// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/pool_set.h"

#include <algorithm>
#include <map>
#include <utility>

namespace sallyport::aaa {
namespace {

void FindDuplicateNames(std::span<const PoolSettings> pools, std::vector<PoolIssue>& issues) {
  std::map<std::string_view, size_t> known;
  for (size_t i = 0; i < pools.size(); ++i) {
    const auto [first, inserted] = known.try_emplace(pools[i].name, i);
    if (inserted) continue;
    issues.push_back({.kind = PoolIssue::Kind::kDuplicateName,
                      .pool = i,
                      .range = 0,
                      .other_pool = first->second,
                      .other_range = 0});
  }
}

void FindOverlaps(std::span<const PoolSettings> pools, std::vector<PoolIssue>& issues) {
  struct Place {
    const AddressRange* range;
    size_t pool_index;
    size_t range_index;
  };
  std::vector<Place> places;
  for (size_t i = 0; i < pools.size(); ++i) {
    for (size_t j = 0; j < pools[i].ranges.size(); ++j) {
      places.push_back({&pools[i].ranges[j], i, j});
    }
  }
  // Each range is reported once, against the first that it meets: the operator moves it, and the
  // next check tells about the rest.
  for (size_t later = 1; later < places.size(); ++later) {
    const auto end = places.begin() + static_cast<std::ptrdiff_t>(later);
    const auto earlier = std::find_if(places.begin(), end, [&](const Place& place) {
      return place.range->Overlaps(*places[later].range);
    });
    if (earlier == end) continue;
    issues.push_back({.kind = PoolIssue::Kind::kOverlap,
                      .pool = places[later].pool_index,
                      .range = places[later].range_index,
                      .other_pool = earlier->pool_index,
                      .other_range = earlier->range_index});
  }
}

/// Of a pool of addresses or of prefixes: the former one if the pool still has it, or any.
template <typename Pool, typename Piece>
std::optional<Piece> AllocateAgain(Pool& pool, const std::optional<Piece>& former,
                                   std::string_view account) {
  if (former && pool.Take(*former, account)) return former;
  return pool.Allocate(account);
}

bool GatewayFits(const PoolSettings& pool) {
  const auto holds = [&pool](const AddressRange& range) {
    return range.NetworkContains(pool.gateway);
  };
  const auto forbids = [&pool](const AddressRange& range) {
    return range.IsNetworkOrBroadcast(pool.gateway);
  };
  return std::any_of(pool.ranges.begin(), pool.ranges.end(), holds) &&
         std::none_of(pool.ranges.begin(), pool.ranges.end(), forbids);
}

}  // namespace

std::vector<PoolIssue> FindPoolIssues(std::span<const PoolSettings> pools) {
  std::vector<PoolIssue> issues;
  FindDuplicateNames(pools, issues);
  FindOverlaps(pools, issues);
  for (size_t i = 0; i < pools.size(); ++i) {
    if (GatewayFits(pools[i])) continue;
    issues.push_back({.kind = PoolIssue::Kind::kGatewayOutside,
                      .pool = i,
                      .range = 0,
                      .other_pool = i,
                      .other_range = 0});
  }
  return issues;
}

Expected<PoolSet, std::vector<PoolIssue>> PoolSet::Create(std::vector<PoolSettings> settings) {
  if (auto issues = FindPoolIssues(settings); !issues.empty()) {
    return Unexpected{std::move(issues)};
  }
  std::vector<AddressPool> pools;
  pools.reserve(settings.size());
  for (const PoolSettings& pool : settings) pools.emplace_back(pool);
  for (AddressPool& pool : pools) {
    for (const PoolSettings& other : settings) pool.Reserve(other.gateway);
  }
  return PoolSet(std::move(pools));
}

PoolSet::PoolSet(std::vector<AddressPool> pools) : pools_(std::move(pools)) {
  for (const AddressPool& pool : pools_) {
    prefix_pools_.push_back(
        {PrefixPool(pool.settings().ipv6), PrefixPool(pool.settings().delegated)});
  }
}

size_t PoolSet::IndexOf(std::string_view name) const {
  const std::string_view wanted = name.empty() ? kDefaultPool : name;
  const auto found = std::find_if(pools_.begin(), pools_.end(), [wanted](const AddressPool& pool) {
    return pool.settings().name == wanted;
  });
  if (found == pools_.end() && name.empty()) return 0;
  return static_cast<size_t>(found - pools_.begin());
}

const AddressPool* PoolSet::Find(std::string_view name) const {
  const size_t index = IndexOf(name);
  return index < pools_.size() ? &pools_[index] : nullptr;
}

AddressPool* PoolSet::PoolOf(const IpAddress& address) {
  const auto found = std::find_if(pools_.begin(), pools_.end(), [&](const AddressPool& pool) {
    return pool.Contains(address) || pool.IsNetworkOrBroadcast(address);
  });
  return found == pools_.end() ? nullptr : &*found;
}

Expected<AddressLease, AllocateError> PoolSet::Allocate(const AddressRequest& request) {
  const size_t index = IndexOf(request.pool);
  if (index >= pools_.size()) return Unexpected{AllocateError::kNoSuchPool};
  Expected<AddressLease, AllocateError> lease = AddressLease{};
  if (request.profile.address_rule == AddressRule::kNone) {
    return Unexpected{AllocateError::kNoAddress};
  }
  if (request.ipv4) lease = AllocateAddress(request, pools_[index]);
  if (!lease || !request.ipv6) return lease;
  auto& [ipv6, delegated] = prefix_pools_[index];
  const AddressLease& former = request.former;
  lease->prefix = AllocateAgain(ipv6, former.prefix, request.account);
  // Without a link of its own there is nothing to reach a network behind the client through.
  if (lease->prefix) {
    lease->delegated = AllocateAgain(delegated, former.delegated, request.account);
  }
  if (!request.ipv4 && !lease->prefix) return Unexpected{AllocateError::kExhausted};
  return lease;
}

Expected<AddressLease, AllocateError> PoolSet::AllocateAddress(const AddressRequest& request,
                                                               AddressPool& pool) {
  if (request.profile.address_rule == AddressRule::kListed) return AllocateListed(request, pool);
  const auto address = AllocateAgain(pool, std::optional(request.former.address), request.account);
  if (!address) return Unexpected{AllocateError::kExhausted};
  return AddressLease{
      .address = *address, .gateway = pool.settings().gateway, .prefix = {}, .delegated = {}};
}

Expected<AddressLease, AllocateError> PoolSet::AllocateListed(const AddressRequest& request,
                                                              const AddressPool& pool) {
  AllocateError error = AllocateError::kInUse;
  std::vector<IpAddress> listed = request.profile.addresses;
  std::stable_partition(listed.begin(), listed.end(), [&request](const IpAddress& address) {
    return address == request.former.address;
  });
  for (const IpAddress& address : listed) {
    // The address is the user's by name already: remembering it would take the place of one that is
    // not.
    const auto taken = Take(address, {});
    if (taken) {
      const AddressPool* owner = PoolOf(address);
      return AddressLease{.address = address,
                          .gateway = (owner != nullptr ? *owner : pool).settings().gateway,
                          .prefix = {},
                          .delegated = {}};
    }
    if (taken.error() == TakeError::kReserved) error = AllocateError::kReserved;
  }
  return Unexpected{error};
}

Expected<void, TakeError> PoolSet::Take(const IpAddress& address, std::string_view account) {
  if (AddressPool* pool = PoolOf(address)) return pool->Take(address, account);
  const bool is_gateway = std::any_of(
      pools_.begin(), pools_.end(),
      [&address](const AddressPool& pool) { return pool.settings().gateway == address; });
  if (is_gateway) return Unexpected{TakeError::kReserved};
  if (!outside_.insert(address).second) return Unexpected{TakeError::kInUse};
  return {};
}

bool PoolSet::TakePrefix(const IpPrefix& prefix, std::string_view account) {
  return std::any_of(prefix_pools_.begin(), prefix_pools_.end(), [&](PrefixPools& pool) {
    return pool.ipv6.Take(prefix, account) || pool.delegated.Take(prefix, account);
  });
}

bool PoolSet::Release(const IpAddress& address) {
  if (AddressPool* pool = PoolOf(address)) return pool->Release(address);
  return outside_.erase(address) != 0;
}

bool PoolSet::ReleasePrefix(const IpPrefix& prefix) {
  return std::any_of(prefix_pools_.begin(), prefix_pools_.end(), [&prefix](PrefixPools& pool) {
    return pool.ipv6.Release(prefix) || pool.delegated.Release(prefix);
  });
}

}  // namespace sallyport::aaa
