// SPDX-License-Identifier: GPL-2.0-or-later
// The table of the sessions: which columns there are, which are shown, in which order. Pure.
#pragma once
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/report.h"

namespace sallyport::cli {

/// The names of all columns, in the order in which they are documented.
std::vector<std::string> SessionColumns();

/// The members of a record that the table needs, for the parameter `fields`.
std::string SessionFields(const SessionsCommand& command);
/// Likewise of `top`.
std::string TopFields();

/// The answer of GET /v1/sessions as the table that `command` asks for.
std::string SessionsTable(const Json& answer, const SessionsCommand& command, const Style& style);

/// The sessions of `now` with what they carried since `before`, `elapsed` ago; `rows` at most. An
/// empty `before` shows no rates.
std::string TopReport(const Json& before, const Json& now, std::chrono::milliseconds elapsed,
                      const TopCommand& command, size_t rows, const Style& style);

}  // namespace sallyport::cli
