// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/time.h"

namespace sallyport {

/// The next deadline of each of many engines, ordered. O(log n) to set and to take.
template <typename Key>
class TimerQueue {
 public:
  /// Replaces the deadline of `key`; nothing removes it.
  void Set(const Key& key, std::optional<TimePoint> deadline) {
    const auto known = deadlines_.find(key);
    if (known != deadlines_.end()) {
      if (deadline && *deadline == known->second) return;
      order_.erase({known->second, key});
      deadlines_.erase(known);
    }
    if (!deadline) return;
    deadlines_.emplace(key, *deadline);
    order_.emplace(*deadline, key);
  }

  std::optional<TimePoint> Next() const {
    return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
  }

  /// Removes and returns one key whose deadline has come at `now`, the earliest first.
  std::optional<Key> TakeExpired(TimePoint now) {
    if (order_.empty() || order_.begin()->first > now) return std::nullopt;
    const Key key = order_.begin()->second;
    order_.erase(order_.begin());
    deadlines_.erase(key);
    return key;
  }

  bool empty() const { return order_.empty(); }

 private:
  std::set<std::pair<TimePoint, Key>> order_;
  std::map<Key, TimePoint> deadlines_;
};

}  // namespace sallyport
