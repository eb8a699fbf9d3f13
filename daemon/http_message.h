// SPDX-License-Identifier: GPL-2.0-or-later
// HTTP requests and answers as plain values: what HttpServer and the handlers behind it exchange.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "daemon/peer_credentials.h"

namespace sallyport::daemon {

/// What the socket that a request came to is for.
enum class Access : uint8_t {
  kOperate,  // everything
  kMonitor,  // reading, without names of users unless the configuration allows them
};

/// One request, complete with its body; all text may hold any octets.
struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // percent-decoded, without the query
  /// Percent-decoded, in the order of the request; a name without "=" has an empty value.
  std::vector<std::pair<std::string, std::string>> query;
  std::string body;
  std::optional<PeerCredentials> peer;  // nothing when the kernel did not tell
  std::string accept = {};              // the Accept header; empty when there is none
  Access access = Access::kOperate;
};

/// A body that is made while it is sent: neither a long list nor a stream without end is ever whole
/// in memory.
class BodySource {
 public:
  enum class Next : uint8_t {
    kMore,  // `out` may have grown; call again, in another turn of the loop if it has not
    kWait,  // nothing now; the waker is called when there is
    kEnd,   // what `out` got is the last
  };

  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;
  virtual ~BodySource() = default;

  /// Appends the next piece to `out`. A piece is what one turn of the loop may be busy with.
  virtual Next Produce(std::string& out) = 0;
  /// Called after kWait, from the loop's thread and never from within Produce(). An empty function:
  /// nobody listens any more.
  void SetWaker(std::function<void()> wake) { wake_ = std::move(wake); }

 protected:
  void Wake() const {
    if (wake_) wake_();
  }

 private:
  std::function<void()> wake_;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  // besides Content-Type and -Length
  std::string body;
  /// Of a refused request: Problem::code, for the server's counters. Not sent as such.
  std::string problem_code;
  std::shared_ptr<BodySource> stream = nullptr;  // instead of `body`
};

/// What went wrong with a request (RFC 9457 §3). The type member is left out: "about:blank".
struct Problem {
  int status = 500;                      // HTTP status
  std::string code;                      // stable snake_case word for programs
  std::string title;                     // the same for every problem with this code
  std::string detail;                    // about this one; may quote the request
  std::string hint;                      // what the caller can do
  std::vector<std::string> errors = {};  // when there are several; the detail is the first
};

/// `problem` as application/problem+json. Octets that are not UTF-8 become U+FFFD.
HttpResponse ProblemResponse(const Problem& problem);

}  // namespace sallyport::daemon
