// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of JSON for those who follow something: what EventStream and TraceStream have in common.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/event_loop.h"
#include "daemon/http_message.h"

namespace sallyport::daemon {

/// RFC 3339 §5.6, UTC, with milliseconds.
std::string TimestampNow();

/// A body without an end, made of lines. Nobody can hold the daemon up: what does not fit is
/// counted and told by a line of type "overflow" before the next that does.
class LineQueue : public BodySource {
 public:
  static constexpr size_t kMaxBytes = size_t{256} * 1024;  // local policy

  /// `line` ends in a line feed.
  void Push(std::string line);
  Next Produce(std::string& out) override;

 private:
  void TellLost();
  void Append(std::string line);

  std::deque<std::string> lines_;
  size_t bytes_ = 0;
  uint64_t lost_ = 0;  // since the last line in the queue
};

/// Those who follow, each as long as somebody else holds its `Queue`, which is a LineQueue. Tells
/// them by a heartbeat that we live, and us whether they do: writing to one that has closed fails.
template <typename Queue>
class Followers {
 public:
  static constexpr std::chrono::seconds kHeartbeat{15};  // local policy

  /// `loop` outlives it. `beat` makes the line of a heartbeat.
  Followers(EventLoop& loop, std::function<std::string()> beat)
      : loop_(loop), beat_(std::move(beat)), timer_(loop.AddTimer([this] { Beat(); })) {}

  void Add(const std::shared_ptr<Queue>& queue) {
    // It beats for all: who comes must not put it off for the others.
    if (Live().empty()) timer_.Set(loop_.Now() + kHeartbeat);
    queues_.push_back(queue);
  }

  std::vector<std::shared_ptr<Queue>> Live() {
    std::vector<std::shared_ptr<Queue>> live;
    std::erase_if(queues_, [&live](const auto& one) {
      auto queue = one.lock();
      if (!queue) return true;
      live.push_back(std::move(queue));
      return false;
    });
    return live;
  }

  size_t size() const {
    size_t live = 0;
    for (const auto& queue : queues_) {
      if (!queue.expired()) ++live;
    }
    return live;
  }

 private:
  void Beat() {
    const auto live = Live();
    for (const auto& queue : live) queue->Push(beat_());
    if (!live.empty()) timer_.Set(loop_.Now() + kHeartbeat);
  }

  EventLoop& loop_;
  std::function<std::string()> beat_;
  std::vector<std::weak_ptr<Queue>> queues_;
  Timer timer_;
};

}  // namespace sallyport::daemon
