// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/rate_limit.h"

#include <algorithm>
#include <cstdint>

namespace sallyport::dhcp {

bool RateLimit::Take(TimePoint now) {
  const auto earned = (now - refilled_) / kPerMessage;
  if (earned > 0) {
    left_ = static_cast<unsigned>(std::min<int64_t>(left_ + earned, kBurst));
    refilled_ = now;
  }
  if (left_ == 0) return false;
  --left_;
  return true;
}

}  // namespace sallyport::dhcp
