// SPDX-License-Identifier: GPL-2.0-or-later
// What happens in the daemon, for those who follow it (docs/status-api.md, GET /v1/events).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::daemon {

struct EventField {
  std::string_view name;                                      // of the JSON member
  std::variant<std::string, uint64_t, std::nullptr_t> value;  // null: there is none
  bool personal = false;                                      // names a user or a person's device
};

struct Event {
  std::string_view type;  // "session.up": group and word
  std::vector<EventField> fields;
};

/// Takes events. Called from the event loop; must not call back.
class EventSink {
 public:
  EventSink() = default;
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;
  virtual ~EventSink() = default;
  virtual void Publish(const Event& event) = 0;
};

}  // namespace sallyport::daemon
