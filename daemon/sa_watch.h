// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>

#include "base/expected.h"
#include "daemon/data_plane.h"
#include "daemon/event_loop.h"
#include "netlink/sa_monitor.h"

namespace sallyport::daemon {

/// Follows what happens to the kernel's SAs, whoever does it.
class SaWatch {
 public:
  using DeletedCallback = std::function<void(const std::set<KernelSa>& sas)>;
  /// Many SAs went at once, or notifications were lost: what is known must be compared with a dump.
  using UncertainCallback = std::function<void()>;

  /// After a failure, when it begins anew. Local policy.
  static constexpr std::chrono::seconds kRetry{5};

  /// `loop` outlives it.
  SaWatch(EventLoop& loop, DeletedCallback deleted, UncertainCallback uncertain)
      : loop_(loop),
        deleted_(std::move(deleted)),
        uncertain_(std::move(uncertain)),
        retry_timer_(loop.AddTimer([this] { Retry(); })) {}

  Expected<void, netlink::KernelError> Start();
  void Stop();

  uint64_t overruns() const { return overruns_; }

 private:
  void Read();
  void Retry();

  EventLoop& loop_;
  DeletedCallback deleted_;
  UncertainCallback uncertain_;
  std::optional<netlink::SaMonitor> monitor_;
  IoSource io_;
  uint64_t overruns_ = 0;
  Timer retry_timer_;
};

}  // namespace sallyport::daemon
