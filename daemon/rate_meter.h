// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "daemon/data_plane.h"
#include "daemon/status_model.h"

namespace sallyport::daemon {

/// What one session carries in a second, from the readings of its counters that are made anyway:
/// the average up to the last one, from another that was made kShortest before it or earlier.
class RateMeter {
 public:
  /// Two who ask at once would otherwise see the rate of an instant. Local policy.
  static constexpr std::chrono::seconds kShortest{1};

  void Take(const InterfaceCounters& counters, TimePoint read) {
    last_ = {.at = read, .rx_bytes = counters.rx_bytes, .tx_bytes = counters.tx_bytes};
    if (!next_) {
      next_ = last_;
    } else if (read - next_->at >= kShortest) {
      from_ = next_;
      next_ = last_;
    }
  }

  /// Nothing until there are two readings so far apart.
  std::optional<SessionRates> rates() const {
    if (!from_) return {};
    const Duration time = last_.at - from_->at;
    return SessionRates{.rx_bytes = InASecond(from_->rx_bytes, last_.rx_bytes, time),
                        .tx_bytes = InASecond(from_->tx_bytes, last_.tx_bytes, time),
                        .interval = std::chrono::round<std::chrono::seconds>(time)};
  }

 private:
  struct Reading {
    TimePoint at;
    uint64_t rx_bytes = 0;
    uint64_t tx_bytes = 0;
  };

  /// `time` is kShortest at least.
  static uint64_t InASecond(uint64_t before, uint64_t now, Duration time) {
    if (now <= before) return 0;
    const uint64_t grown = now - before;
    const auto milliseconds =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
    // In two parts, which cannot overflow.
    return grown / milliseconds * 1000 + grown % milliseconds * 1000 / milliseconds;
  }

  std::optional<Reading> from_;
  std::optional<Reading> next_;  // takes its place
  Reading last_;
};

}  // namespace sallyport::daemon
