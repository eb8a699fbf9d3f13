// SPDX-License-Identifier: GPL-2.0-or-later
// Tunnel secrets, peers and dials in the configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.h"

namespace sallyport::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Files by name; one whose content begins with "!" can be read by everybody.
using Files = std::map<std::string, std::string>;

constexpr std::string_view kClear = R"([ipsec]
required = false
[ppp]
users_file = "/users"
[[pool]]
ranges = ["10.64.0.0/16"]
gateway = "10.64.0.1"
)";

Expected<LoadedConfig, std::vector<ConfigError>> Load(const std::string& text, Files files = {}) {
  files["/c"] = std::string(kClear) + text;
  files.try_emplace("/users", "bob * secret\n");
  return LoadConfig("/c", "gw", [&](const std::string& path) -> Expected<FileText, std::string> {
    const auto file = files.find(path);
    if (file == files.end()) return Unexpected{std::string("No such file or directory")};
    const bool open = file->second.starts_with('!');
    return FileText{.text = Secret(std::string_view(file->second).substr(open ? 1 : 0)),
                    .readable_by_others = open};
  });
}

std::vector<std::string> ErrorsOf(const std::string& text, const Files& files = {}) {
  std::vector<std::string> texts;
  const auto loaded = Load(text, files);
  if (loaded) return texts;
  for (const auto& error : loaded.error()) texts.push_back(error.ToString());
  return texts;
}

const std::string kDial = R"([[dial]]
name = "hq"
server = "192.0.2.1"
user = "branch"
password_file = "/password"
)";
const Files kDialFiles = {{"/password", "0x not hexadecimal\nsecond line"}};

TEST(TunnelSecrets, DefaultComesFromTheFileAsItIs) {
  const auto loaded = Load("[l2tp]\nsecret_file = \"/s\"\nchallenge = true\nhide_avps = true\n",
                           {{"/s", "0sekret\r\nmore"}});
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  EXPECT_EQ(loaded->config.l2tp.secret, Secret(std::string_view("0sekret")));
  EXPECT_TRUE(loaded->config.l2tp.challenge);
  EXPECT_TRUE(loaded->config.l2tp.hide_avps);
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(TunnelSecrets, FileThatOthersCanReadIsWarnedOf) {
  const auto loaded = Load("[l2tp]\nsecret_file = \"/s\"\n", {{"/s", "!secret"}});
  ASSERT_TRUE(loaded.has_value());
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_EQ(loaded->warnings[0].file, "/s");
  EXPECT_EQ(loaded->warnings[0].key, "l2tp.secret_file");
}

TEST(TunnelSecrets, ChallengeAndHidingNeedOne) {
  EXPECT_THAT(ErrorsOf("[l2tp]\nchallenge = true\nhide_avps = true\n"),
              ElementsAre(HasSubstr("/c:9:13: l2tp.challenge: found true without a secret"),
                          HasSubstr("/c:10:13: l2tp.hide_avps: found true without a secret")));
}

TEST(TunnelSecrets, MissingAndEmptyFilesAreErrors) {
  EXPECT_THAT(ErrorsOf("[l2tp]\nsecret_file = \"/none\"\n"),
              ElementsAre(HasSubstr("/c:9:15: l2tp.secret_file: found \"/none\": No such file")));
  EXPECT_THAT(ErrorsOf("[l2tp]\nsecret_file = \"/s\"\n", {{"/s", "\nsecret"}}),
              ElementsAre(HasSubstr("/s:1:1: l2tp.secret_file: found an empty secret")));
}

TEST(L2tpPeers, AreReadInOrder) {
  const auto loaded = Load(R"([l2tp]
sequencing = "require"
[[l2tp.peer]]
host_name = "branch-7"
addresses = ["198.51.100.0/24", "2001:db8::7"]
secret_file = "/s"
[[l2tp.peer]]
addresses = ["203.0.113.0/24"]
)",
                           {{"/s", "swordfish\n"}});
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  EXPECT_EQ(loaded->config.l2tp.sequencing, l2tp::Sequencing::kRequire);
  const auto& peers = loaded->config.l2tp.peers;
  ASSERT_EQ(peers.size(), 2U);
  EXPECT_EQ(peers[0].host_name, "branch-7");
  EXPECT_THAT(peers[0].addresses, ElementsAre(*IpPrefix::Parse("198.51.100.0/24"),
                                              *IpPrefix::Parse("2001:db8::7/128")));
  EXPECT_EQ(peers[0].secret, Secret(std::string_view("swordfish")));
  EXPECT_TRUE(peers[0].challenge) << "a peer with a secret has to prove it";
  EXPECT_TRUE(peers[1].secret.empty());
  EXPECT_FALSE(peers[1].challenge);
}

