// SPDX-License-Identifier: GPL-2.0-or-later
// What keys of a configuration mean together, and what is in the files that they name.
#include "tests/unit/daemon/config_fixture.h"

namespace sallyport::daemon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// The errors of two pools with these bodies, the first of which begins in line 5.
std::vector<std::string> PoolErrors(const std::string& first, const std::string& second = {}) {
  std::string text = "[ipsec]\npsk = \"k\"\n[ppp]\nusers_file = \"/users\"\n[[pool]]\n" + first;
  if (!second.empty()) text += "[[pool]]\n" + second;
  return ErrorsOf(text);
}

TEST(Config, PoolsNeedRangesAndGateway) {
  EXPECT_THAT(PoolErrors("name = \"a\"\n"),
              ElementsAre(HasSubstr("/c:5:1: pool.ranges: found no such key"),
                          HasSubstr("/c:5:1: pool.gateway: found no such key")));
  EXPECT_THAT(PoolErrors("ranges = []\ngateway = \"10.0.0.1\"\n"),
              ElementsAre(HasSubstr("/c:6:10: pool.ranges: found an empty list")));
  EXPECT_THAT(PoolErrors("ranges = [\"10.0.0.0/24\"]\ngateway = \"10.0.0\"\n"),
              ElementsAre("/c:7:11: pool.gateway: found \"10.0.0\", expected an IPv4 address of a "
                          "host"));
}

TEST(Config, GatewayMustBeAHostOfItsPoolsNetworks) {
  for (const std::string gateway : {"10.1.0.1", "10.0.0.0", "10.0.0.255"}) {
    EXPECT_THAT(PoolErrors("ranges = [\"10.0.0.0/24\"]\ngateway = \"" + gateway + "\"\n"),
                ElementsAre("/c:7:11: pool.gateway: found \"" + gateway +
                            "\", no host of the networks of the ranges, expected a host address in "
                            "the network of one of them"));
  }
  EXPECT_THAT(PoolErrors("ranges = [\"10.0.0.130-10.0.0.140\"]\ngateway = \"10.0.0.1\"\n"),
              IsEmpty());
}

TEST(Config, OverlapsAreReportedAtTheLaterRange) {
  EXPECT_THAT(
      PoolErrors("ranges = [\"10.0.0.0/24\", \"10.0.0.9-10.0.0.9\"]\ngateway = \"10.0.0.1\"\n"),
      ElementsAre("/c:6:26: pool.ranges: found \"10.0.0.9-10.0.0.9\", which overlaps "
                  "\"10.0.0.0/24\" of pool \"default\", expected ranges without a common address"));
  EXPECT_THAT(PoolErrors("ranges = [\"10.0.0.0/24\"]\ngateway = \"10.0.0.1\"\n",
                         "name = \"b\"\nranges = [\"10.0.0.0/8\"]\ngateway = \"10.9.0.1\"\n"),
              ElementsAre(HasSubstr("/c:10:11: pool.ranges: found \"10.0.0.0/8\", which overlaps "
                                    "\"10.0.0.0/24\" of pool \"default\"")));
}

TEST(Config, PrefixesOfIpv6AreChecked) {
  const std::string good = "ranges = [\"10.0.0.0/24\"]\ngateway = \"10.0.0.1\"\n";
  EXPECT_THAT(PoolErrors(good + "ipv6 = [\"2001:db8::/48\"]\n"), IsEmpty());
  for (const std::string wrong : {"10.0.0.0/24", "fe80::/48", "ff00::/48", "2001:db8::1/48", "x"}) {
    EXPECT_THAT(PoolErrors(good + "ipv6 = [\"" + wrong + "\"]\n"),
                ElementsAre("/c:8:9: pool.ipv6: found \"" + wrong +
                            "\", expected a list of at most 256 different IPv6 prefixes like "
                            "\"2001:db8:1::/48\""));
  }
  EXPECT_THAT(
      PoolErrors(good + "ipv6 = [\"2001:db8::/48\"]\ndelegated = [\"2001:db9::/40\", "
                        "\"2001:db8::/56\"]\n"),
      ElementsAre("/c:9:31: pool.delegated: found \"2001:db8::/56\", which overlaps "
                  "\"2001:db8::/48\" of pool \"default\", expected prefixes without a common "
                  "address"));
  EXPECT_THAT(PoolErrors(good + "ipv6 = [\"2001:db8::/39\"]\n"),
              ElementsAre("/c:8:9: pool.ipv6: found \"2001:db8::/39\", expected a prefix of 40 to "
                          "64 bits (pool.ipv6_length)"));
  EXPECT_THAT(PoolErrors(good + "delegated = [\"2001:db8::/48\"]\n"),
              ElementsAre("/c:8:13: pool.delegated: found prefixes to delegate in a pool without "
                          "ipv6, expected ipv6 = [...] besides"));
  EXPECT_THAT(PoolErrors(good + "ipv6_length = 65\n"),
              ElementsAre(HasSubstr("/c:8:15: pool.ipv6_length: found 65")));
}

