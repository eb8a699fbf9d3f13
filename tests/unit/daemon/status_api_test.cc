// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/status_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/status_json.h"

namespace sallyport::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

/// 2026-11-22T07:10:04Z.
constexpr WallTime kMorning{std::chrono::seconds{1795331404}};

SessionRecord FullSession() {
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
                       .tx_packets = 133}};
}

/// A client that has sent no more than its SCCRQ, without IPsec.
SessionRecord NewSession() {
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

  std::vector<SessionRecord> Sessions(const SessionFilter& filter) const override {
    std::vector<SessionRecord> chosen;
    for (const SessionRecord& session : sessions) {
      if (filter.Matches(session)) chosen.push_back(session);
    }
    return chosen;
  }

  std::vector<DialRecord> Dials() const override { return dials; }

  std::vector<AttemptRecord> Attempts(const AttemptFilter& filter) const override {
    std::vector<AttemptRecord> chosen;
    for (const AttemptRecord& attempt : attempts) {
      if (filter.address && !filter.address->Contains(attempt.address)) continue;
      if (filter.user && filter.user != attempt.user) continue;
      chosen.push_back(attempt);
    }
    return chosen;
  }

  std::vector<AttemptRecord> attempts;
  DisconnectResult Disconnect(const SessionFilter& filter,
                              const std::optional<PeerCredentials>& caller) override {
    callers.push_back(caller);
    DisconnectResult result;
    for (const SessionRecord& session : Sessions(filter)) result.sessions.push_back(session.id);
    return result;
  }

  DaemonStatus status;
  std::vector<SessionRecord> sessions;
  std::vector<DialRecord> dials;
  std::vector<std::optional<PeerCredentials>> callers;  // of Disconnect()
};

class StatusApiTest : public testing::Test {
 protected:
  StatusApiTest() {
    source_.status.version = "0.1.0";
    source_.sessions = {FullSession(), NewSession()};
  }

  HttpResponse Get(std::string path, std::vector<std::pair<std::string, std::string>> query = {}) {
    return api_.Handle({.method = "GET",
                        .path = std::move(path),
                        .query = std::move(query),
                        .body = {},
                        .peer = {}});
  }

