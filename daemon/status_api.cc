// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/status_api.h"

#include <fmt/format.h>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/expected.h"
#include "base/text.h"
#include "daemon/list_body.h"
#include "daemon/status_json.h"
#include "daemon/status_metrics.h"
#include "daemon/status_query.h"
#include "daemon/trace_stream.h"

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

HttpResponse StreamResponse(std::string content_type, std::shared_ptr<BodySource> stream) {
  return {.status = 200,
          .content_type = std::move(content_type),
          .headers = {},
          .body = {},
          .problem_code = {},
          .stream = std::move(stream)};
}

HttpResponse NotFound(const HttpRequest& request) {
  return ProblemResponse({.status = 404,
                          .code = "not_found",
                          .title = "No such resource",
                          .detail = PrintableText(request.path) + " does not exist.",
                          .hint = "GET /v1 lists what there is."});
}

HttpResponse OperatorsOnly(const std::string& what) {
  return ProblemResponse({.status = 403,
                          .code = "operators_only",
                          .title = "This socket is for monitoring",
                          .detail = what + " is for operators.",
                          .hint = "Use the operators' socket (status.socket)."});
}

HttpResponse TooManySubscribers(const char* title, size_t limit) {
  return ProblemResponse(
      {.status = 503,
       .code = "too_many_subscribers",
       .title = title,
       .detail = fmt::format("{} connections do.", limit),
       .hint = "Close one. A connection that was given up is noticed within 15 seconds."});
}

/// The members of a record of which there is none yet.
template <typename Record>
std::vector<std::string> FieldsOf() {
  const Json json = ToJson(Record());
  std::vector<std::string> names;
  for (const auto& member : json.items()) names.push_back(member.key());
  return names;
}

/// `record` with the members `fields` alone, or all of it.
template <typename Record>
Json Chosen(const Record& record, const std::vector<std::string>& fields) {
  if (fields.empty()) return ToJson(record);
  if constexpr (std::is_same_v<Record, SessionRecord>) {
    return ToJson(record, fields);
  } else {
    Json whole = ToJson(record);
    Json chosen = Json::object();
    for (const std::string& field : fields) chosen[field] = std::move(whole[field]);
    return chosen;
  }
}

/// A long list as a body. `read` gives the records after a cursor.
template <typename Record, typename Read>
HttpResponse ListResponse(const char* name, const ListQuery& query, bool hide_users, Read read) {
  auto to_json = [read, fields = query.fields, hide_users](uint64_t after) {
    const Page<Record> records = read(after);
    Page<Json> page{.records = {}, .next = records.next};
    for (const auto& [cursor, record] : records.records) {
      Json json = Chosen(record, fields);
      if (hide_users) HideUser(json);
      page.records.emplace_back(cursor, std::move(json));
    }
    return page;
  };
  return StreamResponse(
      "application/json",
      std::make_shared<ListBody>(name, query.after, query.limit, std::move(to_json)));
}

}  // namespace

/// `path` is the whole path, or ends in "{id}", which stands for one segment.
struct StatusApi::Route {
  std::string_view path;
  std::string_view method;
  HttpResponse (StatusApi::*handle)(const HttpRequest&);
  Access access = Access::kMonitor;  // the least that is needed
  bool parameters = false;           // it reads the query itself; else there may be none

  bool Serves(std::string_view wanted) const {
    if (!path.ends_with("{id}")) return wanted == path;
    return wanted.starts_with(kSessionPrefix) && wanted.size() > kSessionPrefix.size() &&
           wanted.find('/', kSessionPrefix.size()) == wanted.npos;
  }
  /// HEAD is answered wherever GET is (RFC 9110 §9.3.2); the server leaves the body out.
  bool Takes(std::string_view wanted) const {
    return wanted == method || (method == "GET" && wanted == "HEAD");
  }
  bool IsFor(Access given) const {
    return given == Access::kOperate || (access == Access::kMonitor && method == "GET");
  }
};

