// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/address_pool.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sallyport::aaa {
namespace {

uint32_t SizeOf(const std::vector<AddressRange>& ranges) {
  return std::accumulate(
      ranges.begin(), ranges.end(), uint32_t{0},
      [](uint32_t sum, const AddressRange& range) { return sum + range.size(); });
}

}  // namespace

AddressPool::AddressPool(PoolSettings settings)
    : settings_(std::move(settings)), in_use_(SizeOf(settings_.ranges)) {
  uint32_t begin = 0;
  for (const AddressRange& range : settings_.ranges) {
    range_begins_.push_back(begin);
    begin += range.size();
  }
  Reserve(settings_.gateway);
}

std::optional<IpAddress> AddressPool::Allocate(std::string_view user) {
  if (const auto last = last_of_user_.find(user); last != last_of_user_.end()) {
    if (in_use_.Insert(last->second)) return AddressOf(last->second);
  }
  auto index = in_use_.FirstAbsent(next_);
  if (!index) index = in_use_.FirstAbsent(0);
  if (!index) return {};
  in_use_.Insert(*index);
  next_ = *index + 1;
  Remember(user, *index);
  return AddressOf(*index);
}

Expected<void, TakeError> AddressPool::Take(const IpAddress& address, std::string_view user) {
  const auto index = IndexOf(address);
  if (!index) {
    return Unexpected{IsNetworkOrBroadcast(address) ? TakeError::kReserved : TakeError::kOutside};
  }
  if (IsReserved(*index)) return Unexpected{TakeError::kReserved};
  if (!in_use_.Insert(*index)) return Unexpected{TakeError::kInUse};
  Remember(user, *index);
  return {};
}

bool AddressPool::Release(const IpAddress& address) {
  const auto index = IndexOf(address);
  return index && !IsReserved(*index) && in_use_.Erase(*index);
}

void AddressPool::Reserve(const IpAddress& address) {
  const auto index = IndexOf(address);
  if (index && in_use_.Insert(*index)) reserved_.push_back(*index);
}

bool AddressPool::IsNetworkOrBroadcast(const IpAddress& address) const {
  return std::any_of(
      settings_.ranges.begin(), settings_.ranges.end(),
      [&address](const AddressRange& range) { return range.IsNetworkOrBroadcast(address); });
}

std::optional<uint32_t> AddressPool::IndexOf(const IpAddress& address) const {
  for (size_t i = 0; i < settings_.ranges.size(); ++i) {
    const AddressRange& range = settings_.ranges[i];
    if (range.Contains(address)) return range_begins_[i] + (address.v4() - range.first().v4());
  }
  return {};
}

IpAddress AddressPool::AddressOf(uint32_t index) const {
  const auto after = std::upper_bound(range_begins_.begin(), range_begins_.end(), index);
  const auto range = static_cast<size_t>(after - range_begins_.begin()) - 1;
  return IpAddress::V4(settings_.ranges[range].first().v4() + (index - range_begins_[range]));
}

bool AddressPool::IsReserved(uint32_t index) const {
  return std::find(reserved_.begin(), reserved_.end(), index) != reserved_.end();
}

void AddressPool::Remember(std::string_view user, uint32_t index) {
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