  HttpResponse Disconnect(std::string body) {
    return api_.Handle({.method = "POST",
                        .path = "/v1/sessions:disconnect",
                        .query = {},
                        .body = std::move(body),
                        .peer = PeerCredentials{.pid = 4711, .uid = 1000, .gid = 100}});
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
  StatusApi api_{source_};
};

TEST_F(StatusApiTest, Index_NamesVersionAndEndpoints) {
  const HttpResponse response = Get("/v1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body,
            R"({"api":"sallyport/v1","version":"0.1.0","endpoints":["GET /v1","GET /v1/status",)"
            R"("GET /v1/sessions","GET /v1/sessions/{id}","GET /v1/dials","GET /v1/attempts",)"
            R"("POST /v1/sessions:disconnect"]})"
            "\n");
}

TEST_F(StatusApiTest, Status_IsGolden) {
  source_.status = {
      .version = "0.1.0",
      .state = DaemonState::kStopping,
      .started = kMorning,
      .uptime = std::chrono::seconds{61},
      .pid = 812,
      .ipsec = {.required = true,
                .vici = {.connected = true,
                         .path = "/run/charon.vici",
                         .version = "5.9.8",
                         .error = {},
                         .hint = {}},
                .sas = 1,
                .errors = {{"XfrmInNoStates", 12}},
                .overruns = 1},
      .l2tp = {.tunnels = 1, .messages_received = 12, .messages_sent = 10, .retransmissions = 2},
      .sessions = {.total = 2, .up = 1},
      .pools = {{.name = "default",
                 .size = 254,
                 .used = 1,
                 .ipv6_size = 65536,
                 .ipv6_used = 2,
                 .delegated_size = 256,
                 .delegated_used = 3}},
      .drops = {.l2tp = {{"bad_length", 3}},
                .ppp = {},
                .vici = {},
                .data = {{"spoofed_source", 2}},
                .dhcp = {},
                .ipv6 = {{"bad_option", 7}},
                .status = {{"not_found", 1}}},
      .auth = {.accepted = 5, .rejected = 4}};
  EXPECT_EQ(
      Get("/v1/status").body,
      R"({"api":"sallyport/v1","version":"0.1.0","state":"stopping",)"
      R"("started":"2026-11-22T07:10:04Z","uptime_seconds":61,"pid":812,)"
      R"("ipsec":{"required":true,"vici":{"connected":true,"path":"/run/charon.vici",)"
      R"("version":"5.9.8","error":null,"hint":null},"sas":1,)"
      R"("errors":{"XfrmInNoStates":12},"overruns":1},)"
      R"("l2tp":{"tunnels":1,"messages_received":12,"messages_sent":10,)"
      R"("retransmissions":2},"sessions":{"total":2,"up":1},)"
      R"("pools":[{"name":"default","size":254,"used":1,"ipv6":{"size":65536,"used":2},)"
      R"("delegated":{"size":256,"used":3}}],)"
      R"("drops":{"l2tp":{"bad_length":3},"ppp":{},"vici":{},"data":{"spoofed_source":2},"dhcp":{},)"
      R"("ipv6":{"bad_option":7},"status":{"not_found":1}},)"
      R"("auth":{"accepted":5,"rejected":4}})"
      "\n");
}

TEST_F(StatusApiTest, Attempts_AreGolden) {
  AttemptRecord attempt;
  attempt.id = 7;
  attempt.address = IpAddress::V4(0xCB007107);
  attempt.user = "bob";
  attempt.stage = "authentication";
  attempt.stage_title = "PPP authentication";
  attempt.reason = "wrong_password";
  attempt.title = "wrong password";
  attempt.hint = "Type it anew.";
  attempt.steps = {"LCP was agreed on"};
  attempt.first = kMorning;
  attempt.last = kMorning;
  attempt.count = 2;
  source_.attempts = {attempt};
  EXPECT_EQ(Get("/v1/attempts").body,
            R"({"api":"sallyport/v1","attempts":[{"id":7,"address":"203.0.113.7","port":null,)"
            R"("identity":null,"user":"bob","stage":"authentication",)"
            R"("stage_title":"PPP authentication","reason":"wrong_password",)"
            R"("title":"wrong password","detail":null,"hint":"Type it anew.",)"
            R"("steps":["LCP was agreed on"],"first":"2026-11-22T07:10:04Z",)"
            R"("last":"2026-11-22T07:10:04Z","count":2}]})"
            "\n");
}

TEST_F(StatusApiTest, Attempts_AreFiltered) {
  source_.attempts.resize(1);
  source_.attempts[0].address = IpAddress::V4(0xCB007107);
  const auto count = [this](std::vector<std::pair<std::string, std::string>> query) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/v1/attempts";
    request.query = std::move(query);
    const HttpResponse response = api_.Handle(request);
    if (response.status != 200) return -response.status;
    return static_cast<int>(Json::parse(response.body).at("attempts").size());
  };
  EXPECT_EQ(count({{"address", "203.0.113.0/24"}}), 1);
  EXPECT_EQ(count({{"address", "192.0.2.1"}}), 0);
  EXPECT_EQ(count({{"user", "bob"}}), 0);
  EXPECT_EQ(count({{"address", ""}}), -400);
  EXPECT_EQ(count({{"address", "nowhere"}}), -400);
  EXPECT_EQ(count({{"user", "bob"}, {"user", "carol"}}), -400);
  EXPECT_EQ(count({{"state", "up"}}), -400);
}

TEST_F(StatusApiTest, Status_SaysWhyViciIsNotConnected) {
  source_.status.ipsec.vici.error = "Connection refused";
  source_.status.ipsec.vici.hint = "Start strongswan.service.";
  const Json vici = Json::parse(Get("/v1/status").body).at("ipsec").at("vici");
  EXPECT_EQ(vici.at("connected"), false);
  EXPECT_EQ(vici.at("version"), nullptr);
  EXPECT_EQ(vici.at("error"), "Connection refused");
  EXPECT_EQ(vici.at("hint"), "Start strongswan.service.");
}

