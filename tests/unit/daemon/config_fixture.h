// SPDX-License-Identifier: GPL-2.0-or-later
// Configurations that are loaded from files in memory.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config.h"

namespace sallyport::daemon {

/// Files that exist in the test only.
class Files {
 public:
  Files& Add(const std::string& path, std::string_view text, bool readable_by_others = false) {
    files_[path] = FileText{.text = Secret(text), .readable_by_others = readable_by_others};
    return *this;
  }

  FileReader reader() const {
    return [this](const std::string& path) -> Expected<FileText, std::string> {
      asked_.push_back(path);
      const auto file = files_.find(path);
      if (file == files_.end()) return Unexpected{std::string("No such file or directory")};
      return file->second;
    };
  }

  const std::vector<std::string>& asked() const { return asked_; }

 private:
  std::map<std::string, FileText> files_;
  mutable std::vector<std::string> asked_;
};

constexpr std::string_view kMinimal = R"([ipsec]
psk_file = "/psk"
[ppp]
users_file = "/users"
[[pool]]
ranges = ["10.64.0.0/16"]
gateway = "10.64.0.1"
)";

inline Files GoodFiles() {
  return Files().Add("/psk", "swordfish\n").Add("/users", "bob * secret\n");
}

inline Expected<LoadedConfig, std::vector<ConfigError>> Load(std::string_view text,
                                                             Files files = GoodFiles()) {
  files.Add("/c", text);
  return LoadConfig("/c", "gw", files.reader());
}

inline std::vector<std::string> Lines(const std::vector<ConfigError>& errors) {
  std::vector<std::string> lines;
  for (const auto& error : errors) lines.push_back(error.ToString());
  return lines;
}

inline std::vector<std::string> ErrorsOf(std::string_view text, Files files = GoodFiles()) {
  const auto loaded = Load(text, std::move(files));
  return loaded ? std::vector<std::string>() : Lines(loaded.error());
}

/// The errors of the minimal configuration with `extra` before it, where line 1 is.
inline std::vector<std::string> ErrorsWith(const std::string& section, const std::string& line) {
  std::string text(kMinimal);
  const std::string header = "[" + section + "]\n";
  const size_t place = text.find(header);
  if (place == std::string::npos) return ErrorsOf(header + line + "\n" + text);
  return ErrorsOf(text.insert(place + header.size(), line + "\n"));
}

inline std::vector<std::string> WarningsOf(std::string_view text, Files files = GoodFiles()) {
  const auto loaded = Load(text, std::move(files));
  EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error()[0].ToString());
  return loaded ? Lines(loaded->warnings) : std::vector<std::string>();
}

}  // namespace sallyport::daemon
