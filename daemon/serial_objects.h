// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <deque>
#include <map>
#include <utility>

#include "base/unique_function.h"
#include "daemon/kernel_context.h"
#include "daemon/worker_pool.h"

namespace sallyport::daemon {

/// Objects that live in the kernel and are worked on by worker threads: for each, one step at a
/// time, in the order given. A step has three parts, of which only the middle one may wait:
/// in the loop, when its turn has come, it takes what it needs from the object (Step); a thread
/// works with that (Work); in the loop, the object takes the result (Finish).
template <typename Key, typename Object>
class SerialObjects {
 public:
  using Finish = UniqueFunction<void(Object&)>;
  using Work = UniqueFunction<Finish(KernelContext&)>;
  using Step = UniqueFunction<Work(Object&)>;

  /// `pool` outlives this object, which outlives the pool's loop.
  explicit SerialObjects(WorkerPool& pool) : pool_(pool) {}

  /// False if there is one already.
  bool Add(const Key& key, Object object) {
    return slots_.try_emplace(key, Slot{std::move(object), {}, false, false}).second;
  }

  /// Queues a step. Precondition: the object exists.
  void Do(const Key& key, Step step) {
    Slot& slot = slots_.find(key)->second;
    slot.steps.push_back(std::move(step));
    if (!slot.busy) StartNext(key, slot);
  }

  /// Forgets the object once its last step has finished, or at once.
  void RemoveWhenIdle(const Key& key) {
    const auto found = slots_.find(key);
    if (found == slots_.end()) return;
    found->second.leaving = true;
    if (!found->second.busy) slots_.erase(found);
  }

  /// Null if there is none or it is being forgotten.
  Object* Find(const Key& key) {
    const auto found = slots_.find(key);
    return found == slots_.end() || found->second.leaving ? nullptr : &found->second.object;
  }
  const Object* Find(const Key& key) const {
    const auto found = slots_.find(key);
    return found == slots_.end() || found->second.leaving ? nullptr : &found->second.object;
  }

  size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    Object object;
    std::deque<Step> steps;
    bool busy = false;
    bool leaving = false;
  };

  void StartNext(const Key& key, Slot& slot) {
    slot.busy = true;
    Step step = std::move(slot.steps.front());
    slot.steps.pop_front();
    pool_.Submit([this, key, work = step(slot.object)](WorkerContext& context) mutable {
      Finish finish = work(static_cast<KernelContext&>(context));
      return WorkerPool::Completion(
          [this, key, finish = std::move(finish)]() mutable { Complete(key, std::move(finish)); });
    });
  }

  void Complete(const Key& key, Finish finish) {
    Slot& slot = slots_.find(key)->second;  // kept while busy
    finish(slot.object);
    slot.busy = false;
    if (!slot.steps.empty()) {
      StartNext(key, slot);
    } else if (slot.leaving) {
      slots_.erase(key);
    }
  }

  WorkerPool& pool_;
  std::map<Key, Slot> slots_;
};

}  // namespace sallyport::daemon
