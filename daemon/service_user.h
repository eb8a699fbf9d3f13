// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <set>
#include <string>
#include <vector>

#include "daemon/config_error.h"

namespace sallyport::daemon {

/// The user that packages run the service as (packaging/sysusers.d).
inline constexpr const char* kServiceUser = "sallyport";

/// For root, who checks a configuration and reads everything: a warning for each of `files` that
/// kServiceUser could not read. None for others, and where there is no such user. Gives root's
/// rights up for good, so it is the last thing that a process does with files.
std::vector<ConfigError> UnreadableForService(const std::set<std::string>& files);

}  // namespace sallyport::daemon
