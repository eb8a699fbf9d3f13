// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aaa/pool_set.h"
#include "aaa/user_database.h"
#include "base/expected.h"
#include "base/ip_address.h"
#include "base/secret.h"
#include "daemon/config_error.h"
#include "daemon/config_files.h"
#include "l2tp/events.h"
#include "ppp/events.h"

namespace sallyport::daemon {

// The sections of the configuration file. The meaning and the range of each key stand in the table
// of config_keys.cc; an initializer here is the key's default.

/// Which versions of IKE are spoken.
enum class IkeVersions : uint8_t { kV1, kV2, kBoth };
/// What an unanswered or failed check for revocation means (swanctl.conf, remote.revocation).
enum class RevocationPolicy : uint8_t { kStrict, kIfUri, kRelaxed };

/// Whether network cards are to do ESP (swanctl.conf, children.hw_offload).
enum class EspOffload : uint8_t { kNo, kAuto, kCrypto, kPacket };

/// How some clients are met: what [ipsec] and [[ipsec.connection]] have in common.
struct IpsecClients {
  Secret psk;            // the octets of the key, from the file or inline; empty: none
  std::string psk_file;  // empty: none
  IkeVersions ike = IkeVersions::kBoth;
  bool legacy = false;
  bool sha256_96 = false;
  std::string certificate_file;  // empty: none
  std::string private_key_file;
  std::vector<std::string> ca_files;
  bool client_certificates = true;
  RevocationPolicy revocation = RevocationPolicy::kRelaxed;
  std::string certificate;      // DER, from the file; empty: none
  Secret private_key;           // as the file has it
  std::vector<std::string> ca;  // DER, one for each of the files
  bool operator==(const IpsecClients&) const = default;
};

/// A [[ipsec.connection]]: clients that are met in another way than [ipsec] says.
struct IpsecConnectionConfig : IpsecClients {
  std::string name;
  std::vector<IpAddress> local_addresses;  // empty: as l2tp.listen
  std::vector<IpPrefix> remote_addresses;  // empty: anywhere
  bool operator==(const IpsecConnectionConfig&) const = default;
};

/// A [[ipsec.key]]: a pre-shared key of some clients.
struct IpsecKeyConfig {
  std::vector<std::string> identities;
  std::vector<IpPrefix> addresses;
  Secret psk;  // from the file or inline
  std::string psk_file;
  bool operator==(const IpsecKeyConfig&) const = default;
};

struct IpsecConfig : IpsecClients {
  bool required = true;
  std::string vici;  // empty: to be looked for
  std::chrono::seconds setup_timeout{30};
  std::chrono::seconds linger{15};
  std::chrono::seconds dpd_delay{30};     // local policy
  std::chrono::seconds dpd_timeout{150};  // local policy
  EspOffload offload = EspOffload::kNo;
  std::vector<IpsecKeyConfig> keys;
  std::vector<IpsecConnectionConfig> connections;
  bool operator==(const IpsecConfig&) const = default;
};

/// A [[l2tp.peer]]: what is agreed with a peer beforehand.
struct L2tpPeerConfig {
  std::string host_name;            // empty: any
  std::vector<IpPrefix> addresses;  // empty: anywhere
  std::string secret_file;
  Secret secret;  // from the file or inline; empty: none
  bool challenge = false;
  bool hide_avps = false;
  bool operator==(const L2tpPeerConfig&) const = default;
};

struct L2tpConfig {
  std::vector<IpAddress> listen;  // empty: every local address
  uint16_t port = 1701;           // RFC 2661 §8.1
  std::string host_name;          // never empty after loading
  std::chrono::seconds hello_interval{60};
  std::chrono::milliseconds retransmit_initial{1000};
  std::chrono::milliseconds retransmit_cap{8000};
  unsigned retransmit_max = 5;
  std::string secret_file;
  Secret secret;  // for peers that none of `peers` is for; empty: none
  bool challenge = false;
  bool hide_avps = false;
  l2tp::Sequencing sequencing = l2tp::Sequencing::kAllow;
  bool outgoing_calls = false;
  unsigned max_tunnels = 65000;
  unsigned max_half_open_tunnels = 1000;
  unsigned max_sessions = 65000;
  unsigned max_sessions_per_tunnel = 256;
  unsigned sccrq_per_second = 500;
  unsigned sccrq_per_second_prefix = 50;
  std::chrono::seconds setup_timeout{30};
  std::vector<L2tpPeerConfig> peers;
  bool operator==(const L2tpConfig&) const = default;
};

/// What is done with the proxy LCP and authentication of a LAC (RFC 2661 §4.4.5).
enum class ProxyUse : uint8_t { kIgnore, kRenegotiate, kAccept };

struct PppConfig {
  std::vector<ppp::AuthMethod> auth{ppp::AuthMethod::kMsChapV2};
  std::vector<ppp::EapType> eap_methods{ppp::EapType::kMsChapV2, ppp::EapType::kMd5Challenge};
  std::chrono::seconds chap_interval{0};
  bool strip_domain = true;
  bool strip_realm = false;
  std::chrono::seconds login_delay{1};
  std::chrono::seconds login_delay_max{8};
  bool login_delay_per_peer = true;
  bool protocol_field_compression = false;
  uint16_t mtu = 1400;         // octets
  std::vector<IpAddress> dns;  // at most two of IPv4
  std::vector<std::string> dns_search;
  std::vector<IpAddress> wins;
  ppp::NetworkUse ipv4 = ppp::NetworkUse::kRequire;
  ppp::NetworkUse ipv6 = ppp::NetworkUse::kAllow;  // where a pool has prefixes
  std::vector<IpPrefix> routes;
  std::string domain;  // empty: none
  std::string users_file;
  std::chrono::seconds echo_interval{30};
  unsigned echo_failure = 4;
  std::chrono::seconds idle_timeout{0};  // zero: none
  std::chrono::seconds session_timeout{0};
  ProxyUse proxy = ProxyUse::kIgnore;
  bool mss_clamp = true;
  bool anti_spoofing = true;
  bool operator==(const PppConfig&) const = default;
};

/// A [[dial]]: a server that we are a client of.
struct DialConfig {
  std::string name;
  std::string server;  // an address or a host's name
  std::string secret_file;
  Secret secret;  // of the tunnel; empty: none
  bool challenge = false;
  bool hide_avps = false;
  std::string user;
  std::string password_file;
  Secret password;
  std::vector<ppp::AuthMethod> auth{ppp::AuthMethod::kMsChapV2};
  std::vector<ppp::EapType> eap_methods{ppp::EapType::kMsChapV2};
  bool ipsec = true;
  std::string psk_file;
  Secret psk;  // empty: that of [ipsec]
  std::vector<IpPrefix> routes;
  unsigned sessions = 1;
  std::chrono::seconds redial{5};
  std::chrono::seconds redial_max{300};
  uint16_t mtu = 1400;  // octets
  std::string called_number;
  l2tp::CallDirection direction = l2tp::CallDirection::kIncoming;
  bool operator==(const DialConfig&) const = default;
};

/// The network interface of one session of a dial, counted from 0.
std::string InterfaceName(const DialConfig& dial, unsigned session);

struct StatusConfig {
  std::string socket = "/run/sallyport/sallyport.sock";
  std::string group = "sallyport-admin";
  std::string monitor_socket;  // never empty after loading
  std::string monitor_group = "sallyport-monitor";
  bool monitor_everyone = false;
  bool monitor_shows_users = false;
  bool operator==(const StatusConfig&) const = default;
};

struct WorkersConfig {
  unsigned threads = 32;
  bool operator==(const WorkersConfig&) const = default;
};

/// What one configuration file says, with defaults for the rest.
struct Config {
  IpsecConfig ipsec;
  L2tpConfig l2tp;
  PppConfig ppp;
  std::vector<aaa::PoolSettings>
      pools;  // at least one after loading; aaa::FindPoolIssues() and FindPrefixIssues() find none
  std::vector<DialConfig> dials;
  StatusConfig status;
  WorkersConfig workers;
};

/// A configuration that passed every check, and what it names.
struct LoadedConfig {
  Config config;
  aaa::UserDatabase users;
  std::vector<ConfigError> warnings;  // to be logged; they stop nothing
};

struct LoadedUsers {
  aaa::UserDatabase users;
  std::vector<ConfigError> warnings;
};

/// Reads the configuration file at `path` and the files that it names, nothing else, and checks
/// everything. `system_host_name` stands in for l2tp.host_name. All errors are reported together,
/// by position.
Expected<LoadedConfig, std::vector<ConfigError>> LoadConfig(const std::string& path,
                                                            std::string_view system_host_name,
                                                            const FileReader& read = ReadFile);

/// Reads the users file again. `host_name` is l2tp.host_name, the server that entries are for.
/// After an error the caller keeps the users it has.
Expected<LoadedUsers, std::vector<ConfigError>> LoadUsers(const std::string& path,
                                                          std::string_view host_name,
                                                          const FileReader& read = ReadFile);

}  // namespace sallyport::daemon
