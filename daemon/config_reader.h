// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aaa/users_file_words.h"
#include "base/expected.h"
#include "daemon/config.h"
#include "daemon/config_error.h"

namespace sallyport::daemon {

/// Where the parts of a configuration file stand, by name: "ppp.users_file", "pool[0]",
/// "pool[0].ranges[1]".
using ConfigPositions = std::map<std::string, aaa::TextPosition>;

/// What the text of a configuration file says. Each key is checked alone; what keys mean together
/// is LoadConfig()'s.
struct ParsedConfig {
  Config config;  // as far as there are no errors
  ConfigPositions positions;
  std::vector<ConfigError> errors;
};

/// `file` is the name for messages. The error: the text is no TOML, so nothing is known of it.
Expected<ParsedConfig, ConfigError> ParseConfig(std::string_view text, const std::string& file);

}  // namespace sallyport::daemon
