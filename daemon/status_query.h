// SPDX-License-Identifier: GPL-2.0-or-later
// What a request to the status API asks for: its query and its body, checked. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"
#include "daemon/event_stream.h"
#include "daemon/http_message.h"
#include "daemon/status_model.h"

namespace sallyport::daemon {

/// GET of a list.
struct ListQuery {
  std::vector<std::string> fields;  // members of each record; none: all
  std::optional<size_t> limit;      // records at most
  uint64_t after = 0;               // cursor
};

/// GET of a list whose records can be chosen.
template <typename Filter>
struct FilteredQuery : ListQuery {
  Filter filter;
};

/// POST /v1/sessions:disconnect.
struct DisconnectCall {
  SessionFilter filter;
  bool dry_run = false;
};

/// Largest `limit`; local policy.
inline constexpr size_t kMaxListLimit = 100'000;

/// `known_fields` are the members that a record has.
Expected<ListQuery, Problem> ParseListQuery(const HttpRequest& request,
                                            const std::vector<std::string>& known_fields);
Expected<FilteredQuery<SessionFilter>, Problem> ParseSessionQuery(
    const HttpRequest& request, const std::vector<std::string>& known_fields);
Expected<FilteredQuery<AttemptFilter>, Problem> ParseAttemptQuery(
    const HttpRequest& request, const std::vector<std::string>& known_fields);
/// Fails on any parameter.
Expected<void, Problem> ParseNoQuery(const HttpRequest& request);
Expected<EventQuery, Problem> ParseEventQuery(const HttpRequest& request);
Expected<TraceQuery, Problem> ParseTraceQuery(const HttpRequest& request);
Expected<DisconnectCall, Problem> ParseDisconnect(const std::string& body);
/// For calls that say all by their path: nothing, or an empty object.
Expected<void, Problem> ParseNoBody(const std::string& body);
Expected<LogLevel, Problem> ParseLogLevelBody(const std::string& body);

}  // namespace sallyport::daemon