TEST(Config, FamiliesFitTogether) {
  EXPECT_THAT(
      ErrorsWith("ppp", "ipv4 = \"refuse\"\nipv6 = \"refuse\""),
      ElementsAre(HasSubstr("ppp.ipv6: found \"refuse\" besides ppp.ipv4, expected at least "
                            "one of the two")));
  EXPECT_THAT(ErrorsWith("ppp",
                         "dns = [\"10.0.0.1\", \"2001:db8::1\", \"10.0.0.2\", "
                         "\"10.0.0.3\"]"),
              ElementsAre(HasSubstr("ppp.dns: found a third IPv4 address, expected at most two")));
  const std::string pool =
      "[[pool]]\nranges = [\"10.0.0.0/24\"]\ngateway = \"10.0.0.1\"\nipv6 = "
      "[\"2001:db8::/48\"]\n";
  const std::string head = "[ipsec]\npsk = \"k\"\n[ppp]\nusers_file = \"/users\"\nmtu = 1279\n";
  EXPECT_THAT(ErrorsOf(head + pool),
              ElementsAre("/c:5:7: ppp.mtu: found 1279 with IPv6, expected at least 1280 (RFC 8200 "
                          "§5)"));
  EXPECT_THAT(ErrorsOf(head + "ipv6 = \"refuse\"\n" + pool), IsEmpty());
}

TEST(Config, PoolNamesAreUnique) {
  EXPECT_THAT(PoolErrors("ranges = [\"10.0.0.0/24\"]\ngateway = \"10.0.0.1\"\n",
                         "ranges = [\"10.0.1.0/24\"]\ngateway = \"10.0.1.1\"\n"),
              ElementsAre("/c:8:1: pool.name: found \"default\" again, expected a name that no "
                          "other pool has"));
  EXPECT_THAT(PoolErrors("name = \"a\"\nranges = [\"10.0.0.0/24\"]\ngateway = \"10.0.0.1\"\n",
                         "ranges = [\"10.0.1.0/24\"]\ngateway = \"10.0.1.1\"\nname = \"a\"\n"),
              ElementsAre(HasSubstr("/c:12:8: pool.name: found \"a\" again")));
}

TEST(Config, PskIsNeededOnceWhenIpsecIsRequired) {
  const std::string rest(kMinimal.substr(kMinimal.find("[ppp]")));
  EXPECT_THAT(
      ErrorsOf("[ipsec]\n" + rest),
      ElementsAre(HasSubstr("/c:1:1: ipsec.psk_file: found no such key, and no ipsec.psk")));
  EXPECT_THAT(ErrorsOf("[ipsec]\nrequired = false\n" + rest), IsEmpty());
  EXPECT_THAT(ErrorsOf("[ipsec]\npsk = \"k\"\n" + rest), IsEmpty());
  EXPECT_THAT(
      ErrorsOf("[ipsec]\npsk_file = \"/psk\"\npsk = \"k\"\n" + rest),
      ElementsAre("/c:3:7: ipsec.psk: found a key besides ipsec.psk_file, expected only one "
                  "of the two"));
  EXPECT_THAT(ErrorsOf("[ipsec]\npsk = \"\"\n" + rest),
              ElementsAre(HasSubstr("/c:2:7: ipsec.psk: found an empty key")));
}

TEST(Config, FilesThatCannotBeReadAreTheFaultOfTheirKeys) {
  EXPECT_THAT(ErrorsOf(kMinimal, Files()),
              ElementsAre("/c:2:12: ipsec.psk_file: found \"/psk\": No such file or directory, "
                          "expected a readable file",
                          "/c:4:14: ppp.users_file: found \"/users\": No such file or directory, "
                          "expected a readable file"));
}

