// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/status_view.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "base/text.h"
#include "daemon/config_keys.h"
#include "daemon/log.h"
#include "daemon/version.h"

namespace sallyport::daemon {
namespace {

std::chrono::seconds Since(TimePoint start) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
}

WallTime WallClock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

WallTime WallClockOf(TimePoint time) { return WallClock() - Since(time); }

std::string Name(const std::optional<PeerCredentials>& caller) {
  if (!caller) return "an unknown caller";
  return fmt::format("uid {} (gid {}, pid {})", caller->uid, caller->gid, caller->pid);
}

/// Sessions in the order of their keys; 0 is no session's.
uint64_t CursorOf(const SessionKey& key) {
  return uint64_t{key.tunnel.value()} << 16 | key.session.value();
}
SessionKey KeyOf(uint64_t cursor) {
  return {l2tp::TunnelId(static_cast<uint16_t>(cursor >> 16)),
          l2tp::SessionId(static_cast<uint16_t>(cursor))};
}

SessionCall ToStatus(const CallRecord& call) {
  SessionCall status{.outgoing = call.direction == l2tp::CallDirection::kOutgoing,
                     .serial_number = call.details.call_serial_number,
                     .called_number = call.details.called_number,
                     .calling_number = call.details.calling_number,
                     .sub_address = call.details.sub_address,
                     .private_group = call.details.private_group_id,
                     .physical_channel = call.details.physical_channel_id,
                     .tx_speed = call.details.tx_connect_speed,
                     .rx_speed = call.details.rx_connect_speed,
                     .error_reports = call.error_reports,
                     .errors = {},
                     .send_accm = {},
                     .receive_accm = {}};
  if (call.error_reports > 0) status.errors = call.errors;
  if (call.link_info) {
    status.send_accm = call.link_info->send_accm;
    status.receive_accm = call.link_info->receive_accm;
  }
  return status;
}

SessionIpsec ToStatus(const SecurityAssociation& sa, const SaReadings& readings) {
  const auto find = [&](const IpAddress& destination, uint32_t spi) {
    const auto found = readings.sas.find({.destination = destination, .spi = spi});
    return found == readings.sas.end() ? SaCounters() : found->second;
  };
  const SaCounters in = find(sa.local, sa.spi_in);
  const SaCounters out = find(sa.peer.address, sa.spi_out);
  return {.ike = sa.ike_version,
          .local_id = sa.local_id,
          .remote_id = sa.remote_id,
          .reqid = sa.reqid.value(),
          .spi_in = sa.spi_in,
          .spi_out = sa.spi_out,
          .encapsulation = sa.udp_encapsulation ? Encapsulation::kUdp : Encapsulation::kNone,
          .ike_proposal = sa.ike_proposal,
          .esp_proposal = sa.esp_proposal,
          .rx_bytes = in.bytes,
          .tx_bytes = out.bytes,
          .rx_packets = in.packets,
          .tx_packets = out.packets,
          .replays = in.replays,
          .integrity_failures = in.integrity_failures,
          .offload = out.offload};
}

SessionTimes TimesOf(const ClientSession& session) {
  SessionTimes times;
  times.idle_timeout = session.limits.idle;
  times.session_timeout = session.limits.session;
  if (!session.up_at) return times;
  times.idle = Since(session.last_data);
  if (session.limits.session) {
    times.remaining =
        std::max(*session.limits.session - Since(*session.up_at), std::chrono::seconds(0));
  }
  return times;
}

/// Inside.
std::optional<IpAddress> AddressOf(const ClientSession& session) {
  if (session.lease && session.lease->address) return session.lease->address;
  // The server gave it to us.
  if (session.dialled != nullptr && session.network) return session.network->network.local;
  return {};
}

SessionFacts FactsOf(const ClientSession& session) {
  SessionFacts facts{.id = session.id,
                     .user = {},
                     .pool = {},
                     .state = session.state,
                     .address = AddressOf(session),
                     .prefix = {},
                     .delegated = {},
                     .peer = session.peer.address};
  if (!session.user.empty()) facts.user = session.user;
  if (!session.lease) return facts;
  if (!session.lease->pool.empty()) facts.pool = session.lease->pool;
  if (session.ipv6) {
    facts.prefix = session.lease->prefix;
    facts.delegated = session.lease->delegated;
  }
  return facts;
}

std::optional<SessionIpv6Status> Ipv6Of(const ClientSession& session) {
  if (!session.ipv6) return {};
  SessionIpv6Status ipv6{.local = IpAddress::LinkLocal(session.ipv6->network.local),
                         .peer = IpAddress::LinkLocal(session.ipv6->network.peer),
                         .prefix = {},
                         .delegated = {}};
  if (session.lease) {
    ipv6.prefix = session.lease->prefix;
    ipv6.delegated = session.lease->delegated;
  }
  return ipv6;
}

AttemptRecord ToStatus(AttemptBook::Entry entry) {
  const auto given = [](std::string& text) {
    return text.empty() ? std::nullopt : std::optional(std::move(text));
  };
  FailedAttempt& attempt = entry.attempt;
  AttemptRecord record{.id = entry.id,
                       .address = attempt.peer.address,
                       .port = {},
                       .identity = given(attempt.identity),
                       .user = given(attempt.user),
                       .stage = std::string(ToString(attempt.stage)),
                       .stage_title = std::string(Title(attempt.stage)),
                       .reason = std::string(ToString(attempt.reason)),
                       .title = std::string(Title(attempt.reason)),
                       .detail = given(attempt.detail),
                       .hint = std::string(HintOf(attempt)),
                       .steps = std::move(attempt.steps),
                       .first = entry.first,
                       .last = entry.last,
                       .count = entry.count};
  if (attempt.peer.port != 0) record.port = attempt.peer.port;
  return record;
}

SessionCounters ToStatus(const InterfaceCounters& counters) {
  return {.rx_bytes = counters.rx_bytes,
          .tx_bytes = counters.tx_bytes,
          .rx_packets = counters.rx_packets,
          .tx_packets = counters.tx_packets};
}

template <typename Drops>
CountByReason ToStatus(const Drops& drops) {
  CountByReason counts;
  for (const auto& [reason, count] : drops.All()) counts[std::string(ToString(reason))] = count;
  return counts;
}

}  // namespace

