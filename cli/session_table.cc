// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/session_table.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <string_view>

namespace sallyport::cli {
namespace {

enum class Kind : uint8_t { kText, kNumber, kBytes, kRate, kDuration, kFlag };

struct Column {
  const char* name;
  const char* heading;
  Kind kind;
  const char* member;           // of the record
  const char* inner = nullptr;  // of that member
  bool usual = false;           // shown when no column is asked for
};

constexpr std::array kColumns{
    Column{"id", "ID", Kind::kText, "id", nullptr, true},
    Column{"user", "USER", Kind::kText, "user", nullptr, true},
    Column{"address", "ADDRESS", Kind::kText, "address", nullptr, true},
    Column{"peer", "PEER", Kind::kText, "peer", "address", true},
    Column{"interface", "INTERFACE", Kind::kText, "interface", nullptr, true},
    Column{"state", "STATE", Kind::kText, "state", nullptr, true},
    Column{"uptime", "UPTIME", Kind::kDuration, "uptime_seconds", nullptr, true},
    Column{"rx", "RX", Kind::kBytes, "counters", "rx_bytes", true},
    Column{"tx", "TX", Kind::kBytes, "counters", "tx_bytes", true},
    Column{"pool", "POOL", Kind::kText, "pool"},
    Column{"ipv6", "IPV6", Kind::kText, "ipv6", "prefix"},
    Column{"delegated", "DELEGATED", Kind::kText, "ipv6", "delegated"},
    Column{"origin", "ORIGIN", Kind::kText, "origin"},
    Column{"dial", "DIAL", Kind::kText, "dial"},
    Column{"since", "SINCE", Kind::kText, "since"},
    Column{"port", "PORT", Kind::kNumber, "peer", "port"},
    Column{"nat", "NAT", Kind::kFlag, "peer", "nat"},
    Column{"host_name", "HOST NAME", Kind::kText, "peer", "host_name"},
    Column{"vendor", "VENDOR", Kind::kText, "peer", "vendor"},
    Column{"ike", "IKE", Kind::kText, "ipsec", "ike"},
    Column{"remote_id", "REMOTE ID", Kind::kText, "ipsec", "remote_id"},
    Column{"reqid", "REQID", Kind::kNumber, "ipsec", "reqid"},
    Column{"esp", "ESP", Kind::kText, "ipsec", "esp_proposal"},
    Column{"tunnel", "TUNNEL", Kind::kNumber, "l2tp", "tunnel"},
    Column{"session", "SESSION", Kind::kNumber, "l2tp", "session"},
    Column{"auth", "AUTH", Kind::kText, "ppp", "auth"},
    Column{"phase", "PHASE", Kind::kText, "ppp", "phase"},
    Column{"mtu", "MTU", Kind::kNumber, "ppp", "mtu"},
    Column{"rx_packets", "RX PACKETS", Kind::kNumber, "counters", "rx_packets"},
    Column{"tx_packets", "TX PACKETS", Kind::kNumber, "counters", "tx_packets"},
    Column{"rx_rate", "RX RATE", Kind::kRate, "rates", "rx_bytes_per_second"},
    Column{"tx_rate", "TX RATE", Kind::kRate, "rates", "tx_bytes_per_second"},
};

const Column* FindColumn(const std::string& name) {
  const auto found = std::find_if(kColumns.begin(), kColumns.end(),
                                  [&name](const Column& column) { return column.name == name; });
  return found == kColumns.end() ? nullptr : &*found;
}

uint64_t NumberOf(const Json& session, const Column& column) {
  return column.inner == nullptr ? Number(session, {column.member})
                                 : Number(session, {column.member, column.inner});
}

std::string TextOf(const Json& session, const Column& column) {
  return column.inner == nullptr ? Text(session, {column.member})
                                 : Text(session, {column.member, column.inner});
}

std::string FormatRate(uint64_t octets) { return FormatBytes(octets) + "/s"; }

std::string Cell(const Json& session, const Column& column) {
  switch (column.kind) {
    case Kind::kText:
      return TextOf(session, column);
    case Kind::kNumber:
      return std::to_string(NumberOf(session, column));
    case Kind::kBytes:
      return FormatBytes(NumberOf(session, column));
    case Kind::kRate:
      return Find(session, {column.member, column.inner}) == nullptr
                 ? "-"  // not known yet
                 : FormatRate(NumberOf(session, column));
    case Kind::kDuration:
      return FormatDuration(Seconds(session, {column.member}));
    case Kind::kFlag:
      return Flag(session, {column.member, column.inner}) ? "yes" : "no";
  }
  return "-";
}

bool IsText(const Column& column) {
  return column.kind == Kind::kText || column.kind == Kind::kFlag;
}

using Sessions = std::vector<const Json*>;

Sessions SessionsOf(const Json& answer) {
  Sessions sessions;
  for (const Json& session : ElementsOf(answer, "sessions")) sessions.push_back(&session);
  return sessions;
}

/// Numbers the largest first, text in its order.
void SortBy(Sessions& sessions, const Column& column) {
  std::stable_sort(sessions.begin(), sessions.end(), [&column](const Json* one, const Json* other) {
    if (IsText(column)) return Cell(*one, column) < Cell(*other, column);
    return NumberOf(*one, column) > NumberOf(*other, column);
  });
}

/// Those that are asked for, else the usual ones.
std::vector<const Column*> ColumnsOf(const SessionsCommand& command) {
  std::vector<const Column*> columns;
  for (const std::string& name : command.columns) {
    if (const Column* column = FindColumn(name)) columns.push_back(column);
  }
  for (const Column& column : kColumns) {
    if (command.columns.empty() && column.usual) columns.push_back(&column);
  }
  return columns;
}

struct Rate {
  uint64_t rx = 0;  // octets a second
  uint64_t tx = 0;
};

/// By session, from two answers.
std::map<std::string, Rate> RatesOf(const Json& before, const Json& now,
                                    std::chrono::milliseconds elapsed) {
  std::map<std::string, const Json*> earlier;
  for (const Json* session : SessionsOf(before)) earlier[Text(*session, {"id"})] = session;
  std::map<std::string, Rate> rates;
  const auto milliseconds = static_cast<uint64_t>(std::max<int64_t>(elapsed.count(), 1));
  for (const Json* session : SessionsOf(now)) {
    const std::string id = Text(*session, {"id"});
    const auto found = earlier.find(id);
    if (found == earlier.end()) continue;
    const auto rate = [&](const char* counter) -> uint64_t {
      const uint64_t past = Number(*found->second, {"counters", counter});
      const uint64_t present = Number(*session, {"counters", counter});
      return present > past ? (present - past) * 1000 / milliseconds : 0;
    };
    rates[id] = {rate("rx_bytes"), rate("tx_bytes")};
  }
  return rates;
}

}  // namespace

std::vector<std::string> SessionColumns() {
  std::vector<std::string> names;
  names.reserve(std::size(kColumns));
  for (const Column& column : kColumns) names.emplace_back(column.name);
  return names;
}

std::string SessionFields(const SessionsCommand& command) {
  std::vector<const Column*> columns = ColumnsOf(command);
  if (const Column* sort = FindColumn(command.sort)) columns.push_back(sort);
  std::vector<std::string_view> members;
  std::string fields;
  for (const Column* column : columns) {
    if (std::find(members.begin(), members.end(), column->member) != members.end()) continue;
    members.emplace_back(column->member);
    fields += (fields.empty() ? "" : ",") + std::string(column->member);
  }
  return fields;
}

std::string TopFields() { return "id,user,address,peer,state,uptime_seconds,counters"; }

std::string SessionsTable(const Json& answer, const SessionsCommand& command, const Style& style) {
  const std::vector<const Column*> columns = ColumnsOf(command);
  Sessions sessions = SessionsOf(answer);
  if (const Column* sort = FindColumn(command.sort)) SortBy(sessions, *sort);
  Table table;
  table.rows.emplace_back();
  for (const Column* column : columns) {
    table.rows[0].emplace_back(column->heading);
    table.right.push_back(!IsText(*column));
  }
  for (const Json* session : sessions) {
    auto& row = table.rows.emplace_back();
    for (const Column* column : columns) row.push_back(Cell(*session, *column));
  }
  std::string text = table.ToString(style);
  if (!command.header) text.erase(0, text.find('\n') + 1);
  return text;
}

std::string TopReport(const Json& before, const Json& now, std::chrono::milliseconds elapsed,
                      const TopCommand& command, size_t rows, const Style& style) {
  Sessions sessions = SessionsOf(now);
  const auto rates = RatesOf(before, now, elapsed);
  const auto rate_of = [&rates](const Json* session) {
    const auto found = rates.find(Text(*session, {"id"}));
    return found == rates.end() ? Rate() : found->second;
  };
  Rate all;
  for (const auto& [id, rate] : rates) {
    all.rx += rate.rx;
    all.tx += rate.tx;
  }
  const auto up = std::count_if(sessions.begin(), sessions.end(), [](const Json* session) {
    return Text(*session, {"state"}) == "up";
  });
  const Column* column = FindColumn(command.sort);
  if (column != nullptr && column->kind != Kind::kBytes) {
    SortBy(sessions, *column);
  } else {
    const auto what = [&command](const Rate& rate) {
      return command.sort == "rx" ? rate.rx : command.sort == "tx" ? rate.tx : rate.rx + rate.tx;
    };
    std::stable_sort(sessions.begin(), sessions.end(), [&](const Json* one, const Json* other) {
      return what(rate_of(one)) > what(rate_of(other));
    });
  }
  std::string text = fmt::format("{}: {} up; from clients {}, to clients {}\n",
                                 FormatCount(sessions.size(), "session"), up, FormatRate(all.rx),
                                 FormatRate(all.tx));
  Table table{.rows = {{"ID", "USER", "ADDRESS", "PEER", "STATE", "UPTIME", "RX", "TX", "RX TOTAL",
                        "TX TOTAL"}},
              .right = {false, false, false, false, false, true, true, true, true, true}};
  for (const Json* session : sessions) {
    if (table.rows.size() > rows) break;
    const Rate rate = rate_of(session);
    table.rows.push_back(
        {Text(*session, {"id"}), Text(*session, {"user"}), Text(*session, {"address"}),
         Text(*session, {"peer", "address"}), Text(*session, {"state"}),
         FormatDuration(Seconds(*session, {"uptime_seconds"})), FormatRate(rate.rx),
         FormatRate(rate.tx), FormatBytes(Number(*session, {"counters", "rx_bytes"})),
         FormatBytes(Number(*session, {"counters", "tx_bytes"}))});
  }
  return text + table.ToString(style);
}

}  // namespace sallyport::cli