TEST(Config, AFileMayBeACredential) {
  std::string text(kMinimal);
  text.replace(text.find("/psk"), 4, "credential:psk");
  text.replace(text.find("/users"), 6, "credential:users");
  const Files files =
      Files().Add("credential:psk", "swordfish\n").Add("credential:users", "bob * secret\n");
  const auto loaded = Load(text, files);
  ASSERT_TRUE(loaded.has_value()) << loaded.error()[0].ToString();
  EXPECT_EQ(loaded->config.ipsec.psk, Secret(std::string_view("swordfish")));
  EXPECT_EQ(loaded->config.ipsec.psk_file, "credential:psk") << "as it is shown";
  EXPECT_NE(loaded->users.Find("bob", "gw"), nullptr);
  EXPECT_THAT(
      ErrorsOf(text, Files().Add("credential:users", "bob *\n")),
      ElementsAre("/c:2:12: ipsec.psk_file: found \"credential:psk\": No such file or directory, "
                  "expected a credential of the service: LoadCredential=psk:FILE in the unit "
                  "sallyportd.service, and a restart",
                  HasSubstr("credential:users:1:6: secret: found the end of the line")));
}

TEST(Config, ASocketIsNoCredential) {
  for (const std::string key : {"vici = ", "psk_file = "}) {
    EXPECT_THAT(ErrorsWith("ipsec", key + "\"credential:../psk\""), Not(IsEmpty())) << key;
  }
  EXPECT_THAT(ErrorsWith("ipsec", "vici = \"credential:vici\""),
              ElementsAre("/c:2:8: ipsec.vici: found \"credential:vici\", expected an absolute "
                          "path of at most 107 octets"));
  EXPECT_THAT(ErrorsWith("status", "socket = \"credential:socket\""), Not(IsEmpty()));
}

TEST(Config, EmptyPskFileIsAnError) {
  for (const std::string content : {"", "\n", "\r\n", "\nswordfish\n", "0x\n", "0s\n"}) {
    EXPECT_THAT(ErrorsOf(kMinimal, GoodFiles().Add("/psk", content)),
                ElementsAre(HasSubstr("/psk:1:1: ipsec.psk_file: found an empty key")))
        << content;
  }
}

TEST(Config, UsersFileErrorsHaveTheirOwnFileAndPlace) {
  EXPECT_THAT(
      ErrorsOf(kMinimal, GoodFiles().Add("/users", "bob * s\ncarol * t 10.0.0\ndave \"\n")),
      ElementsAre(HasSubstr("/users:2:11: address: found a word that is no IPv4 address"),
                  HasSubstr("/users:3:6: server: found a quote that the line does not close")));
}

TEST(Config, FilesThatEveryoneCanReadAreWarnedAbout) {
  const Files open = Files().Add("/psk", "k", true).Add("/users", "bob * s", true);
  EXPECT_THAT(WarningsOf(kMinimal, open),
              ElementsAre("/psk:1:1: ipsec.psk_file: found a file with secrets that every local "
                          "user can read, expected mode 0640 or less",
                          "/users:1:1: ppp.users_file: found a file with secrets that every local "
                          "user can read, expected mode 0640 or less"));
}

