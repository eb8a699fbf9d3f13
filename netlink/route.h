// SPDX-License-Identifier: GPL-2.0-or-later
// Interfaces, addresses and routes: rtnetlink (linux/rtnetlink.h).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/expected.h"
#include "base/ip_address.h"
#include "netlink/kernel_error.h"
#include "netlink/socket.h"

namespace sallyport::netlink {

/// Marks our routes, for "ip route show proto 176", and addresses. Local policy: a number that
/// linux/rtnetlink.h, iproute2's rt_protos and FRR leave free.
inline constexpr uint8_t kRouteProtocol = 176;

/// Counters of an interface, from its creation on; seen from us, so the client's download is sent.
struct LinkCounters {
  uint64_t received_packets = 0;
  uint64_t received_bytes = 0;
  uint64_t sent_packets = 0;
  uint64_t sent_bytes = 0;
  bool operator==(const LinkCounters&) const = default;
};

struct Link {
  int ifindex = 0;
  std::string name;
  uint32_t group = 0;
  uint32_t mtu = 0;
  bool up = false;
  LinkCounters counters;
  bool operator==(const Link&) const = default;
};

struct LinkStatistics {
  int ifindex = 0;
  LinkCounters counters;
  bool operator==(const LinkStatistics&) const = default;
};

/// The result of a dump that may be made while interfaces come and go.
template <typename T>
struct Snapshot {
  std::vector<T> entries;
  bool consistent = true;  // false: the list changed meanwhile, an entry may be missing or doubled
};

struct LocalAddress {
  int ifindex = 0;
  IpAddress address;
  uint8_t prefix_length = 0;
  uint8_t protocol = 0;  // who made it: kRouteProtocol, if we did; 0 before Linux 5.18
  bool operator==(const LocalAddress&) const = default;
};

/// A route to what is behind an interface.
struct DeviceRoute {
  IpPrefix destination;
  int ifindex = 0;
  std::optional<IpAddress> preferred_source{};  // for packets of our own into it
  uint32_t table = 254;                         // RT_TABLE_MAIN
  /// The next hop. On a point-to-point interface it matters to IPv6 alone, which without one makes
  /// a neighbour entry for each destination (net/ipv6/ip6_output.c, ip6_finish_output2).
  std::optional<IpAddress> gateway{};
  bool operator==(const DeviceRoute&) const = default;
};

/// Requests to rtnetlink. Changes need CAP_NET_ADMIN and wait for the kernel's one lock over all
/// interfaces (RTNL). One object is for one thread.
class Route {
 public:
  static Expected<Route, KernelError> Open();
  explicit Route(Socket socket) : socket_(std::move(socket)) {}

  /// Errors ENODEV (no such name), EINVAL (no name at all).
  Expected<int, KernelError> LinkIndex(std::string_view name);
  /// Up, with this MTU in octets.
  Expected<void, KernelError> SetLinkUp(int ifindex, uint32_t mtu);
  Expected<void, KernelError> SetLinkDown(int ifindex);
  Expected<void, KernelError> SetGroup(int ifindex, uint32_t group);
  Expected<void, KernelError> DeleteLink(int ifindex);
  /// Deletes every interface of `group` in one go: 2 ms each instead of 27. The kernel holds its
  /// lock throughout, so keep groups at 100 to 300. Error ENODEV: the group is empty. Group 0 is
  /// every interface that was never given one, so it is refused with EINVAL.
  Expected<void, KernelError> DeleteLinkGroup(uint32_t group);
  /// An interface of kind "dummy", down. Error EEXIST.
  Expected<void, KernelError> CreateDummy(std::string_view name);
  /// The interface of the unattached /dev/ppp descriptor `ppp_fd`, down. Used by CreateUnit; errors
  /// EEXIST (name in use), EBUSY (try again).
  Expected<void, KernelError> CreatePppLink(std::string_view name, uint32_t group, int ppp_fd);

  /// Takes the place of a route to the same destination, so that an address can move from a session
  /// that is going to its successor. Error ENETDOWN: the interface is not up.
  Expected<void, KernelError> AddRoute(const DeviceRoute& route);
  /// Only a route of ours through that interface. Error ESRCH: there is none.
  Expected<void, KernelError> DeleteRoute(const DeviceRoute& route);

  /// Adding an address that is there succeeds. `label`, of IPv4 alone: by what ip-address(8) finds
  /// it; the device's name with something behind it, 15 characters at most. Error ENODEV.
  Expected<void, KernelError> AddAddress(std::string_view device, const IpPrefix& address,
                                         std::string_view label = {});
  /// Error EADDRNOTAVAIL: not there.
  Expected<void, KernelError> DeleteAddress(std::string_view device, const IpPrefix& address);
  /// Our link-local address on a point-to-point interface, which must be up, and the route to that
  /// of the peer. Error EACCES: IPv6 is disabled there.
  Expected<void, KernelError> AddLinkLocal(int ifindex, const IpAddress& local,
                                           const IpAddress& peer);
  Expected<void, KernelError> DeleteLinkLocal(int ifindex, const IpAddress& local,
                                              const IpAddress& peer);
  Expected<std::vector<LocalAddress>, KernelError> Addresses();

  /// All interfaces whose name begins with `name_prefix`, in one dump.
  Expected<Snapshot<Link>, KernelError> Links(std::string_view name_prefix);
  /// The counters of all interfaces in one dump, without the names and all else that Links() reads.
  Expected<Snapshot<LinkStatistics>, KernelError> Statistics();

 private:
  Expected<void, KernelError> ChangeRoute(const DeviceRoute& route, bool add);
  Expected<void, KernelError> ChangeLinkLocal(int ifindex, const IpAddress& local,
                                              const IpAddress& peer, bool add);
  Expected<void, KernelError> ChangeAddress(std::string_view device, const IpPrefix& address,
                                            bool add, std::string_view label);
  template <typename T>
  Expected<Snapshot<T>, KernelError> DumpSnapshot(const Message& request,
                                                  std::string_view operation,
                                                  std::optional<T> (*parse)(const Received&));

  Socket socket_;
};

}  // namespace sallyport::netlink
