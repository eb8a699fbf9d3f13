// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/http_client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <system_error>

#include "base/time.h"
#include "base/unique_fd.h"

namespace sallyport::cli {
namespace {

using Kind = CallError::Kind;

CallError FromErrno(int error) {
  Kind kind = Kind::kBroken;
  if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR) kind = Kind::kUnreachable;
  if (error == EACCES || error == EPERM) kind = Kind::kForbidden;
  if (error == EAGAIN) kind = Kind::kTimeout;
  return {.kind = kind, .detail = std::generic_category().message(error)};
}

std::chrono::milliseconds Left(TimePoint deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds{0});
}

/// Nothing once `fd` is ready for `events`.
std::optional<CallError> Wait(const UniqueFd& fd, short events, TimePoint deadline) {
  pollfd ready{.fd = fd.get(), .events = events, .revents = 0};
  while (true) {
    const int count = ::poll(&ready, 1, static_cast<int>(Left(deadline).count()));
    if (count > 0) return {};
    if (count == 0) return FromErrno(EAGAIN);
    if (errno != EINTR) return FromErrno(errno);
  }
}

Expected<UniqueFd, CallError> Connect(const std::string& path, TimePoint deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Unexpected{FromErrno(ENAMETOOLONG)};
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return Unexpected{FromErrno(errno)};
  // connect() waits while the daemon's backlog is full; unix(7) bounds that by SO_SNDTIMEO, for
  // which zero would mean for ever.
  const auto left = std::max(Left(deadline), std::chrono::milliseconds{1});
  const timeval limit{.tv_sec = left.count() / 1000, .tv_usec = left.count() % 1000 * 1000};
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) {
    return Unexpected{FromErrno(errno)};
  }
  // The cast is the BSD socket API's own convention.
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno != EINTR) return Unexpected{FromErrno(errno)};
  }
  return fd;
}

std::string Serialize(const HttpCall& call) {
  // RFC 9112 §3.2: a request must have a Host, even where there is none.
  std::string text = call.method + ' ' + call.target +
                     " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
                     "Connection: close\r\n";
  if (!call.body.empty()) {
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(call.body.size()) +
        "\r\n";
  }
  return text + "\r\n" + call.body;
}

/// A peer that closed without reading all of it may still have answered: that is no error here.
std::optional<CallError> Send(const UniqueFd& fd, std::string_view text, TimePoint deadline) {
  while (!text.empty()) {
    if (auto error = Wait(fd, POLLOUT, deadline)) return error;
    const auto size = ::send(fd.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0) {
      if (errno == EAGAIN || errno == EINTR) continue;
      if (errno == EPIPE || errno == ECONNRESET) return {};
      return FromErrno(errno);
    }
    text.remove_prefix(static_cast<size_t>(size));
  }
  return {};
}

/// Gives the parser what comes next.
std::optional<CallError> ReceiveSome(const UniqueFd& fd, TimePoint deadline,
                                     HttpResponseParser& parser) {
  std::array<char, 65536> buffer{};
  if (auto error = Wait(fd, POLLIN, deadline)) return error;
  const auto size = ::recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size > 0) parser.Receive({buffer.data(), static_cast<size_t>(size)});
  if (size == 0) parser.Finish();
  if (size < 0 && errno != EAGAIN && errno != EINTR) return FromErrno(errno);
  if (!parser.failed()) return {};
  return CallError{.kind = Kind::kBroken,
                   .detail = "what answered is not an HTTP server, or it broke off"};
}

Expected<HttpResponse, CallError> ReceiveResponse(const UniqueFd& fd, TimePoint deadline) {
  HttpResponseParser parser;
  while (!parser.done()) {
    if (auto error = ReceiveSome(fd, deadline, parser)) return Unexpected{*std::move(error)};
  }
  return parser.response();
}

}  // namespace

Expected<HttpResponse, CallError> Call(const std::string& socket_path, const HttpCall& call,
                                       std::chrono::milliseconds time_limit) {
  const TimePoint deadline = std::chrono::steady_clock::now() + time_limit;
  const auto fd = Connect(socket_path, deadline);
  if (!fd) return Unexpected{fd.error()};
  if (auto error = Send(*fd, Serialize(call), deadline)) return Unexpected{*std::move(error)};
  return ReceiveResponse(*fd, deadline);
}

Expected<HttpResponse, CallError> Follow(const std::string& socket_path, const HttpCall& call,
                                         std::chrono::milliseconds time_limit,
                                         std::chrono::milliseconds silence,
                                         const std::function<bool(std::string_view)>& take) {
  const TimePoint deadline = std::chrono::steady_clock::now() + time_limit;
  const auto fd = Connect(socket_path, deadline);
  if (!fd) return Unexpected{fd.error()};
  if (auto error = Send(*fd, Serialize(call), deadline)) return Unexpected{*std::move(error)};
  HttpResponseParser parser;
  while (!parser.done()) {
    const TimePoint until =
        parser.has_head() ? std::chrono::steady_clock::now() + silence : deadline;
    if (auto error = ReceiveSome(*fd, until, parser)) return Unexpected{*std::move(error)};
    if (!parser.has_head() || parser.response().status != 200) continue;
    const std::string arrived = parser.TakeArrived();
    if (!arrived.empty() && !take(arrived)) break;
  }
  return parser.response();
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kUnreserved =  // RFC 3986 §2.3
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kUnreserved.find(c) != kUnreserved.npos) {
      encoded += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kDigits[octet >> 4];
      encoded += kDigits[octet & 0x0F];
    }
  }
  return encoded;
}

}  // namespace sallyport::cli
