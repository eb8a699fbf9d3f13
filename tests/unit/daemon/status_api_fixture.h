// SPDX-License-Identifier: GPL-2.0-or-later
// The API over a source of status that a test fills.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/event_loop.h"
#include "daemon/list_body.h"
#include "daemon/status_api.h"
#include "daemon/status_json.h"
#include "daemon/trace_stream.h"
#include "tests/unit/daemon/session_list.h"

namespace sallyport::daemon {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

/// 2026-11-22T07:10:04Z.
constexpr WallTime kMorning{std::chrono::seconds{1795331404}};

inline SessionRecord FullSession() {
  return {.id = "0f3a91",
          .state = SessionState::kUp,
          .dial = {},
          .user = "bob",
          .pool = "staff",
          .address = IpAddress::V4(0x0A400002),
          .dns = {IpAddress::V4(0x0A000035), *IpAddress::Parse("2001:db8::35")},
          .ipv6 = SessionIpv6Status{.local = *IpAddress::Parse("fe80::1"),
                                    .peer = *IpAddress::Parse("fe80::2"),
                                    .prefix = IpPrefix::Parse("2001:db8:1:7::/64"),
                                    .delegated = {}},
          .interface = "sallyport0",
          .since = kMorning,
          .uptime = std::chrono::seconds{3605},
          .peer = {.address = IpAddress::V4(0xCB007101),
                   .port = 1701,
                   .nat = true,
                   .host_name = "DESKTOP-7",
                   .vendor = "Microsoft"},
          .ipsec = SessionIpsec{.ike = "IKEv1",
                                .local_id = "192.0.2.10",
                                .remote_id = "192.168.1.20",
                                .reqid = 1,
                                .spi_in = 0xC1F0A2B3,
                                .spi_out = 0x0E01D4AA,
                                .encapsulation = Encapsulation::kUdp,
                                .ike_proposal = "AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256",
                                .esp_proposal = "AES_CBC_256/HMAC_SHA2_256_128",
                                .rx_bytes = 21008,
                                .tx_bytes = 0,
                                .rx_packets = 140,
                                .tx_packets = 0,
                                .replays = 2,
                                .integrity_failures = 3,
                                .offload = "crypto"},
          .l2tp = {.tunnel = 4312,
                   .peer_tunnel = 1,
                   .session = 7719,
                   .peer_session = 2,
                   .local_port = 40001,
                   .call = {.outgoing = true,
                            .serial_number = 7,
                            .called_number = "5551212",
                            .calling_number = "5551213",
                            .sub_address = "1",
                            .private_group = "red",
                            .physical_channel = 9,
                            .tx_speed = 64000,
                            .rx_speed = 128000,
                            .error_reports = 1,
                            .errors = l2tp::CallErrors{1, 2, 3, 4, 5, 6},
                            .send_accm = 0xA0000,
                            .receive_accm = 0}},
          .ppp = {.auth = "mschapv2", .phase = "network", .mtu = 1400},
          .times = {.idle = std::chrono::seconds{4},
                    .idle_timeout = std::chrono::seconds{1800},
                    .session_timeout = std::chrono::seconds{28800},
                    .remaining = std::chrono::seconds{25195}},
          .counters = {.rx_bytes = 18446744073709551615U,
                       .tx_bytes = 99120,
                       .rx_packets = 121,
                       .tx_packets = 133},
          .rates = SessionRates{
              .rx_bytes = 812, .tx_bytes = 4096, .interval = std::chrono::seconds{30}}};
}

/// A client that has sent no more than its SCCRQ, without IPsec.
inline SessionRecord NewSession() {
  SessionRecord session;
  session.id = "0f3a92";
  session.since = kMorning;
  session.peer = {.address = *IpAddress::Parse("2001:db8::9"),
                  .port = 1701,
                  .nat = false,
                  .host_name = "",
                  .vendor = {}};
  session.l2tp.tunnel = 4313;
  session.ppp.phase = "dead";
  return session;
}

class FakeSource : public StatusSource {
 public:
  DaemonStatus Status() const override { return status; }

  MetricsStatus Metrics() const override { return metrics; }

  /// A session's cursor is its place in the list, counted from 1.
  Page<SessionRecord> Sessions(const SessionFilter& filter, uint64_t after,
                               size_t scan) const override {
    Page<SessionRecord> page;
    for (; after < sessions.size(); ++after) {
      if (scan-- == 0) {
        page.next = after;
        break;
      }
      if (filter.Matches(FactsOf(sessions[after])))
        page.records.emplace_back(after + 1, sessions[after]);
    }
    return page;
  }
  std::optional<SessionRecord> Session(const std::string& id) const override {
    return SessionIn(sessions, id);
  }
  std::vector<std::string> SessionIds(const SessionFilter& filter) const override {
    return SessionIdsIn(sessions, filter);
  }
  Page<TunnelStatus> Tunnels(uint64_t after, size_t) const override {
    Page<TunnelStatus> page;
    for (; after < tunnels.size(); ++after) page.records.emplace_back(after + 1, tunnels[after]);
    return page;
  }
  Page<SaStatus> Sas(uint64_t after, size_t) const override {
    Page<SaStatus> page;
    for (; after < sas.size(); ++after) page.records.emplace_back(after + 1, sas[after]);
    return page;
  }
  std::vector<PoolStatus> Pools() const override { return pools; }
  std::vector<ConfigValue> Configuration() const override { return configuration; }

