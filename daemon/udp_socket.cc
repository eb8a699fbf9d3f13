// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/udp_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sallyport::daemon {
namespace {

/// Datagrams read in one turn of the loop; local policy.
constexpr int kReceiveBatch = 64;
/// Larger than any control message that a peer can send us unfragmented; what is cut off is
/// refused by the header's length.
constexpr size_t kReceiveBuffer = 4096;

Unexpected<SystemError> Failure(std::string_view what) {
  const int code = errno;
  return Unexpected{SystemError{code, fmt::format("{}: {}", what, strerror(code))}};
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress ToSocketAddress(const IpEndpoint& endpoint) {
  SocketAddress address;
  const auto octets = endpoint.address.bytes();
  if (endpoint.address.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::copy(octets.begin(), octets.end(), v6.sin6_addr.s6_addr);
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.length = sizeof v6;
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    v4.sin_addr.s_addr = htonl(endpoint.address.is_v4() ? endpoint.address.v4() : INADDR_ANY);
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.length = sizeof v4;
  }
  return address;
}

IpEndpoint FromSocketAddress(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof v6);
    return {IpAddress::V6(std::span<const uint8_t, 16>(v6.sin6_addr.s6_addr)), ntohs(v6.sin6_port)};
  }
  if (storage.ss_family != AF_INET) return {};
  sockaddr_in v4{};
  std::memcpy(&v4, &storage, sizeof v4);
  return {IpAddress::V4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
}

/// Where a datagram was sent to and came in, from IP_PKTINFO or IPV6_PKTINFO, and its SO_MARK.
struct Arrival {
  IpAddress local;
  int ifindex = 0;
  uint32_t mark = 0;
};

void Read(const cmsghdr& header, const unsigned char* data, Arrival& arrival) {
  if (header.cmsg_level == SOL_IP && header.cmsg_type == IP_PKTINFO) {
    in_pktinfo info{};
    std::memcpy(&info, data, sizeof info);
    arrival.local = IpAddress::V4(ntohl(info.ipi_addr.s_addr));
    arrival.ifindex = info.ipi_ifindex;
  } else if (header.cmsg_level == SOL_IPV6 && header.cmsg_type == IPV6_PKTINFO) {
    in6_pktinfo info{};
    std::memcpy(&info, data, sizeof info);
    arrival.local = IpAddress::V6(std::span<const uint8_t, 16>(info.ipi6_addr.s6_addr));
    arrival.ifindex = static_cast<int>(info.ipi6_ifindex);
  } else if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SO_MARK) {
    std::memcpy(&arrival.mark, data, sizeof arrival.mark);
  }
}

Arrival ArrivalOf(msghdr& message) {
  Arrival arrival;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    Read(*header, CMSG_DATA(header), arrival);
  }
  return arrival;
}

template <typename Info>
void PutControl(msghdr& message, std::span<std::byte> buffer, int level, int type,
                const Info& info) {
  message.msg_control = buffer.data();
  message.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
}

/// Asks the kernel to send from `local`.
void PutSource(msghdr& message, std::span<std::byte> buffer, const IpAddress& local) {
  if (local.is_v4()) {
    in_pktinfo info{};
    info.ipi_spec_dst.s_addr = htonl(local.v4());
    PutControl(message, buffer, SOL_IP, IP_PKTINFO, info);
  } else if (local.is_v6()) {
    in6_pktinfo info{};
    const auto octets = local.bytes();
    std::copy(octets.begin(), octets.end(), info.ipi6_addr.s6_addr);
    PutControl(message, buffer, SOL_IPV6, IPV6_PKTINFO, info);
  }
}

constexpr size_t kControlSpace = CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t));

/// asm-generic/socket.h of Linux 5.19 and later.
#ifndef SO_RCVMARK
constexpr int SO_RCVMARK = 75;
#endif

}  // namespace