TEST(L2tpPeers, MistakesAreToldWithTheirPlace) {
  EXPECT_THAT(ErrorsOf(R"([[l2tp.peer]]
secret = "a"
[[l2tp.peer]]
host_name = "b"
secret = "b"
secret_file = "/s"
[[l2tp.peer]]
addresses = ["300.0.0.0/8", 5]
hide_avps = true
tipo = 1
)",
                       {{"/s", "b"}}),
              ElementsAre(HasSubstr("/c:12:10: l2tp.peer.secret: found a secret besides"),
                          HasSubstr("/c:15:14: l2tp.peer.addresses: found \"300.0.0.0/8\""),
                          HasSubstr("/c:15:29: l2tp.peer.addresses: found a number"),
                          HasSubstr("/c:16:13: l2tp.peer.hide_avps: found true without"),
                          HasSubstr("/c:17:1: l2tp.peer.tipo: found an unknown key")));
  EXPECT_THAT(ErrorsOf("[[l2tp.peer]]\nsecret = \"a\"\n"),
              ElementsAre(HasSubstr("/c:8:1: l2tp.peer: found neither host_name nor addresses")));
  EXPECT_THAT(ErrorsOf("[l2tp]\npeer = 3\n"),
              ElementsAre(HasSubstr("/c:9:8: l2tp.peer: found a number, expected [[l2tp.peer]]")));
}

TEST(Dials, OneWithItsDefaults) {
  const auto loaded = Load(kDial, kDialFiles);
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  ASSERT_EQ(loaded->config.dials.size(), 1U);
  const DialConfig& dial = loaded->config.dials[0];
  EXPECT_EQ(dial.name, "hq");
  EXPECT_EQ(dial.server, "192.0.2.1");
  EXPECT_EQ(dial.password, Secret(std::string_view("0x not hexadecimal")));
  EXPECT_FALSE(dial.ipsec) << "as ipsec.required";
  EXPECT_FALSE(dial.challenge);
  EXPECT_EQ(InterfaceName(dial, 0), "hq");
}

TEST(Dials, EachKeyIsRead) {
  const auto loaded = Load(kDial + R"(secret_file = "/s"
challenge = false
hide_avps = true
auth = ["pap", "chap"]
ipsec = false
routes = ["10.0.0.0/16", "10.9.0.0/16"]
sessions = 3
redial = 2
redial_max = 60
mtu = 1280
called_number = "5551212"
direction = "outgoing"
)",
                           {{"/password", "p"}, {"/s", "s"}});
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  const DialConfig& dial = loaded->config.dials[0];
  EXPECT_EQ(dial.secret, Secret(std::string_view("s")));
  EXPECT_FALSE(dial.challenge);
  EXPECT_TRUE(dial.hide_avps);
  EXPECT_THAT(dial.auth, ElementsAre(ppp::AuthMethod::kPap, ppp::AuthMethod::kChapMd5));
  EXPECT_THAT(dial.routes,
              ElementsAre(*IpPrefix::Parse("10.0.0.0/16"), *IpPrefix::Parse("10.9.0.0/16")));
  EXPECT_EQ(dial.redial, std::chrono::seconds(2));
  EXPECT_EQ(dial.redial_max, std::chrono::seconds(60));
  EXPECT_EQ(dial.mtu, 1280);
  EXPECT_EQ(dial.called_number, "5551212");
  EXPECT_EQ(dial.direction, l2tp::CallDirection::kOutgoing);
  EXPECT_EQ(InterfaceName(dial, 2), "hq2");
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_EQ(loaded->warnings[0].key, "dial.auth") << "PAP in clear";
}

