// SPDX-License-Identifier: GPL-2.0-or-later
// What on this machine keeps clients from getting through. Looks only; changes nothing.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"
#include "cli/http_client.h"
#include "cli/report.h"

namespace sallyport::cli {

/// One line of the examination.
struct Finding {
  enum class Grade : uint8_t { kOk, kWarning, kProblem };
  Grade grade = Grade::kOk;
  std::string what;
  std::string advice;  // what to do; empty when all is well
  bool operator==(const Finding&) const = default;
};

/// Where the facts come from.
struct Patient {
  /// A file's text; nothing when it cannot be read.
  std::function<std::optional<std::string>(const std::string& path)> read;
  std::string kernel_release;  // uname -r
  bool clock_is_synchronised = true;
  bool configured = true;  // the usual configuration file is there, or cannot be looked for
  /// The daemon's answer to GET /v1/status, or why there is none.
  Expected<Json, CallError> status;
};

std::vector<Finding> Examine(const Patient& patient);

/// A line each, the advice below.
std::string DoctorReport(const std::vector<Finding>& findings, const Style& style);
Json ToJson(const std::vector<Finding>& findings);

}  // namespace sallyport::cli
