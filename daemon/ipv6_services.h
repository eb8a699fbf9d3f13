// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>

#include "base/time.h"
#include "base/timer_queue.h"
#include "daemon/data_plane.h"
#include "daemon/event_loop.h"
#include "daemon/random_source.h"
#include "dhcp/dhcpv6_server.h"
#include "dhcp/drop_reason.h"
#include "dhcp/rate_limit.h"
#include "dhcp/router_advertiser.h"

namespace sallyport::daemon {

/// Tells the clients of sessions with IPv6 their prefix and name servers: router advertisements
/// (RFC 4861, RFC 8106) and DHCPv6 (RFC 8415), as long as packets flow.
class Ipv6Services {
 public:
  /// All references outlive it.
  Ipv6Services(EventLoop& loop, DataPlane& data_plane, RandomSource& random,
               dhcp::Dhcpv6Config config);

  /// What clients are told with the next advertisement or answer. The DUID stays: they know us by
  /// it.
  void Configure(dhcp::Dhcpv6Config config);

  /// Packets flow, with this MTU in octets. False, and no effect, if that is known already.
  bool Start(const SessionKey& key, const dhcp::Dhcpv6Binding& binding, uint16_t mtu);
  /// No effect on a session that has not started.
  void Stop(const SessionKey& key);
  void Receive(const SessionKey& key, const Ipv6Message& message);

  const dhcp::DropCounters& drops() const { return drops_; }

 private:
  struct Client {
    dhcp::Dhcpv6Binding binding{};
    uint16_t mtu = 0;
    dhcp::RouterAdvertiser advertiser;
    dhcp::RateLimit limit{};
  };

  void ReceiveSolicitation(const SessionKey& key, Client& client, const Ipv6Message& message);
  void ReceiveDhcpv6(const SessionKey& key, const Client& client, const Ipv6Message& message);
  void Advertise(const SessionKey& key, const Client& client);
  void RunTimers();
  void Rearm(const SessionKey& key, const Client& client);

  EventLoop& loop_;
  DataPlane& data_plane_;
  RandomSource& random_;
  dhcp::Dhcpv6Config config_;
  dhcp::DropCounters drops_;
  std::map<SessionKey, Client> clients_;
  TimerQueue<SessionKey> deadlines_;
  Timer timer_;
};

}  // namespace sallyport::daemon
