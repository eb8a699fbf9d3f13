// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aaa/address_pool.h"

namespace sallyport::aaa {

/// One IPv6 prefix of the pools' settings.
struct PrefixPlace {
  enum class List : uint8_t { kIpv6, kDelegated };
  size_t pool = 0;
  List list = List::kIpv6;
  size_t index = 0;  // in the list
  bool operator==(const PrefixPlace&) const = default;
};

/// What keeps a prefix from being used.
struct PrefixIssue {
  enum class Kind : uint8_t {
    kOverlap,  // `place` shares addresses with `other`, which stands before it
    kLength,   // it cannot be cut into pieces of the list's length (PrefixPool::Fits())
  };
  Kind kind = Kind::kOverlap;
  PrefixPlace place;
  PrefixPlace other;  // of kLength: the same
  bool operator==(const PrefixIssue&) const = default;
};

std::vector<PrefixIssue> FindPrefixIssues(std::span<const PoolSettings> pools);

/// The list that a place is in.
const PrefixPoolSettings& ListOf(const PoolSettings& pool, PrefixPlace::List list);

}  // namespace sallyport::aaa
