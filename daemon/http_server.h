// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

#include "base/expected.h"
#include "daemon/count_by_reason.h"
#include "daemon/event_loop.h"
#include "daemon/http_message.h"

namespace sallyport::daemon {

/// Limits are design D7's; they bound what callers can make the daemon hold: about 4 MiB.
struct HttpServerOptions {
  std::string socket_path;
  std::optional<gid_t> group;  // of the socket file; nothing: the process's own
  mode_t mode = 0660;          // of the socket file
  Access access = Access::kOperate;
  unsigned max_connections = 64;  // further ones wait in the backlog
  /// Of one connection: request line, headers and the library's buffers; also of the body.
  size_t max_request_bytes = size_t{32} * 1024;
  std::chrono::seconds idle_timeout{10};  // without an octet either way; zero: none
  /// For a request to come whole, head and body, from the connection's beginning or from the answer
  /// to the one before. One who sends an octet now and then is never idle.
  std::chrono::seconds request_timeout{30};
};

/// HTTP/1.1 on a unix socket (libmicrohttpd), served by the event loop, without threads.
class HttpServer {
 public:
  /// Called for each complete request, on the loop's thread; must not destroy the server.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  /// Called before the handler, for what it needs but cannot wait for. True: the request waits
  /// until `ready` is called, later and from the loop's thread; calls after the server has gone are
  /// not allowed. False: nothing to wait for.
  using Preparer = std::function<bool(const HttpRequest&, std::function<void()> ready)>;

  /// Listens at once. `loop` is borrowed and outlives the server. The error is for the operator.
  static Expected<HttpServer, std::string> Start(EventLoop& loop, const HttpServerOptions& options,
                                                 Handler handler, Preparer prepare = {});

  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) noexcept;
  /// Closes every connection and removes the socket file.
  ~HttpServer();

  /// Requests that were refused, by Problem::code. Besides the handler's own codes:
  /// "body_too_large"; "handler_failed"; "request_too_slow": not whole within request_timeout;
  /// "no_request": a connection that ended otherwise before a request was understood (not HTTP,
  /// headers too large, silent until the idle timeout).
  const CountByReason& drops() const;

 private:
  class Implementation;
  explicit HttpServer(std::unique_ptr<Implementation> implementation);

  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sallyport::daemon
