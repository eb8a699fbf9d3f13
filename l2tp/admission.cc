// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/admission.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace sallyport::l2tp {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);

/// What one customer of a provider has, as a rule: an IPv4 /24 (the smallest that is routed) or an
/// IPv6 /64 (RFC 4291 §2.5.4). Local policy.
IpAddress NetworkOf(const IpAddress& address) {
  switch (address.family()) {
    case IpAddress::Family::kNone:
      return address;
    case IpAddress::Family::kV4:
      return IpAddress::V4(address.v4() & 0xFFFFFF00);
    case IpAddress::Family::kV6:
      break;
  }
  std::array<uint8_t, 16> octets{};
  std::ranges::copy(address.bytes().first(8), octets.begin());
  return IpAddress::V6(octets);
}

}  // namespace

std::optional<TimePoint> TokenBucket::Take(TimePoint full_at, unsigned rate, TimePoint now) {
  if (rate == 0) return {};
  const TimePoint later = std::max(full_at, now) + kSecond / rate;
  if (later > now + kSecond) return {};
  return later;
}

bool TokenBucket::Take(unsigned rate, TimePoint now) {
  const auto later = Take(full_at_, rate, now);
  if (later) full_at_ = *later;
  return later.has_value();
}

std::optional<DropReason> Admission::Admit(const IpAddress& peer, const EndpointConfig& config,
                                           TimePoint now) {
  // The network first: what it may not send must not cost the others anything.
  if (config.sccrq_per_second_prefix > 0 &&
      !AdmitNetwork(NetworkOf(peer), config.sccrq_per_second_prefix, now)) {
    return DropReason::kSccrqRateOfNetwork;
  }
  if (config.sccrq_per_second > 0 && !all_.Take(config.sccrq_per_second, now)) {
    return DropReason::kSccrqRate;
  }
  return {};
}

bool Admission::AdmitNetwork(const IpAddress& network, unsigned rate, TimePoint now) {
  while (!by_time_.empty() && by_time_.begin()->first <= now) {  // full: as if never seen
    full_at_.erase(by_time_.begin()->second);
    by_time_.erase(by_time_.begin());
  }
  const auto known = full_at_.find(network);
  const auto later = TokenBucket::Take(known == full_at_.end() ? now : known->second, rate, now);
  if (!later) return false;
  if (known != full_at_.end()) {
    by_time_.erase({known->second, network});
    full_at_.erase(known);
  } else if (full_at_.size() >= kNetworks) {
    full_at_.erase(by_time_.begin()->second);
    by_time_.erase(by_time_.begin());
  }
  full_at_.emplace(network, *later);
  by_time_.emplace(*later, network);
  return true;
}

}  // namespace sallyport::l2tp
