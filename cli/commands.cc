// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/commands.h"

#include <fmt/format.h>
#include <variant>

#include "base/ip_address.h"
#include "cli/report.h"
#include "cli/session_table.h"

namespace sallyport::cli {
namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

HttpCall Get(const char* target) { return {"GET", target, ""}; }

HttpCall Post(const char* target, const Json& body = {}) {
  // A command line may hold any octets.
  return {"POST", target,
          body.is_null() ? "" : body.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

/// The records whole as JSON, else what the table shows of them.
HttpCall SessionsCall(const SessionsCommand& command, bool whole) {
  HttpCall call = Get("/v1/sessions");
  char separator = '?';
  for (const auto& [name, value] : command.filter) {
    call.target += separator + name + '=' + PercentEncode(value);
    separator = '&';
  }
  if (!whole) call.target += separator + ("fields=" + SessionFields(command));
  return call;
}

HttpCall WhyCall(const WhyCommand& command) {
  HttpCall call = Get("/v1/attempts");
  if (command.who.empty()) return call;
  const bool address = IpPrefix::Parse(command.who).has_value();
  call.target += address ? "?address=" : "?user=";
  call.target += PercentEncode(command.who);
  return call;
}

HttpCall EventsCall(const EventsCommand& command) {
  HttpCall call = Get("/v1/events");
  for (const std::string& type : command.types) {
    call.target +=
        (call.target.find('?') == call.target.npos ? "?types=" : ",") + PercentEncode(type);
  }
  return call;
}

HttpCall TraceCall(const TraceCommand& command) {
  HttpCall call = Get("/v1/trace");
  if (!command.who.empty()) {
    call.target += IpPrefix::Parse(command.who) ? "?peer=" : "?user=";
    call.target += PercentEncode(command.who);
  }
  if (!command.session.empty()) {
    call.target += command.who.empty() ? "?session=" : "&session=";
    call.target += PercentEncode(command.session);
  }
  return call;
}

HttpCall DisconnectCall(const DisconnectCommand& command) {
  Json body = command.all ? Json{{"all", true}} : Json{{"filter", command.filter}};
  if (command.dry_run) body["dry_run"] = true;
  return Post("/v1/sessions:disconnect", body);
}

/// How the answer is shown, and whether there was anything to show.
Outcome Report(const Options& options, const Screen& screen, const Json& answer) {
  const Style style(screen.coloured);
  const auto done = [](std::string text) { return Outcome{ExitCode::kDone, std::move(text), ""}; };
  const auto matched = [&answer](bool asked) {
    const bool none = ElementsOf(answer, "sessions").empty();
    return asked && none ? ExitCode::kNothingMatched : ExitCode::kDone;
  };
  return std::visit(
      Overloaded{
          [&](const SessionsCommand& command) {
            return Outcome{matched(!command.filter.empty()), SessionsTable(answer, command, style),
                           ""};
          },
          [&](const WhyCommand& command) {
            const bool none = ElementsOf(answer, "attempts").empty();
            return Outcome{none ? ExitCode::kNothingMatched : ExitCode::kDone,
                           WhyReport(answer, command.who, style), ""};
          },
          [&](const DisconnectCommand& command) {
            return Outcome{matched(true), DisconnectReport(answer, command.dry_run), ""};
          },
          [&](const SessionCommand&) { return done(SessionReport(answer, style)); },
          [&](const TunnelsCommand&) { return done(TunnelsReport(answer, style)); },
          [&](const SasCommand&) { return done(SasReport(answer, style)); },
          [&](const PoolsCommand&) { return done(PoolsReport(answer, style)); },
          [&](const DialsCommand&) { return done(DialsReport(answer, style)); },
          [&](const DrainCommand&) { return done(DrainReport(answer)); },
          [&](const UndrainCommand&) { return done(DrainReport(answer)); },
          [&](const ReloadCommand&) { return done(ReloadReport(answer)); },
          [&](const LogLevelCommand& command) {
            return done(fmt::format("sallyportd logs {} and graver from now on.\n", command.level));
          },
          [&](const ConfigShowCommand& command) { return done(ConfigReport(answer, command.all)); },
          [&](const auto&) { return done(StatusReport(answer, style)); },
      },
      options.command);
}

Outcome Failure(ExitCode code, std::string error) {
  return {.code = code, .out = {}, .error = std::move(error)};
}

}  // namespace

HttpCall ToCall(const Options& options) {
  return std::visit(
      Overloaded{
          [&](const SessionsCommand& command) { return SessionsCall(command, options.json); },
          [](const SessionCommand& command) {
            return Get(("/v1/sessions/" + PercentEncode(command.id)).c_str());
          },
          [](const TunnelsCommand&) { return Get("/v1/tunnels"); },
          [](const SasCommand&) { return Get("/v1/sas"); },
          [](const PoolsCommand&) { return Get("/v1/pools"); },
          [](const DialsCommand&) { return Get("/v1/dials"); },
          [](const WhyCommand& command) { return WhyCall(command); },
          [](const EventsCommand& command) { return EventsCall(command); },
          [](const TraceCommand& command) { return TraceCall(command); },
          [&](const TopCommand&) {
            return Get(options.json ? "/v1/sessions"
                                    : ("/v1/sessions?fields=" + TopFields()).c_str());
          },
          [](const DisconnectCommand& command) { return DisconnectCall(command); },
          [](const DrainCommand&) { return Post("/v1/drain"); },
          [](const UndrainCommand&) { return Post("/v1/undrain"); },
          [](const ReloadCommand&) { return Post("/v1/reload"); },
          [](const LogLevelCommand& command) {
            return Post("/v1/log-level", {{"level", command.level}});
          },
          [](const ConfigShowCommand&) { return Get("/v1/config"); },
          [](const auto&) { return Get("/v1/status"); },
      },
      options.command);
}

Outcome ExplainCallError(const Options& options, const CallError& error) {
  const std::string path = TerminalText(options.socket_path);
  switch (error.kind) {
    case CallError::Kind::kUnreachable:
      return Failure(
          ExitCode::kUnreachable,
          fmt::format("cannot reach sallyportd at {}: {}\n"
                      "Is it running? Look with 'systemctl status sallyportd'; a new server "
                      "needs 'sallyport init' first; --socket names another socket.",
                      path, error.detail));
    case CallError::Kind::kForbidden:
      return Failure(
          ExitCode::kForbidden,
          fmt::format("may not use {}: {}\n"
                      "Run as root, or join the group: 'usermod -aG sallyport-admin USER', "
                      "then log in anew.",
                      path, error.detail));
    case CallError::Kind::kTimeout:
      return Failure(ExitCode::kTimeout,
                     fmt::format("sallyportd at {} did not answer within {}\n"
                                 "Look with 'journalctl -u sallyportd'; --timeout waits longer.",
                                 path, FormatDuration(options.time_limit)));
    case CallError::Kind::kBroken:
      return Failure(ExitCode::kFailed,
                     fmt::format("no valid answer from {}: {}\nIs --socket the status socket of "
                                 "sallyportd?",
                                 path, error.detail));
  }
  return {};
}

std::string JsonText(const Screen& screen, const std::string& json) {
  return screen.terminal ? TerminalJson(json) : json;
}

Outcome ExplainProblem(const Options& options, const Screen& screen, const HttpResponse& response) {
  const Json problem = Json::parse(response.body, nullptr, false);
  const bool absent = response.status == 404 && problem.is_object() &&
                      Text(problem, {"code"}) == "session_not_found";
  const auto code = response.status == 403 ? ExitCode::kForbidden
                    : absent               ? ExitCode::kNothingMatched
                                           : ExitCode::kFailed;
  // What the HTTP library refuses it says in HTML.
  const bool shown = options.json && problem.is_object();
  return {.code = code,
          .out = shown ? JsonText(screen, response.body) : std::string(),
          .error = fmt::format("{} (HTTP {})", ProblemReport(problem), response.status)};
}

Outcome Run(const Options& options, const Screen& screen, const Transport& transport) {
  const auto response = transport(ToCall(options));
  if (!response) return ExplainCallError(options, response.error());
  if (response->status != 200) return ExplainProblem(options, screen, *response);
  const Json answer = Json::parse(response->body, nullptr, false);
  if (!answer.is_object()) {
    return Failure(ExitCode::kFailed,
                   "the answer is not JSON\nIs --socket the status socket of sallyportd?");
  }
  Outcome outcome = Report(options, screen, answer);
  if (options.json) outcome.out = JsonText(screen, response->body);
  return outcome;
}

}  // namespace sallyport::cli
