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

/// Prints the outcome of a call as one picture; false when that was the last. More than there is
/// room for would push the beginning off the screen.
bool Show(const Options& options, const Screen& screen, const Surroundings& world,
          const std::string& text) {
  if (!screen.terminal || options.json) return world.print(text);
  TerminalSize size = world.size();
  size.rows = std::max<size_t>(size.rows, 2) - 1;  // the cursor's
  return world.print(kNewScreen + FitTo(size, text));
}

/// The lines above the sessions of `top`, the heading among them.
constexpr size_t kTopLines = 3;

Outcome Watch(const Options& options, const SessionsCommand& command, const Screen& screen,
              const Surroundings& world) {
  while (true) {
    Outcome outcome = Run(options, screen, world.call);
    if (outcome.code != ExitCode::kDone && outcome.code != ExitCode::kNothingMatched) {
      return outcome;
    }
    if (!Show(options, screen, world, outcome.out) || !world.wait(*command.watch)) return Done();
  }
}

/// What `top` compares with.
struct Look {
  Json sessions;
  Json status;
  std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
};

/// The picture of `top`, from what the daemon says now to `call`; the error is the end.
Expected<std::string, Outcome> LookAgain(const Options& options, const TopCommand& command,
                                         const Screen& screen, const Surroundings& world,
                                         Look& last) {
  const auto ask = [&](const HttpCall& call) -> Expected<std::string, Outcome> {
    auto response = world.call(call);
    if (!response) return Unexpected{ExplainCallError(options, response.error())};
    if (response->status != 200) return Unexpected{ExplainProblem(options, screen, *response)};
    return std::move(response->body);
  };
  auto sessions = ask(ToCall(options));
  if (!sessions) return sessions;
  if (options.json) return JsonText(screen, *sessions);
  const auto at = std::chrono::steady_clock::now();
  auto status = ask({"GET", "/v1/status", ""});
  if (!status) return status;
  Look now{.sessions = Json::parse(*sessions, nullptr, false),
           .status = Json::parse(*status, nullptr, false),
           .at = at};
  const size_t rows =
      screen.terminal ? std::max(world.size().rows, kTopLines + 2) - kTopLines - 1 : SIZE_MAX;
  const Style style(screen.coloured);
  std::string text =
      StateLine(last.status, now.status, style) +
      TopReport(last.sessions, now.sessions,
                std::chrono::duration_cast<std::chrono::milliseconds>(now.at - last.at), command,
                rows, style);
  last = std::move(now);
  return text;
}

Outcome Top(const Options& options, const TopCommand& command, const Screen& screen,
            const Surroundings& world) {
  Look last;
  for (unsigned look = 1;; ++look) {
    const auto picture = LookAgain(options, command, screen, world, last);
    if (!picture) return picture.error();
    if (!Show(options, screen, world, *picture) || look == command.count) return Done();
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
    if (Flag(status, {"drained"})) {
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
