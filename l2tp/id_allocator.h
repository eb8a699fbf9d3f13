// SPDX-License-Identifier: GPL-2.0-or-later
// Tunnel and session ids: unpredictable, never zero, and not used again too soon.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>

#include "base/time.h"

namespace sallyport::l2tp {

/// One id space of RFC 2661 §3.1. Ids are to be hard to guess (§9.1), and one that was given back
/// rests for a while: the kernel deletes its tunnels and sessions asynchronously, so that an id
/// reused at once can meet its predecessor, and late datagrams must not find a new owner.
class IdAllocator {
 public:
  /// Local policy: twice the 31 s that a late control message can take (RFC 2661 §5.7).
  static constexpr std::chrono::seconds kQuarantine{62};

  /// At most `quarantine_limit` ids rest; the longest at rest gives way to one more.
  explicit IdAllocator(size_t quarantine_limit) : quarantine_limit_(quarantine_limit) {}

  /// The first id from `candidate` on that is neither zero, in use nor at rest; nothing if there is
  /// none. It stays free.
  std::optional<uint16_t> Find(uint16_t candidate, TimePoint now);
  /// The same, and now in use.
  std::optional<uint16_t> Take(uint16_t candidate, TimePoint now);
  /// Puts an id in use to rest.
  void Release(uint16_t id, TimePoint now);

 private:
  struct Resting {
    TimePoint until;
    uint16_t id = 0;
  };

  void WakeOldest();

  std::set<uint16_t> taken_;     // in use or at rest
  std::deque<Resting> resting_;  // in order of time
  size_t quarantine_limit_;
};

}  // namespace sallyport::l2tp