TEST(Config, InlinePskInAnOpenConfigurationIsWarnedAbout) {
  std::string text(kMinimal);
  text.replace(text.find("psk_file = \"/psk\""), 17, "psk = \"k\"");
  Files files = GoodFiles();
  files.Add("/c", text, true);
  auto loaded = LoadConfig("/c", "gw", files.reader());
  ASSERT_TRUE(loaded.has_value());
  EXPECT_THAT(Lines(loaded->warnings), ElementsAre(HasSubstr("/c:1:1: ipsec.psk: found a file")));
  files.Add("/c", kMinimal, true);  // no secret in it
  loaded = LoadConfig("/c", "gw", files.reader());
  ASSERT_TRUE(loaded.has_value());
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(Config, UsersThatCanNeverLogInAreWarnedAbout) {
  EXPECT_THAT(WarningsOf(kMinimal, GoodFiles().Add("/users", "# nobody\n")),
              ElementsAre("/users:1:1: client: found no user at all, expected at least one"));
  EXPECT_THAT(
      WarningsOf(kMinimal, GoodFiles().Add("/users", "a gw s\n\nb l2tpd s\nc * s\nd l2tpd s\n")),
      ElementsAre("/users:3:1: server: found 2 entries for another server, expected \"gw\" "
                  "(l2tp.host_name) or *"));
}

TEST(Config, AUserWithTheAddressOfAGatewayIsWarnedAbout) {
  const std::string gateway = Load(kMinimal, GoodFiles())->config.pools.at(0).gateway.ToString();
  EXPECT_THAT(WarningsOf(kMinimal, GoodFiles().Add("/users", "a * s *\nb * s " + gateway + "\n")),
              ElementsAre("/users:2:1: address: found " + gateway +
                          ", a pool's gateway, expected an address that is not ours"));
}

TEST(Config, TwoUsersWithOneAddressAreWarnedAbout) {
  const auto warnings = [](const std::string& users) {
    return WarningsOf(kMinimal, GoodFiles().Add("/users", users));
  };
  EXPECT_THAT(warnings("a * s 10.1.2.3\nb * s 10.1.2.4\nc * s 10.1.2.3\nd * s 10.1.2.3\n"),
              ElementsAre("/users:3:1: address: found 10.1.2.3, which the user in line 1 has too, "
                          "expected an address of this user alone"));
  EXPECT_THAT(warnings("a * s 10.1.2.3\nb other s 10.1.2.3\n"),
              ElementsAre(HasSubstr("for another server")));
  // One user by two of our names; everybody; and two who take turns at two addresses.
  EXPECT_THAT(warnings("a gw s 10.1.2.3\na * s 10.1.2.3\n* * s 10.1.2.3\n"), IsEmpty());
  EXPECT_THAT(warnings("a * s 10.1.2.3 10.1.2.4\nb * s 10.1.2.4 10.1.2.3\n"), IsEmpty());
}

TEST(Config, PapWithoutIpsecIsWarnedAbout) {
  const std::string rest(kMinimal.substr(kMinimal.find("[[pool]]")));
  const std::string clear = "[ipsec]\nrequired = false\n[ppp]\nusers_file = \"/users\"\n";
  EXPECT_THAT(WarningsOf(clear + "auth = [\"chap\", \"pap\"]\n" + rest),
              ElementsAre(HasSubstr("/c:5:8: ppp.auth: found \"pap\" without IPsec")));
  EXPECT_THAT(WarningsOf(clear + "auth = [\"chap\"]\n" + rest), IsEmpty());
}

// The words that a user of the wrong column, quote or type would put a secret into.
TEST(Config, NoMessageHoldsASecret) {
  const std::string rest(kMinimal.substr(kMinimal.find("[ppp]")));
  std::vector<std::string> lines;
  const auto collect = [&lines](const std::vector<std::string>& more) {
    EXPECT_THAT(more, Not(IsEmpty()));
    lines.insert(lines.end(), more.begin(), more.end());
  };
  for (const std::string psk :
       {"\"0xhunter2\"", "\"0shunter2!\"", "'hunter2", "hunter2", "92233720368547758089012345",
        "9223372036854775807", "[\"hunter2\"]", "{ hunter2 = 1 }", "\"\"\"hunter2"}) {
    collect(ErrorsOf("[ipsec]\npsk = " + psk + "\n" + rest));
  }
  collect(ErrorsOf(kMinimal, GoodFiles().Add("/psk", "0xhunter2")));
  collect(ErrorsOf(kMinimal, GoodFiles().Add("/users", "bob * a hunter2\n")));
  collect(WarningsOf(kMinimal, GoodFiles().Add("/users", "bob hunter2 *\n")));
  for (const auto& line : lines) {
    EXPECT_THAT(line, AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("922337")))) << line;
  }
}

TEST(LoadUsers, ReadsTheFileAlone) {
  Files files = GoodFiles();
  const auto loaded = LoadUsers("/users", "gw", files.reader());
  ASSERT_TRUE(loaded.has_value());
  EXPECT_NE(loaded->users.Find("bob", "gw"), nullptr);
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_THAT(files.asked(), ElementsAre("/users"));
}

TEST(LoadUsers, ErrorsComeInsteadOfUsers) {
  const auto missing = LoadUsers("/nowhere", "gw", Files().reader());
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(Lines(missing.error()),
              ElementsAre("/nowhere:1:1: ppp.users_file: found No such file or directory, expected "
                          "a readable file"));
  const auto bad = LoadUsers("/u", "gw", Files().Add("/u", "bob * s\ncarol\n").reader());
  ASSERT_FALSE(bad.has_value());
  EXPECT_THAT(Lines(bad.error()), ElementsAre(HasSubstr("/u:2:6: server: found the end")));
}

}  // namespace
}  // namespace sallyport::daemon
