// SPDX-License-Identifier: GPL-2.0-or-later
// How many may ask, and how many are answered: rates of what strangers can make us do.
#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/ip_address.h"
#include "base/time.h"
#include "l2tp/drop_reason.h"
#include "l2tp/events.h"

namespace sallyport::l2tp {

/// A token bucket that holds what flows in during one second.
class TokenBucket {
 public:
  /// `full_at` is when the bucket will be full again, and all its state. Taking one of `rate`
  /// tokens a second gives the new time; nothing when there is none to take.
  static std::optional<TimePoint> Take(TimePoint full_at, unsigned rate, TimePoint now);

  /// False when there is none to take; `rate` zero: none ever.
  bool Take(unsigned rate, TimePoint now);

 private:
  TimePoint full_at_{};
};

/// Limits the rate of new SCCRQs, of all peers and of each network that they come from, so that one
/// network cannot use up what is for all.
class Admission {
 public:
  /// Networks remembered at once: local policy. The one that asked least gives way to one more.
  static constexpr size_t kNetworks = 4096;

  /// Takes one SCCRQ from `peer` into account. A reason: it is one too many.
  std::optional<DropReason> Admit(const IpAddress& peer, const EndpointConfig& config,
                                  TimePoint now);

  size_t networks() const { return full_at_.size(); }

 private:
  bool AdmitNetwork(const IpAddress& network, unsigned rate, TimePoint now);

  TokenBucket all_;
  /// Ordered, since a hash table's worst case could be brought about by those whom this is against.
  std::map<IpAddress, TimePoint> full_at_;
  std::set<std::pair<TimePoint, IpAddress>> by_time_;
};

}  // namespace sallyport::l2tp
