// SPDX-License-Identifier: GPL-2.0-or-later
// What the checks of a configuration share that need more than one key, or the files that keys
// name.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/expected.h"
#include "base/secret.h"
#include "daemon/config_error.h"
#include "daemon/config_files.h"
#include "daemon/config_reader.h"

namespace sallyport::daemon {

/// A key that names a file with a secret.
struct SecretFile {
  std::string path;  // where the key stands: "dial[0].psk_file"
  std::string key;   // "dial.psk_file"
  const std::string& file;
  bool psk;  // in the forms of ParsePsk(), else the text itself
};

/// About the whole file at `path`.
ConfigError AboutFile(const std::string& path, std::string_view key, std::string found,
                      std::string expected);
ConfigError ReadableByOthers(const std::string& path, std::string_view key);

/// Reads the files that one configuration names, and gathers what is wrong.
class ConfigCheck {
 public:
  static constexpr aaa::TextPosition kStart{};

  /// `path`: of the configuration. `positions` and `errors` are what its text came to.
  ConfigCheck(const std::string& path, const FileReader& read, bool readable_by_others,
              ConfigPositions positions, std::vector<ConfigError> errors)
      : path_(path),
        read_(read),
        readable_by_others_(readable_by_others),
        positions_(std::move(positions)),
        errors_(std::move(errors)) {}

  /// Whether the configuration says `path`: "dial[0].psk_file".
  bool Says(const std::string& path) const { return positions_.contains(path); }
  std::optional<aaa::TextPosition> PositionOf(std::string_view path) const;
  /// Whether something is wrong with a key that begins so.
  bool HasErrors(std::string_view key) const;

  /// In the configuration; without a position at its start.
  void Add(std::optional<aaa::TextPosition> position, std::string_view key, std::string found,
           std::string expected);
  void AddUnreadable(std::string_view path, std::string_view key, const std::string& file,
                     const std::string& reason);
  /// In a file that it names.
  void Add(ConfigError error) { errors_.push_back(std::move(error)); }
  void Warn(ConfigError warning) { warnings_.push_back(std::move(warning)); }
  /// `key` is a secret that stands in the configuration itself.
  void WarnOfInlineSecret(std::string_view key);

  Expected<FileText, std::string> Read(const std::string& file) const { return read_(file); }
  /// Leaves `secret` alone when no file is named.
  void LoadSecret(const SecretFile& wanted, Secret& secret);

  /// By position.
  std::vector<ConfigError> TakeErrors();
  std::vector<ConfigError> TakeWarnings();

 private:
  const std::string& path_;
  const FileReader& read_;
  bool readable_by_others_;
  ConfigPositions positions_;
  std::vector<ConfigError> errors_;
  std::vector<ConfigError> warnings_;
};

}  // namespace sallyport::daemon
