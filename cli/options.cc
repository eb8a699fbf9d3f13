// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <sstream>
#include <vector>

#include "cli/session_table.h"

namespace sallyport::cli {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 daemon unreachable, 4 timeout,\n"
    "5 nothing matched, 6 permission denied. See sallyport(1).";

/// Options that name sessions: each given one becomes a member of `filter`.
class FilterOptions {
 public:
  explicit FilterOptions(std::map<std::string, std::string>& filter) : filter_(filter) {}

  CLI::Option* Add(CLI::App& app, const std::string& option, const std::string& name,
                   const std::string& help) {
    return app
        .add_option_function<std::string>(
            option, [this, name](const std::string& value) { filter_[name] = value; }, help)
        // An unset shell variable must not widen what is chosen.
        ->check([](const std::string& value) {
          return value.empty() ? std::string("the value is empty") : std::string();
        });
  }

 private:
  std::map<std::string, std::string>& filter_;
};

UsageExit ToUsageExit(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream out;
  std::ostringstream wrong;
  const int code = app.exit(error, out, wrong);
  return {.wrong = code != 0, .text = code == 0 ? out.str() : "sallyport: " + wrong.str()};
}

}  // namespace

Expected<Options, UsageExit> ParseCommandLine(int argc, const char* const* argv,
                                              const std::string& version) {
  Options options;
  SessionsCommand sessions;
  SessionCommand session;
  EventsCommand events;
  TopCommand top;
  DrainCommand drain;
  LogLevelCommand log_level;
  ConfigShowCommand show;
  ConfigCheckCommand check;
  ConfigExplainCommand explain;
  int watch = 0;
  int interval = static_cast<int>(top.interval.count());
  DisconnectCommand disconnect;
  int seconds = static_cast<int>(options.time_limit.count());

  CLI::App app{"Shows and steers the Sallyport L2TP/IPsec concentrator.", "sallyport"};
  app.set_version_flag("--version", "sallyport " + version);
  app.add_option("--socket", options.socket_path, "The daemon's status socket")
      ->type_name("PATH")
      ->capture_default_str();
  app.add_option("--timeout", seconds, "Seconds to wait for the daemon")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_flag("--json", options.json, "Print the daemon's JSON answer");
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  app.fallthrough();  // global options may follow the command

  app.add_subcommand("status", "The daemon on one screen (default)");

  CLI::App* list = app.add_subcommand("sessions", "A table of the sessions");
  FilterOptions list_filter(sessions.filter);
  list_filter.Add(*list, "--user", "user", "Of this user")->type_name("USER");
  list_filter.Add(*list, "--address", "address", "With this inside address")
      ->type_name("ADDRESS[/LENGTH]");
  list_filter.Add(*list, "--peer", "peer", "From this outside address")
      ->type_name("ADDRESS[/LENGTH]");
  list_filter.Add(*list, "--pool", "pool", "With an address of this pool")->type_name("POOL");
  list_filter.Add(*list, "--state", "state", "In this state")
      ->type_name("starting|up|closing")
      ->check(CLI::IsMember({"starting", "up", "closing"}));
  list->add_option("-o,--columns", sessions.columns, "Columns, separated by commas")
      ->delimiter(',')
      ->type_name("COLUMN,...")
      ->check(CLI::IsMember(SessionColumns()));
  list->add_option("--sort", sessions.sort, "Sort by this column; numbers: the largest first")
      ->type_name("COLUMN")
      ->check(CLI::IsMember(SessionColumns()));
  list->add_flag("!--no-header", sessions.header, "No line with the names of the columns");
  CLI::Option* watched =
      list->add_option("-w,--watch", watch, "Again every so many seconds, until interrupted")
          ->type_name("SECONDS")
          ->check(CLI::Range(1, 3600))
          ->expected(0, 1)
          ->default_str("2");

  CLI::App* one = app.add_subcommand("session", "Everything about one session");
  one->add_option("ID", session.id, "As in the table of the sessions")->required();

  const CLI::App* tunnels = app.add_subcommand("tunnels", "The L2TP control connections");
  const CLI::App* sas = app.add_subcommand("sas", "The IPsec SAs");
  const CLI::App* pools = app.add_subcommand("pools", "The address pools");

  CLI::App* follow = app.add_subcommand("events", "Follow what happens, until interrupted");
  follow->add_option("--type", events.types, "Only these groups, separated by commas")
      ->delimiter(',')
      ->type_name("GROUP,...");

  CLI::App* live = app.add_subcommand("top", "The sessions and their rates, live; q ends it");
  live->add_option("--interval", interval, "Seconds from one look to the next")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
  live->add_option("--sort", top.sort, "What comes first")
      ->type_name("rate|rx|tx|uptime|user|address|peer")
      ->check(CLI::IsMember({"rate", "rx", "tx", "uptime", "user", "address", "peer"}))
      ->capture_default_str();
  live->add_option("--count", top.count, "End after so many looks")->type_name("NUMBER");

  const CLI::App* dials = app.add_subcommand("dials", "The servers that we dial");

  CLI::App* end = app.add_subcommand("disconnect", "End sessions");
  FilterOptions end_filter(disconnect.filter);
  CLI::Option_group* which = end->add_option_group("which", "Which sessions: one of these");
  end_filter.Add(*which, "ID", "id", "The session with this id")->type_name("");
  end_filter.Add(*which, "--user", "user", "All of this user")->type_name("USER");
  end_filter.Add(*which, "--address", "address", "Those with this inside address")
      ->type_name("ADDRESS[/LENGTH]");
  end_filter.Add(*which, "--peer", "peer", "Those from this outside address")
      ->type_name("ADDRESS[/LENGTH]");
  end_filter.Add(*which, "--pool", "pool", "Those with an address of this pool")->type_name("POOL");
  which->add_flag("--all", disconnect.all, "Every session");
  which->require_option(1);
  end->add_flag("--dry-run", disconnect.dry_run, "Only say which sessions it would be");

  CLI::App* refuse = app.add_subcommand("drain", "Refuse new clients; those there are stay");
  refuse->add_flag("--wait", drain.wait, "Wait until the last client has gone");
  const CLI::App* undrain = app.add_subcommand("undrain", "Take new clients again");
  const CLI::App* reload = app.add_subcommand("reload", "Read the configuration again");
  CLI::App* level = app.add_subcommand("log-level", "Change what the daemon logs");
  level->add_option("LEVEL", log_level.level, "error, warning, notice, info or debug")
      ->required()
      ->check(CLI::IsMember({"error", "warning", "notice", "info", "debug"}));

  CLI::App* config = app.add_subcommand("config", "The daemon's configuration");
  config->require_subcommand(1);
  CLI::App* config_show = config->add_subcommand("show", "What is in force; secrets are masked");
  config_show->add_flag("--all", show.all, "Defaults too");
  CLI::App* config_check = config->add_subcommand("check", "Check a file without using it");
  config_check->add_option("FILE", check.file, "Default: /etc/sallyport/sallyport.toml");
  CLI::App* config_explain = config->add_subcommand("explain", "What a key means");
  config_explain->add_option("KEY", explain.key, "As in ppp.mtu; all without it");

  const CLI::App* doctor =
      app.add_subcommand("doctor", "Look for what keeps clients from getting through");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Unexpected{ToUsageExit(app, error)};
  }
  options.time_limit = std::chrono::seconds{seconds};
  if (watched->count() > 0) sessions.watch = std::chrono::seconds{watch == 0 ? 2 : watch};
  top.interval = std::chrono::seconds{interval};
  if (list->parsed()) options.command = std::move(sessions);
  if (one->parsed()) options.command = std::move(session);
  if (tunnels->parsed()) options.command = TunnelsCommand{};
  if (sas->parsed()) options.command = SasCommand{};
  if (pools->parsed()) options.command = PoolsCommand{};
  if (follow->parsed()) options.command = std::move(events);
  if (live->parsed()) options.command = std::move(top);
  if (refuse->parsed()) options.command = drain;
  if (undrain->parsed()) options.command = UndrainCommand{};
  if (reload->parsed()) options.command = ReloadCommand{};
  if (level->parsed()) options.command = std::move(log_level);
  if (config_show->parsed()) options.command = show;
  if (config_check->parsed()) options.command = std::move(check);
  if (config_explain->parsed()) options.command = std::move(explain);
  if (doctor->parsed()) options.command = DoctorCommand{};
  if (dials->parsed()) options.command = DialsCommand{};
  if (end->parsed()) options.command = std::move(disconnect);
  return options;
}

}  // namespace sallyport::cli
