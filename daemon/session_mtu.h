// SPDX-License-Identifier: GPL-2.0-or-later
// How large a packet inside of a session may be, so that the packet around it crosses the network
// outside in one piece (RFC 3193 §3.2).
#pragma once
#include <cstdint>
#include <optional>

#include "daemon/esp_sizes.h"

namespace sallyport::daemon {

/// What is around a packet of a session.
struct OuterPath {
  uint16_t outer_mtu = 1500;  // of the route to the peer
  bool outer_v6 = false;
  std::optional<EspSizes> esp{};  // transport mode; none: L2TP in clear text
  bool udp_encapsulation = false;
  bool length_field = false;  // the L2TP header has one (RFC 2661 §3.1)
  bool sequenced = false;     // it has Ns and Nr
};

/// The largest IP packet inside, in octets; 0 when there is no room for any.
uint16_t LargestInnerPacket(const OuterPath& path);

/// The largest IP packets of one session. They differ, since the kernel sends no Length field and
/// the peer may.
struct SessionMtu {
  uint16_t send = 1500;     // to the peer
  uint16_t receive = 1500;  // from it
  bool operator==(const SessionMtu&) const = default;
};
/// Each way as computed, but never less than every IPv4 host takes: where the outer network has no
/// room for that, it has to fragment. `path.length_field` is not looked at.
SessionMtu SessionMtuOf(OuterPath path);

}  // namespace sallyport::daemon
