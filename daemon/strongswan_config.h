// SPDX-License-Identifier: GPL-2.0-or-later
// What strongSwan is told, and what its answers mean to the operator.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "daemon/config.h"
#include "daemon/ike.h"
#include "vici/message.h"

namespace sallyport::daemon {

struct StrongswanOptions {
  /// VICI socket; empty: the first that exists of kViciSockets, looked for at each attempt.
  std::string path;
  std::vector<IpAddress> local_addresses;  // that IKE is answered on; empty: all
  uint16_t l2tp_port = 1701;               // RFC 2661 §8.1
  std::optional<IpEndpoint> probe;         // where charon is asked for IKEv1; none: it is not
  /// How often charon is asked whether it still has what was loaded. Local policy.
  std::chrono::milliseconds check_interval{10000};
  /// Who is met, and how.
  IpsecConfig ipsec;
  /// strongSwan's notation, in our order of preference. Every client that is built into a current
  /// system finds one: Windows ECP_384 or MODP_2048 with SHA-1, macOS and iOS MODP_2048 with
  /// SHA-256, ChromeOS MODP_2048 with SHA-1.
  std::vector<std::string> ike_proposals{
      "aes256-sha256-ecp384",   "aes256-sha1-ecp384",     "aes256-sha256-modp2048",
      "aes256-sha1-modp2048",   "aes128-sha256-ecp256",   "aes128-sha1-ecp256",
      "aes128-sha256-modp3072", "aes128-sha256-modp2048", "aes128-sha1-modp2048"};
  /// No client built into a desktop or phone asks for PFS; the last three are for one that is told
  /// to (they allow, but do not demand it, which from strongSwan 6.0.2 on every proposal does).
  std::vector<std::string> esp_proposals{"aes256gcm16",
                                         "aes128gcm16",
                                         "aes256-sha256",
                                         "aes256-sha1",
                                         "aes128-sha256",
                                         "aes128-sha1",
                                         "aes256-sha256-modp2048-modpnone",
                                         "aes256-sha1-modp2048-modpnone",
                                         "aes128-sha1-modp2048-modpnone"};
  /// Behind these, where the operator has said `legacy`: Android up to 11 has MODP_1024 only, older
  /// iOS and ChromeOS MODP_1536, Windows Vista 3DES; RouterOS demands PFS with MODP_1024 unless it
  /// is told otherwise.
  std::vector<std::string> legacy_ike_proposals{"aes256-sha256-modp1536", "aes256-sha1-modp1536",
                                                "aes256-sha256-modp1024", "aes256-sha1-modp1024",
                                                "aes128-sha1-modp1024",   "3des-sha1-modp2048",
                                                "3des-sha1-modp1536",     "3des-sha1-modp1024"};
  std::vector<std::string> legacy_esp_proposals{"3des-sha1", "aes256-sha1-modp1024-modpnone",
                                                "aes128-sha1-modp1024-modpnone",
                                                "3des-sha1-modp1024-modpnone"};
};

/// Where distributions put the socket: Debian and Ubuntu, older ones, Fedora and RHEL.
inline constexpr std::string_view kViciSockets[] = {"/run/charon.vici", "/var/run/charon.vici",
                                                    "/run/strongswan/charon.vici"};

/// All that we load into charon is called so, or so and a dash and more; what is called otherwise
/// belongs to somebody else.
inline constexpr std::string_view kOurName = "sallyport";
bool IsOurName(std::string_view name);
/// The child of each of our connections.
inline constexpr std::string_view kChildName = "l2tp";

/// The name under which the connection and the key of a dial are loaded: kDialPrefix and its name.
inline constexpr std::string_view kDialPrefix = "sallyport-dial-";
std::string DialConnectionName(std::string_view dial);
/// Nothing for a connection that is no dial's.
std::optional<std::string> DialOfConnection(std::string_view connection);

inline constexpr std::string_view kLoadConnection = "load-conn";
inline constexpr std::string_view kLoadKey = "load-key";
/// A command that loads something, and how it is taken back.
struct LoadCommand {
  std::string command;      // "load-conn"
  vici::Message arguments;  // holds a key in clear where it is about one
  std::string what;         // for the operator: "the connection \"sallyport\""
  std::string unload;       // "unload-conn"
  std::string unload_key;   // "name"
  std::string name;         // empty: charon's answer says it ("id")
  bool loaded = false;      // charon has taken it
};
/// Everything that our clients need, in an order in which each finds what it builds on.
std::vector<LoadCommand> LoadCommands(const StrongswanOptions& options);

/// Lists what is loaded, of us and of others.
struct ListCommand {
  std::string_view command;  // "get-conns"
  std::string_view list;     // in the reply
  std::string_view unload;
  std::string_view unload_key;
  bool by_name = true;  // ours can be told by IsOurName()
};
inline constexpr ListCommand kListCommands[] = {
    {.command = "get-conns", .list = "conns", .unload = "unload-conn", .unload_key = "name"},
    {.command = "get-shared", .list = "keys", .unload = "unload-shared", .unload_key = "id"},
    {.command = "get-authorities",
     .list = "authorities",
     .unload = "unload-authority",
     .unload_key = "name"},
    // Private keys: charon names each by a hash of it.
    {.command = "get-keys",
     .list = "keys",
     .unload = "unload-key",
     .unload_key = "id",
     .by_name = false}};

/// Arguments of load-conn for a server that we dial.
vici::Message DialConnectionArguments(const StrongswanOptions& options, const IkeServer& server);
/// Arguments of load-shared for a server with a key of its own; holds the key in clear.
vici::Message DialKeyArguments(const IkeServer& server);

/// What the algorithms in the reply to get-algorithms lack that our proposals cannot do without;
/// empty when nothing. Readable: "ECP_384, HMAC_SHA1_96".
std::string MissingAlgorithms(const vici::Message& algorithms);

/// Hints for the operator.
inline constexpr const char* kTooOldHint = "this strongSwan is too old: 5.5.2 or later is needed";
inline constexpr const char* kNoIkev1 = "this charon does not speak IKEv1";
inline constexpr const char* kNoIkev1Hint =
    "the clients of Windows, macOS, iOS, Android and ChromeOS will not connect: use a strongSwan "
    "that "
    "is built with IKEv1 (up to 6.0 it is by default; Debian 12: charon-systemd), or say ike = "
    "\"ikev2\"";
inline constexpr const char* kLogHint = "see charon's log (journalctl -u strongswan)";
/// What the operator can do about a refusal of load-conn or load-shared, in one sentence.
/// `error`: charon's errmsg.
std::string HintForRefusal(std::string_view error);
/// What to look at in strongSwan after an attempt that ended so; empty where strongSwan's own
/// settings and log do not help.
std::string_view HintForAttempt(AttemptReason reason);
/// The same for an errno of connect(2) on the VICI socket.
std::string HintForConnectError(int error);

}  // namespace sallyport::daemon
