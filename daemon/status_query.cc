// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/status_query.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <string_view>

#include "base/text.h"
#include "daemon/list_body.h"
#include "daemon/status_json.h"

namespace sallyport::daemon {
namespace {

constexpr const char* kDisconnectHint = R"(Send {"filter":{"user":"NAME"}} or {"all":true}.)";

Problem BadRequest(std::string code, std::string title, std::string detail, std::string hint) {
  return {.status = 400,
          .code = std::move(code),
          .title = std::move(title),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

Problem BadBody(std::string detail, std::string hint = kDisconnectHint) {
  return BadRequest("invalid_body", "The body is not what this call takes", std::move(detail),
                    std::move(hint));
}

Problem BadFilter(std::string detail, std::string hint) {
  return BadRequest("invalid_filter", "The filter is not valid", std::move(detail),
                    std::move(hint));
}

Problem BadParameter(std::string detail, std::string hint) {
  return BadRequest("invalid_parameter", "A parameter is not valid", std::move(detail),
                    std::move(hint));
}

constexpr const char* kPrefixHint = "Give an IP address, or a prefix such as 10.64.0.0/16.";

/// "name=value" of a filter, for a problem.
std::string Shown(std::string_view name, std::string_view value) {
  return fmt::format("{}={}", PrintableText(name), PrintableText(value));
}

/// An empty value is refused: it comes from an unset shell variable more often than from intent.
Expected<void, Problem> CheckValue(std::string_view name, std::string_view value) {
  if (!value.empty()) return {};
  return Unexpected{
      BadFilter(Shown(name, value) + ": no value", "Leave the filter out or give it a value.")};
}

/// Sets one member of a filter. A name given twice would silently choose by its last value only.
template <typename T>
Expected<void, Problem> SetMember(std::optional<T>& member, std::optional<T> parsed,
                                  const std::string& shown, const char* hint) {
  if (member) return Unexpected{BadFilter(shown + ": given twice", "Give each filter once.")};
  if (!parsed) return Unexpected{BadFilter(shown + ": not understood", hint)};
  member = std::move(parsed);
  return {};
}

Expected<void, Problem> SetFilter(SessionFilter& filter, std::string_view name,
                                  const std::string& value) {
  if (auto checked = CheckValue(name, value); !checked) return checked;
  const std::string shown = Shown(name, value);
  const auto set = [&shown](auto& member, auto parsed, const char* hint) {
    return SetMember(member, std::move(parsed), shown, hint);
  };
  if (name == "id") return set(filter.id, std::optional(value), "");
  if (name == "user") return set(filter.user, std::optional(value), "");
  if (name == "pool") return set(filter.pool, std::optional(value), "");
  if (name == "address") return set(filter.address, IpPrefix::Parse(value), kPrefixHint);
  if (name == "peer") return set(filter.peer, IpPrefix::Parse(value), kPrefixHint);
  if (name == "state") {
    return set(filter.state, ParseSessionState(value), "A state is starting, up or closing.");
  }
  return Unexpected{BadFilter(shown + ": no such filter",
                              "Filters are id, user, address, peer, pool and state.")};
}

Expected<void, Problem> SetFilter(AttemptFilter& filter, std::string_view name,
                                  const std::string& value) {
  if (auto checked = CheckValue(name, value); !checked) return checked;
  const std::string shown = Shown(name, value);
  if (name == "user") return SetMember(filter.user, std::optional(value), shown, "");
  if (name == "address") {
    return SetMember(filter.address, IpPrefix::Parse(value), shown, kPrefixHint);
  }
  return Unexpected{BadFilter(shown + ": no such filter", "Filters are address and user.")};
}

Expected<SessionFilter, Problem> ParseFilter(const Json& json) {
  if (!json.is_object()) return Unexpected{BadBody("\"filter\" is not an object.")};
  SessionFilter filter;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) {
      return Unexpected{BadFilter(PrintableText(name) + ": not a string",
                                  "The value of every filter is a string.")};
    }
    const auto set = SetFilter(filter, name, value.get_ref<const std::string&>());
    if (!set) return Unexpected{set.error()};
  }
  return filter;
}

/// The words between commas.
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const size_t comma = text.find(',');
    words.emplace_back(text.substr(0, comma));
    if (comma == text.npos) return words;
    text.remove_prefix(comma + 1);
  }
}

