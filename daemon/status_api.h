// SPDX-License-Identifier: GPL-2.0-or-later
// The status API of docs/status-api.md: routes, their parameters and their answers. No I/O; an
// HttpServer carries it.
#pragma once
#include "daemon/http_message.h"
#include "daemon/status_model.h"

namespace sallyport::daemon {

class StatusApi {
 public:
  /// `source` is borrowed and outlives the API.
  explicit StatusApi(StatusSource& source) : source_(source) {}

  /// Answers any request; one that is refused gets a problem and changes nothing.
  HttpResponse Handle(const HttpRequest& request);

 private:
  struct Route;
  static const Route kRoutes[];

  HttpResponse GetIndex(const HttpRequest& request);
  HttpResponse GetStatus(const HttpRequest& request);
  HttpResponse GetSessions(const HttpRequest& request);
  HttpResponse GetSession(const HttpRequest& request);
  HttpResponse GetDials(const HttpRequest& request);
  HttpResponse GetAttempts(const HttpRequest& request);
  HttpResponse DisconnectSessions(const HttpRequest& request);

  StatusSource& source_;
};

}  // namespace sallyport::daemon
