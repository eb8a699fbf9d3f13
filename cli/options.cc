// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <optional>
#include <sstream>
#include <vector>

#include "base/edit_distance.h"
#include "base/ip_address.h"
#include "cli/session_table.h"
#include "cli/terminal.h"

namespace sallyport::cli {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 daemon unreachable, 4 timeout,\n"
    "5 nothing matched, 6 permission denied. See sallyport(1).";

/// An unset shell variable must not widen what is chosen.
std::string CheckValue(const std::string& value) {
  return value.empty() ? std::string("the value is empty") : std::string();
}

/// As the daemon reads it.
std::string CheckNetwork(const std::string& text) {
  if (IpAddress::Parse(text) || IpPrefix::Parse(text)) return {};
  return "\"" + TerminalText(text) + "\" is no address, and no network like 203.0.113.0/24";
}

/// Options that name sessions: each given one becomes a member of `filter`.
class FilterOptions {
 public:
  explicit FilterOptions(std::map<std::string, std::string>& filter) : filter_(filter) {}

  CLI::Option* Add(CLI::App& app, const std::string& option, const std::string& name,
                   const std::string& help) {
    return app
        .add_option_function<std::string>(
            option, [this, name](const std::string& value) { filter_[name] = value; }, help)
        ->check(CheckValue);
  }

 private:
  std::map<std::string, std::string>& filter_;
};

/// Those of `app`, in its order; groups of options have no name.
std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
}

/// `prefix` is what stands before `word`: nothing, or "config ".
UsageExit NoSuchCommand(const CLI::App& in, const std::string& prefix, const std::string& word) {
  std::string text = "sallyport: there is no command \"" + prefix + TerminalText(word) + "\"";
  size_t best = TolerableDistance(word) + 1;
  std::string meant;
  for (const CLI::App* command : CommandsOf(in)) {
    // Who gives up in the middle of a word is close as well.
    const size_t distance =
        command->get_name().starts_with(word) ? 1 : EditDistance(word, command->get_name());
    if (distance >= best) continue;
    best = distance;
    meant = command->get_name();
  }
  if (!meant.empty()) text += "; did you mean \"" + prefix + meant + "\"?";
  return {.wrong = true, .text = text + "\nRun with --help for more information.\n"};
}

/// When a word stands where a command has to.
std::optional<UsageExit> ToUnknownCommand(const CLI::App& app, const CLI::ParseError& error) {
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (code != CLI::ExitCodes::ExtrasError && code != CLI::ExitCodes::RequiredError) return {};
  const CLI::App* in = &app;
  std::string prefix;
  while (!in->get_subcommands().empty()) {
    in = in->get_subcommands().front();
    prefix += in->get_name() + " ";
  }
  const auto words = app.remaining(true);
  if (CommandsOf(*in).empty() || words.empty() || words.front().starts_with('-')) return {};
  return NoSuchCommand(*in, prefix, words.front());
}

UsageExit ToUsageExit(const CLI::App& app, const CLI::ParseError& error) {
  if (auto unknown = ToUnknownCommand(app, error)) return *std::move(unknown);
  std::ostringstream out;
  std::ostringstream wrong;
  const int code = app.exit(error, out, wrong);
  return {.wrong = code != 0, .text = code == 0 ? out.str() : "sallyport: " + wrong.str()};
}

/// The answer to `help COMMAND...`; of no command: of all.
UsageExit HelpOn(const CLI::App& app, const std::vector<std::string>& command) {
  const CLI::App* on = &app;
  std::string prefix;  // of `on`'s commands
  for (const std::string& word : command) {
    const auto all = CommandsOf(*on);
    const auto found =
        std::ranges::find(all, word, [](const auto* one) { return one->get_name(); });
    if (found == all.end()) return NoSuchCommand(*on, prefix, word);
    on = *found;
    prefix += word + " ";
  }
  std::string name = app.get_name() + " " + prefix;
  name.pop_back();
  // Not help(), which would be that of the command "help".
  return {.wrong = false,
          .text = on->get_formatter()->make_help(on, name, CLI::AppFormatMode::Normal)};
}

