// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/entropy.h"
#include "base/expected.h"
#include "ppp/control_protocol.h"
#include "ppp/events.h"
#include "ppp/packet.h"

namespace sallyport::ppp {

/// What the login brought for the network protocols; a server's only.
struct NetworkGrant {
  NetworkParameters ipv4;
  bool ipv6 = false;
};

/// What the network phase of a link begins with.
struct NetworkPhase {
  NetworkGrant grant;
  uint16_t mtu = 0;       // the largest IP packet towards the peer, octets
  uint16_t peer_mru = 0;  // the largest control packet, octets
};

/// One network control protocol of one link: its options and what they come to. The NetworkLayer
/// drives it.
class NetworkProtocol {
 public:
  NetworkProtocol() = default;
  NetworkProtocol(const NetworkProtocol&) = delete;
  NetworkProtocol& operator=(const NetworkProtocol&) = delete;
  virtual ~NetworkProtocol() = default;

  virtual Protocol number() const = 0;
  virtual std::string_view name() const = 0;
  virtual NetworkUse use() const = 0;

  /// Before each opening: what is asked for and what is granted. The error says why there is
  /// nothing to open it for.
  virtual Expected<void, std::string> Prepare(const NetworkPhase& phase,
                                              const Entropy& entropy) = 0;
  /// Fresh random octets for the answer to the packet that comes next.
  virtual void Refresh(const Entropy& /*entropy*/) {}
  /// The control protocol has opened: what the owner of the link is told. The error says why the
  /// network is of no use.
  virtual Expected<Action, std::string> Up(uint16_t mtu) const = 0;
  virtual Action Down() const = 0;

  virtual ControlProtocol& control() = 0;
  const ControlProtocol& control() const { return const_cast<NetworkProtocol*>(this)->control(); }
};

}  // namespace sallyport::ppp
