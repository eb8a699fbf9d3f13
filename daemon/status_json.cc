// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/status_json.h"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <iterator>

#include "daemon/config_keys.h"

namespace sallyport::daemon {
namespace {

/// RFC 3339 §5.6, UTC.
std::string ToRfc3339(WallTime time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time); }

std::string SpiText(uint32_t spi) { return fmt::format("{:08x}", spi); }

Json OrNull(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

Json ToJson(const CountByReason& counts) {
  Json json = Json::object();
  for (const auto& [reason, count] : counts) json[reason] = count;
  return json;
}

Json ToJson(const IpsecStatus& ipsec) {
  return {{"required", ipsec.required},
          {"vici",
           {{"connected", ipsec.vici.connected},
            {"path", ipsec.vici.path},
            {"version", OrNull(ipsec.vici.version)},
            {"error", OrNull(ipsec.vici.error)},
            {"hint", OrNull(ipsec.vici.hint)}}},
          {"sas", ipsec.sas},
          {"errors", ToJson(ipsec.errors)},
          {"overruns", ipsec.overruns}};
}

Json ToJson(const L2tpStatus& l2tp) {
  return {{"tunnels", l2tp.tunnels},
          {"messages_received", l2tp.messages_received},
          {"messages_sent", l2tp.messages_sent},
          {"retransmissions", l2tp.retransmissions}};
}

Json ToJson(const std::vector<PoolStatus>& pools) {
  Json json = Json::array();
  for (const PoolStatus& pool : pools) {
    json.push_back({{"name", pool.name},
                    {"size", pool.size},
                    {"used", pool.used},
                    {"ipv6", {{"size", pool.ipv6_size}, {"used", pool.ipv6_used}}},
                    {"delegated", {{"size", pool.delegated_size}, {"used", pool.delegated_used}}}});
  }
  return json;
}

Json ToJson(const SessionPeer& peer) {
  return {{"address", peer.address.ToString()},
          {"port", peer.port},
          {"nat", peer.nat},
          {"host_name", peer.host_name},
          {"vendor", OrNull(peer.vendor)}};
}

Json ToJson(const SessionIpsec& ipsec) {
  return {{"ike", ipsec.ike},
          {"local_id", ipsec.local_id},
          {"remote_id", ipsec.remote_id},
          {"reqid", ipsec.reqid},
          {"spi_in", SpiText(ipsec.spi_in)},
          {"spi_out", SpiText(ipsec.spi_out)},
          {"encapsulation", ToString(ipsec.encapsulation)},
          {"ike_proposal", ipsec.ike_proposal},
          {"esp_proposal", ipsec.esp_proposal},
          {"rx_bytes", ipsec.rx_bytes},
          {"tx_bytes", ipsec.tx_bytes},
          {"rx_packets", ipsec.rx_packets},
          {"tx_packets", ipsec.tx_packets},
          {"replays", ipsec.replays},
          {"integrity_failures", ipsec.integrity_failures},
          {"offload", ipsec.offload}};
}

Json OrNull(uint32_t number) { return number == 0 ? Json() : Json(number); }

Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json AccmOrNull(const std::optional<uint32_t>& accm) {
  return accm ? Json(fmt::format("{:08x}", *accm)) : Json();
}

Json ToJson(const std::optional<l2tp::CallErrors>& errors) {
  if (!errors) return {};
  return {{"crc", errors->crc_errors},
          {"framing", errors->framing_errors},
          {"hardware_overruns", errors->hardware_overruns},
          {"buffer_overruns", errors->buffer_overruns},
          {"timeouts", errors->timeout_errors},
          {"alignment", errors->alignment_errors}};
}

Json ToJson(const SessionCall& call) {
  return {{"direction", call.outgoing ? "outgoing" : "incoming"},
          {"serial_number", OrNull(call.serial_number)},
          {"called_number", TextOrNull(call.called_number)},
          {"calling_number", TextOrNull(call.calling_number)},
          {"sub_address", TextOrNull(call.sub_address)},
          {"private_group", TextOrNull(call.private_group)},
          {"physical_channel", OrNull(call.physical_channel)},
          {"tx_speed", OrNull(call.tx_speed)},
          {"rx_speed", OrNull(call.rx_speed)},
          {"error_reports", call.error_reports},
          {"errors", ToJson(call.errors)},
          {"send_accm", AccmOrNull(call.send_accm)},
          {"receive_accm", AccmOrNull(call.receive_accm)}};
}

Json ToJson(const std::optional<SessionIpv6Status>& ipv6) {
  if (!ipv6) return {};
  const auto text_of = [](const std::optional<IpPrefix>& prefix) {
    return prefix ? Json(prefix->ToString()) : Json();
  };
  return {{"local", ipv6->local.ToString()},
          {"peer", ipv6->peer.ToString()},
          {"prefix", text_of(ipv6->prefix)},
          {"delegated", text_of(ipv6->delegated)}};
}

Json ToJson(const SessionL2tp& l2tp) {
  return {{"tunnel", l2tp.tunnel},         {"peer_tunnel", l2tp.peer_tunnel},
          {"session", l2tp.session},       {"peer_session", l2tp.peer_session},
          {"local_port", l2tp.local_port}, {"call", ToJson(l2tp.call)}};
}

Json ToJson(const SessionTimes& times) {
  const auto seconds = [](const std::optional<std::chrono::seconds>& time) {
    return time ? Json(time->count()) : Json();
  };
  return {{"idle_seconds", seconds(times.idle)},
          {"idle_timeout_seconds", seconds(times.idle_timeout)},
          {"session_timeout_seconds", seconds(times.session_timeout)},
          {"remaining_seconds", seconds(times.remaining)}};
}

Json ToJson(const SessionCounters& counters) {
  return {{"rx_bytes", counters.rx_bytes},
          {"tx_bytes", counters.tx_bytes},
          {"rx_packets", counters.rx_packets},
          {"tx_packets", counters.tx_packets}};
}

Json ToJson(const std::optional<SessionRates>& rates) {
  if (!rates) return {};
  return {{"rx_bytes_per_second", rates->rx_bytes},
          {"tx_bytes_per_second", rates->tx_bytes},
          {"interval_seconds", rates->interval.count()}};
}

Json ToJson(const SessionPpp& ppp) {
  return {{"auth", OrNull(ppp.auth)}, {"phase", ppp.phase}, {"mtu", ppp.mtu}};
}

Json ToJson(const std::vector<IpAddress>& addresses) {
  Json json = Json::array();
  for (const IpAddress& address : addresses) json.push_back(address.ToString());
  return json;
}

/// One by one, so that nobody pays for what is not asked for.
struct SessionMember {
  std::string_view name;
  Json (*value)(const SessionRecord&);
};

constexpr SessionMember kSessionMembers[] = {
    {"id", [](const SessionRecord& s) { return Json(s.id); }},
    {"state", [](const SessionRecord& s) { return Json(ToString(s.state)); }},
    {"origin", [](const SessionRecord& s) { return Json(s.dial ? "dialled" : "incoming"); }},
    {"dial", [](const SessionRecord& s) { return OrNull(s.dial); }},
    {"user", [](const SessionRecord& s) { return OrNull(s.user); }},
    {"pool", [](const SessionRecord& s) { return OrNull(s.pool); }},
    {"address",
     [](const SessionRecord& s) { return s.address ? Json(s.address->ToString()) : Json(); }},
    {"dns", [](const SessionRecord& s) { return ToJson(s.dns); }},
    {"ipv6", [](const SessionRecord& s) { return ToJson(s.ipv6); }},
    {"interface", [](const SessionRecord& s) { return OrNull(s.interface); }},
    {"since", [](const SessionRecord& s) { return Json(ToRfc3339(s.since)); }},
    {"uptime_seconds", [](const SessionRecord& s) { return Json(s.uptime.count()); }},
    {"peer", [](const SessionRecord& s) { return ToJson(s.peer); }},
    {"ipsec", [](const SessionRecord& s) { return s.ipsec ? ToJson(*s.ipsec) : Json(); }},
    {"l2tp", [](const SessionRecord& s) { return ToJson(s.l2tp); }},
    {"ppp", [](const SessionRecord& s) { return ToJson(s.ppp); }},
    {"times", [](const SessionRecord& s) { return ToJson(s.times); }},
    {"counters", [](const SessionRecord& s) { return ToJson(s.counters); }},
    {"rates", [](const SessionRecord& s) { return ToJson(s.rates); }},
};

}  // namespace

Json ToJson(const DaemonStatus& status) {
  return {{"api", kApiVersion},
          {"version", status.version},
          {"state", ToString(status.state)},
          {"drained", status.drained},
          {"log_level", ToString(status.log_level)},
          {"started", ToRfc3339(status.started)},
          {"uptime_seconds", status.uptime.count()},
          {"pid", status.pid},
          {"ipsec", ToJson(status.ipsec)},
          {"l2tp", ToJson(status.l2tp)},
          {"sessions", {{"total", status.sessions.total}, {"up", status.sessions.up}}},
          {"pools", ToJson(status.pools)},
          {"drops",
           {{"l2tp", ToJson(status.drops.l2tp)},
            {"ppp", ToJson(status.drops.ppp)},
            {"vici", ToJson(status.drops.vici)},
            {"data", ToJson(status.drops.data)},
            {"dhcp", ToJson(status.drops.dhcp)},
            {"ipv6", ToJson(status.drops.ipv6)},
            {"status", ToJson(status.drops.status)}}},
          {"auth", {{"accepted", status.auth.accepted}, {"rejected", status.auth.rejected}}}};
}

Json ToJson(const SessionRecord& session) {
  Json json = Json::object();
  for (const SessionMember& member : kSessionMembers) json[member.name] = member.value(session);
  return json;
}

Json ToJson(const SessionRecord& session, const std::vector<std::string>& fields) {
  Json json = Json::object();
  for (const std::string& field : fields) {
    const auto* member = std::ranges::find(kSessionMembers, field, &SessionMember::name);
    if (member != std::end(kSessionMembers)) json[field] = member->value(session);
  }
  return json;
}

Json ToJson(const TunnelStatus& tunnel) {
  return {{"id", tunnel.id},
          {"peer_id", tunnel.peer_id},
          {"state", ToString(tunnel.state)},
          {"origin", tunnel.dialled ? "dialled" : "incoming"},
          {"since", ToRfc3339(tunnel.since)},
          {"uptime_seconds", tunnel.uptime.count()},
          {"peer", ToJson(tunnel.peer)},
          {"reqid", tunnel.reqid ? Json(*tunnel.reqid) : Json()},
          {"local_port", tunnel.local_port},
          {"sessions", tunnel.sessions}};
}

Json ToJson(const SaStatus& sa) {
  Json json{{"peer", sa.peer.ToString()},
            {"peer_port", sa.peer_port},
            {"local", sa.local.ToString()},
            {"nat", sa.nat},
            {"dial", OrNull(sa.dial)}};
  json.update(ToJson(sa.sa));
  json["tunnels"] = sa.tunnels;
  return json;
}

Json ToJson(const PoolStatus& pool) {
  const auto prefixes = [](const std::vector<std::string>& list, uint64_t size, uint64_t used) {
    return Json{{"prefixes", list}, {"size", size}, {"used", used}, {"free", size - used}};
  };
  return {{"name", pool.name},
          {"ranges", pool.ranges},
          {"gateway", pool.gateway.ToString()},
          {"size", pool.size},
          {"used", pool.used},
          {"free", pool.size - pool.used},
          {"ipv6", prefixes(pool.ipv6, pool.ipv6_size, pool.ipv6_used)},
          {"delegated", prefixes(pool.delegated, pool.delegated_size, pool.delegated_used)}};
}

Json ToJson(const std::vector<ConfigValue>& values) {
  Json sections = Json::object();
  Json set = Json::array();
  for (const ConfigValue& value : values) {
    Json* section = &sections[value.section];
    std::string name = value.section;
    if (IsArraySection(value.section)) {
      section = &(*section)[value.index];
      name += fmt::format("[{}]", value.index);
    }
    // TOML writes the values that there are as JSON does.
    Json parsed = Json::parse(value.toml, nullptr, false);
    (*section)[value.name] = parsed.is_discarded() ? Json(value.toml) : std::move(parsed);
    if (!value.is_default) set.push_back(name + '.' + value.name);
  }
  return {{"api", kApiVersion}, {"config", std::move(sections)}, {"set", std::move(set)}};
}

void HideUser(Json& record) {
  const auto hide = [](Json& object, const char* name) {
    if (object.is_object() && object.contains(name)) object[name] = nullptr;
  };
  for (const char* name : {"user", "remote_id", "host_name"}) hide(record, name);
  if (record.contains("peer")) hide(record["peer"], "host_name");
  if (record.contains("ipsec")) hide(record["ipsec"], "remote_id");
  if (record.contains("l2tp") && record["l2tp"].is_object() && record["l2tp"].contains("call")) {
    for (const char* name : {"calling_number", "sub_address", "private_group"}) {
      hide(record["l2tp"]["call"], name);
    }
  }
}

Json ToJson(const DialRecord& dial) {
  return {{"name", dial.name},
          {"server", dial.server},
          {"address", dial.address ? Json(dial.address->ToString()) : Json()},
          {"ipsec", dial.ipsec},
          {"state", dial.state},
          {"since", ToRfc3339(dial.since)},
          {"attempts", dial.attempts},
          {"last_failure", OrNull(dial.last_failure)},
          {"failed", dial.failed ? Json(ToRfc3339(*dial.failed)) : Json()},
          {"next_attempt_seconds", dial.next_attempt ? Json(dial.next_attempt->count()) : Json()},
          {"tunnel", dial.tunnel ? Json(*dial.tunnel) : Json()},
          {"sessions_wanted", dial.wanted},
          {"sessions", dial.sessions}};
}

Json ToJson(const AttemptRecord& attempt) {
  return {{"id", attempt.id},
          {"address", attempt.address.ToString()},
          {"port", attempt.port ? Json(*attempt.port) : Json()},
          {"identity", OrNull(attempt.identity)},
          {"user", OrNull(attempt.user)},
          {"stage", attempt.stage},
          {"stage_title", attempt.stage_title},
          {"reason", attempt.reason},
          {"title", attempt.title},
          {"detail", OrNull(attempt.detail)},
          {"hint", attempt.hint},
          {"steps", attempt.steps},
          {"first", ToRfc3339(attempt.first)},
          {"last", ToRfc3339(attempt.last)},
          {"count", attempt.count}};
}

std::string ToText(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace sallyport::daemon
