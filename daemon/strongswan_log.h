// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "daemon/event_loop.h"
#include "daemon/strongswan_attempts.h"
#include "daemon/vici_connection.h"
#include "vici/events.h"

namespace sallyport::daemon {

/// Listens to charon's log on a VICI connection of its own, so that neither its lines nor the loss
/// of this connection come in the way of what the daemon lives by. charon makes a message of each
/// line of level 1 whoever listens (vici_logger.c); listening adds the writing of it. It keeps what
/// is not read in its memory, so everything is read at once, and beyond kMaxLines in a second the
/// connection is closed for kPause: in such a storm single failures are of no interest, and charon
/// has more urgent work.
class StrongswanLog {
 public:
  using FailedCallback = std::function<void(FailedAttempt attempt)>;

  /// About 100 exchanges, or the dead peer detection of 30,000 clients. A line costs charon 30 to
  /// 50 us (5.9.8, x86-64), so this is a fifth of one processor at most; local policy.
  static constexpr unsigned kMaxLines = 4000;
  static constexpr std::chrono::seconds kPause{5};  // local policy

  /// `loop` outlives it.
  StrongswanLog(EventLoop& loop, FailedCallback failed);

  /// charon answers at `path`. May be called again, for another charon.
  void Start(const std::string& path);
  void Stop();

  // What charon's other events say.
  void HandleAlert(const vici::AlertEvent& alert);
  void HandleEnded(vici::IkeUniqueId ike, const IpEndpoint& peer, std::string_view identity,
                   std::string_view reason);

 private:
  void Connect();
  void OnLine(const vici::Message& event);
  void OnRetry();
  /// Closes the connection, in a later turn of the loop, and opens another after `wait`.
  void Pause(std::chrono::seconds wait);
  void ReportFailed();
  void Rearm() { attempts_timer_.Set(attempts_.NextDeadline()); }

  EventLoop& loop_;
  FailedCallback failed_;
  StrongswanAttempts attempts_;
  std::string path_;  // empty: stopped
  std::unique_ptr<ViciConnection> connection_;
  bool paused_ = false;
  TimePoint second_;  // the beginning of the one in which lines are counted
  unsigned lines_ = 0;
  Timer retry_timer_;
  Timer attempts_timer_;
};

}  // namespace sallyport::daemon
