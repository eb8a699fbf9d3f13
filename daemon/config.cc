// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "aaa/prefix_issue.h"
#include "base/text.h"
#include "daemon/config_check.h"
#include "daemon/config_ipsec.h"
#include "daemon/config_keys.h"
#include "daemon/config_reader.h"

namespace sallyport::daemon {
namespace {

constexpr std::string_view kUsersFileKey = "ppp.users_file";
constexpr std::string_view kHostNameKey = "l2tp.host_name";

/// Of the domains in dns_search as they are sent (RFC 1035 §3.1), so that a router advertisement
/// with everything in it fits into the smallest MTU of IPv6. Local policy.
constexpr size_t kMaxSearchOctets = 512;
constexpr uint16_t kMinIpv6Mtu = 1280;  // RFC 8200 §5

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
  ConfigError warning = AboutFile(
      path, "server",
      std::to_string(count) + (count == 1 ? " entry" : " entries") + " for another server",
      "\"" + PrintableText(host_name) + "\" (l2tp.host_name) or *");
  warning.line = first->line;
  return warning;
}

/// The first address that two users have as their only one: the second to log in would get none.
std::optional<ConfigError> SharedAddress(const aaa::UserDatabase& users, const std::string& path,
                                         std::string_view host_name) {
  std::map<IpAddress, const aaa::UserEntry*> owners;
  for (const aaa::UserEntry& entry : users.entries()) {
    if (!entry.client || entry.profile.addresses.size() != 1) continue;
    if (entry.server && *entry.server != host_name) continue;  // it never matches
    const IpAddress& address = entry.profile.addresses.front();
    const aaa::UserEntry& owner = *owners.try_emplace(address, &entry).first->second;
    if (owner.client == entry.client) continue;
    ConfigError warning = AboutFile(
        path, "address",
        address.ToString() + ", which the user in line " + std::to_string(owner.line) + " has too",
        "an address of this user alone");
    warning.line = entry.line;
    return warning;
  }
  return {};
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
  if (auto warning = SharedAddress(loaded.users, path, host_name)) {
    loaded.warnings.push_back(*std::move(warning));
  }
  return loaded;
}

/// The checks that need more than one key, or the files that keys name.
class ConfigLoader {
 public:
  ConfigLoader(const std::string& path, const FileReader& read, bool readable_by_others,
               ParsedConfig parsed)
      : path_(path),
        config_(std::move(parsed.config)),
        check_(path, read, readable_by_others, std::move(parsed.positions),
               std::move(parsed.errors)) {}

  Expected<LoadedConfig, std::vector<ConfigError>> Load() && {
    CheckHostName();
    CheckPools();
    CheckFamilies();
    LoadIpsec(config_.ipsec, check_);
    LoadTunnelSecrets();
    LoadDials();
    LoadUserDatabase();
    CheckPapInClear();
    auto errors = check_.TakeErrors();
    if (!errors.empty()) return Unexpected{std::move(errors)};
    return LoadedConfig{std::move(config_), std::move(users_), check_.TakeWarnings()};
  }

 private:
  void CheckHostName() {
    if (!config_.l2tp.host_name.empty() || check_.HasErrors(kHostNameKey)) return;
    check_.Add(check_.PositionOf("l2tp"), kHostNameKey,
               "no such key, and a system without a host name",
               DescribeExpected(*FindKey("l2tp", "host_name")));
  }

