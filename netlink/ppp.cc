// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/ppp.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

// After netinet/in.h, whose types linux/in.h would otherwise define a second time.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <linux/if_pppox.h>
#include <linux/ppp-ioctl.h>
#include <thread>

#include "netlink/kernel_modules.h"
#include "netlink/message.h"

namespace sallyport::netlink {
namespace {

constexpr const char* kPppDevice = "/dev/ppp";

Expected<UniqueFd, KernelError> OpenPppDevice() {
  UniqueFd fd(::open(kPppDevice, O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (fd) return fd;
  const int code = errno;
  // ENXIO and ENODEV: a device node without the driver.
  const bool missing = code == ENOENT || code == ENXIO || code == ENODEV;
  return Failure(code, "open /dev/ppp", missing ? kPppModulesHint : std::string_view{});
}

Expected<UniqueFd, KernelError> OpenSessionSocket() {
  UniqueFd fd(::socket(AF_PPPOX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, PX_PROTO_OL2TP));
  if (fd) return fd;
  const int code = errno;
  // EAFNOSUPPORT: no pppox; EPROTONOSUPPORT: no l2tp_ppp.
  const bool missing = code == EAFNOSUPPORT || code == EPROTONOSUPPORT;
  return Failure(code, "open a PPPoL2TP socket", missing ? kL2tpModulesHint : std::string_view{});
}

Expected<int, KernelError> ReadInt(int fd, unsigned long request, std::string_view operation) {
  int value = 0;
  if (::ioctl(fd, request, &value) < 0) return Failure(errno, operation);
  return value;
}

Expected<void, KernelError> WriteInt(int fd, unsigned long request, int value,
                                     std::string_view operation) {
  if (::ioctl(fd, request, &value) < 0) return Failure(errno, operation);
  return {};
}

}  // namespace

Expected<void, KernelError> ProbePpp() {
  if (const auto device = OpenPppDevice(); !device) return Unexpected{device.error()};
  if (const auto socket = OpenSessionSocket(); !socket) return Unexpected{socket.error()};
  return {};
}

Expected<UniqueFd, KernelError> ConnectSession(L2tpIds tunnel, L2tpIds session) {
  auto socket = OpenSessionSocket();
  if (!socket) return socket;
  // The kernel tells the variants of the address by their size. The IPv4 one serves every tunnel
  // that exists: family, address and descriptor are looked at only when the call is to create the
  // tunnel (net/l2tp/l2tp_ppp.c, pppol2tp_connect).
  sockaddr_pppol2tp address{};
  address.sa_family = AF_PPPOX;
  address.sa_protocol = PX_PROTO_OL2TP;
  address.pppol2tp.fd = -1;
  address.pppol2tp.s_tunnel = tunnel.local;
  address.pppol2tp.d_tunnel = tunnel.peer;
  address.pppol2tp.s_session = session.local;
  address.pppol2tp.d_session = session.peer;
  sockaddr_storage aligned{};  // the kernel's struct is packed
  std::memcpy(&aligned, &address, sizeof address);
  if (::connect(socket->get(), reinterpret_cast<const sockaddr*>(&aligned), sizeof address) < 0) {
    return Failure(errno, "attach to session " + std::to_string(session.local) +
                              " of L2TP tunnel " + std::to_string(tunnel.local));
  }
  return socket;
}

Expected<L2tpSessionIds, KernelError> ConnectedSession(int session_socket) {
  constexpr std::string_view kOperation = "ask a PPPoL2TP socket for its session";
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getpeername(session_socket, reinterpret_cast<sockaddr*>(&storage), &size) < 0) {
    return Failure(errno, kOperation);
  }
  const std::span<const uint8_t> octets(reinterpret_cast<const uint8_t*>(&storage), size);
  const auto ids = [](const auto& address) {
    const auto pppol2tp = address.pppol2tp;
    return L2tpSessionIds{.tunnel = {.local = pppol2tp.s_tunnel, .peer = pppol2tp.d_tunnel},
                          .session = {.local = pppol2tp.s_session, .peer = pppol2tp.d_session}};
  };
  // The answer has one of two layouts, by the tunnel's address family.
  if (size == sizeof(sockaddr_pppol2tp)) return ids(*ReadStruct<sockaddr_pppol2tp>(octets));
  if (size == sizeof(sockaddr_pppol2tpin6)) return ids(*ReadStruct<sockaddr_pppol2tpin6>(octets));
  return Failure(EPROTONOSUPPORT, kOperation, "not an L2TP version 2 tunnel over UDP");
}

Expected<UniqueFd, KernelError> AttachChannel(int session_socket) {
  const auto channel =
      ReadInt(session_socket, PPPIOCGCHAN, "ask a PPPoL2TP socket for its channel");
  if (!channel) return Unexpected{channel.error()};
  auto fd = OpenPppDevice();
  if (!fd) return fd;
  const auto attached = WriteInt(fd->get(), PPPIOCATTCHAN, *channel,
                                 "attach to PPP channel " + std::to_string(*channel));
  if (!attached) return Unexpected{attached.error()};
  return fd;
}

Expected<PppUnit, KernelError> CreateUnit(Route& route, const PppUnitParameters& parameters) {
  auto fd = OpenPppDevice();
  if (!fd) return Unexpected{fd.error()};
  const auto created = RetryWhileBusy(kUnitRetry, [&] {
    return route.CreatePppLink(parameters.name, parameters.group, fd->get());
  });
  if (!created) return Unexpected{created.error()};
  const auto number = UnitNumber(fd->get());
  if (!number) return Unexpected{number.error()};
  const auto ifindex = route.LinkIndex(parameters.name);
  if (!ifindex) return Unexpected{ifindex.error()};
  return PppUnit{.fd = *std::move(fd), .number = *number, .ifindex = *ifindex};
}

Expected<int, KernelError> UnitNumber(int unit_fd) {
  return ReadInt(unit_fd, PPPIOCGUNIT, "ask for a PPP unit's number");
}

Expected<void, KernelError> ConnectUnit(int channel_fd, int unit_number) {
  return WriteInt(channel_fd, PPPIOCCONNECT, unit_number,
                  "connect a channel to PPP unit " + std::to_string(unit_number));
}

Expected<void, KernelError> DisconnectUnit(int channel_fd) {
  if (::ioctl(channel_fd, PPPIOCDISCONN) < 0) {
    return Failure(errno, "disconnect a channel from its PPP unit");
  }
  return {};
}

Expected<void, KernelError> SetMru(int unit_fd, int mru) {
  return WriteInt(unit_fd, PPPIOCSMRU, mru, "set the MRU of a PPP unit");
}

Expected<void, KernelError> SetPass(int unit_fd, NetworkProtocol protocol, bool pass) {
  npioctl mode{};
  mode.protocol = static_cast<int>(protocol);
  mode.mode = pass ? NPMODE_PASS : NPMODE_DROP;
  if (::ioctl(unit_fd, PPPIOCSNPMODE, &mode) < 0) {
    return Failure(errno, "set what packets a PPP unit lets pass");
  }
  return {};
}

Expected<void, KernelError> RetryWhileBusy(
    const BusyRetry& retry, const std::function<Expected<void, KernelError>()>& attempt) {
  auto pause = retry.pause;
  for (int left = retry.attempts;; --left) {
    auto result = attempt();
    if (result || result.error().code != EBUSY || left <= 1) return result;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, retry.longest_pause);
  }
}

}  // namespace sallyport::netlink
