// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/index_pool.h"

#include <algorithm>

namespace sallyport::aaa {

std::optional<uint32_t> IndexPool::Allocate(std::string_view user) {
  if (const auto last = last_of_user_.find(user); last != last_of_user_.end()) {
    if (in_use_.Insert(last->second)) return last->second;
  }
  auto index = in_use_.FirstAbsent(next_);
  if (!index) index = in_use_.FirstAbsent(0);
  if (!index) return {};
  in_use_.Insert(*index);
  next_ = *index + 1;
  Remember(user, *index);
  return index;
}

bool IndexPool::Take(uint32_t index, std::string_view user) {
  if (!in_use_.Insert(index)) return false;
  Remember(user, index);
  return true;
}

bool IndexPool::Release(uint32_t index) { return !IsReserved(index) && in_use_.Erase(index); }

void IndexPool::Reserve(uint32_t index) {
  if (in_use_.Insert(index)) reserved_.push_back(index);
}

bool IndexPool::IsReserved(uint32_t index) const {
  return std::find(reserved_.begin(), reserved_.end(), index) != reserved_.end();
}

void IndexPool::Remember(std::string_view user, uint32_t index) {
  if (user.empty()) return;
  if (const auto known = last_of_user_.find(user); known != last_of_user_.end()) {
    known->second = index;
    return;
  }
  if (remembered_.size() == kMaxRemembered) {
    last_of_user_.erase(remembered_.front());
    remembered_.pop_front();
  }
  remembered_.emplace_back(user);
  last_of_user_.emplace(user, index);
}

}  // namespace sallyport::aaa