  void CheckPools() {
    if (HasPoolErrors()) return;  // what is missing would be blamed on what is there
    if (config_.pools.empty()) {
      return check_.Add(ConfigCheck::kStart, "pool", "no such section",
                        "at least one [[pool]] with ranges and gateway");
    }
    for (const aaa::PoolIssue& issue : aaa::FindPoolIssues(config_.pools)) AddPoolIssue(issue);
    for (const aaa::PrefixIssue& issue : aaa::FindPrefixIssues(config_.pools)) {
      AddPrefixIssue(issue);
    }
    for (size_t i = 0; i < config_.pools.size(); ++i) {
      const aaa::PoolSettings& pool = config_.pools[i];
      if (pool.delegated.prefixes.empty() || !pool.ipv6.prefixes.empty()) continue;
      check_.Add(check_.PositionOf("pool[" + std::to_string(i) + "].delegated"), "pool.delegated",
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
    const auto position = check_.PositionOf("pool[" + std::to_string(issue.place.pool) + "]." +
                                            name + "[" + std::to_string(issue.place.index) + "]");
    const unsigned length = aaa::ListOf(config_.pools[issue.place.pool], issue.place.list).length;
    switch (issue.kind) {
      case aaa::PrefixIssue::Kind::kOverlap:
        return check_.Add(position, "pool." + name,
                          text_of(issue.place) + ", which overlaps " + text_of(issue.other) +
                              " of pool \"" + config_.pools[issue.other.pool].name + "\"",
                          "prefixes without a common address");
      case aaa::PrefixIssue::Kind::kLength:
        return check_.Add(position, "pool." + name, text_of(issue.place),
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
      check_.Add(
          check_.PositionOf("ppp.dns[" + std::to_string(first_v4_past_two - ppp.dns.begin()) + "]"),
          "ppp.dns", "a third IPv4 address", "at most two (RFC 1877 §1)");
    }
    size_t octets = 0;
    for (const std::string& name : ppp.dns_search) octets += name.size() + 2;
    if (octets > kMaxSearchOctets) {
      check_.Add(check_.PositionOf("ppp.dns_search"), "ppp.dns_search",
                 "names of " + std::to_string(octets) + " octets together",
                 "at most " + std::to_string(kMaxSearchOctets));
    }
    if (ppp.ipv4 == ppp::NetworkUse::kRefuse && ppp.ipv6 == ppp::NetworkUse::kRefuse) {
      check_.Add(check_.PositionOf("ppp.ipv6"), "ppp.ipv6", "\"refuse\" besides ppp.ipv4",
                 "at least one of the two");
    }
    const bool has_prefixes =
        std::any_of(config_.pools.begin(), config_.pools.end(),
                    [](const auto& pool) { return !pool.ipv6.prefixes.empty(); });
    if (ppp.ipv6 == ppp::NetworkUse::kRefuse) return;
    if (has_prefixes && ppp.mtu < kMinIpv6Mtu) {
      check_.Add(check_.PositionOf("ppp.mtu"), "ppp.mtu", std::to_string(ppp.mtu) + " with IPv6",
                 "at least " + std::to_string(kMinIpv6Mtu) + " (RFC 8200 §5)");
    }
    if (ppp.ipv6 == ppp::NetworkUse::kRequire && !has_prefixes && !HasPoolErrors()) {
      check_.Add(check_.PositionOf("ppp.ipv6"), "ppp.ipv6", "\"require\" without any prefix",
                 "ipv6 = [...] in a [[pool]]");
    }
  }

  bool HasPoolErrors() const { return check_.HasErrors(kPoolSection); }

  void AddPoolIssue(const aaa::PoolIssue& issue) {
    const aaa::PoolSettings& pool = config_.pools[issue.pool];
    const aaa::PoolSettings& other = config_.pools[issue.other_pool];
    const std::string path = "pool[" + std::to_string(issue.pool) + "]";
    switch (issue.kind) {
      case aaa::PoolIssue::Kind::kDuplicateName:
        // A pool without a name is called "default": then the section itself is the place.
        return check_.Add(check_.PositionOf(path + ".name")
                              .value_or(check_.PositionOf(path).value_or(ConfigCheck::kStart)),
                          "pool.name", "\"" + pool.name + "\" again",
                          "a name that no other pool has");
      case aaa::PoolIssue::Kind::kOverlap:
        return check_.Add(
            check_.PositionOf(path + ".ranges[" + std::to_string(issue.range) + "]"), "pool.ranges",
            "\"" + pool.ranges[issue.range].ToString() + "\", which overlaps \"" +
                other.ranges[issue.other_range].ToString() + "\" of pool \"" + other.name + "\"",
            "ranges without a common address");
      case aaa::PoolIssue::Kind::kGatewayOutside:
        return check_.Add(
            check_.PositionOf(path + ".gateway"), "pool.gateway",
            "\"" + pool.gateway.ToString() + "\", no host of the networks of the ranges",
            "a host address in the network of one of them");
    }
  }

  void LoadTunnelSecrets() {
    L2tpConfig& l2tp = config_.l2tp;
    check_.LoadSecret({.path = "l2tp.secret_file",
                       .key = "l2tp.secret_file",
                       .file = l2tp.secret_file,
                       .psk = false},
                      l2tp.secret);
    CheckUseOfSecret("l2tp", "l2tp", l2tp);
    for (size_t i = 0; i < l2tp.peers.size(); ++i) {
      const std::string path = "l2tp.peer[" + std::to_string(i) + "]";
      const bool inline_secret = check_.Says(path + ".secret");
      if (inline_secret && check_.Says(path + ".secret_file")) {
        check_.Add(check_.PositionOf(path + ".secret"), "l2tp.peer.secret",
                   "a secret besides secret_file", "only one of the two");
      } else if (inline_secret) {
        check_.WarnOfInlineSecret("l2tp.peer.secret");
      }
      LoadPeer(path, l2tp.peers[i]);
    }
  }

  void LoadPeer(const std::string& path, L2tpPeerConfig& peer) {
    check_.LoadSecret({.path = path + ".secret_file",
                       .key = "l2tp.peer.secret_file",
                       .file = peer.secret_file,
                       .psk = false},
                      peer.secret);
    CheckUseOfSecret(path, kPeerSection, peer);
    const bool reported = check_.HasErrors(kPeerSection);
    if (reported || !peer.host_name.empty() || !peer.addresses.empty()) return;
    check_.Add(check_.PositionOf(path), kPeerSection, "neither host_name nor addresses",
               "one of the two (l2tp.secret_file is for all other peers)");
  }

  /// What needs the secret of a tunnel has one. Without a word from the operator, a peer of a name
  /// or address of its own has to prove that it knows its secret.
  template <typename Settings>
  void CheckUseOfSecret(const std::string& path, std::string_view section, Settings& settings) {
    const bool named = !settings.secret_file.empty() || !settings.secret.empty();
    if (section != "l2tp" && !check_.Says(path + ".challenge")) settings.challenge = named;
    if (named) return;
    for (const auto& [used, name] : {std::pair(settings.challenge, ".challenge"),
                                     std::pair(settings.hide_avps, ".hide_avps")}) {
      if (!used) continue;
      check_.Add(check_.PositionOf(path + name), std::string(section) + name,
                 "true without a secret", "a secret, or false");
    }
  }

  void LoadDials() {
    for (size_t i = 0; i < config_.dials.size(); ++i) {
      LoadDial("dial[" + std::to_string(i) + "]", config_.dials[i]);
    }
    CheckDialNames();
  }

  void LoadDial(const std::string& path, DialConfig& dial) {
    check_.LoadSecret({.path = path + ".secret_file",
                       .key = "dial.secret_file",
                       .file = dial.secret_file,
                       .psk = false},
                      dial.secret);
    CheckUseOfSecret(path, kDialSection, dial);
    check_.LoadSecret({.path = path + ".password_file",
                       .key = "dial.password_file",
                       .file = dial.password_file,
                       .psk = false},
                      dial.password);
    check_.LoadSecret(
        {.path = path + ".psk_file", .key = "dial.psk_file", .file = dial.psk_file, .psk = true},
        dial.psk);
    if (!check_.Says(path + ".ipsec")) {
      dial.ipsec = config_.ipsec.required;
    } else if (dial.ipsec != config_.ipsec.required) {
      check_.Add(check_.PositionOf(path + ".ipsec"), "dial.ipsec", dial.ipsec ? "true" : "false",
                 "the value of ipsec.required, as one daemon has no two ways");
    }
    if (dial.redial > dial.redial_max) {
      const auto place = check_.PositionOf(path + ".redial_max");
      check_.Add(place ? place : check_.PositionOf(path + ".redial"), "dial.redial_max",
                 std::to_string(dial.redial_max.count()), "at least dial.redial");
    }
    const auto server = IpAddress::Parse(dial.server);
    for (const IpPrefix& route : dial.routes) {
      if (!server || !route.Contains(*server)) continue;
      check_.Add(check_.PositionOf(path + ".routes"), "dial.routes",
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
      check_.Add(check_.PositionOf("dial[" + std::to_string(i) + "].name"), "dial.name",
                 "\"" + dial.name + "\", which another dial's interface has",
                 "a name that no other interface of a dial has");
    }
  }

  void LoadUserDatabase() {
    const std::string& file = config_.ppp.users_file;
    if (file.empty()) return;  // reported already: the key is missing or wrong
    const auto content = check_.Read(file);
    if (!content) return check_.AddUnreadable(kUsersFileKey, kUsersFileKey, file, content.error());
    auto loaded = UsersIn(*content, file, config_.l2tp.host_name);
    if (!loaded) {
      for (const ConfigError& error : loaded.error()) check_.Add(error);
      return;
    }
    users_ = std::move(loaded->users);
    for (ConfigError& warning : loaded->warnings) check_.Warn(std::move(warning));
    WarnOfUsersWithOurAddress(file);
  }

  /// Each login of such a user would be refused.
  void WarnOfUsersWithOurAddress(const std::string& file) {
    for (const aaa::UserEntry& entry : users_.entries()) {
      for (const IpAddress& address : entry.profile.addresses) {
        const bool ours = std::ranges::find(config_.pools, address, &aaa::PoolSettings::gateway) !=
                          config_.pools.end();
        if (!ours) continue;
        ConfigError warning = AboutFile(file, "address", address.ToString() + ", a pool's gateway",
                                        "an address that is not ours");
        warning.line = entry.line;
        check_.Warn(std::move(warning));
      }
    }
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
    const auto position = check_.PositionOf(path).value_or(ConfigCheck::kStart);
    check_.Warn({.file = path_,
                 .line = position.line,
                 .column = position.column,
                 .key = std::string(key),
                 .found = "\"" + method + "\" without IPsec, which sends passwords in clear",
                 .expected = "ipsec.required = true, or no \"" + method + "\""});
  }

  const std::string& path_;
  Config config_;
  ConfigCheck check_;
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
    return Unexpected{std::vector{AboutFile(
        path, "file", file.error(), "a readable configuration file ('sallyport init' makes one)")}};
  }
  auto parsed = ParseConfig(file->text.text(), path);
  if (!parsed) return Unexpected{std::vector{parsed.error()}};
  if (parsed->config.l2tp.host_name.empty()) parsed->config.l2tp.host_name = system_host_name;
  StatusConfig& status = parsed->config.status;
  if (status.monitor_socket.empty()) {
    status.monitor_socket = status.socket.substr(0, status.socket.rfind('/')) + "/monitor.sock";
  }
  return ConfigLoader(path, read, file->readable_by_others, *std::move(parsed)).Load();
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
