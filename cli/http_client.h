// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "cli/http_response.h"

namespace sallyport::cli {

/// A request to the daemon. `target` is path and query, already percent-encoded.
struct HttpCall {
  std::string method = "GET";
  std::string target;
  std::string body;  // JSON; empty for none
  bool operator==(const HttpCall&) const = default;
};

/// Why there is no response.
struct CallError {
  enum class Kind : uint8_t {
    kUnreachable,  // no socket, or nobody listens on it
    kForbidden,    // the socket's mode keeps us out
    kTimeout,
    kBroken,  // the connection ended early, or what came is not HTTP
  };
  Kind kind;
  std::string detail;  // the kernel's words
};

/// Makes `call` on the unix socket at `socket_path`, waiting at most `time_limit` for everything.
Expected<HttpResponse, CallError> Call(const std::string& socket_path, const HttpCall& call,
                                       std::chrono::milliseconds time_limit);

/// Makes `call`, whose answer is to begin within `time_limit`, and hands what comes of a 200's body
/// to `take` as it comes; for as long as the daemon sends, `take` gives true and there is no longer
/// silence than `silence`. Any other response is given back whole; a 200 without its body.
Expected<HttpResponse, CallError> Follow(const std::string& socket_path, const HttpCall& call,
                                         std::chrono::milliseconds time_limit,
                                         std::chrono::milliseconds silence,
                                         const std::function<bool(std::string_view)>& take);

/// Octets other than unreserved ones as %XX (RFC 3986 §2.1).
std::string PercentEncode(std::string_view text);

}  // namespace sallyport::cli
