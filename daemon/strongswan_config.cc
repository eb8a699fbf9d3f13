// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_config.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <utility>

#include "base/text.h"
#include "daemon/certificate.h"

namespace sallyport::daemon {
namespace {

std::string Seconds(std::chrono::seconds duration) {
  return std::to_string(duration.count()) + "s";
}

constexpr std::string_view kInstallHint =
    "install and start strongSwan's charon (Debian, Ubuntu: apt install charon-systemd "
    "libstrongswan-standard-plugins; systemctl enable --now strongswan), or set ipsec.vici to its "
    "socket";

template <typename Values>
std::vector<std::string> TextsOf(const Values& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const auto& value : values) texts.push_back(value.ToString());
  return texts;
}

std::vector<std::string> Proposals(std::vector<std::string> proposals,
                                   const std::vector<std::string>& legacy, bool with_legacy) {
  if (with_legacy) proposals.insert(proposals.end(), legacy.begin(), legacy.end());
  return proposals;
}

/// vici_config.c, child_kv() and child_li().
/// strongSwan before 5.9.10 knows "yes", which has ever since meant "crypto".
std::string_view OffloadWord(EspOffload offload) {
  switch (offload) {
    case EspOffload::kAuto:
      return "auto";
    case EspOffload::kCrypto:
      return "yes";
    case EspOffload::kPacket:
      return "packet";
    case EspOffload::kNo:
      break;
  }
  return "no";
}

vici::Message ChildArguments(const StrongswanOptions& options, const IpsecClients& clients) {
  return vici::Message()
      .Set("mode", "transport")  // RFC 3193 §2.1
      // 17 is UDP: the number needs no /etc/protocols. RFC 3193 §4.2: any port of the peer's may
      // ask for ours.
      .SetList("local_ts", {fmt::format("dynamic[17/{}]", options.l2tp_port)})
      .SetList("remote_ts", {"dynamic[17]"})
      .SetList("esp_proposals",
               Proposals(options.esp_proposals, options.legacy_esp_proposals, clients.legacy))
      .Set("sha256_96", clients.sha256_96 ? "yes" : "no")
      .Set("hw_offload", OffloadWord(options.ipsec.offload))
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
      .Set("hw_offload", OffloadWord(options.ipsec.offload))
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

/// How both sides prove who they are.
enum class Proof : uint8_t {
  kPsk,          // both with the key
  kCertificate,  // both with a certificate
  kMixed,        // we with a certificate, the client with the key; IKEv2 alone can do that
};
constexpr std::string_view kProofNames[] = {"psk", "certificate", "mixed"};

std::string_view VersionOf(const IpsecClients& clients, Proof proof) {
  if (proof == Proof::kMixed || clients.ike == IkeVersions::kV2) return "2";
  // Where IKEv2 clients with the key are shown our certificate, the key alone is for IKEv1.
  const bool v1_only = proof == Proof::kPsk && !clients.client_certificates;
  return v1_only || clients.ike == IkeVersions::kV1 ? "1" : "0";  // 0: either
}

std::string_view ToString(RevocationPolicy policy) {
  switch (policy) {
    case RevocationPolicy::kStrict:
      return "strict";
    case RevocationPolicy::kIfUri:
      return "ifuri";
    case RevocationPolicy::kRelaxed:
      return "relaxed";
  }
  return {};
}

/// "sallyport" is the connection with the key of [ipsec]; others say more:
/// "sallyport-psk-branches", "sallyport-certificate-branches-1".
std::string NameOf(Proof proof, const IpsecConnectionConfig& connection, size_t ca) {
  std::string name(kOurName);
  if (proof == Proof::kPsk && connection.name.empty()) return name;
  name.append("-").append(kProofNames[static_cast<size_t>(proof)]);
  if (!connection.name.empty()) name.append("-").append(connection.name);
  if (proof == Proof::kCertificate) name.append("-").append(std::to_string(ca + 1));
  return name;
}

vici::Message LocalArguments(Proof proof, const IpsecClients& clients) {
  if (proof == Proof::kPsk) return vici::Message().Set("auth", "psk");
  vici::Message local;
  local.Set("auth", "pubkey").SetList("certs", {clients.certificate});
  // Whatever the client calls us, as long as the certificate has it. In main mode that would leave
  // the choice of the key to charon: there we go by the subject, which is charon's default.
  if (proof == Proof::kMixed) local.Set("id", "%any");
  return local;
}

vici::Message RemoteArguments(Proof proof, const IpsecClients& clients, size_t ca) {
  if (proof != Proof::kCertificate) return vici::Message().Set("auth", "psk");
  // The CA by its name (identification.c, "asn1dn:#"): given itself, it would stay in charon when
  // the connection goes, and open those of others that ask for no certain CA.
  const auto subject = SubjectOf(clients.ca[ca]);
  return vici::Message()
      .Set("auth", "pubkey")
      .Set("ca_id", "asn1dn:#" + ToHex(subject.value_or(std::span<const uint8_t>())))
      .Set("revocation", ToString(clients.revocation));
}

vici::Message ConnectionArguments(const StrongswanOptions& options,
                                  const IpsecConnectionConfig& clients, Proof proof, size_t ca) {
  vici::Message connection;
  const auto& own = clients.local_addresses;
  const auto& local = own.empty() ? options.local_addresses : own;
  if (!local.empty()) connection.SetList("local_addrs", TextsOf(local));
  const auto& remote = clients.remote_addresses;
  connection
      .SetList("remote_addrs", remote.empty() ? std::vector<std::string>{"%any"} : TextsOf(remote))
      .Set("version", VersionOf(clients, proof))
      .SetList("proposals",
               Proposals(options.ike_proposals, options.legacy_ike_proposals, clients.legacy))
      // Aggressive mode would show a hash of the group's key to anyone who asks.
      .Set("aggressive", "no")
      // "yes" would make us look behind NAT, and Windows does not talk to such a server by default.
      .Set("encap", "no")
      // RFC 4555 moves tunnels only; a client in transport mode that moves dials again.
      .Set("mobike", "no")
      // Two sites may use the same private addresses, which are their identities: with any other
      // value the INITIAL-CONTACT of one ends the other's SAs.
      .Set("unique", "never")
      .Set("fragmentation", "yes")
      .Set("dpd_delay", Seconds(options.ipsec.dpd_delay))
      .Set("dpd_timeout", Seconds(options.ipsec.dpd_timeout))
      .Set("rekey_time", "0s")  // as for the child: the client does it
      .Set("reauth_time", "0s")
      .Set("rand_time", "0s")
      .SetSection("local", LocalArguments(proof, clients))
      .SetSection("remote", RemoteArguments(proof, clients, ca))
      .SetSection("children",
                  vici::Message().SetSection(kChildName, ChildArguments(options, clients)));
  return vici::Message().SetSection(NameOf(proof, clients, ca), std::move(connection));
}

LoadCommand LoadKey(const std::string& id, const Secret& key, std::vector<std::string> owners) {
  vici::Message arguments;
  arguments.Set("id", id).Set("type", "ike").Set("data", key.text());
  // Without owners a key is for %any; charon prefers one that names the peer (credential_manager.c,
  // get_shared()).
  if (!owners.empty()) arguments.SetList("owners", std::move(owners));
  return {.command = "load-shared",
          .arguments = std::move(arguments),
          .what = fmt::format("the key \"{}\"", id),
          .unload = "unload-shared",
          .unload_key = "id",
          .name = id};
}

/// Whom the key of a connection is for. IKEv1 must choose it by address, before it knows more.
std::vector<std::string> OwnersOf(const IpsecConnectionConfig& connection) {
  std::vector<std::string> owners = TextsOf(connection.remote_addresses);
  if (owners.empty() && !connection.local_addresses.empty()) owners.emplace_back("%any");
  for (auto& own : TextsOf(connection.local_addresses)) owners.push_back(std::move(own));
  return owners;
}

void AddCredentials(const IpsecConnectionConfig& connection, std::vector<LoadCommand>& commands) {
  const std::string suffix = connection.name.empty() ? "" : "-" + connection.name;
  if (!connection.psk.empty()) {
    const std::string kind = connection.name.empty() ? "" : "-connection";
    commands.push_back(
        LoadKey(std::string(kOurName) + kind + suffix, connection.psk, OwnersOf(connection)));
  }
  for (size_t i = 0; i < connection.ca.size(); ++i) {
    const std::string name = fmt::format("{}-ca{}-{}", kOurName, suffix, i + 1);
    commands.push_back({.command = "load-authority",
                        .arguments = vici::Message().SetSection(
                            name, vici::Message().Set("cacert", connection.ca[i])),
                        .what = "the CA of " + connection.ca_files[i],
                        .unload = "unload-authority",
                        .unload_key = "name",
                        .name = name});
  }
  if (connection.certificate.empty()) return;
  commands.push_back(
      {.command = std::string(kLoadKey),
       .arguments = vici::Message().Set("type", "any").Set("data", connection.private_key.text()),
       .what = "the private key of " + connection.private_key_file,
       .unload = "unload-key",
       .unload_key = "id",
       .name = {}});
}

void AddConnection(const StrongswanOptions& options, const IpsecConnectionConfig& connection,
                   std::vector<LoadCommand>& commands) {
  const auto add = [&](Proof proof, size_t ca) {
    const std::string name = NameOf(proof, connection, ca);
    commands.push_back({.command = std::string(kLoadConnection),
                        .arguments = ConnectionArguments(options, connection, proof, ca),
                        .what = fmt::format("the connection \"{}\"", name),
                        .unload = "unload-conn",
                        .unload_key = "name",
                        .name = name});
  };
  const bool has_key =
      !connection.psk.empty() || (connection.name.empty() && !options.ipsec.keys.empty());
  // A connection with neither is one whose clients have the key of [ipsec].
  const bool psk = has_key || connection.certificate.empty();
  const bool mixed = !connection.client_certificates;
  if (psk && !(mixed && connection.ike == IkeVersions::kV2)) add(Proof::kPsk, 0);
  for (size_t ca = 0; ca < connection.ca.size(); ++ca) add(Proof::kCertificate, ca);
  if (mixed) add(Proof::kMixed, 0);
}

}  // namespace

bool IsOurName(std::string_view name) {
  return name == kOurName || (name.starts_with(kOurName) && name[kOurName.size()] == '-');
}

std::vector<LoadCommand> LoadCommands(const StrongswanOptions& options) {
  const IpsecConfig& ipsec = options.ipsec;
  std::vector<IpsecConnectionConfig> connections = ipsec.connections;
  // What [ipsec] itself says is for all others, if it says how they prove who they are.
  if (!ipsec.psk.empty() || !ipsec.certificate.empty() || !ipsec.keys.empty()) {
    IpsecConnectionConfig& others = connections.emplace_back();
    static_cast<IpsecClients&>(others) = static_cast<const IpsecClients&>(ipsec);
  }
  std::vector<LoadCommand> commands;
  for (const auto& connection : connections) AddCredentials(connection, commands);
  for (size_t i = 0; i < ipsec.keys.size(); ++i) {
    const IpsecKeyConfig& key = ipsec.keys[i];
    std::vector<std::string> owners = key.identities;
    for (auto& address : TextsOf(key.addresses)) owners.push_back(std::move(address));
    commands.push_back(
        LoadKey(fmt::format("{}-key-{}", kOurName, i + 1), key.psk, std::move(owners)));
  }
  for (const auto& connection : connections) AddConnection(options, connection, commands);
  return commands;
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
    connection.SetList("local_addrs", TextsOf(options.local_addresses));
  }
  connection.SetList("remote_addrs", {server.address.ToString()})
      .Set("version", "1")
      .SetList("proposals", options.ike_proposals)
      .Set("aggressive", "no")
      .Set("encap", "no")
      .Set("unique", "never")
      .Set("fragmentation", "yes")
      .Set("dpd_delay", Seconds(options.ipsec.dpd_delay))
      .Set("dpd_timeout", Seconds(options.ipsec.dpd_timeout))
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
  if (mentions("hw_offload")) {
    return "ipsec.offload = \"packet\" needs strongSwan 5.9.10 or later";
  }
  if (mentions("local_addrs")) return "check the addresses in l2tp.listen";
  return kLogHint;
}

std::string_view HintForAttempt(AttemptReason reason) {
  switch (reason) {
    case AttemptReason::kNoConnection:
      return "Check the addresses that the daemon listens on, and whether another program has "
             "loaded a narrower connection into charon (swanctl --list-conns).";
    case AttemptReason::kTooManyHalfOpen:
      return "Many clients behind one address: raise charon.block_threshold and "
             "charon.init_limit_half_open in strongswan.conf.";
    case AttemptReason::kCertificateRefused:
      return "Look at charon's log for the check that failed (journalctl -u strongswan).";
    case AttemptReason::kSaNotInstalled:
      return "The kernel lacks an algorithm or ESP (modprobe esp4, esp6): see charon's log "
             "(journalctl -u strongswan).";
    case AttemptReason::kIkeEnded:
      return "See charon's log (journalctl -u strongswan).";
    default:
      return {};
  }
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
