// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/event.h"
#include "daemon/event_loop.h"
#include "daemon/http_message.h"
#include "daemon/line_queue.h"

namespace sallyport::daemon {

/// Which events a subscriber wants to see, and how much of them.
struct EventQuery {
  std::vector<std::string> groups;  // "session"; none: all
  bool show_users = true;
  bool monitoring = false;  // asked for at the monitoring socket
};

/// Hands events to those who follow them, as lines of JSON.
class EventStream final : public EventSink {
 public:
  static constexpr std::array<std::string_view, 9> kGroups{
      "session", "login", "attempt", "tunnel", "sa", "ike", "dial", "drain", "reload"};
  static constexpr size_t kMaxSubscribers = 16;  // local policy
  // Of those at the monitoring socket, who must not keep operators out. Local policy.
  static constexpr size_t kMaxMonitors = 12;

  /// `loop` outlives it.
  explicit EventStream(EventLoop& loop);

  void Publish(const Event& event) override;
  /// A body that begins with the snapshot marker and goes on with every event after it. Null when
  /// there are too many already.
  std::shared_ptr<BodySource> Subscribe(EventQuery query);

  uint64_t last_seq() const { return seq_; }
  size_t subscribers() const { return subscribers_.size(); }

 private:
  class Subscriber;

  std::string Line(const Event& event, uint64_t seq, bool show_users) const;

  uint64_t seq_ = 0;
  Followers<Subscriber> subscribers_;
};

}  // namespace sallyport::daemon
