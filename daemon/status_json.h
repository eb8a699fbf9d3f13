// SPDX-License-Identifier: GPL-2.0-or-later
// The status model as JSON, member for member as docs/status-api.md has it. Nothing here throws on
// any text: octets that are not UTF-8 become U+FFFD.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/status_model.h"

namespace sallyport::daemon {

/// Keeps members in the order in which they were added.
using Json = nlohmann::ordered_json;

/// The value of "api" in every answer; a change that breaks a reader needs another.
inline constexpr std::string_view kApiVersion = "sallyport/v1";

/// With "api" first.
Json ToJson(const DaemonStatus& status);
/// Without "api": an element of a list.
Json ToJson(const SessionRecord& session);
/// These members alone, in this order.
Json ToJson(const SessionRecord& session, const std::vector<std::string>& fields);

Json ToJson(const TunnelStatus& tunnel);
Json ToJson(const SaStatus& sa);
Json ToJson(const PoolStatus& pool);
Json ToJson(const DialRecord& dial);

Json ToJson(const AttemptRecord& attempt);

/// With "api" first: the answer of GET /v1/config.
Json ToJson(const std::vector<ConfigValue>& values);

/// Makes null what tells who somebody is: of a session, tunnel or SA.
void HideUser(Json& record);

/// One line with its line feed, for curl and NDJSON alike.
std::string ToText(const Json& json);

}  // namespace sallyport::daemon
