// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_ipsec.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/certificate.h"
#include "daemon/config_keys.h"

namespace sallyport::daemon {
namespace {

constexpr std::string_view kPskFileKey = "ipsec.psk_file";

class IpsecLoader {
 public:
  IpsecLoader(IpsecConfig& ipsec, ConfigCheck& check) : ipsec_(ipsec), check_(check) {}

  void Load() {
    LoadClients("ipsec", "ipsec", ipsec_);
    for (size_t i = 0; i < ipsec_.keys.size(); ++i) {
      LoadKey("ipsec.key[" + std::to_string(i) + "]", ipsec_.keys[i]);
    }
    bool own_secrets = false;
    std::set<std::string> names;
    for (size_t i = 0; i < ipsec_.connections.size(); ++i) {
      const IpsecConnectionConfig& connection = ipsec_.connections[i];
      const std::string path = "ipsec.connection[" + std::to_string(i) + "]";
      LoadClients(path, kIpsecConnectionSection, ipsec_.connections[i]);
      own_secrets = own_secrets || HasOwnSecret(path, connection);
      if (connection.local_addresses.empty() && connection.remote_addresses.empty()) {
        check_.Add(check_.PositionOf(path), kIpsecConnectionSection,
                   "neither local_addresses nor remote_addresses",
                   "one of the two ([ipsec] is for all other clients)");
      }
      if (connection.name.empty() || names.insert(connection.name).second) continue;
      check_.Add(check_.PositionOf(path + ".name"), "ipsec.connection.name",
                 "\"" + connection.name + "\" again", "a name that no other connection has");
    }
    const bool somebody = HasOwnSecret("ipsec", ipsec_) || !ipsec_.keys.empty() || own_secrets;
    CheckKeysBesideCertificates();
    if (ipsec_.dpd_timeout <= ipsec_.dpd_delay) {
      const bool said = check_.Says("ipsec.dpd_timeout");
      check_.Add(check_.PositionOf(said ? "ipsec.dpd_timeout" : "ipsec.dpd_delay"),
                 "ipsec.dpd_timeout", std::to_string(ipsec_.dpd_timeout.count()),
                 "more than dpd_delay");
    }
    if (!ipsec_.required || somebody) return;
    check_.Add(check_.PositionOf("ipsec"), kPskFileKey, "no such key, and no ipsec.psk",
               "the file that holds the pre-shared key (or ipsec.required = false)");
  }

 private:
  /// As a responder in IKEv1 charon looks for a key by the identity of a connection that has one
  /// (one with a certificate) before it looks by address, and then takes the key of all (phase1.c,
  /// lookup_shared_key()).
  void CheckKeysBesideCertificates() {
    const auto certified = [](const IpsecClients& clients) {
      return !clients.certificate_file.empty() && clients.ike != IkeVersions::kV2;
    };
    bool certificate = certified(ipsec_);
    bool of_all = HasOwnPsk("ipsec");
    bool of_some = std::ranges::any_of(
        ipsec_.keys, [](const IpsecKeyConfig& key) { return !key.addresses.empty(); });
    for (size_t i = 0; i < ipsec_.connections.size(); ++i) {
      const IpsecConnectionConfig& connection = ipsec_.connections[i];
      certificate = certificate || certified(connection);
      if (!HasOwnPsk("ipsec.connection[" + std::to_string(i) + "]")) continue;
      (connection.remote_addresses.empty() ? of_all : of_some) = true;
    }
    if (!certificate || !of_all || !of_some) return;
    check_.Add(
        check_.PositionOf("ipsec"), "ipsec.certificate_file",
        "a certificate for IKEv1 besides keys of some addresses and a key of all",
        "two of the three, or ike = \"ikev2\" where the certificate is: strongSwan would take the "
        "key of all");
  }

  /// Whether these clients have a key or a certificate of their own, good or not.
  bool HasOwnSecret(const std::string& path, const IpsecClients& clients) const {
    return HasOwnPsk(path) || !clients.certificate_file.empty();
  }

