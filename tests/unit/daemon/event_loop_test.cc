// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/event_loop.h"

#include <array>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <signal.h>
#include <string>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace sallyport::daemon {
namespace {

using std::chrono::milliseconds;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    read_end = UniqueFd(ends[0]);
    write_end = UniqueFd(ends[1]);
  }
  void Put(char octet) const { ASSERT_EQ(write(write_end.get(), &octet, 1), 1); }
  UniqueFd read_end;
  UniqueFd write_end;
};

TEST(EventLoop, CallsBackWhenADescriptorIsReadable) {
  EventLoop loop;
  const Pipe pipe;
  uint32_t seen = 0;
  const IoSource source = loop.AddIo(pipe.read_end.get(), EPOLLIN, [&](uint32_t events) {
    seen = events;
    loop.Exit(7);
  });
  pipe.Put('x');
  EXPECT_EQ(loop.Run(), 7);
  EXPECT_EQ(seen, static_cast<uint32_t>(EPOLLIN));
}

TEST(EventLoop, ASourceThatIsGoneIsSilent) {
  EventLoop loop;
  const Pipe pipe;
  bool called = false;
  IoSource source = loop.AddIo(pipe.read_end.get(), EPOLLIN, [&](uint32_t) { called = true; });
  pipe.Put('x');
  source.Reset();
  loop.Defer([&] { loop.Defer([&] { loop.Exit(0); }); });
  EXPECT_EQ(loop.Run(), 0);
  EXPECT_FALSE(called);
}

TEST(EventLoop, ASourceMayEndItselfInItsOwnCallback) {
  EventLoop loop;
  const Pipe pipe;
  int calls = 0;
  IoSource source;
  // The string would be destroyed under its own feet if the callback died with the source.
  source = loop.AddIo(pipe.read_end.get(), EPOLLIN, [&, text = std::string(100, 'x')](uint32_t) {
    source.Reset();
    calls += text.size() == 100 ? 1 : 1000;
    loop.Exit(0);
  });
  pipe.Put('x');
  loop.Run();
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, TimersFireInTheOrderOfTheirDeadlines) {
  EventLoop loop;
  std::string order;
  Timer late = loop.AddTimer([&] {
    order += 'b';
    loop.Exit(0);
  });
  Timer early = loop.AddTimer([&] { order += 'a'; });
  Timer never = loop.AddTimer([&] { order += 'n'; });
  const TimePoint now = loop.Now();
  never.Set(now + milliseconds(1));
  late.Set(now + milliseconds(20));
  early.Set(now + milliseconds(5));
  never.Set(std::nullopt);
  loop.Run();
  EXPECT_EQ(order, "ab");
}

TEST(EventLoop, ATimerDoesNotFireBeforeItsDeadline) {
  EventLoop loop;
  const TimePoint deadline = loop.Now() + milliseconds(15);
  std::optional<TimePoint> fired;
  Timer timer = loop.AddTimer([&] {
    fired = loop.Now();
    loop.Exit(0);
  });
  timer.Set(deadline);
  loop.Run();
  ASSERT_TRUE(fired);
  EXPECT_GE(*fired, deadline);
}

TEST(EventLoop, DeferredCallsRunOnceInOrder) {
  EventLoop loop;
  std::string order;
  loop.Defer([&] {
    order += 'a';
    loop.Defer([&] {
      order += 'c';
      loop.Exit(0);
    });
  });
  loop.Defer([&] { order += 'b'; });
  loop.Run();
  EXPECT_EQ(order, "abc");
}

TEST(EventLoop, ADeferredCallThatEndsTheLoopIsTheLast) {
  EventLoop loop;
  bool called = false;
  loop.Defer([&] { loop.Exit(0); });
  loop.Defer([&] { called = true; });
  loop.Run();
  EXPECT_FALSE(called);
}

TEST(EventLoop, CallsThatDeferThemselvesLeaveTurnsToOthers) {
  EventLoop loop;
  const Pipe pipe;
  pipe.Put('x');
  unsigned turns = 0;
  unsigned reads = 0;
  unsigned alarms = 0;
  const IoSource source = loop.AddIo(pipe.read_end.get(), EPOLLIN, [&](uint32_t) { ++reads; });
  Timer timer = loop.AddTimer([&] {
    ++alarms;
    timer.Set(loop.Now());
  });
  timer.Set(loop.Now());
  const std::function<void()> again = [&] { ++turns == 300 ? loop.Exit(0) : loop.Defer(again); };
  loop.Defer(again);
  loop.Run();
  EXPECT_GE(reads, 100U);
  EXPECT_GE(alarms, 100U);
}

TEST(EventLoop, SignalsArriveInTheLoop) {
  EventLoop loop;
  loop.AddSignal(SIGUSR1, [&] { loop.Exit(3); });
  loop.Defer([] { kill(getpid(), SIGUSR1); });
  EXPECT_EQ(loop.Run(), 3);
}

}  // namespace
}  // namespace sallyport::daemon