TEST_F(StatusApiTest, Sessions_AreGolden) {
  EXPECT_EQ(
      Get("/v1/sessions").body,
      R"({"api":"sallyport/v1","sessions":[)"
      R"({"id":"0f3a91","state":"up","origin":"incoming","dial":null,"user":"bob","pool":"staff","address":"10.64.0.2",)"
      R"("dns":["10.0.0.53","2001:db8::35"],"ipv6":{"local":"fe80::1","peer":"fe80::2",)"
      R"("prefix":"2001:db8:1:7::/64","delegated":null},"interface":"sallyport0",)"
      R"("since":"2026-11-22T07:10:04Z","uptime_seconds":3605,)"
      R"("peer":{"address":"203.0.113.1","port":1701,"nat":true,"host_name":"DESKTOP-7",)"
      R"("vendor":"Microsoft"},"ipsec":{"ike":"IKEv1","local_id":"192.0.2.10",)"
      R"("remote_id":"192.168.1.20","reqid":1,"spi_in":"c1f0a2b3","spi_out":"0e01d4aa",)"
      R"("encapsulation":"udp","ike_proposal":"AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256",)"
      R"("esp_proposal":"AES_CBC_256/HMAC_SHA2_256_128","rx_bytes":21008,"tx_bytes":0,)"
      R"("rx_packets":140,"tx_packets":0,"replays":2,"integrity_failures":3,"offload":"crypto"},)"
      R"("l2tp":{"tunnel":4312,"peer_tunnel":1,"session":7719,"peer_session":2,)"
      R"("local_port":40001,"call":{"direction":"outgoing","serial_number":7,)"
      R"("called_number":"5551212","calling_number":"5551213","sub_address":"1",)"
      R"("private_group":"red","physical_channel":9,"tx_speed":64000,"rx_speed":128000,)"
      R"("error_reports":1,"errors":{"crc":1,"framing":2,"hardware_overruns":3,)"
      R"("buffer_overruns":4,"timeouts":5,"alignment":6},"send_accm":"000a0000",)"
      R"("receive_accm":"00000000"}},)"
      R"("ppp":{"auth":"mschapv2","phase":"network","mtu":1400},)"
      R"("times":{"idle_seconds":4,"idle_timeout_seconds":1800,"session_timeout_seconds":28800,)"
      R"("remaining_seconds":25195},)"
      R"("counters":{"rx_bytes":18446744073709551615,"tx_bytes":99120,"rx_packets":121,)"
      R"("tx_packets":133}},)"
      R"({"id":"0f3a92","state":"starting","origin":"incoming","dial":null,"user":null,"pool":null,"address":null,"dns":[],)"
      R"("ipv6":null,"interface":null,"since":"2026-11-22T07:10:04Z","uptime_seconds":0,)"
      R"("peer":{"address":"2001:db8::9","port":1701,"nat":false,"host_name":"",)"
      R"("vendor":null},"ipsec":null,"l2tp":{"tunnel":4313,"peer_tunnel":0,"session":0,)"
      R"("peer_session":0,"local_port":0,"call":{"direction":"incoming","serial_number":null,)"
      R"("called_number":null,"calling_number":null,"sub_address":null,"private_group":null,)"
      R"("physical_channel":null,"tx_speed":null,"rx_speed":null,"error_reports":0,)"
      R"("errors":null,"send_accm":null,"receive_accm":null}},)"
      R"("ppp":{"auth":null,"phase":"dead","mtu":0},)"
      R"("times":{"idle_seconds":null,"idle_timeout_seconds":null,)"
      R"("session_timeout_seconds":null,"remaining_seconds":null},)"
      R"("counters":{"rx_bytes":0,"tx_bytes":0,"rx_packets":0,"tx_packets":0}}]})"
      "\n");
}

TEST_F(StatusApiTest, Dials_AreGolden) {
  source_.dials = {{.name = "hq",
                    .server = "vpn.example.org",
                    .address = IpAddress::V4(0xC6336401),
                    .ipsec = true,
                    .state = "waiting",
                    .since = kMorning,
                    .attempts = 3,
                    .last_failure = "the peer does not answer",
                    .failed = kMorning,
                    .next_attempt = std::chrono::seconds(12),
                    .tunnel = {},
                    .wanted = 2,
                    .sessions = {}},
                   {.name = "branch",
                    .server = "192.0.2.1",
                    .address = {},
                    .ipsec = false,
                    .state = "up",
                    .since = kMorning,
                    .attempts = 1,
                    .last_failure = {},
                    .failed = {},
                    .next_attempt = {},
                    .tunnel = 77,
                    .wanted = 1,
                    .sessions = {"0f3a91"}}};
  EXPECT_EQ(Get("/v1/dials").body,
            R"({"api":"sallyport/v1","dials":[)"
            R"({"name":"hq","server":"vpn.example.org","address":"198.51.100.1","ipsec":true,)"
            R"("state":"waiting","since":"2026-11-22T07:10:04Z","attempts":3,)"
            R"("last_failure":"the peer does not answer","failed":"2026-11-22T07:10:04Z",)"
            R"("next_attempt_seconds":12,"tunnel":null,"sessions_wanted":2,"sessions":[]},)"
            R"({"name":"branch","server":"192.0.2.1","address":null,"ipsec":false,)"
            R"("state":"up","since":"2026-11-22T07:10:04Z","attempts":1,)"
            R"("last_failure":null,"failed":null,"next_attempt_seconds":null,"tunnel":77,)"
            R"("sessions_wanted":1,"sessions":["0f3a91"]}]})"
            "\n");
}

