// SPDX-License-Identifier: GPL-2.0-or-later
// Clients of IPsec in the configuration: keys, connections, certificates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.h"
#include "tests/unit/daemon/certificate_pem.h"

namespace sallyport::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Files by name; one whose content begins with "!" can be read by everybody.
using Files = std::map<std::string, std::string>;

constexpr std::string_view kRest = R"([ppp]
users_file = "/users"
[[pool]]
ranges = ["10.64.0.0/16"]
gateway = "10.64.0.1"
)";

const std::string kCertificate{kGoodCertificatePem};
const std::string kPrivateKey = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n";
const Files kFiles = {{"/psk", "swordfish\n"},
                      {"/other", "melon\n"},
                      {"/cert", kCertificate},
                      {"/key", kPrivateKey},
                      {"/ca", kCertificate}};

Expected<LoadedConfig, std::vector<ConfigError>> Load(const std::string& text,
                                                      Files files = kFiles) {
  files["/c"] = text + std::string(kRest);
  files.try_emplace("/users", "bob * secret\n");
  return LoadConfig("/c", "gw", [&](const std::string& path) -> Expected<FileText, std::string> {
    const auto file = files.find(path);
    if (file == files.end()) return Unexpected{std::string("No such file or directory")};
    const bool open = file->second.starts_with('!');
    return FileText{.text = Secret(std::string_view(file->second).substr(open ? 1 : 0)),
                    .readable_by_others = open};
  });
}

std::vector<std::string> ErrorsOf(const std::string& text, const Files& files = kFiles) {
  std::vector<std::string> texts;
  const auto loaded = Load(text, files);
  if (loaded) return texts;
  for (const auto& error : loaded.error()) texts.push_back(error.ToString());
  return texts;
}

Secret SecretOf(std::string_view text) { return Secret(text); }

