// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/status_view.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "daemon/config_keys.h"
#include "daemon/log.h"
#include "daemon/version.h"

namespace sallyport::daemon {
namespace {

std::chrono::seconds Since(TimePoint start) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
}

WallTime WallClockOf(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - Since(time);
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

template <typename Drops>
CountByReason ToStatus(const Drops& drops) {
  CountByReason counts;
  for (const auto& [reason, count] : drops.All()) counts[std::string(ToString(reason))] = count;
  return counts;
}

}  // namespace

StatusView::StatusView(Concentrator& concentrator, const DataPlane& data_plane, const Ike* ike,
                       const aaa::PoolSet& pools, Options options)
    : concentrator_(concentrator),
      data_plane_(data_plane),
      ike_(ike),
      pools_(pools),
      options_(options),
      started_(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())),
      started_monotonic_(std::chrono::steady_clock::now()) {}

IpsecStatus StatusView::Ipsec() const {
  IpsecStatus ipsec;
  ipsec.required = options_.ipsec_required;
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
  return ipsec;
}

DaemonStatus StatusView::Status() const {
  DaemonStatus status;
  status.version = kVersion;
  status.state = concentrator_.stopping() ? DaemonState::kStopping : DaemonState::kRunning;
  status.started = started_;
  status.uptime = Since(started_monotonic_);
  status.pid = getpid();
  status.ipsec = Ipsec();
  if (ike_ != nullptr) status.drops.vici = ike_->state().drops;
  const auto& endpoint = concentrator_.endpoint();
  status.l2tp = {.tunnels = endpoint.tunnel_count(),
                 .messages_received = endpoint.statistics().messages_received,
                 .messages_sent = endpoint.statistics().messages_sent,
                 .retransmissions = endpoint.statistics().retransmissions};
  for (const auto& [key, session] : concentrator_.sessions().sessions()) {
    ++status.sessions.total;
    if (session.state == SessionState::kUp) ++status.sessions.up;
  }
  for (const auto& pool : pools_.pools()) {
    const aaa::PrefixPools& prefixes = pools_.prefix_pools()[status.pools.size()];
    status.pools.push_back({.name = pool.settings().name,
                            .size = pool.size(),
                            .used = pool.used(),
                            .ipv6_size = prefixes.ipv6.size(),
                            .ipv6_used = prefixes.ipv6.used(),
                            .delegated_size = prefixes.delegated.size(),
                            .delegated_used = prefixes.delegated.used()});
  }
  status.drops.l2tp = ToStatus(endpoint.statistics().drops);
  for (const auto& [reason, count] : data_plane_.drops()) status.drops.l2tp[reason] += count;
  for (const auto& [reason, count] : data_plane_.data_drops()) status.drops.data[reason] += count;
  status.drops.ppp = ToStatus(concentrator_.sessions().drops());
  status.drops.dhcp = ToStatus(concentrator_.inform().drops());
  status.drops.ipv6 = ToStatus(concentrator_.sessions().ipv6_drops());
  if (server_ != nullptr) status.drops.status = server_->drops();
  const auto& authentication = concentrator_.sessions().authentication();
  status.auth = {.accepted = authentication.accepted, .rejected = authentication.rejected};
  return status;
}

SessionRecord StatusView::Record(const ClientSession& session) const {
  SessionRecord record;
  record.id = session.id;
  record.state = session.state;
  if (session.dialled != nullptr) {
    record.dial = session.dialled->dial;
    // The server gave it to us.
    if (session.network) record.address = session.network->network.local;
  }
  if (!session.user.empty()) record.user = session.user;
  if (session.lease) {
    if (!session.lease->pool.empty()) record.pool = session.lease->pool;
    record.address = session.lease->address;
  }
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
    const SaTable::Entry* sa = known.sa ? concentrator_.sas().Find(*known.sa) : nullptr;
    if (sa != nullptr) {
      record.ipsec = ToStatus(sa->sa, concentrator_.sa_readings());
      record.peer.nat = sa->sa.peer_behind_nat;
    }
  }
  if (session.method) record.ppp.auth = ToString(*session.method, session.eap_method);
  record.ppp.phase = ToString(concentrator_.sessions().PhaseOf(session.key));
  record.ppp.mtu = session.network ? session.network->mtu
                   : session.ipv6  ? session.ipv6->mtu
                                   : options_.mtu;
  record.times = TimesOf(session);
  record.counters = {.rx_bytes = session.counters.rx_bytes,
                     .tx_bytes = session.counters.tx_bytes,
                     .rx_packets = session.counters.rx_packets,
                     .tx_packets = session.counters.tx_packets};
  return record;
}

std::vector<SessionRecord> StatusView::Sessions(const SessionFilter& filter) const {
  std::vector<SessionRecord> records;
  for (const auto& [key, session] : concentrator_.sessions().sessions()) {
    SessionRecord record = Record(session);
    if (filter.Matches(record)) records.push_back(std::move(record));
  }
  return records;
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

std::vector<AttemptRecord> StatusView::Attempts(const AttemptFilter& filter) const {
  const auto given = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  std::vector<AttemptRecord> records;
  for (AttemptBook::Entry& entry : concentrator_.attempts().Find(filter)) {
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
                         .hint = std::string(Hint(attempt.reason)),
                         .steps = std::move(attempt.steps),
                         .first = entry.first,
                         .last = entry.last,
                         .count = entry.count};
    if (attempt.peer.port != 0) record.port = attempt.peer.port;
    records.push_back(std::move(record));
  }
  return records;
}

DisconnectResult StatusView::Disconnect(const SessionFilter& filter,
                                        const std::optional<PeerCredentials>& caller) {
  const std::string who = caller ? fmt::format("uid {} (pid {})", caller->uid, caller->pid)
                                 : std::string("an unknown caller");
  DisconnectResult result;
  std::vector<SessionKey> keys;
  for (const auto& [key, session] : concentrator_.sessions().sessions()) {
    if (!filter.Matches(Record(session))) continue;
    keys.push_back(key);
    result.sessions.push_back(session.id);
  }
  LogInfo("disconnect_requested",
          fmt::format("{} asks to disconnect {} session(s)", who, keys.size()));
  for (const auto& key : keys) concentrator_.Disconnect(key, "disconnected by the operator");
  return result;
}

}  // namespace sallyport::daemon
