// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/worker_pool.h"

#include <cerrno>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <utility>

#include "daemon/log.h"

namespace sallyport::daemon {

WorkerPool::WorkerPool(EventLoop& loop, unsigned threads, ContextFactory factory,
                       const ThreadStarter& start)
    : event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
  event_source_ = loop.AddIo(event_fd_.get(), EPOLLIN, [this](uint32_t) { RunCompletions(); });
  threads_.reserve(threads);
  std::latch ready(threads);
  for (unsigned i = 0; i < threads; ++i) {
    try {
      threads_.push_back(start([this, &factory, &ready] { RunThread(factory, ready); }));
    } catch (const std::system_error& error) {
      // Nothing was lost but speed, as long as there is one. With none no thread uses what the
      // exception takes apart.
      if (threads_.empty()) throw;
      LogWarning("fewer_workers",
                 fmt::format("{} of {} worker threads: {}", i, threads, error.what()));
      ready.count_down(threads - i);
      break;
    }
  }
  ready.wait();
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void WorkerPool::Submit(Job job) {
  ++pending_;
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void WorkerPool::SubmitFirst(Job job) {
  ++pending_;
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_front(std::move(job));
  }
  wake_.notify_one();
}

void WorkerPool::RunThread(const ContextFactory& factory, std::latch& ready) {
  const auto context = factory();
  ready.count_down();  // neither argument is used after this
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    Completion completion = job(*context);
    lock.lock();
    finished_.push_back(std::move(completion));
    const uint64_t one = 1;
    // The counter cannot overflow, and a full pipe is no failure: the loop is awake then.
    (void)!write(event_fd_.get(), &one, sizeof one);
  }
}

void WorkerPool::RunCompletions() {
  uint64_t count = 0;
  (void)!read(event_fd_.get(), &count, sizeof count);
  std::vector<Completion> finished;
  {
    const std::lock_guard lock(mutex_);
    finished.swap(finished_);
  }
  for (auto& completion : finished) {
    --pending_;
    completion();
  }
}

}  // namespace sallyport::daemon