TEST(IpsecConfig, KeysAndConnectionsAreRead) {
  const auto loaded = Load(R"([ipsec]
psk_file = "/psk"
legacy = true
sha256_96 = true
ike = "ikev1"
[[ipsec.key]]
identities = ["laptop@example.org"]
addresses = ["192.0.2.7", "2001:db8::/32"]
psk = "0x6b"
[[ipsec.connection]]
name = "branches"
remote_addresses = ["198.51.100.0/24"]
psk_file = "/other"
)");
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  const IpsecConfig& ipsec = loaded->config.ipsec;
  EXPECT_EQ(ipsec.psk, SecretOf("swordfish"));
  EXPECT_TRUE(ipsec.legacy && ipsec.sha256_96);
  EXPECT_EQ(ipsec.ike, IkeVersions::kV1);
  ASSERT_THAT(ipsec.keys, SizeIs(1));
  EXPECT_THAT(ipsec.keys[0].identities, ElementsAre("laptop@example.org"));
  EXPECT_THAT(ipsec.keys[0].addresses,
              ElementsAre(*IpPrefix::Parse("192.0.2.7/32"), *IpPrefix::Parse("2001:db8::/32")));
  EXPECT_EQ(ipsec.keys[0].psk, SecretOf("k"));
  ASSERT_THAT(ipsec.connections, SizeIs(1));
  EXPECT_EQ(ipsec.connections[0].name, "branches");
  EXPECT_EQ(ipsec.connections[0].psk, SecretOf("melon"));
  EXPECT_EQ(ipsec.connections[0].ike, IkeVersions::kBoth);
  EXPECT_FALSE(ipsec.connections[0].legacy);
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(IpsecConfig, NobodyIsLeftWithoutAKeyUnnoticed) {
  // Keys of some peers, or a connection, are enough.
  EXPECT_THAT(ErrorsOf("[[ipsec.key]]\naddresses = [\"192.0.2.7\"]\npsk = \"k\"\n"), IsEmpty());
  EXPECT_THAT(ErrorsOf("[[ipsec.key]]\naddresses = [\"192.0.2.7\"]\n"),
              ElementsAre(HasSubstr("/c:1:1: ipsec.key: found neither psk_file nor psk")));
  EXPECT_THAT(ErrorsOf("[[ipsec.key]]\npsk = \"k\"\n"),
              ElementsAre(HasSubstr("ipsec.key: found neither identities nor addresses")));
  EXPECT_THAT(ErrorsOf("[ipsec]\npsk = \"k\"\n[[ipsec.connection]]\nname = \"a\"\n"),
              ElementsAre(HasSubstr("found neither local_addresses nor remote_addresses")));
}

TEST(IpsecConfig, MistakesAreToldWithTheirPlace) {
  EXPECT_THAT(ErrorsOf(R"([ipsec]
psk = "k"
sha256_96 = true
ike = "ikev3"
[[ipsec.connection]]
name = "a"
remote_addresses = ["198.51.100.0/24"]
psk = "k"
psk_file = "/psk"
[[ipsec.connection]]
name = "a"
local_addresses = ["203.0.113.1"]
psk_file = "/none"
)"),
              ElementsAre(HasSubstr("/c:3:13: ipsec.sha256_96: found true without legacy"),
                          HasSubstr("/c:4:7: ipsec.ike: found \"ikev3\", expected one of"),
                          HasSubstr("/c:8:7: ipsec.connection.psk: found a key besides psk_file"),
                          HasSubstr("/c:11:8: ipsec.connection.name: found \"a\" again"),
                          HasSubstr("/c:13:12: ipsec.connection.psk_file: found \"/none\"")));
}

TEST(IpsecConfig, CertificatesAreReadFromTheirFiles) {
  const auto loaded = Load(R"([ipsec]
certificate_file = "/cert"
private_key_file = "/key"
ca_files = ["/ca"]
revocation = "strict"
)");
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  const IpsecConfig& ipsec = loaded->config.ipsec;
  EXPECT_THAT(ipsec.certificate, HasSubstr("gw"));
  EXPECT_THAT(ipsec.ca, ElementsAre(ipsec.certificate));
  EXPECT_EQ(ipsec.private_key, SecretOf(kPrivateKey));
  EXPECT_EQ(ipsec.revocation, RevocationPolicy::kStrict);
}

TEST(IpsecConfig, CertificatesAndKeysMayBeCredentials) {
  Files files;
  files["credential:cert"] = kCertificate;
  files["credential:key"] = kPrivateKey;
  files["credential:ca"] = kCertificate;
  const auto loaded = Load(R"([ipsec]
certificate_file = "credential:cert"
private_key_file = "credential:key"
ca_files = ["credential:ca"]
)",
                           files);
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  EXPECT_EQ(loaded->config.ipsec.private_key, SecretOf(kPrivateKey));
  EXPECT_THAT(loaded->config.ipsec.ca, ElementsAre(loaded->config.ipsec.certificate));
}

TEST(IpsecConfig, CertificatesWithoutTheirKeyOrCaAreErrors) {
  EXPECT_THAT(ErrorsOf("[ipsec]\ncertificate_file = \"/cert\"\n"),
              ElementsAre(HasSubstr("/c:1:1: ipsec.private_key_file: found no such key"),
                          HasSubstr("/c:1:1: ipsec.ca_files: found no CA")));
  EXPECT_THAT(ErrorsOf("[ipsec]\npsk = \"k\"\nprivate_key_file = \"/key\"\n"),
              ElementsAre(HasSubstr("/c:3:20: ipsec.private_key_file: found a key without")));
  EXPECT_THAT(ErrorsOf("[ipsec]\npsk = \"k\"\nclient_certificates = false\n"),
              ElementsAre(HasSubstr("/c:3:23: ipsec.client_certificates: found false without "
                                    "certificate_file")));
  const std::string certificate =
      "certificate_file = \"/cert\"\nprivate_key_file = \"/key\"\nclient_certificates = false\n";
  EXPECT_THAT(ErrorsOf("[ipsec]\npsk = \"k\"\n" + certificate), IsEmpty());
  EXPECT_THAT(ErrorsOf("[ipsec]\n" + certificate),
              ElementsAre(HasSubstr("found false without IKEv2 or without a pre-shared key")));
  EXPECT_THAT(ErrorsOf("[ipsec]\npsk = \"k\"\nike = \"ikev1\"\n" + certificate),
              ElementsAre(HasSubstr("found false without IKEv2 or without a pre-shared key")));
}

