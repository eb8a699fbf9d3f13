// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/expected.h"

namespace sallyport::cli {

inline constexpr const char* kDefaultSocket = "/run/sallyport/sallyport.sock";  // design D7

struct StatusCommand {
  bool operator==(const StatusCommand&) const = default;
};
/// Filters by the names of the API; only those given.
struct SessionsCommand {
  std::map<std::string, std::string> filter;
  std::vector<std::string> columns = {};  // none: the usual ones
  std::string sort = {};                  // a column; empty: as the daemon has them
  bool header = true;
  std::optional<std::chrono::seconds> watch = {};  // again and again, this far apart
  bool operator==(const SessionsCommand&) const = default;
};
/// All of one session.
struct SessionCommand {
  std::string id;
  bool operator==(const SessionCommand&) const = default;
};
struct TunnelsCommand {
  bool operator==(const TunnelsCommand&) const = default;
};
struct SasCommand {
  bool operator==(const SasCommand&) const = default;
};
struct PoolsCommand {
  bool operator==(const PoolsCommand&) const = default;
};
/// Follows what happens.
struct EventsCommand {
  std::vector<std::string> types;  // groups; none: all
  bool operator==(const EventsCommand&) const = default;
};
/// Follows what control messages pass.
struct TraceCommand {
  std::string who;      // an outside address, a prefix or a user; empty: everybody
  std::string session;  // id; empty: any
  std::string pcap;     // file that is written instead; "-": standard output
  bool operator==(const TraceCommand&) const = default;
};
/// The sessions with their rates, again and again.
struct TopCommand {
  std::chrono::seconds interval{1};
  std::string sort = "rate";
  unsigned count = 0;  // how often; 0: until q or a signal
  bool operator==(const TopCommand&) const = default;
};
struct DrainCommand {
  bool wait = false;  // until nobody is left
  bool operator==(const DrainCommand&) const = default;
};
struct UndrainCommand {
  bool operator==(const UndrainCommand&) const = default;
};
struct ReloadCommand {
  bool operator==(const ReloadCommand&) const = default;
};
struct LogLevelCommand {
  std::string level;
  bool operator==(const LogLevelCommand&) const = default;
};
/// The configuration in force.
struct ConfigShowCommand {
  bool all = false;  // defaults too
  bool operator==(const ConfigShowCommand&) const = default;
};
/// Done by the daemon's program, whether a daemon runs or not.
struct ConfigCheckCommand {
  std::string file;  // empty: the daemon's default
  bool operator==(const ConfigCheckCommand&) const = default;
};
struct ConfigExplainCommand {
  std::string key;  // empty: all
  bool operator==(const ConfigExplainCommand&) const = default;
};
/// What on this machine keeps clients from getting through.
struct DoctorCommand {
  bool operator==(const DoctorCommand&) const = default;
};
/// The first configuration. What is left out is asked for, or suggested.
struct InitCommand {
  std::string address = {};  // that clients dial; a name will do
  std::string pool = {};     // "10.64.0.0/16"
  std::string dns = {};      // separated by commas, or "none"
  std::string user = {};
  std::string password_file = {};
  std::string psk_file = {};
  std::string name = "Sallyport";         // of the connection, in clients
  std::string folder = "/etc/sallyport";  // that is written into
  std::string settings = {};  // folder for the clients' settings; empty: they are printed
  bool yes = false;           // ask nothing
  bool force = false;         // replace what is there
  bool operator==(const InitCommand&) const = default;
};
struct DialsCommand {
  bool operator==(const DialsCommand&) const = default;
};
struct WhyCommand {
  std::string who;  // an outside address, a prefix, a user or an IKE identity; empty: everybody
  bool operator==(const WhyCommand&) const = default;
};
struct DisconnectCommand {
  std::map<std::string, std::string> filter;
  bool all = false;  // instead of a filter
  bool dry_run = false;
  bool operator==(const DisconnectCommand&) const = default;
};

struct Options {
  std::string socket_path = kDefaultSocket;
  bool json = false;
  std::chrono::seconds time_limit{10};  // local policy
  std::variant<StatusCommand, SessionsCommand, SessionCommand, TunnelsCommand, SasCommand,
               PoolsCommand, DialsCommand, EventsCommand, TraceCommand, TopCommand, WhyCommand,
               DisconnectCommand, DrainCommand, UndrainCommand, ReloadCommand, LogLevelCommand,
               ConfigShowCommand, ConfigCheckCommand, ConfigExplainCommand, DoctorCommand,
               InitCommand>
      command;
};

/// There is nothing to run: help or version was asked for, or the line is wrong.
struct UsageExit {
  bool wrong = false;  // the text is for standard error, the exit code 2
  std::string text;
};

/// Reads the command line; `version` is what --version prints.
Expected<Options, UsageExit> ParseCommandLine(int argc, const char* const* argv,
                                              const std::string& version);

}  // namespace sallyport::cli
