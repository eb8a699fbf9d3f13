// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <vector>

#include "base/expected.h"
#include "daemon/config.h"

namespace sallyport::daemon {

/// What is told of a configuration, by where it goes.
struct ConfigReport {
  std::string out;
  std::string error;
};

/// What `sallyportd --check` says of the configuration at `path`: a line for each error or warning,
/// or one JSON object with all of them.
ConfigReport ReportOf(const std::string& path,
                      const Expected<LoadedConfig, std::vector<ConfigError>>& loaded, bool json);

}  // namespace sallyport::daemon
