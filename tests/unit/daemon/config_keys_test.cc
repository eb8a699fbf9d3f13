// SPDX-License-Identifier: GPL-2.0-or-later
// The key table, and that the files which describe keys to operators agree with it.
#include "daemon/config_keys.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/config.h"
#include "daemon/config_reader.h"

namespace sallyport::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A file of the source tree.
std::string SourceFile(const std::string& path) {
  const auto root = std::filesystem::path(SALLYPORT_SOURCE_DIR);
  std::ifstream file(root / path);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// packaging/sallyport.toml with its commented keys in force: "# key = value  # why" without the
/// first "# ", except those that have no default.
std::string SampleWithDefaults() {
  std::istringstream sample(SourceFile("packaging/sallyport.toml"));
  std::string section;
  std::string text;
  for (std::string line; std::getline(sample, line); text += line + "\n") {
    if (line.starts_with("[")) section = line.substr(line.find_first_not_of('['));
    section = section.substr(0, section.find(']'));
    if (line.starts_with("# [[")) section.clear();
    if (!line.starts_with("# ")) continue;
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    const ConfigKey* key = FindKey(section, name);
    if (key != nullptr && DefaultText(*key)) line = line.substr(2);
  }
  return text;
}

TEST(ConfigKeys, EachIsThereOnceWithHelp) {
  std::set<std::string> names;
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_TRUE(names.insert(FullName(key)).second) << FullName(key);
    EXPECT_EQ(FindKey(key.section, key.name), &key);
    EXPECT_TRUE(key.help.ends_with('.')) << FullName(key);
    EXPECT_FALSE(DescribeExpected(key).empty()) << FullName(key);
    // Without the key: an error, a default, or what `absent` says.
    EXPECT_EQ(key.required + DefaultText(key).has_value() + !key.absent.empty(), 1)
        << FullName(key);
  }
  EXPECT_EQ(FindKey("ppp", "port"), nullptr);
}

TEST(ConfigKeys, DefaultsAreThoseOfConfig) {
  const auto text = [](std::string_view section, std::string_view name) {
    return DefaultText(*FindKey(section, name)).value_or("none");
  };
  EXPECT_EQ(text("ipsec", "required"), "true");
  EXPECT_EQ(text("ipsec", "psk"), "none");
  EXPECT_EQ(text("l2tp", "listen"), "[]");
  EXPECT_EQ(text("l2tp", "retransmit_initial_ms"), "1000");
  EXPECT_EQ(text("ppp", "auth"), "[\"mschapv2\"]");
  EXPECT_EQ(text("ppp", "users_file"), "none");
  EXPECT_EQ(text("pool", "name"), "\"default\"");
  EXPECT_EQ(text("workers", "threads"), "32");
}

TEST(ConfigKeys, DefaultsPassTheirOwnChecks) {
  for (const ConfigKey& key : ConfigKeys()) {
    const auto text = DefaultText(key);
    if (!text || IsArraySection(key.section)) continue;
    const auto parsed = ParseConfig(FullName(key) + " = " + *text, "/c");
    ASSERT_TRUE(parsed.has_value()) << FullName(key);
    for (const auto& error : parsed->errors)
      EXPECT_NE(error.key, FullName(key)) << error.ToString();
  }
}

TEST(ConfigKeys, SampleFileHasEveryKey) {
  const std::string sample = SourceFile("packaging/sallyport.toml");
  for (const ConfigKey& key : ConfigKeys()) {
    const std::string assignment = std::string(key.name) + " = ";
    const bool in_force = sample.find("\n" + assignment) != std::string::npos;
    const bool commented = sample.find("\n# " + assignment) != std::string::npos;
    // What the file needs is in force; a dial or a connection is all a comment.
    const bool needed =
        key.required && key.section != kDialSection && key.section != kIpsecConnectionSection;
    EXPECT_TRUE(in_force || (commented && !needed)) << FullName(key);
  }
}

TEST(ConfigKeys, SampleFileMeansTheDefaults) {
  const auto sample = ParseConfig(SampleWithDefaults(), "sample");
  ASSERT_TRUE(sample.has_value()) << sample.error().ToString();
  for (const auto& error : sample->errors) ADD_FAILURE() << error.ToString();
  const auto plain = ParseConfig(SourceFile("packaging/sallyport.toml"), "sample");
  ASSERT_TRUE(plain.has_value());
  EXPECT_THAT(plain->errors, IsEmpty());
  ASSERT_FALSE(sample->config.pools.empty());
  EXPECT_EQ(sample->config.ipsec, plain->config.ipsec);
  EXPECT_EQ(sample->config.l2tp, plain->config.l2tp);
  EXPECT_EQ(sample->config.ppp, plain->config.ppp);
  ASSERT_FALSE(plain->config.pools.empty());
  EXPECT_EQ(sample->config.pools[0].name, plain->config.pools[0].name);
  EXPECT_EQ(sample->config.status, plain->config.status);
  EXPECT_EQ(sample->config.workers, plain->config.workers);
}

