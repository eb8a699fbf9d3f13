// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/daemon/status_api_fixture.h"

namespace sallyport::daemon {
namespace {

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

TEST_F(StatusApiTest, MonitoringSocket_ChangesNothing) {
  for (const char* path : {"/v1/drain", "/v1/undrain", "/v1/reload"}) {
    ExpectProblem(Post(path, "", Access::kMonitor), 403, "operators_only");
  }
  ExpectProblem(Post("/v1/sessions:disconnect", R"({"all":true})", Access::kMonitor), 403,
                "operators_only");
  ExpectProblem(Post("/v1/log-level", R"({"level":"debug"})", Access::kMonitor), 403,
                "operators_only");
  ExpectProblem(Get("/v1/config", {}, Access::kMonitor), 403, "operators_only");
}

TEST_F(StatusApiTest, MonitoringSocket_NamesNoUser) {
  for (const std::string& body : {Get("/v1/sessions", {}, Access::kMonitor).body,
                                  Get("/v1/sessions/0f3a91", {}, Access::kMonitor).body}) {
    EXPECT_THAT(body, Not(HasSubstr("bob")));
    EXPECT_THAT(body, Not(HasSubstr("DESKTOP-7")));
    EXPECT_THAT(body, Not(HasSubstr("192.168.1.20")));
    EXPECT_THAT(body, Not(HasSubstr("5551213"))) << "the number of a caller";
    EXPECT_THAT(body, HasSubstr("10.64.0.2"));
  }
  ExpectProblem(Get("/v1/sessions", {{"user", "bob"}}, Access::kMonitor), 403, "operators_only");

  const auto follower = api_.Handle({.method = "GET",
                                     .path = "/v1/events",
                                     .query = {},
                                     .body = {},
                                     .peer = {},
                                     .access = Access::kMonitor});
  events_.Publish({.type = "session.up", .fields = {{"user", std::string("bob"), true}}});
  EXPECT_THAT(Whole(follower).body, HasSubstr(R"("type":"session.up","user":null})"));
}

TEST_F(StatusApiTest, MonitoringSocket_NamesUsersWhereThatIsAllowed) {
  StatusApi open(source_, {}, {.monitor_shows_users = true});
  const HttpResponse response = Whole(open.Handle({.method = "GET",
                                                   .path = "/v1/sessions",
                                                   .query = {{"user", "bob"}},
                                                   .body = {},
                                                   .peer = {},
                                                   .access = Access::kMonitor}));
  EXPECT_THAT(Ids(response), ElementsAre("0f3a91"));
}

TEST_F(StatusApiTest, Drain_TellsWhoIsStillThere) {
  source_.status.sessions.total = 2;
  source_.status.l2tp.tunnels = 1;
  EXPECT_EQ(Post("/v1/drain", "").body,
            "{\"api\":\"sallyport/"
            "v1\",\"state\":\"draining\",\"drained\":false,\"sessions\":2,\"tunnels\":1}\n");
  EXPECT_THAT(Post("/v1/undrain", "{}").body, HasSubstr(R"("state":"running")"));
  EXPECT_EQ(source_.callers.size(), 2U);
}

TEST_F(StatusApiTest, Reload_TellsWhatChangedAndWhatWaits) {
  source_.reload.changed = {"ppp.dns"};
  source_.reload.restart = {"l2tp.port"};
  EXPECT_EQ(Post("/v1/reload", "").body,
            "{\"api\":\"sallyport/v1\",\"changed\":[\"ppp.dns\"],\"restart\":[\"l2tp.port\"]}\n");
}

TEST_F(StatusApiTest, ReloadOfABadConfiguration_TellsEveryError) {
  source_.reload.errors = {"a.toml:1:1: one", "a.toml:2:1: two"};
  const HttpResponse response = Post("/v1/reload", "");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.problem_code, "config_invalid");
  const Json body = Json::parse(response.body);
  EXPECT_EQ(body.at("detail"), "a.toml:1:1: one");
  EXPECT_EQ(body.at("errors"), Json({"a.toml:1:1: one", "a.toml:2:1: two"}));
}

TEST_F(StatusApiTest, LogLevel_IsSet) {
  EXPECT_THAT(Post("/v1/log-level", R"({"level":"warning"})").body,
              HasSubstr(R"("level":"warning")"));
  EXPECT_EQ(source_.log_level, LogLevel::kWarning);
}

TEST_F(StatusApiTest, ActionWithABodyThatItDoesNotTake_IsRefused) {
  for (const char* path : {"/v1/drain", "/v1/undrain", "/v1/reload"}) {
    ExpectProblem(Post(path, "{"), 400, "invalid_json");
    ExpectProblem(Post(path, "[]"), 400, "invalid_body");
    ExpectProblem(Post(path, R"({"force":true})"), 400, "invalid_body");
  }
  for (const char* body :
       {"{}", R"({"level":"loud"})", R"({"level":1})", R"({"level":"info","for":"10m"})"}) {
    ExpectProblem(Post("/v1/log-level", body), 400, "invalid_body");
  }
  ExpectProblem(Post("/v1/log-level", ""), 400, "invalid_json");
}

TEST_F(StatusApiTest, TooManyFollowers_AreRefused) {
  std::vector<HttpResponse> followers;
  for (size_t i = 0; i < EventStream::kMaxSubscribers; ++i) followers.push_back(Get("/v1/events"));
  ExpectProblem(Get("/v1/events"), 503, "too_many_subscribers");
  followers.pop_back();
  EXPECT_EQ(Get("/v1/events").content_type, "application/x-ndjson");
}

TEST_F(StatusApiTest, Trace_IsForOperatorsWhoAreNoted) {
  ExpectProblem(Get("/v1/trace", {}, Access::kMonitor), 403, "operators_only");
  for (const char* name : {"users", "address", "id"}) {
    ExpectProblem(Get("/v1/trace", {{name, "bob"}}), 400, "invalid_filter");
  }
  ExpectProblem(Get("/v1/trace", {{"user", ""}}), 400, "invalid_filter");
  ExpectProblem(Get("/v1/trace", {{"peer", "bob"}}), 400, "invalid_filter");
  ExpectProblem(Get("/v1/trace", {{"user", "bob"}, {"user", "eve"}}), 400, "invalid_filter");

  const HttpResponse response = Get("/v1/trace", {{"user", "bob"}, {"peer", "203.0.113.0/24"}});
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/x-ndjson");
  EXPECT_THAT(Whole(response).body, HasSubstr(R"("type":"begin")"));
  ASSERT_TRUE(source_.traced);
  EXPECT_EQ(source_.traced->user, "bob");
  EXPECT_EQ(source_.traced->peer, IpPrefix::Parse("203.0.113.0/24"));
  EXPECT_THAT(source_.callers, testing::SizeIs(1));
}

TEST_F(StatusApiTest, TooManyTraces_AreRefused) {
  std::vector<HttpResponse> traces;
  for (size_t i = 0; i < TraceStream::kMaxSubscribers; ++i) traces.push_back(Get("/v1/trace"));
  source_.callers.clear();
  EXPECT_EQ(Get("/v1/trace").problem_code, "too_many_subscribers");
}

TEST(StatusApi, CountersAreReadForWhatShowsThem) {
  for (const char* path :
       {"/v1/status", "/v1/sessions", "/v1/sessions/a1", "/v1/sas", "/v1/metrics"}) {
    EXPECT_TRUE(StatusApi::ShowsCounters(
        {.method = "GET", .path = path, .query = {}, .body = {}, .peer = {}}));
  }
  for (const char* path : {"/v1", "/v1/pools", "/v1/events", "/v1/trace", "/v1/config"}) {
    EXPECT_FALSE(StatusApi::ShowsCounters(
        {.method = "GET", .path = path, .query = {}, .body = {}, .peer = {}}));
  }
  EXPECT_FALSE(StatusApi::ShowsCounters(
      {.method = "POST", .path = "/v1/sessions:disconnect", .query = {}, .body = {}, .peer = {}}));
}

}  // namespace
}  // namespace sallyport::daemon
