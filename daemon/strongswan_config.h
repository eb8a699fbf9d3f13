// SPDX-License-Identifier: GPL-2.0-or-later
// What strongSwan is told, and what its answers mean to the operator.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/secret.h"
#include "daemon/ike.h"
#include "vici/message.h"

namespace sallyport::daemon {

struct StrongswanOptions {
  /// VICI socket; empty: the first that exists of kViciSockets, looked for at each attempt.
  std::string path;
  std::vector<IpAddress> local_addresses;  // that IKE is answered on; empty: all
  uint16_t l2tp_port = 1701;               // RFC 2661 §8.1
  /// For every peer that charon has no key of its own for. Empty: charon's configuration has keys.
  Secret psk;
  /// strongSwan's notation, in our order of preference. Every client that is built into a current
  /// system finds one: Windows ECP_384 or MODP_2048 with SHA-1, macOS and iOS MODP_2048 with
  /// SHA-256, ChromeOS MODP_2048 with SHA-1. 3DES and MODP_1024 (Android up to 11) are for the
  /// operator to add.
  std::vector<std::string> ike_proposals{
      "aes256-sha256-ecp384",   "aes256-sha1-ecp384",     "aes256-sha256-modp2048",
      "aes256-sha1-modp2048",   "aes128-sha256-ecp256",   "aes128-sha1-ecp256",
      "aes128-sha256-modp3072", "aes128-sha256-modp2048", "aes128-sha1-modp2048"};
  /// No built-in client asks for PFS; the last three are for one that is told to (they allow, but
  /// do not demand it, which from strongSwan 6.0.2 on every proposal does).
  std::vector<std::string> esp_proposals{"aes256gcm16",
                                         "aes128gcm16",
                                         "aes256-sha256",
                                         "aes256-sha1",
                                         "aes128-sha256",
                                         "aes128-sha1",
                                         "aes256-sha256-modp2048-modpnone",
                                         "aes256-sha1-modp2048-modpnone",
                                         "aes128-sha1-modp2048-modpnone"};
};

/// Where distributions put the socket: Debian and Ubuntu, older ones, Fedora and RHEL.
inline constexpr std::string_view kViciSockets[] = {"/run/charon.vici", "/var/run/charon.vici",
                                                    "/run/strongswan/charon.vici"};

/// The names under which our connection, its child and our key are loaded.
inline constexpr std::string_view kConnectionName = "sallyport";
inline constexpr std::string_view kChildName = "l2tp";
inline constexpr std::string_view kSharedKeyId = "sallyport";

/// The name under which the connection and the key of a dial are loaded: kDialPrefix and its name.
inline constexpr std::string_view kDialPrefix = "sallyport-dial-";
std::string DialConnectionName(std::string_view dial);
/// Nothing for a connection that is no dial's.
std::optional<std::string> DialOfConnection(std::string_view connection);

/// Arguments of load-conn.
vici::Message ConnectionArguments(const StrongswanOptions& options);
/// The same for a server that we dial.
vici::Message DialConnectionArguments(const StrongswanOptions& options, const IkeServer& server);
/// Arguments of load-shared; holds the key in clear.
vici::Message SharedKeyArguments(const StrongswanOptions& options);
/// The same for a server with a key of its own.
vici::Message DialKeyArguments(const IkeServer& server);

/// What the algorithms in the reply to get-algorithms lack that our proposals cannot do without;
/// empty when nothing. Readable: "ECP_384, HMAC_SHA1_96".
std::string MissingAlgorithms(const vici::Message& algorithms);

/// Hints for the operator.
inline constexpr const char* kTooOldHint = "this strongSwan is too old: 5.5.2 or later is needed";
inline constexpr const char* kLogHint = "see charon's log (journalctl -u strongswan)";
/// What the operator can do about a refusal of load-conn or load-shared, in one sentence.
/// `error`: charon's errmsg.
std::string HintForRefusal(std::string_view error);
/// The same for an errno of connect(2) on the VICI socket.
std::string HintForConnectError(int error);

}  // namespace sallyport::daemon
