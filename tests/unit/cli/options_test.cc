// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace sallyport::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Expected<Options, UsageExit> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "sallyport");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data(), "0.1.0");
}

TEST(CommandLine, Nothing_MeansStatusWithDefaults) {
  const auto options = Parse({});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_TRUE(std::holds_alternative<StatusCommand>(options->command));
  EXPECT_EQ(options->socket_path, "/run/sallyport/sallyport.sock");
  EXPECT_EQ(options->time_limit, std::chrono::seconds{10});
  EXPECT_FALSE(options->json);
}

TEST(CommandLine, GlobalOptions_StandBeforeOrAfterTheCommand) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"--socket", "/s", "--json", "--timeout", "3", "sessions"},
           {"sessions", "--socket", "/s", "--json", "--timeout", "3"}}) {
    const auto options = Parse(arguments);
    ASSERT_TRUE(options) << options.error().text;
    EXPECT_EQ(options->socket_path, "/s");
    EXPECT_TRUE(options->json);
    EXPECT_EQ(options->time_limit, std::chrono::seconds{3});
    EXPECT_TRUE(std::holds_alternative<SessionsCommand>(options->command));
  }
}

TEST(CommandLine, SessionFilters_AreThoseGiven) {
  const auto options = Parse({"sessions", "--user", "bob", "--peer=203.0.113.0/24", "--state", "up",
                              "--address", "10.64.0.2", "--pool", "staff"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(std::get<SessionsCommand>(options->command),
            (SessionsCommand{{{"user", "bob"},
                              {"peer", "203.0.113.0/24"},
                              {"state", "up"},
                              {"address", "10.64.0.2"},
                              {"pool", "staff"}}}));
}

TEST(CommandLine, Dials_IsACommand) {
  const auto options = Parse({"--json", "dials"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_TRUE(std::holds_alternative<DialsCommand>(options->command));
}

TEST(CommandLine, Why_TakesAClientOrNone) {
  const auto options = Parse({"why", "203.0.113.7"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(std::get<WhyCommand>(options->command), (WhyCommand{.who = "203.0.113.7"}));
  const auto everybody = Parse({"why"});
  ASSERT_TRUE(everybody) << everybody.error().text;
  EXPECT_EQ(std::get<WhyCommand>(everybody->command), WhyCommand{});
}

TEST(CommandLine, Disconnect_TakesOneWayToChoose) {
  const auto command = [](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "disconnect");
    const auto options = Parse(arguments);
    EXPECT_TRUE(options) << options.error().text;
    return options ? std::get<DisconnectCommand>(options->command) : DisconnectCommand{};
  };
  EXPECT_EQ(command({"0f3a91"}), (DisconnectCommand{.filter = {{"id", "0f3a91"}}}));
  EXPECT_EQ(command({"--user", "bob", "--dry-run"}),
            (DisconnectCommand{.filter = {{"user", "bob"}}, .all = false, .dry_run = true}));
  EXPECT_EQ(command({"--address", "10.64.0.2"}),
            (DisconnectCommand{.filter = {{"address", "10.64.0.2"}}}));
  EXPECT_EQ(command({"--all"}), (DisconnectCommand{.filter = {}, .all = true}));
}

TEST(CommandLine, Trace_RefusesWhatWouldNotBeMeant) {
  for (const std::vector<const char*>& arguments : {std::vector<const char*>{"trace", ""},
                                                    {"trace", "--session", ""},
                                                    {"why", ""},
                                                    {"--json", "trace", "--pcap", "x"}}) {
    const auto options = Parse(arguments);
    ASSERT_FALSE(options) << arguments[1];
    EXPECT_TRUE(options.error().wrong);
  }
}

TEST(CommandLine, SessionsTable_IsAskedForByColumns) {
  const auto options =
      Parse({"sessions", "-o", "id,user", "--sort", "rx", "--no-header", "-w", "5"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(std::get<SessionsCommand>(options->command),
            (SessionsCommand{.filter = {},
                             .columns = {"id", "user"},
                             .sort = "rx",
                             .header = false,
                             .watch = std::chrono::seconds{5}}));
  const auto usual = Parse({"sessions", "--watch"});
  ASSERT_TRUE(usual) << usual.error().text;
  EXPECT_EQ(std::get<SessionsCommand>(usual->command).watch, std::chrono::seconds{2});
}

TEST(CommandLine, EachCommand_IsUnderstood) {
  const std::vector<std::pair<std::vector<const char*>, decltype(Options::command)>> lines{
      {{"session", "a1"}, SessionCommand{"a1"}},
      {{"tunnels"}, TunnelsCommand{}},
      {{"sas"}, SasCommand{}},
      {{"pools"}, PoolsCommand{}},
      {{"events"}, EventsCommand{}},
      {{"events", "--type", "session,drain"}, EventsCommand{{"session", "drain"}}},
      {{"trace"}, TraceCommand{}},
      {{"trace", "bob", "--session", "a1", "--pcap", "-"}, TraceCommand{"bob", "a1", "-"}},
      {{"top", "--interval", "3", "--sort", "user", "--count", "2"},
       TopCommand{std::chrono::seconds{3}, "user", 2}},
      {{"drain"}, DrainCommand{}},
      {{"drain", "--wait"}, DrainCommand{true}},
      {{"undrain"}, UndrainCommand{}},
      {{"reload"}, ReloadCommand{}},
      {{"log-level", "warning"}, LogLevelCommand{"warning"}},
      {{"config", "show", "--all"}, ConfigShowCommand{true}},
      {{"config", "check"}, ConfigCheckCommand{}},
      {{"config", "check", "/x.toml"}, ConfigCheckCommand{"/x.toml"}},
      {{"config", "explain", "ppp.mtu"}, ConfigExplainCommand{"ppp.mtu"}},
      {{"doctor"}, DoctorCommand{}},
      {{"disconnect", "--peer", "203.0.113.0/24"},
       DisconnectCommand{.filter = {{"peer", "203.0.113.0/24"}}}}};
  for (const auto& [arguments, command] : lines) {
    const auto options = Parse(arguments);
    ASSERT_TRUE(options) << arguments.front() << options.error().text;
    EXPECT_EQ(options->command, command) << arguments.front();
  }
}

TEST(CommandLine, WrongUsage_IsRefused) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"bogus"},
           {"--bogus"},
           {"status", "extra"},
           {"--socket"},
           {"--timeout", "0"},
           {"--timeout", "soon"},
           {"sessions", "--state", "sleeping"},
           {"sessions", "--user", ""},
           {"sessions", "-o", "id,usr"},
           {"sessions", "--sort", "size"},
           {"sessions", "--watch", "0"},
           {"session"},
           {"top", "--interval", "0"},
           {"log-level"},
           {"init", "--user", ""},
           {"init", "--folder="},
           {"log-level", "loud"},
           {"config"},
           {"config", "edit"},
           {"disconnect"},
           {"disconnect", ""},
           {"disconnect", "--dry-run"},
           {"disconnect", "--user", ""},
           {"disconnect", "--user="},
           {"disconnect", "a1", "b2"},
           {"disconnect", "a1", "--all"},
           {"disconnect", "--user", "bob", "--address", "10.64.0.2"}}) {
    const auto options = Parse(arguments);
    ASSERT_FALSE(options) << arguments.back();
    EXPECT_TRUE(options.error().wrong);
    EXPECT_THAT(options.error().text, StartsWith("sallyport: "));
  }
}

TEST(CommandLine, AMistypedCommand_IsAnsweredWithTheNearest) {
  for (const auto& [arguments, said] :
       std::vector<std::pair<std::vector<const char*>, const char*>>{
           {{"sesions"}, "there is no command \"sesions\"; did you mean \"sessions\"?\n"},
           {{"sesions", "--user", "bob"}, "did you mean \"sessions\"?\n"},
           {{"--json", "tpo"}, "did you mean \"top\"?\n"},
           {{"config", "shwo"}, "no command \"config shwo\"; did you mean \"config show\"?\n"},
           {{"stat"}, "did you mean \"status\"?\n"},
           {{"help", "sesions"}, "did you mean \"sessions\"?\n"},
           {{"help", "config", "shwo"}, "did you mean \"config show\"?\n"},
           {{"restart"}, "there is no command \"restart\"\nRun with --help"}}) {
    const auto options = Parse(arguments);
    ASSERT_FALSE(options) << arguments.back();
    EXPECT_TRUE(options.error().wrong);
    EXPECT_THAT(options.error().text, HasSubstr(said));
  }
  // What follows a command is no command.
  EXPECT_THAT(Parse({"status", "extra"}).error().text, Not(HasSubstr("no command")));
  EXPECT_THAT(Parse({"--sokcet", "/s"}).error().text, Not(HasSubstr("no command")));
}

TEST(CommandLine, Help_IsTheSameByBothWays) {
  EXPECT_EQ(Parse({"help"}).error().text, Parse({"--help"}).error().text);
  EXPECT_EQ(Parse({"help", "sessions"}).error().text, Parse({"sessions", "--help"}).error().text);
  EXPECT_EQ(Parse({"help", "config", "show"}).error().text,
            Parse({"config", "show", "--help"}).error().text);
  EXPECT_FALSE(Parse({"help", "config", "show"}).error().wrong);
  EXPECT_THAT(Parse({"help", "sessions"}).error().text, HasSubstr("--no-header "));
}

TEST(CommandLine, HelpAndVersion_AreNotWrong) {
  const auto version = Parse({"--version"});
  ASSERT_FALSE(version);
  EXPECT_FALSE(version.error().wrong);
  EXPECT_EQ(version.error().text, "sallyport 0.1.0\n");
  for (const auto& arguments :
       std::vector<std::vector<const char*>>{{"--help"}, {"disconnect", "--help"}}) {
    const auto help = Parse(arguments);
    ASSERT_FALSE(help);
    EXPECT_FALSE(help.error().wrong);
    EXPECT_THAT(help.error().text, HasSubstr("Exit codes:"));
  }
}

}  // namespace
}  // namespace sallyport::cli
