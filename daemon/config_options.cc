// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_options.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <systemd/sd-id128.h>
#include <utility>
#include <vector>

namespace sallyport::daemon {
namespace {

template <typename Servers>
std::array<IpAddress, 2> FirstTwo(const Servers& servers) {
  std::array<IpAddress, 2> two;
  for (size_t i = 0; i < two.size() && i < servers.size(); ++i) two[i] = servers[i];
  return two;
}

std::vector<IpAddress> OfFamily(const std::vector<IpAddress>& addresses, IpAddress::Family family) {
  std::vector<IpAddress> some;
  std::ranges::copy_if(addresses, std::back_inserter(some),
                       [family](const IpAddress& address) { return address.family() == family; });
  return some;
}

/// A DUID-UUID (RFC 6355 §4) that is the same as long as the machine is, without telling which
/// machine it is.
std::vector<uint8_t> ServerDuid() {
  constexpr std::array<uint8_t, 2> kDuidUuid{0, 4};
  constexpr sd_id128_t kApplication = {.bytes = {0x5c, 0x2f, 0x8e, 0x16, 0x0b, 0x7d, 0x4a, 0x93,
                                                 0x9b, 0x1e, 0x63, 0xd0, 0x4f, 0xa8, 0x72, 0xc5}};
  sd_id128_t machine{};
  // A machine without an id (a container that is being made) has a new DUID after each start: its
  // clients ask anew.
  if (sd_id128_get_machine_app_specific(kApplication, &machine) < 0) {
    (void)sd_id128_randomize(&machine);
  }
  std::vector<uint8_t> duid(kDuidUuid.size() + sizeof machine.bytes);
  std::ranges::copy(machine.bytes, std::ranges::copy(kDuidUuid, duid.begin()).out);
  return duid;
}

aaa::NameRules NamesOf(const Config& config) {
  return {.strip_domain = config.ppp.strip_domain, .strip_realm = config.ppp.strip_realm};
}

l2tp::TunnelPolicy PolicyOf(const auto& settings) {
  return {
      .secret = settings.secret, .challenge = settings.challenge, .hide_avps = settings.hide_avps};
}

std::vector<l2tp::PeerPolicy> PeerPolicies(const L2tpConfig& config) {
  std::vector<l2tp::PeerPolicy> policies;
  for (const L2tpPeerConfig& peer : config.peers) {
    l2tp::PeerPolicy policy{.host_name = peer.host_name, .addresses = {}, .tunnel = PolicyOf(peer)};
    if (peer.addresses.empty()) policies.push_back(policy);
    for (const IpPrefix& addresses : peer.addresses) {
      policy.addresses = addresses;
      policies.push_back(policy);
    }
  }
  policies.push_back({.host_name = {}, .addresses = {}, .tunnel = PolicyOf(config)});
  return policies;
}

/// What the sessions of a dial negotiate; `link`: what those of clients do.
std::shared_ptr<const ppp::LinkConfig> ClientLinkOf(const DialConfig& dial, ppp::LinkConfig link) {
  link.protocol_field_compression = false;
  link.mru = dial.mtu;
  link.mtu = dial.mtu;
  link.ipv4 = ppp::NetworkUse::kRequire;
  link.ipv6 = ppp::NetworkUse::kRefuse;
  link.client.emplace();
  link.client->user = dial.user;
  link.client->password = dial.password;
  link.client->methods = dial.auth;
  link.eap_methods = dial.eap_methods;
  return std::make_shared<const ppp::LinkConfig>(std::move(link));
}

DialOptions OptionsOf(const DialConfig& dial, const ppp::LinkConfig& link) {
  const auto as_client = ClientLinkOf(dial, link);
  DialOptions options{.settings = {.name = dial.name,
                                   .server = dial.server,
                                   .ipsec = dial.ipsec,
                                   .sessions = dial.sessions,
                                   .redial = dial.redial,
                                   .redial_max = dial.redial_max},
                      .policy = PolicyOf(dial),
                      .psk = dial.psk,
                      .called_number = dial.called_number,
                      .direction = dial.direction,
                      .profiles = {}};
  for (unsigned session = 0; session < dial.sessions; ++session) {
    options.profiles.push_back({.dial = dial.name,
                                .interface = InterfaceName(dial, session),
                                .link = as_client,
                                .routes = {}});
  }
  // The same routes into several interfaces would chase each other.
  options.profiles.front().routes = dial.routes;
  return options;
}

ppp::LinkConfig LinkOptions(const Config& config) {
  ppp::LinkConfig options;
  options.host_name = config.l2tp.host_name;
  options.auth = config.ppp.auth;
  options.eap_methods = config.ppp.eap_methods;
  options.chap_interval = config.ppp.chap_interval;
  options.protocol_field_compression = config.ppp.protocol_field_compression;
  options.mru = config.ppp.mtu;
  options.mtu = config.ppp.mtu;
  options.echo_interval = config.ppp.echo_interval;
  options.echo_failure = config.ppp.echo_failure;
  options.ipv4 = config.ppp.ipv4;
  options.ipv6 = config.ppp.ipv6;
  options.proxy = config.ppp.proxy == ProxyUse::kAccept ? ppp::ProxyMode::kAccept
                                                        : ppp::ProxyMode::kRenegotiate;
  return options;
}

std::vector<DialOptions> DialsOf(const Config& config) {
  const ppp::LinkConfig link = LinkOptions(config);
  std::vector<DialOptions> dials;
  dials.reserve(config.dials.size());
  for (const DialConfig& dial : config.dials) dials.push_back(OptionsOf(dial, link));
  return dials;
}

LoginPolicy LoginOptions(const Config& config) {
  LoginPolicy options;
  options.delay.first = config.ppp.login_delay;
  options.delay.longest = config.ppp.login_delay_max;
  options.delay.per_peer = config.ppp.login_delay_per_peer;
  options.names = NamesOf(config);
  return options;
}

}  // namespace

dhcp::Dhcpv6Config Dhcpv6Options(const PppConfig& config) {
  return {.duid = ServerDuid(),
          .dns = OfFamily(config.dns, IpAddress::Family::kV6),
          .search = config.dns_search,
          .lifetimes = {}};
}

LocalAccess::Options AccessOptions(const Config& config) {
  LocalAccess::Options options{.users_file = config.ppp.users_file,
                               .server_name = config.l2tp.host_name,
                               .names = NamesOf(config),
                               .network = {},
                               .limits = {},
                               .ipv4 = config.ppp.ipv4 != ppp::NetworkUse::kRefuse,
                               .ipv6 = config.ppp.ipv6 != ppp::NetworkUse::kRefuse};
  options.network.dns = FirstTwo(OfFamily(config.ppp.dns, IpAddress::Family::kV4));
  options.network.wins = FirstTwo(config.ppp.wins);
  const auto limit = [](std::chrono::seconds time) {
    return time.count() > 0 ? std::optional(time) : std::nullopt;
  };
  options.limits.idle = limit(config.ppp.idle_timeout);
  options.limits.session = limit(config.ppp.session_timeout);
  return options;
}

l2tp::EndpointConfig EndpointOptions(const L2tpConfig& config) {
  l2tp::EndpointConfig options;
  options.host_name = config.host_name;
  options.hello_interval = config.hello_interval;
  options.retransmit_initial = config.retransmit_initial;
  options.retransmit_cap = config.retransmit_cap;
  options.retransmit_max = config.retransmit_max;
  options.setup_timeout = config.setup_timeout;
  options.peers = PeerPolicies(config);
  options.sequencing = config.sequencing;
  options.take_outgoing_calls = config.outgoing_calls;
  options.max_tunnels = config.max_tunnels;
  options.max_half_open_tunnels = config.max_half_open_tunnels;
  options.max_sessions = config.max_sessions;
  options.max_sessions_per_tunnel = config.max_sessions_per_tunnel;
  options.sccrq_per_second = config.sccrq_per_second;
  options.sccrq_per_second_prefix = config.sccrq_per_second_prefix;
  return options;
}

Concentrator::LiveOptions ReloadedOptions(const Config& config) {
  return {.l2tp = EndpointOptions(config.l2tp),
          .ppp = LinkOptions(config),
          .logins = LoginOptions(config),
          .dhcpv6 = Dhcpv6Options(config.ppp),
          .pass_proxy = config.ppp.proxy != ProxyUse::kIgnore,
          .sa_times = {.setup = config.ipsec.setup_timeout, .linger = config.ipsec.linger},
          .dials = DialsOf(config)};
}

Concentrator::Options ConcentratorOptions(const Config& config, Resolver* resolver,
                                          EventSink* events, TraceSink* trace) {
  Concentrator::LiveOptions live = ReloadedOptions(config);
  Concentrator::Options options;
  options.ipsec_required = config.ipsec.required;
  options.sa_times = live.sa_times;
  options.l2tp = std::move(live.l2tp);
  options.ppp = std::move(live.ppp);
  options.logins = live.logins;
  options.dhcpv6 = std::move(live.dhcpv6);
  options.inform = {.routes = config.ppp.routes, .domain = config.ppp.domain};
  options.pass_proxy = live.pass_proxy;
  options.port = config.l2tp.port;
  options.resolver = resolver;
  options.events = events;
  options.trace = trace;
  options.dials = std::move(live.dials);
  return options;
}

}  // namespace sallyport::daemon
