// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/session_network.h"

#include <utility>

namespace sallyport::daemon {

SessionNetwork NetworkOf(const ClientSession& session) {
  SessionNetwork network;
  if (session.network) {
    network.local = session.network->network.local;
    network.peer = session.network->network.peer;
    network.mtu = session.network->mtu;
    network.own_address = session.dialled != nullptr;
  }
  if (session.dialled != nullptr) {
    network.routes = session.dialled->routes;
    // There are servers that go by one address inside and outside. A route to it through the tunnel
    // would lead the tunnel into itself.
    if (network.peer == session.peer.address) network.peer = {};
  }
  if (!session.ipv6) return network;
  network.mtu = session.ipv6->mtu;
  SessionIpv6 ipv6{.local = IpAddress::LinkLocal(session.ipv6->network.local),
                   .peer = IpAddress::LinkLocal(session.ipv6->network.peer),
                   .prefixes = {}};
  if (session.lease) {
    for (const auto& prefix : {session.lease->prefix, session.lease->delegated}) {
      if (prefix) ipv6.prefixes.push_back(*prefix);
    }
  }
  network.ipv6 = std::move(ipv6);
  return network;
}

std::string AddressText(const ClientSession& session) {
  if (!session.network) return "without IPv4";
  const ppp::NetworkParameters& agreed = session.network->network;
  return (session.dialled == nullptr ? agreed.peer : agreed.local).ToString();
}

}  // namespace sallyport::daemon