StatusView::StatusView(Parts parts)
    : concentrator_(parts.concentrator),
      data_plane_(parts.data_plane),
      ike_(parts.ike),
      pools_(parts.pools),
      events_(parts.events),
      trace_(parts.trace),
      config_(parts.config),
      started_(WallClock()),
      started_monotonic_(std::chrono::steady_clock::now()) {}

IpsecStatus StatusView::Ipsec() const {
  IpsecStatus ipsec;
  ipsec.required = config_.ipsec.required;
  ipsec.sas = concentrator_.sas().entries().size();
  for (const auto& [name, count] : concentrator_.sa_readings().errors) ipsec.errors[name] = count;
  ipsec.overruns = concentrator_.sa_readings().overruns;
  if (ike_ == nullptr) return ipsec;
  const IkeState& state = ike_->state();
  ipsec.vici.connected = state.connected;
  ipsec.vici.path = state.path;
  if (!state.version.empty()) ipsec.vici.version = state.version;
  ipsec.vici.error = state.error;
  ipsec.vici.hint = state.hint;
  ipsec.vici.lacks_ikev1 = state.lacks_ikev1;
  ipsec.vici.refuses = state.refuses;
  return ipsec;
}

DaemonStatus StatusView::Status() const {
  DaemonStatus status;
  status.version = kVersion;
  status.state = concentrator_.stopping()   ? DaemonState::kStopping
                 : concentrator_.draining() ? DaemonState::kDraining
                                            : DaemonState::kRunning;
  status.started = started_;
  status.uptime = Since(started_monotonic_);
  status.pid = getpid();
  status.log_level = CurrentLogLevel();
  status.drained = concentrator_.drained();
  status.ipsec = Ipsec();
  if (ike_ != nullptr) status.drops.vici = ike_->state().drops;
  const auto& endpoint = concentrator_.endpoint();
  status.l2tp = {.tunnels = endpoint.tunnel_count(),
                 .messages_received = endpoint.statistics().messages_received,
                 .messages_sent = endpoint.statistics().messages_sent,
                 .retransmissions = endpoint.statistics().retransmissions};
  status.sessions = {.total = concentrator_.sessions().sessions().size(),
                     .up = concentrator_.sessions().InState(SessionState::kUp)};
  status.pools = Pools();
  status.drops.l2tp = ToStatus(endpoint.statistics().drops);
  for (const auto& [reason, count] : data_plane_.drops()) status.drops.l2tp[reason] += count;
  for (const auto& [reason, count] : data_plane_.data_drops()) status.drops.data[reason] += count;
  status.drops.ppp = ToStatus(concentrator_.sessions().drops());
  status.drops.dhcp = ToStatus(concentrator_.inform().drops());
  status.drops.ipv6 = ToStatus(concentrator_.sessions().ipv6_drops());
  for (const HttpServer* server : servers_) {
    for (const auto& [code, count] : server->drops()) status.drops.status[code] += count;
  }
  const auto& authentication = concentrator_.sessions().authentication();
  status.auth = {.accepted = authentication.accepted, .rejected = authentication.rejected};
  return status;
}

