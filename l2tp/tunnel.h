// SPDX-License-Identifier: GPL-2.0-or-later
// One control connection, dialled by the peer or by us (RFC 2661 §5.1, §7.2). Owned by Endpoint.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/timer_table.h"
#include "l2tp/calls.h"
#include "l2tp/context.h"
#include "l2tp/events.h"
#include "l2tp/header.h"
#include "l2tp/message.h"
#include "l2tp/reliable_channel.h"
#include "l2tp/state_tables.h"
#include "l2tp/validate.h"

namespace sallyport::l2tp {

/// The owner calls Flush after everything else it calls, the constructors among it.
class Tunnel {
 public:
  enum class Phase : uint8_t {
    kHalfOpen,     // before SCCCN
    kEstablished,  // SCCCN came, or ours is on its way
    kLingering,    // ended; late duplicates are still acknowledged (RFC 2661 §5.7)
    kReleased,     // to be forgotten
  };

  /// A tunnel whose SCCRQ, `packet` with Ns 0, has just come. Asks for its path with PrepareTunnel.
  /// The owner has refused a `request` that challenges us when the policy has no secret.
  Tunnel(const TunnelIdentity& identity, const TunnelPolicy& policy, const Sccrq& request,
         const ControlPacket& packet, const Context& context);
  /// A tunnel that we dial (`identity.dial`). Asks for its path with PrepareTunnel; SCCRQ follows.
  Tunnel(const TunnelIdentity& identity, const TunnelPolicy& policy, const Context& context);

  /// A control message from `sender` that the owner has matched to this tunnel.
  void Receive(const IpEndpoint& sender, const ControlPacket& packet, const Context& context);
  /// Whether the peer that we dial has not told its tunnel id yet: its first answer may come from
  /// another port than we asked (RFC 2661 §8.1).
  bool awaits_answer() const { return dialled() && !identity_.peer_id; }
  /// The SCCRQ that made this tunnel came again, octet by octet: as a late copy, or because the
  /// peer has lost the tunnel and dials anew. It is acknowledged, and the peer is made to show that
  /// it knows the tunnel: by what it has not acknowledged yet, or else a HELLO. False if there is
  /// nothing to wait for: SCCRP, which serves both, is on its way.
  bool ReceiveRequestAgain(const ControlPacket& packet, const Context& context);
  /// Whether the SCCRQ came again, and since then neither a message for this tunnel nor, once it is
  /// established, the acknowledgement of one of ours. Only a peer that knows the tunnel can send
  /// them: our id stands in them.
  bool silent() const { return silent_; }
  void ReceiveData(const DataPacket& packet, const Context& context);
  /// The answers to PrepareTunnel and PrepareSession. One that comes too late has no effect.
  void OnPrepared(std::optional<PathId> path, const Context& context);
  void OnSessionPrepared(SessionId session, bool ok, const Context& context);
  /// OpenCall in a tunnel that is not established gives DialFailed; the other two have no effect
  /// unless the session is established and the message ours to send.
  void Execute(const OpenCall& command, const Context& context);
  void Execute(const ReportErrors& command, const Context& context);
  void Execute(const SetLinkInfo& command, const Context& context);
  /// Ends the tunnel with a StopCCN; no effect on one that has ended.
  void Close(const Ending& ending, const Context& context);
  void CloseSession(SessionId session, const Ending& ending, const Context& context);
  /// Ends the tunnel without a message, at once.
  void Abandon(EndReason reason, const Context& context);
  /// Do not linger once nothing is left to be acknowledged: the process is going away.
  void Hurry() { hurry_ = true; }
  void OnProofOfLife(TimePoint now) { last_heard_ = now; }
  /// The owner's indexes are the owner's to mend.
  void Move(PathId origin_path, const IpEndpoint& peer) {
    identity_.origin_path = origin_path;
    identity_.peer = peer;
  }
  void HandleTimeout(const Context& context);
  /// Sends what is due. Must be the last thing in every call into the engine that touched the
  /// tunnel.
  void Flush(const Context& context);

  std::optional<TimePoint> NextDeadline() const;
  Phase phase() const;
  const TunnelIdentity& identity() const { return identity_; }
  const TunnelPolicy& policy() const { return policy_; }
  /// The Tie Breaker of our SCCRQ, from OpenTunnel until the peer answers it (RFC 2661 §4.4.3);
  /// nothing when the peer dialled.
  std::optional<uint64_t> outstanding_tie_breaker() const;
  /// The tunnel's own path; nothing until it is there.
  const std::optional<PathId>& own_path() const { return own_path_; }
  /// Where it sends: its own path or, before that is there, the SCCRQ's.
  PathId path() const { return own_path_.value_or(identity_.origin_path); }

 private:
  enum class Timer : uint8_t { kSetup, kHello, kNoSession, kLinger, kCount };

  TunnelScope Scope(const Context& context) {
    return {identity_, policy_, state_ == TunnelState::kEstablished, channel_, context};
  }
  void Prepare(const Context& context);
  bool IsWordOfLife(const ControlPacket& packet, size_t unanswered) const;
  void Process(SessionId session, std::span<const uint8_t> avps, const Context& context);
  void Dispatch(SessionId session, const Message& message, const Context& context);
  void OnSccrp(const Sccrp& reply, const Context& context);
  void OnScccn(const Scccn& connected, const Context& context);
  void OnStopCcn(const StopCcn& stop, const Context& context);
  void OnRejected(SessionId session, const Rejection& rejection, const Context& context);
  void LearnPeer(TunnelId peer_tunnel, uint16_t receive_window);
  bool IsProven(MessageType answer, const std::optional<ChallengeResponse>& response) const;
  std::optional<ChallengeResponse> Respond(MessageType answer) const;
  std::optional<ResultCode> ReasonAgainst(const OpenCall& command) const;
  bool dialled() const { return identity_.dial.has_value(); }
  bool answer_is_coming() const;

  void Step(TunnelEvent event, const Ending& ending, const Context& context);
  void SendSccrq(const Context& context);
  void SendSccrp(const Context& context);
  void DrawChallenge(const Context& context);
  void BecomeEstablished(const Context& context);
  void CleanUp(const Ending& ending, const Context& context);
  void WatchForSessions(const Context& context);
  void HandleHelloTimer(const Context& context);

  TunnelIdentity identity_;
  TunnelPolicy policy_;
  std::optional<PathId> own_path_;
  IpEndpoint answered_from_;  // while the peer's id is not known
  TunnelState state_ = TunnelState::kIdle;
  bool ended_ = false;
  bool released_ = false;
  bool hurry_ = false;
  bool awaiting_stop_ccn_ack_ = false;
  bool silent_ = false;
  TimePoint last_heard_;
  ReliableChannel channel_;
  TimerTable<Timer> timers_;
  Calls calls_;

  // What the peer said of itself.
  uint32_t framing_capabilities_ = kFramingBoth;
  uint32_t bearer_capabilities_ = 0;

  // Until the tunnel is established.
  std::optional<uint64_t> tie_breaker_;  // ours
  std::vector<uint8_t> challenge_;       // ours; empty: the peer need not prove anything
  std::vector<uint8_t> peer_challenge_;  // empty: nor need we
  std::string peer_host_name_;           // printable
  std::string peer_vendor_name_;         // printable
};

}  // namespace sallyport::l2tp
