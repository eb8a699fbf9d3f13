// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/timer_queue.h"
#include "daemon/attempt.h"
#include "vici/events.h"
#include "vici/log_facts.h"

namespace sallyport::daemon {

/// Makes out of charon's log, exchange by exchange, why clients do not get their SAs. No I/O.
/// charon raises the lines of its log later than its other events, so an exchange that has failed
/// is told of only after a moment without news.
class StrongswanAttempts {
 public:
  static constexpr size_t kMaxExchanges = 4096;      // local policy
  static constexpr std::chrono::seconds kSettle{2};  // local policy
  static constexpr std::chrono::seconds kQuickModeLimit{
      30};  // main mode to quick mode; local policy
  /// Exchanges that nothing is heard of; beyond charon.half_open_timeout (30 s). Local policy.
  static constexpr std::chrono::seconds kForget{120};

  /// A new connection to charon, which may be another charon that counts from 1 again.
  void Reset();

  void HandleLog(const vici::LogEvent& line, TimePoint now);
  void HandleAlert(const vici::AlertEvent& alert, TimePoint now);
  /// charon says that an exchange which was begun by `peer` has ended without an SA.
  void HandleEnded(vici::IkeUniqueId ike, const IpEndpoint& peer, std::string_view identity,
                   std::string_view reason, TimePoint now);

  /// To be called when NextDeadline() has come; adds what is known to have failed by now to `out`.
  void HandleTimeout(TimePoint now, std::vector<FailedAttempt>& out);
  std::optional<TimePoint> NextDeadline() const { return deadlines_.Next(); }

  size_t size() const { return exchanges_.size(); }

 private:
  struct Exchange {
    IpEndpoint peer;
    std::string identity;
    std::string method;         // of the client's authentication, charon's words
    std::string offered;        // the proposals of the last negotiation
    std::string accepted;       // by us, likewise
    std::string notify;         // the client's error notify
    std::string quick_mode_id;  // the message id of its quick mode
    std::vector<std::string> steps;
    std::optional<AttemptReason> reason;
    std::string detail;
    bool guessed = false;  // the reason: from the end alone, without a word of the log
    bool ikev2 = false;
    bool aggressive = false;
    bool behind_nat = false;
    bool key_exchange = false;  // the client's came
    bool on_port_4500 = false;  // or wherever NAT traversal runs
    bool fragments = false;     // of a message that is not complete
    bool certificate = false;   // the client sent one
    bool established = false;
    bool has_child = false;
    bool reported = false;
    bool not_ours = false;  // another connection's, or begun by us
  };

  Exchange& Learn(vici::IkeUniqueId ike);
  void Note(Exchange& exchange, const vici::LogReading& reading);
  void NoteProgress(Exchange& exchange, const vici::LogReading& reading);
  void NotePacket(Exchange& exchange, const vici::LogReading& reading);
  void NotePayloads(Exchange& exchange, const vici::LogReading& reading);
  void NoteFault(Exchange& exchange, const vici::LogReading& reading);
  void NoteCertificateFault(Exchange& exchange, const vici::LogReading& reading);
  /// The first cause stays: what follows are its consequences.
  static void Blame(Exchange& exchange, AttemptReason reason, std::string detail);
  static void BlameSilence(Exchange& exchange);
  static void BlameDeparture(Exchange& exchange);
  void Schedule(vici::IkeUniqueId ike, const Exchange& exchange, TimePoint now);
  static AttemptStage StageOf(const Exchange& exchange);
  static FailedAttempt Report(Exchange& exchange);

  std::map<vici::IkeUniqueId, Exchange> exchanges_;
  TimerQueue<vici::IkeUniqueId> deadlines_;
  std::vector<FailedAttempt> at_once_;  // of no exchange
};

}  // namespace sallyport::daemon
