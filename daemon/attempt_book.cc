// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/attempt_book.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace sallyport::daemon {
namespace {

/// The same client, and the same cause.
bool Alike(const FailedAttempt& a, const FailedAttempt& b) {
  return a.stage == b.stage && a.reason == b.reason && a.user == b.user && a.identity == b.identity;
}

bool Matches(const AttemptFilter& filter, const FailedAttempt& attempt) {
  if (filter.address && !filter.address->Contains(attempt.peer.address)) return false;
  if (!filter.user) return true;
  const std::string shown = PrintableText(*filter.user);
  for (const std::string& name : {attempt.user, attempt.identity}) {
    if (!name.empty() && (name == *filter.user || name == shown)) return true;
  }
  return false;
}

}  // namespace

const AttemptBook::Entry& AttemptBook::Add(FailedAttempt attempt, WallTime now) {
  ++totals_[std::string(ToString(attempt.reason))];
  if (attempt.steps.size() > kMaxSteps) attempt.steps.resize(kMaxSteps);
  const IpAddress address = attempt.peer.address;
  Entry added{.id = ++last_id_, .attempt = std::move(attempt), .first = now, .last = now};
  if (const auto known = by_address_.find(address); known != by_address_.end()) {
    const auto& of_address = known->second;
    const auto same = std::find_if(of_address.begin(), of_address.end(), [&](const auto& entry) {
      return Alike(entry->attempt, added.attempt);
    });
    if (same != of_address.end()) {
      added.first = (*same)->first;
      added.count = (*same)->count + 1;
      Drop(*same);
    } else if (of_address.size() >= kMaxOfOneAddress) {
      Drop(of_address.front());
    }
  }
  if (entries_.size() >= kMaxEntries) MakeRoom();
  entries_.push_back(std::move(added));
  by_address_[address].push_back(std::prev(entries_.end()));
  by_reason_[entries_.back().attempt.reason].push_back(std::prev(entries_.end()));
  return entries_.back();
}

void AttemptBook::MakeRoom() {
  const auto most = std::ranges::max_element(
      by_reason_, {}, [](const auto& reason) { return reason.second.size(); });
  Drop(most->second.front());
}

void AttemptBook::Drop(Entries::iterator entry) {
  auto& of_reason = by_reason_[entry->attempt.reason];
  of_reason.erase(std::ranges::find(of_reason, entry));
  const auto known = by_address_.find(entry->attempt.peer.address);
  std::erase(known->second, entry);
  if (known->second.empty()) by_address_.erase(known);
  entries_.erase(entry);
}

Page<AttemptBook::Entry> AttemptBook::Find(const AttemptFilter& filter, uint64_t after,
                                           size_t scan) const {
  Page<Entry> page;
  auto entry = entries_.rbegin();
  while (after != 0 && entry != entries_.rend() && entry->id >= after) ++entry;
  for (; entry != entries_.rend(); ++entry) {
    if (scan-- == 0) {
      page.next = after;
      break;
    }
    after = entry->id;
    if (Matches(filter, entry->attempt)) page.records.emplace_back(after, *entry);
  }
  return page;
}

}  // namespace sallyport::daemon
