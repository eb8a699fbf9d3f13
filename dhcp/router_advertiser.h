// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>

#include "base/entropy.h"
#include "base/time.h"

namespace sallyport::dhcp {

/// When a router advertises itself on one link (RFC 4861 §6.2.4, §6.2.6). Plain data.
class RouterAdvertiser {
 public:
  /// The link is up. The first advertisement is due at once: the client waits for it.
  void Start(TimePoint now) { next_ = now; }
  void Stop() { *this = {}; }
  /// A valid Router Solicitation came.
  void Solicit(TimePoint now, const Entropy& entropy);
  /// True: one is to be sent now.
  bool HandleTimeout(TimePoint now, const Entropy& entropy);
  std::optional<TimePoint> NextDeadline() const { return next_; }

 private:
  std::optional<TimePoint> next_;
  std::optional<TimePoint> last_;
  unsigned sent_ = 0;  // counted up to the last of the initial ones
};

}  // namespace sallyport::dhcp
