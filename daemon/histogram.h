// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sallyport::daemon {

/// How long something took, counted by classes, for the metrics.
class Histogram {
 public:
  /// Upper bounds of the classes but the last, which has none; seconds. From what a session set up
  /// in one round trip takes to what its timeouts allow; local policy.
  static constexpr std::array kBounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};

  void Observe(std::chrono::nanoseconds duration) {
    const double seconds = std::chrono::duration<double>(duration).count();
    const auto place = std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin();
    ++counts_[static_cast<size_t>(place)];
    ++count_;
    sum_ += seconds;
  }

  /// Of one class alone, not of those below it; the last is beyond every bound.
  uint64_t InClass(size_t place) const { return counts_[place]; }
  uint64_t count() const { return count_; }
  double sum() const { return sum_; }  // seconds

 private:
  std::array<uint64_t, kBounds.size() + 1> counts_{};
  uint64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace sallyport::daemon
