// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <vector>

namespace sallyport::daemon {

/// What is wrong in a configuration file or in a file that it names, and where. Never holds a
/// secret.
struct ConfigError {
  std::string file;
  unsigned line = 1;    // from 1; 1 when the place is the whole file
  unsigned column = 1;  // from 1, in characters
  std::string key;      // "ppp.mtu", or the column of a users file: "address"
  std::string found;
  std::string expected;

  /// "FILE:LINE:COLUMN: KEY: found FOUND, expected EXPECTED", without a newline.
  std::string ToString() const;
  bool operator==(const ConfigError&) const = default;
};

/// Brings errors into the order in which an operator goes through them: by position, `first_file`
/// before the files that it names.
void SortByPosition(std::vector<ConfigError>& errors, const std::string& first_file);

}  // namespace sallyport::daemon
