// SPDX-License-Identifier: GPL-2.0-or-later
// The status API of docs/status-api.md: routes, their parameters and their answers. No I/O; an
// HttpServer carries it.
#pragma once
#include <functional>
#include <memory>

#include "daemon/event_stream.h"
#include "daemon/http_message.h"
#include "daemon/status_model.h"

namespace sallyport::daemon {

class StatusApi {
 public:
  struct Options {
    bool monitor_shows_users = false;
  };
  /// Follows the events; null when too many do.
  using Subscribe = std::function<std::shared_ptr<BodySource>(EventQuery)>;

  /// `source` is borrowed and outlives the API and every body that it has given.
  StatusApi(StatusSource& source, Subscribe subscribe, Options options)
      : source_(source), subscribe_(std::move(subscribe)), options_(options) {}

  /// Whether the answer has counters of the kernel in it, which are to be read before.
  static bool ShowsCounters(const HttpRequest& request);
  /// Answers any request; one that is refused gets a problem and changes nothing.
  HttpResponse Handle(const HttpRequest& request);

 private:
  struct Route;
  static const Route kRoutes[];

  HttpResponse GetIndex(const HttpRequest& request);
  HttpResponse GetStatus(const HttpRequest& request);
  HttpResponse GetSessions(const HttpRequest& request);
  HttpResponse GetSession(const HttpRequest& request);
  HttpResponse GetTunnels(const HttpRequest& request);
  HttpResponse GetSas(const HttpRequest& request);
  HttpResponse GetPools(const HttpRequest& request);
  HttpResponse GetDials(const HttpRequest& request);
  HttpResponse GetAttempts(const HttpRequest& request);
  HttpResponse GetConfig(const HttpRequest& request);
  HttpResponse GetMetrics(const HttpRequest& request);
  HttpResponse GetEvents(const HttpRequest& request);
  HttpResponse GetTrace(const HttpRequest& request);
  HttpResponse DisconnectSessions(const HttpRequest& request);
  HttpResponse Drain(const HttpRequest& request);
  HttpResponse Undrain(const HttpRequest& request);
  HttpResponse Reload(const HttpRequest& request);
  HttpResponse ChangeLogLevel(const HttpRequest& request);
  HttpResponse SetDraining(const HttpRequest& request, bool draining);

  /// The names of users and what else tells who somebody is are left out.
  bool HidesUsers(const HttpRequest& request) const {
    return request.access == Access::kMonitor && !options_.monitor_shows_users;
  }

  StatusSource& source_;
  Subscribe subscribe_;
  Options options_;
};

}  // namespace sallyport::daemon
