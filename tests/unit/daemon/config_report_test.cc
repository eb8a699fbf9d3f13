// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_report.h"

#include <nlohmann/json.hpp>

#include "tests/unit/daemon/config_fixture.h"

namespace sallyport::daemon {
namespace {

using nlohmann::json;

TEST(ConfigReport, AGoodConfigurationIsOneLine) {
  const ConfigReport report = ReportOf("/c", Load(kMinimal), false);
  EXPECT_EQ(report.out, "/c: ok\n");
  EXPECT_EQ(report.error, "");
  EXPECT_EQ(ReportOf("/c", Load(kMinimal), true).out,
            "{\"file\":\"/c\",\"valid\":true,\"errors\":[],\"warnings\":[]}\n");
}

TEST(ConfigReport, EachErrorIsALineOrAnObject) {
  const auto loaded = Load("[ppp]\nmut = 1\nusers_file = \"/users\"\n");
  ASSERT_FALSE(loaded.has_value());
  const ConfigReport text = ReportOf("/c", loaded, false);
  EXPECT_EQ(text.out, "");
  EXPECT_EQ(std::count(text.error.begin(), text.error.end(), '\n'),
            ptrdiff_t(loaded.error().size()));
  EXPECT_THAT(text.error, testing::HasSubstr(loaded.error().back().ToString() + "\n"));

  const ConfigReport report = ReportOf("/c", loaded, true);
  EXPECT_EQ(report.error, "");
  const json answer = json::parse(report.out);
  EXPECT_EQ(answer.at("valid"), false);
  ASSERT_EQ(answer.at("errors").size(), loaded.error().size());
  const json unknown_key = {{"file", "/c"},
                            {"line", 2},
                            {"column", 1},
                            {"key", "ppp.mut"},
                            {"found", "an unknown key"},
                            {"expected", "ppp.mtu (did you mean that?)"}};
  EXPECT_THAT(answer.at("errors"), testing::Contains(unknown_key));
}

TEST(ConfigReport, WarningsSpoilNothing) {
  const auto loaded =
      Load(kMinimal, Files().Add("/psk", "k", true).Add("/users", "bob * secret\n"));
  const ConfigReport text = ReportOf("/c", loaded, false);
  EXPECT_EQ(text.out, "/c: ok\n");
  EXPECT_THAT(text.error, testing::StartsWith("warning: /psk:1:1: ipsec.psk_file: found a file"));
  const json answer = json::parse(ReportOf("/c", loaded, true).out);
  EXPECT_EQ(answer.at("valid"), true);
  ASSERT_EQ(answer.at("warnings").size(), 1U);
  EXPECT_EQ(answer.at("warnings")[0].at("expected"), "mode 0640 or less");
}

TEST(ConfigReport, APathOfAnyOctetsIsJson) {
  const auto loaded = LoadConfig("/\xFF", "gw", Files().reader());
  const json answer = json::parse(ReportOf("/\xFF", loaded, true).out);
  EXPECT_EQ(answer.at("errors")[0].at("file"), "/\xEF\xBF\xBD");
}

}  // namespace
}  // namespace sallyport::daemon
