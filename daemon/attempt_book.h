// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "base/ip_address.h"
#include "daemon/attempt.h"
#include "daemon/count_by_reason.h"
#include "daemon/status_model.h"

namespace sallyport::daemon {

/// The last attempts that failed, the newest last; bounded by address and in all. What is too much
/// goes from the kind of failure that has most entries, so that neither one client nor a flood from
/// invented addresses drives out the others. Attempts of one client that fail alike are one entry
/// with a count. No I/O, no clock.
class AttemptBook {
 public:
  struct Entry {
    uint64_t id = 0;        // counts from 1 since the start
    FailedAttempt attempt;  // the last one's
    WallTime first;
    WallTime last;
    uint64_t count = 1;
  };

  static constexpr size_t kMaxEntries = 2048;     // local policy
  static constexpr size_t kMaxOfOneAddress = 32;  // local policy; many clients behind one NAT
  static constexpr size_t kMaxSteps = 16;         // local policy

  /// Notes an attempt that failed at `now`; the entry is borrowed until the next call.
  const Entry& Add(FailedAttempt attempt, WallTime now);

  /// Those that `filter` matches, the newest first, among the next `scan` after the cursor `after`,
  /// which is the id of an entry; 0: from the newest on. One that happens again has a new id.
  Page<Entry> Find(const AttemptFilter& filter, uint64_t after, size_t scan) const;

  /// Attempts since the start by their reason, folded and forgotten ones included.
  const CountByReason& totals() const { return totals_; }
  size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<Entry>;

  void Drop(Entries::iterator entry);
  void MakeRoom();

  Entries entries_;                                                   // the oldest first
  std::map<IpAddress, std::deque<Entries::iterator>> by_address_;     // the oldest first
  std::map<AttemptReason, std::deque<Entries::iterator>> by_reason_;  // likewise
  uint64_t last_id_ = 0;
  CountByReason totals_;
};

}  // namespace sallyport::daemon
