// SPDX-License-Identifier: GPL-2.0-or-later
// One control connection and its sessions, the LNS's end (RFC 2661 §7). Owned by Endpoint.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/ip_address.h"
#include "base/time.h"
#include "base/timer_table.h"
#include "l2tp/endpoint.h"
#include "l2tp/events.h"
#include "l2tp/header.h"
#include "l2tp/id_allocator.h"
#include "l2tp/message.h"
#include "l2tp/reliable_channel.h"
#include "l2tp/state_tables.h"
#include "l2tp/validate.h"

namespace sallyport::l2tp {

/// What one call into the engine works with; borrowed for the call.
struct Context {
  const EndpointConfig& config;
  const ChannelSettings& channel;
  EndpointStatistics& statistics;
  TimePoint now;
  Actions& out;

  void Count(DropReason reason) const { statistics.drops.Count(reason); }
};

/// Why a tunnel or session ends, and what is told the peer if a message is sent.
struct Ending {
  EndReason reason;
  ResultCode result;
};

/// Who is at the other end, as its SCCRQ said.
struct TunnelIdentity {
  TunnelId id;
  TunnelId peer_id;
  PathId origin_path;  // where the SCCRQ came in
  IpEndpoint peer;
  uint64_t sccrq_digest = 0;  // of the SCCRQ's AVPs: tells a late copy from a new dial
  TimePoint created;
};

/// The owner calls Flush after everything else it calls.
class Tunnel {
 public:
  enum class Phase : uint8_t {
    kHalfOpen,     // before SCCCN
    kEstablished,  // SCCCN came
    kLingering,    // ended; late duplicates are still acknowledged (RFC 2661 §5.7)
    kReleased,     // to be forgotten
  };

  /// A tunnel whose SCCRQ, `packet` with Ns 0, has just come. Asks for its path with PrepareTunnel.
  Tunnel(const TunnelIdentity& identity, const Sccrq& request, const IpAddress& local,
         const ControlPacket& packet, const Context& context);

  /// A control message that the owner has matched to this tunnel.
  void Receive(const ControlPacket& packet, IdSource& ids, const Context& context);
  void ReceiveData(const DataPacket& packet, const Context& context);
  /// The answers to PrepareTunnel and PrepareSession. One that comes too late has no effect.
  void OnPrepared(std::optional<PathId> path, const Context& context);
  void OnSessionPrepared(SessionId session, bool ok, const Context& context);
  /// Ends the tunnel with a StopCCN; no effect on one that has ended.
  void Close(const Ending& ending, const Context& context);
  void CloseSession(SessionId session, const Ending& ending, const Context& context);
  /// Ends the tunnel without a message, at once.
  void Abandon(EndReason reason, const Context& context);
  /// Do not linger once nothing is left to be acknowledged: the process is going away.
  void Hurry() { hurry_ = true; }
  void OnProofOfLife(TimePoint now) { last_heard_ = now; }
  void HandleTimeout(const Context& context);
  /// Sends what is due. Must be the last thing in every call into the engine that touched the
  /// tunnel.
  void Flush(const Context& context);

  std::optional<TimePoint> NextDeadline() const;
  Phase phase() const;
  const TunnelIdentity& identity() const { return identity_; }
  /// The tunnel's own path; nothing until it is there.
  const std::optional<PathId>& own_path() const { return own_path_; }
  /// Where it sends: its own path or, before that is there, the SCCRQ's.
  PathId path() const { return own_path_.value_or(identity_.origin_path); }

 private:
  struct Session {
    SessionId peer_id;
    SessionState state = SessionState::kIdle;
    CallDetails details;
    bool sequencing_required = false;         // from ICCN
    std::optional<TimePoint> setup_deadline;  // until ICCN
  };
  using Sessions = std::map<SessionId, Session>;
  enum class Timer : uint8_t { kSetup, kHello, kNoSession, kLinger, kCount };

  void Process(SessionId session, std::span<const uint8_t> avps, IdSource& ids,
               const Context& context);
  void Dispatch(SessionId session, const Message& message, IdSource& ids, const Context& context);
  void Refuse(SessionId session, const Rejection& rejection, IdSource& ids, const Context& context);
  void OnIcrq(const Icrq& request, IdSource& ids, const Context& context);
  void OnCdn(SessionId session, const Cdn& message, const Context& context);
  void OnIccn(SessionId session, const Iccn& message, const Context& context);
  void OnIcrp(SessionId session, const Icrp& message, IdSource& ids, const Context& context);
  void RefuseCall(SessionId peer_session, const ResultCode& result, IdSource& ids,
                  const Context& context);

  void Step(TunnelEvent event, const Ending& ending, const Context& context);
  void Step(Sessions::iterator session, SessionEvent event, const Ending& ending,
            const Context& context);
  void SendSccrp(const Context& context);
  void EndSession(Sessions::iterator session, const Ending& ending, const Context& context);
  void CleanUp(const Ending& ending, const Context& context);
  void WatchForSessions(const Context& context);
  void HandleHelloTimer(const Context& context);
  void HandleSessionTimers(const Context& context);
  Sessions::iterator FindByPeerId(SessionId peer_session);

  TunnelIdentity identity_;
  std::optional<PathId> own_path_;
  TunnelState state_ = TunnelState::kIdle;
  bool ended_ = false;
  bool released_ = false;
  bool hurry_ = false;
  bool awaiting_stop_ccn_ack_ = false;
  TimePoint last_heard_;
  ReliableChannel channel_;
  TimerTable<Timer> timers_;
  Sessions sessions_;
  IdAllocator session_ids_;
};

}  // namespace sallyport::l2tp
