// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "base/unique_function.h"
#include "daemon/event_loop.h"

namespace sallyport::daemon {

/// What a job needs of its thread: netlink sockets and the like, one set a thread. Derived by the
/// user of the pool; made in the thread.
class WorkerContext {
 public:
  WorkerContext() = default;
  WorkerContext(const WorkerContext&) = delete;
  WorkerContext& operator=(const WorkerContext&) = delete;
  virtual ~WorkerContext() = default;
};

/// Threads for the calls that wait: RCU grace periods and RTNL (design D4). Their number is set by
/// waiting, not by cores. A job runs in a thread; what it returns runs in the loop.
class WorkerPool {
 public:
  using Completion = UniqueFunction<void()>;
  using Job = UniqueFunction<Completion(WorkerContext&)>;
  using ContextFactory = std::function<std::unique_ptr<WorkerContext>()>;

  /// Starts a thread that runs `body`; throws std::system_error when there is none to be had.
  using ThreadStarter = std::function<std::thread(const std::function<void()>& body)>;

  /// Returns when every thread has its context. Works with fewer threads when the system does not
  /// give so many; throws std::system_error when it gives none, or no descriptor (start-up only).
  /// The signals must be blocked before (EventLoop::AddSignal), so that the threads inherit that.
  /// `start`: a test's own way to fail.
  WorkerPool(
      EventLoop& loop, unsigned threads, ContextFactory factory,
      const ThreadStarter& start = [](const std::function<void()>& body) {
        return std::thread(body);
      });
  /// Runs what is queued, then ends the threads; completions that are still due are dropped.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Queues a job. Jobs start in the order given and end in any: who needs an order submits the
  /// second from the completion of the first.
  void Submit(Job job);
  /// Queues a job before all that have not started: for those that somebody waits to look at, while
  /// thousands of clients come or go.
  void SubmitFirst(Job job);

  size_t thread_count() const { return threads_.size(); }
  /// Jobs whose completion has not run yet.
  size_t pending() const { return pending_; }

 private:
  void RunThread(const ContextFactory& factory, std::latch& ready);
  void RunCompletions();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;              // under mutex_
  std::vector<Completion> finished_;  // under mutex_
  bool stopping_ = false;             // under mutex_
  size_t pending_ = 0;                // the loop's thread only
  UniqueFd event_fd_;
  IoSource event_source_;
  std::vector<std::thread> threads_;
};

}  // namespace sallyport::daemon
