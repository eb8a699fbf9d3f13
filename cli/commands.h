// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <functional>
#include <string>

#include "base/expected.h"
#include "cli/http_client.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace sallyport::cli {

/// What the process returns; documented in sallyport(1).
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kUnreachable = 3,
  kTimeout = 4,
  kNothingMatched = 5,
  kForbidden = 6,
};

/// How to print.
struct Screen {
  bool terminal = false;  // standard output is one: no control character may reach it
  bool coloured = false;
};

/// What a command prints, and its end.
struct Outcome {
  ExitCode code = ExitCode::kDone;
  std::string out;    // standard output
  std::string error;  // standard error, without "sallyport: "; may have several lines
};

using Transport = std::function<Expected<HttpResponse, CallError>(const HttpCall&)>;

/// The call that `options.command` makes.
HttpCall ToCall(const Options& options);

/// Why there is no answer, and what to do.
Outcome ExplainCallError(const Options& options, const CallError& error);
/// What the daemon refused, and why; as JSON too if that is asked for.
Outcome ExplainProblem(const Options& options, const Screen& screen, const HttpResponse& response);
/// JSON of the daemon's: unchanged, but for a terminal.
std::string JsonText(const Screen& screen, const std::string& json);

/// Carries `options.command` out, with one call over `transport`.
Outcome Run(const Options& options, const Screen& screen, const Transport& transport);

}  // namespace sallyport::cli
