// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_config.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <set>
#include <tuple>

namespace sallyport::daemon {
namespace {

using vici::Message;
using Texts = std::vector<std::string>;

// A certificate of "CN=a" for "CN=b", as far as SubjectOf() looks.
const std::string kCertificate(
    "\x30\x26\x30\x24\x02\x01\x01\x30\x00\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x61"
    "\x30"
    "\x00\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x62",
    40);
constexpr const char* kSubject = "asn1dn:#300c310a300806035504030c0162";

StrongswanOptions Options() {
  StrongswanOptions options;
  options.ipsec.psk = Secret(std::string_view("correct horse"));
  return options;
}

/// The connection of that name among what is loaded; fails and gives an empty one if there is none.
Message Connection(const StrongswanOptions& options, const std::string& name = "sallyport") {
  for (const auto& command : LoadCommands(options)) {
    if (command.command == "load-conn" && command.name == name) {
      return *command.arguments.Section(name);
    }
  }
  ADD_FAILURE() << "no connection " << name;
  return {};
}

/// Names of what is loaded, in order.
Texts Names(const StrongswanOptions& options) {
  Texts names;
  for (const auto& command : LoadCommands(options)) {
    names.push_back(command.command + " " + command.name);
  }
  return names;
}

TEST(StrongswanConfig, Connection_IsTheOneThatWasProven) {
  const Message connection = Connection(Options());
  EXPECT_EQ(connection.Value("version"), "0");
  EXPECT_EQ(*connection.List("remote_addrs"), Texts{"%any"});
  EXPECT_EQ(connection.Value("unique"), "never");
  EXPECT_EQ(connection.Value("encap"), "no");
  EXPECT_EQ(connection.Value("aggressive"), "no");
  EXPECT_EQ(connection.Value("rekey_time"), "0s");
  EXPECT_EQ(connection.Value("reauth_time"), "0s");
  EXPECT_EQ(connection.Section("local")->Value("auth"), "psk");
  EXPECT_EQ(connection.Section("remote")->Value("auth"), "psk");
}

TEST(StrongswanConfig, Child_LeavesPoliciesToUsAndSaysOneThingAboutMarks) {
  const Message connection = Connection(Options());
  const Message* child = connection.SectionAt({"children", "l2tp"});
  ASSERT_NE(child, nullptr);
  EXPECT_EQ(child->Value("mode"), "transport");
  EXPECT_EQ(child->Value("policies"), "no");
  EXPECT_EQ(child->Value("mark_in"), "%unique");
  EXPECT_EQ(child->Value("sha256_96"), "no");
  EXPECT_EQ(child->Value("hw_offload"), "no");
  EXPECT_EQ(*child->List("local_ts"), Texts{"dynamic[17/1701]"});
  EXPECT_EQ(*child->List("remote_ts"), Texts{"dynamic[17]"});
  // Without rand_time, rekey_time=0 underflows before strongSwan 5.9.9.
  EXPECT_EQ(child->Value("rekey_time"), "0s");
  EXPECT_EQ(child->Value("rand_time"), "0s");
  for (const auto& element : child->elements()) {
    const bool about_marks = element.name.find("mark") != std::string::npos;
    EXPECT_TRUE(!about_marks || element.name == "mark_in") << element.name;
  }
}

TEST(StrongswanConfig, PortAndAddressesOfL2tp_GoIntoTheConnection) {
  EXPECT_EQ(Connection(Options()).List("local_addrs"), nullptr);
  StrongswanOptions options = Options();
  options.local_addresses = {*IpAddress::Parse("203.0.113.1"), *IpAddress::Parse("2001:db8::1")};
  options.l2tp_port = 11701;
  const Message connection = Connection(options);
  EXPECT_EQ(*connection.List("local_addrs"), (Texts{"203.0.113.1", "2001:db8::1"}));
  EXPECT_EQ(*connection.SectionAt({"children", "l2tp"})->List("local_ts"),
            Texts{"dynamic[17/11701]"});
}

TEST(StrongswanConfig, DeadPeerDetection_IsAsConfigured) {
  StrongswanOptions options = Options();
  EXPECT_EQ(Connection(options).Value("dpd_delay"), "30s");
  options.ipsec.dpd_delay = std::chrono::seconds(60);
  options.ipsec.dpd_timeout = std::chrono::seconds(600);
  EXPECT_EQ(Connection(options).Value("dpd_delay"), "60s");
  EXPECT_EQ(Connection(options).Value("dpd_timeout"), "600s");
}

TEST(StrongswanConfig, LegacyProposals_StandBehindAllOthersAndOnlyWhereAskedFor) {
  StrongswanOptions options = Options();
  options.ipsec.legacy = true;
  options.ipsec.sha256_96 = true;
  options.ipsec.offload = EspOffload::kCrypto;
  const Message connection = Connection(options);
  const Message* child = connection.SectionAt({"children", "l2tp"});
  EXPECT_EQ(child->Value("sha256_96"), "yes");
  EXPECT_EQ(child->Value("hw_offload"), "yes");
  for (const auto& [texts, safe, legacy] :
       {std::tuple(connection.List("proposals"), options.ike_proposals,
                   options.legacy_ike_proposals),
        std::tuple(child->List("esp_proposals"), options.esp_proposals,
                   options.legacy_esp_proposals)}) {
    Texts wanted = safe;
    wanted.insert(wanted.end(), legacy.begin(), legacy.end());
    EXPECT_EQ(*texts, wanted);
  }
}

TEST(StrongswanConfig, ConnectionWithAKeyOfItsOwn_OwnsItByAddress) {
  StrongswanOptions options = Options();
  IpsecConnectionConfig& branches = options.ipsec.connections.emplace_back();
  branches.name = "branches";
  branches.remote_addresses = {*IpPrefix::Parse("198.51.100.0/24")};
  branches.psk = Secret(std::string_view("swordfish"));
  branches.ike = IkeVersions::kV1;
  IpsecConnectionConfig& second = options.ipsec.connections.emplace_back();
  second.name = "second";
  second.local_addresses = {*IpAddress::Parse("203.0.113.2")};
  second.psk = Secret(std::string_view("melon"));
  EXPECT_EQ(Names(options), (Texts{"load-shared sallyport-connection-branches",
                                   "load-shared sallyport-connection-second",
                                   "load-shared sallyport", "load-conn sallyport-psk-branches",
                                   "load-conn sallyport-psk-second", "load-conn sallyport"}));
  const auto commands = LoadCommands(options);
  EXPECT_EQ(*commands[0].arguments.List("owners"), Texts{"198.51.100.0/24"});
  EXPECT_EQ(commands[0].arguments.Value("data"), "swordfish");
  EXPECT_EQ(*commands[1].arguments.List("owners"), (Texts{"%any", "203.0.113.2"}));
  const Message connection = Connection(options, "sallyport-psk-branches");
  EXPECT_EQ(*connection.List("remote_addrs"), Texts{"198.51.100.0/24"});
  EXPECT_EQ(connection.Value("version"), "1");
  EXPECT_EQ(*Connection(options, "sallyport-psk-second").List("local_addrs"), Texts{"203.0.113.2"});
}

TEST(StrongswanConfig, KeysOfSomePeers_NeedAConnectionForAll) {
  StrongswanOptions options;
  options.ipsec.keys.push_back({.identities = {"laptop@example.org"},
                                .addresses = {*IpPrefix::Parse("192.0.2.7/32")},
                                .psk = Secret(std::string_view("swordfish")),
                                .psk_file = {}});
  EXPECT_EQ(Names(options), (Texts{"load-shared sallyport-key-1", "load-conn sallyport"}));
  EXPECT_EQ(*LoadCommands(options)[0].arguments.List("owners"),
            (Texts{"laptop@example.org", "192.0.2.7/32"}));
}

TEST(StrongswanConfig, Certificates_AreAConnectionForEachCa) {
  StrongswanOptions options = Options();
  options.ipsec.certificate = "our certificate";
  options.ipsec.private_key = Secret(std::string_view("our key"));
  options.ipsec.ca = {kCertificate, kCertificate};
  options.ipsec.ca_files = {"/a", "/b"};
  options.ipsec.revocation = RevocationPolicy::kStrict;
  EXPECT_EQ(Names(options),
            (Texts{"load-shared sallyport", "load-authority sallyport-ca-1",
                   "load-authority sallyport-ca-2", "load-key ", "load-conn sallyport",
                   "load-conn sallyport-certificate-1", "load-conn sallyport-certificate-2"}));
  const Message connection = Connection(options, "sallyport-certificate-2");
  EXPECT_EQ(connection.Section("local")->Value("auth"), "pubkey");
  EXPECT_EQ(*connection.Section("local")->List("certs"), Texts{"our certificate"});
  EXPECT_EQ(connection.Section("remote")->Value("auth"), "pubkey");
  EXPECT_EQ(connection.Section("remote")->Value("ca_id"), kSubject);
  EXPECT_EQ(connection.Section("remote")->Value("revocation"), "strict");

  options.ipsec.psk = Secret();
  options.ipsec.ca.clear();
  EXPECT_EQ(Names(options), (Texts{"load-key "})) << "the configuration does not let this pass";
}

TEST(StrongswanConfig, ClientsWithoutCertificates_ProveTheKeyAndWeOurCertificate) {
  StrongswanOptions options = Options();
  options.ipsec.certificate = "our certificate";
  options.ipsec.client_certificates = false;
  const Message connection = Connection(options, "sallyport-mixed");
  EXPECT_EQ(connection.Value("version"), "2");
  EXPECT_EQ(connection.Section("local")->Value("auth"), "pubkey");
  EXPECT_EQ(connection.Section("local")->Value("id"), "%any");
  EXPECT_EQ(connection.Section("remote")->Value("auth"), "psk");
  // No IKEv2 client gets around the certificate.
  EXPECT_EQ(Connection(options).Value("version"), "1");
  options.ipsec.ike = IkeVersions::kV2;
  EXPECT_EQ(Names(options),
            (Texts{"load-shared sallyport", "load-key ", "load-conn sallyport-mixed"}));
}

TEST(StrongswanConfig, OurNames_AreToldFromOthers) {
  for (const char* name : {"sallyport", "sallyport-psk-a", "sallyport-dial-hq"}) {
    EXPECT_TRUE(IsOurName(name)) << name;
  }
  for (const char* name : {"", "sally", "sallyports", "office", "l2tp"}) {
    EXPECT_FALSE(IsOurName(name)) << name;
  }
}

TEST(StrongswanConfig, DialIsAConnectionOfItsOwnThatRekeys) {
  const IkeServer server{.dial = "hq",
                         .address = *IpAddress::Parse("198.51.100.1"),
                         .psk = Secret(std::string_view("swordfish"))};
  const Message arguments = DialConnectionArguments(Options(), server);
  const Message* connection = arguments.Section("sallyport-dial-hq");
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(*connection->List("remote_addrs"), Texts{"198.51.100.1"});
  EXPECT_EQ(connection->Value("keyingtries"), "1");
  const Message* child = arguments.SectionAt({"sallyport-dial-hq", "children", "l2tp"});
  ASSERT_NE(child, nullptr);
  EXPECT_EQ(child->Value("policies"), "no");
  EXPECT_EQ(child->Value("mark_in"), "%unique");
  EXPECT_EQ(*child->List("local_ts"), Texts{"dynamic[17/1701]"});
  EXPECT_EQ(*child->List("remote_ts"), Texts{"dynamic[17/1701]"});
  EXPECT_EQ(child->Value("rekey_time"), "50m");
  const Message key = DialKeyArguments(server);
  EXPECT_EQ(key.Value("data"), "swordfish");
  EXPECT_EQ(*key.List("owners"), Texts{"198.51.100.1"});
}

TEST(StrongswanConfig, NameOfADialsConnectionLeadsBackToIt) {
  EXPECT_EQ(DialOfConnection(DialConnectionName("hq-2")), "hq-2");
  EXPECT_EQ(DialOfConnection("sallyport"), std::nullopt);
  EXPECT_EQ(DialOfConnection("office"), std::nullopt);
}

TEST(StrongswanConfig, DefaultProposals_HaveNothingBroken) {
  for (const auto& proposals : {Options().ike_proposals, Options().esp_proposals}) {
    for (const std::string& proposal : proposals) {
      for (const char* weak : {"3des", "md5", "modp1024", "modp1536", "null"}) {
        EXPECT_EQ(proposal.find(weak), std::string::npos) << proposal;
      }
    }
  }
}

TEST(StrongswanConfig, SharedKey_IsForEveryPeer) {
  EXPECT_EQ(LoadCommands(Options())[0].arguments,
            Message().Set("id", "sallyport").Set("type", "ike").Set("data", "correct horse"));
}

Message Algorithms(const char* groups) {
  return Message()
      .SetSection("encryption", Message().Set("AES_CBC", "openssl"))
      .SetSection("integrity",
                  Message().Set("HMAC_SHA1_96", "hmac").Set("HMAC_SHA2_256_128", "hmac"))
      .SetSection("prf", Message().Set("PRF_HMAC_SHA1", "hmac").Set("PRF_HMAC_SHA2_256", "hmac"))
      .SetSection(groups, Message().Set("MODP_2048", "openssl").Set("ECP_384", "openssl"));
}

TEST(StrongswanConfig, AlgorithmsThatClientsNeed_AreLookedFor) {
  EXPECT_EQ(MissingAlgorithms(Algorithms("dh")), "");
  EXPECT_EQ(MissingAlgorithms(Algorithms("ke")), "");  // strongSwan 6.0
  Message lacking = Algorithms("dh");
  lacking.SetSection("dh", Message().Set("MODP_2048", "gmp"));
  lacking.SetSection("encryption", {});
  EXPECT_EQ(MissingAlgorithms(lacking), "AES_CBC, ECP_384");
}

TEST(StrongswanConfig, EachKindOfRefusal_HasAHintOfItsOwn) {
  const Texts errors{"unknown option: mark_in, config discarded",
                     "invalid value for: esp_proposals, config discarded",
                     "invalid value for: version, config discarded",
                     "invalid value for: local_addrs, config discarded", "something else"};
  std::set<std::string> hints;
  for (const auto& error : errors) hints.insert(HintForRefusal(error));
  for (const int error : {ENOENT, EACCES, ECONNREFUSED, EAGAIN}) {
    hints.insert(HintForConnectError(error));
  }
  EXPECT_EQ(hints.size(), errors.size() + 4);
}

}  // namespace
}  // namespace sallyport::daemon
