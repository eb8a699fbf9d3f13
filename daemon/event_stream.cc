// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/event_stream.h"

#include <algorithm>
#include <utility>

#include "daemon/status_json.h"

namespace sallyport::daemon {
namespace {

std::string_view GroupOf(std::string_view type) { return type.substr(0, type.find('.')); }

}  // namespace

/// The queue of one who follows.
class EventStream::Subscriber final : public LineQueue {
 public:
  explicit Subscriber(EventQuery query) : query_(std::move(query)) {}

  const EventQuery& query() const { return query_; }
  bool Wants(std::string_view group) const {
    return query_.groups.empty() ||
           std::find(query_.groups.begin(), query_.groups.end(), group) != query_.groups.end();
  }

 private:
  EventQuery query_;
};

EventStream::EventStream(EventLoop& loop)
    : subscribers_(loop, [this] {
        return ToText({{"seq", seq_}, {"time", TimestampNow()}, {"type", "heartbeat"}});
      }) {}

std::string EventStream::Line(const Event& event, uint64_t seq, bool show_users) const {
  Json line{{"seq", seq}, {"time", TimestampNow()}, {"type", event.type}};
  for (const EventField& field : event.fields) {
    Json& member = line[std::string(field.name)];
    if (field.personal && !show_users) continue;  // null
    std::visit([&member](const auto& value) { member = value; }, field.value);
  }
  return ToText(line);
}

void EventStream::Publish(const Event& event) {
  ++seq_;
  for (const auto& subscriber : subscribers_.Live()) {
    if (!subscriber->Wants(GroupOf(event.type))) continue;
    subscriber->Push(Line(event, seq_, subscriber->query().show_users));
  }
}

std::shared_ptr<BodySource> EventStream::Subscribe(EventQuery query) {
  const auto live = subscribers_.Live();
  const auto monitors = static_cast<size_t>(std::count_if(
      live.begin(), live.end(), [](const auto& one) { return one->query().monitoring; }));
  if (live.size() >= kMaxSubscribers) return nullptr;
  if (query.monitoring && monitors >= kMaxMonitors) return nullptr;
  auto subscriber = std::make_shared<Subscriber>(std::move(query));
  subscriber->Push(ToText(
      {{"api", kApiVersion}, {"seq", seq_}, {"time", TimestampNow()}, {"type", "snapshot"}}));
  subscribers_.Add(subscriber);
  return subscriber;
}

}  // namespace sallyport::daemon
