// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "aaa/prefix_issue.h"
#include "base/text.h"
#include "daemon/certificate.h"
#include "daemon/config_keys.h"
#include "daemon/config_reader.h"

namespace sallyport::daemon {
namespace {

constexpr std::string_view kUsersFileKey = "ppp.users_file";
constexpr std::string_view kHostNameKey = "l2tp.host_name";
constexpr std::string_view kPskFileKey = "ipsec.psk_file";

/// Of the domains in dns_search as they are sent (RFC 1035 §3.1), so that a router advertisement
/// with everything in it fits into the smallest MTU of IPv6. Local policy.
constexpr size_t kMaxSearchOctets = 512;
constexpr uint16_t kMinIpv6Mtu = 1280;  // RFC 8200 §5

ConfigError AboutFile(const std::string& path, std::string_view key, std::string found,
                      std::string expected) {
  return {.file = path,
          .line = 1,
          .column = 1,
          .key = std::string(key),
          .found = std::move(found),
          .expected = std::move(expected)};
}

ConfigError ReadableByOthers(const std::string& path, std::string_view key) {
  return AboutFile(path, key, "a file with secrets that every local user can read",
                   "mode 0640 or less");
}

/// Entries that no login can reach, because they are for a server that we are not. Their names are
/// not shown: a secret in the wrong column would be.
std::optional<ConfigError> UnreachableEntries(const aaa::UserDatabase& users,
                                              const std::string& path, std::string_view host_name) {
  const auto unreachable = [host_name](const aaa::UserEntry& entry) {
    return entry.server && *entry.server != host_name;
  };
  const auto& entries = users.entries();
  const auto first = std::find_if(entries.begin(), entries.end(), unreachable);
  if (first == entries.end()) return {};
  const auto count = std::count_if(first, entries.end(), unreachable);
  ConfigError warning =
      AboutFile(path, "server", std::to_string(count) + " entries for another server",
                "\"" + PrintableText(host_name) + "\" (l2tp.host_name) or *");
  warning.line = first->line;
  return warning;
}

/// The users of a users file's content.
Expected<LoadedUsers, std::vector<ConfigError>> UsersIn(const FileText& file,
                                                        const std::string& path,
                                                        std::string_view host_name) {
  auto entries = aaa::ParseUsersFile(file.text.text());
  if (!entries) {
    std::vector<ConfigError> errors;
    for (const aaa::UsersFileError& error : entries.error()) {
      errors.push_back({.file = path,
                        .line = error.position.line,
                        .column = error.position.column,
                        .key = error.field,
                        .found = error.found,
                        .expected = error.expected});
    }
    return Unexpected{std::move(errors)};
  }
  LoadedUsers loaded{.users = aaa::UserDatabase(*std::move(entries)), .warnings = {}};
  if (file.readable_by_others) loaded.warnings.push_back(ReadableByOthers(path, kUsersFileKey));
  if (loaded.users.size() == 0) {
    loaded.warnings.push_back(AboutFile(path, "client", "no user at all", "at least one"));
  }
  if (auto warning = UnreachableEntries(loaded.users, path, host_name)) {
    loaded.warnings.push_back(*std::move(warning));
  }
  return loaded;
}

/// The checks that need more than one key, or the files that keys name.
class ConfigLoader {
 public:
  ConfigLoader(const std::string& path, const FileReader& read, ParsedConfig parsed)
      : path_(path),
        read_(read),
        config_(std::move(parsed.config)),
        positions_(std::move(parsed.positions)),
        errors_(std::move(parsed.errors)) {}

  Expected<LoadedConfig, std::vector<ConfigError>> Load(bool config_readable_by_others) && {
    CheckHostName();
    CheckPools();
    CheckFamilies();
    LoadIpsec(config_readable_by_others);
    LoadTunnelSecrets(config_readable_by_others);
    LoadDials();
    LoadUserDatabase();
    CheckPapInClear();
    SortByPosition(errors_, path_);
    if (!errors_.empty()) return Unexpected{std::move(errors_)};
    SortByPosition(warnings_, path_);
    return LoadedConfig{std::move(config_), std::move(users_), std::move(warnings_)};
  }

