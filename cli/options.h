// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <map>
#include <string>
#include <variant>

#include "base/expected.h"

namespace sallyport::cli {

inline constexpr const char* kDefaultSocket = "/run/sallyport/sallyport.sock";  // design D7

struct StatusCommand {
  bool operator==(const StatusCommand&) const = default;
};
/// Filters by the names of the API; only those given.
struct SessionsCommand {
  std::map<std::string, std::string> filter;
  bool operator==(const SessionsCommand&) const = default;
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
  std::variant<StatusCommand, SessionsCommand, DialsCommand, WhyCommand, DisconnectCommand> command;
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
