// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/ipv6_sockets.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace sallyport::daemon {
namespace {

constexpr uint16_t kDhcpv6ServerPort = 547;  // RFC 8415 §7.2
constexpr int kHopLimit = 255;               // RFC 4861 §4.2
/// Packets read in one turn of the loop from one socket; local policy.
constexpr int kReadBatch = 64;
/// A larger packet is cut, which its parser notices. Clients send some hundred octets.
constexpr size_t kBuffer = 4096;

Unexpected<SystemError> Failed(const char* operation) {
  const int code = errno;
  return Unexpected{SystemError{code, std::string(operation) + ": " + std::strerror(code)}};
}

bool SetOption(const UniqueFd& socket, int option, int value) {
  return setsockopt(socket.get(), IPPROTO_IPV6, option, &value, sizeof value) == 0;
}

IpAddress AddressOf(const in6_addr& address) { return IpAddress::V6(address.s6_addr); }

in6_addr ToKernel(const IpAddress& address) {
  in6_addr kernel{};
  std::ranges::copy(address.bytes(), std::begin(kernel.s6_addr));
  return kernel;
}

/// What the ancillary data of a packet says.
struct Arrival {
  int ifindex = 0;
  IpAddress destination;
  uint8_t hop_limit = 0;
};

Arrival ArrivalOf(msghdr& header) {
  Arrival arrival;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != IPPROTO_IPV6) continue;
    if (part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      arrival.ifindex = static_cast<int>(info.ipi6_ifindex);
      arrival.destination = AddressOf(info.ipi6_addr);
    } else if (part->cmsg_type == IPV6_HOPLIMIT) {
      int hop_limit = 0;
      std::memcpy(&hop_limit, CMSG_DATA(part), sizeof hop_limit);
      arrival.hop_limit = static_cast<uint8_t>(hop_limit);
    }
  }
  return arrival;
}

}  // namespace

Expected<void, SystemError> Ipv6Sockets::Open(Receive receive) {
  receive_ = std::move(receive);
  if (auto opened = OpenIcmp(); !opened) return opened;
  icmp_source_ = loop_.AddIo(
      icmp_.get(), EPOLLIN, [this](uint32_t) { Read(Ipv6Service::kRouterDiscovery, icmp_.get()); });
  return {};
}

Expected<void, SystemError> Ipv6Sockets::OpenDhcpv6() {
  if (auto opened = OpenUdp(); !opened) return opened;
  udp_source_ = loop_.AddIo(udp_.get(), EPOLLIN,
                            [this](uint32_t) { Read(Ipv6Service::kDhcpv6, udp_.get()); });
  return {};
}

void Ipv6Sockets::Close() {
  icmp_source_.Reset();
  udp_source_.Reset();
  icmp_.Reset();
  udp_.Reset();
}

Expected<void, SystemError> Ipv6Sockets::OpenIcmp() {
  UniqueFd socket(::socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6));
  if (!socket) return Failed("open a socket for ICMPv6");
  icmp6_filter filter{};
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(ND_ROUTER_SOLICIT, &filter);
  const bool filtered =
      setsockopt(socket.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) == 0;
  if (!filtered || !SetOption(socket, IPV6_RECVPKTINFO, 1) ||
      !SetOption(socket, IPV6_RECVHOPLIMIT, 1) ||
      !SetOption(socket, IPV6_UNICAST_HOPS, kHopLimit) ||
      !SetOption(socket, IPV6_MULTICAST_HOPS, kHopLimit) ||
      !SetOption(socket, IPV6_MULTICAST_LOOP, 0)) {
    return Failed("set up the socket for ICMPv6");
  }
  icmp_ = std::move(socket);
  return {};
}

Expected<void, SystemError> Ipv6Sockets::OpenUdp() {
  auto socket = OpenUdpSocket(IpAddress::Family::kV6);
  if (!socket) return Unexpected{socket.error()};
  // A server for other interfaces of this machine may do the same: both get what is multicast,
  // which is all that clients send; what relays send by unicast, the one that opened its socket
  // last.
  const int reuse = 1;
  if (setsockopt(socket->get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) != 0 ||
      !SetOption(*socket, IPV6_RECVPKTINFO, 1)) {
    return Failed("set up the socket for DHCPv6");
  }
  static constexpr std::array<uint8_t, 16> kAny{};
  if (auto bound = BindUdpSocket(*socket, {IpAddress::V6(kAny), kDhcpv6ServerPort}); !bound) {
    return bound;
  }
  udp_ = *std::move(socket);
  return {};
}

void Ipv6Sockets::Read(Ipv6Service service, int fd) {
  std::array<uint8_t, kBuffer> buffer;                  // NOLINT: recvmsg(2) writes it first
  alignas(cmsghdr) std::array<uint8_t, 256> ancillary;  // NOLINT: likewise
  for (int i = 0; i < kReadBatch; ++i) {
    sockaddr_in6 source{};
    iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr header{};
    header.msg_name = &source;
    header.msg_namelen = sizeof source;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = ancillary.data();
    header.msg_controllen = ancillary.size();
    const ssize_t size = recvmsg(fd, &header, 0);
    if (size < 0) return;
    const Arrival arrival = ArrivalOf(header);
    const bool multicast = arrival.destination && arrival.destination.bytes()[0] == 0xFF;
    receive_(arrival.ifindex, {.service = service,
                               .peer = {AddressOf(source.sin6_addr), ntohs(source.sin6_port)},
                               .multicast = multicast,
                               .hop_limit = arrival.hop_limit,
                               .bytes = std::span(buffer).first(static_cast<size_t>(size))});
  }
}

void Ipv6Sockets::Send(Ipv6Service service, int ifindex, const IpAddress& from,
                       const IpEndpoint& to, std::span<const uint8_t> bytes) const {
  const UniqueFd& socket = service == Ipv6Service::kDhcpv6 ? udp_ : icmp_;
  if (!socket) return;
  sockaddr_in6 destination{};
  destination.sin6_family = AF_INET6;
  destination.sin6_addr = ToKernel(to.address);
  // A raw socket takes no port but 0 or its protocol (net/ipv6/raw.c, rawv6_sendmsg).
  destination.sin6_port = service == Ipv6Service::kDhcpv6 ? htons(to.port) : 0;
  destination.sin6_scope_id = static_cast<uint32_t>(ifindex);
  iovec part{.iov_base = const_cast<uint8_t*>(bytes.data()), .iov_len = bytes.size()};
  alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> ancillary{};
  msghdr header{};
  header.msg_name = &destination;
  header.msg_namelen = sizeof destination;
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = ancillary.data();
  header.msg_controllen = ancillary.size();
  cmsghdr* info_header = CMSG_FIRSTHDR(&header);
  info_header->cmsg_level = IPPROTO_IPV6;
  info_header->cmsg_type = IPV6_PKTINFO;
  info_header->cmsg_len = CMSG_LEN(sizeof(in6_pktinfo));
  in6_pktinfo info{};
  info.ipi6_ifindex = static_cast<unsigned>(ifindex);
  info.ipi6_addr = ToKernel(from);
  std::memcpy(CMSG_DATA(info_header), &info, sizeof info);
  (void)sendmsg(socket.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace sallyport::daemon