std::string Joined(const auto& words) {
  std::string text;
  for (const auto& word : words) {
    text += text.empty() ? "" : ", ";
    text += word;
  }
  return text;
}

/// The words of a list parameter, each one of `known` and there once.
Expected<std::vector<std::string>, Problem> KnownWords(std::string_view name,
                                                       std::string_view value, const auto& known) {
  std::vector<std::string> words;
  for (std::string& word : Words(value)) {
    const bool again = std::find(words.begin(), words.end(), word) != words.end();
    if (again || std::find(known.begin(), known.end(), word) == known.end()) {
      return Unexpected{
          BadParameter(fmt::format("{}={}: {} \"{}\"", name, PrintableText(value),
                                   again ? "twice" : "no such word:", PrintableText(word)),
                       "Known are " + Joined(known) + ".")};
    }
    words.push_back(std::move(word));
  }
  return words;
}

Expected<Json, Problem> ParseObject(const std::string& body, const char* hint) {
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) {
    return Unexpected{BadRequest("invalid_json", "The body is not JSON",
                                 "The body is not valid JSON text (RFC 8259).", hint)};
  }
  if (!json.is_object()) return Unexpected{BadBody("The body is not an object.", hint)};
  return json;
}

Expected<void, Problem> SetListParameter(ListQuery& query, const std::string& name,
                                         const std::string& value,
                                         const std::vector<std::string>& known_fields) {
  if (name == "fields") {
    if (!query.fields.empty()) {
      return Unexpected{BadParameter("fields: given twice", "Give all fields in one list.")};
    }
    auto fields = KnownWords(name, value, known_fields);
    if (!fields) return Unexpected{fields.error()};
    query.fields = *std::move(fields);
  } else if (name == "limit") {
    size_t limit = 0;
    const char* end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, limit);
    if (query.limit || error != std::errc() || stopped != end || limit == 0 ||
        limit > kMaxListLimit) {
      return Unexpected{BadParameter(fmt::format("limit={}", PrintableText(value)),
                                     fmt::format("Give one number from 1 to {}.", kMaxListLimit))};
    }
    query.limit = limit;
  } else {
    const auto cursor = ListBody::ParseCursor(value);
    if (query.after != 0 || !cursor) {
      return Unexpected{BadParameter(fmt::format("after={}", PrintableText(value)),
                                     "Give the \"next\" of the page before, once.")};
    }
    query.after = *cursor;
  }
  return {};
}

bool IsListParameter(std::string_view name) {
  return name == "fields" || name == "limit" || name == "after";
}

template <typename Filter>
Expected<FilteredQuery<Filter>, Problem> ParseFilteredQuery(
    const HttpRequest& request, const std::vector<std::string>& known_fields) {
  FilteredQuery<Filter> query;
  for (const auto& [name, value] : request.query) {
    const auto set = IsListParameter(name) ? SetListParameter(query, name, value, known_fields)
                                           : SetFilter(query.filter, name, value);
    if (!set) return Unexpected{set.error()};
  }
  return query;
}

}  // namespace

Expected<ListQuery, Problem> ParseListQuery(const HttpRequest& request,
                                            const std::vector<std::string>& known_fields) {
  ListQuery query;
  for (const auto& [name, value] : request.query) {
    if (!IsListParameter(name)) {
      return Unexpected{BadParameter(PrintableText(name) + ": no such parameter",
                                     "This list takes fields, limit and after.")};
    }
    const auto set = SetListParameter(query, name, value, known_fields);
    if (!set) return Unexpected{set.error()};
  }
  return query;
}

Expected<FilteredQuery<SessionFilter>, Problem> ParseSessionQuery(
    const HttpRequest& request, const std::vector<std::string>& known_fields) {
  return ParseFilteredQuery<SessionFilter>(request, known_fields);
}