  void LoadKey(const std::string& path, IpsecKeyConfig& key) {
    LoadPsk(path, kIpsecKeySection, key);
    if (!HasOwnPsk(path)) {
      check_.Add(check_.PositionOf(path), kIpsecKeySection, "neither psk_file nor psk",
                 "one of the two");
    }
    if (!key.identities.empty() || !key.addresses.empty()) return;
    check_.Add(check_.PositionOf(path), kIpsecKeySection, "neither identities nor addresses",
               "one of the two (ipsec.psk_file is for all other clients)");
  }

  void LoadClients(const std::string& path, std::string_view section, IpsecClients& clients) {
    LoadPsk(path, section, clients);
    LoadCertificates(path, section, clients);
    if (clients.sha256_96 && !clients.legacy) {
      check_.Add(check_.PositionOf(path + ".sha256_96"), std::string(section) + ".sha256_96",
                 "true without legacy", "legacy = true, or false");
    }
  }

  template <typename Clients>
  void LoadPsk(const std::string& path, std::string_view section, Clients& clients) {
    const std::string key = std::string(section) + ".psk";
    const bool inline_key = check_.Says(path + ".psk");
    if (inline_key && check_.Says(path + ".psk_file")) {
      return check_.Add(check_.PositionOf(path + ".psk"), key,
                        "a key besides " + (section == "ipsec" ? key : "psk") + "_file",
                        "only one of the two");
    }
    if (inline_key) check_.WarnOfInlineSecret(key);
    check_.LoadSecret(
        {.path = path + ".psk_file", .key = key + "_file", .file = clients.psk_file, .psk = true},
        clients.psk);
  }

  void LoadCertificates(const std::string& path, std::string_view section, IpsecClients& clients) {
    const auto needs = [&](const char* name, const char* found, const char* expected) {
      const auto place = check_.PositionOf(path + name);
      check_.Add(place ? place : check_.PositionOf(path), std::string(section) + name, found,
                 expected);
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
    return check_.Says(path + ".psk") || check_.Says(path + ".psk_file");
  }
  bool HasPsk(const std::string& path) const { return HasOwnPsk(path) || HasOwnPsk("ipsec"); }

  std::string LoadCertificate(const std::string& path, std::string_view section, const char* name,
                              const std::string& file) {
    const std::string key = std::string(section) + name;
    const auto content = check_.Read(file);
    if (!content) {
      check_.AddUnreadable(path + name, key, file, content.error());
      return {};
    }
    auto certificate = ParseCertificate(content->text.text());
    if (certificate) return *std::move(certificate);
    check_.Add(AboutFile(file, key, certificate.error(), "a certificate in PEM or DER"));
    return {};
  }

  /// Of what clients see; charon itself takes such a certificate.
  void WarnOfFlaws(const std::string& key, const IpsecClients& clients) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    for (std::string& flaw : FlawsOf(clients.certificate, now)) {
      check_.Warn(AboutFile(clients.certificate_file, key, std::move(flaw),
                            "one that is valid now, with the name or address that clients "
                            "dial as subjectAltName, and for serverAuth if its use is "
                            "limited: Windows and Apple's systems refuse others"));
    }
  }

  void LoadPrivateKey(const std::string& path, std::string_view section, IpsecClients& clients) {
    const std::string& file = clients.private_key_file;
    if (file.empty()) return;
    const std::string key = std::string(section) + ".private_key_file";
    auto content = check_.Read(file);
    if (!content) {
      return check_.AddUnreadable(path + ".private_key_file", key, file, content.error());
    }
    if (content->readable_by_others) check_.Warn(ReadableByOthers(file, key));
    if (const auto mistake = PrivateKeyMistake(content->text.text())) {
      check_.Add(AboutFile(file, key, *mistake, "a private key in PEM without a passphrase"));
    }
    clients.private_key = std::move(content->text);
  }

  IpsecConfig& ipsec_;
  ConfigCheck& check_;
};

}  // namespace

void LoadIpsec(IpsecConfig& ipsec, ConfigCheck& check) { IpsecLoader(ipsec, check).Load(); }

}  // namespace sallyport::daemon
