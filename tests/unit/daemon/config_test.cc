// SPDX-License-Identifier: GPL-2.0-or-later
// What the text of a configuration says, key by key.
#include "tests/unit/daemon/config_fixture.h"

namespace sallyport::daemon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Config, MinimalFileGivesTheDefaults) {
  const auto loaded = Load(kMinimal);
  ASSERT_TRUE(loaded.has_value());
  const Config& config = loaded->config;
  EXPECT_TRUE(config.ipsec.required);
  EXPECT_EQ(config.ipsec.psk, Secret(std::string_view("swordfish")));
  EXPECT_EQ(config.ipsec.vici, "");
  EXPECT_THAT(config.l2tp.listen, IsEmpty());
  EXPECT_EQ(config.l2tp.port, 1701);
  EXPECT_EQ(config.l2tp.host_name, "gw");
  EXPECT_EQ(config.l2tp.hello_interval, std::chrono::seconds(60));
  EXPECT_EQ(config.l2tp.retransmit_initial, std::chrono::milliseconds(1000));
  EXPECT_EQ(config.l2tp.retransmit_cap, std::chrono::milliseconds(8000));
  EXPECT_EQ(config.l2tp.retransmit_max, 5U);
  EXPECT_THAT(config.ppp.auth, ElementsAre(ppp::AuthMethod::kMsChapV2));
  EXPECT_EQ(config.ppp.mtu, 1400);
  EXPECT_THAT(config.ppp.dns, IsEmpty());
  EXPECT_THAT(config.ppp.wins, IsEmpty());
  EXPECT_EQ(config.ppp.echo_interval, std::chrono::seconds(30));
  EXPECT_EQ(config.ppp.echo_failure, 4U);
  ASSERT_EQ(config.pools.size(), 1U);
  EXPECT_EQ(config.pools[0].name, "default");
  EXPECT_EQ(config.status.socket, "/run/sallyport/sallyport.sock");
  EXPECT_EQ(config.workers.threads, 32U);
  EXPECT_NE(loaded->users.Find("bob", "gw"), nullptr);
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(Config, EveryKeyIsRead) {
  const auto loaded = Load(R"(
[ipsec]
required = false
psk = "0x00ff10"
vici = "/run/charon.vici"
[l2tp]
listen = ["203.0.113.10", "2001:db8::10"]
port = 11701
host_name = "lns.example"
hello_interval = 0
retransmit_initial_ms = 250
retransmit_cap_ms = 16000
retransmit_max = 8
[ppp]
auth = ["chap", "mschapv2"]
mtu = 1280
dns = ["10.0.0.53", "2001:db8::53", "10.0.0.54"]
dns_search = ["example.com", "lan"]
ipv4 = "allow"
ipv6 = "require"
wins = ["10.0.0.55"]
users_file = "/users"
echo_interval = 7
echo_failure = 3
[[pool]]
name = "staff"
ranges = ["10.64.0.0/16", "10.65.0.10-10.65.0.99"]
gateway = "10.64.0.1"
ipv6 = ["2001:db8:1::/48", "2001:db8:2::/56"]
ipv6_length = 62
delegated = ["2001:db8:100::/40"]
delegated_length = 60
[[pool]]
name = "guests"
ranges = ["10.66.0.0/24"]
gateway = "10.66.0.1"
[status]
socket = "/tmp/s"
[workers]
threads = 1
)");
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  const Config& config = loaded->config;
  EXPECT_FALSE(config.ipsec.required);
  EXPECT_EQ(config.ipsec.psk, Secret(std::string_view("\0\xFF\x10", 3)));
  EXPECT_EQ(config.ipsec.vici, "/run/charon.vici");
  EXPECT_THAT(config.l2tp.listen,
              ElementsAre(*IpAddress::Parse("203.0.113.10"), *IpAddress::Parse("2001:db8::10")));
  EXPECT_EQ(config.l2tp.port, 11701);
  EXPECT_EQ(config.l2tp.host_name, "lns.example");
  EXPECT_EQ(config.l2tp.hello_interval, std::chrono::seconds(0));
  EXPECT_EQ(config.l2tp.retransmit_initial, std::chrono::milliseconds(250));
  EXPECT_EQ(config.l2tp.retransmit_cap, std::chrono::milliseconds(16000));
  EXPECT_EQ(config.l2tp.retransmit_max, 8U);
  EXPECT_THAT(config.ppp.auth, ElementsAre(ppp::AuthMethod::kChapMd5, ppp::AuthMethod::kMsChapV2));
  EXPECT_EQ(config.ppp.mtu, 1280);
  EXPECT_THAT(config.ppp.dns,
              ElementsAre(IpAddress::V4(0x0A000035), *IpAddress::Parse("2001:db8::53"),
                          IpAddress::V4(0x0A000036)));
  EXPECT_THAT(config.ppp.dns_search, ElementsAre("example.com", "lan"));
  EXPECT_EQ(config.ppp.ipv4, ppp::NetworkUse::kAllow);
  EXPECT_EQ(config.ppp.ipv6, ppp::NetworkUse::kRequire);
  EXPECT_THAT(config.ppp.wins, ElementsAre(IpAddress::V4(0x0A000037)));
  EXPECT_EQ(config.ppp.echo_interval, std::chrono::seconds(7));
  EXPECT_EQ(config.ppp.echo_failure, 3U);
  ASSERT_EQ(config.pools.size(), 2U);
  EXPECT_EQ(config.pools[0].name, "staff");
  ASSERT_EQ(config.pools[0].ranges.size(), 2U);
  EXPECT_EQ(config.pools[0].ranges[1].ToString(), "10.65.0.10-10.65.0.99");
  EXPECT_EQ(config.pools[0].ipv6,
            (aaa::PrefixPoolSettings{
                {*IpPrefix::Parse("2001:db8:1::/48"), *IpPrefix::Parse("2001:db8:2::/56")}, 62}));
  EXPECT_EQ(config.pools[0].delegated,
            (aaa::PrefixPoolSettings{{*IpPrefix::Parse("2001:db8:100::/40")}, 60}));
  EXPECT_EQ(config.pools[1].gateway, IpAddress::V4(0x0A420001));
  EXPECT_EQ(config.pools[1].ipv6.length, 64U);
  EXPECT_EQ(config.status.socket, "/tmp/s");
  EXPECT_EQ(config.workers.threads, 1U);
}

TEST(Config, NothingIsReadButTheFilesItNames) {
  Files files = GoodFiles();
  files.Add("/c", kMinimal);
  ASSERT_TRUE(LoadConfig("/c", "gw", files.reader()).has_value());
  EXPECT_THAT(files.asked(), ElementsAre("/c", "/psk", "/users"));
}

TEST(Config, MissingFileIsOneError) {
  const auto loaded = LoadConfig("/nowhere", "gw", Files().reader());
  ASSERT_FALSE(loaded.has_value());
  EXPECT_THAT(Lines(loaded.error()),
              ElementsAre("/nowhere:1:1: file: found No such file or directory, expected a "
                          "readable configuration file ('sallyport init' makes one)"));
}

TEST(Config, EmptyFileLacksAllThatIsRequired) {
  EXPECT_THAT(ErrorsOf(""),
              ElementsAre("/c:1:1: ppp.users_file: found no such key, expected an absolute path of "
                          "at most 4095 octets, or credential:NAME",
                          "/c:1:1: pool: found no such section, expected at least one [[pool]] "
                          "with ranges and gateway",
                          "/c:1:1: ipsec.psk_file: found no such key, and no ipsec.psk, expected "
                          "the file that holds the pre-shared key (or ipsec.required = false)"));
}

TEST(Config, SystemWithoutAHostNameNeedsTheKey) {
  Files files = GoodFiles();
  files.Add("/c", kMinimal);
  const auto loaded = LoadConfig("/c", "", files.reader());
  ASSERT_FALSE(loaded.has_value());
  EXPECT_THAT(Lines(loaded.error()),
              ElementsAre("/c:1:1: l2tp.host_name: found no such key, and a system without a host "
                          "name, expected a name of 1 to 128 letters, digits and signs"));
  files.Add("/c", std::string(kMinimal) + "[l2tp]\nhost_name = \"gw\"\n");
  EXPECT_TRUE(LoadConfig("/c", "", files.reader()).has_value());
}

TEST(Config, SyntaxErrorHidesAllOthers) {
  EXPECT_THAT(
      ErrorsOf("[ppp]\n=3\n"),
      ElementsAre("/c:2:1: syntax: found '=', expected keys, tables, whitespace or comments"));
  EXPECT_THAT(ErrorsOf("[ppp\n"), ElementsAre(HasSubstr("/c:1:5: syntax: found ")));
  // toml++ has an assertion against it, which ended a daemon that was built without NDEBUG.
  EXPECT_THAT(ErrorsOf("[;ppp]\n"), ElementsAre(HasSubstr("/c:1:2: syntax: found ")));
  EXPECT_THAT(ErrorsOf("[ppp]\nmtu = 1400\nmtu = 1400\n"),
              ElementsAre("/c:3:7: syntax: found invalid TOML (cannot redefine existing integer "
                          "'mtu'), expected TOML (https://toml.io)"));
  EXPECT_THAT(ErrorsOf("[ppp]\nmtu = 99999999999999999999\n"),
              ElementsAre(HasSubstr("/c:2:27: syntax: found a number that is too large")));
}

TEST(Config, CharactersOutsideAsciiStandInCommentsOnly) {
  const std::pair<std::string, std::string> refused[] = {
      {"users_fil\u0439 = 1", "2:10"},
      {"x = \"\u00E9\"", "2:6"},
      {"x = '\u00E9'", "2:6"},
      {"x = \"#\"\u00E9", "2:8"},  // the # is no comment
      {"x = '#'\u00E9", "2:8"},
      {"x = \"\\\"#\u00E9\"", "2:9"},  // nor is it after an escaped quote
      {"x = '\\'\u00E9", "2:8"},       // a backslash in '...' escapes nothing
      {"x = \"\"\u00E9", "2:7"},
      {"x = \"\"\"\\\n\u00A7\"\"\"", "3:1"},
      {"x = '''\n#'\n# '''\u00E9", "4:6"},
      {"x = \"\"\"\n\\\"\"\" # \u00E9\"\"\"", "3:8"},
      {"x = \"never closed\ny = \u00E9", "3:5"},
      {"\xFF\xFE", "2:1"},
  };
  for (const auto& [text, place] : refused) {
    EXPECT_THAT(ErrorsOf("# \u00E9\n" + text + "\n" + std::string(kMinimal)),
                ElementsAre(HasSubstr("/c:" + place + ": syntax: found a character outside ASCII")))
        << text;
  }
  for (const std::string text :
       {"\uFEFF# \u00DCbersicht", "#\u00E9", "[l2tp] # f\u00FCr \"alle", "# it's f\u00FCr",
        "[l2tp]\nhost_name = \"a#b\" # \u00E9", "[l2tp]\nhost_name = '''a''' # \u00E9",
        "[l2tp]\nhost_name = \"\\\\\" # \u00E9", "[status]\nsocket = \"/r\\u00E9seau\""}) {
    EXPECT_THAT(ErrorsOf(text + "\n" + std::string(kMinimal)), IsEmpty()) << text;
  }
  EXPECT_THAT(ErrorsOf("# \xFF\n"), ElementsAre(HasSubstr("/c:1:2: syntax: found invalid TOML")));
}

TEST(Config, ErrorsOfAllKindsComeTogetherByPosition) {
  const auto errors = ErrorsOf(R"([ppp]
users_file = "/users"
mut = 1400
mtu = 9000
dns = ["10.0.0.53", 7]
[[pool]]
ranges = ["10.64.0.1/16"]
gateway = "10.64.0.1"
[ipsek]
[ipsec]
required = "yes"
psk_file = "psk"
)",
                               Files().Add("/users", "bob *\n"));
  EXPECT_THAT(
      errors,
      ElementsAre(
          "/c:3:1: ppp.mut: found an unknown key, expected ppp.mtu (did you mean that?)",
          "/c:4:7: ppp.mtu: found 9000, expected a number of octets from 576 to 1500",
          "/c:5:21: ppp.dns: found a number, expected a list of at most 8 different IP addresses "
          "of hosts",
          "/c:7:11: pool.ranges: found \"10.64.0.1/16\" (a prefix with bits set past its length), "
          "expected a list of ranges like \"10.64.0.0/16\" or \"10.64.0.10-10.64.0.99\"",
          "/c:9:2: ipsek: found an unknown section, expected ipsec (did you mean that?)",
          "/c:11:12: ipsec.required: found text in quotes, expected true or false",
          "/c:12:12: ipsec.psk_file: found \"psk\", expected an absolute path of at most 4095 "
          "octets, or credential:NAME",
          "/users:1:6: secret: found the end of the line, expected a password, or nt: and a hash"));
}

