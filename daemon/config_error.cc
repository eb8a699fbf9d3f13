// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_error.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace sallyport::daemon {

std::string ConfigError::ToString() const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + key +
         ": found " + found + ", expected " + expected;
}

void SortByPosition(std::vector<ConfigError>& errors, const std::string& first_file) {
  using Place = std::tuple<bool, std::string_view, unsigned, unsigned>;
  const auto place = [&first_file](const ConfigError& error) {
    return Place{error.file != first_file, error.file, error.line, error.column};
  };
  std::stable_sort(
      errors.begin(), errors.end(),
      [&place](const ConfigError& a, const ConfigError& b) { return place(a) < place(b); });
}

}  // namespace sallyport::daemon
