// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/status_api.h"

#include <fmt/format.h>
#include <string_view>

#include "base/expected.h"
#include "base/text.h"
#include "daemon/status_json.h"

namespace sallyport::daemon {
namespace {

constexpr std::string_view kSessionPrefix = "/v1/sessions/";

HttpResponse JsonResponse(const Json& json) {
  return {.status = 200,
          .content_type = "application/json",
          .headers = {},
          .body = ToText(json),
          .problem_code = {}};
}

Problem BadRequest(std::string code, std::string title, std::string detail, std::string hint) {
  return {.status = 400,
          .code = std::move(code),
          .title = std::move(title),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

Problem BadBody(std::string detail) {
  return BadRequest("invalid_body", "The body is not what this call takes", std::move(detail),
                    R"(Send {"filter":{"user":"NAME"}} or {"all":true}.)");
}

Problem BadFilter(std::string detail, std::string hint) {
  return BadRequest("invalid_filter", "The filter is not valid", std::move(detail),
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

/// What POST /v1/sessions:disconnect asks for.
struct DisconnectCall {
  SessionFilter filter;
  bool dry_run = false;
};

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

Expected<DisconnectCall, Problem> ParseDisconnect(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) {
    return Unexpected{BadRequest("invalid_json", "The body is not JSON",
                                 "The body is not valid JSON text (RFC 8259).",
                                 R"(Send {"filter":{"user":"NAME"}} or {"all":true}.)")};
  }
  if (!json.is_object()) return Unexpected{BadBody("The body is not an object.")};
  DisconnectCall call;
  bool all = false;
  bool filtered = false;
  for (const auto& [name, value] : json.items()) {
    if (name == "all" || name == "dry_run") {
      if (!value.is_boolean()) return Unexpected{BadBody('"' + name + "\" is not a boolean.")};
      (name == "all" ? all : call.dry_run) = value.get<bool>();
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

HttpResponse NotFound(const HttpRequest& request) {
  return ProblemResponse({.status = 404,
                          .code = "not_found",
                          .title = "No such resource",
                          .detail = PrintableText(request.path) + " does not exist.",
                          .hint = "GET /v1 lists what there is."});
}

}  // namespace

/// `path` is the whole path, or ends in "{id}", which stands for one segment.
struct StatusApi::Route {
  std::string_view path;
  std::string_view method;
  HttpResponse (StatusApi::*handle)(const HttpRequest&);

  bool Serves(std::string_view wanted) const {
    if (!path.ends_with("{id}")) return wanted == path;
    return wanted.starts_with(kSessionPrefix) && wanted.size() > kSessionPrefix.size() &&
           wanted.find('/', kSessionPrefix.size()) == wanted.npos;
  }
  /// HEAD is answered wherever GET is (RFC 9110 §9.3.2); the server leaves the body out.
  bool Takes(std::string_view wanted) const {
    return wanted == method || (method == "GET" && wanted == "HEAD");
  }
};

constexpr StatusApi::Route StatusApi::kRoutes[] = {
    {"/v1", "GET", &StatusApi::GetIndex},
    {"/v1/status", "GET", &StatusApi::GetStatus},
    {"/v1/sessions", "GET", &StatusApi::GetSessions},
    {"/v1/sessions/{id}", "GET", &StatusApi::GetSession},
    {"/v1/dials", "GET", &StatusApi::GetDials},
    {"/v1/attempts", "GET", &StatusApi::GetAttempts},
    {"/v1/sessions:disconnect", "POST", &StatusApi::DisconnectSessions},
};

HttpResponse StatusApi::Handle(const HttpRequest& request) {
  for (const Route& route : kRoutes) {
    if (!route.Serves(request.path)) continue;
    if (route.Takes(request.method)) return (this->*route.handle)(request);
    const std::string allow = route.method == "GET" ? "GET, HEAD" : std::string(route.method);
    HttpResponse response = ProblemResponse(
        {.status = 405,
         .code = "method_not_allowed",
         .title = "The resource does not take this method",
         .detail = fmt::format("{} {}", PrintableText(request.method), PrintableText(request.path)),
         .hint = "It takes " + allow + "."});
    response.headers.emplace_back("Allow", allow);  // RFC 9110 §15.5.6: MUST
    return response;
  }
  return NotFound(request);
}

HttpResponse StatusApi::GetIndex(const HttpRequest& /*request*/) {
  Json endpoints = Json::array();
  for (const Route& route : kRoutes) {
    endpoints.push_back(fmt::format("{} {}", route.method, route.path));
  }
  return JsonResponse({{"api", kApiVersion},
                       {"version", source_.Status().version},
                       {"endpoints", std::move(endpoints)}});
}

HttpResponse StatusApi::GetStatus(const HttpRequest& /*request*/) {
  return JsonResponse(ToJson(source_.Status()));
}

HttpResponse StatusApi::GetSessions(const HttpRequest& request) {
  SessionFilter filter;
  for (const auto& [name, value] : request.query) {
    const auto set = SetFilter(filter, name, value);
    if (!set) return ProblemResponse(set.error());
  }
  Json sessions = Json::array();
  for (const SessionRecord& session : source_.Sessions(filter)) sessions.push_back(ToJson(session));
  return JsonResponse({{"api", kApiVersion}, {"sessions", std::move(sessions)}});
}

HttpResponse StatusApi::GetDials(const HttpRequest& /*request*/) {
  Json dials = Json::array();
  for (const DialRecord& dial : source_.Dials()) dials.push_back(ToJson(dial));
  return JsonResponse({{"api", kApiVersion}, {"dials", std::move(dials)}});
}

HttpResponse StatusApi::GetAttempts(const HttpRequest& request) {
  AttemptFilter filter;
  for (const auto& [name, value] : request.query) {
    const auto set = SetFilter(filter, name, value);
    if (!set) return ProblemResponse(set.error());
  }
  Json attempts = Json::array();
  for (const AttemptRecord& attempt : source_.Attempts(filter)) attempts.push_back(ToJson(attempt));
  return JsonResponse({{"api", kApiVersion}, {"attempts", std::move(attempts)}});
}

HttpResponse StatusApi::GetSession(const HttpRequest& request) {
  SessionFilter filter;
  filter.id = request.path.substr(kSessionPrefix.size());
  const auto sessions = source_.Sessions(filter);
  if (sessions.empty()) {
    return ProblemResponse({.status = 404,
                            .code = "session_not_found",
                            .title = "No such session",
                            .detail = "No session has the id " + PrintableText(*filter.id) + ".",
                            .hint = "It may have ended. GET /v1/sessions lists those there are."});
  }
  Json record{{"api", kApiVersion}};
  record.update(ToJson(sessions.front()));
  return JsonResponse(record);
}

HttpResponse StatusApi::DisconnectSessions(const HttpRequest& request) {
  const auto call = ParseDisconnect(request.body);
  if (!call) return ProblemResponse(call.error());
  DisconnectResult result;
  if (call->dry_run) {
    for (SessionRecord& session : source_.Sessions(call->filter)) {
      result.sessions.push_back(std::move(session.id));
    }
  } else {
    result = source_.Disconnect(call->filter, request.peer);
  }
  return JsonResponse(
      {{"api", kApiVersion}, {"matched", result.sessions.size()}, {"sessions", result.sessions}});
}

}  // namespace sallyport::daemon