TEST_F(StatusApiTest, EachFilter_ChoosesWhatItNames) {
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"id", "0f3a91"},
                                                        {"user", "bob"},
                                                        {"pool", "staff"},
                                                        {"state", "up"},
                                                        {"address", "10.64.0.2"},
                                                        {"address", "10.64.0.0/16"},
                                                        {"address", "2001:db8:1:7::9"},
                                                        {"address", "2001:db8:1::/48"},
                                                        {"peer", "203.0.113.1"},
                                                        {"peer", "203.0.113.0/24"}}) {
    EXPECT_THAT(Ids(Get("/v1/sessions", {{name, value}})), ElementsAre("0f3a91"))
        << name << "=" << value;
  }
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"id", "0f3a9"},
                                                        {"user", "Bob"},
                                                        {"pool", "default"},
                                                        {"state", "closing"},
                                                        {"address", "10.65.0.0/16"},
                                                        {"address", "2001:db8:1:8::/64"},
                                                        {"peer", "203.0.113.2"}}) {
    EXPECT_THAT(Ids(Get("/v1/sessions", {{name, value}})), IsEmpty()) << name << "=" << value;
  }
}

TEST_F(StatusApiTest, UserFilter_TakesTheNameAsTypedOrAsShown) {
  source_.sessions[0].user = "DOMAIN\\x5cbob";  // PrintableText() of DOMAIN\bob
  EXPECT_THAT(Ids(Get("/v1/sessions", {{"user", "DOMAIN\\bob"}})), ElementsAre("0f3a91"));
  EXPECT_THAT(Ids(Get("/v1/sessions", {{"user", "DOMAIN\\x5cbob"}})), ElementsAre("0f3a91"));
  EXPECT_THAT(Ids(Get("/v1/sessions", {{"user", "bob"}})), IsEmpty());
}

TEST_F(StatusApiTest, Filters_AreAllRequired) {
  EXPECT_THAT(Ids(Get("/v1/sessions", {{"user", "bob"}, {"state", "up"}})), ElementsAre("0f3a91"));
  EXPECT_THAT(Ids(Get("/v1/sessions", {{"user", "bob"}, {"state", "closing"}})), IsEmpty());
}

TEST_F(StatusApiTest, BadFilterInQuery_IsRefused) {
  ExpectProblem(Get("/v1/sessions", {{"usr", "bob"}}), 400, "invalid_filter");
  ExpectProblem(Get("/v1/sessions", {{"user", ""}}), 400, "invalid_filter");
  ExpectProblem(Get("/v1/sessions", {{"state", "upp"}}), 400, "invalid_filter");
  ExpectProblem(Get("/v1/sessions", {{"address", "10.64"}}), 400, "invalid_filter");
  ExpectProblem(Get("/v1/sessions", {{"peer", "10.64.0.1/16"}}), 400, "invalid_filter");
  ExpectProblem(Get("/v1/sessions", {{"user", "a"}, {"user", "b"}}), 400, "invalid_filter");
}

TEST_F(StatusApiTest, OneSession_IsGivenAlone) {
  const Json record = Json::parse(Get("/v1/sessions/0f3a91").body);
  EXPECT_EQ(record.begin().key(), "api");
  EXPECT_EQ(record.at("api"), "sallyport/v1");
  EXPECT_EQ(record.at("user"), "bob");
  EXPECT_EQ(record.at("counters").at("rx_packets"), 121);
}

TEST_F(StatusApiTest, UnknownSession_IsNotFound) {
  ExpectProblem(Get("/v1/sessions/nobody"), 404, "session_not_found");
}

TEST_F(StatusApiTest, UnknownPath_IsNotFound) {
  for (const char* path : {"", "/", "/v2", "/v1/", "/v1/status/", "/v1/sessions/",
                           "/v1/sessions/a/b", "/v1/sessions:", "v1", "/v1/sessions:disconnectx"}) {
    ExpectProblem(Get(path), 404, "not_found");
  }
}

TEST_F(StatusApiTest, WrongMethod_NamesTheRightOnes) {
  const HttpResponse disconnect = Get("/v1/sessions:disconnect");
  ExpectProblem(disconnect, 405, "method_not_allowed");
  EXPECT_THAT(disconnect.headers, ElementsAre(Pair("Allow", "POST")));
  const HttpResponse status =
      api_.Handle({.method = "DELETE", .path = "/v1/status", .query = {}, .body = {}, .peer = {}});
  ExpectProblem(status, 405, "method_not_allowed");
  EXPECT_THAT(status.headers, ElementsAre(Pair("Allow", "GET, HEAD")));
}