SessionRecord StatusView::Record(const ClientSession& session) const {
  SessionRecord record;
  record.id = session.id;
  record.state = session.state;
  if (session.dialled != nullptr) record.dial = session.dialled->dial;
  if (!session.user.empty()) record.user = session.user;
  if (session.lease && !session.lease->pool.empty()) record.pool = session.lease->pool;
  record.address = AddressOf(session);
  if (session.network) {
    for (const auto& server : session.network->network.dns) {
      if (server) record.dns.push_back(server);
    }
  }
  record.ipv6 = Ipv6Of(session);
  record.interface = session.interface;
  record.since = std::chrono::floor<std::chrono::seconds>(session.since);
  record.uptime = Since(session.started);
  record.peer.address = session.peer.address;
  record.peer.port = session.peer.port;
  record.l2tp = {.tunnel = session.key.tunnel.value(),
                 .peer_tunnel = session.peer_tunnel.value(),
                 .session = session.key.session.value(),
                 .peer_session = session.peer_session.value(),
                 .local_port = 0,
                 .call = ToStatus(session.call)};
  const auto tunnel = concentrator_.tunnels().find(session.key.tunnel);
  if (tunnel != concentrator_.tunnels().end()) {
    const TunnelRecord& known = tunnel->second;
    record.peer.host_name = known.request.host_name;
    if (!known.request.vendor_name.empty()) record.peer.vendor = known.request.vendor_name;
    if (known.path) record.l2tp.local_port = data_plane_.LocalPort(*known.path);
    if (const SaTable::Entry* sa = SaOf(known)) {
      record.ipsec = ToStatus(sa->sa, concentrator_.sa_readings());
      record.peer.nat = sa->sa.peer_behind_nat;
    }
  }
  if (session.method) record.ppp.auth = ToString(*session.method, session.eap_method);
  record.ppp.phase = ToString(concentrator_.sessions().PhaseOf(session.key));
  record.ppp.mtu = session.network ? session.network->mtu
                   : session.ipv6  ? session.ipv6->mtu
                                   : config_.ppp.mtu;
  record.times = TimesOf(session);
  record.counters = ToStatus(session.counters);
  record.rates = session.rate.rates();
  return record;
}

Page<SessionRecord> StatusView::Sessions(const SessionFilter& filter, uint64_t after,
                                         size_t scan) const {
  Page<SessionRecord> page;
  const auto& sessions = concentrator_.sessions().sessions();
  if (filter.id) {  // at most one, without a look at the others
    const ClientSession* session = concentrator_.sessions().FindById(*filter.id);
    if (session == nullptr || !filter.Matches(FactsOf(*session))) return page;
    if (CursorOf(session->key) > after) {
      page.records.emplace_back(CursorOf(session->key), Record(*session));
    }
    return page;
  }
  for (auto at = sessions.upper_bound(KeyOf(after)); at != sessions.end(); ++at) {
    if (scan-- == 0) {
      page.next = after;
      break;
    }
    after = CursorOf(at->first);
    if (filter.Matches(FactsOf(at->second))) page.records.emplace_back(after, Record(at->second));
  }
  return page;
}

std::optional<SessionRecord> StatusView::Session(const std::string& id) const {
  const ClientSession* session = concentrator_.sessions().FindById(id);
  return session == nullptr ? std::nullopt : std::optional(Record(*session));
}

std::vector<std::string> StatusView::SessionIds(const SessionFilter& filter) const {
  std::vector<std::string> ids;
  for (const auto& [key, session] : concentrator_.sessions().sessions()) {
    if (filter.Matches(FactsOf(session))) ids.push_back(session.id);
  }
  return ids;
}

const SaTable::Entry* StatusView::SaOf(const TunnelRecord& tunnel) const {
  return tunnel.sa ? concentrator_.sas().Find(*tunnel.sa) : nullptr;
}

