// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to the status API. Input: method, path and query (name=value&...) on a line each, then
// the body.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/status_api.h"
#include "daemon/status_json.h"
#include "daemon/trace_stream.h"
#include "tests/unit/daemon/session_list.h"

namespace {

using namespace sallyport;
using namespace sallyport::daemon;

void Require(bool holds) {
  if (!holds) std::abort();
}

/// Three sessions, and a check on what it is told to end.
class Source : public StatusSource {
 public:
  explicit Source(std::string_view text) {
    SessionRecord session;
    session.id = "a1";
    session.state = SessionState::kUp;
    session.user = "bob";
    session.pool = "staff";
    session.address = IpAddress::V4(0x0A400002);
    session.peer.address = IpAddress::V4(0xCB007101);
    sessions_.push_back(session);
    session.id = "b2";
    session.user = text;  // any octets must come out as JSON
    session.peer.host_name = text;
    sessions_.push_back(session);
    sessions_.emplace_back().id = "c3";
    status_.drops.l2tp[std::string(text)] = 1;
  }

  DaemonStatus Status() const override { return status_; }
  MetricsStatus Metrics() const override {
    MetricsStatus metrics;
    metrics.status = status_;
    return metrics;
  }
  Page<SessionRecord> Sessions(const SessionFilter& filter, uint64_t after, size_t) const override {
    Page<SessionRecord> page;
    for (; after < sessions_.size(); ++after) {
      if (filter.Matches(FactsOf(sessions_[after])))
        page.records.emplace_back(after + 1, sessions_[after]);
    }
    return page;
  }
  std::optional<SessionRecord> Session(const std::string& id) const override {
    return SessionIn(sessions_, id);
  }
  std::vector<std::string> SessionIds(const SessionFilter& filter) const override {
    return SessionIdsIn(sessions_, filter);
  }
  Page<TunnelStatus> Tunnels(uint64_t after, size_t) const override {
    Page<TunnelStatus> page;
    if (after == 0) page.records.emplace_back(1, TunnelStatus());
    return page;
  }
  Page<SaStatus> Sas(uint64_t after, size_t) const override {
    Page<SaStatus> page;
    if (after == 0) page.records.emplace_back(1, SaStatus());
    return page;
  }
  std::vector<PoolStatus> Pools() const override { return {PoolStatus()}; }
  std::vector<ConfigValue> Configuration() const override { return {}; }
  std::vector<DialRecord> Dials() const override { return {}; }
  Page<AttemptRecord> Attempts(const AttemptFilter&, uint64_t after, size_t) const override {
    Page<AttemptRecord> page;
    if (after == 0) page.records.emplace_back(1, AttemptRecord());
    return page;
  }
  DisconnectResult Disconnect(const SessionFilter& filter,
                              const std::optional<PeerCredentials>& /*caller*/) override {
    ++disconnect_calls;
    DisconnectResult result;
    result.sessions = SessionIds(filter);
    return result;
  }
  void SetDraining(bool, const std::optional<PeerCredentials>&) override { ++other_calls; }
  ReloadResult Reload(const std::optional<PeerCredentials>&) override {
    ++other_calls;
    return {};
  }
  void ChangeLogLevel(LogLevel, const std::optional<PeerCredentials>&) override { ++other_calls; }

  std::shared_ptr<BodySource> Trace(const TraceQuery& query,
                                    const std::optional<PeerCredentials>& /*caller*/) override {
    return trace.Subscribe(query);
  }

  EventLoop loop;
  TraceStream trace{loop};
  int disconnect_calls = 0;
  int other_calls = 0;

 private:
  DaemonStatus status_;
  std::vector<SessionRecord> sessions_;
};

std::string_view TakeUntil(std::string_view& text, char end) {
  const std::string_view head = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), head.size() + 1));
  return head;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  HttpRequest request;
  request.method = TakeUntil(input, '\n');
  request.path = TakeUntil(input, '\n');
  std::string_view query = TakeUntil(input, '\n');
  while (!query.empty()) {
    std::string_view value = TakeUntil(query, '&');
    const std::string_view name = TakeUntil(value, '=');
    request.query.emplace_back(name, value);
  }
  request.body = input;

  Source source(input);
  EventLoop loop;
  EventStream events(loop);
  StatusApi api(source,
                [&events](EventQuery wanted) { return events.Subscribe(std::move(wanted)); }, {});
  // The length of the body decides on the socket, so that both are tried.
  request.access = input.size() % 2 == 0 ? Access::kOperate : Access::kMonitor;
  HttpResponse response = api.Handle(request);
  events.Publish({.type = "session.up", .fields = {{"user", std::string(input), true}}});
  for (int piece = 0; response.stream && piece < 100; ++piece) {
    if (response.stream->Produce(response.body) != BodySource::Next::kMore) break;
  }
  const bool acted = source.disconnect_calls + source.other_calls != 0;
  Require(!acted || request.access == Access::kOperate);
  if (response.content_type.starts_with("application/openmetrics-text")) {
    Require(response.body.ends_with("# EOF\n"));
    return 0;
  }
  // Of a stream of events the first line.
  const bool stream = response.content_type == "application/x-ndjson";
  const Json body = Json::parse(
      stream ? response.body.substr(0, response.body.find('\n')) : response.body, nullptr, false);
  Require(body.is_object());
  if (response.status == 200) {
    Require(body.at("api") == kApiVersion && response.problem_code.empty());
  } else {
    Require(response.status >= 400 && response.status < 500);
    Require(body.at("code") == response.problem_code && body.at("status") == response.status);
    Require(!acted);
  }
  // Only the one call ends sessions, and everything only when the body says "all".
  if (source.disconnect_calls != 0) {
    Require(request.method == "POST" && request.path == "/v1/sessions:disconnect");
    const Json asked = Json::parse(request.body, nullptr, false);
    Require(asked.contains("all") || !asked.at("filter").empty());
  }
  return 0;
}
