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
#include "base/secret.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace sallyport::l2tp {

/// Our own and the peer's ids (RFC 2661 §3.1); zero is no id.
using TunnelId = StrongId<struct TunnelIdTag, uint16_t>;
using SessionId = StrongId<struct SessionIdTag, uint16_t>;

/// The caller's name for a way that datagrams come in and go out: one UDP socket. With IPsec a path
/// belongs to one SA; the engine only ever compares paths and hands them back.
using PathId = StrongId<struct PathIdTag, uint64_t>;

/// The caller's name for a tunnel or call that it asked for itself (OpenTunnel, OpenCall).
using DialId = StrongId<struct DialIdTag, uint64_t>;

/// What is agreed with a peer beforehand.
struct TunnelPolicy {
  Secret secret;           // RFC 2661 §5.1.1 and §4.3; empty: none is shared
  bool challenge = false;  // the peer has to prove that it knows the secret
  bool hide_avps = false;  // what we send is hidden as far as RFC 2661 §4.4 permits
};

/// A policy and the peers that it is for. `host_name` is compared with the Host Name AVP, octet by
/// octet; empty means any. Without `addresses` the peer may be anywhere.
struct PeerPolicy {
  std::string host_name;
  std::optional<IpPrefix> addresses;
  TunnelPolicy tunnel;
};

/// Sequence numbers on data messages (RFC 2661 §5.4), where the peer may ask for them (§4.4.6).
enum class Sequencing : uint8_t {
  kDeny,     // a call that requires them is refused
  kAllow,    // as the peer asks
  kRequire,  // in every call
};

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
  // An acknowledgement waits this long for the answer that is being prepared, SCCRP or ICRP, to
  // carry it (RFC 2661 §5.8); where no answer is on its way it leaves at once. Local policy.
  std::chrono::milliseconds acknowledgement_delay{100};
  std::vector<PeerPolicy> peers;  // the first that fits a peer is its policy
  Sequencing sequencing = Sequencing::kAllow;
  bool take_outgoing_calls = false;       // as LAC: whether an OCRQ is answered by OCRP
  size_t max_tunnels = 65000;             // local policy; ids are 16 bit
  size_t max_half_open_tunnels = 1000;    // local policy
  size_t max_lingering_tunnels = 4096;    // local policy; the oldest goes first
  size_t max_sessions = 65000;            // of all tunnels; local policy
  size_t max_sessions_per_tunnel = 256;   // local policy
  unsigned sccrq_per_second = 500;        // of all peers; zero: no limit; local policy
  unsigned sccrq_per_second_prefix = 50;  // of an IPv4 /24 or an IPv6 /64; zero: no limit
  // StopCCNs to those who have no tunnel, and the CDNs of each tunnel that refuse a call; local
  // policy
  unsigned refusals_per_second = 100;
  // Tunnels and calls that peers ask for are refused with error code 7, "try another" (RFC 2661
  // §4.4.2); what there is lives on.
  bool draining = false;
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
  kTieLost,            // the peer dialled at the same time, and its tunnel was kept
};

/// Which end places the call (RFC 2661 §5.2).
enum class CallDirection : uint8_t {
  kIncoming,  // ICRQ, ICRP, ICCN: the LAC asks
  kOutgoing,  // OCRQ, OCRP, OCCN: the LNS asks
};

/// What the messages of a call say about it; each is zero or empty when not said.
struct CallDetails {
  uint32_t call_serial_number = 0;
  uint32_t bearer_type = 0;   // RFC 2661 §4.4.4: 1 digital, 2 analog
  uint32_t framing_type = 0;  // 1 synchronous, 2 asynchronous
  uint32_t minimum_bps = 0;   // OCRQ
  uint32_t maximum_bps = 0;   // OCRQ
  uint32_t physical_channel_id = 0;
  uint32_t tx_connect_speed = 0;  // bits a second, as the LAC said
  uint32_t rx_connect_speed = 0;
  std::string called_number;     // printable
  std::string calling_number;    // printable
  std::string sub_address;       // printable
  std::string private_group_id;  // printable
  bool operator==(const CallDetails&) const = default;
};