/// What is known of every command before the line is read.
struct Commands {
  SessionsCommand sessions;
  int watch = 2;  // seconds
  SessionCommand session;
  EventsCommand events;
  TraceCommand trace;
  TopCommand top;
  int interval = static_cast<int>(top.interval.count());
  WhyCommand why;
  DisconnectCommand disconnect;
  DrainCommand drain;
  LogLevelCommand log_level;
  ConfigShowCommand show;
  ConfigCheckCommand check;
  ConfigExplainCommand explain;
  InitCommand init;
  std::vector<std::string> help;
  FilterOptions list_filter{sessions.filter};
  FilterOptions end_filter{disconnect.filter};
};

/// `command` is what is run when `app` is given; as it is then.
template <typename Command>
void RunOn(CLI::App& app, Options& options, const Command& command) {
  app.callback([&options, &command] { options.command = command; });
}

template <typename Command>
void AddPlain(CLI::App& app, Options& options, const char* name, const char* help) {
  app.add_subcommand(name, help)->callback([&options] { options.command = Command{}; });
}

/// What holds for every command. `seconds` is the time limit, to be read after the parsing.
void AddGlobalOptions(CLI::App& app, Options& options, int& seconds, const std::string& version) {
  app.set_version_flag("--version", "sallyport " + version);
  app.add_option("--socket", options.socket_path, "The daemon's status socket")
      ->type_name("PATH")
      ->take_last()  // over an alias that names one already
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

void AddSessions(CLI::App& app, Options& options, Commands& commands) {
  SessionsCommand& sessions = commands.sessions;
  CLI::App* list = app.add_subcommand("sessions", "A table of the sessions");
  FilterOptions& filter = commands.list_filter;
  filter.Add(*list, "--user", "user", "Of this user")->type_name("USER");
  filter.Add(*list, "--address", "address", "With this inside address")
      ->type_name("ADDRESS[/LENGTH]")
      ->check(CheckNetwork);
  filter.Add(*list, "--peer", "peer", "From this outside address")
      ->type_name("ADDRESS[/LENGTH]")
      ->check(CheckNetwork);
  filter.Add(*list, "--pool", "pool", "With an address of this pool")->type_name("POOL");
  filter.Add(*list, "--state", "state", "In this state")
      ->type_name("starting|up|closing")
      ->check(CLI::IsMember({"starting", "up", "closing"}));
  list->add_option("-o,--columns", sessions.columns, "Columns, separated by commas")
      ->delimiter(',')
      ->type_name("COLUMN,...")
      ->check(CLI::IsMember(SessionColumns()));
  list->add_option("--sort", sessions.sort, "Sort by this column; numbers: the largest first")
      ->type_name("COLUMN")
      ->check(CLI::IsMember(SessionColumns()));
  list->add_flag_callback(
      "--no-header", [&sessions] { sessions.header = false; },
      "No line with the names of the columns");
  const CLI::Option* watched =
      list->add_option("-w,--watch", commands.watch, "Again every so many seconds")
          ->type_name("SECONDS")
          ->check(CLI::Range(1, 3600))
          ->expected(0, 1)
          ->default_str("2");
  list->callback([&options, &commands, watched] {
    if (watched->count() > 0) commands.sessions.watch = std::chrono::seconds{commands.watch};
    options.command = commands.sessions;
  });

  CLI::App* one = app.add_subcommand("session", "Everything about one session");
  one->add_option("ID", commands.session.id, "As in the table of the sessions")->required();
  RunOn(*one, options, commands.session);
}

/// Commands that show something else than sessions, or go on showing.
void AddViews(CLI::App& app, Options& options, Commands& commands) {
  AddPlain<TunnelsCommand>(app, options, "tunnels", "The L2TP control connections");
  AddPlain<SasCommand>(app, options, "sas", "The IPsec SAs");
  AddPlain<PoolsCommand>(app, options, "pools", "The address pools");
  AddPlain<DialsCommand>(app, options, "dials", "The servers that we dial");

  CLI::App* why = app.add_subcommand("why", "Why a client did not get in");
  why->add_option("CLIENT", commands.why.who, "Its outside address, its user or its IKE identity")
      ->type_name("ADDRESS[/LENGTH]|USER")
      ->check(CheckValue);
  RunOn(*why, options, commands.why);

  CLI::App* events = app.add_subcommand("events", "Follow what happens, until interrupted");
  events->add_option("--type", commands.events.types, "Only these groups, separated by commas")
      ->delimiter(',')
      ->type_name("GROUP,...")
      ->check(CLI::IsMember(
          {"session", "login", "attempt", "tunnel", "sa", "ike", "dial", "drain", "reload"}));
  RunOn(*events, options, commands.events);

  CLI::App* trace = app.add_subcommand("trace", "Follow the control messages of clients");
  trace->add_option("CLIENT", commands.trace.who, "Its outside address or its user")
      ->type_name("ADDRESS[/LENGTH]|USER")
      ->check(CheckValue);
  trace->add_option("--session", commands.trace.session, "Of the session with this id")
      ->type_name("ID")
      ->check(CheckValue);
  trace->add_option("--pcap", commands.trace.pcap, "Write a capture file; -: standard output")
      ->type_name("FILE")
      ->check(CheckValue)
      ->excludes(app.get_option("--json"));
  RunOn(*trace, options, commands.trace);

  TopCommand& settings = commands.top;
  CLI::App* top = app.add_subcommand("top", "The sessions and their rates, live; q ends it");
  top->add_option("--interval", commands.interval, "Seconds from one look to the next")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
  top->add_option("--sort", settings.sort, "What comes first")
      ->type_name("rate|rx|tx|uptime|user|address|peer")
      ->check(CLI::IsMember({"rate", "rx", "tx", "uptime", "user", "address", "peer"}))
      ->capture_default_str();
  top->add_option("--count", settings.count, "End after so many looks")->type_name("NUMBER");
  top->callback([&options, &commands] {
    commands.top.interval = std::chrono::seconds{commands.interval};
    options.command = commands.top;
  });

  AddPlain<DoctorCommand>(app, options, "doctor",
                          "Look for what keeps clients from getting through");
}

void AddActions(CLI::App& app, Options& options, Commands& commands) {
  CLI::App* end = app.add_subcommand("disconnect", "End sessions");
  FilterOptions& filter = commands.end_filter;
  CLI::Option_group* which = end->add_option_group("which", "Which sessions: one of these");
  filter.Add(*which, "ID", "id", "The session with this id")->type_name("");
  filter.Add(*which, "--user", "user", "All of this user")->type_name("USER");
  filter.Add(*which, "--address", "address", "Those with this inside address")
      ->type_name("ADDRESS[/LENGTH]")
      ->check(CheckNetwork);
  filter.Add(*which, "--peer", "peer", "Those from this outside address")
      ->type_name("ADDRESS[/LENGTH]")
      ->check(CheckNetwork);
  filter.Add(*which, "--pool", "pool", "Those with an address of this pool")->type_name("POOL");
  which->add_flag("--all", commands.disconnect.all, "Every session");
  which->require_option(1);
  end->add_flag("--dry-run", commands.disconnect.dry_run, "Only say which sessions it would be");
  RunOn(*end, options, commands.disconnect);

  CLI::App* drain = app.add_subcommand("drain", "Refuse new clients; those there are stay");
  drain->add_flag("--wait", commands.drain.wait, "Wait until the last client has gone");
  RunOn(*drain, options, commands.drain);
  AddPlain<UndrainCommand>(app, options, "undrain", "Take new clients again");
  AddPlain<ReloadCommand>(app, options, "reload", "Read the configuration again");

  CLI::App* level = app.add_subcommand("log-level", "Change what the daemon logs");
  level->add_option("LEVEL", commands.log_level.level, "error, warning, notice, info or debug")
      ->required()
      ->check(CLI::IsMember({"error", "warning", "notice", "info", "debug"}));
  RunOn(*level, options, commands.log_level);
}

void AddConfig(CLI::App& app, Options& options, Commands& commands) {
  CLI::App* config = app.add_subcommand("config", "The daemon's configuration");
  config->require_subcommand(1);
  CLI::App* show = config->add_subcommand("show", "What is in force; secrets are masked");
  show->add_flag("--all", commands.show.all, "Defaults too");
  RunOn(*show, options, commands.show);
  CLI::App* check = config->add_subcommand("check", "Check a file without using it");
  check->add_option("FILE", commands.check.file, "Default: /etc/sallyport/sallyport.toml");
  RunOn(*check, options, commands.check);
  CLI::App* explain = config->add_subcommand("explain", "What a key means");
  explain->add_option("KEY", commands.explain.key, "As in ppp.mtu; all without it");
  RunOn(*explain, options, commands.explain);
}

void AddInit(CLI::App& app, Options& options, InitCommand& init) {
  CLI::App* command =
      app.add_subcommand("init", "Write a first configuration, and what clients need");
  command->add_option("--address", init.address, "What clients dial")
      ->type_name("ADDRESS|NAME")
      ->check(CheckValue);
  command->add_option("--pool", init.pool, "The network of the clients' inside addresses")
      ->type_name("NETWORK/LENGTH")
      ->check(CheckValue);
  command->add_option("--dns", init.dns, "Name servers for clients")
      ->type_name("ADDRESS,...|none")
      ->check(CheckValue);
  command->add_option("--user", init.user, "The first user")->type_name("USER")->check(CheckValue);
  command->add_option("--password-file", init.password_file, "Its first line is the password")
      ->type_name("FILE")
      ->check(CheckValue);
  command->add_option("--psk-file", init.psk_file, "Its first line is the pre-shared key")
      ->type_name("FILE")
      ->check(CheckValue);
  command->add_option("--name", init.name, "What clients call the connection")
      ->type_name("NAME")
      ->check(CheckValue)
      ->capture_default_str();
  command->add_option("--folder", init.folder, "Where the configuration goes")
      ->type_name("FOLDER")
      ->check(CheckValue)
      ->capture_default_str();
  command->add_option("--settings", init.settings, "Write the clients' settings there")
      ->type_name("FOLDER")
      ->check(CheckValue);
  command->add_flag("-y,--yes", init.yes, "Ask nothing; take what is suggested");
  command->add_flag("--force", init.force, "Replace what is there, and keep it as FILE.bak");
  RunOn(*command, options, init);
}

CLI::App* AddHelp(CLI::App& app, std::vector<std::string>& command) {
  CLI::App* help = app.add_subcommand("help", "How a command is used");
  help->add_option("COMMAND", command, "As in sessions, or config show; all without it");
  return help;
}

}  // namespace

Expected<Options, UsageExit> ParseCommandLine(int argc, const char* const* argv,
                                              const std::string& version) {
  Options options;
  Commands commands;
  int seconds = static_cast<int>(options.time_limit.count());

  CLI::App app{"Shows and steers the Sallyport L2TP/IPsec concentrator.", "sallyport"};
  AddGlobalOptions(app, options, seconds, version);
  app.add_subcommand("status", "The daemon on one screen (default)");
  AddSessions(app, options, commands);
  AddViews(app, options, commands);
  AddActions(app, options, commands);
  AddConfig(app, options, commands);
  AddInit(app, options, commands.init);
  const CLI::App* help = AddHelp(app, commands.help);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Unexpected{ToUsageExit(app, error)};
  }
  if (help->parsed()) return Unexpected{HelpOn(app, commands.help)};
  options.time_limit = std::chrono::seconds{seconds};
  return options;
}

}  // namespace sallyport::cli
