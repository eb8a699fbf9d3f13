// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/prefix_issue.h"

#include <algorithm>

namespace sallyport::aaa {

const PrefixPoolSettings& ListOf(const PoolSettings& pool, PrefixPlace::List list) {
  return list == PrefixPlace::List::kIpv6 ? pool.ipv6 : pool.delegated;
}

std::vector<PrefixIssue> FindPrefixIssues(std::span<const PoolSettings> pools) {
  std::vector<PrefixPlace> places;
  for (size_t pool = 0; pool < pools.size(); ++pool) {
    for (const auto list : {PrefixPlace::List::kIpv6, PrefixPlace::List::kDelegated}) {
      for (size_t i = 0; i < ListOf(pools[pool], list).prefixes.size(); ++i) {
        places.push_back({pool, list, i});
      }
    }
  }
  const auto prefix_at = [pools](const PrefixPlace& place) -> const IpPrefix& {
    return ListOf(pools[place.pool], place.list).prefixes[place.index];
  };
  std::vector<PrefixIssue> issues;
  for (auto later = places.begin(); later != places.end(); ++later) {
    const IpPrefix& prefix = prefix_at(*later);
    const auto earlier = std::find_if(places.begin(), later, [&](const PrefixPlace& place) {
      const IpPrefix& other = prefix_at(place);
      return other.Contains(prefix.address) || prefix.Contains(other.address);
    });
    if (earlier != later) issues.push_back({PrefixIssue::Kind::kOverlap, *later, *earlier});
    if (!PrefixPool::Fits(prefix, ListOf(pools[later->pool], later->list).length)) {
      issues.push_back({PrefixIssue::Kind::kLength, *later, *later});
    }
  }
  return issues;
}

}  // namespace sallyport::aaa
