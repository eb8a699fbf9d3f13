// SPDX-License-Identifier: GPL-2.0-or-later
// A configuration taken apart into its keys: to be shown, and to be compared with another.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace sallyport::daemon {

struct Config;

/// One key of the configuration in force.
struct ConfigValue {
  std::string section;      // "ppp"; of several: IsArraySection()
  size_t index = 0;         // which of them
  std::string name;         // "mtu"
  std::string toml;         // the value as TOML writes it; a secret is masked, none is null
  bool is_default = false;  // nobody asked for it
};

/// Every key of `config`, section by section.
std::vector<ConfigValue> ValuesOf(const Config& config);

/// Keys by their full names, "pool[1].ranges".
struct ConfigChanges {
  std::vector<std::string> live;     // a running daemon can apply them
  std::vector<std::string> restart;  // it cannot
};

/// What differs between two configurations, contents of secret files included.
ConfigChanges Compare(const Config& before, const Config& after);

}  // namespace sallyport::daemon
