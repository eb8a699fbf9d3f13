// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

namespace sallyport::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class CommandsTest : public testing::Test {
 protected:
  Outcome RunWith(int status, std::string body) {
    return cli::Run(options_, screen_,
                    [&](const HttpCall& call) -> Expected<HttpResponse, CallError> {
                      call_ = call;
                      return HttpResponse{.status = status, .body = body};
                    });
  }
  Outcome FailWith(CallError::Kind kind) {
    return cli::Run(options_, screen_, [&](const HttpCall&) -> Expected<HttpResponse, CallError> {
      return Unexpected{CallError{.kind = kind, .detail = "the reason"}};
    });
  }

  Options options_;
  Screen screen_;
  std::optional<HttpCall> call_;
};

TEST_F(CommandsTest, Status_AsksAndReports) {
  const Outcome outcome = RunWith(200, R"({"version":"0.1.0"})");
  EXPECT_EQ(call_, (HttpCall{"GET", "/v1/status", ""}));
  EXPECT_EQ(outcome.code, ExitCode::kDone);
  EXPECT_THAT(outcome.out, HasSubstr("sallyportd 0.1.0"));
  EXPECT_EQ(outcome.error, "");
}

TEST_F(CommandsTest, SessionFilters_AreEncodedInTheQuery) {
  options_.command = SessionsCommand{{{"user", "b&b"}, {"peer", "203.0.113.0/24"}}};
  const Outcome outcome = RunWith(200, R"({"sessions":[{"id":"a1"}]})");
  EXPECT_EQ(call_, (HttpCall{"GET",
                             "/v1/sessions?peer=203.0.113.0%2F24&user=b%26b&fields=id,user,address,"
                             "peer,interface,state,uptime_seconds,counters",
                             ""}));
  EXPECT_EQ(outcome.code, ExitCode::kDone);
}

TEST_F(CommandsTest, NoSession_IsOnlyAnOutcomeWhenAskedForSome) {
  options_.command = SessionsCommand{};
  EXPECT_EQ(RunWith(200, R"({"sessions":[]})").code, ExitCode::kDone);
  options_.command = SessionsCommand{{{"user", "bob"}}};
  EXPECT_EQ(RunWith(200, R"({"sessions":[]})").code, ExitCode::kNothingMatched);
}

TEST_F(CommandsTest, Dials_AreATable) {
  options_.command = DialsCommand{};
  const Outcome outcome = RunWith(200, R"({"dials":[{"name":"hq","server":"vpn.example.org"}]})");
  EXPECT_EQ(call_, (HttpCall{"GET", "/v1/dials", ""}));
  EXPECT_EQ(outcome.code, ExitCode::kDone);
  EXPECT_NE(outcome.out.find("vpn.example.org"), std::string::npos);
}

TEST_F(CommandsTest, Why_AsksForAnAddressOrAUser) {
  const auto target = [this](const std::string& who) {
    options_.command = WhyCommand{.who = who};
    (void)RunWith(200, R"({"attempts":[]})");
    return call_->target;
  };
  EXPECT_EQ(target("203.0.113.0/24"), "/v1/attempts?address=203.0.113.0%2F24");
  EXPECT_EQ(target("2001:db8::1"), "/v1/attempts?address=2001%3Adb8%3A%3A1");
  EXPECT_EQ(target("DOM\\bob"), "/v1/attempts?user=DOM%5Cbob");
  EXPECT_EQ(target(""), "/v1/attempts");
}

TEST_F(CommandsTest, Why_SaysWhenNothingMatched) {
  options_.command = WhyCommand{.who = "bob"};
  const Outcome none = RunWith(200, R"({"attempts":[]})");
  EXPECT_EQ(none.code, ExitCode::kNothingMatched);
  EXPECT_EQ(none.out, "No failed attempt of bob is known.\n");
  EXPECT_EQ(RunWith(200, R"({"attempts":[{}]})").code, ExitCode::kDone);
}

TEST_F(CommandsTest, Disconnect_SendsTheFilter) {
  options_.command =
      DisconnectCommand{.filter = {{"user", "b\"ob"}}, .all = false, .dry_run = true};
  const Outcome outcome = RunWith(200, R"({"matched":1,"sessions":["a1"]})");
  EXPECT_EQ(call_, (HttpCall{"POST", "/v1/sessions:disconnect",
                             R"({"filter":{"user":"b\"ob"},"dry_run":true})"}));
  EXPECT_EQ(outcome.code, ExitCode::kDone);
  EXPECT_EQ(outcome.out, "Would disconnect 1 session: a1\n");
}

TEST_F(CommandsTest, DisconnectAll_SaysSo) {
  options_.command = DisconnectCommand{.filter = {}, .all = true, .dry_run = false};
  EXPECT_EQ(RunWith(200, R"({"matched":0,"sessions":[]})").code, ExitCode::kNothingMatched);
  EXPECT_EQ(call_->body, R"({"all":true})");
}

TEST_F(CommandsTest, DisconnectWithoutAnyFilter_NeverMeansAll) {
  options_.command = DisconnectCommand{};
  RunWith(400, "{}");
  EXPECT_EQ(call_->body, R"({"filter":{}})");  // which the daemon refuses
}

TEST_F(CommandsTest, ArgumentThatIsNotUtf8_IsSentWithReplacements) {
  options_.command = DisconnectCommand{.filter = {{"user", "b\xFF"}}};
  RunWith(200, R"({"sessions":["a1"]})");
  EXPECT_EQ(call_->body, "{\"filter\":{\"user\":\"b\uFFFD\"}}");
}

