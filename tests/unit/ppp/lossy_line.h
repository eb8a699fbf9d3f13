// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "base/time.h"

namespace sallyport::ppp {

enum class Side : uint8_t { kServer, kClient };

/// A line in virtual time: each frame is lost with `loss` percent, or doubled with `copies`, and
/// takes 5 ms or, if `reorders`, 5 to 60 ms, so that frames sent together arrive in any order.
class LossyLine {
 public:
  LossyLine(unsigned seed, unsigned loss, bool reorders = true, unsigned copies = 0)
      : random_(seed), loss_(loss), reorders_(reorders), copies_(copies) {}

  void Put(Side to, std::vector<uint8_t> frame, TimePoint now) {
    if (copies_ > 0 && random_() % 100 < copies_) PutOne(to, frame, now);
    PutOne(to, std::move(frame), now);
  }

  std::optional<TimePoint> NextArrival() const {
    if (flying_.empty()) return {};
    return flying_.begin()->first;
  }

  /// The next frame that has arrived by `now`, and where.
  std::optional<std::pair<Side, std::vector<uint8_t>>> Take(TimePoint now) {
    if (flying_.empty() || flying_.begin()->first > now) return {};
    auto arrived = std::move(flying_.begin()->second);
    flying_.erase(flying_.begin());
    return arrived;
  }

 private:
  void PutOne(Side to, std::vector<uint8_t> frame, TimePoint now) {
    if (random_() % 100 < loss_) return;
    const auto delay = std::chrono::milliseconds(5 + (reorders_ ? random_() % 56 : 0));
    flying_.emplace(now + delay, std::pair(to, std::move(frame)));
  }

  std::mt19937 random_;
  unsigned loss_;
  bool reorders_;
  unsigned copies_;
  std::multimap<TimePoint, std::pair<Side, std::vector<uint8_t>>> flying_;
};

}  // namespace sallyport::ppp