constexpr StatusApi::Route StatusApi::kRoutes[] = {
    {"/v1", "GET", &StatusApi::GetIndex},
    {"/v1/status", "GET", &StatusApi::GetStatus},
    {"/v1/sessions", "GET", &StatusApi::GetSessions, Access::kMonitor, true},
    {"/v1/sessions/{id}", "GET", &StatusApi::GetSession},
    {"/v1/tunnels", "GET", &StatusApi::GetTunnels, Access::kMonitor, true},
    {"/v1/sas", "GET", &StatusApi::GetSas, Access::kMonitor, true},
    {"/v1/pools", "GET", &StatusApi::GetPools},
    {"/v1/dials", "GET", &StatusApi::GetDials},
    {"/v1/attempts", "GET", &StatusApi::GetAttempts, Access::kOperate, true},
    {"/v1/config", "GET", &StatusApi::GetConfig, Access::kOperate},
    {"/v1/metrics", "GET", &StatusApi::GetMetrics},
    {"/v1/events", "GET", &StatusApi::GetEvents, Access::kMonitor, true},
    {"/v1/trace", "GET", &StatusApi::GetTrace, Access::kOperate, true},
    {"/v1/sessions:disconnect", "POST", &StatusApi::DisconnectSessions},
    {"/v1/drain", "POST", &StatusApi::Drain},
    {"/v1/undrain", "POST", &StatusApi::Undrain},
    {"/v1/reload", "POST", &StatusApi::Reload},
    {"/v1/log-level", "POST", &StatusApi::ChangeLogLevel},
};

bool StatusApi::ShowsCounters(const HttpRequest& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const std::string_view path = request.path;
  return reads && (path == "/v1/status" || path == "/v1/sessions" || path == "/v1/sas" ||
                   path == "/v1/metrics" || path.starts_with(kSessionPrefix));
}

HttpResponse StatusApi::Handle(const HttpRequest& request) {
  for (const Route& route : kRoutes) {
    if (!route.Serves(request.path)) continue;
    if (!route.Takes(request.method)) {
      const std::string allow = route.method == "GET" ? "GET, HEAD" : std::string(route.method);
      HttpResponse response =
          ProblemResponse({.status = 405,
                           .code = "method_not_allowed",
                           .title = "The resource does not take this method",
                           .detail = fmt::format("{} {}", PrintableText(request.method),
                                                 PrintableText(request.path)),
                           .hint = "It takes " + allow + "."});
      response.headers.emplace_back("Allow", allow);  // RFC 9110 §15.5.6: MUST
      return response;
    }
    if (!route.IsFor(request.access)) {
      return OperatorsOnly(fmt::format("{} {}", route.method, route.path));
    }
    if (!route.parameters) {
      // A slip in a name must not pass for an answer to what was asked.
      if (const auto none = ParseNoQuery(request); !none) return ProblemResponse(none.error());
    }
    return (this->*route.handle)(request);
  }
  return NotFound(request);
}

// ---- Reading ----------------------------------------------------------------------------------

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
  const auto query = ParseSessionQuery(request, FieldsOf<SessionRecord>());
  if (!query) return ProblemResponse(query.error());
  const bool hide = HidesUsers(request);
  if (hide && query->filter.user) return OperatorsOnly("To choose by user");
  return ListResponse<SessionRecord>("sessions", *query, hide,
                                     [this, filter = query->filter](uint64_t after) {
                                       return source_.Sessions(filter, after, ListBody::kScan);
                                     });
}

HttpResponse StatusApi::GetAttempts(const HttpRequest& request) {
  const auto query = ParseAttemptQuery(request, FieldsOf<AttemptRecord>());
  if (!query) return ProblemResponse(query.error());
  return ListResponse<AttemptRecord>("attempts", *query, false,
                                     [this, filter = query->filter](uint64_t after) {
                                       return source_.Attempts(filter, after, ListBody::kScan);
                                     });
}

HttpResponse StatusApi::GetSession(const HttpRequest& request) {
  const std::string id = request.path.substr(kSessionPrefix.size());
  const auto found = source_.Session(id);
  if (!found) {
    return ProblemResponse({.status = 404,
                            .code = "session_not_found",
                            .title = "No such session",
                            .detail = "No session has the id " + PrintableText(id) + ".",
                            .hint = "It may have ended. GET /v1/sessions lists those there are."});
  }
  Json record{{"api", kApiVersion}};
  Json session = ToJson(*found);
  if (HidesUsers(request)) HideUser(session);
  record.update(session);
  return JsonResponse(record);
}

HttpResponse StatusApi::GetTunnels(const HttpRequest& request) {
  const auto query = ParseListQuery(request, FieldsOf<TunnelStatus>());
  if (!query) return ProblemResponse(query.error());
  return ListResponse<TunnelStatus>("tunnels", *query, HidesUsers(request), [this](uint64_t after) {
    return source_.Tunnels(after, ListBody::kScan);
  });
}

HttpResponse StatusApi::GetSas(const HttpRequest& request) {
  const auto query = ParseListQuery(request, FieldsOf<SaStatus>());
  if (!query) return ProblemResponse(query.error());
  return ListResponse<SaStatus>("sas", *query, HidesUsers(request), [this](uint64_t after) {
    return source_.Sas(after, ListBody::kScan);
  });
}