TEST_F(CommandsTest, EachCommand_MakesItsCall) {
  const std::vector<std::pair<decltype(Options::command), HttpCall>> calls{
      {SessionCommand{"a/1"}, {"GET", "/v1/sessions/a%2F1", ""}},
      {TunnelsCommand{}, {"GET", "/v1/tunnels", ""}},
      {SasCommand{}, {"GET", "/v1/sas", ""}},
      {PoolsCommand{}, {"GET", "/v1/pools", ""}},
      {EventsCommand{}, {"GET", "/v1/events", ""}},
      {TraceCommand{}, {"GET", "/v1/trace", ""}},
      {TraceCommand{"203.0.113.0/24", "", ""}, {"GET", "/v1/trace?peer=203.0.113.0%2F24", ""}},
      {TraceCommand{"bob", "a1", ""}, {"GET", "/v1/trace?user=bob&session=a1", ""}},
      {TraceCommand{"", "a1", ""}, {"GET", "/v1/trace?session=a1", ""}},
      {EventsCommand{{"session", "drain"}}, {"GET", "/v1/events?types=session,drain", ""}},
      {DrainCommand{}, {"POST", "/v1/drain", ""}},
      {UndrainCommand{}, {"POST", "/v1/undrain", ""}},
      {ReloadCommand{}, {"POST", "/v1/reload", ""}},
      {LogLevelCommand{"debug"}, {"POST", "/v1/log-level", R"({"level":"debug"})"}},
      {ConfigShowCommand{}, {"GET", "/v1/config", ""}}};
  for (const auto& [command, call] : calls) {
    options_.command = command;
    EXPECT_EQ(ToCall(options_), call) << call.target;
    if (call.target.starts_with("/v1/events")) continue;
    const Outcome outcome = RunWith(200, "{}");
    EXPECT_EQ(outcome.code, ExitCode::kDone) << call.target;
    EXPECT_EQ(call_, call);
  }
}

TEST_F(CommandsTest, SessionThatIsNotThere_HasItsOwnExitCode) {
  options_.command = SessionCommand{"a1"};
  EXPECT_EQ(RunWith(404, R"({"code":"session_not_found"})").code, ExitCode::kNothingMatched);
  EXPECT_EQ(RunWith(404, R"({"code":"not_found"})").code, ExitCode::kFailed) << "an older daemon";
}

TEST_F(CommandsTest, JsonToAFile_IsTheBodyUnchanged) {
  options_.json = true;
  const std::string body = "{ \"version\" : \"\u009B\" }\n";
  EXPECT_EQ(RunWith(200, body).out, body);
}

TEST_F(CommandsTest, JsonToATerminal_HasItsControlCharactersEscaped) {
  options_.json = true;
  screen_.terminal = true;
  EXPECT_EQ(RunWith(200, "{\"version\":\"\u009B\"}\n").out, "{\"version\":\"\\u009b\"}\n");
}

TEST_F(CommandsTest, JsonOutput_KeepsTheExitCode) {
  options_.json = true;
  options_.command = DisconnectCommand{.filter = {{"id", "a1"}}};
  EXPECT_EQ(RunWith(200, R"({"matched":0,"sessions":[]})").code, ExitCode::kNothingMatched);
}

TEST_F(CommandsTest, Problem_IsShownWithItsHint) {
  const Outcome outcome =
      RunWith(400, R"({"title":"Bad filter","detail":"state=x","hint":"A state is up."})");
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.error, "Bad filter: state=x\nA state is up. (HTTP 400)");
}

TEST_F(CommandsTest, ProblemAsJson_IsWhatTheDaemonSaid) {
  options_.json = true;
  const std::string problem = R"({"title":"Bad filter","detail":"state=x","code":"c"})";
  const Outcome outcome = RunWith(400, problem);
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_EQ(outcome.out, problem);
  EXPECT_THAT(outcome.error, StartsWith("Bad filter: state=x")) << "people are told as well";
  EXPECT_EQ(RunWith(431, "<html>too large</html>").out, "") << "no JSON at all";
}

TEST_F(CommandsTest, Forbidden_HasItsOwnExitCode) {
  EXPECT_EQ(RunWith(403, "{}").code, ExitCode::kForbidden);
}

TEST_F(CommandsTest, AnswerThatIsNotJson_Fails) {
  for (const char* body : {"", "<html>", "[]", "null", "\"x\""}) {
    const Outcome outcome = RunWith(200, body);
    EXPECT_EQ(outcome.code, ExitCode::kFailed) << body;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.error, HasSubstr("--socket"));
  }
}

TEST_F(CommandsTest, EachWayNotToReachTheDaemon_SaysWhatToDo) {
  const Outcome unreachable = FailWith(CallError::Kind::kUnreachable);
  EXPECT_EQ(unreachable.code, ExitCode::kUnreachable);
  EXPECT_THAT(unreachable.error,
              StartsWith("cannot reach sallyportd at /run/sallyport/sallyport.sock: the reason\n"));
  EXPECT_THAT(unreachable.error, HasSubstr("systemctl"));
  const Outcome forbidden = FailWith(CallError::Kind::kForbidden);
  EXPECT_EQ(forbidden.code, ExitCode::kForbidden);
  EXPECT_THAT(forbidden.error, HasSubstr("usermod -aG sallyport"));
  const Outcome timeout = FailWith(CallError::Kind::kTimeout);
  EXPECT_EQ(timeout.code, ExitCode::kTimeout);
  EXPECT_THAT(timeout.error, HasSubstr("within 10s"));
  const Outcome broken = FailWith(CallError::Kind::kBroken);
  EXPECT_EQ(broken.code, ExitCode::kFailed);
  EXPECT_THAT(broken.error, HasSubstr("the reason"));
}

}  // namespace
}  // namespace sallyport::cli
