// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::cli {

struct HttpResponse {
  int status = 0;  // 200 to 599
  std::string body;
};

/// Reads one HTTP/1.1 response (RFC 9112) from octets as they arrive: body by Content-Length,
/// chunked, or until the peer closes. Responses 1xx are passed over. No I/O.
class HttpResponseParser {
 public:
  static constexpr size_t kMaxHeadBytes = size_t{16} * 1024;  // local policy
  static constexpr size_t kMaxBodyBytes =
      size_t{256} * 1024 * 1024;  // a fleet of sessions; local policy

  enum class State : uint8_t { kHead, kBody, kChunkSize, kChunkEnd, kTrailer, kDone, kFailed };

  /// `has_body` is false for the answer to HEAD (RFC 9112 §6.3).
  explicit HttpResponseParser(bool has_body = true) : has_body_(has_body) {}

  /// Takes what arrived. Octets after the end of the response are a failure: we never pipeline.
  void Receive(std::string_view octets);
  /// The peer has closed: ends a body without a length, else a response that is not done fails.
  void Finish();

  State state() const { return state_; }
  bool done() const { return state_ == State::kDone; }
  bool failed() const { return state_ == State::kFailed; }
  /// Whether status and headers have come.
  bool has_head() const { return state_ != State::kHead && state_ != State::kFailed; }
  /// Of a body that does not end, or is not to be kept: what has come of it since the last call.
  std::string TakeArrived() { return std::exchange(response_.body, {}); }
  /// Precondition: done(), or has_head() for the status alone.
  const HttpResponse& response() const { return response_; }

 private:
  /// How the length of the body is known.
  enum class Framing : uint8_t { kUntilClose, kLength, kChunked };

  /// Moves one step on; false when it takes more octets, or none.
  bool Step();
  std::string_view Rest() const { return std::string_view{pending_}.substr(taken_); }
  bool TakeLine(std::string_view* line);
  void TakeHead(std::string_view head);
  bool TakeHeader(std::string_view line);
  void StartBody();
  bool TakeBody();
  void TakeChunkSize(std::string_view line);
  void Fail() { state_ = State::kFailed; }

  bool has_body_;
  State state_ = State::kHead;
  std::string pending_;  // received, not yet taken
  size_t taken_ = 0;     // octets of pending_ that are
  Framing framing_ = Framing::kUntilClose;
  size_t body_left_ = 0;  // of the body or of the chunk
  bool has_length_ = false;
  HttpResponse response_;
};

}  // namespace sallyport::cli
