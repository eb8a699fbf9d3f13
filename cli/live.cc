// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/live.h"

#include <algorithm>
#include <fmt/format.h>
#include <variant>

#include "cli/pcap.h"
#include "cli/report.h"
#include "cli/session_table.h"

namespace sallyport::cli {
namespace {

/// ECMA-48: cursor home, erase the display from there.
constexpr const char* kNewScreen = "\x1B[H\x1B[J";

Outcome Done() { return {.code = ExitCode::kDone, .out = {}, .error = {}}; }

/// Prints the outcome of a call as one picture; false when that was the last.
bool Show(const Screen& screen, const Surroundings& world, const std::string& text) {
  return world.print(screen.terminal ? kNewScreen + text : text);
}

Outcome Watch(const Options& options, const SessionsCommand& command, const Screen& screen,
              const Surroundings& world) {
  while (true) {
    Outcome outcome = Run(options, screen, world.call);
    if (outcome.code != ExitCode::kDone && outcome.code != ExitCode::kNothingMatched) {
      return outcome;
    }
    if (!Show(screen, world, outcome.out) || !world.wait(*command.watch)) return Done();
  }
}

Outcome Top(const Options& options, const TopCommand& command, const Screen& screen,
            const Surroundings& world) {
  const Style style(screen.coloured);
  Json before;
  auto asked = std::chrono::steady_clock::now();
  for (unsigned look = 1;; ++look) {
    const auto response = world.call(ToCall(options));
    if (!response) return ExplainCallError(options, response.error());
    if (response->status != 200) return ExplainProblem(options, screen, *response);
    const auto now = std::chrono::steady_clock::now();
    Json answer = Json::parse(response->body, nullptr, false);
    // Two lines are for the summary and the heading.
    const size_t rows = screen.terminal ? std::max<size_t>(world.rows(), 4) - 3 : SIZE_MAX;
    const std::string text =
        options.json ? JsonText(screen, response->body)
                     : TopReport(before, answer,
                                 std::chrono::duration_cast<std::chrono::milliseconds>(now - asked),
                                 command, rows, style);
    before = std::move(answer);
    asked = now;
    if (!Show(screen, world, text) || look == command.count) return Done();
    if (!world.wait(command.interval)) return Done();
  }
}

/// Calls `take` for each whole line; keeps the rest.
bool TakeLines(std::string& pending, std::string_view octets,
               const std::function<bool(const std::string&)>& take) {
  pending += octets;
  for (size_t end = pending.find('\n'); end != pending.npos; end = pending.find('\n')) {
    const std::string line = pending.substr(0, end);
    pending.erase(0, end + 1);
    if (!take(line)) return false;
  }
  return true;
}

/// Follows what `options` asks for; `take` gives false to end it.
Outcome FollowEvents(const Options& options, const Screen& screen, const Surroundings& world,
                     const std::function<bool(const std::string&)>& take) {
  std::string pending;
  bool ended = false;
  const auto response = world.follow(ToCall(options), [&](std::string_view octets) {
    ended = !TakeLines(pending, octets, take);
    return !ended;
  });
  if (ended) return Done();
  if (!response) return ExplainCallError(options, response.error());
  if (response->status != 200) return ExplainProblem(options, screen, *response);
  return {.code = ExitCode::kFailed,
          .out = {},
          .error = "the daemon ended the stream; it is stopping or was restarted"};
}

/// Prints each line of a stream as it comes: as it is, or as `to_text` makes it for people, who are
/// not told of its markers.
Outcome Tell(const Options& options, const Screen& screen, const Surroundings& world,
             const std::function<std::string(const Json&)>& to_text) {
  return FollowEvents(options, screen, world, [&](const std::string& line) {
    if (options.json) return world.print(JsonText(screen, line) + '\n');
    const Json event = Json::parse(line, nullptr, false);
    const std::string type = Text(event, {"type"});
    if (type == "heartbeat" || type == "snapshot" || type == "begin") return true;
    return world.print(to_text(event));
  });
}

Outcome Events(const Options& options, const Screen& screen, const Surroundings& world) {
  const Style style(screen.coloured);
  return Tell(options, screen, world,
              [&style](const Json& event) { return EventLine(event, style); });
}

/// Writes a capture file instead of telling. It is made once the daemon has answered, so that
/// nothing takes the place of an earlier one in vain.
Outcome Capture(const Options& options, const std::string& path, const Screen& screen,
                const Surroundings& world) {
  if (path == "-" && screen.terminal) {
    return {.code = ExitCode::kUsage,
            .out = {},
            .error =
                "--pcap -: standard output is a terminal\nSend it to a file or a program: "
                "'sallyport trace --pcap - | wireshark -k -i -'."};
  }
  std::function<bool(std::string_view)> write;
  std::string failure;
  const auto take = [&](const std::string& line) {
    if (!write && path == "-") {
      write = [&world](std::string_view octets) { return world.print(std::string(octets)); };
    } else if (!write) {
      auto file = world.create(path);
      if (!file) {
        failure = file.error();
        return false;
      }
      write = *std::move(file);
    } else {
      const Json packet = Json::parse(line, nullptr, false);
      if (Text(packet, {"type"}) == "overflow") {
        world.warn(
            fmt::format("{} packets are missing: they came too fast", Number(packet, {"lost"})));
      }
      const auto record = PcapRecord(packet);
      if (!record || write(*record)) return true;
      failure = path + ": cannot write all of it";
      return false;
    }
    if (!write(PcapHeader())) failure = path + ": cannot write all of it";
    return failure.empty();
  };
  const Outcome outcome = FollowEvents(options, screen, world, take);
  return failure.empty()
             ? outcome
             : Outcome{.code = ExitCode::kFailed, .out = {}, .error = std::move(failure)};
}

Outcome Trace(const Options& options, const TraceCommand& command, const Screen& screen,
              const Surroundings& world) {
  if (!command.pcap.empty()) return Capture(options, command.pcap, screen, world);
  const Style style(screen.coloured);
  return Tell(options, screen, world, [&style](const Json& packet) {
    const bool lost = Text(packet, {"type"}) == "overflow";
    return lost ? EventLine(packet, style) : TraceLine(packet, style);
  });
}

/// Whether nobody is left, by the answer of GET /v1/status or POST /v1/drain.
bool IsEmpty(const Json& answer) {
  const Json* sessions = Find(answer, {"sessions"});
  if (sessions != nullptr && sessions->is_object()) {
    return Number(answer, {"sessions", "total"}) == 0 && Number(answer, {"l2tp", "tunnels"}) == 0;
  }
  return Number(answer, {"sessions"}) == 0 && Number(answer, {"tunnels"}) == 0;
}

/// Looks again and again: a stream of events could break, and the end is not to be missed.
Outcome DrainAndWait(const Options& options, const Screen& screen, const Surroundings& world) {
  Outcome begun = Run(options, screen, world.call);
  if (begun.code != ExitCode::kDone || !world.print(begun.out)) return begun;
  while (true) {
    const auto response = world.call({"GET", "/v1/status", ""});
    if (!response) return ExplainCallError(options, response.error());
    if (response->status != 200) return ExplainProblem(options, screen, *response);
    const Json status = Json::parse(response->body, nullptr, false);
    if (Text(status, {"state"}) != "draining") {
      return {.code = ExitCode::kFailed,
              .out = {},
              .error = "somebody ended the draining: new clients are taken again"};
    }
    if (IsEmpty(status)) {
      if (!options.json) (void)world.print("No client is left.\n");
      return Done();
    }
    if (!world.wait(std::chrono::seconds{1})) {
      return {.code = ExitCode::kFailed,
              .out = {},
              .error = "interrupted; the daemon goes on refusing new clients: see 'undrain'"};
    }
  }
}

}  // namespace

bool IsLive(const Options& options) {
  if (const auto* sessions = std::get_if<SessionsCommand>(&options.command)) {
    return sessions->watch.has_value();
  }
  if (const auto* drain = std::get_if<DrainCommand>(&options.command)) return drain->wait;
  return std::holds_alternative<EventsCommand>(options.command) ||
         std::holds_alternative<TraceCommand>(options.command) ||
         std::holds_alternative<TopCommand>(options.command);
}

Outcome RunLive(const Options& options, const Screen& screen, const Surroundings& world) {
  if (const auto* sessions = std::get_if<SessionsCommand>(&options.command)) {
    return Watch(options, *sessions, screen, world);
  }
  if (const auto* top = std::get_if<TopCommand>(&options.command)) {
    return Top(options, *top, screen, world);
  }
  if (const auto* trace = std::get_if<TraceCommand>(&options.command)) {
    return Trace(options, *trace, screen, world);
  }
  if (std::holds_alternative<DrainCommand>(options.command)) {
    return DrainAndWait(options, screen, world);
  }
  return Events(options, screen, world);
}

}  // namespace sallyport::cli