/// Proxy Authen Type (RFC 2661 §4.4.5).
enum class ProxyAuthenType : uint16_t {
  kTextual = 1,
  kChap = 2,
  kPap = 3,
  kNone = 4,
  kMsChapV1 = 5,
};

/// What a LAC negotiated with the caller before it passed the call on (RFC 2661 §4.4.5). The
/// octets are as the LAC sent them and not to be trusted more than the LAC is.
struct ProxyAttributes {
  std::vector<uint8_t> initial_received_confreq;  // options of LCP, without a header
  std::vector<uint8_t> last_sent_confreq;
  std::vector<uint8_t> last_received_confreq;
  std::optional<uint16_t> authen_type;  // ProxyAuthenType, or a number that is none
  std::string authen_name;              // as it came
  std::vector<uint8_t> authen_challenge;
  uint8_t authen_id = 0;
  Secret authen_response;  // with PAP the password itself
  bool operator==(const ProxyAttributes&) const = default;
};

/// Call Errors AVP (RFC 2661 §4.4.6): counts since the call was established.
struct CallErrors {
  uint32_t crc_errors = 0;
  uint32_t framing_errors = 0;
  uint32_t hardware_overruns = 0;
  uint32_t buffer_overruns = 0;
  uint32_t timeout_errors = 0;
  uint32_t alignment_errors = 0;
  bool operator==(const CallErrors&) const = default;
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
/// The tunnel's peer is at another address, or its SCCRQ's path is another: behind IPsec a NAT may
/// move a client (RFC 3947 §7), which RFC 2661 §8.1 could not foresee. No effect on a tunnel that
/// has ended.
struct MoveTunnel {
  TunnelId tunnel;
  PathId origin_path;
  IpEndpoint peer;
};
/// Asks `peer` for a tunnel: PrepareTunnel with the same `dial` comes out, and after the peer's
/// SCCRP TunnelUp; or DialFailed. `path` is the SA or listener that it belongs to.
struct OpenTunnel {
  DialId dial;
  PathId path;
  IpEndpoint peer;
  IpAddress local;  // to send from; unspecified: the route's
  TunnelPolicy policy;
};
/// Asks for a call in an established tunnel: as LAC an incoming one (ICRQ), as LNS an outgoing one
/// (OCRQ). PrepareSession with the same `dial` comes out when the peer has agreed, then SessionUp;
/// or DialFailed.
struct OpenCall {
  DialId dial;
  TunnelId tunnel;
  CallDirection direction = CallDirection::kIncoming;
  CallDetails details;
  ProxyAttributes proxy;
};
/// Sends WEN (RFC 2661 §6.13) for an established session; a LAC's to send.
struct ReportErrors {
  TunnelId tunnel;
  SessionId session;
  CallErrors errors;
};
/// Sends SLI (RFC 2661 §6.14) for an established session; an LNS's to send.
struct SetLinkInfo {
  TunnelId tunnel;
  SessionId session;
  uint32_t send_accm = 0xFFFFFFFF;  // RFC 2661 §4.4.6: the default of both
  uint32_t receive_accm = 0xFFFFFFFF;
};
/// Data was received from the peer since the last time: the next HELLO is put off.
struct ProofOfLife {
  TunnelId tunnel;
};
/// StopCCN (result 6, RFC 2661 §4.4.2) for every tunnel; no new one is taken. A tunnel is released
/// as soon as its StopCCN is acknowledged, not a retransmission cycle later: the process is going
/// away.
struct Shutdown {};

using Command =
    std::variant<TunnelPrepared, SessionPrepared, OpenTunnel, OpenCall, ReportErrors, SetLinkInfo,
                 CloseTunnel, CloseSession, PathDown, MoveTunnel, ProofOfLife, Shutdown>;

// ---- Out of the engine: to be carried out in this order --------------------------------------
//
// After each PrepareTunnel come, in the end, one TunnelDown and one TunnelReleased; after each
// PrepareSession one SessionDown, before its tunnel's TunnelDown. So it is even if the answer was
// that there is none, or has not been given yet; an answer that comes after them has no effect.

struct SendDatagram {
  PathId path;
  IpEndpoint peer;
  IpAddress local;  // source address to use; unspecified: the path's own
  std::vector<uint8_t> bytes;
  TunnelId tunnel = {};  // ours, whose message it is; zero: a refusal without one
};
/// A peer asks for a tunnel, or we do. The caller makes the tunnel's own path (connected socket,
/// rewrite rule) and answers TunnelPrepared; SCCRP or SCCRQ waits for it.
struct PrepareTunnel {
  TunnelId tunnel;
  TunnelId peer_tunnel;        // zero when we dial: TunnelUp tells it
  std::optional<DialId> dial;  // when we dial
  PathId path;                 // where the SCCRQ came in; OpenTunnel's when we dial
  IpEndpoint peer;
  IpAddress local;  // the address the SCCRQ was sent to; SCCRP leaves from it (RFC 2661 §8.1)
  std::string host_name;    // printable; empty when we dial
  std::string vendor_name;  // printable; empty when the peer sent none
};
/// The control connection is established: SCCCN came, or ours is on its way.
struct TunnelUp {
  TunnelId tunnel;
  TunnelId peer_tunnel;
  IpEndpoint peer;  // when we dialled its port may be another than was asked (RFC 2661 §8.1)
  std::optional<DialId> dial;
  std::string host_name;    // of the peer, printable
  std::string vendor_name;  // printable; empty when the peer sent none
};
/// A call was asked for. The caller makes the kernel's session and PPP channel and answers
/// SessionPrepared; ICRP, OCRP or, when we asked, ICCN waits for it, so that the first PPP frame
/// finds the channel (design D4).
struct PrepareSession {
  TunnelId tunnel;
  TunnelId peer_tunnel;
  SessionId session;
  SessionId peer_session;
  std::optional<DialId> dial;  // when we asked for the call
  CallDirection direction = CallDirection::kIncoming;
  bool send_sequence = false;  // number data messages from the start (RFC 2661 §4.4.6, §5.4)
  uint32_t call_serial_number = 0;
};
/// The call is connected: PPP may start. As LNS the caller is the client of our PPP; as LAC, or
/// with a `dial`, what is at the other end is for the one who asked to know.
struct SessionUp {
  TunnelId tunnel;
  SessionId session;
  std::optional<DialId> dial;
  bool send_sequence = false;
  CallDetails details;
  ProxyAttributes proxy;
};
/// OpenTunnel or OpenCall came to nothing before the tunnel or session had ids: a limit, or a
/// tunnel that is not there. What fails later is told by TunnelDown or SessionDown.
struct DialFailed {
  DialId dial;
  ResultCode result;
};
/// WEN came: the line behind the LAC has errors.
struct ErrorsReported {
  TunnelId tunnel;
  SessionId session;
  CallErrors errors;
};
/// SLI came: the LNS's PPP agreed on these ACCMs.
struct LinkInfo {
  TunnelId tunnel;
  SessionId session;
  uint32_t send_accm = 0;
  uint32_t receive_accm = 0;
};
/// The session is gone; the caller releases what PrepareSession made.
struct SessionDown {
  TunnelId tunnel;
  SessionId session;
  EndReason reason;
  ResultCode result;                     // sent or received
  std::optional<EndReason> of_tunnel{};  // why the tunnel ended, if it is that
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
                            DialFailed, ErrorsReported, LinkInfo, SessionDown, TunnelDown,
                            TunnelReleased, DataFrame, Refused>;
using Actions = std::vector<Action>;

}  // namespace sallyport::l2tp
