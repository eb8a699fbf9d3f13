// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to the status API. Input: method, path and query (name=value&...) on a line each, then
// the body.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/status_api.h"
#include "daemon/status_json.h"

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
  std::vector<SessionRecord> Sessions(const SessionFilter& filter) const override {
    std::vector<SessionRecord> chosen;
    for (const SessionRecord& session : sessions_) {
      if (filter.Matches(session)) chosen.push_back(session);
    }
    return chosen;
  }
  std::vector<DialRecord> Dials() const override { return {}; }
  std::vector<AttemptRecord> Attempts(const AttemptFilter& /*filter*/) const override { return {}; }
  DisconnectResult Disconnect(const SessionFilter& filter,
                              const std::optional<PeerCredentials>& /*caller*/) override {
    ++disconnect_calls;
    DisconnectResult result;
    for (const SessionRecord& session : Sessions(filter)) result.sessions.push_back(session.id);
    return result;
  }

  int disconnect_calls = 0;

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
  const HttpResponse response = StatusApi(source).Handle(request);
  const Json body = Json::parse(response.body, nullptr, false);
  Require(body.is_object());
  if (response.status == 200) {
    Require(body.at("api") == kApiVersion && response.problem_code.empty());
  } else {
    Require(response.status == 400 || response.status == 404 || response.status == 405);
    Require(body.at("code") == response.problem_code && body.at("status") == response.status);
    Require(source.disconnect_calls == 0);
  }
  // Only the one call ends sessions, and everything only when the body says "all".
  if (source.disconnect_calls != 0) {
    Require(request.method == "POST" && request.path == "/v1/sessions:disconnect");
    const Json asked = Json::parse(request.body, nullptr, false);
    Require(asked.contains("all") || !asked.at("filter").empty());
  }
  return 0;
}
