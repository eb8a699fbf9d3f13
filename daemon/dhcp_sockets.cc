// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/dhcp_sockets.h"

#include <cerrno>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

#include "dhcp/dhcpv4_message.h"

namespace sallyport::daemon {
namespace {

Expected<UniqueFd, SystemError> OpenSocket(const IpAddress& local) {
  auto fd = OpenUdpSocket(IpAddress::Family::kV4);
  if (!fd) return fd;
  const int on = 1;
  const int off = 0;  // what goes through a session has a checksum
  if (setsockopt(fd->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
      setsockopt(fd->get(), SOL_SOCKET, SO_NO_CHECK, &off, sizeof off) < 0) {
    return Unexpected{SystemError{errno, "cannot set up a UDP socket"}};
  }
  if (auto bound = BindUdpSocket(*fd, {local, dhcp::v4::kServerPort}); !bound) {
    return Unexpected{bound.error()};
  }
  return fd;
}

}  // namespace

DhcpSockets::DhcpSockets(EventLoop& loop, ReceiveCallback receive)
    : loop_(loop), receive_(std::move(receive)) {}

Expected<void, std::string> DhcpSockets::Open(const std::vector<IpAddress>& servers) {
  std::vector<IpAddress> addresses{IpAddress::V4(UINT32_MAX)};  // broadcast
  addresses.insert(addresses.end(), servers.begin(), servers.end());
  std::vector<Socket> sockets;
  for (const IpAddress& address : addresses) {
    auto fd = OpenSocket(address);
    if (!fd) {
      std::string text = fd.error().text;
      if (fd.error().code == EADDRINUSE) {
        text +=
            "; a DHCP server of this host has the port for all addresses: bind it to its own "
            "interfaces (dnsmasq: bind-interfaces)";
      }
      return Unexpected{std::move(text)};
    }
    sockets.push_back({.fd = *std::move(fd), .source = {}});
  }
  sockets_ = std::move(sockets);
  for (Socket& socket : sockets_) {
    socket.source = loop_.AddIo(socket.fd.get(), EPOLLIN, [this, &socket](uint32_t) {
      ReceiveUdpDatagrams(socket.fd, receive_);
    });
  }
  return {};
}

void DhcpSockets::Send(const IpAddress& source, const IpEndpoint& destination,
                       std::span<const uint8_t> octets) {
  if (sockets_.empty()) return;
  (void)SendUdpDatagram(sockets_.front().fd, destination, source, octets);
}

}  // namespace sallyport::daemon
