// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <map>
#include <set>
#include <string>

#include "base/time.h"
#include "base/timer_queue.h"
#include "daemon/attempt_book.h"
#include "daemon/data_plane.h"
#include "daemon/event.h"
#include "daemon/event_loop.h"
#include "daemon/ike.h"
#include "daemon/log_limit.h"
#include "daemon/session_manager.h"
#include "l2tp/events.h"

namespace sallyport::daemon {

/// Turns what every layer says of a client that did not get in into one account: a line in the
/// journal and an entry in the book. Whoever comes further is told of by the further layer alone.
class AttemptWatch {
 public:
  /// From an SA to its first SCCRQ. Clients send it at once and repeat it for some seconds; local
  /// policy.
  static constexpr std::chrono::seconds kTunnelLimit{15};

  /// How often the data path is asked who sends clear text, which it remembers for a minute; local
  /// policy.
  static constexpr std::chrono::seconds kClearTextInterval{10};

  /// All outlive it; `events`: who follows what happens, null for nobody.
  AttemptWatch(EventLoop& loop, DataPlane& data_plane, EventSink* events);

  /// Begins to look for those who send L2TP in clear text, where IPsec is required.
  void WatchClearText();

  void Failed(FailedAttempt attempt);

  /// It lives for `setup` without a tunnel.
  void SaUp(const SecurityAssociation& sa, std::chrono::seconds setup);
  /// A tunnel was asked for in it.
  void SaUsed(SaId id) { unused_.erase(id); }
  /// Tells of an SA that was never used, unless `ours`: it went by our own doing.
  void SaDown(SaId id, const std::string& reason, bool ours);

  /// `sa` is the one under it, null without IPsec.
  void TunnelRefused(const l2tp::Refused& refused);
  void TunnelEnded(const l2tp::PrepareTunnel& request, const l2tp::TunnelDown& down,
                   const std::string& description, const SecurityAssociation* sa);
  void SessionEnded(const ClientSession& session, const SecurityAssociation* sa);

  const AttemptBook& book() const { return book_; }

 private:
  struct Unused {
    SecurityAssociation sa;
    TimePoint since;
    TimePoint due;  // when it is to be looked at
  };

  void CheckUnused();
  void CheckClearText();
  void Explain(const std::map<KernelSa, SaCounters>& counters);

  EventLoop& loop_;
  DataPlane& data_plane_;
  EventSink* events_;
  AttemptBook book_;
  LogLimit log_;
  std::map<SaId, Unused> unused_;
  TimerQueue<SaId> deadlines_;      // of unused_
  std::set<IpAddress> clear_text_;  // that were told of, and have not been silent for a minute
  Timer timer_;
  Timer clear_text_timer_;
};

}  // namespace sallyport::daemon
