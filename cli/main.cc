// SPDX-License-Identifier: GPL-2.0-or-later
// sallyport: the operator's tool. Talks to the daemon's status socket only.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fmt/format.h>
#include <string_view>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/options.h"

namespace sallyport::cli {
namespace {

/// no-color.org: NO_COLOR, when set to anything but nothing, forbids colours.
bool WantsColour() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

int Main(int argc, const char* const* argv) {
  const auto options = ParseCommandLine(argc, argv, SALLYPORT_VERSION);
  if (!options) {
    const UsageExit& usage = options.error();
    fmt::print(usage.wrong ? stderr : stdout, "{}", usage.text);
    return static_cast<int>(usage.wrong ? ExitCode::kUsage : ExitCode::kDone);
  }
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const Outcome outcome =
      Run(*options, {.terminal = terminal, .coloured = terminal && WantsColour()},
          [&options](const HttpCall& call) {
            return Call(options->socket_path, call, options->time_limit);
          });
  if (!outcome.error.empty()) fmt::print(stderr, "sallyport: {}\n", outcome.error);
  const size_t written = std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
  // A full disk behind a redirection must not look like success.
  if (written != outcome.out.size() || std::fflush(stdout) != 0) {
    std::perror("sallyport: cannot write the output");
    return static_cast<int>(ExitCode::kFailed);
  }
  return static_cast<int>(outcome.code);
}

}  // namespace
}  // namespace sallyport::cli

int main(int argc, char** argv) {
  try {
    return sallyport::cli::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sallyport: %s\n", error.what());
    return static_cast<int>(sallyport::cli::ExitCode::kFailed);
  }
}