 private:
  void CheckHostName() {
    const bool reported = std::any_of(errors_.begin(), errors_.end(),
                                      [](const auto& error) { return error.key == kHostNameKey; });
    if (!config_.l2tp.host_name.empty() || reported) return;
    Add(PositionOf("l2tp"), kHostNameKey, "no such key, and a system without a host name",
        DescribeExpected(*FindKey("l2tp", "host_name")));
  }

  void CheckPools() {
    if (HasPoolErrors()) return;  // what is missing would be blamed on what is there
    if (config_.pools.empty()) {
      return Add({}, "pool", "no such section", "at least one [[pool]] with ranges and gateway");
    }
    for (const aaa::PoolIssue& issue : aaa::FindPoolIssues(config_.pools)) AddPoolIssue(issue);
    for (const aaa::PrefixIssue& issue : aaa::FindPrefixIssues(config_.pools)) {
      AddPrefixIssue(issue);
    }
    for (size_t i = 0; i < config_.pools.size(); ++i) {
      const aaa::PoolSettings& pool = config_.pools[i];
      if (pool.delegated.prefixes.empty() || !pool.ipv6.prefixes.empty()) continue;
      Add(PositionOf("pool[" + std::to_string(i) + "].delegated"), "pool.delegated",
          "prefixes to delegate in a pool without ipv6", "ipv6 = [...] besides");
    }
  }

  void AddPrefixIssue(const aaa::PrefixIssue& issue) {
    const auto text_of = [this](const aaa::PrefixPlace& place) {
      const auto& list = aaa::ListOf(config_.pools[place.pool], place.list);
      return "\"" + list.prefixes[place.index].ToString() + "\"";
    };
    const std::string name =
        issue.place.list == aaa::PrefixPlace::List::kIpv6 ? "ipv6" : "delegated";
    const auto position = PositionOf("pool[" + std::to_string(issue.place.pool) + "]." + name +
                                     "[" + std::to_string(issue.place.index) + "]");
    const unsigned length = aaa::ListOf(config_.pools[issue.place.pool], issue.place.list).length;
    switch (issue.kind) {
      case aaa::PrefixIssue::Kind::kOverlap:
        return Add(position, "pool." + name,
                   text_of(issue.place) + ", which overlaps " + text_of(issue.other) +
                       " of pool \"" + config_.pools[issue.other.pool].name + "\"",
                   "prefixes without a common address");
      case aaa::PrefixIssue::Kind::kLength:
        return Add(position, "pool." + name, text_of(issue.place),
                   "a prefix of " +
                       std::to_string(length - std::min(length, aaa::PrefixPool::kMaxBits)) +
                       " to " + std::to_string(length) + " bits (pool." + name + "_length)");
    }
  }

  /// What the keys of [ppp] and of the pools say about the two families.
  void CheckFamilies() {
    const PppConfig& ppp = config_.ppp;
    const auto first_v4_past_two = [&ppp] {
      size_t count = 0;
      return std::find_if(ppp.dns.begin(), ppp.dns.end(), [&count](const IpAddress& server) {
        return server.is_v4() && ++count > 2;
      });
    }();
    if (first_v4_past_two != ppp.dns.end()) {
      Add(PositionOf("ppp.dns[" + std::to_string(first_v4_past_two - ppp.dns.begin()) + "]"),
          "ppp.dns", "a third IPv4 address", "at most two (RFC 1877 §1)");
    }
    size_t octets = 0;
    for (const std::string& name : ppp.dns_search) octets += name.size() + 2;
    if (octets > kMaxSearchOctets) {
      Add(PositionOf("ppp.dns_search"), "ppp.dns_search",
          "names of " + std::to_string(octets) + " octets together",
          "at most " + std::to_string(kMaxSearchOctets));
    }
    if (ppp.ipv4 == ppp::NetworkUse::kRefuse && ppp.ipv6 == ppp::NetworkUse::kRefuse) {
      Add(PositionOf("ppp.ipv6"), "ppp.ipv6", "\"refuse\" besides ppp.ipv4",
          "at least one of the two");
    }
    const bool has_prefixes =
        std::any_of(config_.pools.begin(), config_.pools.end(),
                    [](const auto& pool) { return !pool.ipv6.prefixes.empty(); });
    if (ppp.ipv6 == ppp::NetworkUse::kRefuse) return;
    if (has_prefixes && ppp.mtu < kMinIpv6Mtu) {
      Add(PositionOf("ppp.mtu"), "ppp.mtu", std::to_string(ppp.mtu) + " with IPv6",
          "at least " + std::to_string(kMinIpv6Mtu) + " (RFC 8200 §5)");
    }
    if (ppp.ipv6 == ppp::NetworkUse::kRequire && !has_prefixes && !HasPoolErrors()) {
      Add(PositionOf("ppp.ipv6"), "ppp.ipv6", "\"require\" without any prefix",
          "ipv6 = [...] in a [[pool]]");
    }
  }

