// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/multicast_memberships.h"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>

#include "netlink/kernel_error.h"

namespace sallyport::daemon {
namespace {

/// Memberships of one socket; local policy, under what the kernel allows by default.
constexpr size_t kMembersOfOne = 256;

/// 0 or errno.
int Change(int socket, int option, const IpAddress& group, int ifindex) {
  ipv6_mreq request{};
  std::ranges::copy(group.bytes(), std::begin(request.ipv6mr_multiaddr.s6_addr));
  request.ipv6mr_interface = static_cast<unsigned>(ifindex);
  return setsockopt(socket, IPPROTO_IPV6, option, &request, sizeof request) == 0 ? 0 : errno;
}

}  // namespace

KernelContext::Result<void> MulticastMemberships::Join(int ifindex) {
  const std::lock_guard lock(mutex_);
  if (holder_of_.contains(ifindex)) return {};
  for (size_t i = 0;; ++i) {
    if (i == holders_.size()) holders_.emplace_back();
    Holder& holder = holders_[i];
    if (holder.members >= kMembersOfOne) continue;
    const bool fresh = holder.members == 0;
    if (fresh) holder.socket = UniqueFd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!holder.socket) return netlink::Failure(errno, "open a socket for multicast memberships");
    const int error = Change(holder.socket.get(), IPV6_JOIN_GROUP, group_, ifindex);
    if (error == 0) {
      ++holder.members;
      holder_of_.emplace(ifindex, i);
      return {};
    }
    // A smaller optmem_max than usual: the next socket has room.
    const bool full = (error == ENOMEM || error == ENOBUFS) && !fresh;
    if (fresh) holder.socket.Reset();
    if (!full) return netlink::Failure(error, "join " + group_.ToString());
  }
}

void MulticastMemberships::Leave(int ifindex) {
  const std::lock_guard lock(mutex_);
  const auto member = holder_of_.find(ifindex);
  if (member == holder_of_.end()) return;
  Holder& holder = holders_[member->second];
  // The interface may have gone, and the kernel with it forgotten what we leave.
  (void)Change(holder.socket.get(), IPV6_LEAVE_GROUP, group_, ifindex);
  if (--holder.members == 0) holder.socket.Reset();
  holder_of_.erase(member);
}

}  // namespace sallyport::daemon
