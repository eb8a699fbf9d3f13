// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/repeated_requests.h"

#include <utility>

namespace sallyport::l2tp {

void RepeatedRequests::Keep(TunnelId tunnel, const Datagram& datagram, TimePoint now) {
  Request request{.path = datagram.path,
                  .peer = datagram.peer,
                  .local = datagram.local,
                  .authenticated = datagram.authenticated,
                  .bytes = {datagram.bytes.begin(), datagram.bytes.end()}};
  requests_.insert_or_assign(tunnel, Kept{std::move(request), now});
  timers_.Set(tunnel, now + kPatience);
}

bool RepeatedRequests::IsOverdue(TunnelId tunnel, TimePoint now) const {
  const auto found = requests_.find(tunnel);
  return found != requests_.end() && found->second.asked + kShortestPatience <= now;
}

void RepeatedRequests::Forget(TunnelId tunnel) {
  requests_.erase(tunnel);
  timers_.Set(tunnel, std::nullopt);
}

void RepeatedRequests::Forget(PathId path) {
  for (auto it = requests_.begin(); it != requests_.end();) {
    const auto& [tunnel, kept] = *it;
    if (kept.request.path != path) {
      ++it;
      continue;
    }
    timers_.Set(tunnel, std::nullopt);
    it = requests_.erase(it);
  }
}

std::optional<RepeatedRequests::Expired> RepeatedRequests::TakeExpired(TimePoint now) {
  const auto tunnel = timers_.TakeExpired(now);
  if (!tunnel) return {};
  return Expired{*tunnel, std::move(requests_.at(*tunnel).request)};
}

}  // namespace sallyport::l2tp
