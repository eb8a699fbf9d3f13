// SPDX-License-Identifier: GPL-2.0-or-later
// HTTP requests and answers as plain values: what HttpServer and the handlers behind it exchange.
#pragma once
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace sallyport::daemon {

/// Who called, as the kernel recorded it when the peer connected (SO_PEERCRED, unix(7)).
struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  bool operator==(const PeerCredentials&) const = default;
};

/// One request, complete with its body; all text may hold any octets.
struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // percent-decoded, without the query
  /// Percent-decoded, in the order of the request; a name without "=" has an empty value.
  std::vector<std::pair<std::string, std::string>> query;
  std::string body;
  std::optional<PeerCredentials> peer;  // nothing when the kernel did not tell
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  // besides Content-Type and -Length
  std::string body;
  /// Of a refused request: Problem::code, for the server's counters. Not sent as such.
  std::string problem_code;
};

/// What went wrong with a request (RFC 9457 §3). The type member is left out: "about:blank".
struct Problem {
  int status = 500;    // HTTP status
  std::string code;    // stable snake_case word for programs
  std::string title;   // the same for every problem with this code
  std::string detail;  // about this one; may quote the request
  std::string hint;    // what the caller can do
};

/// `problem` as application/problem+json. Octets that are not UTF-8 become U+FFFD.
HttpResponse ProblemResponse(const Problem& problem);

}  // namespace sallyport::daemon
