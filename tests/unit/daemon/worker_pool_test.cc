// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <latch>
#include <memory>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace sallyport::daemon {
namespace {

class CountingContext final : public WorkerContext {
 public:
  int jobs = 0;  // of this thread
};

WorkerPool::ContextFactory MakeContext() {
  return [] { return std::make_unique<CountingContext>(); };
}

TEST(WorkerPool, RunsJobsInThreadsAndCompletionsInTheLoop) {
  EventLoop loop;
  WorkerPool pool(loop, 2, MakeContext());
  const auto loop_thread = std::this_thread::get_id();
  std::thread::id job_thread;
  std::thread::id completion_thread;
  pool.Submit([&](WorkerContext&) {
    job_thread = std::this_thread::get_id();
    return WorkerPool::Completion([&] {
      completion_thread = std::this_thread::get_id();
      loop.Exit(0);
    });
  });
  EXPECT_EQ(pool.pending(), 1U);
  loop.Run();
  EXPECT_NE(job_thread, loop_thread);
  EXPECT_EQ(completion_thread, loop_thread);
  EXPECT_EQ(pool.pending(), 0U);
}

TEST(WorkerPool, EveryJobRunsOnceWithTheContextOfItsThread) {
  constexpr int kJobs = 200;
  EventLoop loop;
  WorkerPool pool(loop, 4, MakeContext());
  std::atomic<int> ran = 0;
  int completed = 0;
  for (int i = 0; i < kJobs; ++i) {
    pool.Submit([&](WorkerContext& context) {
      // Not synchronized: a context that two threads share would show under TSan.
      ++static_cast<CountingContext&>(context).jobs;
      ++ran;
      return WorkerPool::Completion([&] {
        if (++completed == kJobs) loop.Exit(0);
      });
    });
  }
  loop.Run();
  EXPECT_EQ(ran, kJobs);
}

TEST(WorkerPool, WhatSomebodyWaitsToLookAtComesBeforeTheQueue) {
  EventLoop loop;
  WorkerPool pool(loop, 1, MakeContext());
  std::latch queued(1);
  std::vector<int> order;  // of the one thread
  const auto job = [&](int number) {
    return [&, number](WorkerContext&) {
      if (number == 0) queued.wait();
      order.push_back(number);
      return WorkerPool::Completion([&, number] {
        if (number == 2) loop.Exit(0);
      });
    };
  };
  pool.Submit(job(0));  // may have been begun
  pool.Submit(job(1));
  pool.Submit(job(2));
  pool.SubmitFirst(job(3));
  EXPECT_EQ(pool.pending(), 4U);
  queued.count_down();
  loop.Run();
  EXPECT_LT(std::ranges::find(order, 3), std::ranges::find(order, 1));
  EXPECT_EQ(order.size(), 4U);
}

TEST(WorkerPool, JobsThatWaitOverlap) {
  constexpr int kThreads = 4;
  EventLoop loop;
  WorkerPool pool(loop, kThreads, MakeContext());
  std::atomic<int> inside = 0;
  int completed = 0;
  for (int i = 0; i < kThreads; ++i) {
    pool.Submit([&](WorkerContext&) {
      // Each waits for all the others: one thread alone would wait for ever.
      ++inside;
      while (inside < kThreads) std::this_thread::yield();
      return WorkerPool::Completion([&] {
        if (++completed == kThreads) loop.Exit(0);
      });
    });
  }
  loop.Run();
  EXPECT_EQ(completed, kThreads);
}

/// The first `available` threads start, no more.
WorkerPool::ThreadStarter Starter(unsigned available) {
  return [left = available](const std::function<void()>& body) mutable {
    if (left-- == 0) throw std::system_error(EAGAIN, std::generic_category(), "no thread");
    return std::thread(body);
  };
}

TEST(WorkerPool, WorksWithFewerThreadsThanItAskedFor) {
  EventLoop loop;
  WorkerPool pool(loop, 8, MakeContext(), Starter(2));
  EXPECT_EQ(pool.thread_count(), 2U);
  int completed = 0;
  for (int i = 0; i < 10; ++i) {
    pool.Submit([&](WorkerContext&) {
      return WorkerPool::Completion([&] {
        if (++completed == 10) loop.Exit(0);
      });
    });
  }
  loop.Run();
  EXPECT_EQ(completed, 10);
}

TEST(WorkerPool, WithoutAnyThreadItIsNotMade) {
  EventLoop loop;
  EXPECT_THROW(WorkerPool(loop, 8, MakeContext(), Starter(0)), std::system_error);
}

TEST(WorkerPool, EndingRunsWhatIsQueuedAndDropsCompletions) {
  EventLoop loop;
  std::atomic<int> ran = 0;
  bool completed = false;
  {
    WorkerPool pool(loop, 1, MakeContext());
    for (int i = 0; i < 10; ++i) {
      pool.Submit([&](WorkerContext&) {
        ++ran;
        return WorkerPool::Completion([&] { completed = true; });
      });
    }
  }
  EXPECT_EQ(ran, 10);
  EXPECT_FALSE(completed);
}

}  // namespace
}  // namespace sallyport::daemon