  bool HasPoolErrors() const {
    return std::any_of(errors_.begin(), errors_.end(),
                       [](const auto& error) { return error.key.starts_with(kPoolSection); });
  }

  void AddPoolIssue(const aaa::PoolIssue& issue) {
    const aaa::PoolSettings& pool = config_.pools[issue.pool];
    const aaa::PoolSettings& other = config_.pools[issue.other_pool];
    const std::string path = "pool[" + std::to_string(issue.pool) + "]";
    switch (issue.kind) {
      case aaa::PoolIssue::Kind::kDuplicateName:
        // A pool without a name is called "default": then the section itself is the place.
        return Add(PositionOf(path + ".name").value_or(PositionOf(path).value_or(kStart)),
                   "pool.name", "\"" + pool.name + "\" again", "a name that no other pool has");
      case aaa::PoolIssue::Kind::kOverlap:
        return Add(PositionOf(path + ".ranges[" + std::to_string(issue.range) + "]"), "pool.ranges",
                   "\"" + pool.ranges[issue.range].ToString() + "\", which overlaps \"" +
                       other.ranges[issue.other_range].ToString() + "\" of pool \"" + other.name +
                       "\"",
                   "ranges without a common address");
      case aaa::PoolIssue::Kind::kGatewayOutside:
        return Add(PositionOf(path + ".gateway"), "pool.gateway",
                   "\"" + pool.gateway.ToString() + "\", no host of the networks of the ranges",
                   "a host address in the network of one of them");
    }
  }

  void LoadIpsec(bool config_readable_by_others) {
    IpsecConfig& ipsec = config_.ipsec;
    LoadClients("ipsec", "ipsec", ipsec, config_readable_by_others);
    for (size_t i = 0; i < ipsec.keys.size(); ++i) {
      LoadIpsecKey("ipsec.key[" + std::to_string(i) + "]", ipsec.keys[i],
                   config_readable_by_others);
    }
    bool own_secrets = false;
    std::set<std::string> names;
    for (size_t i = 0; i < ipsec.connections.size(); ++i) {
      const IpsecConnectionConfig& connection = ipsec.connections[i];
      const std::string path = "ipsec.connection[" + std::to_string(i) + "]";
      LoadClients(path, kIpsecConnectionSection, ipsec.connections[i], config_readable_by_others);
      own_secrets = own_secrets || HasOwnSecret(path, connection);
      if (connection.local_addresses.empty() && connection.remote_addresses.empty()) {
        Add(PositionOf(path), kIpsecConnectionSection,
            "neither local_addresses nor remote_addresses",
            "one of the two ([ipsec] is for all other clients)");
      }
      if (connection.name.empty() || names.insert(connection.name).second) continue;
      Add(PositionOf(path + ".name"), "ipsec.connection.name", "\"" + connection.name + "\" again",
          "a name that no other connection has");
    }
    const bool somebody = HasOwnSecret("ipsec", ipsec) || !ipsec.keys.empty() || own_secrets;
    CheckKeysBesideCertificates();
    if (!ipsec.required || somebody) return;
    Add(PositionOf("ipsec"), kPskFileKey, "no such key, and no ipsec.psk",
        "the file that holds the pre-shared key (or ipsec.required = false)");
  }

