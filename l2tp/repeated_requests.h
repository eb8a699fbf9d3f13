// SPDX-License-Identifier: GPL-2.0-or-later
// SCCRQs that came again, octet by octet, to a tunnel that exists: late copies, or a client that
// crashed and dials anew from the same port with the same tunnel id.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "base/timer_queue.h"
#include "l2tp/endpoint.h"
#include "l2tp/events.h"

namespace sallyport::l2tp {

/// Keeps the last such SCCRQ of each tunnel until its peer has had time to show that it lives. It
/// must be kept: what we send in the old tunnel acknowledges it, so that the client need not send
/// it again (RFC 2661 §5.8).
class RepeatedRequests {
 public:
  /// Local policy: what is asked goes out at once and a second later, and the answer takes a round
  /// trip and the peer's delay of acknowledgements (500 ms with Windows and macOS).
  static constexpr std::chrono::seconds kPatience{3};
  /// A client that sends its SCCRQ once more after this time, and meanwhile nothing else, is not
  /// waited for any longer: the first retransmission time (RFC 2661 §5.8).
  static constexpr std::chrono::seconds kShortestPatience{1};

  struct Request {
    PathId path;
    IpEndpoint peer;
    IpAddress local;
    bool authenticated = false;
    std::vector<uint8_t> bytes;
  };

  /// The peer of `tunnel` is asked from now on whether it lives.
  void Keep(TunnelId tunnel, const Datagram& datagram, TimePoint now);
  /// Whether its peer has been asked, and had the shortest time to answer.
  bool IsOverdue(TunnelId tunnel, TimePoint now) const;
  bool Contains(TunnelId tunnel) const { return requests_.contains(tunnel); }
  void Forget(TunnelId tunnel);
  /// What came on the path cannot be answered any more.
  void Forget(PathId path);

  /// One whose time is up, and the tunnel that it came to. It stays overdue until it is forgotten.
  struct Expired {
    TunnelId tunnel;
    Request request;
  };
  std::optional<Expired> TakeExpired(TimePoint now);
  std::optional<TimePoint> NextDeadline() const { return timers_.Next(); }

 private:
  struct Kept {
    Request request;
    TimePoint asked;
  };

  std::map<TunnelId, Kept> requests_;
  TimerQueue<TunnelId> timers_;
};

}  // namespace sallyport::l2tp
