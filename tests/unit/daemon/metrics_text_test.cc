// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/metrics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

#include "daemon/status_metrics.h"

namespace sallyport::daemon {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(MetricsText, OpenMetrics_NamesTheFamilyWithoutTheSuffix) {
  MetricsText text(MetricsFormat::kOpenMetrics);
  text.Counter("a_bytes", "bytes", "What a is.");
  text.Sample({{"direction", "in"}, {"note", "a\"b\\c\nd"}}, uint64_t{18446744073709551615U});
  text.Info("b", "What b is.");
  text.Sample({{"version", "1"}}, uint64_t{1});
  EXPECT_EQ(std::move(text).Finish(),
            "# TYPE a_bytes counter\n# UNIT a_bytes bytes\n# HELP a_bytes What a is.\n"
            "a_bytes_total{direction=\"in\",note=\"a\\\"b\\\\c\\nd\"} 18446744073709551615\n"
            "# TYPE b info\n# HELP b What b is.\nb_info{version=\"1\"} 1\n# EOF\n");
}

TEST(MetricsText, OlderFormat_NamesTheFamilyAsItsSamples) {
  MetricsText text(MetricsFormat::kPlain);
  text.Counter("a_bytes", "bytes", "What a is.");
  text.Sample({}, uint64_t{5});
  text.Info("b", "What b is.");
  text.Sample({{"version", "1"}}, uint64_t{1});
  EXPECT_EQ(std::move(text).Finish(),
            "# HELP a_bytes_total What a is.\n# TYPE a_bytes_total counter\na_bytes_total 5\n"
            "# HELP b_info What b is.\n# TYPE b_info gauge\nb_info{version=\"1\"} 1\n");
}

TEST(MetricsText, HistogramIsCumulative) {
  Histogram histogram;
  histogram.Observe(std::chrono::milliseconds(10));  // a bound belongs to its class
  histogram.Observe(std::chrono::milliseconds(700));
  histogram.Observe(std::chrono::hours(1));
  MetricsText text(MetricsFormat::kOpenMetrics);
  text.HistogramOf("t_seconds", "seconds", "Time.");
  text.Sample({"phase", "lcp"}, histogram);
  const std::string out = std::move(text).Finish();
  EXPECT_THAT(out, HasSubstr("t_seconds_bucket{phase=\"lcp\",le=\"0.01\"} 1\n"));
  EXPECT_THAT(out, HasSubstr("t_seconds_bucket{phase=\"lcp\",le=\"0.5\"} 1\n"));
  EXPECT_THAT(out, HasSubstr("t_seconds_bucket{phase=\"lcp\",le=\"1.0\"} 2\n"));
  EXPECT_THAT(out, HasSubstr("t_seconds_bucket{phase=\"lcp\",le=\"30.0\"} 2\n"));
  EXPECT_THAT(out, HasSubstr("t_seconds_bucket{phase=\"lcp\",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(out, HasSubstr("t_seconds_count{phase=\"lcp\"} 3\n"));
  EXPECT_THAT(out, HasSubstr("t_seconds_sum{phase=\"lcp\"} 3600.71\n"));
}

TEST(MetricsText, Format_IsWhatTheScraperTakes) {
  EXPECT_EQ(ChooseFormat(""), MetricsFormat::kOpenMetrics);
  EXPECT_EQ(ChooseFormat("*/*"), MetricsFormat::kOpenMetrics);
  EXPECT_EQ(ChooseFormat("application/openmetrics-text;version=1.0.0,text/plain;q=0.3"),
            MetricsFormat::kOpenMetrics);
  EXPECT_EQ(ChooseFormat("text/plain;version=0.0.4;q=0.3"), MetricsFormat::kPlain);
}

TEST(StatusMetrics, EveryFamilyHasOneDescriptionAndNoUser) {
  MetricsStatus metrics;
  metrics.status.version = "0.1.0";
  metrics.status.pools = {{.name = "staff", .size = 10, .used = 3, .ipv6_size = 8, .ipv6_used = 2}};
  metrics.status.drops.dhcp = {{"no_session", 9}};
  metrics.status.drops.l2tp = {{"bad_length", 3}};
  metrics.sessions_by_state = {{"up", 2}};
  metrics.session_ends = {{"user_request", 4}};
  metrics.failed_attempts = {{"wrong_psk", 5}};
  metrics.status.drops.data = {{"spoofed_source", 6}};
  metrics.status.ipsec.errors = {{"XfrmInNoStates", 7}};
  const std::string text = MetricsOf(metrics, MetricsFormat::kOpenMetrics);
  std::set<std::string> families;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    EXPECT_TRUE(families.insert(line.substr(7, line.find(' ', 7) - 7)).second) << line;
  }
  EXPECT_GT(families.size(), 20U);
  EXPECT_THAT(text, HasSubstr("sallyport_pool_addresses{pool=\"staff\",state=\"free\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("_pool_prefixes{pool=\"staff\",kind=\"link\",state=\"free\"} 6\n"));
  EXPECT_THAT(text, Not(HasSubstr("kind=\"delegated\""))) << "there are none to have";
  EXPECT_THAT(text, HasSubstr("_drops_total{layer=\"dhcp\",reason=\"no_session\"} 9\n"));
  EXPECT_THAT(text, HasSubstr("sallyport_session_ends_total{cause=\"user_request\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("sallyport_drops_total{layer=\"l2tp\",reason=\"bad_length\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("_drops_total{layer=\"data\",reason=\"spoofed_source\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("sallyport_failed_attempts_total{reason=\"wrong_psk\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("sallyport_ipsec_errors_total{reason=\"XfrmInNoStates\"} 7\n"));
  // So that the first one shows as an increase.
  EXPECT_THAT(text, HasSubstr("sallyport_session_ends_total{cause=\"idle_timeout\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("sallyport_failed_attempts_total{reason=\"clear_text\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("user=")));
  EXPECT_THAT(text, EndsWith("# EOF\n"));
}

}  // namespace
}  // namespace sallyport::daemon
