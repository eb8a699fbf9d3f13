// SPDX-License-Identifier: GPL-2.0-or-later
// The first configuration of a server, and what its first user needs.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "cli/commands.h"
#include "cli/options.h"

namespace sallyport::cli {

struct Question {
  std::string text;
  std::string suggestion;   // what an empty line means
  bool hidden = false;      // the answer is a secret
  std::string complaint{};  // about the answer before; empty: this is the first time
};

/// What RunInit() does outside of itself.
struct InitWorld {
  /// Nothing when the input has ended. Null: nobody is there to be asked.
  std::function<std::optional<std::string>(const Question& question)> ask;
  std::function<std::string(size_t octets)> random;
  std::function<std::optional<std::string>(const std::string& path)> read;
  std::function<bool(const std::string& path)> exists;  // a link to nowhere does, too
  /// Makes `from` be called `to`; why not, or nothing.
  std::function<std::string(const std::string& from, const std::string& to)> rename;
  std::function<void(const std::string& path)> remove;
  /// A file that only root, and with `for_daemon` the daemon, can read. Why not, or nothing.
  std::function<std::string(const std::string& path, const std::string& text, bool for_daemon)>
      write;
  /// The address that the rest of the world is reached from; none if there is no way.
  std::optional<IpAddress> own_address;
};

/// Asks what the command line does not say, again where an answer will not do, writes
/// sallyport.toml, psk and users into the folder, and gives the settings of clients. Writes nothing
/// unless all of it is right, and replaces nothing without --force.
Outcome RunInit(const InitCommand& command, bool json, const InitWorld& world);

}  // namespace sallyport::cli
