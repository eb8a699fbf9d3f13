// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/report.h"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>
#include <limits>
#include <utility>

namespace sallyport::cli {
namespace {

std::string ViciLine(const Json& status, const Style& style) {
  const std::string path = Text(status, {"ipsec", "vici", "path"});
  const std::string hint = Text(status, {"ipsec", "vici", "hint"}, "");
  if (Flag(status, {"ipsec", "vici", "connected"})) {
    const std::string lacking = Text(status, {"ipsec", "vici", "error"}, "");
    return fmt::format("{} to charon {} at {}, {}{}", style.Green("connected"),
                       Text(status, {"ipsec", "vici", "version"}), path,
                       FormatCount(Number(status, {"ipsec", "sas"}), "SA"),
                       lacking.empty()
                           ? std::string()
                           : fmt::format("\n            {}: {}", style.Red(lacking), hint));
  }
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
  for (const char* layer : {"l2tp", "ppp", "vici", "data", "dhcp", "ipv6", "status"}) {
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

/// All counts in `value`, however deep.
uint64_t Sum(const Json* value) {
  if (value == nullptr) return 0;
  if (value->is_number_unsigned()) return value->get<uint64_t>();
  uint64_t sum = 0;
  if (value->is_structured()) {
    for (const auto& element : *value) sum += Sum(&element);
  }
  return sum;
}

enum class Health : uint8_t {
  kServing,
  kPartly,  // by the operator's will, or with a charon that lacks something
  kNotAtAll,
};

Health HealthOf(const Json& status) {
  const std::string state = Text(status, {"state"});
  if (state == "draining") return Health::kPartly;
  if (state != "running") return Health::kNotAtAll;
  if (!Flag(status, {"ipsec", "required"})) return Health::kServing;
  if (!Flag(status, {"ipsec", "vici", "connected"})) return Health::kNotAtAll;
  const Json* lack = Find(status, {"ipsec", "vici", "error"});
  return lack != nullptr && lack->is_string() ? Health::kPartly : Health::kServing;
}

std::string Dot(Health health, const Style& style) {
  switch (health) {
    case Health::kServing:
      return style.Green("●");
    case Health::kPartly:
      return style.Yellow("●");
    case Health::kNotAtAll:
      return style.Red("●");
  }
  return "";
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

/// "3/65536"; "-" of a pool without any.
std::string PrefixesCell(const Json& pool, const char* kind) {
  const uint64_t size = Number(pool, {kind, "size"});
  return size == 0 ? "-" : fmt::format("{}/{}", Number(pool, {kind, "used"}), size);
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

/// One member in a line, an object below its name and further in.
void AppendTree(const std::string& name, const Json& value, size_t depth, const Style& style,
                std::string& text) {
  const std::string indent(2 * depth, ' ');
  if (value.is_object()) {
    text += fmt::format("{}{}\n", indent, style.Bold(TerminalText(name)));
    for (const auto& [inner, member] : value.items()) {
      AppendTree(inner, member, depth + 1, style, text);
    }
    return;
  }
  text += fmt::format("{}{:<20} {}\n", indent, TerminalText(name), ValueText(value));
}

}  // namespace

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

std::string Text(const Json& object, Path path, std::string_view otherwise) {
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

std::string ValueText(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return TerminalText(value.get_ref<const std::string&>());
  return TerminalJson(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

const Json::array_t& ElementsOf(const Json& object, const char* name) {
  static const Json::array_t kNone;
  const Json* value = Find(object, {name});
  return value != nullptr && value->is_array() ? value->get_ref<const Json::array_t&>() : kNone;
}

std::string StatusReport(const Json& status, const Style& style) {
  const std::string state = Text(status, {"state"});
  const Health health = HealthOf(status);
  std::string text = fmt::format(
      "{} sallyportd {}: {} since {} ({}, pid {})\n", Dot(health, style), Text(status, {"version"}),
      health == Health::kServing ? style.Green(state) : style.Yellow(state),
      Text(status, {"started"}), FormatDuration(Seconds(status, {"uptime_seconds"})),
      Number(status, {"pid"}));
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
  const std::string level = Text(status, {"log_level"}, "info");
  if (level != "info") text += fmt::format("  {:10}{}\n", "Logged", "level " + level);
  return text;
}

std::string StateLine(const Json& before, const Json& status, const Style& style) {
  const auto count = [&](const char* what, Path path) {
    const uint64_t now = Sum(Find(status, path));
    const uint64_t then = before.is_null() ? now : Sum(Find(before, path));
    const std::string more = now > then ? style.Yellow(fmt::format(" (+{})", now - then)) : "";
    return fmt::format("; {} {}{}", what, now, more);
  };
  return fmt::format("{} {}{}{}{}\n", Dot(HealthOf(status), style), Text(status, {"state"}),
                     count("logins refused", {"auth", "rejected"}), count("drops", {"drops"}),
                     count("IPsec errors", {"ipsec", "errors"}));
}

std::string SessionReport(const Json& answer, const Style& style) {
  std::string text;
  for (const auto& [name, value] : answer.items()) {
    if (name != "api") AppendTree(name, value, 0, style, text);
  }
  return text;
}

std::string TunnelsReport(const Json& answer, const Style& style) {
  Table table{
      .rows = {{"TUNNEL", "PEER", "PORT", "STATE", "UPTIME", "SESSIONS", "REQID", "HOST NAME"}},
      .right = {true, false, true, false, true, true, true, false}};
  for (const Json& tunnel : ElementsOf(answer, "tunnels")) {
    const Json* reqid = Find(tunnel, {"reqid"});
    const bool secured = reqid != nullptr && reqid->is_number();
    table.rows.push_back({std::to_string(Number(tunnel, {"id"})), Text(tunnel, {"peer", "address"}),
                          std::to_string(Number(tunnel, {"peer", "port"})), Text(tunnel, {"state"}),
                          FormatDuration(Seconds(tunnel, {"uptime_seconds"})),
                          std::to_string(Number(tunnel, {"sessions"})),
                          secured ? std::to_string(Number(tunnel, {"reqid"})) : "-",
                          Text(tunnel, {"peer", "host_name"})});
  }
  return table.ToString(style);
}

std::string SasReport(const Json& answer, const Style& style) {
  Table table{.rows = {{"REQID", "PEER", "PORT", "NAT", "IKE", "REMOTE ID", "SPI IN", "SPI OUT",
                        "ESP", "TUNNELS"}},
              .right = {true, false, true, false, false, false, false, false, false, true}};
  for (const Json& sa : ElementsOf(answer, "sas")) {
    table.rows.push_back(
        {std::to_string(Number(sa, {"reqid"})), Text(sa, {"peer"}),
         std::to_string(Number(sa, {"peer_port"})), Flag(sa, {"nat"}) ? "yes" : "no",
         Text(sa, {"ike"}), Text(sa, {"remote_id"}), Text(sa, {"spi_in"}), Text(sa, {"spi_out"}),
         Text(sa, {"esp_proposal"}), std::to_string(ElementsOf(sa, "tunnels").size())});
  }
  return table.ToString(style);
}

std::string PoolsReport(const Json& answer, const Style& style) {
  Table table{.rows = {{"POOL", "GATEWAY", "SIZE", "USED", "FREE", "IPV6", "DELEGATED", "RANGES"}},
              .right = {false, false, true, true, true, true, true, false}};
  for (const Json& pool : ElementsOf(answer, "pools")) {
    std::string ranges;
    for (const Json& range : ElementsOf(pool, "ranges")) {
      ranges += (ranges.empty() ? "" : ", ") + ValueText(range);
    }
    table.rows.push_back(
        {Text(pool, {"name"}), Text(pool, {"gateway"}), std::to_string(Number(pool, {"size"})),
         std::to_string(Number(pool, {"used"})), std::to_string(Number(pool, {"free"})),
         PrefixesCell(pool, "ipv6"), PrefixesCell(pool, "delegated"), ranges});
  }
  return table.ToString(style);
}

std::string DrainReport(const Json& answer) {
  const uint64_t sessions = Number(answer, {"sessions"});
  return fmt::format(
      "{}; {} and {} there now{}\n",
      Text(answer, {"state"}) == "draining" ? "New clients are refused" : "New clients are taken",
      FormatCount(sessions, "session"), FormatCount(Number(answer, {"tunnels"}), "tunnel"),
      Flag(answer, {"drained"}) ? ", no client's" : "");
}

std::string ReloadReport(const Json& answer) {
  const auto list = [&answer](const char* name) {
    std::string text;
    for (const Json& key : ElementsOf(answer, name)) text += "  " + ValueText(key) + '\n';
    return text;
  };
  const std::string changed = list("changed");
  const std::string restart = list("restart");
  if (changed.empty() && restart.empty()) return "Nothing has changed.\n";
  std::string text;
  if (!changed.empty()) text += "In force now:\n" + changed;
  if (!restart.empty()) text += "Waiting for a restart of sallyportd:\n" + restart;
  return text;
}

std::string ConfigReport(const Json& answer, bool all) {
  std::vector<std::string> set;
  for (const Json& key : ElementsOf(answer, "set")) {
    if (key.is_string()) set.push_back(key.get<std::string>());
  }
  std::string text;
  const auto append = [&](const std::string& heading, const std::string& prefix,
                          const Json& section) {
    std::string lines;
    for (const auto& [name, value] : section.items()) {
      const bool is_set =
          std::find(set.begin(), set.end(), fmt::format("{}.{}", prefix, name)) != set.end();
      if (value.is_null() || (!is_set && !all)) continue;
      lines += fmt::format("{} = {}{}\n", TerminalText(name), TerminalJson(value.dump()),
                           is_set ? "" : "  # default");
    }
    if (!lines.empty()) text += fmt::format("{}{}\n{}", text.empty() ? "" : "\n", heading, lines);
  };
  const Json* config = Find(answer, {"config"});
  if (config == nullptr || !config->is_object()) return text;
  for (const auto& [name, section] : config->items()) {
    if (section.is_array()) {
      for (size_t i = 0; i < section.size(); ++i) {
        append(fmt::format("[[{}]]", TerminalText(name)), fmt::format("{}[{}]", name, i),
               section[i]);
      }
    } else {
      append(fmt::format("[{}]", TerminalText(name)), name, section);
    }
  }
  return text;
}

std::string EventLine(const Json& event, const Style& style) {
  const std::string type = Text(event, {"type"});
  std::string line = fmt::format("{}  {:<16}", Text(event, {"time"}),
                                 type == "overflow" ? style.Red(type) : style.Bold(type));
  for (const auto& [name, value] : event.items()) {
    if (name == "api" || name == "time" || name == "type" || value.is_null()) continue;
    if (value.is_string() && value.get_ref<const std::string&>().empty()) continue;
    line += fmt::format(" {}={}", TerminalText(name),
                        TerminalJson(value.dump(-1, ' ', false, Json::error_handler_t::replace)));
  }
  return line + '\n';
}

std::string TraceLine(const Json& packet, const Style& style) {
  const bool received = Text(packet, {"direction"}) == "in";
  const std::string address = Text(packet, {"peer", "address"});
  const bool v6 = address.find(':') != address.npos;
  const uint64_t port = Number(packet, {"peer", "port"});
  return fmt::format(
      "{}  {} {}  {}  {}\n", Text(packet, {"time"}),
      received ? style.Green("<-") : style.Yellow("->"),
      v6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port),
      Text(packet, {"user"}), Text(packet, {"text"}));
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
  std::string more;  // the first is the detail
  const auto& errors = ElementsOf(problem, "errors");
  for (size_t i = 1; i < errors.size(); ++i) more += '\n' + ValueText(errors[i]);
  return fmt::format("{}: {}{}{}{}", Text(problem, {"title"}, "The daemon refused"),
                     Text(problem, {"detail"}, "no detail given"), more, hint.empty() ? "" : "\n",
                     hint);
}

}  // namespace sallyport::cli
