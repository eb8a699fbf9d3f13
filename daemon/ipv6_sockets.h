// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <span>

#include "base/expected.h"
#include "base/ip_address.h"
#include "base/unique_fd.h"
#include "daemon/data_plane.h"
#include "daemon/event_loop.h"
#include "daemon/udp_socket.h"

namespace sallyport::daemon {

/// One raw ICMPv6 socket and one UDP socket for the router discovery and DHCPv6 of all sessions;
/// the interface of each packet tells whose it is. The kernel takes Router Solicitations on every
/// interface that forwards (it joins ff02::2 there); for DHCPv6 see MulticastMemberships.
class Ipv6Sockets {
 public:
  /// `message` is borrowed for the call.
  using Receive = std::function<void(int ifindex, const Ipv6Message& message)>;

  explicit Ipv6Sockets(EventLoop& loop) : loop_(loop) {}

  /// For router discovery. Needs CAP_NET_RAW.
  Expected<void, SystemError> Open(Receive receive);
  /// After Open(). Error EADDRINUSE: another DHCPv6 server has UDP port 547 for itself.
  Expected<void, SystemError> OpenDhcpv6();
  void Close();

  /// From the link-local address `from` of that interface. What the kernel does not take is as good
  /// as lost on the way.
  void Send(Ipv6Service service, int ifindex, const IpAddress& from, const IpEndpoint& to,
            std::span<const uint8_t> bytes) const;

 private:
  Expected<void, SystemError> OpenIcmp();
  Expected<void, SystemError> OpenUdp();
  void Read(Ipv6Service service, int fd);

  EventLoop& loop_;
  Receive receive_;
  UniqueFd icmp_;
  UniqueFd udp_;
  IoSource icmp_source_;
  IoSource udp_source_;
};

}  // namespace sallyport::daemon
