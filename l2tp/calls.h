// SPDX-License-Identifier: GPL-2.0-or-later
// The calls of one control connection, as LAC and as LNS (RFC 2661 §5.2, §7.4, §7.5). Owned by
// Tunnel.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/time.h"
#include "base/timer_queue.h"
#include "l2tp/admission.h"
#include "l2tp/context.h"
#include "l2tp/events.h"
#include "l2tp/header.h"
#include "l2tp/id_allocator.h"
#include "l2tp/message.h"
#include "l2tp/reliable_channel.h"
#include "l2tp/state_tables.h"
#include "l2tp/validate.h"

namespace sallyport::l2tp {

/// What a tunnel lends its calls for one call into the engine.
struct TunnelScope {
  const TunnelIdentity& tunnel;
  const TunnelPolicy& policy;
  bool established;  // the control connection is
  ReliableChannel& channel;
  const Context& context;

  /// Queues a message, hidden as the policy says (RFC 2661 §4.3), for the peer's `session` (zero:
  /// the tunnel, or not known yet).
  void Send(SessionId session, const Message& message) const;
};

/// RFC 2661 §7.1 and §5.2: calls are made over a control connection that is established.
ResultCode NoControlConnection();

class Calls {
 public:
  Calls();

  /// Asks the peer for a call; the tunnel is established. Over a limit: DialFailed.
  void Open(const OpenCall& command, const TunnelScope& scope);
  void Close(SessionId session, const Ending& ending, const TunnelScope& scope);
  /// The answer to PrepareSession. One that comes too late has no effect.
  void OnPrepared(SessionId session, bool ok, const TunnelScope& scope);
  /// Not sent unless the session is established and the message ours to send.
  void Send(const ReportErrors& command, const TunnelScope& scope);
  void Send(const SetLinkInfo& command, const TunnelScope& scope);

  /// The messages of calls, with the Session ID of their header. One that names no call here is
  /// answered or counted as RFC 2661 §7.4 and §7.5 have it for idle.
  void Receive(SessionId session, const Icrq& message, const TunnelScope& scope);
  void Receive(SessionId session, const Icrp& message, const TunnelScope& scope);
  void Receive(SessionId session, const Iccn& message, const TunnelScope& scope);
  void Receive(SessionId session, const Ocrq& message, const TunnelScope& scope);
  void Receive(SessionId session, const Ocrp& message, const TunnelScope& scope);
  void Receive(SessionId session, const Occn& message, const TunnelScope& scope);
  void Receive(SessionId session, const Cdn& message, const TunnelScope& scope);
  void Receive(SessionId session, const Wen& message, const TunnelScope& scope);
  void Receive(SessionId session, const Sli& message, const TunnelScope& scope);
  /// One that must not be acted on.
  void Receive(SessionId session, const Rejection& rejection, const TunnelScope& scope);
  void ReceiveData(const DataPacket& packet, const TunnelScope& scope);

  void HandleTimeout(const TunnelScope& scope);
  std::optional<TimePoint> NextDeadline() const { return setup_deadlines_.Next(); }
  /// The tunnel ended, as it says: so do all, without a message.
  void EndAll(const Ending& tunnel, const TunnelScope& scope);

  bool empty() const { return calls_.empty(); }
  /// A call waits for SessionPrepared, and a message to the peer for it.
  bool answer_is_coming() const { return answers_coming_ > 0; }

 private:
  /// What became of PrepareSession.
  enum class Kernel : uint8_t { kNotAsked, kAsked, kReady };
  struct Call {
    CallRole role = CallRole::kLnsIncoming;
    CallState state = CallState::kIdle;
    Kernel kernel = Kernel::kNotAsked;
    SessionId peer_id;           // zero: not known yet
    std::optional<DialId> dial;  // when we asked for it
    bool connected = false;      // OCCN came before the kernel was ready
    bool send_sequence = false;  // we number data messages
    CallDetails details;
    ProxyAttributes proxy;

    bool is_lac() const { return role == CallRole::kLacIncoming || role == CallRole::kLacOutgoing; }
    bool is_up() const { return state == CallState::kEstablished; }
    /// SessionPrepared is to come, and a message to the peer waits for it.
    bool owes_message() const { return kernel == Kernel::kAsked && role != CallRole::kLnsOutgoing; }
  };
  using Map = std::map<SessionId, Call>;

  Map::iterator FindByPeerId(SessionId peer_session);
  Map::iterator Add(Call call, const TunnelScope& scope);
  bool SetPeerId(Map::iterator call, SessionId peer_id);
  void Prepare(Map::iterator call, const TunnelScope& scope);
  void OnRequest(CallRole role, SessionId assigned, const CallDetails& details,
                 const TunnelScope& scope);
  void RefuseRequest(SessionId assigned, const ResultCode& result, const TunnelScope& scope);
  void OnReply(CallRole role, SessionId session, SessionId assigned, const CallDetails& details,
               const TunnelScope& scope);
  void OnConnected(CallRole role, SessionId session, const Iccn& message, const TunnelScope& scope);

  void Step(Map::iterator call, CallEvent event, const Ending& ending, const TunnelScope& scope);
  void SendRequest(Map::iterator call, const TunnelScope& scope);
  void SendConnected(Map::iterator call, const TunnelScope& scope);
  void BecomeEstablished(Map::iterator call, const TunnelScope& scope);
  void End(Map::iterator call, const Ending& ending, const TunnelScope& scope);

  Map calls_;                                            // by our session id
  std::unordered_map<SessionId, SessionId> by_peer_id_;  // ours by the peer's
  TimerQueue<SessionId> setup_deadlines_;
  IdAllocator ids_;
  uint32_t last_serial_number_ = 0;
  size_t answers_coming_ = 0;
  TokenBucket refusals_;
};

}  // namespace sallyport::l2tp