TEST(IpsecConfig, FilesThatHoldSomethingElseAreErrors) {
  const std::string text =
      "[ipsec]\ncertificate_file = \"/cert\"\nprivate_key_file = \"/key\"\nca_files = [\"/ca\", "
      "\"/none\"]\n";
  Files files = kFiles;
  files["/cert"] = kPrivateKey;
  files["/key"] = kCertificate;
  files["/ca"] = "";
  EXPECT_THAT(ErrorsOf(text, files),
              ElementsAre(HasSubstr("/c:4:12: ipsec.ca_files: found \"/none\": No such file"),
                          HasSubstr("/ca:1:1: ipsec.ca_files: found no X.509 certificate"),
                          HasSubstr("/cert:1:1: ipsec.certificate_file: found no X.509"),
                          HasSubstr("/key:1:1: ipsec.private_key_file: found no private key")));
}

TEST(IpsecConfig, SecretsThatOthersCanReadAreWarnedOf) {
  Files files = kFiles;
  files["/key"] = "!" + kPrivateKey;
  files["/other"] = "!melon\n";
  const auto loaded = Load(R"([ipsec]
certificate_file = "/cert"
private_key_file = "/key"
ca_files = ["/ca"]
[[ipsec.key]]
addresses = ["192.0.2.7"]
psk_file = "/other"
)",
                           files);
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  ASSERT_THAT(loaded->warnings, SizeIs(2));
  EXPECT_EQ(loaded->warnings[0].key, "ipsec.private_key_file");
  EXPECT_EQ(loaded->warnings[1].key, "ipsec.key.psk_file");
}

TEST(IpsecConfig, ACertificateThatClientsRefuseIsWarnedOf) {
  Files files = kFiles;
  files["/cert"] = std::string(kClientCertificatePem);
  // What stands in a CA's certificate is for charon to judge.
  files["/ca"] = std::string(kClientCertificatePem);
  const auto loaded = Load(
      "[ipsec]\ncertificate_file = \"/cert\"\nprivate_key_file = \"/key\"\nca_files = [\"/ca\"]\n",
      files);
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  ASSERT_THAT(loaded->warnings, SizeIs(2));
  EXPECT_THAT(loaded->warnings[0].ToString(),
              HasSubstr("/cert:1:1: ipsec.certificate_file: found a certificate without a DNS name "
                        "or address (subjectAltName), expected one"));
}

TEST(IpsecConfig, ACertificateForIkev1WouldHideKeysOfAddressesBehindTheKeyOfAll) {
  const std::string certificate =
      "certificate_file = \"/cert\"\nprivate_key_file = \"/key\"\nca_files = [\"/ca\"]\n";
  const std::string of_some = "[[ipsec.key]]\naddresses = [\"192.0.2.7\"]\npsk = \"k\"\n";
  const std::string of_all = "[ipsec]\npsk = \"a\"\n";
  EXPECT_THAT(ErrorsOf(of_all + certificate + of_some),
              ElementsAre(HasSubstr("besides keys of some addresses and a key of all")));
  EXPECT_THAT(ErrorsOf(of_all + "ike = \"ikev2\"\n" + certificate + of_some), IsEmpty());
  EXPECT_THAT(ErrorsOf("[ipsec]\n" + certificate + of_some), IsEmpty());
  EXPECT_THAT(ErrorsOf(of_all + of_some), IsEmpty());
}

TEST(IpsecConfig, AnAnswerMustHaveMoreTimeThanTheQuestion) {
  EXPECT_THAT(ErrorsOf("[ipsec]\npsk = \"a\"\ndpd_delay = 200\n"),
              ElementsAre(HasSubstr(":3:13: ipsec.dpd_timeout: found 150, expected more than")));
  EXPECT_THAT(ErrorsOf("[ipsec]\npsk = \"a\"\ndpd_delay = 200\ndpd_timeout = 201\n"), IsEmpty());
}

TEST(IpsecConfig, AConnectionThatProvesNothingIsNoWayIn) {
  EXPECT_THAT(ErrorsOf("[[ipsec.connection]]\nname = \"a\"\nremote_addresses = [\"192.0.2.7\"]\n"),
              ElementsAre(HasSubstr("ipsec.psk_file: found no such key")));
}

}  // namespace
}  // namespace sallyport::daemon