TEST_F(StatusApiTest, Head_IsAnsweredAsGet) {
  const HttpResponse head =
      api_.Handle({.method = "HEAD", .path = "/v1/status", .query = {}, .body = {}, .peer = {}});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, Get("/v1/status").body);
}

TEST_F(StatusApiTest, Disconnect_EndsWhatTheFilterNamesAndTellsTheCaller) {
  const HttpResponse response = Disconnect(R"({"filter":{"user":"bob"}})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"api\":\"sallyport/v1\",\"matched\":1,\"sessions\":[\"0f3a91\"]}\n");
  EXPECT_THAT(source_.callers, ElementsAre(PeerCredentials{.pid = 4711, .uid = 1000, .gid = 100}));
}

TEST_F(StatusApiTest, DisconnectAll_EndsEverySession) {
  EXPECT_EQ(Json::parse(Disconnect(R"({"all":true})").body).at("matched"), 2);
  EXPECT_EQ(source_.callers.size(), 1U);
}

TEST_F(StatusApiTest, DisconnectWithoutAMatch_IsNoError) {
  const HttpResponse response = Disconnect(R"({"filter":{"address":"10.64.0.3"}})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"api\":\"sallyport/v1\",\"matched\":0,\"sessions\":[]}\n");
}

TEST_F(StatusApiTest, DryRun_OnlyNamesTheSessions) {
  const HttpResponse response = Disconnect(R"({"all":true,"dry_run":true})");
  EXPECT_EQ(response.body,
            "{\"api\":\"sallyport/v1\",\"matched\":2,\"sessions\":[\"0f3a91\",\"0f3a92\"]}\n");
  EXPECT_THAT(source_.callers, IsEmpty());
}

TEST_F(StatusApiTest, DisconnectOfNothingInParticular_IsRefused) {
  for (const char* body : {"{}", R"({"filter":{}})", R"({"all":false})", R"({"dry_run":true})",
                           R"({"all":true,"filter":{"user":"bob"}})"}) {
    ExpectProblem(Disconnect(body), 400, "empty_filter");
  }
}

TEST_F(StatusApiTest, DisconnectWithAnythingNotUnderstood_IsRefused) {
  for (const char* body :
       {"[]", "null", "true", R"({"all":1})", R"({"all":"true"})", R"({"filter":"bob"})",
        R"({"filter":["bob"]})", R"({"filter":{"user":"bob"},"dryrun":true})"}) {
    ExpectProblem(Disconnect(body), 400, "invalid_body");
  }
  for (const char* body : {R"({"filter":{"user":""}})", R"({"filter":{"user":null}})",
                           R"({"filter":{"name":"bob"}})", R"({"filter":{"address":"bob"}})"}) {
    ExpectProblem(Disconnect(body), 400, "invalid_filter");
  }
}

TEST_F(StatusApiTest, EveryTruncatedBody_IsNotJson) {
  const std::string body = R"({"filter":{"user":"bob"},"dry_run":false})";
  for (size_t size = 0; size < body.size(); ++size) {
    ExpectProblem(Disconnect(body.substr(0, size)), 400, "invalid_json");
  }
  EXPECT_EQ(Disconnect(body).status, 200);
}

TEST_F(StatusApiTest, DeepNesting_IsRefusedAsAnyOtherBody) {
  ExpectProblem(Disconnect(std::string(32 * 1024, '[')), 400, "invalid_json");
  const size_t depth = 16 * 1024;
  ExpectProblem(Disconnect(std::string(depth, '[') + std::string(depth, ']')), 400, "invalid_body");
}

TEST_F(StatusApiTest, TextThatIsNotUtf8_BecomesReplacementCharacters) {
  source_.sessions[0].user = "b\xFFob";
  source_.sessions[0].peer.host_name = "\xC0\xAF\x01\x1B[31m";
  const std::string body = Get("/v1/sessions").body;
  EXPECT_THAT(body, HasSubstr("\"user\":\"b\xEF\xBF\xBDob\""));
  EXPECT_THAT(body, HasSubstr("\\u0001\\u001b[31m"));
  EXPECT_FALSE(Json::parse(body, nullptr, false).is_discarded());
}

TEST_F(StatusApiTest, TextQuotedFromARequest_CannotBreakTheAnswer) {
  ExpectProblem(Get("/v1/\xFF\"\n\x1B[2J"), 404, "not_found");
  ExpectProblem(Get("/v1/sessions", {{"\xFE\"", "\x9B"}}), 400, "invalid_filter");
  ExpectProblem(Disconnect("{\"\xC3\xA4\\u0000\":1}"), 400, "invalid_body");
}

}  // namespace
}  // namespace sallyport::daemon
