// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstddef>
#include <optional>

#include "base/time.h"

namespace sallyport {

/// The deadlines of one engine, one a timer. `Timer` is an enum whose last value is kCount. Nothing
/// runs by itself: the owner asks for Next() and, when that time has come, for Expired().
template <typename Timer>
class TimerTable {
 public:
  void Set(Timer timer, TimePoint deadline) { At(timer) = deadline; }
  void Cancel(Timer timer) { At(timer).reset(); }
  void CancelAll() { deadlines_.fill(std::nullopt); }
  bool IsSet(Timer timer) const { return deadlines_[static_cast<size_t>(timer)].has_value(); }

  /// The earliest deadline, or nothing when no timer runs.
  std::optional<TimePoint> Next() const {
    std::optional<TimePoint> next;
    for (const auto& deadline : deadlines_) {
      if (deadline && (!next || *deadline < *next)) next = deadline;
    }
    return next;
  }

  /// Cancels `timer` and returns true if its deadline has come at `now`.
  bool TakeExpired(Timer timer, TimePoint now) {
    auto& deadline = At(timer);
    if (!deadline || *deadline > now) return false;
    deadline.reset();
    return true;
  }

 private:
  std::optional<TimePoint>& At(Timer timer) { return deadlines_[static_cast<size_t>(timer)]; }

  std::array<std::optional<TimePoint>, static_cast<size_t>(Timer::kCount)> deadlines_{};
};

}  // namespace sallyport