TEST(Config, UnknownKeysAreAnsweredWithTheNearest) {
  EXPECT_THAT(ErrorsWith("l2tp", "helo_interval = 3"),
              ElementsAre("/c:2:1: l2tp.helo_interval: found an unknown key, expected "
                          "l2tp.hello_interval (did you mean that?)"));
  EXPECT_THAT(ErrorsWith("l2tp", "mtu = 3"),  // of another section
              ElementsAre(HasSubstr("expected ppp.mtu (did you mean that?)")));
  EXPECT_THAT(ErrorsWith("workers", "colour = 3"),
              ElementsAre(HasSubstr("found an unknown key, expected one of threads")));
  EXPECT_THAT(ErrorsOf("mtu = 1400\n" + std::string(kMinimal)),
              ElementsAre("/c:1:1: mtu: found an unknown section, expected ppp.mtu (did you mean "
                          "that?)"));
  EXPECT_THAT(ErrorsOf("\"\" = 1\n" + std::string(kMinimal)),
              ElementsAre(HasSubstr("/c:1:1: \"\": found an unknown section")));
  EXPECT_THAT(ErrorsOf("\"\\u001b[2J\" = 1\n" + std::string(kMinimal)),
              ElementsAre(AllOf(
                  HasSubstr("\\x1b[2J"),
                  HasSubstr("one of ipsec, ipsec.key, ipsec.connection, l2tp, l2tp.peer, ppp, "
                            "pool, dial, status, workers"))));
}

