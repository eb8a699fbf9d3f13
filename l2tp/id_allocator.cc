// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/id_allocator.h"

#include <algorithm>
#include <limits>

namespace sallyport::l2tp {

std::optional<uint16_t> IdAllocator::Find(uint16_t candidate, TimePoint now) {
  while (!resting_.empty() && resting_.front().until <= now) WakeOldest();

  constexpr size_t kIds = std::numeric_limits<uint16_t>::max();  // zero is none (RFC 2661 §3.1)
  if (taken_.size() >= kIds) return {};
  const auto first_free = [this](uint16_t id) {  // zero when all ids from `id` up are taken
    for (auto it = taken_.lower_bound(id); it != taken_.end() && *it == id; ++it) ++id;
    return id;
  };
  const uint16_t id = first_free(std::max<uint16_t>(1, candidate));
  return id != 0 ? id : first_free(1);
}

std::optional<uint16_t> IdAllocator::Take(uint16_t candidate, TimePoint now) {
  const auto id = Find(candidate, now);
  if (id) taken_.insert(*id);
  return id;
}

void IdAllocator::Release(uint16_t id, TimePoint now) {
  resting_.push_back({now + kQuarantine, id});
  if (resting_.size() > quarantine_limit_) WakeOldest();
}

void IdAllocator::WakeOldest() {
  taken_.erase(resting_.front().id);
  resting_.pop_front();
}

}  // namespace sallyport::l2tp
