// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/time.h"

struct sd_event;
struct sd_event_source;

namespace sallyport::daemon {

namespace detail {
struct EventSourceState;
/// Ends a source also from inside its own callback.
struct EventSourceEnder {
  void operator()(EventSourceState* state) const;
};
using EventSource = std::unique_ptr<EventSourceState, EventSourceEnder>;
}  // namespace detail

/// Watches one file descriptor as long as it lives. The descriptor stays the caller's and must
/// outlive the source.
class IoSource {
 public:
  IoSource() = default;
  /// EPOLLIN, EPOLLOUT...; zero watches for errors only.
  void SetEvents(uint32_t epoll_events);
  void Reset() { source_.reset(); }
  explicit operator bool() const { return source_ != nullptr; }

 private:
  friend class EventLoop;
  detail::EventSource source_;
};

/// One deadline. Fires once for each Set().
class Timer {
 public:
  Timer() = default;
  /// Replaces the deadline; nothing disarms.
  void Set(std::optional<TimePoint> deadline);
  void Reset() { source_.reset(); }
  explicit operator bool() const { return source_ != nullptr; }

 private:
  friend class EventLoop;
  detail::EventSource source_;
};

/// The daemon's only event loop: a thin shell around sd-event, so that another loop can replace it.
/// Everything here belongs to the thread that calls Run().
class EventLoop {
 public:
  using Callback = std::function<void()>;
  using IoCallback = std::function<void(uint32_t epoll_events)>;

  /// Throws std::system_error when the kernel refuses an epoll instance (start-up only).
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  IoSource AddIo(int fd, uint32_t epoll_events, IoCallback callback);
  Timer AddTimer(Callback callback);
  /// Blocks `signal` for the process and calls back in the loop instead, until the loop ends.
  void AddSignal(int signal, Callback callback);
  /// Runs `callback` in a later turn of the loop. Everything else that is due has turns as well,
  /// even if calls defer each other for ever.
  void Defer(Callback callback);
  /// The time now.
  TimePoint Now() const;

  /// Serves events until Exit(); returns its code. Answers systemd's watchdog when it asks.
  int Run();
  /// Serves what is due now, without waiting; for a caller that has a loop of its own, as a test.
  void RunPending();
  void Exit(int code);

 private:
  detail::EventSource NewSource(IoCallback callback) const;
  static int RunDeferred(sd_event_source* source, void* self);

  sd_event* event_ = nullptr;
  bool exiting_ = false;
  sd_event_source* defer_source_ = nullptr;  // while there are deferred calls
  std::vector<Callback> deferred_;
  std::vector<detail::EventSource> signals_;
};

}  // namespace sallyport::daemon
