// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/daemon/status_api_fixture.h"

namespace sallyport::daemon {
namespace {

TEST_F(StatusApiTest, Index_NamesVersionAndEndpoints) {
  const HttpResponse response = Get("/v1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(
      response.body,
      R"({"api":"sallyport/v1","version":"0.1.0","endpoints":["GET /v1","GET /v1/status",)"
      R"("GET /v1/sessions","GET /v1/sessions/{id}","GET /v1/tunnels","GET /v1/sas",)"
      R"("GET /v1/pools","GET /v1/dials","GET /v1/attempts","GET /v1/config","GET /v1/metrics",)"
      R"("GET /v1/events","GET /v1/trace","POST /v1/sessions:disconnect","POST /v1/drain","POST /v1/undrain",)"
      R"("POST /v1/reload","POST /v1/log-level"]})"
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
      R"("drained":false,"log_level":"info",)"
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
            R"("last":"2026-11-22T07:10:04Z","count":2}],"next":null})"
            "\n");
}

TEST_F(StatusApiTest, Attempts_AreFiltered) {
  source_.attempts.resize(1);
  source_.attempts[0].address = IpAddress::V4(0xCB007107);
  const auto count = [this](Query query) {
    const HttpResponse response = Get("/v1/attempts", std::move(query));
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
  EXPECT_EQ(count({{"fields", "id,reason"}, {"limit", "5"}}), 1);
  EXPECT_EQ(count({{"fields", "password"}}), -400);
  ExpectProblem(Get("/v1/attempts", {}, Access::kMonitor), 403, "operators_only");
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
      R"("tx_packets":133},)"
      R"("rates":{"rx_bytes_per_second":812,"tx_bytes_per_second":4096,"interval_seconds":30}},)"
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
      R"("counters":{"rx_bytes":0,"tx_bytes":0,"rx_packets":0,"tx_packets":0},"rates":null}],)"
      R"("next":null})"
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

// ---- Lists --------------------------------------------------------------------------------------

TEST_F(StatusApiTest, Pages_HoldTheListTogether) {
  const SessionRecord one = FullSession();
  source_.sessions.assign(500, one);  // many pieces
  for (size_t i = 0; i < 500; ++i) source_.sessions[i].id = std::to_string(i);
  EXPECT_EQ(Ids(Get("/v1/sessions")).size(), 500U);

  std::vector<std::string> seen;
  Query query{{"limit", "150"}};
  for (int page = 0; page < 4; ++page) {
    const HttpResponse response = Get("/v1/sessions", query);
    const auto ids = Ids(response);
    EXPECT_EQ(ids.size(), page < 3 ? 150U : 50U);
    seen.insert(seen.end(), ids.begin(), ids.end());
    const Json next = Json::parse(response.body).at("next");
    ASSERT_EQ(next.is_null(), page == 3);
    if (next.is_string()) query = {{"limit", "150"}, {"after", next}};
  }
  ASSERT_EQ(seen.size(), 500U);
  for (size_t i = 0; i < 500; ++i) EXPECT_EQ(seen[i], std::to_string(i));
}

TEST_F(StatusApiTest, OnePiece_LooksAtABoundedNumberOfSessions) {
  source_.sessions.assign(10'000, FullSession());
  const HttpResponse response =
      api_.Handle({.method = "GET", .path = "/v1/sessions", .query = {}, .body = {}, .peer = {}});
  ASSERT_TRUE(response.stream);
  std::string piece;
  EXPECT_EQ(response.stream->Produce(piece), BodySource::Next::kMore);
  EXPECT_LT(piece.size(), 2 * 1024 * ListBody::kScan);
  // Those that no filter matches cost a piece as well, though it is empty.
  const HttpResponse none = api_.Handle({.method = "GET",
                                         .path = "/v1/sessions",
                                         .query = {{"user", "nobody"}},
                                         .body = {},
                                         .peer = {}});
  piece.clear();
  EXPECT_EQ(none.stream->Produce(piece), BodySource::Next::kMore);
  piece.clear();
  EXPECT_EQ(none.stream->Produce(piece), BodySource::Next::kMore);
  EXPECT_EQ(piece, "");
}

TEST_F(StatusApiTest, Fields_AreThoseAskedForInThatOrder) {
  EXPECT_EQ(Get("/v1/sessions", {{"fields", "state,id"}, {"limit", "1"}, {"state", "up"}}).body,
            "{\"api\":\"sallyport/v1\",\"sessions\":[{\"state\":\"up\",\"id\":\"0f3a91\"}],"
            "\"next\":null}\n");
}

TEST_F(StatusApiTest, BadListParameter_IsRefused) {
  for (const auto& [name, value] : Query{{"fields", "id,usr"},
                                         {"fields", ""},
                                         {"fields", "id,id"},
                                         {"limit", "0"},
                                         {"limit", "-1"},
                                         {"limit", "1x"},
                                         {"limit", "99999999999999999999"},
                                         {"after", ""},
                                         {"after", "1"},
                                         {"after", "00000000000000zz"}}) {
    ExpectProblem(Get("/v1/sessions", {{name, value}}), 400, "invalid_parameter");
  }
  ExpectProblem(Get("/v1/sessions", {{"limit", "1"}, {"limit", "2"}}), 400, "invalid_parameter");
  ExpectProblem(Get("/v1/tunnels", {{"user", "bob"}}), 400, "invalid_parameter");
  ExpectProblem(Get("/v1/events", {{"types", "sessions"}}), 400, "invalid_parameter");
}

TEST_F(StatusApiTest, UnknownParameter_IsRefusedByEveryCallAndNamed) {
  const Json index = Json::parse(Get("/v1").body);
  for (const std::string endpoint : index.at("endpoints")) {
    const std::string method = endpoint.substr(0, endpoint.find(' '));
    std::string path = endpoint.substr(endpoint.find(' ') + 1);
    if (path.ends_with("{id}")) path.replace(path.find("{id}"), 4, "0f3a91");
    const HttpResponse response = api_.Handle({.method = method,
                                               .path = path,
                                               .query = {{"frobnicate", "1"}},
                                               .body = R"({"all":true})",
                                               .peer = {}});
    EXPECT_EQ(response.status, 400) << endpoint;
    EXPECT_THAT(response.body, HasSubstr("frobnicate")) << endpoint;
    EXPECT_THAT(source_.callers, IsEmpty()) << endpoint;
  }
}

TEST_F(StatusApiTest, UnknownParameterOfWhatIsNotThere_IsNotFound) {
  ExpectProblem(Get("/v1/nothing", {{"x", "1"}}), 404, "not_found");
  ExpectProblem(Get("/v1/drain", {{"x", "1"}}), 405, "method_not_allowed");
}

TEST_F(StatusApiTest, Tunnels_AreGolden) {
  source_.tunnels = {{.id = 4312,
                      .peer_id = 1,
                      .state = TunnelState::kUp,
                      .dialled = false,
                      .since = kMorning,
                      .uptime = std::chrono::seconds{61},
                      .peer = FullSession().peer,
                      .reqid = 7,
                      .local_port = 40001,
                      .sessions = 2}};
  EXPECT_EQ(Get("/v1/tunnels").body,
            R"({"api":"sallyport/v1","tunnels":[{"id":4312,"peer_id":1,"state":"up",)"
            R"("origin":"incoming","since":"2026-11-22T07:10:04Z","uptime_seconds":61,)"
            R"("peer":{"address":"203.0.113.1","port":1701,"nat":true,"host_name":"DESKTOP-7",)"
            R"("vendor":"Microsoft"},"reqid":7,"local_port":40001,"sessions":2}],"next":null})"
            "\n");
}

TEST_F(StatusApiTest, Sas_AreGolden) {
  source_.sas = {{.sa = *FullSession().ipsec,
                  .peer = IpAddress::V4(0xCB007101),
                  .peer_port = 4500,
                  .local = IpAddress::V4(0xC000020A),
                  .nat = true,
                  .dial = {},
                  .tunnels = {4312}}};
  EXPECT_EQ(Get("/v1/sas").body,
            R"({"api":"sallyport/v1","sas":[{"peer":"203.0.113.1","peer_port":4500,)"
            R"("local":"192.0.2.10","nat":true,"dial":null,"ike":"IKEv1",)"
            R"("local_id":"192.0.2.10","remote_id":"192.168.1.20","reqid":1,)"
            R"("spi_in":"c1f0a2b3","spi_out":"0e01d4aa","encapsulation":"udp",)"
            R"("ike_proposal":"AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256",)"
            R"("esp_proposal":"AES_CBC_256/HMAC_SHA2_256_128","rx_bytes":21008,"tx_bytes":0,)"
            R"("rx_packets":140,"tx_packets":0,"replays":2,"integrity_failures":3,)"
            R"("offload":"crypto","tunnels":[4312]}],"next":null})"
            "\n");
}

TEST_F(StatusApiTest, Pools_AreGolden) {
  source_.pools = {{.name = "staff",
                    .size = 254,
                    .used = 3,
                    .ipv6_size = 65536,
                    .ipv6_used = 3,
                    .ranges = {"10.64.0.0/24"},
                    .gateway = IpAddress::V4(0x0A400001),
                    .ipv6 = {"2001:db8:1::/48"}}};
  EXPECT_EQ(Get("/v1/pools").body,
            R"({"api":"sallyport/v1","pools":[{"name":"staff","ranges":["10.64.0.0/24"],)"
            R"("gateway":"10.64.0.1","size":254,"used":3,"free":251,)"
            R"("ipv6":{"prefixes":["2001:db8:1::/48"],"size":65536,"used":3,"free":65533},)"
            R"("delegated":{"prefixes":[],"size":0,"used":0,"free":0}}]})"
            "\n");
}

TEST_F(StatusApiTest, Config_HasTypesAndSaysWhatWasSet) {
  source_.configuration = {{.section = "ipsec", .name = "psk", .toml = R"("***")"},
                           {.section = "ppp", .name = "mtu", .toml = "1400", .is_default = true},
                           {.section = "pool", .name = "ranges", .toml = R"(["10.64.0.0/16"])"},
                           {.section = "pool", .index = 1, .name = "name", .toml = R"("b")"}};
  EXPECT_EQ(Get("/v1/config").body,
            R"({"api":"sallyport/v1","config":{"ipsec":{"psk":"***"},"ppp":{"mtu":1400},)"
            R"("pool":[{"ranges":["10.64.0.0/16"]},{"name":"b"}]},)"
            R"("set":["ipsec.psk","pool[0].ranges","pool[1].name"]})"
            "\n");
}

// ---- Monitoring ---------------------------------------------------------------------------------

// ---- Actions ------------------------------------------------------------------------------------

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
