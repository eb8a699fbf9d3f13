// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <sstream>
#include <vector>

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

/// What holds for every command. `seconds` is the time limit, to be read after the parsing.
void AddGlobalOptions(CLI::App& app, Options& options, int& seconds, const std::string& version) {
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
}

}  // namespace

Expected<Options, UsageExit> ParseCommandLine(int argc, const char* const* argv,
                                              const std::string& version) {
  Options options;
  SessionsCommand sessions;
  WhyCommand why;
  DisconnectCommand disconnect;
  int seconds = static_cast<int>(options.time_limit.count());

  CLI::App app{"Shows and steers the Sallyport L2TP/IPsec concentrator.", "sallyport"};
  AddGlobalOptions(app, options, seconds, version);

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

  const CLI::App* dials = app.add_subcommand("dials", "The servers that we dial");

  CLI::App* reasons = app.add_subcommand("why", "Why a client did not get in");
  reasons->add_option("CLIENT", why.who, "Its outside address, its user or its IKE identity")
      ->type_name("ADDRESS[/LENGTH]|USER");

  CLI::App* end = app.add_subcommand("disconnect", "End sessions");
  FilterOptions end_filter(disconnect.filter);
  CLI::Option_group* which = end->add_option_group("which", "Which sessions: one of these");
  end_filter.Add(*which, "ID", "id", "The session with this id")->type_name("");
  end_filter.Add(*which, "--user", "user", "All of this user")->type_name("USER");
  end_filter.Add(*which, "--address", "address", "Those with this inside address")
      ->type_name("ADDRESS[/LENGTH]");
  which->add_flag("--all", disconnect.all, "Every session");
  which->require_option(1);
  end->add_flag("--dry-run", disconnect.dry_run, "Only say which sessions it would be");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Unexpected{ToUsageExit(app, error)};
  }
  options.time_limit = std::chrono::seconds{seconds};
  if (list->parsed()) options.command = std::move(sessions);
  if (dials->parsed()) options.command = DialsCommand{};
  if (reasons->parsed()) options.command = std::move(why);
  if (end->parsed()) options.command = std::move(disconnect);
  return options;
}

}  // namespace sallyport::cli
