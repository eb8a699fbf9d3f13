// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/daemon.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <grp.h>
#include <iterator>
#include <systemd/sd-daemon.h>
#include <systemd/sd-id128.h>
#include <utility>

#include "daemon/kernel_context.h"
#include "daemon/log.h"
#include "daemon/strongswan.h"
#include "daemon/version.h"

namespace sallyport::daemon {
namespace {

/// Operators of this group may use the status socket, as far as the group exists (design D7).
constexpr const char* kGroup = "sallyport";
/// How long the end waits for the worker threads and charon; local policy.
constexpr std::chrono::seconds kFinishLimit{5};

aaa::PoolSet MakePools(const Config& config) {
  // The configuration check has found no issue, so there is none.
  return *aaa::PoolSet::Create(config.pools);
}

std::vector<IpAddress> Gateways(const Config& config) {
  std::vector<IpAddress> gateways;
  for (const auto& pool : config.pools) gateways.push_back(pool.gateway);
  return gateways;
}

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

/// Sessions may have IPv6: it is allowed, and there are prefixes.
bool HasIpv6(const Config& config) {
  return config.ppp.ipv6 != ppp::NetworkUse::kRefuse &&
         std::ranges::any_of(config.pools,
                             [](const auto& pool) { return !pool.ipv6.prefixes.empty(); });
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
  std::vector<uint8_t> duid(kDuidUuid.begin(), kDuidUuid.end());
  duid.insert(duid.end(), std::begin(machine.bytes), std::end(machine.bytes));
  return duid;
}

dhcp::Dhcpv6Config Dhcpv6Options(const PppConfig& config) {
  return {.duid = ServerDuid(),
          .dns = OfFamily(config.dns, IpAddress::Family::kV6),
          .search = config.dns_search,
          .lifetimes = {}};
}

aaa::NameRules NamesOf(const Config& config) {
  return {.strip_domain = config.ppp.strip_domain, .strip_realm = config.ppp.strip_realm};
}

LocalAccess::Options AccessOptions(const Config& config) {
  LocalAccess::Options options{.users_file = config.ppp.users_file,
                               .server_name = config.l2tp.host_name,
                               .names = NamesOf(config),
                               .network = {},
                               .limits = {}};
  options.network.dns = FirstTwo(OfFamily(config.ppp.dns, IpAddress::Family::kV4));
  options.network.wins = FirstTwo(config.ppp.wins);
  const auto limit = [](std::chrono::seconds time) {
    return time.count() > 0 ? std::optional(time) : std::nullopt;
  };
  options.limits.idle = limit(config.ppp.idle_timeout);
  options.limits.session = limit(config.ppp.session_timeout);
  return options;
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

DialOptions OptionsOf(const DialConfig& dial, const ppp::LinkConfig& link) {
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
    DialProfile profile{
        .dial = dial.name, .interface = InterfaceName(dial, session), .link = link, .routes = {}};
    profile.link.mru = dial.mtu;
    profile.link.mtu = dial.mtu;
    profile.link.ipv4 = ppp::NetworkUse::kRequire;
    profile.link.ipv6 = ppp::NetworkUse::kRefuse;
    profile.link.client.emplace();
    profile.link.client->user = dial.user;
    profile.link.client->password = dial.password;
    profile.link.client->methods = dial.auth;
    profile.link.eap_methods = dial.eap_methods;
    // The same routes into several interfaces would chase each other.
    if (session == 0) profile.routes = dial.routes;
    options.profiles.push_back(std::move(profile));
  }
  return options;
}

Concentrator::Options ConcentratorOptions(const Config& config, Resolver* resolver) {
  Concentrator::Options options;
  options.ipsec_required = config.ipsec.required;
  options.l2tp = EndpointOptions(config.l2tp);
  options.ppp.host_name = config.l2tp.host_name;
  options.ppp.auth = config.ppp.auth;
  options.ppp.eap_methods = config.ppp.eap_methods;
  options.ppp.chap_interval = config.ppp.chap_interval;
  options.logins.delay.first = config.ppp.login_delay;
  options.logins.delay.longest = config.ppp.login_delay_max;
  options.logins.delay.per_peer = config.ppp.login_delay_per_peer;
  options.logins.names = NamesOf(config);
  options.ppp.mru = config.ppp.mtu;
  options.ppp.mtu = config.ppp.mtu;
  options.ppp.echo_interval = config.ppp.echo_interval;
  options.ppp.echo_failure = config.ppp.echo_failure;
  options.ppp.ipv4 = config.ppp.ipv4;
  options.ppp.ipv6 = config.ppp.ipv6;
  options.dhcpv6 = Dhcpv6Options(config.ppp);
  options.ppp.proxy = config.ppp.proxy == ProxyUse::kAccept ? ppp::ProxyMode::kAccept
                                                            : ppp::ProxyMode::kRenegotiate;
  options.inform = {.routes = config.ppp.routes, .domain = config.ppp.domain};
  options.pass_proxy = config.ppp.proxy != ProxyUse::kIgnore;
  options.port = config.l2tp.port;
  options.resolver = resolver;
  for (const DialConfig& dial : config.dials) {
    options.dials.push_back(OptionsOf(dial, options.ppp));
  }
  return options;
}

/// Whether there is more to tell clients than IPCP can.
bool TellsByInform(const PppConfig& config) {
  return !config.routes.empty() || !config.domain.empty();
}

std::optional<gid_t> GroupId() {
  const group* found = getgrnam(kGroup);  // NOLINT(concurrency-mt-unsafe): before any thread
  return found == nullptr ? std::nullopt : std::optional(found->gr_gid);
}

}  // namespace

Daemon::Daemon(EventLoop& loop, LoadedConfig loaded)
    : loop_(loop),
      config_(std::move(loaded.config)),
      finish_timer_(loop.AddTimer([this] { Finish(); })) {
  const bool required = config_.ipsec.required;
  const auto group = GroupId();
  pool_ = std::make_unique<WorkerPool>(loop_, config_.workers.threads,
                                       [] { return std::make_unique<KernelContext>(); });
  resolver_ = std::make_unique<SystemResolver>(*pool_);
  data_plane_ = std::make_unique<KernelDataPlane>(
      loop_, *pool_,
      KernelDataPlane::Options{.paths = {.listen = config_.l2tp.listen,
                                         .port = config_.l2tp.port,
                                         .ipsec_required = required,
                                         .clamp_mss = config_.ppp.mss_clamp,
                                         .check_sources = config_.ppp.anti_spoofing},
                               .gateways = Gateways(config_),
                               .dhcp = TellsByInform(config_.ppp),
                               .ipv6 = HasIpv6(config_)});
  if (required) {
    StrongswanOptions strongswan;
    strongswan.path = config_.ipsec.vici;
    strongswan.local_addresses = config_.l2tp.listen;
    strongswan.l2tp_port = config_.l2tp.port;
    strongswan.psk = config_.ipsec.psk;
    ike_ = std::make_unique<Strongswan>(loop_, std::move(strongswan));
  }
  access_ = std::make_unique<LocalAccess>(loop_, AccessOptions(config_), std::move(loaded.users),
                                          MakePools(config_));
  concentrator_ = std::make_unique<Concentrator>(loop_, *data_plane_, ike_.get(), *access_, random_,
                                                 ConcentratorOptions(config_, resolver_.get()));
  view_ = std::make_unique<StatusView>(
      *concentrator_, *data_plane_, ike_.get(), access_->pools(),
      StatusView::Options{.ipsec_required = required, .mtu = config_.ppp.mtu});
  api_ = std::make_unique<StatusApi>(*view_);
  HttpServerOptions server;
  server.socket_path = config_.status.socket;
  server.group = group;
  server_options_ = std::move(server);
}

Daemon::~Daemon() = default;

Expected<void, std::string> Daemon::Start() {
  auto server = HttpServer::Start(
      loop_, server_options_, [this](const HttpRequest& request) { return api_->Handle(request); },
      [this](const HttpRequest& request, std::function<void()> ready) {
        // What is shown of a session includes the kernel's counters, which are not ours to keep.
        if (request.method != "GET" && request.method != "HEAD") return false;
        concentrator_->RefreshCounters([this, ready = std::move(ready)]() mutable {
          concentrator_->RefreshSaCounters(std::move(ready));
        });
        return true;
      });
  if (!server) return Unexpected{server.error()};
  server_.emplace(*std::move(server));
  view_->SetServer(&*server_);
  if (auto started = data_plane_->Start(*concentrator_); !started) {
    data_plane_->Stop();
    return started;
  }
  if (ike_) ike_->Start(*concentrator_);
  LogInfo("started", fmt::format("sallyportd {} serves {} as {}", kVersion,
                                 config_.ipsec.required ? "L2TP/IPsec" : "L2TP without IPsec",
                                 config_.l2tp.host_name));
  concentrator_->Start();
  (void)sd_notify(0, "READY=1");
  return {};
}

void Daemon::Stop() {
  if (stopping_) {
    Finish();
    return;
  }
  stopping_ = true;
  (void)sd_notify(0, "STOPPING=1");
  LogInfo("stopping", fmt::format("{} session(s) are told goodbye",
                                  concentrator_->sessions().sessions().size()));
  concentrator_->Shutdown([this] { StopIke(); });
}

void Daemon::ReloadUsers() { access_->Reload(); }

void Daemon::StopIke() {
  finish_timer_.Set(loop_.Now() + kFinishLimit);
  if (ike_) {
    ike_->Stop([this] { loop_.Defer([this] { Finish(); }); });
  } else {
    Finish();
  }
}

void Daemon::Finish() {
  if (finished_) return;
  finished_ = true;
  server_.reset();  // nobody asks for what is being taken apart
  pool_.reset();    // runs what is queued
  data_plane_->Stop();
  LogInfo("stopped", "goodbye");
  loop_.Exit(0);
}

}  // namespace sallyport::daemon
