// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/inform_service.h"

#include <utility>

namespace sallyport::daemon {

InformService::InformService(DataPlane& data_plane, const SessionManager& sessions,
                             dhcp::v4::InformSettings settings)
    : data_plane_(data_plane), sessions_(sessions), server_(std::move(settings)) {}

void InformService::OnMessage(const SessionKey& key, const DhcpDatagram& datagram, TimePoint now) {
  if (!server_.configured()) return;
  const auto found = sessions_.sessions().find(key);
  if (found == sessions_.sessions().end()) return;
  const ClientSession& session = found->second;
  if (session.state != SessionState::kUp || session.dialled != nullptr || !session.network) return;
  const ppp::NetworkParameters& network = session.network->network;
  const dhcp::v4::InformClient client{.address = network.peer,
                                      .server = network.local,
                                      .dns = network.dns,
                                      .wins = network.wins,
                                      .mtu = session.network->mtu};
  const auto reply = server_.Receive(datagram.bytes, datagram.source, client, limits_[key], now);
  if (reply) data_plane_.SendDhcp(reply->source.address, reply->destination, reply->octets);
}

}  // namespace sallyport::daemon
