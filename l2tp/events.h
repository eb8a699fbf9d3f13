// SPDX-License-Identifier: GPL-2.0-or-later
// What goes into and comes out of the L2TP engine (l2tp::Endpoint): plain values, no behaviour.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace sallyport::l2tp {

/// Our own and the peer's ids (RFC 2661 §3.1); zero is no id.
using TunnelId = StrongId<struct TunnelIdTag, uint16_t>;
using SessionId = StrongId<struct SessionIdTag, uint16_t>;

/// The caller's name for a way that datagrams come in and go out: one UDP socket. With IPsec a path
/// belongs to one SA; the engine only ever compares paths and hands them back.
using PathId = StrongId<struct PathIdTag, uint64_t>;

struct EndpointConfig {
  std::string host_name;                  // Host Name AVP, RFC 2661 §4.4.3; 1..128 octets
  std::string vendor_name = "sallyport";  // Vendor Name AVP
  uint16_t receive_window = 16;           // Receive Window Size AVP; local policy
  std::chrono::milliseconds retransmit_initial{1000};  // RFC 2661 §5.8: 1 s
  std::chrono::milliseconds retransmit_cap{8000};      // RFC 2661 §5.8: at least 8 s
  unsigned retransmit_max = 5;                         // RFC 2661 §5.8: 5 retransmissions
  std::chrono::seconds hello_interval{60};             // RFC 2661 §6.5; zero: no HELLO
  std::chrono::seconds setup_timeout{30};              // SCCRQ to SCCCN, ICRQ to ICCN; local policy
  std::chrono::seconds linger{31};  // RFC 2661 §5.7: one full retransmission cycle
  // An established tunnel without a session is closed; zero: never; local policy.
  std::chrono::seconds no_session_timeout{60};
  size_t max_tunnels = 65000;            // local policy; ids are 16 bit
  size_t max_half_open_tunnels = 1000;   // local policy
  size_t max_sessions_per_tunnel = 256;  // local policy
};

/// A Result Code AVP (RFC 2661 §4.4.2). `result` 0 means that none was sent: the call or tunnel
/// ended without a message.
struct ResultCode {
  uint16_t result = 0;
  std::optional<uint16_t> error;
  std::string message;  // readable; from the wire it has gone through PrintableText
  bool operator==(const ResultCode&) const = default;
};

/// Why a tunnel or session ended, for the record and the log.
enum class EndReason {
  kPeerClosed,         // StopCCN or CDN came
  kLocalClose,         // a command closed it
  kRetransmitTimeout,  // the peer did not acknowledge (RFC 2661 §5.8)
  kSetupTimeout,       // the peer left the setup unfinished
  kProtocolError,      // the peer broke the protocol; we sent StopCCN or CDN
  kRefused,            // local policy or resources; we sent StopCCN or CDN
  kReplaced,           // the same peer dialled again from the same address and port
  kPathDown,           // the SA or socket under it went
  kTunnelEnded,        // a session whose tunnel ended
  kIdle,               // a tunnel that carried no session for too long
};

// ---- Into the engine, besides datagrams -----------------------------------------------------

/// The answer to PrepareTunnel: the tunnel's own path (socket) is ready, or not to be had.
struct TunnelPrepared {
  TunnelId tunnel;
  std::optional<PathId> path;
};
/// The answer to PrepareSession: the kernel's session and channel exist, or could not be made.
struct SessionPrepared {
  TunnelId tunnel;
  SessionId session;
  bool ok = false;
};
/// Sends StopCCN; every session of the tunnel ends. Result 0 is sent as 1, "General request to
/// clear control connection" (RFC 2661 §4.4.2).
struct CloseTunnel {
  TunnelId tunnel;
  ResultCode result;
};
/// Sends CDN. Result 0 is sent as 3, "disconnected for administrative reasons" (RFC 2661 §4.4.2).
struct CloseSession {
  TunnelId tunnel;
  SessionId session;
  ResultCode result;
};
/// Nothing can be sent or received on the path any more: the tunnels that send on it, lingering
/// ones among them, end without a message. A tunnel that has a path of its own does not end with
/// the one its SCCRQ came in on.
struct PathDown {
  PathId path;
};
/// Data was received from the peer since the last time: the next HELLO is put off.
struct ProofOfLife {
  TunnelId tunnel;
};
/// StopCCN (result 6, RFC 2661 §4.4.2) for every tunnel; no new one is taken. A tunnel is released
/// as soon as its StopCCN is acknowledged, not a retransmission cycle later: the process is going
/// away.
struct Shutdown {};

