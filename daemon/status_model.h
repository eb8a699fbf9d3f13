// SPDX-License-Identifier: GPL-2.0-or-later
// What the status API shows, as plain values, and the port through which it asks for them. Names
// are those of the JSON (docs/status-api.md); an optional without a value is null there. Text that
// came from the network has been through PrintableText() (base/text.h).
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "daemon/config_values.h"
#include "daemon/count_by_reason.h"
#include "daemon/http_message.h"
#include "daemon/log.h"
#include "daemon/setup_times.h"
#include "l2tp/events.h"

namespace sallyport::daemon {

/// Wall clock, for people; RFC 3339 in UTC in the JSON.
using WallTime = std::chrono::sys_seconds;

enum class DaemonState : uint8_t {
  kRunning,
  kDraining,  // new clients are refused, those there are live on
  kStopping,
};
std::string_view ToString(DaemonState state);

/// The connection to charon's control socket.
struct ViciStatus {
  bool connected = false;
  std::string path;
  std::optional<std::string> version;  // charon's, while connected
  std::optional<std::string> error;    // why not connected
  std::optional<std::string> hint;     // what the operator can do about it
  bool lacks_ikev1 = false;            // IkeState
  bool refuses = false;
};

struct IpsecStatus {
  bool required = true;  // clear-text L2TP is refused
  ViciStatus vici;
  uint64_t sas = 0;       // pairs of transport mode SAs that are up
  CountByReason errors;   // packets that IPsec refused on this host, by the kernel's names
  uint64_t overruns = 0;  // of the kernel's notifications about SAs
};

struct L2tpStatus {
  uint64_t tunnels = 0;
  uint64_t messages_received = 0;  // control messages since the start
  uint64_t messages_sent = 0;
  uint64_t retransmissions = 0;
};

struct SessionTotals {
  uint64_t total = 0;
  uint64_t up = 0;
};

struct PoolStatus {
  std::string name;
  uint64_t size = 0;  // addresses
  uint64_t used = 0;
  uint64_t ipv6_size = 0;  // prefixes of sessions
  uint64_t ipv6_used = 0;
  uint64_t delegated_size = 0;  // delegated prefixes
  uint64_t delegated_used = 0;
  std::vector<std::string> ranges = {};  // as configured
  IpAddress gateway = {};
  std::vector<std::string> ipv6 = {};  // prefixes as configured
  std::vector<std::string> delegated = {};
};

/// Received and not acted on.
struct DropStatus {
  CountByReason l2tp;
  CountByReason ppp;
  CountByReason vici;    // IkeState::drops
  CountByReason data;    // packets inside of sessions
  CountByReason dhcp;    // clients' messages to a DHCP server
  CountByReason ipv6;    // router discovery and DHCPv6
  CountByReason status;  // HttpServer::drops()
};

struct AuthStatus {
  uint64_t accepted = 0;  // logins since the start
  uint64_t rejected = 0;
};

/// The daemon as a whole.
struct DaemonStatus {
  std::string version;
  DaemonState state = DaemonState::kRunning;
  bool drained = false;  // draining, and no client is left
  LogLevel log_level = LogLevel::kInfo;
  WallTime started;
  std::chrono::seconds uptime{};
  pid_t pid = 0;
  IpsecStatus ipsec;
  L2tpStatus l2tp;
  SessionTotals sessions;
  std::vector<PoolStatus> pools;
  DropStatus drops;
  AuthStatus auth;
};

enum class SessionState : uint8_t { kStarting, kUp, kClosing };
std::string_view ToString(SessionState state);
std::optional<SessionState> ParseSessionState(std::string_view text);

/// The client as seen from outside.
struct SessionPeer {
  IpAddress address;
  uint16_t port = 0;      // of its L2TP datagrams
  bool nat = false;       // its SA is UDP-encapsulated because a NAT was found (RFC 3947)
  std::string host_name;  // Host Name AVP (RFC 2661 §4.4.3)
  std::optional<std::string> vendor;  // Vendor Name AVP
};

enum class Encapsulation : uint8_t { kNone, kUdp };
std::string_view ToString(Encapsulation encapsulation);

/// The SA that protects a session's tunnel.
struct SessionIpsec {
  std::string ike;  // "IKEv1", "IKEv2"
  std::string local_id;
  std::string remote_id;
  uint32_t reqid = 0;
  uint32_t spi_in = 0;  // host byte order; eight hexadecimal digits in the JSON
  uint32_t spi_out = 0;
  Encapsulation encapsulation = Encapsulation::kNone;
  std::string ike_proposal;
  std::string esp_proposal;
  // Of the SAs of now: a rekey begins anew.
  uint64_t rx_bytes = 0;
  uint64_t tx_bytes = 0;
  uint64_t rx_packets = 0;
  uint64_t tx_packets = 0;
  uint64_t replays = 0;
  uint64_t integrity_failures = 0;
  std::string offload = "none";  // to the network device: "none", "crypto", "packet"
};

/// What the LAC said about a call: none and zero where it said nothing.
struct SessionCall {
  bool outgoing = false;  // the LNS asked for it (RFC 2661 §5.2.2)
  uint32_t serial_number = 0;
  std::string called_number;
  std::string calling_number;
  std::string sub_address;
  std::string private_group;
  uint32_t physical_channel = 0;
  uint32_t tx_speed = 0;  // bits a second
  uint32_t rx_speed = 0;
  uint64_t error_reports = 0;              // WENs
  std::optional<l2tp::CallErrors> errors;  // as the last one says
  std::optional<uint32_t> send_accm;       // of an SLI
  std::optional<uint32_t> receive_accm;
};

struct SessionL2tp {
  uint16_t tunnel = 0;  // ids that we assigned
  uint16_t peer_tunnel = 0;
  uint16_t session = 0;
  uint16_t peer_session = 0;
  uint16_t local_port = 0;  // of the tunnel's own UDP socket
  SessionCall call;
};

struct SessionPpp {
  std::optional<std::string> auth;  // "pap", "chap", "mschapv2", "eap-md5" .., once agreed on
  std::string phase;                // RFC 1661 §3.2: "dead" ... "terminate"
  uint16_t mtu = 0;                 // largest IP packet towards the client; octets
};

/// What of its time a session has used; nothing before packets flow, or without a limit.
struct SessionTimes {
  std::optional<std::chrono::seconds> idle;  // since the client last sent data, as far as is known
  std::optional<std::chrono::seconds> idle_timeout;
  std::optional<std::chrono::seconds> session_timeout;
  std::optional<std::chrono::seconds> remaining;  // of session_timeout
};

/// The IPv6 of a session.
struct SessionIpv6Status {
  IpAddress local;                    // link-local, ours; ends in our interface identifier
  IpAddress peer;                     // the client's
  std::optional<IpPrefix> prefix;     // of its link
  std::optional<IpPrefix> delegated;  // of what is behind it
};

/// As the server counts: received is what came from the client.
struct SessionCounters {
  uint64_t rx_bytes = 0;
  uint64_t tx_bytes = 0;
  uint64_t rx_packets = 0;
  uint64_t tx_packets = 0;
};

/// Averages between two readings of the counters: RateMeter.
struct SessionRates {
  uint64_t rx_bytes = 0;  // in a second
  uint64_t tx_bytes = 0;
  std::chrono::seconds interval{};  // from one reading to the other, rounded
};

/// A server that we dial.
struct DialRecord {
  std::string name;
  std::string server;                // as configured
  std::optional<IpAddress> address;  // of the server, once known
  bool ipsec = false;
  std::string state;      // ToString(DialState)
  WallTime since;         // of the state
  uint64_t attempts = 0;  // since the start
  std::optional<std::string> last_failure;
  std::optional<WallTime> failed;
  std::optional<std::chrono::seconds> next_attempt;  // until then
  std::optional<uint16_t> tunnel;                    // our id
  uint64_t wanted = 0;                               // sessions
  std::vector<std::string> sessions;                 // ids of those that there are
};

/// Where in its life a tunnel is.
enum class TunnelState : uint8_t { kStarting, kUp, kClosing };
std::string_view ToString(TunnelState state);

/// One L2TP control connection.
struct TunnelStatus {
  uint16_t id = 0;  // ours
  uint16_t peer_id = 0;
  TunnelState state = TunnelState::kStarting;
  bool dialled = false;  // we asked for it
  WallTime since;
  std::chrono::seconds uptime{};
  SessionPeer peer;
  std::optional<uint32_t> reqid;  // of the SA under it
  uint16_t local_port = 0;        // of its own UDP socket
  uint64_t sessions = 0;
};

/// A pair of SAs, as the operator sees it.
struct SaStatus {
  SessionIpsec sa;
  IpAddress peer;
  uint16_t peer_port = 0;  // of IKE
  IpAddress local;
  bool nat = false;
  std::optional<std::string> dial;  // the name of ours that asked for it
  std::vector<uint16_t> tunnels;    // our ids
};

/// Part of a list that may be long, in a stable order. A record's cursor says where it stands: what
/// comes and goes meanwhile moves nothing else.
template <typename Record>
struct Page {
  std::vector<std::pair<uint64_t, Record>> records;
  std::optional<uint64_t> next;  // there may be more after this cursor; none: that was all
};

/// What is counted for the metrics alone, besides DaemonStatus.
struct MetricsStatus {
  DaemonStatus status;
  CountByReason sessions_by_state;  // now, every state
  CountByReason session_ends;       // since the start, by cause
  CountByReason failed_attempts;    // since the start, by reason
  uint64_t session_starts = 0;
  uint64_t session_limit = 0;
  SetupTimes setup;
  SessionCounters traffic;  // of all sessions since the start
  uint64_t events = 0;
  uint64_t event_subscribers = 0;
  std::optional<WallTime> last_reload;  // that was tried
  bool last_reload_failed = false;
  std::vector<std::pair<std::string, bool>> dials;  // by name, whether every session is up
};

/// One client, all layers.
struct SessionRecord {
  std::string id;
  SessionState state = SessionState::kStarting;
  std::optional<std::string> dial;  // the name of ours; none: the peer asked for the session
  std::optional<std::string> user;
  std::optional<std::string> pool;
  std::optional<IpAddress> address;  // inside
  std::vector<IpAddress> dns;
  std::optional<SessionIpv6Status> ipv6;  // while IPv6CP is open
  std::optional<std::string> interface;
  WallTime since;  // when the session came to be known, not when it came up
  std::chrono::seconds uptime{};
  SessionPeer peer;
  std::optional<SessionIpsec> ipsec;
  SessionL2tp l2tp;
  SessionPpp ppp;
  SessionTimes times;
  SessionCounters counters;
  std::optional<SessionRates> rates;  // once there are two readings
};

/// Whether `asked` means the user who is `shown` so: operators type DOMAIN\user as it is, or copy
/// what is shown of it.
bool NamesUser(std::string_view shown, std::string_view asked);

/// What a filter looks at; borrowed.
struct SessionFacts {
  std::string_view id;
  std::optional<std::string_view> user;
  std::optional<std::string_view> pool;
  SessionState state = SessionState::kStarting;
  std::optional<IpAddress> address;   // inside
  std::optional<IpPrefix> prefix;     // of IPv6, while it is open
  std::optional<IpPrefix> delegated;  // likewise
  IpAddress peer;                     // outside
};
SessionFacts FactsOf(const SessionRecord& session);

/// Chooses sessions: all that is given must hold. Without anything it chooses every session.
struct SessionFilter {
  std::optional<std::string> id;
  std::optional<std::string> user;  // exact; raw, or as the record shows it
  std::optional<IpPrefix> address;  // inside address
  std::optional<IpPrefix> peer;     // outside address
  std::optional<std::string> pool;
  std::optional<SessionState> state;

