// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's PPP: PPPoL2TP sockets, channels and units (linux/ppp-ioctl.h, linux/if_pppol2tp.h).
// All calls may wait, most of them for an RCU grace period (some 20 ms), so they belong on worker
// threads, where those waits overlap.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/expected.h"
#include "base/unique_fd.h"
#include "netlink/kernel_error.h"
#include "netlink/l2tp_ids.h"
#include "netlink/route.h"

namespace sallyport::netlink {

/// Whether /dev/ppp and PPPoL2TP sockets can be had; the error names the missing module and where
/// it is packaged.
Expected<void, KernelError> ProbePpp();

/// A PPPoL2TP socket attached to a session that L2tp::CreateSession made. While it is open the
/// session lives; its last close deletes the session and the channel. Error ENOENT: no such tunnel.
Expected<UniqueFd, KernelError> ConnectSession(L2tpIds tunnel, L2tpIds session);

struct L2tpSessionIds {
  L2tpIds tunnel;
  L2tpIds session;
  bool operator==(const L2tpSessionIds&) const = default;
};
/// Which session a PPPoL2TP socket is attached to: for a descriptor taken over from an earlier
/// process.
Expected<L2tpSessionIds, KernelError> ConnectedSession(int session_socket);

/// A non-blocking /dev/ppp descriptor attached to the channel of `session_socket`. It reads and
/// writes frames that begin with the two octets of the PPP protocol: LCP and authentication always,
/// all else while no unit is connected. Frames that come before this call returns may be lost, so
/// make it before the peer may send.
Expected<UniqueFd, KernelError> AttachChannel(int session_socket);

struct PppUnitParameters {
  std::string name;    // of the interface: 1..15 octets, not in use
  uint32_t group = 0;  // for Route::DeleteLinkGroup
};

/// A network interface. It goes when the last descriptor of `fd` is closed.
struct PppUnit {
  UniqueFd fd;      // non-blocking; reads and writes IPCP, IPV6CP and other frames of 0x8xxx
  int number = 0;   // for ConnectUnit
  int ifindex = 0;  // for Route
};

/// Makes the interface, down and without a channel. Error EEXIST: the name is in use.
Expected<PppUnit, KernelError> CreateUnit(Route& route, const PppUnitParameters& parameters);

/// The number of the unit behind a descriptor taken over from an earlier process.
Expected<int, KernelError> UnitNumber(int unit_fd);

/// Lets the network packets of `channel_fd` flow through the unit.
Expected<void, KernelError> ConnectUnit(int channel_fd, int unit_number);
/// The reverse. Error EINVAL: was not connected.
Expected<void, KernelError> DisconnectUnit(int channel_fd);

/// The largest packet, in octets, that the peer may send us (RFC 1661 §6.1).
Expected<void, KernelError> SetMru(int unit_fd, int mru);

/// PPP protocols of network packets (linux/ppp_defs.h: PPP_IP, PPP_IPV6).
enum class NetworkProtocol : uint16_t { kIpv4 = 0x0021, kIpv6 = 0x0057 };
/// Whether the unit lets packets of `protocol` pass, both ways, or drops them. A new one lets all
/// pass.
Expected<void, KernelError> SetPass(int unit_fd, NetworkProtocol protocol, bool pass);

/// How long to go on with a call that says EBUSY.
struct BusyRetry {
  int attempts;
  std::chrono::microseconds
      pause;  // after the first attempt; doubled each time up to `longest_pause`
  std::chrono::microseconds longest_pause;
};
/// Local policy: half a second in all. RTM_NEWLINK of kind ppp only tries the lock that every PPP
/// ioctl holds for microseconds (drivers/net/ppp/ppp_generic.c, ppp_nl_newlink: mutex_trylock).
inline constexpr BusyRetry kUnitRetry{
    .attempts = 64,
    .pause = std::chrono::microseconds(100),
    .longest_pause = std::chrono::milliseconds(10),
};
/// Calls `attempt` until it gives anything but EBUSY, or the tries are used up.
Expected<void, KernelError> RetryWhileBusy(
    const BusyRetry& retry, const std::function<Expected<void, KernelError>()>& attempt);

}  // namespace sallyport::netlink
