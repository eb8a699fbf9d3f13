// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_config.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>

namespace sallyport::daemon {
namespace {

constexpr std::string_view kInstallHint =
    "install and start strongSwan's charon (Debian, Ubuntu: apt install charon-systemd "
    "libstrongswan-standard-plugins; systemctl enable --now strongswan), or set ipsec.vici to its "
    "socket";

std::vector<std::string> AddressTexts(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> texts;
  texts.reserve(addresses.size());
  for (const IpAddress& address : addresses) texts.push_back(address.ToString());
  return texts;
}

/// vici_config.c, child_kv() and child_li().
vici::Message ChildArguments(const StrongswanOptions& options) {
  return vici::Message()
      .Set("mode", "transport")  // RFC 3193 §2.1
      // 17 is UDP: the number needs no /etc/protocols. RFC 3193 §4.2: any port of the peer's may
      // ask for ours.
      .SetList("local_ts", {fmt::format("dynamic[17/{}]", options.l2tp_port)})
      .SetList("remote_ts", {"dynamic[17]"})
      .SetList("esp_proposals", options.esp_proposals)
      .Set("policies", "no")  // the policies are ours (design D1, D3)
      // Gives each client a reqid of its own. With nothing else said about marks the SAs themselves
      // carry none (design D3).
      .Set("mark_in", "%unique")
      // The client rekeys; a server cannot begin towards one behind NAT. Before 5.9.9 rekey_time=0
      // needs rand_time=0 as well, or the soft lifetime underflows (child_cfg.c).
      .Set("rekey_time", "0s")
      .Set("rand_time", "0s")
      // Longer than any client's own lifetime (Android: 8 h), so that charon never deletes an SA in
      // use; it reaps what rekeys leave behind.
      .Set("life_time", "9h")
      .Set("replay_window", "128");  // packets; local policy, for links that reorder
}

/// Of a server that we dial; what is the same for both has its reasons above.
vici::Message DialChildArguments(const StrongswanOptions& options) {
  const std::string selector = fmt::format("dynamic[17/{}]", options.l2tp_port);
  return vici::Message()
      .Set("mode", "transport")
      // RFC 3193 §4.2.2: the initiator names the ports.
      .SetList("local_ts", {selector})
      .SetList("remote_ts", {selector})
      .SetList("esp_proposals", options.esp_proposals)
      .Set("policies", "no")
      .Set("mark_in", "%unique")
      // We are the client, so we rekey, well before the hour after which Windows and others end it.
      .Set("rekey_time", "50m")
      .Set("life_time", "60m")
      .Set("replay_window", "128");
}

bool HasAlgorithm(const vici::Message& algorithms, std::string_view kind, std::string_view name) {
  const vici::Message* section = algorithms.Section(kind);
  return section != nullptr && section->Value(name).has_value();
}

}  // namespace

vici::Message ConnectionArguments(const StrongswanOptions& options) {
  vici::Message connection;
  if (!options.local_addresses.empty()) {
    connection.SetList("local_addrs", AddressTexts(options.local_addresses));
  }
  connection.SetList("remote_addrs", {"%any"})
      .Set("version", "1")  // what every built-in L2TP/IPsec client speaks
      .SetList("proposals", options.ike_proposals)
      // Aggressive mode would show a hash of the group's key to anyone who asks.
      .Set("aggressive", "no")
      // "yes" would make us look behind NAT, and Windows does not talk to such a server by default.
      .Set("encap", "no")
      // Two sites may use the same private addresses, which are their identities: with any other
      // value the INITIAL-CONTACT of one ends the other's SAs.
      .Set("unique", "never")
      .Set("fragmentation", "yes")
      .Set("dpd_delay", "30s")     // local policy
      .Set("dpd_timeout", "150s")  // local policy
      .Set("rekey_time", "0s")     // as for the child: the client does it
      .Set("reauth_time", "0s")
      .Set("rand_time", "0s")
      .SetSection("local", vici::Message().Set("auth", "psk"))
      .SetSection("remote", vici::Message().Set("auth", "psk"))
      .SetSection("children", vici::Message().SetSection(kChildName, ChildArguments(options)));
  return vici::Message().SetSection(kConnectionName, std::move(connection));
}

std::string DialConnectionName(std::string_view dial) {
  return std::string(kDialPrefix) + std::string(dial);
}

std::optional<std::string> DialOfConnection(std::string_view connection) {
  if (!connection.starts_with(kDialPrefix)) return {};
  return std::string(connection.substr(kDialPrefix.size()));
}

vici::Message DialConnectionArguments(const StrongswanOptions& options, const IkeServer& server) {
  vici::Message connection;
  if (!options.local_addresses.empty()) {
    connection.SetList("local_addrs", AddressTexts(options.local_addresses));
  }
  connection.SetList("remote_addrs", {server.address.ToString()})
      .Set("version", "1")
      .SetList("proposals", options.ike_proposals)
      .Set("aggressive", "no")
      .Set("encap", "no")
      .Set("unique", "never")
      .Set("fragmentation", "yes")
      .Set("dpd_delay", "30s")
      .Set("dpd_timeout", "150s")
      // Once: the dial itself tries again, after its own wait.
      .Set("keyingtries", "1")
      .SetSection("local", vici::Message().Set("auth", "psk"))
      .SetSection("remote", vici::Message().Set("auth", "psk"))
      .SetSection("children", vici::Message().SetSection(kChildName, DialChildArguments(options)));
  return vici::Message().SetSection(DialConnectionName(server.dial), std::move(connection));
}

vici::Message DialKeyArguments(const IkeServer& server) {
  return vici::Message()
      .Set("id", DialConnectionName(server.dial))
      .Set("type", "ike")
      .Set("data", server.psk.text())
      .SetList("owners", {server.address.ToString()});
}

vici::Message SharedKeyArguments(const StrongswanOptions& options) {
  // Without owners the key is for %any: charon prefers a key that names the peer.
  return vici::Message().Set("id", kSharedKeyId).Set("type", "ike").Set("data", options.psk.text());
}

std::string MissingAlgorithms(const vici::Message& algorithms) {
  // One of each kind that some built-in client cannot do without. The groups are in "ke" since
  // strongSwan 6.0, in "dh" before.
  const bool has_ke = algorithms.Section("ke") != nullptr;
  const std::pair<std::string_view, std::string_view> needed[] = {
      {"encryption", "AES_CBC"},          {"integrity", "HMAC_SHA1_96"},
      {"integrity", "HMAC_SHA2_256_128"}, {"prf", "PRF_HMAC_SHA1"},
      {"prf", "PRF_HMAC_SHA2_256"},       {has_ke ? "ke" : "dh", "MODP_2048"},
      {has_ke ? "ke" : "dh", "ECP_384"}};
  std::string missing;
  for (const auto& [kind, name] : needed) {
    if (HasAlgorithm(algorithms, kind, name)) continue;
    if (!missing.empty()) missing += ", ";
    missing += name;
  }
  return missing;
}

std::string HintForRefusal(std::string_view error) {
  const auto mentions = [&](std::string_view word) { return error.find(word) != error.npos; };
  if (mentions("unknown option")) return kTooOldHint;
  if (mentions("proposals")) {
    return "a proposal in the configuration is not in strongSwan's notation, or needs a plugin "
           "that "
           "charon has not loaded (openssl, gcm: package libstrongswan-standard-plugins)";
  }
  if (mentions("version")) {
    return "this strongSwan is built without IKEv1, which L2TP/IPsec clients need: use a build "
           "with "
           "it (up to 6.0 it is there by default)";
  }
  if (mentions("local_addrs")) return "check the addresses in l2tp.listen";
  return kLogHint;
}

std::string HintForConnectError(int error) {
  switch (error) {  // an errno, not an enum
    case EACCES:
    case EPERM:
      return "let the user sallyport use the socket: it belongs to charon's user and group";
    case ECONNREFUSED:
      return "charon has gone and left its socket behind: systemctl start strongswan";
    case EAGAIN:
      return "charon does not accept connections just now; it is asked again soon";
    default:
      return std::string(kInstallHint);
  }
}

}  // namespace sallyport::daemon