  /// As a responder in IKEv1 charon looks for a key by the identity of a connection that has one
  /// (one with a certificate) before it looks by address, and then takes the key of all (phase1.c,
  /// lookup_shared_key()).
  void CheckKeysBesideCertificates() {
    const IpsecConfig& ipsec = config_.ipsec;
    const auto certified = [](const IpsecClients& clients) {
      return !clients.certificate_file.empty() && clients.ike != IkeVersions::kV2;
    };
    bool certificate = certified(ipsec);
    bool of_all = HasOwnPsk("ipsec");
    bool of_some = std::ranges::any_of(
        ipsec.keys, [](const IpsecKeyConfig& key) { return !key.addresses.empty(); });
    for (size_t i = 0; i < ipsec.connections.size(); ++i) {
      const IpsecConnectionConfig& connection = ipsec.connections[i];
      certificate = certificate || certified(connection);
      if (!HasOwnPsk("ipsec.connection[" + std::to_string(i) + "]")) continue;
      (connection.remote_addresses.empty() ? of_all : of_some) = true;
    }
    if (!certificate || !of_all || !of_some) return;
    Add(PositionOf("ipsec"), "ipsec.certificate_file",
        "a certificate for IKEv1 besides keys of some addresses and a key of all",
        "two of the three, or ike = \"ikev2\" where the certificate is: strongSwan would take the "
        "key of all");
  }

  /// Whether these clients have a key or a certificate of their own, good or not.
  bool HasOwnSecret(const std::string& path, const IpsecClients& clients) const {
    return HasOwnPsk(path) || !clients.certificate_file.empty();
  }

  void LoadIpsecKey(const std::string& path, IpsecKeyConfig& key, bool config_readable_by_others) {
    LoadPsk(path, kIpsecKeySection, key, config_readable_by_others);
    if (!HasOwnPsk(path)) {
      Add(PositionOf(path), kIpsecKeySection, "neither psk_file nor psk", "one of the two");
    }
    if (!key.identities.empty() || !key.addresses.empty()) return;
    Add(PositionOf(path), kIpsecKeySection, "neither identities nor addresses",
        "one of the two (ipsec.psk_file is for all other clients)");
  }

  void LoadClients(const std::string& path, std::string_view section, IpsecClients& clients,
                   bool config_readable_by_others) {
    LoadPsk(path, section, clients, config_readable_by_others);
    LoadCertificates(path, section, clients);
    if (clients.sha256_96 && !clients.legacy) {
      Add(PositionOf(path + ".sha256_96"), std::string(section) + ".sha256_96",
          "true without legacy", "legacy = true, or false");
    }
  }

  template <typename Clients>
  void LoadPsk(const std::string& path, std::string_view section, Clients& clients,
               bool config_readable_by_others) {
    const std::string key = std::string(section) + ".psk";
    const bool inline_key = positions_.contains(path + ".psk");
    if (inline_key && positions_.contains(path + ".psk_file")) {
      return Add(PositionOf(path + ".psk"), key,
                 "a key besides " + (section == "ipsec" ? key : "psk") + "_file",
                 "only one of the two");
    }
    if (inline_key && config_readable_by_others) warnings_.push_back(ReadableByOthers(path_, key));
    LoadSecret(
        {.path = path + ".psk_file", .key = key + "_file", .file = clients.psk_file, .psk = true},
        clients.psk);
  }

  void LoadCertificates(const std::string& path, std::string_view section, IpsecClients& clients) {
    const auto needs = [&](const char* name, const char* found, const char* expected) {
      const auto place = PositionOf(path + name);
      Add(place ? place : PositionOf(path), std::string(section) + name, found, expected);
    };
    if (clients.certificate_file.empty()) {
      if (!clients.private_key_file.empty()) {
        needs(".private_key_file", "a key without certificate_file", "both, or neither");
      }
      if (!clients.client_certificates) {
        needs(".client_certificates", "false without certificate_file", "a certificate, or true");
      }
      return;
    }
    if (clients.private_key_file.empty()) {
      needs(".private_key_file", "no such key", "the private key of certificate_file");
    }
    const bool psk_only = !clients.client_certificates;
    if (psk_only && (clients.ike == IkeVersions::kV1 || !HasPsk(path))) {
      needs(".client_certificates", "false without IKEv2 or without a pre-shared key",
            "ike = \"ikev2\" or \"both\" and psk_file, or true");
    }
    if (clients.ca_files.empty() && !psk_only) {
      needs(".ca_files", "no CA", "the CAs of the clients' certificates");
    }
    clients.certificate =
        LoadCertificate(path, section, ".certificate_file", clients.certificate_file);
    WarnOfFlaws(std::string(section) + ".certificate_file", clients);
    LoadPrivateKey(path, section, clients);
    for (const auto& file : clients.ca_files) {
      clients.ca.push_back(LoadCertificate(path, section, ".ca_files", file));
    }
  }

