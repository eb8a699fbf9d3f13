// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/commands.h"

#include <fmt/format.h>
#include <variant>

#include "base/ip_address.h"
#include "cli/report.h"

namespace sallyport::cli {
namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

HttpCall ToCall(const Options& options) {
  return std::visit(
      Overloaded{[](const StatusCommand&) {
                   return HttpCall{"GET", "/v1/status", ""};
                 },
                 [](const SessionsCommand& command) {
                   HttpCall call{"GET", "/v1/sessions", ""};
                   char separator = '?';
                   for (const auto& [name, value] : command.filter) {
                     call.target += separator + name + '=' + PercentEncode(value);
                     separator = '&';
                   }
                   return call;
                 },
                 [](const DialsCommand&) {
                   return HttpCall{"GET", "/v1/dials", ""};
                 },
                 [](const WhyCommand& command) {
                   HttpCall call{"GET", "/v1/attempts", ""};
                   if (command.who.empty()) return call;
                   const bool address = IpPrefix::Parse(command.who).has_value();
                   call.target += address ? "?address=" : "?user=";
                   call.target += PercentEncode(command.who);
                   return call;
                 },
                 [](const DisconnectCommand& command) {
                   Json body = command.all ? Json{{"all", true}} : Json{{"filter", command.filter}};
                   if (command.dry_run) body["dry_run"] = true;
                   // A command line may hold any octets.
                   return HttpCall{"POST", "/v1/sessions:disconnect",
                                   body.dump(-1, ' ', false, Json::error_handler_t::replace)};
                 }},
      options.command);
}

/// How the answer is shown, and whether there was anything to show.
Outcome Report(const Options& options, const Screen& screen, const Json& answer) {
  const Style style(screen.coloured);
  const auto matched = [&answer](bool asked) {
    const bool none = ElementsOf(answer, "sessions").empty();
    return asked && none ? ExitCode::kNothingMatched : ExitCode::kDone;
  };
  return std::visit(
      Overloaded{
          [&](const StatusCommand&) {
            return Outcome{ExitCode::kDone, StatusReport(answer, style), ""};
          },
          [&](const SessionsCommand& command) {
            return Outcome{matched(!command.filter.empty()), SessionsReport(answer, style), ""};
          },
          [&](const DialsCommand&) {
            return Outcome{ExitCode::kDone, DialsReport(answer, style), ""};
          },
          [&](const WhyCommand& command) {
            const bool none = ElementsOf(answer, "attempts").empty();
            return Outcome{none ? ExitCode::kNothingMatched : ExitCode::kDone,
                           WhyReport(answer, command.who, style), ""};
          },
          [&](const DisconnectCommand& command) {
            return Outcome{matched(true), DisconnectReport(answer, command.dry_run), ""};
          }},
      options.command);
}

Outcome Failure(ExitCode code, std::string error) {
  return {.code = code, .out = {}, .error = std::move(error)};
}

Outcome ExplainCallError(const Options& options, const CallError& error) {
  const std::string path = TerminalText(options.socket_path);
  switch (error.kind) {
    case CallError::Kind::kUnreachable:
      return Failure(ExitCode::kUnreachable,
                     fmt::format("cannot reach sallyportd at {}: {}\n"
                                 "Is it running? Look with 'systemctl status sallyportd'; --socket "
                                 "names another socket.",
                                 path, error.detail));
    case CallError::Kind::kForbidden:
      return Failure(ExitCode::kForbidden,
                     fmt::format("may not use {}: {}\n"
                                 "Run as root, or join the group: 'usermod -aG sallyport USER', "
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

}  // namespace

Outcome Run(const Options& options, const Screen& screen, const Transport& transport) {
  const auto response = transport(ToCall(options));
  if (!response) return ExplainCallError(options, response.error());
  const Json answer = Json::parse(response->body, nullptr, false);
  if (response->status != 200) {
    const auto code = response->status == 403 ? ExitCode::kForbidden : ExitCode::kFailed;
    return Failure(code, fmt::format("{} (HTTP {})", ProblemReport(answer), response->status));
  }
  if (!answer.is_object()) {
    return Failure(ExitCode::kFailed,
                   "the answer is not JSON\nIs --socket the status socket of sallyportd?");
  }
  Outcome outcome = Report(options, screen, answer);
  if (options.json) {
    outcome.out = screen.terminal ? TerminalJson(response->body) : response->body;
  }
  return outcome;
}

}  // namespace sallyport::cli
