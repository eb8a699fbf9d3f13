// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/client_settings.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::cli {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

const ClientAccount kPlain{.connection = "Office",
                           .server = "vpn.example.org",
                           .psk = "open sesame",
                           .user = "alice",
                           .password = "looking-glass"};

std::string For(const std::string& system, const ClientAccount& account) {
  const auto all = SettingsFor(account, {"INNER", "OUTER"});
  const auto found = std::ranges::find(all, system, &ClientSettings::system);
  return found == all.end() ? std::string() : found->text;
}

// RFC 4648 §10.
TEST(Base64, VectorsOfTheRfc) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foob"), "Zm9vYg==");
  EXPECT_EQ(Base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64("\xFF\xFE"), "//4=");
}

TEST(RandomUuid, HasVersion4AndTheVariantOfTheRfc) {
  EXPECT_EQ(RandomUuid(std::string(16, '\xFF')), "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF");
  EXPECT_EQ(RandomUuid(std::string(16, '\0')), "00000000-0000-4000-8000-000000000000");
}

TEST(ClientSettings, EverySystemIsToldEverythingItNeeds) {
  const std::string windows = For("Windows", kPlain);
  EXPECT_THAT(windows, HasSubstr("-Name 'Office' -ServerAddress 'vpn.example.org'"));
  EXPECT_THAT(windows, HasSubstr("-TunnelType L2tp -L2tpPsk 'open sesame'"));
  const std::string apple = For("macOS, iOS", kPlain);
  EXPECT_THAT(apple, HasSubstr("<key>SharedSecret</key><data>b3BlbiBzZXNhbWU=</data>"));
  EXPECT_THAT(apple, HasSubstr("<key>AuthName</key><string>alice</string>"));
  EXPECT_THAT(apple, HasSubstr("<key>PayloadUUID</key><string>INNER</string>"));
  EXPECT_THAT(apple, HasSubstr("<key>PayloadUUID</key><string>OUTER</string>"));
  const std::string linux_desktop = For("Linux with NetworkManager", kPlain);
  EXPECT_THAT(linux_desktop, HasSubstr("gateway=vpn.example.org, user=alice, ipsec-enabled=yes, "
                                       "ipsec-psk=0sb3BlbiBzZXNhbWU="));
  EXPECT_THAT(linux_desktop, HasSubstr("vpn.secrets 'password=looking-glass'"));
  for (const char* part : {"vpn.example.org", "open sesame", "alice", "looking-glass"}) {
    EXPECT_THAT(For("Android", kPlain), HasSubstr(part));
  }
}

TEST(ClientSettings, NothingGetsOutOfItsQuotes) {
  ClientAccount account = kPlain;
  account.psk = "it's <&> ours";
  account.user = "a<b>&c";
  account.password = "one,two\\three'four";
  EXPECT_THAT(For("Windows", account), HasSubstr("-L2tpPsk 'it''s <&> ours'"));
  const std::string apple = For("macOS, iOS", account);
  EXPECT_THAT(apple, HasSubstr("<string>a&lt;b&gt;&amp;c</string>"));
  EXPECT_THAT(apple, Not(HasSubstr("a<b>")));
  EXPECT_THAT(For("Linux with NetworkManager", account),
              HasSubstr("vpn.secrets 'password=one\\,two\\\\three'\\''four'"));
}

}  // namespace
}  // namespace sallyport::cli