  bool HasOwnPsk(const std::string& path) const {
    return positions_.contains(path + ".psk") || positions_.contains(path + ".psk_file");
  }
  bool HasPsk(const std::string& path) const { return HasOwnPsk(path) || HasOwnPsk("ipsec"); }

  std::string LoadCertificate(const std::string& path, std::string_view section, const char* name,
                              const std::string& file) {
    const std::string key = std::string(section) + name;
    const auto content = read_(file);
    if (!content) {
      AddUnreadable(path + name, key, file, content.error());
      return {};
    }
    auto certificate = ParseCertificate(content->text.text());
    if (certificate) return *std::move(certificate);
    errors_.push_back(AboutFile(file, key, certificate.error(), "a certificate in PEM or DER"));
    return {};
  }

  /// Of what clients see; charon itself takes such a certificate.
  void WarnOfFlaws(const std::string& key, const IpsecClients& clients) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    for (std::string& flaw : FlawsOf(clients.certificate, now)) {
      warnings_.push_back(AboutFile(clients.certificate_file, key, std::move(flaw),
                                    "one that is valid now, with the name or address that clients "
                                    "dial as subjectAltName, and for serverAuth if its use is "
                                    "limited: Windows and Apple's systems refuse others"));
    }
  }

  void LoadPrivateKey(const std::string& path, std::string_view section, IpsecClients& clients) {
    const std::string& file = clients.private_key_file;
    if (file.empty()) return;
    const std::string key = std::string(section) + ".private_key_file";
    auto content = read_(file);
    if (!content) return AddUnreadable(path + ".private_key_file", key, file, content.error());
    if (content->readable_by_others) warnings_.push_back(ReadableByOthers(file, key));
    if (const auto mistake = PrivateKeyMistake(content->text.text())) {
      errors_.push_back(
          AboutFile(file, key, *mistake, "a private key in PEM without a passphrase"));
    }
    clients.private_key = std::move(content->text);
  }

  // A key that names a file with a secret.
  struct SecretFile {
    std::string path;  // in positions_: "dial[0].psk_file"
    std::string key;   // "dial.psk_file"
    const std::string& file;
    bool psk;  // in the forms of ParsePsk(), else the text itself
  };

  void LoadSecret(const SecretFile& wanted, Secret& secret) {
    if (wanted.file.empty()) return;
    const auto content = read_(wanted.file);
    if (!content) return AddUnreadable(wanted.path, wanted.key, wanted.file, content.error());
    if (content->readable_by_others) {
      warnings_.push_back(ReadableByOthers(wanted.file, wanted.key));
    }
    const std::string_view line = FirstLine(content->text.text());
    auto parsed = wanted.psk ? ParsePsk(line) : ParseSecret(line);
    if (parsed) {
      secret = *std::move(parsed);
      return;
    }
    errors_.push_back(AboutFile(
        wanted.file, wanted.key, parsed.error(),
        wanted.psk ? "the pre-shared key in the first line: text, 0x and hexadecimal digits, or 0s "
                     "and Base64"
                   : "the secret in the first line"));
  }

  void LoadTunnelSecrets(bool config_readable_by_others) {
    L2tpConfig& l2tp = config_.l2tp;
    LoadSecret({.path = "l2tp.secret_file",
                .key = "l2tp.secret_file",
                .file = l2tp.secret_file,
                .psk = false},
               l2tp.secret);
    CheckUseOfSecret("l2tp", "l2tp", l2tp);
    for (size_t i = 0; i < l2tp.peers.size(); ++i) {
      const std::string path = "l2tp.peer[" + std::to_string(i) + "]";
      const bool inline_secret = positions_.contains(path + ".secret");
      if (inline_secret && positions_.contains(path + ".secret_file")) {
        Add(PositionOf(path + ".secret"), "l2tp.peer.secret", "a secret besides secret_file",
            "only one of the two");
      } else if (inline_secret && config_readable_by_others) {
        warnings_.push_back(ReadableByOthers(path_, "l2tp.peer.secret"));
      }
      LoadPeer(path, l2tp.peers[i]);
    }
  }