TEST(ConfigKeys, SampleUsersFileIsGood) {
  const std::string sample = SourceFile("packaging/users.example");
  EXPECT_TRUE(aaa::ParseUsersFile(sample).has_value());
  std::string in_force;  // the entries that the sample shows as comments
  std::istringstream lines(sample);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 1 && line[0] == '#' && line[1] != ' ') in_force += line.substr(1) + "\n";
  }
  const auto entries = aaa::ParseUsersFile(in_force);
  ASSERT_TRUE(entries.has_value());
  EXPECT_EQ(entries->size(), 5U);
}

TEST(ConfigKeys, ManualDescribesEveryKeyWithItsDefaultAndBounds) {
  const std::string manual = SourceFile("docs/configuration.md");
  for (const ConfigKey& key : ConfigKeys()) {
    const size_t section =
        manual.find("\n## [" + std::string(IsArraySection(key.section) ? "[" : "") +
                    std::string(key.section) + "]");
    ASSERT_NE(section, std::string::npos) << key.section;
    const size_t row = manual.find("\n| `" + std::string(key.name) + "` |", section);
    ASSERT_NE(row, std::string::npos) << FullName(key);
    const std::string line = manual.substr(row + 1, manual.find('\n', row + 1) - row - 1);
    if (const auto text = DefaultText(key)) {
      EXPECT_THAT(line, HasSubstr("| `" + *text + "` |")) << FullName(key);
    }
    if (key.required) {
      EXPECT_THAT(line, HasSubstr("| required |")) << FullName(key);
    }
    if (const auto* number = std::get_if<NumberField>(&key.field)) {
      EXPECT_THAT(line, HasSubstr("| " + std::to_string(number->minimum) + " to " +
                                  std::to_string(number->maximum) + " |"))
          << FullName(key);
    }
  }
}

TEST(ConfigKeys, CommentedSectionsOfTheSampleAreGood) {
  std::istringstream sample(SourceFile("packaging/sallyport.toml"));
  std::string text;
  bool commented = false;
  for (std::string line; std::getline(sample, line);) {
    commented = line.starts_with("# [[") || (commented && line.starts_with("# "));
    if (commented) text += line.substr(2) + "\n";
  }
  const auto parsed = ParseConfig(text, "sample");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().ToString();
  for (const auto& error : parsed->errors) {
    if (IsArraySection(error.key.substr(0, error.key.rfind('.'))))
      ADD_FAILURE() << error.ToString();
  }
  ASSERT_EQ(parsed->config.dials.size(), 1U);
  ASSERT_EQ(parsed->config.l2tp.peers.size(), 1U);
  // Where a comment shows a default, it is the default.
  EXPECT_EQ(parsed->config.dials[0].redial, DialConfig().redial);
  EXPECT_EQ(parsed->config.dials[0].redial_max, DialConfig().redial_max);
  EXPECT_EQ(parsed->config.dials[0].auth, DialConfig().auth);
  EXPECT_EQ(parsed->config.dials[0].mtu, DialConfig().mtu);
}

TEST(SuggestKey, OnlyNearNamesAreSuggested) {
  EXPECT_EQ(SuggestKey("ppp", "mut"), "mtu");
  EXPECT_EQ(SuggestKey("ppp", "users_fiel"), "users_file");
  EXPECT_EQ(SuggestKey("ppp", "echo_intervall"), "echo_interval");
  EXPECT_EQ(SuggestKey("", "pools"), "pool");
  EXPECT_EQ(SuggestKey("ppp", "threads"), "workers.threads");
  EXPECT_EQ(SuggestKey("ppp", "xyz"), std::nullopt);
  EXPECT_EQ(SuggestKey("ppp", ""), std::nullopt);
  EXPECT_EQ(SuggestKey("", std::string(1000, 'p')), std::nullopt);
}

TEST(AuthMethodNames, RoundTrip) {
  for (const auto method : {ppp::AuthMethod::kPap, ppp::AuthMethod::kChapMd5,
                            ppp::AuthMethod::kMsChapV2, ppp::AuthMethod::kEap}) {
    EXPECT_EQ(ParseAuthMethod(ToString(method)), method);
  }
  EXPECT_EQ(ParseAuthMethod("PAP"), std::nullopt);
  for (const auto method :
       {ppp::EapType::kMsChapV2, ppp::EapType::kMd5Challenge, ppp::EapType::kGenericTokenCard}) {
    EXPECT_EQ(ParseEapMethod(ToString(method)), method);
  }
  EXPECT_EQ(ParseEapMethod("tls"), std::nullopt);
  EXPECT_EQ(ToString(ppp::EapType::kIdentity), "");
  EXPECT_EQ(ToString(ppp::AuthMethod::kEap, ppp::EapType::kMd5Challenge), "eap-md5");
  EXPECT_EQ(ToString(ppp::AuthMethod::kPap, {}), "pap");
}

}  // namespace
}  // namespace sallyport::daemon
