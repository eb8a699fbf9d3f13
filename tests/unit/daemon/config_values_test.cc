// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_values.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config.h"

namespace sallyport::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Config TwoPools() {
  Config config;
  config.ipsec.psk = Secret("hush");
  config.pools.resize(2);
  config.pools[0].name = "staff";
  config.pools[0].ranges = {*aaa::AddressRange::Parse("10.64.0.0/24")};
  config.pools[1].name = "guests";
  config.pools[1].ranges = {*aaa::AddressRange::Parse("10.65.0.0/24")};
  return config;
}

const ConfigValue& Find(const std::vector<ConfigValue>& values, std::string_view section,
                        size_t index, std::string_view name) {
  return *std::find_if(values.begin(), values.end(), [&](const ConfigValue& value) {
    return value.section == section && value.index == index && value.name == name;
  });
}

TEST(ConfigValues, ShowEveryElementOfAnArrayOfTables) {
  const auto values = ValuesOf(TwoPools());
  EXPECT_EQ(Find(values, "pool", 0, "name").toml, "\"staff\"");
  EXPECT_EQ(Find(values, "pool", 1, "name").toml, "\"guests\"");
  EXPECT_EQ(Find(values, "pool", 1, "ranges").toml, "[\"10.65.0.0/24\"]");
}

TEST(ConfigValues, TellADefaultFromWhatWasSet) {
  Config config = TwoPools();
  config.ppp.echo_failure = 9;
  const auto values = ValuesOf(config);
  EXPECT_TRUE(Find(values, "ppp", 0, "mtu").is_default);
  EXPECT_FALSE(Find(values, "ppp", 0, "echo_failure").is_default);
  EXPECT_FALSE(Find(values, "pool", 0, "ranges").is_default) << "a key that must be there";
}

TEST(ConfigValues, NeverShowASecret) {
  const auto values = ValuesOf(TwoPools());
  EXPECT_EQ(Find(values, "ipsec", 0, "psk").toml, "\"***\"");
  for (const ConfigValue& value : values) EXPECT_EQ(value.toml.find("hush"), std::string::npos);
  EXPECT_EQ(Find(ValuesOf(Config()), "ipsec", 0, "psk").toml, "null");
}

TEST(ConfigChanges, OfTheSameConfigurationThereAreNone) {
  const ConfigChanges changes = Compare(TwoPools(), TwoPools());
  EXPECT_THAT(changes.live, IsEmpty());
  EXPECT_THAT(changes.restart, IsEmpty());
}

TEST(ConfigChanges, TellWhatCanBeTakenOverFromWhatWaits) {
  Config after = TwoPools();
  after.ppp.mtu = 1300;
  after.l2tp.port = 1702;
  after.pools[1].ranges = {*aaa::AddressRange::Parse("10.66.0.0/24")};
  const ConfigChanges changes = Compare(TwoPools(), after);
  EXPECT_THAT(changes.live, UnorderedElementsAre("ppp.mtu", "pool[1].ranges"));
  EXPECT_THAT(changes.restart, ElementsAre("l2tp.port"));
}

TEST(ConfigChanges, WhatNeedsSocketsFromTheStartWaits) {
  Config after = TwoPools();
  after.ppp.dns_search = {"example.org"};
  after.ppp.chap_interval = std::chrono::seconds(60);
  after.ppp.ipv4 = ppp::NetworkUse::kAllow;
  after.ppp.domain = "example.org";
  after.pools[0].ipv6.prefixes = {*IpPrefix::Parse("2001:db8:1::/48")};
  const ConfigChanges changes = Compare(TwoPools(), after);
  EXPECT_THAT(changes.live, UnorderedElementsAre("ppp.dns_search", "ppp.chap_interval"));
  EXPECT_THAT(changes.restart, UnorderedElementsAre("ppp.ipv4", "ppp.domain", "pool[0].ipv6"));
}

TEST(ConfigChanges, SeeASecretThatIsAnotherInTheSameFile) {
  Config before = TwoPools();
  before.l2tp.secret = Secret("one");
  Config after = before;
  after.l2tp.secret = Secret("two");
  after.ipsec.psk = Secret("loud");
  const ConfigChanges changes = Compare(before, after);
  EXPECT_THAT(changes.live,
              UnorderedElementsAre("l2tp.secret_file", "ipsec.psk", "ipsec.psk_file"));
  EXPECT_THAT(changes.restart, IsEmpty());
}

TEST(ConfigChanges, NameWhatCameAndWhatWent) {
  Config one = TwoPools();
  one.pools.pop_back();
  const auto is_pool = [](const std::string& key) { return key.starts_with("pool[1]."); };
  for (const ConfigChanges& changes : {Compare(one, TwoPools()), Compare(TwoPools(), one)}) {
    EXPECT_FALSE(changes.live.empty());
    EXPECT_TRUE(std::all_of(changes.live.begin(), changes.live.end(), is_pool));
    EXPECT_TRUE(std::all_of(changes.restart.begin(), changes.restart.end(), is_pool));
  }
}

TEST(ConfigChanges, WhatFilesOfIpsecHoldIsComparedInEverySection) {
  Config before = TwoPools();
  before.ipsec.keys.resize(2);
  before.ipsec.connections.resize(1);
  Config after = before;
  after.ipsec.keys[1].psk = Secret("another");
  after.ipsec.connections[0].ca = {"DER"};
  after.ipsec.certificate = "DER";
  after.ipsec.private_key = Secret("PEM");
  const ConfigChanges changes = Compare(before, after);
  EXPECT_THAT(changes.live, UnorderedElementsAre("ipsec.certificate_file", "ipsec.private_key_file",
                                                 "ipsec.key[1].psk", "ipsec.key[1].psk_file",
                                                 "ipsec.connection[0].ca_files"));
  EXPECT_THAT(changes.restart, IsEmpty());
}

}  // namespace
}  // namespace sallyport::daemon
