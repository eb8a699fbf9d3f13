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
    : settings_(std::move(settings)), indexes_(SizeOf(settings_.ranges)) {
  uint32_t begin = 0;
  for (const AddressRange& range : settings_.ranges) {
    range_begins_.push_back(begin);
    begin += range.size();
  }
  Reserve(settings_.gateway);
}

std::optional<IpAddress> AddressPool::Allocate(std::string_view user) {
  const auto index = indexes_.Allocate(user);
  return index ? std::optional(AddressOf(*index)) : std::nullopt;
}

Expected<void, TakeError> AddressPool::Take(const IpAddress& address, std::string_view user) {
  const auto index = IndexOf(address);
  if (!index) {
    return Unexpected{IsNetworkOrBroadcast(address) ? TakeError::kReserved : TakeError::kOutside};
  }
  if (indexes_.IsReserved(*index)) return Unexpected{TakeError::kReserved};
  if (!indexes_.Take(*index, user)) return Unexpected{TakeError::kInUse};
  return {};
}

bool AddressPool::Release(const IpAddress& address) {
  const auto index = IndexOf(address);
  return index && indexes_.Release(*index);
}

void AddressPool::Reserve(const IpAddress& address) {
  if (const auto index = IndexOf(address)) indexes_.Reserve(*index);
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

}  // namespace sallyport::aaa
