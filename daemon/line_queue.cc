// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/line_queue.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "daemon/status_json.h"

namespace sallyport::daemon {

std::string TimestampNow() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", seconds, (now - seconds).count());
}

void LineQueue::Push(std::string line) {
  if (bytes_ + line.size() > kMaxBytes) {
    ++lost_;
    return;
  }
  TellLost();
  Append(std::move(line));
  Wake();
}

LineQueue::Next LineQueue::Produce(std::string& out) {
  constexpr size_t kPiece = size_t{16} * 1024;  // local policy
  const size_t before = out.size();
  if (lines_.empty()) TellLost();
  while (!lines_.empty() && out.size() - before < kPiece) {
    bytes_ -= lines_.front().size();
    out += lines_.front();
    lines_.pop_front();
  }
  return out.size() == before ? Next::kWait : Next::kMore;
}

void LineQueue::TellLost() {
  if (lost_ == 0) return;
  Append(
      ToText({{"time", TimestampNow()}, {"type", "overflow"}, {"lost", std::exchange(lost_, 0)}}));
}

void LineQueue::Append(std::string line) {
  bytes_ += line.size();
  lines_.push_back(std::move(line));
}

}  // namespace sallyport::daemon
