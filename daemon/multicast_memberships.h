// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include "base/ip_address.h"
#include "base/unique_fd.h"
#include "daemon/kernel_context.h"

namespace sallyport::daemon {

/// Makes interfaces take packets for one IPv6 multicast group. A membership belongs to a socket,
/// and net.core.optmem_max bounds those of one socket (net/ipv6/mcast.c, ipv6_sock_mc_join: some
/// 365 at its default), so there are as many sockets as it takes. They receive nothing: a socket
/// that is bound to the port gets what the interface takes, member or not (IPV6_MULTICAST_ALL, on
/// by default). For worker threads: every call may wait for RTNL.
class MulticastMemberships {
 public:
  explicit MulticastMemberships(const IpAddress& group) : group_(group) {}

  /// No effect if the interface is a member already.
  KernelContext::Result<void> Join(int ifindex);
  /// Also of an interface that is no more: the socket would remember it. No effect on one that is
  /// no member.
  void Leave(int ifindex);

 private:
  struct Holder {
    UniqueFd socket;
    size_t members = 0;
  };

  const IpAddress group_;
  std::mutex mutex_;
  std::vector<Holder> holders_;      // under mutex_; without a member there is no socket either
  std::map<int, size_t> holder_of_;  // under mutex_; by interface
};

}  // namespace sallyport::daemon