HttpResponse StatusApi::GetPools(const HttpRequest& /*request*/) {
  Json pools = Json::array();
  for (const PoolStatus& pool : source_.Pools()) pools.push_back(ToJson(pool));
  return JsonResponse({{"api", kApiVersion}, {"pools", std::move(pools)}});
}

HttpResponse StatusApi::GetDials(const HttpRequest& /*request*/) {
  Json dials = Json::array();
  for (const DialRecord& dial : source_.Dials()) dials.push_back(ToJson(dial));
  return JsonResponse({{"api", kApiVersion}, {"dials", std::move(dials)}});
}

HttpResponse StatusApi::GetConfig(const HttpRequest& /*request*/) {
  return JsonResponse(ToJson(source_.Configuration()));
}

HttpResponse StatusApi::GetMetrics(const HttpRequest& request) {
  const MetricsFormat format = ChooseFormat(request.accept);
  return {.status = 200,
          .content_type = std::string(ContentType(format)),
          .headers = {},
          .body = MetricsOf(source_.Metrics(), format),
          .problem_code = {}};
}

HttpResponse StatusApi::GetEvents(const HttpRequest& request) {
  auto query = ParseEventQuery(request);
  if (!query) return ProblemResponse(query.error());
  query->show_users = !HidesUsers(request);
  query->monitoring = request.access == Access::kMonitor;
  auto stream = subscribe_(*std::move(query));
  if (!stream) {
    return TooManySubscribers("Too many follow the events", EventStream::kMaxSubscribers);
  }
  return StreamResponse("application/x-ndjson", std::move(stream));
}

HttpResponse StatusApi::GetTrace(const HttpRequest& request) {
  const auto query = ParseTraceQuery(request);
  if (!query) return ProblemResponse(query.error());
  // HEAD asks what GET would be answered with, and nobody would read the stream.
  if (request.method == "HEAD") return StreamResponse("application/x-ndjson", nullptr);
  auto stream = source_.Trace(*query, request.peer);
  if (!stream) return TooManySubscribers("Too many trace", TraceStream::kMaxSubscribers);
  return StreamResponse("application/x-ndjson", std::move(stream));
}

// ---- Acting -----------------------------------------------------------------------------------

HttpResponse StatusApi::DisconnectSessions(const HttpRequest& request) {
  const auto call = ParseDisconnect(request.body);
  if (!call) return ProblemResponse(call.error());
  const DisconnectResult result =
      call->dry_run ? DisconnectResult{.sessions = source_.SessionIds(call->filter)}
                    : source_.Disconnect(call->filter, request.peer);
  return JsonResponse(
      {{"api", kApiVersion}, {"matched", result.sessions.size()}, {"sessions", result.sessions}});
}

HttpResponse StatusApi::SetDraining(const HttpRequest& request, bool draining) {
  if (const auto none = ParseNoBody(request.body); !none) return ProblemResponse(none.error());
  source_.SetDraining(draining, request.peer);
  const DaemonStatus status = source_.Status();
  return JsonResponse({{"api", kApiVersion},
                       {"state", ToString(status.state)},
                       {"drained", status.drained},
                       {"sessions", status.sessions.total},
                       {"tunnels", status.l2tp.tunnels}});
}

HttpResponse StatusApi::Drain(const HttpRequest& request) { return SetDraining(request, true); }
HttpResponse StatusApi::Undrain(const HttpRequest& request) { return SetDraining(request, false); }

HttpResponse StatusApi::Reload(const HttpRequest& request) {
  if (const auto none = ParseNoBody(request.body); !none) return ProblemResponse(none.error());
  const ReloadResult result = source_.Reload(request.peer);
  if (!result.errors.empty()) {
    return ProblemResponse({.status = 422,
                            .code = "config_invalid",
                            .title = "The new configuration is not valid",
                            .detail = result.errors.front(),
                            .hint = "The old one stays in force. Mend the file and try again.",
                            .errors = result.errors});
  }
  return JsonResponse(
      {{"api", kApiVersion}, {"changed", result.changed}, {"restart", result.restart}});
}

HttpResponse StatusApi::ChangeLogLevel(const HttpRequest& request) {
  const auto level = ParseLogLevelBody(request.body);
  if (!level) return ProblemResponse(level.error());
  source_.ChangeLogLevel(*level, request.peer);
  return JsonResponse({{"api", kApiVersion}, {"level", ToString(*level)}});
}

}  // namespace sallyport::daemon
