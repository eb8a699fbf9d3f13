// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>

#include "base/time.h"

namespace sallyport::dhcp {

/// How many messages of one session are answered. A client repeats its request a few times, four
/// times within ten seconds at most (macOS), and asks anew when its network changes.
class RateLimit {
 public:
  /// Whether one more is within the limit: bursts of kBurst, one in kPerMessage on average.
  bool Take(TimePoint now);

 private:
  static constexpr unsigned kBurst = 16;                 // local policy
  static constexpr std::chrono::seconds kPerMessage{2};  // local policy
  unsigned left_ = kBurst;
  TimePoint refilled_{};
};

}  // namespace sallyport::dhcp