Expected<UniqueFd, SystemError> OpenUdpSocket(IpAddress::Family family) {
  const bool v6 = family == IpAddress::Family::kV6;
  UniqueFd socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return Failure("open a UDP socket");
  const int on = 1;
  if (v6) {
    if (setsockopt(socket.get(), SOL_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0 ||
        setsockopt(socket.get(), SOL_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) < 0) {
      return Failure("set up an IPv6 UDP socket");
    }
  } else if (setsockopt(socket.get(), SOL_IP, IP_PKTINFO, &on, sizeof on) < 0 ||
             setsockopt(socket.get(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) < 0) {
    return Failure("set up a UDP socket");
  }
  return socket;
}

Expected<void, SystemError> BindUdpSocket(const UniqueFd& socket, const IpEndpoint& local) {
  SocketAddress address = ToSocketAddress(local);
  if (bind(socket.get(), address.get(), address.length) < 0) {
    return Failure(fmt::format("bind UDP {}", local.ToString()));
  }
  return {};
}

void ReceiveMarks(const UniqueFd& socket) {
  const int on = 1;
  (void)setsockopt(socket.get(), SOL_SOCKET, SO_RCVMARK, &on, sizeof on);
}

Expected<void, SystemError> ConnectUdpSocket(int socket, const IpEndpoint& peer) {
  SocketAddress address = ToSocketAddress(peer);
  if (connect(socket, address.get(), address.length) < 0) {
    return Failure(fmt::format("connect UDP to {}", peer.ToString()));
  }
  return {};
}

IpEndpoint LocalUdpEndpoint(const UniqueFd& socket) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (getsockname(socket.get(), address.get(), &address.length) < 0) return {};
  return FromSocketAddress(address.storage);
}

uint16_t LocalUdpPort(const UniqueFd& socket) { return LocalUdpEndpoint(socket).port; }

void ReceiveUdpDatagrams(const UniqueFd& socket,
                         const std::function<void(const UdpDatagram&)>& receive) {
  std::array<uint8_t, kReceiveBuffer> buffer;  // NOLINT: not read before recvmsg has written it
  for (int i = 0; i < kReceiveBatch; ++i) {
    SocketAddress from;
    alignas(cmsghdr) std::array<std::byte, kControlSpace> control{};
    iovec vector{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr message{};
    message.msg_name = &from.storage;
    message.msg_namelen = sizeof from.storage;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(socket.get(), &message, MSG_DONTWAIT);
    if (size < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      continue;  // a pending ICMP error; the next call reads on
    }
    const auto [local, ifindex, mark] = ArrivalOf(message);
    const UdpDatagram datagram{FromSocketAddress(from.storage), local, ifindex, mark,
                               std::span(buffer).first(static_cast<size_t>(size))};
    receive(datagram);
  }
}

std::optional<uint16_t> RouteMtu(const IpAddress& local, const IpAddress& peer) {
  constexpr uint16_t kDiscardPort = 9;  // RFC 863; connecting a UDP socket only looks the route up
  const auto socket = OpenUdpSocket(peer.family());
  if (!socket) return {};
  if (local && !BindUdpSocket(*socket, {local, 0})) return {};
  if (!ConnectUdpSocket(socket->get(), {peer, kDiscardPort})) return {};
  const bool v6 = peer.is_v6();
  int mtu = 0;
  socklen_t size = sizeof mtu;
  if (getsockopt(socket->get(), v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &size) < 0) {
    return {};
  }
  return static_cast<uint16_t>(std::clamp(mtu, 0, int{UINT16_MAX}));
}

Expected<void, SystemError> SendUdpDatagram(const UniqueFd& socket, const IpEndpoint& peer,
                                            const IpAddress& local,
                                            std::span<const uint8_t> bytes) {
  SocketAddress to = ToSocketAddress(peer);
  alignas(cmsghdr) std::array<std::byte, kControlSpace> control{};
  iovec vector{.iov_base = const_cast<uint8_t*>(bytes.data()), .iov_len = bytes.size()};
  msghdr message{};
  if (peer.address) {
    message.msg_name = to.get();
    message.msg_namelen = to.length;
  }
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  PutSource(message, control, local);
  if (sendmsg(socket.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    return Failure(fmt::format("send to {}", peer.ToString()));
  }
  return {};
}

}  // namespace sallyport::daemon
