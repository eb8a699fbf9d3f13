// SPDX-License-Identifier: GPL-2.0-or-later
// The tunnels that were: how their peers, who may not know of the end, are told.
#pragma once
#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "base/ip_address.h"
#include "base/time.h"
#include "l2tp/admission.h"
#include "l2tp/context.h"
#include "l2tp/header.h"

namespace sallyport::l2tp {

/// Answers control messages for tunnels that we do not have, so that a peer whose tunnel is gone
/// here dials again at once instead of after all its retransmissions. RFC 2661 does not ask for it.
class FormerTunnels {
 public:
  /// A tunnel by the name that its peer has for it.
  using PeerTunnel = std::pair<IpEndpoint, TunnelId>;

  /// How many are remembered, and how long: local policy. A peer that was cut off finds out with
  /// its next HELLO, seldom more than some minutes later.
  static constexpr size_t kLimit = 4096;
  static constexpr std::chrono::minutes kMemory{10};

  /// The tunnel was released.
  void Remember(const TunnelIdentity& tunnel, TimePoint now);

  /// A control message came whose tunnel id names no tunnel. It is answered by StopCCN with result
  /// 1 if
  /// - its tunnel is remembered, and had the sender for a peer; or
  /// - it came through an SA, so that its source is no forgery: we may have been restarted. The
  ///   StopCCN goes to tunnel 0 with the id that the sender used as Assigned Tunnel ID, as the peer
  ///   knows us by it (RFC 2661 §4.4.3). What is not a control connection's there ignores it.
  /// Not if the peer has a tunnel with us by the same name, one of `live`: it has dialled again,
  /// and would take the StopCCN for that one's. Windows counts its ids up from 1. Nobody else
  /// hears from us, so that nobody can have us send to a third party. A ZLB or StopCCN is not
  /// answered, lest two such ends never stop, nor is what cannot be read. Each tunnel gets one
  /// answer a second, all together `refusals_per_second`.
  void Answer(const Datagram& datagram, const ControlPacket& packet,
              const std::multiset<PeerTunnel>& live, const Context& context);

 private:
  struct Former {
    PeerTunnel peer;
    TimePoint until;
  };

  void Forget(TimePoint now);
  bool MayAnswer(TunnelId id, const Context& context);

  std::map<TunnelId, Former> tunnels_;                  // by our id
  std::deque<std::pair<TimePoint, TunnelId>> by_time_;  // outdated if the id was released again
  TokenBucket answers_;
  std::map<TunnelId, TimePoint> answered_;  // within the last second
};

}  // namespace sallyport::l2tp