TEST(Dials, MistakesAreToldWithTheirPlace) {
  EXPECT_THAT(ErrorsOf(kDial + R"(ipsec = true
routes = ["192.0.0.0/8"]
redial = 60
redial_max = 30
sessions = 65
)",
                       kDialFiles),
              ElementsAre(HasSubstr("/c:13:9: dial.ipsec: found true, expected the value of"),
                          HasSubstr("/c:14:10: dial.routes: found \"192.0.0.0/8\""),
                          HasSubstr("/c:16:14: dial.redial_max: found 30, expected at least"),
                          HasSubstr("/c:17:12: dial.sessions: found 65")));
  EXPECT_THAT(ErrorsOf("[[dial]]\nname = \"a/b\"\nserver = \"1.2.3\"\n"),
              ElementsAre(HasSubstr("dial.user: found no such key"),
                          HasSubstr("dial.password_file: found no such key"),
                          HasSubstr("dial.name: found \"a/b\""),
                          HasSubstr("dial.server: found \"1.2.3\"")));
}

TEST(Dials, ServerIsAnAddressOrAHostName) {
  for (const char* good : {"vpn.example.org", "gw", "2001:db8::1", "a-1.b2"}) {
    const std::string text = kDial + "[[dial]]\nname = \"x\"\nuser = \"u\"\n" +
                             "password_file = \"/password\"\nserver = \"" + good + "\"\n";
    EXPECT_THAT(ErrorsOf(text, kDialFiles), IsEmpty()) << good;
  }
  for (const char* bad : {"", "-a", "a..b", "a_b", "10.0.0", "a.b-", "a b", "a."}) {
    const std::string text = kDial + "[[dial]]\nname = \"x\"\nuser = \"u\"\n" +
                             "password_file = \"/password\"\nserver = \"" + bad + "\"\n";
    EXPECT_THAT(ErrorsOf(text, kDialFiles), ElementsAre(HasSubstr("dial.server: found"))) << bad;
  }
}

TEST(Dials, InterfacesHaveDifferentNames) {
  const std::string several = R"([[dial]]
name = "hq"
server = "192.0.2.2"
user = "u"
password_file = "/password"
)";
  EXPECT_THAT(ErrorsOf(kDial + several, kDialFiles),
              ElementsAre(HasSubstr("/c:14:8: dial.name: found \"hq\"")));
  EXPECT_THAT(ErrorsOf(kDial + several + "sessions = 2\n", kDialFiles), IsEmpty());
}

TEST(Dials, KeyOfTheServerIsRead) {
  const std::string text = R"([ipsec]
psk = "group"
[ppp]
users_file = "/users"
[[pool]]
ranges = ["10.64.0.0/16"]
gateway = "10.64.0.1"
)" + kDial + "psk_file = \"/psk\"\n";
  const Files files = {
      {"/c", text}, {"/users", "b * s *\n"}, {"/password", "p"}, {"/psk", "0x6869\n"}};
  const auto loaded =
      LoadConfig("/c", "gw", [&](const std::string& path) -> Expected<FileText, std::string> {
        return FileText{.text = Secret(std::string_view(files.at(path))),
                        .readable_by_others = false};
      });
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  EXPECT_EQ(loaded->config.dials[0].psk, Secret(std::string_view("hi")));
  EXPECT_TRUE(loaded->config.dials[0].ipsec);
}

}  // namespace
}  // namespace sallyport::daemon
