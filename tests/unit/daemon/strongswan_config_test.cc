// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_config.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <set>

namespace sallyport::daemon {
namespace {

using vici::Message;
using Texts = std::vector<std::string>;

StrongswanOptions Options() {
  StrongswanOptions options;
  options.psk = Secret(std::string_view("correct horse"));
  return options;
}

TEST(StrongswanConfig, Connection_IsTheOneThatWasProven) {
  const Message arguments = ConnectionArguments(Options());
  const Message* connection = arguments.Section("sallyport");
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(connection->Value("version"), "1");
  EXPECT_EQ(connection->Value("unique"), "never");
  EXPECT_EQ(connection->Value("encap"), "no");
  EXPECT_EQ(connection->Value("aggressive"), "no");
  EXPECT_EQ(connection->Value("rekey_time"), "0s");
  EXPECT_EQ(connection->Value("reauth_time"), "0s");
  EXPECT_EQ(connection->Section("local")->Value("auth"), "psk");
  EXPECT_EQ(connection->Section("remote")->Value("auth"), "psk");
}

TEST(StrongswanConfig, Child_LeavesPoliciesToUsAndSaysOneThingAboutMarks) {
  const Message arguments = ConnectionArguments(Options());
  const Message* child = arguments.SectionAt({"sallyport", "children", "l2tp"});
  ASSERT_NE(child, nullptr);
  EXPECT_EQ(child->Value("mode"), "transport");
  EXPECT_EQ(child->Value("policies"), "no");
  EXPECT_EQ(child->Value("mark_in"), "%unique");
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
  EXPECT_EQ(ConnectionArguments(Options()).Section("sallyport")->List("local_addrs"), nullptr);
  StrongswanOptions options = Options();
  options.local_addresses = {*IpAddress::Parse("203.0.113.1"), *IpAddress::Parse("2001:db8::1")};
  options.l2tp_port = 11701;
  const Message arguments = ConnectionArguments(options);
  EXPECT_EQ(*arguments.Section("sallyport")->List("local_addrs"),
            (Texts{"203.0.113.1", "2001:db8::1"}));
  EXPECT_EQ(*arguments.SectionAt({"sallyport", "children", "l2tp"})->List("local_ts"),
            Texts{"dynamic[17/11701]"});
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
  EXPECT_EQ(SharedKeyArguments(Options()),
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
