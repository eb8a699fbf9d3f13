// SPDX-License-Identifier: GPL-2.0-or-later
// UDP sockets as L2TP needs them: bound to one address, connected or not, with the address that a
// datagram was sent to.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/expected.h"
#include "base/ip_address.h"
#include "base/unique_fd.h"

namespace sallyport::daemon {

/// A failed system call: what was tried and errno's text.
struct SystemError {
  int code = 0;  // errno
  std::string text;
};

/// Opens a non-blocking socket of the family of `local` (IPv6-only for IPv6), without binding it,
/// so that socket policies can be set first. IPv4 sockets send without a UDP checksum: behind NAT a
/// transport mode checksum is wrong anyway, and ESP has one of its own (RFC 3948 §3.1.2).
Expected<UniqueFd, SystemError> OpenUdpSocket(IpAddress::Family family);

/// Port 0 lets the kernel choose.
Expected<void, SystemError> BindUdpSocket(const UniqueFd& socket, const IpEndpoint& local);
/// Datagrams come with the marks that firewall rules have given them. Where the kernel cannot
/// (before Linux 5.19), or may not, they come with 0.
void ReceiveMarks(const UniqueFd& socket);
/// `socket` is a descriptor that stays open meanwhile.
Expected<void, SystemError> ConnectUdpSocket(int socket, const IpEndpoint& peer);
/// What the socket is bound to; none if it is not.
IpEndpoint LocalUdpEndpoint(const UniqueFd& socket);
/// The port alone.
uint16_t LocalUdpPort(const UniqueFd& socket);

/// The MTU of the route from `local` (none: any address of ours) to `peer`, as far as the kernel
/// has learned it; nothing when there is none. Sends nothing.
std::optional<uint16_t> RouteMtu(const IpAddress& local, const IpAddress& peer);

struct UdpDatagram {
  IpEndpoint peer;
  IpAddress local;
  int ifindex = 0;                 // of the interface that it came in on
  uint32_t mark = 0;               // see ReceiveMarks()
  std::span<const uint8_t> bytes;  // borrowed for the call
};
/// Reads what has arrived, at most a batch of it, so that one busy socket cannot hold up the loop.
/// Pending socket errors (ICMP) are taken and ignored: they can be forged, and HELLO finds out.
/// `receive` must not destroy the socket.
void ReceiveUdpDatagrams(const UniqueFd& socket,
                         const std::function<void(const UdpDatagram&)>& receive);

/// Sends from `local` (if given) to `peer`; to the connected peer when `peer` has no address.
Expected<void, SystemError> SendUdpDatagram(const UniqueFd& socket, const IpEndpoint& peer,
                                            const IpAddress& local, std::span<const uint8_t> bytes);

}  // namespace sallyport::daemon