  void LoadPeer(const std::string& path, L2tpPeerConfig& peer) {
    LoadSecret({.path = path + ".secret_file",
                .key = "l2tp.peer.secret_file",
                .file = peer.secret_file,
                .psk = false},
               peer.secret);
    CheckUseOfSecret(path, kPeerSection, peer);
    const bool reported = std::any_of(errors_.begin(), errors_.end(), [](const auto& error) {
      return error.key.starts_with(kPeerSection);
    });
    if (reported || !peer.host_name.empty() || !peer.addresses.empty()) return;
    Add(PositionOf(path), kPeerSection, "neither host_name nor addresses",
        "one of the two (l2tp.secret_file is for all other peers)");
  }

  /// What needs the secret of a tunnel has one. Without a word from the operator, a peer of a name
  /// or address of its own has to prove that it knows its secret.
  template <typename Settings>
  void CheckUseOfSecret(const std::string& path, std::string_view section, Settings& settings) {
    const bool named = !settings.secret_file.empty() || !settings.secret.empty();
    if (section != "l2tp" && !positions_.contains(path + ".challenge")) settings.challenge = named;
    if (named) return;
    for (const auto& [used, name] : {std::pair(settings.challenge, ".challenge"),
                                     std::pair(settings.hide_avps, ".hide_avps")}) {
      if (!used) continue;
      Add(PositionOf(path + name), std::string(section) + name, "true without a secret",
          "a secret, or false");
    }
  }

  void LoadDials() {
    for (size_t i = 0; i < config_.dials.size(); ++i) {
      LoadDial("dial[" + std::to_string(i) + "]", config_.dials[i]);
    }
    CheckDialNames();
  }

  void LoadDial(const std::string& path, DialConfig& dial) {
    LoadSecret({.path = path + ".secret_file",
                .key = "dial.secret_file",
                .file = dial.secret_file,
                .psk = false},
               dial.secret);
    CheckUseOfSecret(path, kDialSection, dial);
    LoadSecret({.path = path + ".password_file",
                .key = "dial.password_file",
                .file = dial.password_file,
                .psk = false},
               dial.password);
    LoadSecret(
        {.path = path + ".psk_file", .key = "dial.psk_file", .file = dial.psk_file, .psk = true},
        dial.psk);
    if (!positions_.contains(path + ".ipsec")) {
      dial.ipsec = config_.ipsec.required;
    } else if (dial.ipsec != config_.ipsec.required) {
      Add(PositionOf(path + ".ipsec"), "dial.ipsec", dial.ipsec ? "true" : "false",
          "the value of ipsec.required, as one daemon has no two ways");
    }
    if (dial.redial > dial.redial_max) {
      const auto place = PositionOf(path + ".redial_max");
      Add(place ? place : PositionOf(path + ".redial"), "dial.redial_max",
          std::to_string(dial.redial_max.count()), "at least dial.redial");
    }
    const auto server = IpAddress::Parse(dial.server);
    for (const IpPrefix& route : dial.routes) {
      if (!server || !route.Contains(*server)) continue;
      Add(PositionOf(path + ".routes"), "dial.routes",
          "\"" + route.ToString() + "\", which leads the tunnel into itself",
          "prefixes without the address of the server");
    }
    WarnOfPapInClear(path + ".auth", "dial.auth", dial.auth);
  }

  void CheckDialNames() {
    std::set<std::string> taken;
    for (size_t i = 0; i < config_.dials.size(); ++i) {
      const DialConfig& dial = config_.dials[i];
      if (dial.name.empty()) continue;  // reported
      bool again = false;
      for (unsigned session = 0; session < dial.sessions; ++session) {
        again = !taken.insert(InterfaceName(dial, session)).second || again;
      }
      if (!again) continue;
      Add(PositionOf("dial[" + std::to_string(i) + "].name"), "dial.name",
          "\"" + dial.name + "\", which another dial's interface has",
          "a name that no other interface of a dial has");
    }
  }

