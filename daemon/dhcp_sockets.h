// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/ip_address.h"
#include "base/unique_fd.h"
#include "daemon/event_loop.h"
#include "daemon/udp_socket.h"

namespace sallyport::daemon {

/// The UDP sockets on the DHCP server's port, for all sessions together. They are bound to the
/// broadcast address and to our inner addresses, never to the wildcard: so another DHCP server of
/// this host keeps what is sent to its own addresses, and both may have the port if it permits that
/// (SO_REUSEADDR).
class DhcpSockets {
 public:
  /// A datagram with the interface that it came in on.
  using ReceiveCallback = std::function<void(const UdpDatagram&)>;

  /// `loop` outlives it.
  DhcpSockets(EventLoop& loop, ReceiveCallback receive);

  /// `servers` are addresses of this host. The error is readable; nothing is open then.
  Expected<void, std::string> Open(const std::vector<IpAddress>& servers);
  void Close() { sockets_.clear(); }
  /// A datagram that cannot be sent is lost, as on the way.
  void Send(const IpAddress& source, const IpEndpoint& destination,
            std::span<const uint8_t> octets);

 private:
  struct Socket {
    UniqueFd fd;
    IoSource source;  // goes before the descriptor that it watches
  };

  EventLoop& loop_;
  ReceiveCallback receive_;
  std::vector<Socket> sockets_;  // the broadcast address's first
};

}  // namespace sallyport::daemon