  std::vector<DialRecord> Dials() const override { return dials; }

  Page<AttemptRecord> Attempts(const AttemptFilter& filter, uint64_t after, size_t) const override {
    Page<AttemptRecord> page;
    for (; after < attempts.size(); ++after) {
      const AttemptRecord& attempt = attempts[after];
      if (filter.address && !filter.address->Contains(attempt.address)) continue;
      if (filter.user && filter.user != attempt.user) continue;
      page.records.emplace_back(after + 1, attempt);
    }
    return page;
  }

  DisconnectResult Disconnect(const SessionFilter& filter,
                              const std::optional<PeerCredentials>& caller) override {
    callers.push_back(caller);
    DisconnectResult result;
    result.sessions = SessionIds(filter);
    return result;
  }
  void SetDraining(bool draining, const std::optional<PeerCredentials>& caller) override {
    callers.push_back(caller);
    status.state = draining ? DaemonState::kDraining : DaemonState::kRunning;
    status.drained = draining && sessions.empty();
  }
  ReloadResult Reload(const std::optional<PeerCredentials>& caller) override {
    callers.push_back(caller);
    return reload;
  }
  void ChangeLogLevel(LogLevel level, const std::optional<PeerCredentials>& caller) override {
    callers.push_back(caller);
    log_level = level;
  }
  std::shared_ptr<BodySource> Trace(const TraceQuery& query,
                                    const std::optional<PeerCredentials>& caller) override {
    callers.push_back(caller);
    traced = query;
    return trace.Subscribe(query);
  }

  EventLoop loop;
  TraceStream trace{loop};
  std::optional<TraceQuery> traced;
  DaemonStatus status;
  std::vector<SessionRecord> sessions;
  std::vector<DialRecord> dials;
  std::vector<AttemptRecord> attempts;
  std::vector<TunnelStatus> tunnels;
  std::vector<SaStatus> sas;
  std::vector<PoolStatus> pools;
  std::vector<ConfigValue> configuration;
  MetricsStatus metrics;
  ReloadResult reload;
  std::optional<LogLevel> log_level;
  std::vector<std::optional<PeerCredentials>> callers;  // of calls that change something
};

class StatusApiTest : public testing::Test {
 protected:
  StatusApiTest() {
    source_.status.version = "0.1.0";
    source_.sessions = {FullSession(), NewSession()};
  }

  using Query = std::vector<std::pair<std::string, std::string>>;

  HttpResponse Get(std::string path, Query query = {}, Access access = Access::kOperate) {
    return Whole(api_.Handle({.method = "GET",
                              .path = std::move(path),
                              .query = std::move(query),
                              .body = {},
                              .peer = {},
                              .access = access}));
  }

  HttpResponse Post(std::string path, std::string body, Access access = Access::kOperate) {
    return api_.Handle({.method = "POST",
                        .path = std::move(path),
                        .query = {},
                        .body = std::move(body),
                        .peer = PeerCredentials{.pid = 4711, .uid = 1000, .gid = 100},
                        .access = access});
  }
  HttpResponse Disconnect(std::string body) {
    return Post("/v1/sessions:disconnect", std::move(body));
  }

  /// With what a streamed body says until it waits or ends.
  static HttpResponse Whole(HttpResponse response) {
    if (!response.stream) return response;
    auto next = BodySource::Next::kMore;
    while (next == BodySource::Next::kMore) next = response.stream->Produce(response.body);
    return response;
  }

  /// The ids in an answer of GET /v1/sessions.
  std::vector<std::string> Ids(const HttpResponse& response) {
    std::vector<std::string> ids;
    const Json body = Json::parse(response.body);
    for (const auto& session : body.at("sessions")) ids.push_back(session.at("id"));
    return ids;
  }

  void ExpectProblem(const HttpResponse& response, int status, const std::string& code) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(response.problem_code, code);
    const Json body = Json::parse(response.body);
    EXPECT_EQ(body.at("status"), status);
    EXPECT_EQ(body.at("code"), code);
    for (const char* member : {"title", "detail"}) EXPECT_NE(body.at(member), "") << member;
    EXPECT_TRUE(body.at("hint").is_string());
    EXPECT_THAT(source_.callers, IsEmpty()) << "a refused request changes nothing";
  }

  FakeSource source_;
  EventLoop loop_;
  EventStream events_{loop_};
  StatusApi api_{source_, [this](EventQuery query) { return events_.Subscribe(std::move(query)); },
                 StatusApi::Options()};
};

}  // namespace sallyport::daemon