  void LoadUserDatabase() {
    const std::string& file = config_.ppp.users_file;
    if (file.empty()) return;  // reported already: the key is missing or wrong
    const auto content = read_(file);
    if (!content) return AddUnreadable(kUsersFileKey, kUsersFileKey, file, content.error());
    auto loaded = UsersIn(*content, file, config_.l2tp.host_name);
    if (!loaded) {
      errors_.insert(errors_.end(), loaded.error().begin(), loaded.error().end());
      return;
    }
    users_ = std::move(loaded->users);
    warnings_.insert(warnings_.end(), loaded->warnings.begin(), loaded->warnings.end());
  }

  void CheckPapInClear() {
    WarnOfPapInClear("ppp.auth", "ppp.auth", config_.ppp.auth);
    const auto& auth = config_.ppp.auth;
    const auto& methods = config_.ppp.eap_methods;
    if (std::ranges::find(auth, ppp::AuthMethod::kEap) != auth.end() &&
        std::ranges::find(methods, ppp::EapType::kGenericTokenCard) != methods.end()) {
      WarnOfPasswordInClear("ppp.eap_methods", "ppp.eap_methods", "gtc");
    }
  }

  void WarnOfPapInClear(const std::string& path, std::string_view key,
                        const std::vector<ppp::AuthMethod>& auth) {
    if (std::find(auth.begin(), auth.end(), ppp::AuthMethod::kPap) == auth.end()) return;
    WarnOfPasswordInClear(path, key, "pap");
  }

  void WarnOfPasswordInClear(const std::string& path, std::string_view key,
                             const std::string& method) {
    if (config_.ipsec.required) return;
    const auto position = PositionOf(path).value_or(kStart);
    warnings_.push_back(
        {.file = path_,
         .line = position.line,
         .column = position.column,
         .key = std::string(key),
         .found = "\"" + method + "\" without IPsec, which sends passwords in clear",
         .expected = "ipsec.required = true, or no \"" + method + "\""});
  }

  void AddUnreadable(std::string_view path, std::string_view key, const std::string& file,
                     const std::string& reason) {
    Add(PositionOf(path), key, "\"" + PrintableText(file) + "\": " + reason, "a readable file");
  }

  std::optional<aaa::TextPosition> PositionOf(std::string_view path) const {
    const auto found = positions_.find(std::string(path));
    return found == positions_.end() ? std::nullopt : std::optional(found->second);
  }

  void Add(std::optional<aaa::TextPosition> position, std::string_view key, std::string found,
           std::string expected) {
    const auto place = position.value_or(kStart);
    errors_.push_back({.file = path_,
                       .line = place.line,
                       .column = place.column,
                       .key = std::string(key),
                       .found = std::move(found),
                       .expected = std::move(expected)});
  }

  static constexpr aaa::TextPosition kStart{};

  const std::string& path_;
  const FileReader& read_;
  Config config_;
  ConfigPositions positions_;
  std::vector<ConfigError> errors_;
  std::vector<ConfigError> warnings_;
  aaa::UserDatabase users_;
};

}  // namespace

std::string InterfaceName(const DialConfig& dial, unsigned session) {
  return dial.sessions == 1 ? dial.name : dial.name + std::to_string(session);
}

Expected<LoadedConfig, std::vector<ConfigError>> LoadConfig(const std::string& path,
                                                            std::string_view system_host_name,
                                                            const FileReader& read) {
  const auto file = read(path);
  if (!file) {
    return Unexpected{
        std::vector{AboutFile(path, "file", file.error(), "a readable configuration file")}};
  }
  auto parsed = ParseConfig(file->text.text(), path);
  if (!parsed) return Unexpected{std::vector{parsed.error()}};
  if (parsed->config.l2tp.host_name.empty()) parsed->config.l2tp.host_name = system_host_name;
  StatusConfig& status = parsed->config.status;
  if (status.monitor_socket.empty()) {
    status.monitor_socket = status.socket.substr(0, status.socket.rfind('/')) + "/monitor.sock";
  }
  return ConfigLoader(path, read, *std::move(parsed)).Load(file->readable_by_others);
}

Expected<LoadedUsers, std::vector<ConfigError>> LoadUsers(const std::string& path,
                                                          std::string_view host_name,
                                                          const FileReader& read) {
  const auto file = read(path);
  if (!file) {
    return Unexpected{std::vector{AboutFile(path, kUsersFileKey, file.error(), "a readable file")}};
  }
  return UsersIn(*file, path, host_name);
}

}  // namespace sallyport::daemon
