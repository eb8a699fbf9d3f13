// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/daemon.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <grp.h>
#include <netinet/in.h>
#include <systemd/sd-daemon.h>
#include <utility>

#include "daemon/config_options.h"
#include "daemon/kernel_context.h"
#include "daemon/log.h"
#include "daemon/strongswan.h"
#include "daemon/version.h"

namespace sallyport::daemon {
namespace {

/// RFC 2408 §2.5.1.
constexpr uint16_t kIkePort = 500;
/// How old the counters may be that the monitoring socket shows; local policy.
constexpr std::chrono::seconds kCountersFresh{1};
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

/// Sessions may have IPv6: it is allowed, and there are prefixes.
bool HasIpv6(const Config& config) {
  return config.ppp.ipv6 != ppp::NetworkUse::kRefuse &&
         std::ranges::any_of(config.pools,
                             [](const auto& pool) { return !pool.ipv6.prefixes.empty(); });
}

/// Whether there is more to tell clients than IPCP can.
bool TellsByInform(const PppConfig& config) {
  return !config.routes.empty() || !config.domain.empty();
}

/// Nothing if the system has no such group.
std::optional<gid_t> GroupId(const std::string& name, const std::string& usual) {
  const group* found = getgrnam(name.c_str());  // NOLINT(concurrency-mt-unsafe): no other asks
  if (found != nullptr) return found->gr_gid;
  const std::string text =
      fmt::format("there is no group {}: its socket is the daemon's own group's", name);
  // Who has chosen a name expects it to be there; the usual ones are a package's.
  if (name != usual) {
    LogWarning("no_such_group", text);
  } else {
    LogInfo("no_such_group", text);
  }
  return {};
}

/// `next`, but for what a restart is needed.
L2tpConfig WithoutRestart(const L2tpConfig& now, L2tpConfig next) {
  next.listen = now.listen;
  next.port = now.port;
  next.host_name = now.host_name;
  return next;
}

IpsecConfig WithoutRestart(const IpsecConfig& now, IpsecConfig next) {
  next.required = now.required;
  next.vici = now.vici;
  return next;
}

PppConfig WithoutRestart(const PppConfig& now, PppConfig next) {
  next.mss_clamp = now.mss_clamp;
  next.anti_spoofing = now.anti_spoofing;
  // Whether there are sockets for them is decided at the start.
  next.ipv4 = now.ipv4;  // which must not be refused along with ipv6
  next.ipv6 = now.ipv6;
  next.routes = now.routes;
  next.domain = now.domain;
  return next;
}

/// As many, with the same gateways.
std::vector<aaa::PoolSettings> WithoutRestart(const std::vector<aaa::PoolSettings>& now,
                                              std::vector<aaa::PoolSettings> next) {
  for (size_t i = 0; i < next.size(); ++i) {
    next[i].ipv6 = now[i].ipv6;
    next[i].delegated = now[i].delegated;
  }
  return next;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

Daemon::Daemon(EventLoop& loop, LoadedConfig loaded, Loader load)
    : loop_(loop),
      load_(std::move(load)),
      config_(std::move(loaded.config)),
      events_(loop),
      trace_(loop),
      finish_timer_(loop.AddTimer([this] { Finish(); })) {
  const bool required = config_.ipsec.required;
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
    strongswan.ipsec = config_.ipsec;
    // Whatever addresses IKE is answered on, this one is hardly left out.
    strongswan.probe = IpEndpoint{IpAddress::V4(INADDR_LOOPBACK), kIkePort};
    ike_ = std::make_unique<Strongswan>(loop_, std::move(strongswan));
  }
  access_ = std::make_unique<LocalAccess>(loop_, AccessOptions(config_), std::move(loaded.users),
                                          MakePools(config_));
  concentrator_ = std::make_unique<Concentrator>(
      loop_, *data_plane_, ike_.get(), *access_, random_,
      ConcentratorOptions(config_, resolver_.get(), &events_, &trace_));
  view_ = std::make_unique<StatusView>(StatusView::Parts{.concentrator = *concentrator_,
                                                         .data_plane = *data_plane_,
                                                         .ike = ike_.get(),
                                                         .pools = access_->pools(),
                                                         .events = events_,
                                                         .trace = trace_,
                                                         .config = config_});
  view_->SetReloader([this] { return TakeNewConfig(); });
  api_ = std::make_unique<StatusApi>(
      *view_, [this](EventQuery query) { return events_.Subscribe(std::move(query)); },
      StatusApi::Options{.monitor_shows_users = config_.status.monitor_shows_users});
}

Daemon::~Daemon() = default;

Expected<void, std::string> Daemon::Start() {
  if (auto started = StartServers(); !started) return started;
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

Expected<void, std::string> Daemon::StartServers() {
  HttpServerOptions operate;
  operate.socket_path = config_.status.socket;
  operate.group = GroupId(config_.status.group, StatusConfig().group);
  HttpServerOptions monitor;
  monitor.socket_path = config_.status.monitor_socket;
  monitor.group = GroupId(config_.status.monitor_group, StatusConfig().monitor_group);
  monitor.access = Access::kMonitor;
  if (config_.status.monitor_everyone) monitor.mode = 0666;
  std::vector<const HttpServer*> servers;
  servers_.reserve(2);
  for (const HttpServerOptions& options : {operate, monitor}) {
    auto server = HttpServer::Start(
        loop_, options, [this](const HttpRequest& request) { return api_->Handle(request); },
        [this](const HttpRequest& request, std::function<void()> ready) {
          if (!StatusApi::ShowsCounters(request)) return false;
          // Those who may only look must not have the kernel list all it has without a pause.
          const bool fresh = counters_read_ && loop_.Now() - *counters_read_ < kCountersFresh;
          if (request.access == Access::kMonitor && fresh) return false;
          RefreshCounters(std::move(ready));
          return true;
        });
    if (!server) return Unexpected{server.error()};
    servers.push_back(&servers_.emplace_back(*std::move(server)));
  }
  view_->SetServers(std::move(servers));
  return {};
}

void Daemon::RefreshCounters(std::function<void()> done) {
  concentrator_->RefreshCounters([this, done = std::move(done)]() mutable {
    concentrator_->RefreshSaCounters([this, done = std::move(done)] {
      counters_read_ = loop_.Now();
      done();
    });
  });
}

void Daemon::Reload() {
  // systemd.service(5), Type=notify-reload: with the time, so that systemd knows which reload.
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  (void)sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()).c_str());
  (void)view_->Reload({});
  (void)sd_notify(0, "READY=1");
}

ReloadResult Daemon::TakeNewConfig() {
  ReloadResult result;
  auto loaded = load_();
  if (!loaded) {
    for (const ConfigError& error : loaded.error()) {
      result.errors.push_back(error.ToString());
      LogError("reload_failed", error.ToString() + "; the old configuration stays");
    }
    events_.Publish({.type = "reload.failed", .fields = {{"detail", result.errors.front(), true}}});
    return result;
  }
  for (const ConfigError& warning : loaded->warnings) {
    LogWarning("config_warning", warning.ToString());
  }
  const ConfigChanges changes = Compare(config_, loaded->config);
  result.restart = Apply(*std::move(loaded), changes);
  for (const std::string& key : changes.live) {
    const auto& waits = result.restart;
    if (std::find(waits.begin(), waits.end(), key) == waits.end()) result.changed.push_back(key);
  }
  LogInfo("reloaded", fmt::format("changed: {}; waiting for a restart: {}",
                                  result.changed.empty() ? "nothing" : Joined(result.changed),
                                  result.restart.empty() ? "nothing" : Joined(result.restart)));
  events_.Publish({.type = "reload.done",
                   .fields = {{"changed", uint64_t{result.changed.size()}},
                              {"restart", uint64_t{result.restart.size()}}}});
  return result;
}

/// Takes over what can be; returns the keys that cannot.
std::vector<std::string> Daemon::Apply(LoadedConfig loaded, const ConfigChanges& changes) {
  std::vector<std::string> restart = changes.restart;
  Config& next = loaded.config;
  const bool same_gateways = Gateways(next) == Gateways(config_);
  if (!same_gateways) {
    // The loopback device holds the gateways from the start to the end (design D5).
    for (const std::string& key : changes.live) {
      if (key.starts_with("pool[")) restart.push_back(key);
    }
  }
  // What waits stays as it is, so that the configuration shown is the one in force.
  const IpsecConfig ipsec =
      std::exchange(config_.ipsec, WithoutRestart(config_.ipsec, std::move(next.ipsec)));
  if (ike_ && ipsec != config_.ipsec) ike_->Configure(config_.ipsec);
  config_.l2tp = WithoutRestart(config_.l2tp, next.l2tp);
  config_.ppp = WithoutRestart(config_.ppp, std::move(next.ppp));
  access_->Configure(AccessOptions(config_), std::move(loaded.users));
  concentrator_->Configure(ReloadedOptions(config_));
  if (same_gateways) SetPools(WithoutRestart(config_.pools, std::move(next.pools)));
  return restart;
}

void Daemon::SetPools(std::vector<aaa::PoolSettings> pools) {
  if (pools == config_.pools) return;  // they remember what address each user had last
  config_.pools = std::move(pools);
  std::vector<Lease> leases;
  for (const auto& [key, session] : concentrator_->sessions().sessions()) {
    if (session.lease) leases.push_back(*session.lease);
  }
  access_->SetPools(MakePools(config_), leases);
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
  view_->SetServers({});
  servers_.clear();  // nobody asks for what is being taken apart
  // Before the fence: without it the kernel would answer what still came through an SA with ICMP,
  // and quote it in clear text.
  concentrator_->DeleteSas();
  pool_.reset();  // runs what is queued
  data_plane_->Stop();
  LogInfo("stopped", "goodbye");
  loop_.Exit(0);
}

}  // namespace sallyport::daemon
