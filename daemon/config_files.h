// SPDX-License-Identifier: GPL-2.0-or-later
// The files that a configuration names, by path or as a credential: how they are read, and the form
// of a pre-shared key.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "base/secret.h"

namespace sallyport::daemon {

/// Octets in the largest file that is read. Local policy: about half a million users.
inline constexpr size_t kMaxFileSize = size_t{64} << 20;

struct FileText {
  Secret text;
  bool readable_by_others = false;  // the mode lets every local user read it
};

/// The name of the credential that "credential:NAME" stands for, a file which systemd gives to the
/// service (systemd.exec(5), LoadCredential=); nothing for a path, and for what systemd takes for
/// no name of a credential.
std::optional<std::string> CredentialIn(std::string_view file);

/// Reads a whole file. The error reads after "found ": "No such file or directory".
using FileReader = std::function<Expected<FileText, std::string>(const std::string& file)>;

/// The FileReader of the running daemon: regular files up to kMaxFileSize. Credentials are those in
/// $CREDENTIALS_DIRECTORY.
Expected<FileText, std::string> ReadFile(const std::string& file);

/// RFC 4648 §4, padding optional as strongSwan writes it with and without; nothing for other text.
std::optional<std::vector<uint8_t>> FromBase64(std::string_view text);

/// A pre-shared key as swanctl.conf takes it: `0x` and hexadecimal digits, `0s` and Base64 (RFC
/// 4648 §4), or the text itself. The error reads after "found " and holds nothing of the key.
Expected<Secret, std::string> ParsePsk(std::string_view text);

/// A secret that is the text itself. The error reads after "found ".
Expected<Secret, std::string> ParseSecret(std::string_view text);

/// The first line of a file, without its line end.
std::string_view FirstLine(std::string_view content);

/// The key in the first line of a file; its line end does not belong to it.
Expected<Secret, std::string> ParsePskFile(std::string_view content);

}  // namespace sallyport::daemon
