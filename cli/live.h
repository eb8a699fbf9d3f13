// SPDX-License-Identifier: GPL-2.0-or-later
// Commands that go on until somebody ends them: events, trace, top, sessions --watch, drain
// --wait.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "cli/commands.h"
#include "cli/terminal.h"

namespace sallyport::cli {

/// What such a command needs of the world.
struct Surroundings {
  Transport call;
  /// As cli::Follow().
  std::function<Expected<HttpResponse, CallError>(const HttpCall&,
                                                  const std::function<bool(std::string_view)>&)>
      follow;
  /// Writes a line to standard error.
  std::function<void(const std::string&)> warn;
  /// Writes to standard output, at once. False: nobody reads it any more.
  std::function<bool(const std::string&)> print;
  /// Makes a file that nobody else may read, or empties it. Writes to it, at once; false: no more
  /// can be written. The error says why there is none.
  std::function<Expected<std::function<bool(std::string_view)>, std::string>(const std::string&)>
      create;
  /// Waits; false when the user wants an end.
  std::function<bool(std::chrono::milliseconds)> wait;
  std::function<TerminalSize()> size;
};

bool IsLive(const Options& options);

/// Carries out a command that IsLive(). The outcome's `out` is empty: all has been printed.
Outcome RunLive(const Options& options, const Screen& screen, const Surroundings& world);

}  // namespace sallyport::cli
