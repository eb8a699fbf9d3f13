// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/expected.h"
#include "base/time.h"
#include "daemon/event_loop.h"
#include "netlink/nftables_monitor.h"

namespace sallyport::daemon {

/// Notices when somebody else deletes our nf_tables table or something of it.
class TableWatch {
 public:
  /// `culprit` is for the log; empty: the table was not watched for a while, and may be whole.
  using DamagedCallback = std::function<void(const std::string& culprit)>;

  /// Two repairs are at least so far apart, so that a program which deletes the table again and
  /// again costs little. Local policy.
  static constexpr std::chrono::milliseconds kPause{500};
  /// After a failure, when it begins anew. Local policy.
  static constexpr std::chrono::seconds kRetry{5};

  /// `loop` outlives it.
  TableWatch(EventLoop& loop, DamagedCallback damaged);

  Expected<void, netlink::KernelError> Start();
  void Stop();

 private:
  void Read();
  void Retry();
  void Tell();

  EventLoop& loop_;
  DamagedCallback damaged_;
  netlink::TableGuard guard_;
  std::optional<netlink::NftablesMonitor> monitor_;
  IoSource io_;
  Timer timer_;
  Timer retry_timer_;
  std::string culprit_;  // of damage that is not told of yet
  TimePoint last_;       // when damage was told of
};

}  // namespace sallyport::daemon