TunnelStatus StatusView::Record(const TunnelRecord& tunnel) const {
  TunnelStatus status;
  const l2tp::PrepareTunnel& request = tunnel.request;
  status.id = request.tunnel.value();
  status.peer_id = request.peer_tunnel.value();
  status.state = tunnel.ended ? TunnelState::kClosing
                 : tunnel.up  ? TunnelState::kUp
                              : TunnelState::kStarting;
  status.dialled = request.dial.has_value();
  status.since = std::chrono::floor<std::chrono::seconds>(tunnel.since);
  status.uptime = Since(tunnel.started);
  status.peer.address = request.peer.address;
  status.peer.port = request.peer.port;
  status.peer.host_name = request.host_name;
  if (!request.vendor_name.empty()) status.peer.vendor = request.vendor_name;
  if (const SaTable::Entry* sa = SaOf(tunnel)) {
    status.peer.nat = sa->sa.peer_behind_nat;
    status.reqid = sa->sa.reqid.value();
  }
  if (tunnel.path) status.local_port = data_plane_.LocalPort(*tunnel.path);
  status.sessions = concentrator_.sessions().OfTunnel(request.tunnel).size();
  return status;
}

Page<TunnelStatus> StatusView::Tunnels(uint64_t after, size_t scan) const {
  Page<TunnelStatus> page;
  const auto& tunnels = concentrator_.tunnels();
  const l2tp::TunnelId last(static_cast<uint16_t>(after));
  for (auto at = tunnels.upper_bound(last); at != tunnels.end(); ++at) {
    if (scan-- == 0) {
      page.next = after;
      break;
    }
    after = at->first.value();
    page.records.emplace_back(after, Record(at->second));
  }
  return page;
}

Page<SaStatus> StatusView::Sas(uint64_t after, size_t scan) const {
  Page<SaStatus> page;
  const auto& sas = concentrator_.sas().entries();
  for (auto at = sas.upper_bound(SaId(after)); at != sas.end(); ++at) {
    if (scan-- == 0) {
      page.next = after;
      break;
    }
    after = at->first.value();
    const SecurityAssociation& sa = at->second.sa;
    SaStatus status;
    status.sa = ToStatus(sa, concentrator_.sa_readings());
    status.peer = sa.peer.address;
    status.peer_port = sa.peer.port;
    status.local = sa.local;
    status.nat = sa.peer_behind_nat;
    if (!sa.dial.empty()) status.dial = sa.dial;
    for (const l2tp::TunnelId tunnel : at->second.tunnels) status.tunnels.push_back(tunnel.value());
    page.records.emplace_back(after, std::move(status));
  }
  return page;
}

std::vector<PoolStatus> StatusView::Pools() const {
  std::vector<PoolStatus> pools;
  for (const auto& pool : pools_.pools()) {
    const aaa::PoolSettings& settings = pool.settings();
    const aaa::PrefixPools& prefixes = pools_.prefix_pools()[pools.size()];
    PoolStatus status{.name = settings.name,
                      .size = pool.size(),
                      .used = pool.used(),
                      .ipv6_size = prefixes.ipv6.size(),
                      .ipv6_used = prefixes.ipv6.used(),
                      .delegated_size = prefixes.delegated.size(),
                      .delegated_used = prefixes.delegated.used()};
    for (const auto& range : settings.ranges) status.ranges.push_back(range.ToString());
    status.gateway = settings.gateway;
    for (const auto& prefix : settings.ipv6.prefixes) status.ipv6.push_back(prefix.ToString());
    for (const auto& prefix : settings.delegated.prefixes) {
      status.delegated.push_back(prefix.ToString());
    }
    pools.push_back(std::move(status));
  }
  return pools;
}

std::vector<ConfigValue> StatusView::Configuration() const { return ValuesOf(config_); }

MetricsStatus StatusView::Metrics() const {
  const SessionManager& manager = concentrator_.sessions();
  MetricsStatus metrics;
  metrics.status = Status();
  for (const auto state : {SessionState::kStarting, SessionState::kUp, SessionState::kClosing}) {
    metrics.sessions_by_state[std::string(ToString(state))] = manager.InState(state);
  }
  metrics.traffic = ToStatus(manager.totals().traffic);
  metrics.session_starts = manager.totals().begun;
  metrics.session_ends = manager.totals().ended;
  metrics.failed_attempts = concentrator_.attempts().totals();
  metrics.session_limit = config_.l2tp.max_sessions;
  metrics.setup = manager.setup_times();
  metrics.events = events_.last_seq();
  metrics.event_subscribers = events_.subscribers();
  for (const Dialer::Dial& dial : concentrator_.dialer().dials()) {
    metrics.dials.emplace_back(dial.settings.name, dial.state == DialState::kUp);
  }
  metrics.last_reload = last_reload_;
  metrics.last_reload_failed = last_reload_failed_;
  return metrics;
}

