// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's answers (docs/status-api.md) as text for people. Pure. A member that is missing or
// of another type than expected is shown as "-" or 0: a newer daemon must not break an older tool.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "cli/terminal.h"

namespace sallyport::cli {

using Json = nlohmann::ordered_json;

/// The answer of GET /v1/status: one screen.
std::string StatusReport(const Json& status, const Style& style);

/// The answer of GET /v1/sessions: a table.
std::string SessionsReport(const Json& answer, const Style& style);

/// The answer of GET /v1/dials: a table.
std::string DialsReport(const Json& answer, const Style& style);

/// The answer of GET /v1/attempts for `who`: each attempt as a story, the newest first.
std::string WhyReport(const Json& answer, const std::string& who, const Style& style);

/// The answer of POST /v1/sessions:disconnect.
std::string DisconnectReport(const Json& answer, bool dry_run);

/// An RFC 9457 problem: what is wrong, and what to do.
std::string ProblemReport(const Json& problem);

/// The elements of an array member; none when it is missing or something else.
const Json::array_t& ElementsOf(const Json& object, const char* name);

}  // namespace sallyport::cli