TEST(Config, ValuesOutsideTheirRangeAreRefused) {
  const std::pair<std::string, std::string> cases[] = {
      {"ipsec", "required = 1"},
      {"ipsec", "vici = \"run/charon.vici\""},
      {"ipsec", "vici = \"/" + std::string(107, 'v') + "\""},
      {"l2tp", "listen = \"203.0.113.10\""},
      {"l2tp", "listen = [\"gw.example\"]"},
      {"l2tp", "listen = [\"203.0.113.10\", \"203.0.113.10\"]"},
      {"l2tp", "port = 0"},
      {"l2tp", "port = 65536"},
      {"l2tp", "port = 1701.0"},
      {"l2tp", "host_name = \"\""},
      {"l2tp", "host_name = \"two words\""},
      {"l2tp", "host_name = \"" + std::string(129, 'h') + "\""},
      {"l2tp", "hello_interval = -1"},
      {"l2tp", "hello_interval = 3601"},
      {"l2tp", "hello_interval = 07:32:00"},
      {"l2tp", "retransmit_initial_ms = 99"},
      {"l2tp", "retransmit_initial_ms = 8001"},
      {"l2tp", "retransmit_cap_ms = 7999"},
      {"l2tp", "retransmit_cap_ms = 60001"},
      {"l2tp", "retransmit_max = 0"},
      {"l2tp", "retransmit_max = 21"},
      {"ppp", "auth = []"},
      {"ppp", "auth = \"pap\""},
      {"ppp", "auth = [\"eap-tls\"]"},
      {"ppp", "eap_methods = []"},
      {"ppp", "eap_methods = [\"tls\"]"},
      {"ppp", "eap_methods = [\"md5\", \"md5\"]"},
      {"ppp", "auth = [\"pap\", \"pap\"]"},
      {"ppp", "mtu = 575"},
      {"ppp", "mtu = 1501"},
      {"ppp", "mtu = 9223372036854775807"},
      {"ppp", "dns = [\"10.0.0.1\", \"10.0.0.2\", \"10.0.0.3\"]"},
      {"ppp", "dns = [\"fe80::53\"]"},
      {"ppp", "dns = [\"::1\"]"},
      {"ppp", "dns_search = [\"-\"]"},
      {"ppp", "dns_search = [\"a.b\", \"a.b\"]"},
      {"ppp", "ipv6 = \"on\""},
      {"ppp", "ipv6 = \"require\""},
      {"ppp", "dns = [\"127.0.0.53\"]"},
      {"ppp", "wins = [\"224.0.0.1\"]"},
      {"ppp", "echo_interval = 3601"},
      {"ppp", "echo_failure = 0"},
      {"ppp", "echo_failure = 101"},
      {"status", "socket = \"\""},
      {"status", "socket = \"/a\\u0000b\""},
      {"workers", "threads = 0"},
      {"workers", "threads = 513"},
      {"workers", "threads = {}"},
  };
  for (const auto& [section, line] : cases) {
    const std::string key = section + "." + line.substr(0, line.find(' '));
    EXPECT_THAT(ErrorsWith(section, line), ElementsAre(HasSubstr(": " + key + ": found "))) << line;
  }
}

