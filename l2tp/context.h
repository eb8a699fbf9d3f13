// SPDX-License-Identifier: GPL-2.0-or-later
// What the parts of the engine (Endpoint, Tunnel, Calls) hand each other.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/ip_address.h"
#include "base/time.h"
#include "l2tp/endpoint.h"
#include "l2tp/events.h"
#include "l2tp/random.h"
#include "l2tp/reliable_channel.h"

namespace sallyport::l2tp {

/// What one call into the engine works with; borrowed for the call.
struct Context {
  const EndpointConfig& config;
  const ChannelSettings& channel;
  EndpointStatistics& statistics;
  size_t& sessions;  // of all tunnels; the tunnels count them
  Random& random;
  TimePoint now;
  Actions& out;

  void Count(DropReason reason) const { statistics.drops.Count(reason); }
};

/// Why a tunnel or session ends, and what is told the peer if a message is sent.
struct Ending {
  EndReason reason;
  ResultCode result;
  std::optional<EndReason> of_tunnel{};  // of kTunnelEnded
};

/// Which tunnel it is, and who is at the other end.
struct TunnelIdentity {
  TunnelId id;
  TunnelId peer_id;            // zero until the SCCRP, when we dial
  std::optional<DialId> dial;  // when we dial
  PathId origin_path;          // where the SCCRQ came in; OpenTunnel's when we dial
  IpEndpoint peer;
  IpAddress local;            // the address the SCCRQ was sent to; OpenTunnel's when we dial
  uint64_t sccrq_digest = 0;  // of the peer's SCCRQ's AVPs: tells a late copy from a new dial
  TimePoint created;
};

}  // namespace sallyport::l2tp
