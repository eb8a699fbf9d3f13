// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/http_response.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sallyport::cli {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

/// Letters compare without case (RFC 9110 §5.1, §10.1.4), octet by octet in ASCII.
bool EqualWithoutCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

/// RFC 9110 §5.6.3: optional whitespace.
std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Digits only; nothing for other text and for numbers too large.
std::optional<size_t> ParseNumber(std::string_view text, int base) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

void HttpResponseParser::Receive(std::string_view octets) {
  if (failed()) return;
  pending_ += octets;
  while (Step()) {
  }
  pending_.erase(0, taken_);
  taken_ = 0;
  if (done() && !pending_.empty()) Fail();
}

void HttpResponseParser::Finish() {
  if (done()) return;
  if (state_ == State::kBody && framing_ == Framing::kUntilClose) {
    state_ = State::kDone;
  } else {
    Fail();
  }
}

bool HttpResponseParser::Step() {
  std::string_view line;
  switch (state_) {
    case State::kHead: {
      const std::string_view rest = Rest();
      const size_t end = rest.find("\r\n\r\n");
      if (std::min(end, rest.size()) > kMaxHeadBytes) Fail();
      if (failed() || end == rest.npos) return false;
      taken_ += end + 4;
      TakeHead(rest.substr(0, end + 2));
      return true;
    }
    case State::kBody:
      return TakeBody();
    case State::kChunkSize:
      if (!TakeLine(&line)) return false;
      TakeChunkSize(line);
      return true;
    case State::kChunkEnd:
      if (!TakeLine(&line)) return false;
      state_ = State::kChunkSize;
      if (!line.empty()) Fail();
      return true;
    case State::kTrailer:  // RFC 9112 §7.1.2: fields that we have no use for, then an empty line
      if (!TakeLine(&line)) return false;
      if (line.empty()) state_ = State::kDone;
      return true;
    case State::kDone:
    case State::kFailed:
      return false;
  }
  return false;
}

/// A line of the chunked framing, without its end; false while it is not complete.
bool HttpResponseParser::TakeLine(std::string_view* line) {
  const std::string_view rest = Rest();
  const size_t end = rest.find(kLineEnd);
  if (std::min(end, rest.size()) > kMaxHeadBytes) Fail();
  if (failed() || end == rest.npos) return false;
  *line = rest.substr(0, end);
  taken_ += end + kLineEnd.size();
  return true;
}

/// `head`: status line and header lines, each with its CRLF (RFC 9112 §2.1).
void HttpResponseParser::TakeHead(std::string_view head) {
  const std::string_view status_line = head.substr(0, head.find(kLineEnd));
  // RFC 9112 §4: HTTP-version SP status-code SP [ reason-phrase ].
  const bool is_http = status_line.starts_with("HTTP/1.") && status_line.size() >= 12 &&
                       status_line[8] == ' ' &&
                       (status_line.size() == 12 || status_line[12] == ' ');
  const auto status = is_http ? ParseNumber(status_line.substr(9, 3), 10) : std::nullopt;
  if (!status || *status < 100 || *status > 599) return Fail();
  response_.status = static_cast<int>(*status);
  framing_ = Framing::kUntilClose;
  has_length_ = false;
  head.remove_prefix(status_line.size() + kLineEnd.size());
  while (!head.empty()) {
    const size_t end = head.find(kLineEnd);
    if (!TakeHeader(head.substr(0, end))) return Fail();
    head.remove_prefix(end + kLineEnd.size());
  }
  StartBody();
}

bool HttpResponseParser::TakeHeader(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == line.npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trim(line.substr(colon + 1));
  if (EqualWithoutCase(name, "Transfer-Encoding")) {
    framing_ = Framing::kChunked;  // RFC 9112 §6.3: goes before Content-Length
    return EqualWithoutCase(value, "chunked");
  }
  if (EqualWithoutCase(name, "Content-Length")) {
    const auto length = ParseNumber(value, 10);
    if (!length || *length > kMaxBodyBytes || has_length_) return false;
    has_length_ = true;
    body_left_ = *length;
    if (framing_ != Framing::kChunked) framing_ = Framing::kLength;
  }
  return true;
}

void HttpResponseParser::StartBody() {
  const int status = response_.status;
  if (status < 200) {
    state_ = State::kHead;  // RFC 9110 §15.2: the response proper is still to come
  } else if (!has_body_ || status == 204 || status == 304) {
    state_ = State::kDone;
  } else if (framing_ == Framing::kChunked) {
    state_ = State::kChunkSize;
  } else {
    if (framing_ == Framing::kUntilClose) body_left_ = kMaxBodyBytes;
    state_ = framing_ == Framing::kLength && body_left_ == 0 ? State::kDone : State::kBody;
  }
}

bool HttpResponseParser::TakeBody() {
  const size_t size = std::min(body_left_, pending_.size() - taken_);
  if (size == 0) {
    if (framing_ == Framing::kUntilClose && body_left_ == 0) Fail();
    return false;
  }
  response_.body.append(pending_, taken_, size);
  taken_ += size;
  body_left_ -= size;
  if (body_left_ != 0) return false;
  if (framing_ == Framing::kLength) state_ = State::kDone;
  if (framing_ == Framing::kChunked) state_ = State::kChunkEnd;
  return true;
}

/// RFC 9112 §7.1: hexadecimal size, then extensions that a recipient ignores.
void HttpResponseParser::TakeChunkSize(std::string_view line) {
  const auto size = ParseNumber(Trim(line.substr(0, line.find(';'))), 16);
  if (!size || *size > kMaxBodyBytes - response_.body.size()) return Fail();
  body_left_ = *size;
  state_ = *size == 0 ? State::kTrailer : State::kBody;
}

}  // namespace sallyport::cli
