// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/event_stream.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <utility>

#include "daemon/status_json.h"

namespace sallyport::daemon {
namespace {

/// RFC 3339 §5.6, UTC, with milliseconds.
std::string Now() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", seconds, (now - seconds).count());
}

std::string_view GroupOf(std::string_view type) { return type.substr(0, type.find('.')); }

}  // namespace

/// The queue of one who follows.
class EventStream::Subscriber final : public BodySource {
 public:
  explicit Subscriber(EventQuery query) : query_(std::move(query)) {}

  const EventQuery& query() const { return query_; }
  bool Wants(std::string_view group) const {
    return query_.groups.empty() ||
           std::find(query_.groups.begin(), query_.groups.end(), group) != query_.groups.end();
  }

  void Push(std::string line) {
    if (queued_bytes_ + line.size() > kMaxQueuedBytes) {
      ++lost_;
      return;
    }
    TellLost();
    Append(std::move(line));
    Wake();
  }

  Next Produce(std::string& out) override {
    constexpr size_t kPiece = size_t{16} * 1024;  // local policy
    const size_t before = out.size();
    if (lines_.empty()) TellLost();
    while (!lines_.empty() && out.size() - before < kPiece) {
      queued_bytes_ -= lines_.front().size();
      out += lines_.front();
      lines_.pop_front();
    }
    return out.size() == before ? Next::kWait : Next::kMore;
  }

 private:
  void TellLost() {
    if (lost_ == 0) return;
    Append(ToText({{"time", Now()}, {"type", "overflow"}, {"lost", std::exchange(lost_, 0)}}));
  }
  void Append(std::string line) {
    queued_bytes_ += line.size();
    lines_.push_back(std::move(line));
  }

  EventQuery query_;
  std::deque<std::string> lines_;
  size_t queued_bytes_ = 0;
  uint64_t lost_ = 0;  // since the last line in the queue
};

EventStream::EventStream(EventLoop& loop)
    : loop_(loop), heartbeat_(loop.AddTimer([this] { Beat(); })) {}

std::string EventStream::Line(const Event& event, uint64_t seq, bool show_users) const {
  Json line{{"seq", seq}, {"time", Now()}, {"type", event.type}};
  for (const EventField& field : event.fields) {
    Json& member = line[std::string(field.name)];
    if (field.personal && !show_users) continue;  // null
    std::visit([&member](const auto& value) { member = value; }, field.value);
  }
  return ToText(line);
}

void EventStream::Publish(const Event& event) {
  ++seq_;
  for (const auto& subscriber : Live()) {
    if (!subscriber->Wants(GroupOf(event.type))) continue;
    subscriber->Push(Line(event, seq_, subscriber->query().show_users));
  }
}

std::shared_ptr<BodySource> EventStream::Subscribe(EventQuery query) {
  const auto live = Live();
  const auto monitors = static_cast<size_t>(std::count_if(
      live.begin(), live.end(), [](const auto& one) { return !one->query().show_users; }));
  if (live.size() >= kMaxSubscribers) return nullptr;
  if (!query.show_users && monitors >= kMaxMonitors) return nullptr;
  auto subscriber = std::make_shared<Subscriber>(std::move(query));
  subscriber->Push(
      ToText({{"api", kApiVersion}, {"seq", seq_}, {"time", Now()}, {"type", "snapshot"}}));
  subscribers_.push_back(subscriber);
  // It beats for all: who comes must not put it off for the others.
  if (live.empty()) heartbeat_.Set(loop_.Now() + kHeartbeat);
  return subscriber;
}

size_t EventStream::subscribers() const {
  return static_cast<size_t>(std::count_if(subscribers_.begin(), subscribers_.end(),
                                           [](const auto& one) { return !one.expired(); }));
}

std::vector<std::shared_ptr<EventStream::Subscriber>> EventStream::Live() {
  std::vector<std::shared_ptr<Subscriber>> live;
  std::erase_if(subscribers_, [&live](const auto& one) {
    auto subscriber = one.lock();
    if (!subscriber) return true;
    live.push_back(std::move(subscriber));
    return false;
  });
  return live;
}

/// Tells the subscribers that we live, and us whether they do: writing to one that has closed
/// fails.
void EventStream::Beat() {
  const auto live = Live();
  for (const auto& subscriber : live) {
    subscriber->Push(ToText({{"seq", seq_}, {"time", Now()}, {"type", "heartbeat"}}));
  }
  if (!live.empty()) heartbeat_.Set(loop_.Now() + kHeartbeat);
}

}  // namespace sallyport::daemon
