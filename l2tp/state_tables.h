// SPDX-License-Identifier: GPL-2.0-or-later
// The state tables of RFC 2661 §7: of a control connection, whoever dialled (§7.2.1), and of a call
// (§7.4.1, §7.4.2, §7.5.1, §7.5.2).
#pragma once
#include <cstdint>

namespace sallyport::l2tp {

/// RFC 2661 §7.2.1. In kIdle an SCCRQ has come and its acceptance is being decided, or ours waits
/// for its path.
enum class TunnelState : uint8_t { kIdle, kWaitCtlReply, kWaitCtlConn, kEstablished };
enum class TunnelEvent : uint8_t {
  kOpenRequest,  // "Local Open request"
  kSccrqAcceptable,
  kSccrqNotAcceptable,
  kSccrpAcceptable,
  kSccrpNotAcceptable,
  kScccnAcceptable,
  kScccnNotAcceptable,
  kStopCcn,
  kLocalClose,  // "Admin Tunnel Close"; a timeout; a message that breaks the protocol (§7.1)
  kAbandoned,   // "Receive SCCRQ, lose tie-breaker"; the path is gone; the peer dialled anew
};
enum class TunnelAction : uint8_t {
  kNone,
  kSendSccrq,
  kSendSccrp,
  kSendScccnAndOpen,
  kTunnelOpen,  // "Send tunnel-open event to waiting sessions"
  kSendStopCcnAndCleanUp,
  kCleanUp,
  kCleanUpAndForget,
};
struct TunnelStep {
  TunnelAction action;
  TunnelState next;
  bool operator==(const TunnelStep&) const = default;
};
/// Total: every event has a cell in every state.
TunnelStep Next(TunnelState state, TunnelEvent event);

/// Which of the four tables a call follows.
enum class CallRole : uint8_t {
  kLacIncoming,  // RFC 2661 §7.4.1: we sent the ICRQ
  kLnsIncoming,  // §7.4.2: it came
  kLacOutgoing,  // §7.5.1: an OCRQ came
  kLnsOutgoing,  // §7.5.2: we sent it
};

/// The states of all four tables. In kIdle a request has come and its acceptance is being decided,
/// or ours is about to be sent: a call is only asked for in a tunnel that is open, so that nothing
/// waits in the RFC's wait-tunnel.
enum class CallState : uint8_t { kIdle, kWaitReply, kWaitConnect, kWaitCsAnswer, kEstablished };
/// "Request", "reply" and "connected" are ICRQ, ICRP, ICCN or OCRQ, OCRP, OCCN, as the role has it.
enum class CallEvent : uint8_t {
  kTunnelOpen,  // our own call may be asked for
  kRequestAcceptable,
  kRequestNotAcceptable,
  kReplyAcceptable,
  kReplyNotAcceptable,
  kConnectedAcceptable,
  kConnectedNotAcceptable,
  kBearerAnswer,  // "Bearer answer, framing detected"
  kCdn,
  kLocalClose,  // "Local close request", "Bearer line drop", "Bearer failure"; a timeout
};
enum class CallAction : uint8_t {
  kNone,
  kSendRequest,
  kSendReply,
  kSendReplyAndOpenBearer,
  kSendConnected,
  kPrepareForData,
  kSendCdnAndCleanUp,
  kCleanUp,
};
struct CallStep {
  CallAction action;
  CallState next;
  bool operator==(const CallStep&) const = default;
};
/// Total for the states that the role has. In one that it has not: kCleanUp.
CallStep Next(CallRole role, CallState state, CallEvent event);

}  // namespace sallyport::l2tp