TEST(Config, BoundsOfRangesAreAllowed) {
  for (const std::string line :
       {"mtu = 576", "mtu = 1500", "echo_interval = 0", "echo_interval = 3600", "echo_failure = 1",
        "echo_failure = 100", "dns = []", "auth = [\"pap\", \"chap\", \"mschapv2\"]"}) {
    EXPECT_THAT(ErrorsWith("ppp", line), IsEmpty()) << line;
  }
}

TEST(Config, SectionsHaveTheRightShape) {
  EXPECT_THAT(ErrorsOf("workers = 3\n" + std::string(kMinimal)),
              ElementsAre("/c:1:11: workers: found a number, expected a section [workers]"));
  EXPECT_THAT(ErrorsOf("pool = 3\n[ipsec]\npsk = \"k\"\n[ppp]\nusers_file = \"/users\"\n"),
              ElementsAre("/c:1:8: pool: found a number, expected [[pool]] sections"));
  EXPECT_THAT(ErrorsOf("pool = [3]\n[ipsec]\npsk = \"k\"\n[ppp]\nusers_file = \"/users\"\n"),
              ElementsAre("/c:1:9: pool: found a number, expected [[pool]] sections"));
  EXPECT_THAT(ErrorsOf("pool = []\n[ipsec]\npsk = \"k\"\n[ppp]\nusers_file = \"/users\"\n"),
              ElementsAre(HasSubstr("found no such section")));
}

}  // namespace
}  // namespace sallyport::daemon
