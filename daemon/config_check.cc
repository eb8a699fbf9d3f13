// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_check.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace sallyport::daemon {

ConfigError AboutFile(const std::string& path, std::string_view key, std::string found,
                      std::string expected) {
  return {.file = path,
          .line = 1,
          .column = 1,
          .key = std::string(key),
          .found = std::move(found),
          .expected = std::move(expected)};
}

ConfigError ReadableByOthers(const std::string& path, std::string_view key) {
  return AboutFile(path, key, "a file with secrets that every local user can read",
                   "mode 0640 or less");
}

std::optional<aaa::TextPosition> ConfigCheck::PositionOf(std::string_view path) const {
  const auto found = positions_.find(std::string(path));
  return found == positions_.end() ? std::nullopt : std::optional(found->second);
}

bool ConfigCheck::HasErrors(std::string_view key) const {
  return std::any_of(errors_.begin(), errors_.end(),
                     [key](const auto& error) { return error.key.starts_with(key); });
}

void ConfigCheck::Add(std::optional<aaa::TextPosition> position, std::string_view key,
                      std::string found, std::string expected) {
  const auto place = position.value_or(kStart);
  errors_.push_back({.file = path_,
                     .line = place.line,
                     .column = place.column,
                     .key = std::string(key),
                     .found = std::move(found),
                     .expected = std::move(expected)});
}

void ConfigCheck::AddUnreadable(std::string_view path, std::string_view key,
                                const std::string& file, const std::string& reason) {
  const auto credential = CredentialIn(file);
  Add(PositionOf(path), key, "\"" + PrintableText(file) + "\": " + reason,
      credential ? "a credential of the service: LoadCredential=" + *credential +
                       ":FILE in the unit sallyportd.service, and a restart"
                 : "a readable file");
}

void ConfigCheck::WarnOfInlineSecret(std::string_view key) {
  if (readable_by_others_) warnings_.push_back(ReadableByOthers(path_, key));
}

void ConfigCheck::LoadSecret(const SecretFile& wanted, Secret& secret) {
  if (wanted.file.empty()) return;
  const auto content = read_(wanted.file);
  if (!content) return AddUnreadable(wanted.path, wanted.key, wanted.file, content.error());
  if (content->readable_by_others) {
    warnings_.push_back(ReadableByOthers(wanted.file, wanted.key));
  }
  const std::string_view line = FirstLine(content->text.text());
  auto parsed = wanted.psk ? ParsePsk(line) : ParseSecret(line);
  if (parsed) {
    secret = *std::move(parsed);
    return;
  }
  errors_.push_back(AboutFile(
      wanted.file, wanted.key, parsed.error(),
      wanted.psk ? "the pre-shared key in the first line: text, 0x and hexadecimal digits, or 0s "
                   "and Base64"
                 : "the secret in the first line"));
}

std::vector<ConfigError> ConfigCheck::TakeErrors() {
  SortByPosition(errors_, path_);
  return std::move(errors_);
}

std::vector<ConfigError> ConfigCheck::TakeWarnings() {
  SortByPosition(warnings_, path_);
  return std::move(warnings_);
}

}  // namespace sallyport::daemon