DialRecord StatusView::Record(const Dialer::Dial& dial) const {
  const TimePoint now = std::chrono::steady_clock::now();
  DialRecord record;
  record.name = dial.settings.name;
  record.server = dial.settings.server;
  if (dial.server) record.address = dial.server;
  record.ipsec = dial.settings.ipsec;
  record.state = ToString(dial.state);
  record.since = WallClockOf(dial.since);
  record.attempts = dial.attempts;
  if (!dial.last_failure.empty()) {
    record.last_failure = dial.last_failure;
    record.failed = WallClockOf(dial.failed_at);
  }
  if (dial.back_off.due) {
    const auto left = std::max(*dial.back_off.due - now, TimePoint::duration::zero());
    record.next_attempt = std::chrono::ceil<std::chrono::seconds>(left);
  }
  if (dial.tunnel) record.tunnel = dial.tunnel->value();
  record.wanted = dial.settings.sessions;
  for (const Dialer::Call& call : dial.calls) {
    const auto session = concentrator_.sessions().sessions().find(call.key);
    if (session == concentrator_.sessions().sessions().end()) continue;
    const DialProfile* dialled = session->second.dialled;
    if (dialled == nullptr || dialled->dial != dial.settings.name) continue;
    record.sessions.push_back(session->second.id);
  }
  return record;
}

std::vector<DialRecord> StatusView::Dials() const {
  std::vector<DialRecord> records;
  for (const Dialer::Dial& dial : concentrator_.dialer().dials()) records.push_back(Record(dial));
  return records;
}

Page<AttemptRecord> StatusView::Attempts(const AttemptFilter& filter, uint64_t after,
                                         size_t scan) const {
  Page<AttemptBook::Entry> entries = concentrator_.attempts().Find(filter, after, scan);
  Page<AttemptRecord> page{.records = {}, .next = entries.next};
  for (auto& [cursor, entry] : entries.records) {
    page.records.emplace_back(cursor, ToStatus(std::move(entry)));
  }
  return page;
}

DisconnectResult StatusView::Disconnect(const SessionFilter& filter,
                                        const std::optional<PeerCredentials>& caller) {
  DisconnectResult result{.sessions = SessionIds(filter)};
  LogRequest("disconnect_requested", fmt::format("{} asks to disconnect {} session(s)",
                                                 Name(caller), result.sessions.size()));
  concentrator_.Disconnect(result.sessions, "disconnected by the operator");
  return result;
}

void StatusView::SetDraining(bool draining, const std::optional<PeerCredentials>& caller) {
  LogRequest("drain_requested", fmt::format("{} asks to {}", Name(caller),
                                            draining ? "refuse new clients" : "take new clients"));
  concentrator_.SetDraining(draining);
}

ReloadResult StatusView::Reload(const std::optional<PeerCredentials>& caller) {
  LogRequest("reload_requested",
             fmt::format("{} asks to reload the configuration", caller ? Name(caller) : "SIGHUP"));
  ReloadResult result = reload_();
  last_reload_ = WallClock();
  last_reload_failed_ = !result.errors.empty();
  return result;
}

void StatusView::ChangeLogLevel(LogLevel level, const std::optional<PeerCredentials>& caller) {
  LogRequest("log_level_changed",
             fmt::format("{} sets the log level to {}", Name(caller), ToString(level)));
  SetLogLevel(level);
}

std::shared_ptr<BodySource> StatusView::Trace(const TraceQuery& query,
                                              const std::optional<PeerCredentials>& caller) {
  std::string whom;
  if (query.peer) whom += " at " + query.peer->ToString();
  if (query.user) whom += " user " + PrintableText(*query.user);
  if (query.session) whom += " session " + PrintableText(*query.session);
  LogRequest("trace_requested",
             fmt::format("{} asks to trace{}", Name(caller), whom.empty() ? " everybody" : whom));
  return trace_.Subscribe(query);
}

}  // namespace sallyport::daemon
