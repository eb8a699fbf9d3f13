// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/event_loop.h"

#include <chrono>
#include <signal.h>
#include <system_error>
#include <systemd/sd-event.h>
#include <utility>

namespace sallyport::daemon {
namespace detail {

struct EventSourceState {
  sd_event_source* source = nullptr;
  EventLoop::IoCallback callback;
  bool running = false;   // its callback is on the stack
  bool orphaned = false;  // its owner has gone while it was running
};

void EventSourceEnder::operator()(EventSourceState* state) const {
  state->source = sd_event_source_disable_unref(state->source);
  if (state->running) {
    state->orphaned = true;  // Dispatch() deletes it when the callback has returned
  } else {
    delete state;
  }
}

}  // namespace detail

namespace {

using detail::EventSourceState;

/// Timers need not be finer than this; sd-event would otherwise gather them within 250 ms.
constexpr uint64_t kTimerAccuracyMicroseconds = 1000;  // local policy

void Check(int result, const char* what) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

void Dispatch(EventSourceState* state, uint32_t events) {
  state->running = true;
  state->callback(events);
  state->running = false;
  if (state->orphaned) delete state;
}

int OnIo(sd_event_source* /*source*/, int /*fd*/, uint32_t events, void* state) {
  Dispatch(static_cast<EventSourceState*>(state), events);
  return 0;
}

int OnTime(sd_event_source* /*source*/, uint64_t /*microseconds*/, void* state) {
  Dispatch(static_cast<EventSourceState*>(state), 0);
  return 0;
}

int OnSignal(sd_event_source* /*source*/, const signalfd_siginfo* /*info*/, void* state) {
  Dispatch(static_cast<EventSourceState*>(state), 0);
  return 0;
}

}  // namespace

void IoSource::SetEvents(uint32_t epoll_events) {
  Check(sd_event_source_set_io_events(source_->source, epoll_events), "watch a descriptor");
}

void Timer::Set(std::optional<TimePoint> deadline) {
  if (!deadline) {
    Check(sd_event_source_set_enabled(source_->source, SD_EVENT_OFF), "disarm a timer");
    return;
  }
  const auto since_boot =
      std::chrono::ceil<std::chrono::microseconds>(deadline->time_since_epoch()).count();
  Check(sd_event_source_set_time(source_->source, static_cast<uint64_t>(since_boot)),
        "set a timer");
  Check(sd_event_source_set_enabled(source_->source, SD_EVENT_ONESHOT), "arm a timer");
}

EventLoop::EventLoop() { Check(sd_event_new(&event_), "make the event loop"); }

EventLoop::~EventLoop() {
  signals_.clear();
  sd_event_source_disable_unref(defer_source_);
  sd_event_unref(event_);
}

detail::EventSource EventLoop::NewSource(IoCallback callback) const {
  detail::EventSource source(new EventSourceState);
  source->callback = std::move(callback);
  return source;
}

IoSource EventLoop::AddIo(int fd, uint32_t epoll_events, IoCallback callback) {
  IoSource io;
  io.source_ = NewSource(std::move(callback));
  Check(sd_event_add_io(event_, &io.source_->source, fd, epoll_events, OnIo, io.source_.get()),
        "watch a descriptor");
  return io;
}

Timer EventLoop::AddTimer(Callback callback) {
  Timer timer;
  timer.source_ = NewSource([callback = std::move(callback)](uint32_t) { callback(); });
  Check(sd_event_add_time(event_, &timer.source_->source, CLOCK_MONOTONIC, 0,
                          kTimerAccuracyMicroseconds, OnTime, timer.source_.get()),
        "make a timer");
  timer.Set(std::nullopt);
  return timer;
}

void EventLoop::AddSignal(int signal, Callback callback) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  Check(-pthread_sigmask(SIG_BLOCK, &set, nullptr), "block a signal");
  auto source = NewSource([callback = std::move(callback)](uint32_t) { callback(); });
  Check(sd_event_add_signal(event_, &source->source, signal, OnSignal, source.get()),
        "watch a signal");
  signals_.push_back(std::move(source));
}

void EventLoop::Defer(Callback callback) {
  deferred_.push_back(std::move(callback));
  if (defer_source_ != nullptr) return;
  Check(sd_event_add_defer(event_, &defer_source_, RunDeferred, this), "defer a call");
}

int EventLoop::RunDeferred(sd_event_source* /*source*/, void* self) {
  auto& loop = *static_cast<EventLoop*>(self);
  // What these calls defer gets a source of its own: sd-event serves those first that have waited
  // longest, and counts a deferred one's time from its making, however often it was served.
  loop.defer_source_ = sd_event_source_disable_unref(loop.defer_source_);
  for (auto& callback : std::exchange(loop.deferred_, {})) {
    // As any other event: what the call before has ended for good may be gone.
    if (loop.exiting_) break;
    callback();
  }
  return 0;
}

TimePoint EventLoop::Now() const { return std::chrono::steady_clock::now(); }

int EventLoop::Run() {
  Check(sd_event_set_watchdog(event_, 1), "answer the watchdog");
  const int code = sd_event_loop(event_);
  Check(code, "run the event loop");
  return code;
}

void EventLoop::RunPending() {
  int served = 1;
  while (served > 0) {
    served = sd_event_run(event_, 0);
    Check(served, "run the event loop");
  }
}

void EventLoop::Exit(int code) {
  exiting_ = true;
  Check(sd_event_exit(event_, code), "end the event loop");
}

}  // namespace sallyport::daemon