  bool Matches(const SessionFacts& session) const;
};

/// Whose packets are traced: those for which all that is given holds.
struct TraceQuery {
  std::optional<IpPrefix> peer;        // outside address
  std::optional<std::string> user;     // as NamesUser() takes it
  std::optional<std::string> session;  // id
};

/// Attempts of clients that failed alike; daemon/attempt.h has the words.
struct AttemptRecord {
  uint64_t id = 0;
  IpAddress address;             // of the client, outside
  std::optional<uint16_t> port;  // the last one that it sent from
  std::optional<std::string> identity;
  std::optional<std::string> user;
  std::string stage;
  std::string stage_title;
  std::string reason;
  std::string title;
  std::optional<std::string> detail;
  std::string hint;
  std::vector<std::string> steps;
  WallTime first;
  WallTime last;
  uint64_t count = 1;
};

/// Chooses attempts: all that is given must hold.
struct AttemptFilter {
  std::optional<IpPrefix> address;  // outside
  std::optional<std::string> user;  // of PPP or the identity of IKE; exact; raw, or as shown
};

struct DisconnectResult {
  std::vector<std::string> sessions;  // ids that are being disconnected
};

/// What a reload came to.
struct ReloadResult {
  std::vector<std::string> errors;   // not empty: nothing was changed
  std::vector<std::string> changed;  // keys that hold from now on
  std::vector<std::string> restart;  // keys that differ and wait for a restart
};

/// Where the status API gets its answers; the daemon implements it. Calls are synchronous, on the
/// event loop's thread, and must not wait for the kernel or a peer. `caller` is for the log.
class StatusSource {
 public:
  virtual ~StatusSource() = default;

