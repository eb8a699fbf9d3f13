// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/report.h"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>
#include <limits>
#include <utility>

namespace sallyport::cli {
namespace {

using Path = std::initializer_list<const char*>;

/// The value at `path`, member by member; nothing when there is none.
const Json* Find(const Json& object, Path path) {
  const Json* value = &object;
  for (const char* name : path) {
    if (!value->is_object()) return nullptr;
    const auto member = value->find(name);
    if (member == value->end()) return nullptr;
    value = &*member;
  }
  return value;
}

/// A string for the terminal; `otherwise` when there is none or it is empty.
std::string Text(const Json& object, Path path, std::string_view otherwise = "-") {
  const Json* value = Find(object, path);
  if (value == nullptr || !value->is_string()) return std::string(otherwise);
  std::string text = TerminalText(value->get_ref<const std::string&>());
  return text.empty() ? std::string(otherwise) : text;
}

uint64_t Number(const Json& object, Path path) {
  const Json* value = Find(object, path);
  return value != nullptr && value->is_number_unsigned() ? value->get<uint64_t>() : 0;
}

bool Flag(const Json& object, Path path) {
  const Json* value = Find(object, path);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::chrono::seconds Seconds(const Json& object, Path path) {
  // Beyond every uptime, and safe to convert.
  constexpr uint64_t kLongest = std::numeric_limits<int32_t>::max();
  return std::chrono::seconds{static_cast<int64_t>(std::min(Number(object, path), kLongest))};
}

std::string ViciLine(const Json& status, const Style& style) {
  const std::string path = Text(status, {"ipsec", "vici", "path"});
  if (Flag(status, {"ipsec", "vici", "connected"})) {
    return fmt::format("{} to charon {} at {}, {}", style.Green("connected"),
                       Text(status, {"ipsec", "vici", "version"}), path,
                       FormatCount(Number(status, {"ipsec", "sas"}), "SA"));
  }
  const std::string hint = Text(status, {"ipsec", "vici", "hint"}, "");
  return fmt::format("{} to charon at {}: {}{}{}", style.Red("not connected"), path,
                     Text(status, {"ipsec", "vici", "error"}, "no reason given"),
                     hint.empty() ? "" : "\n            ", hint);
}

std::string IpsecLine(const Json& status, const Style& style) {
  if (!Flag(status, {"ipsec", "required"})) {
    return style.Yellow("not required") + ": clear-text L2TP is accepted";
  }
  return ViciLine(status, style);
}

/// "reason count, reason count" of all layers, or "none".
std::string DropsLine(const Json& status) {
  std::string line;
  for (const char* layer : {"l2tp", "ppp", "data", "dhcp", "ipv6", "status"}) {
    const Json* counts = Find(status, {"drops", layer});
    if (counts == nullptr || !counts->is_object()) continue;
    for (const auto& [reason, count] : counts->items()) {
      if (!count.is_number_unsigned() || count == 0) continue;
      line += fmt::format("{}{}: {} {}", line.empty() ? "" : ", ", layer, TerminalText(reason),
                          count.get<uint64_t>());
    }
  }
  return line.empty() ? "none" : line;
}

/// ", 3 of 65536 IPv6 prefixes" of a pool that has some, and the same of those to delegate.
std::string PrefixesText(const Json& pool) {
  std::string text;
  for (const auto& [kind, name] :
       {std::pair("ipv6", "IPv6"), std::pair("delegated", "delegated")}) {
    const uint64_t size = Number(pool, {kind, "size"});
    if (size == 0) continue;
    text += fmt::format(", {} of {} {} prefixes", Number(pool, {kind, "used"}), size, name);
  }
  return text;
}

std::string PoolLines(const Json& status) {
  std::string lines;
  for (const Json& pool : ElementsOf(status, "pools")) {
    lines += fmt::format("  {:10}{}: {} of {} addresses{} used\n", lines.empty() ? "Pools" : "",
                         Text(pool, {"name"}), Number(pool, {"used"}), Number(pool, {"size"}),
                         PrefixesText(pool));
  }
  return lines;
}

/// Who and when, what went well, where it ended, and what to do.
std::string AttemptStory(const Json& attempt, const Style& style) {
  std::string who = Text(attempt, {"address"});
  for (const char* name : {"identity", "user"}) {
    const std::string value = Text(attempt, {name}, "");
    if (!value.empty()) who += fmt::format(", {} {}", name, value);
  }
  const uint64_t count = Number(attempt, {"count"});
  const std::string times =
      count < 2 ? std::string()
                : fmt::format(", {} times since {}", count, Text(attempt, {"first"}));
  std::string text = fmt::format("{}\n  {}{}\n", style.Bold(who), Text(attempt, {"last"}), times);
  for (const Json& step : ElementsOf(attempt, "steps")) {
    if (step.is_string()) {
      text += fmt::format("    {}\n", TerminalText(step.get_ref<const std::string&>()));
    }
  }
  const std::string detail = Text(attempt, {"detail"}, "");
  text += fmt::format("  It ended in {}: {}\n", Text(attempt, {"stage_title"}),
                      style.Red(Text(attempt, {"title"})));
  if (!detail.empty()) text += fmt::format("    {}\n", detail);
  return text + fmt::format("  What to do: {}\n", Text(attempt, {"hint"}));
}

}  // namespace

const Json::array_t& ElementsOf(const Json& object, const char* name) {
  static const Json::array_t kNone;
  const Json* value = Find(object, {name});
  return value != nullptr && value->is_array() ? value->get_ref<const Json::array_t&>() : kNone;
}

std::string StatusReport(const Json& status, const Style& style) {
  const std::string state = Text(status, {"state"});
  const bool ready = state == "running" && (!Flag(status, {"ipsec", "required"}) ||
                                            Flag(status, {"ipsec", "vici", "connected"}));
  std::string text =
      fmt::format("{} sallyportd {}: {} since {} ({}, pid {})\n",
                  ready ? style.Green("●") : style.Red("●"), Text(status, {"version"}),
                  ready ? style.Green(state) : style.Yellow(state), Text(status, {"started"}),
                  FormatDuration(Seconds(status, {"uptime_seconds"})), Number(status, {"pid"}));
  text += fmt::format("  {:10}{}\n", "IPsec", IpsecLine(status, style));
  text += fmt::format("  {:10}{}; messages: {} received, {} sent, {} retransmitted\n", "L2TP",
                      FormatCount(Number(status, {"l2tp", "tunnels"}), "tunnel"),
                      Number(status, {"l2tp", "messages_received"}),
                      Number(status, {"l2tp", "messages_sent"}),
                      Number(status, {"l2tp", "retransmissions"}));
  text += fmt::format("  {:10}{} up of {}\n", "Sessions", Number(status, {"sessions", "up"}),
                      Number(status, {"sessions", "total"}));
  text += PoolLines(status);
  text += fmt::format("  {:10}{} accepted, {} rejected\n", "Logins",
                      Number(status, {"auth", "accepted"}), Number(status, {"auth", "rejected"}));
  text += fmt::format("  {:10}{}\n", "Drops", DropsLine(status));
  return text;
}

std::string SessionsReport(const Json& answer, const Style& style) {
  Table table{
      .rows = {{"ID", "USER", "ADDRESS", "PEER", "INTERFACE", "STATE", "UPTIME", "RX", "TX"}},
      .right = {false, false, false, false, false, false, true, true, true}};
  for (const Json& session : ElementsOf(answer, "sessions")) {
    table.rows.push_back({Text(session, {"id"}), Text(session, {"user"}),
                          Text(session, {"address"}), Text(session, {"peer", "address"}),
                          Text(session, {"interface"}), Text(session, {"state"}),
                          FormatDuration(Seconds(session, {"uptime_seconds"})),
                          FormatBytes(Number(session, {"counters", "rx_bytes"})),
                          FormatBytes(Number(session, {"counters", "tx_bytes"}))});
  }
  return table.ToString(style);
}

std::string DialsReport(const Json& answer, const Style& style) {
  Table table{.rows = {{"NAME", "SERVER", "STATE", "SESSIONS", "ATTEMPTS", "NEXT", "LAST FAILURE"}},
              .right = {false, false, false, true, true, true, false}};
  for (const Json& dial : ElementsOf(answer, "dials")) {
    const Json* next = Find(dial, {"next_attempt_seconds"});
    const bool waits = next != nullptr && next->is_number();
    table.rows.push_back({Text(dial, {"name"}), Text(dial, {"server"}), Text(dial, {"state"}),
                          fmt::format("{}/{}", ElementsOf(dial, "sessions").size(),
                                      Number(dial, {"sessions_wanted"})),
                          std::to_string(Number(dial, {"attempts"})),
                          waits ? FormatDuration(Seconds(dial, {"next_attempt_seconds"})) : "-",
                          Text(dial, {"last_failure"})});
  }
  return table.ToString(style);
}

std::string WhyReport(const Json& answer, const std::string& who, const Style& style) {
  const auto& attempts = ElementsOf(answer, "attempts");
  if (attempts.empty()) {
    return fmt::format("No failed attempt of {} is known.\n",
                       who.empty() ? "any client" : TerminalText(who));
  }
  std::string text;
  for (const Json& attempt : attempts) {
    if (!text.empty()) text += '\n';
    text += AttemptStory(attempt, style);
  }
  return text;
}

std::string DisconnectReport(const Json& answer, bool dry_run) {
  const auto& sessions = ElementsOf(answer, "sessions");
  std::string text = fmt::format("{} {}", dry_run ? "Would disconnect" : "Disconnecting",
                                 FormatCount(sessions.size(), "session"));
  const char* separator = ": ";
  for (const Json& id : sessions) {
    if (!id.is_string()) continue;
    text += separator + TerminalText(id.get_ref<const std::string&>());
    separator = " ";
  }
  return text + '\n';
}

std::string ProblemReport(const Json& problem) {
  const std::string hint = Text(problem, {"hint"}, "");
  return fmt::format("{}: {}{}{}", Text(problem, {"title"}, "The daemon refused"),
                     Text(problem, {"detail"}, "no detail given"), hint.empty() ? "" : "\n", hint);
}

}  // namespace sallyport::cli
