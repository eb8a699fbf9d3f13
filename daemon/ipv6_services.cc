// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/ipv6_services.h"

#include <utility>

#include "dhcp/router_advertisement.h"

namespace sallyport::daemon {
namespace {

const IpAddress& AllNodes() {  // RFC 4291 §2.7.1
  static const IpAddress kAllNodes = *IpAddress::Parse("ff02::1");
  return kAllNodes;
}

const IpPrefix& LinkLocal() {  // RFC 4291 §2.5.6
  static const IpPrefix kLinkLocal = *IpPrefix::Parse("fe80::/10");
  return kLinkLocal;
}

}  // namespace

Ipv6Services::Ipv6Services(EventLoop& loop, DataPlane& data_plane, RandomSource& random,
                           dhcp::Dhcpv6Config config)
    : loop_(loop),
      data_plane_(data_plane),
      random_(random),
      config_(std::move(config)),
      timer_(loop.AddTimer([this] { RunTimers(); })) {}

void Ipv6Services::Configure(dhcp::Dhcpv6Config config) {
  config.duid = std::move(config_.duid);
  config_ = std::move(config);
}

bool Ipv6Services::Start(const SessionKey& key, const dhcp::Dhcpv6Binding& binding, uint16_t mtu) {
  Client& client = clients_[key];
  if (client.binding == binding && client.mtu == mtu) return false;
  client.binding = binding;
  client.mtu = mtu;
  client.advertiser.Stop();
  client.advertiser.Start(loop_.Now());
  Rearm(key, client);
  return true;
}

void Ipv6Services::Stop(const SessionKey& key) {
  if (clients_.erase(key) == 0) return;
  deadlines_.Set(key, std::nullopt);
  timer_.Set(deadlines_.Next());
}

void Ipv6Services::Receive(const SessionKey& key, const Ipv6Message& message) {
  const auto client = clients_.find(key);
  if (client == clients_.end()) return drops_.Count(dhcp::DropReason::kNoSession);
  if (!client->second.limit.Take(loop_.Now())) return drops_.Count(dhcp::DropReason::kRateLimit);
  switch (message.service) {
    case Ipv6Service::kRouterDiscovery:
      return ReceiveSolicitation(key, client->second, message);
    case Ipv6Service::kDhcpv6:
      return ReceiveDhcpv6(key, client->second, message);
  }
}

void Ipv6Services::ReceiveSolicitation(const SessionKey& key, Client& client,
                                       const Ipv6Message& message) {
  const auto valid = dhcp::ValidateRouterSolicitation(
      {.bytes = message.bytes, .hop_limit = message.hop_limit, .source = message.peer.address});
  if (!valid) return drops_.Count(valid.error());
  client.advertiser.Solicit(loop_.Now(), random_.Draw());
  Rearm(key, client);
}

void Ipv6Services::ReceiveDhcpv6(const SessionKey& key, const Client& client,
                                 const Ipv6Message& message) {
  // To the unspecified address the kernel would send to this machine itself.
  if (!LinkLocal().Contains(message.peer.address))
    return drops_.Count(dhcp::DropReason::kBadSource);
  const auto answer = dhcp::AnswerDhcpv6(config_, client.binding, message.bytes, message.multicast);
  if (!answer) return drops_.Count(answer.error());
  data_plane_.SendIpv6(key, Ipv6Service::kDhcpv6, message.peer, *answer);
}

void Ipv6Services::Advertise(const SessionKey& key, const Client& client) {
  dhcp::RouterAdvertisement advertisement;
  advertisement.mtu = client.mtu;
  advertisement.prefix = client.binding.prefix;
  advertisement.lifetimes = config_.lifetimes;
  advertisement.dns = config_.dns;
  advertisement.search = config_.search;
  data_plane_.SendIpv6(key, Ipv6Service::kRouterDiscovery, {AllNodes(), 0}, Write(advertisement));
}

void Ipv6Services::RunTimers() {
  const TimePoint now = loop_.Now();
  while (const auto key = deadlines_.TakeExpired(now)) {
    Client& client = clients_.at(*key);
    if (client.advertiser.HandleTimeout(now, random_.Draw())) Advertise(*key, client);
    deadlines_.Set(*key, client.advertiser.NextDeadline());
  }
  timer_.Set(deadlines_.Next());
}

void Ipv6Services::Rearm(const SessionKey& key, const Client& client) {
  deadlines_.Set(key, client.advertiser.NextDeadline());
  timer_.Set(deadlines_.Next());
}

}  // namespace sallyport::daemon