  virtual DaemonStatus Status() const = 0;
  virtual MetricsStatus Metrics() const = 0;
  /// Those that `filter` matches among the next `scan` after the cursor `after`; 0: the first.
  virtual Page<SessionRecord> Sessions(const SessionFilter& filter, uint64_t after,
                                       size_t scan) const = 0;
  /// Nothing if there is none with this id.
  virtual std::optional<SessionRecord> Session(const std::string& id) const = 0;
  /// Of every one that `filter` matches.
  virtual std::vector<std::string> SessionIds(const SessionFilter& filter) const = 0;
  virtual Page<TunnelStatus> Tunnels(uint64_t after, size_t scan) const = 0;
  virtual Page<SaStatus> Sas(uint64_t after, size_t scan) const = 0;
  virtual std::vector<PoolStatus> Pools() const = 0;
  virtual std::vector<ConfigValue> Configuration() const = 0;
  /// In the order of the configuration.
  virtual std::vector<DialRecord> Dials() const = 0;
  /// Those that `filter` matches among the next `scan` after the cursor `after`, the newest first.
  virtual Page<AttemptRecord> Attempts(const AttemptFilter& filter, uint64_t after,
                                       size_t scan) const = 0;
  /// Begins to end every session that `filter` matches.
  virtual DisconnectResult Disconnect(const SessionFilter& filter,
                                      const std::optional<PeerCredentials>& caller) = 0;
  /// Refuses new clients, or takes them again.
  virtual void SetDraining(bool draining, const std::optional<PeerCredentials>& caller) = 0;
  virtual ReloadResult Reload(const std::optional<PeerCredentials>& caller) = 0;
  virtual void ChangeLogLevel(LogLevel level, const std::optional<PeerCredentials>& caller) = 0;
  /// What passes from now on, as a body without an end. Null when too many trace already.
  virtual std::shared_ptr<BodySource> Trace(const TraceQuery& query,
                                            const std::optional<PeerCredentials>& caller) = 0;
};

}  // namespace sallyport::daemon