Expected<FilteredQuery<AttemptFilter>, Problem> ParseAttemptQuery(
    const HttpRequest& request, const std::vector<std::string>& known_fields) {
  return ParseFilteredQuery<AttemptFilter>(request, known_fields);
}

Expected<void, Problem> ParseNoQuery(const HttpRequest& request) {
  if (request.query.empty()) return {};
  return Unexpected{BadParameter(PrintableText(request.query.front().first) + ": no such parameter",
                                 "This call takes none.")};
}

Expected<EventQuery, Problem> ParseEventQuery(const HttpRequest& request) {
  EventQuery query;
  for (const auto& [name, value] : request.query) {
    if (name != "types" || !query.groups.empty()) {
      return Unexpected{BadParameter(PrintableText(name) + ": no such parameter, or given twice",
                                     "This call takes types=GROUP,GROUP...")};
    }
    auto groups = KnownWords(name, value, EventStream::kGroups);
    if (!groups) return Unexpected{groups.error()};
    query.groups = *std::move(groups);
  }
  return query;
}

Expected<TraceQuery, Problem> ParseTraceQuery(const HttpRequest& request) {
  TraceQuery query;
  for (const auto& [name, value] : request.query) {
    if (auto checked = CheckValue(name, value); !checked) return Unexpected{checked.error()};
    const std::string shown = Shown(name, value);
    Expected<void, Problem> set =
        Unexpected{BadFilter(shown + ": no such filter", "Filters are peer, user and session.")};
    if (name == "peer") set = SetMember(query.peer, IpPrefix::Parse(value), shown, kPrefixHint);
    if (name == "user") set = SetMember(query.user, std::optional(value), shown, "");
    if (name == "session") set = SetMember(query.session, std::optional(value), shown, "");
    if (!set) return Unexpected{set.error()};
  }
  return query;
}

Expected<DisconnectCall, Problem> ParseDisconnect(const std::string& body) {
  const auto json = ParseObject(body, kDisconnectHint);
  if (!json) return Unexpected{json.error()};
  DisconnectCall call;
  bool all = false;
  bool filtered = false;
  for (const auto& [name, value] : json->items()) {
    if (name == "all" || name == "dry_run") {
      if (!value.is_boolean()) return Unexpected{BadBody('"' + name + "\" is not a boolean.")};
      (name == "all" ? all : call.dry_run) = value.template get<bool>();
    } else if (name == "filter") {
      auto filter = ParseFilter(value);
      if (!filter) return Unexpected{filter.error()};
      call.filter = *std::move(filter);
      filtered = !value.empty();
    } else {
      return Unexpected{BadBody('"' + PrintableText(name) + "\": no such member.")};
    }
  }
  if (all == filtered) {
    return Unexpected{BadRequest(
        "empty_filter", "Which sessions is not said",
        all ? "Both \"all\" and a filter are given." : "Neither a filter nor \"all\" is given.",
        R"(To end every session send {"all":true}, else name the sessions by a filter.)")};
  }
  return call;
}

Expected<void, Problem> ParseNoBody(const std::string& body) {
  if (body.empty()) return {};
  const char* hint = "Send no body, or {}.";
  const auto json = ParseObject(body, hint);
  if (!json) return Unexpected{json.error()};
  if (json->empty()) return {};
  return Unexpected{
      BadBody('"' + PrintableText(json->begin().key()) + "\": no such member.", hint)};
}

Expected<LogLevel, Problem> ParseLogLevelBody(const std::string& body) {
  const char* hint = R"(Send {"level":"error"}, or "warning", "notice", "info" or "debug".)";
  const auto json = ParseObject(body, hint);
  if (!json) return Unexpected{json.error()};
  const auto member = json->find("level");
  if (json->size() != 1 || member == json->end() || !member->is_string()) {
    return Unexpected{BadBody("It has one member, \"level\", a string.", hint)};
  }
  const auto level = ParseLogLevel(member->get_ref<const std::string&>());
  if (!level) return Unexpected{BadBody("There is no such level.", hint)};
  return *level;
}

}  // namespace sallyport::daemon