using Command = std::variant<TunnelPrepared, SessionPrepared, CloseTunnel, CloseSession, PathDown,
                             ProofOfLife, Shutdown>;

// ---- Out of the engine: to be carried out in this order --------------------------------------
//
// After each PrepareTunnel come, in the end, one TunnelDown and one TunnelReleased; after each
// PrepareSession one SessionDown, before its tunnel's TunnelDown. So it is even if the answer was
// that there is none, or has not been given yet; an answer that comes after them has no effect.

struct SendDatagram {
  PathId path;
  IpEndpoint peer;
  std::vector<uint8_t> bytes;
};
/// A peer asks for a tunnel. The caller makes the tunnel's own path (connected socket, rewrite
/// rule) and answers TunnelPrepared; SCCRP waits for it.
struct PrepareTunnel {
  TunnelId tunnel;
  TunnelId peer_tunnel;
  PathId path;  // where the SCCRQ came in
  IpEndpoint peer;
  IpAddress local;  // the address the SCCRQ was sent to; SCCRP leaves from it (RFC 2661 §8.1)
  std::string host_name;    // printable
  std::string vendor_name;  // printable; empty when the peer sent none
};
/// SCCCN came: the control connection is established.
struct TunnelUp {
  TunnelId tunnel;
};
/// A peer asks for a session. The caller makes the kernel's session and PPP channel and answers
/// SessionPrepared; ICRP waits for it, so that the first PPP frame finds the channel (design D4).
struct PrepareSession {
  TunnelId tunnel;
  TunnelId peer_tunnel;
  SessionId session;
  SessionId peer_session;
  bool send_sequence = false;  // Sequencing Required (RFC 2661 §4.4.6)
  uint32_t call_serial_number = 0;
};
/// ICCN came: PPP may start.
struct SessionUp {
  TunnelId tunnel;
  SessionId session;
  bool send_sequence = false;
  uint32_t tx_connect_speed = 0;  // bits a second, as the peer said
  std::string calling_number;     // printable; empty when not sent
};
/// The session is gone; the caller releases what PrepareSession made.
struct SessionDown {
  TunnelId tunnel;
  SessionId session;
  EndReason reason;
  ResultCode result;  // sent or received
};
/// The tunnel carries nothing any more; its SessionDowns came before. The path stays in use, so
/// that late duplicates are still acknowledged, until TunnelReleased.
struct TunnelDown {
  TunnelId tunnel;
  EndReason reason;
  ResultCode result;
};
/// The engine has forgotten the tunnel; the caller closes its path.
struct TunnelReleased {
  TunnelId tunnel;
};
/// A data message (T bit clear) that the kernel handed to user space (too short, or its session
/// unknown): the PPP frame in it, to be given to the session's PPP engine.
struct DataFrame {
  TunnelId tunnel;
  SessionId session;
  std::vector<uint8_t> frame;
};
/// A tunnel or call was refused before it had a record of its own.
struct Refused {
  IpEndpoint peer;
  ResultCode result;
};

using Action = std::variant<SendDatagram, PrepareTunnel, TunnelUp, PrepareSession, SessionUp,
                            SessionDown, TunnelDown, TunnelReleased, DataFrame, Refused>;
using Actions = std::vector<Action>;

}  // namespace sallyport::l2tp
