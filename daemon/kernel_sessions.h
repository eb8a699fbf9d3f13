// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "daemon/data_plane.h"
#include "daemon/event_loop.h"
#include "daemon/kernel_context.h"
#include "daemon/log_limit.h"
#include "daemon/multicast_memberships.h"
#include "daemon/serial_objects.h"
#include "daemon/worker_pool.h"
#include "netlink/kernel_error.h"

namespace sallyport::daemon {

/// By the interfaces' numbers, in their order.
using CountersByInterface = std::vector<std::pair<int, InterfaceCounters>>;

/// The kernel's side of the sessions: L2TP session, PPPoL2TP socket, PPP channel, PPP unit (the
/// interface) and route. Three descriptors a session; closing them, in a worker thread, ends it.
class KernelSessions {
 public:
  /// `loop` and `pool` outlive it; so does the observer once set.
  KernelSessions(EventLoop& loop, WorkerPool& pool);

  void SetObserver(DataPlane::Observer* observer) { observer_ = observer; }

  // As DataPlane says.
  void Prepare(const l2tp::PrepareSession& request, DataPlane::DoneCallback done);
  void NumberFrames(const SessionKey& key, DataPlane::DoneCallback done);
  void StartFrames(const SessionKey& key);
  void WriteFrame(const SessionKey& key, std::span<const uint8_t> frame);
  void CreateInterface(const SessionKey& key, const std::string& name,
                       DataPlane::InterfaceCallback done);
  void BringUp(const SessionKey& key, const SessionNetwork& network, DataPlane::DoneCallback done);
  void BringDown(const SessionKey& key);
  /// What is needed to send from the link-local address of a session; none without IPv6.
  struct LinkLocal {
    int ifindex;
    IpAddress address;
  };
  std::optional<LinkLocal> LinkLocalOf(const SessionKey& key) const;
  void Release(const SessionKey& key, DataPlane::DoneCallback done);

  /// The session with this interface; nothing for one that is no session's.
  std::optional<SessionKey> FindByInterface(int ifindex) const;
  /// Those of the session's interface in a dump; nothing of a session without one.
  std::optional<InterfaceCounters> CountersOf(const SessionKey& key,
                                              const CountersByInterface& dump) const;

 private:
  struct Session {
    UniqueFd session_socket;  // PPPoL2TP
    UniqueFd channel;
    UniqueFd unit;
    int unit_number = 0;
    int ifindex = 0;
    std::string interface_name;
    std::optional<unsigned> interface_number;  // of a name of our choice
    std::optional<SessionNetwork> network;     // what of it the kernel may have
    IoSource channel_source;
    IoSource unit_source;
  };
  using Sessions = SerialObjects<SessionKey, Session>;

  /// Nothing for a session that leaves: its descriptors may hang up long before its last step.
  IoSource Watch(const SessionKey& key, int fd, uint32_t epoll_events);
  void ReadFrames(const SessionKey& key, int fd, uint32_t events);
  struct InterfaceRequest {
    std::string name;  // empty: of our choice
    int attempts;
    DataPlane::InterfaceCallback done;
  };
  void CreateInterface(const SessionKey& key, InterfaceRequest request);
  Sessions::Work CreateInterfaceWork(const SessionKey& key, int channel, InterfaceRequest request);
  void InterfaceNotMade(const SessionKey& key, const netlink::KernelError& error,
                        std::optional<unsigned> number, InterfaceRequest request);
  unsigned TakeInterfaceNumber();

  EventLoop& loop_;
  DataPlane::Observer* observer_ = nullptr;
  MulticastMemberships dhcpv6_servers_;
  Sessions sessions_;
  std::map<int, SessionKey> by_ifindex_;
  std::set<unsigned> free_numbers_;  // below next_number_
  unsigned next_number_ = 0;
  LogLimit failure_log_;
};

}  // namespace sallyport::daemon
