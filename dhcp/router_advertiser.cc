// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/router_advertiser.h"

#include <algorithm>
#include <chrono>

#include "base/wire_reader.h"

namespace sallyport::dhcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// RFC 4861 §6.2.1: the defaults of MaxRtrAdvInterval and, a third of it, MinRtrAdvInterval.
constexpr milliseconds kMinInterval = seconds(200);
constexpr milliseconds kMaxInterval = seconds(600);
// RFC 4861 §10.
constexpr unsigned kInitialAdvertisements = 3;
constexpr milliseconds kInitialInterval = seconds(16);
constexpr milliseconds kMinDelayBetween = seconds(3);
constexpr milliseconds kMaxDelay{500};

/// Uniformly from [0, limit].
milliseconds UpTo(milliseconds limit, const Entropy& entropy) {
  const auto range = static_cast<uint64_t>(limit.count()) + 1;
  return milliseconds(WireReader(entropy).U64() % range);
}

}  // namespace

void RouterAdvertiser::Solicit(TimePoint now, const Entropy& entropy) {
  if (!next_) return;
  TimePoint due = now + UpTo(kMaxDelay, entropy);
  if (last_) due = std::max(due, *last_ + kMinDelayBetween);
  next_ = std::min(*next_, due);
}

bool RouterAdvertiser::HandleTimeout(TimePoint now, const Entropy& entropy) {
  if (!next_ || *next_ > now) return false;
  last_ = now;
  sent_ = std::min(sent_ + 1, kInitialAdvertisements);
  const milliseconds interval = kMinInterval + UpTo(kMaxInterval - kMinInterval, entropy);
  next_ = now + (sent_ < kInitialAdvertisements ? std::min(interval, kInitialInterval) : interval);
  return true;
}

}  // namespace sallyport::dhcp
