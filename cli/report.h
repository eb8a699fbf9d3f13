// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's answers (docs/status-api.md) as text for people. Pure. A member that is missing or
// of another type than expected is shown as "-" or 0: a newer daemon must not break an older tool.
#pragma once
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "cli/terminal.h"

namespace sallyport::cli {

using Json = nlohmann::ordered_json;

/// The answer of GET /v1/status: one screen.
std::string StatusReport(const Json& status, const Style& style);
/// The state, and what went wrong so far and since `before`, in one line.
std::string StateLine(const Json& before, const Json& status, const Style& style);

/// The answer of GET /v1/sessions/{id}: every member, those that this tool does not know too.
std::string SessionReport(const Json& answer, const Style& style);

/// The answers of GET /v1/tunnels, /v1/sas and /v1/pools: tables.
std::string TunnelsReport(const Json& answer, const Style& style);
std::string SasReport(const Json& answer, const Style& style);
std::string PoolsReport(const Json& answer, const Style& style);

/// The answers of POST /v1/drain and /v1/undrain.
std::string DrainReport(const Json& answer);
/// The answer of POST /v1/reload.
std::string ReloadReport(const Json& answer);
/// The answer of GET /v1/config as TOML: what was set or, with `all`, defaults too.
std::string ConfigReport(const Json& answer, bool all);
/// One line of GET /v1/events.
std::string EventLine(const Json& event, const Style& style);
/// One packet of GET /v1/trace: "<-" from the client, "->" to it.
std::string TraceLine(const Json& packet, const Style& style);

/// The answer of GET /v1/dials: a table.
std::string DialsReport(const Json& answer, const Style& style);

/// The answer of GET /v1/attempts for `who`: each attempt as a story, the newest first.
std::string WhyReport(const Json& answer, const std::string& who, const Style& style);

/// The answer of POST /v1/sessions:disconnect.
std::string DisconnectReport(const Json& answer, bool dry_run);

/// An RFC 9457 problem: what is wrong, and what to do.
std::string ProblemReport(const Json& problem);

using Path = std::initializer_list<const char*>;

/// The value at `path`, member by member; nothing when there is none.
const Json* Find(const Json& object, Path path);
/// A string for the terminal; `otherwise` when there is none or it is empty.
std::string Text(const Json& object, Path path, std::string_view otherwise = "-");
uint64_t Number(const Json& object, Path path);
bool Flag(const Json& object, Path path);
std::chrono::seconds Seconds(const Json& object, Path path);
/// Any value for the terminal.
std::string ValueText(const Json& value);

/// The elements of an array member; none when it is missing or something else.
const Json::array_t& ElementsOf(const Json& object, const char* name);

}  // namespace sallyport::cli
