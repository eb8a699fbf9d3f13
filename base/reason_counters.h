// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace sallyport {

/// How often each reason struck; the counts only grow. `Reason` is an enum from 0 to `kCount` - 1.
template <typename Reason, size_t kCount>
class ReasonCounters {
 public:
  struct Entry {
    Reason reason;
    uint64_t count;
  };

  void Count(Reason reason) { ++counts_[static_cast<size_t>(reason)]; }
  uint64_t Get(Reason reason) const { return counts_[static_cast<size_t>(reason)]; }

  /// One entry a reason, the zeros as well: `for (const auto& [reason, count] : drops.All())`.
  std::array<Entry, kCount> All() const {
    std::array<Entry, kCount> all{};
    for (size_t i = 0; i < kCount; ++i) all[i] = {static_cast<Reason>(i), counts_[i]};
    return all;
  }

 private:
  std::array<uint64_t, kCount> counts_{};
};

}  // namespace sallyport
