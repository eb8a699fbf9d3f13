// SPDX-License-Identifier: GPL-2.0-or-later
// The state tables of RFC 2661 §7.2.1 and §7.4.2, as far as an LNS that answers needs them: the
// receiver of an SCCRQ, and the LNS of an incoming call.
#pragma once
#include <cstdint>

namespace sallyport::l2tp {

/// RFC 2661 §7.2.1. In kIdle an SCCRQ has come and its acceptance is being decided.
enum class TunnelState : uint8_t { kIdle, kWaitCtlConn, kEstablished };
enum class TunnelEvent : uint8_t {
  kSccrqAcceptable,
  kSccrqNotAcceptable,
  kSccrp,
  kScccnAcceptable,
  kScccnNotAcceptable,
  kStopCcn,
  kLocalClose,  // "Admin Tunnel Close"; a timeout; a message that breaks the protocol (§7.1)
};
enum class TunnelAction : uint8_t {
  kSendSccrp,
  kTunnelOpen,  // "Send tunnel-open event to waiting sessions"
  kSendStopCcnAndCleanUp,
  kCleanUp,
};
struct TunnelStep {
  TunnelAction action;
  TunnelState next;
  bool operator==(const TunnelStep&) const = default;
};
/// Total: every event has a cell in every state.
TunnelStep Next(TunnelState state, TunnelEvent event);

/// RFC 2661 §7.4.2. In kIdle an ICRQ has come and its acceptance is being decided.
enum class SessionState : uint8_t { kIdle, kWaitConnect, kEstablished };
enum class SessionEvent : uint8_t {
  kIcrqAcceptable,
  kIcrqNotAcceptable,
  kIcrp,
  kIccnAcceptable,
  kIccnNotAcceptable,
  kCdn,
  kLocalClose,  // "Local Close request"; a timeout
};
enum class SessionAction : uint8_t {
  kSendIcrp,
  kPrepareForData,
  kSendCdnAndCleanUp,
  kCleanUp,
};
struct SessionStep {
  SessionAction action;
  SessionState next;
  bool operator==(const SessionStep&) const = default;
};
SessionStep Next(SessionState state, SessionEvent event);

}  // namespace sallyport::l2tp
