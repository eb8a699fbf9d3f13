// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <span>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "base/text.h"
#include "base/unique_fd.h"

namespace sallyport::daemon {
namespace {

Unexpected<std::string> SystemError() { return Unexpected{std::system_category().message(errno)}; }

/// The digit's value in RFC 4648 §4; nothing for a character outside the alphabet.
std::optional<uint32_t> Base64Value(char c) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t value = kAlphabet.find(c);
  return value == std::string_view::npos ? std::nullopt
                                         : std::optional(static_cast<uint32_t>(value));
}

Expected<Secret, std::string> Decoded(std::optional<std::vector<uint8_t>> bytes,
                                      const char* mistake) {
  if (!bytes) return Unexpected{std::string(mistake)};
  if (bytes->empty()) return Unexpected{std::string("an empty key")};
  Secret key{std::span<const uint8_t>(*bytes)};
  WipeBytes(*bytes);
  return key;
}

/// The first `size` octets of `fd`, or as many as there are.
Expected<std::vector<uint8_t>, std::string> ReadUpTo(int fd, size_t size) {
  std::vector<uint8_t> bytes(size);
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(fd, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      WipeBytes(bytes);
      return SystemError();
    }
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Expected<FileText, std::string> ReadPath(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return SystemError();
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return SystemError();
  if (!S_ISREG(status.st_mode)) return Unexpected{std::string("something that is not a file")};
  const auto size = static_cast<size_t>(status.st_size);
  if (size > kMaxFileSize) return Unexpected{std::string("a file larger than 64 MiB")};
  // One octet more tells a file that grows while it is read: half a file must not pass for a whole.
  auto bytes = ReadUpTo(fd.get(), size + 1);
  if (!bytes) return Unexpected{bytes.error()};
  FileText file{.text = Secret(std::span<const uint8_t>(*bytes)),
                .readable_by_others = (status.st_mode & S_IROTH) != 0};
  WipeBytes(*bytes);
  if (file.text.bytes().size() != size) {
    return Unexpected{std::string("a file that changes while it is read")};
  }
  return file;
}

}  // namespace

std::optional<std::vector<uint8_t>> FromBase64(std::string_view text) {
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  if (text.size() % 4 == 1) return {};
  std::vector<uint8_t> bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  unsigned pending = 0;  // how many of `bits` belong to no octet yet
  for (const char c : text) {
    const auto value = Base64Value(c);
    if (!value) return {};
    bits = bits << 6 | *value;
    pending += 6;
    if (pending >= 8) {
      pending -= 8;
      bytes.push_back(static_cast<uint8_t>(bits >> pending));
    }
  }
  return bytes;
}

std::optional<std::string> CredentialIn(std::string_view file) {
  constexpr std::string_view kPrefix = "credential:";
  constexpr size_t kMaxName = 255;  // limits.h: NAME_MAX
  if (!file.starts_with(kPrefix)) return {};
  const std::string_view name = file.substr(kPrefix.size());
  // As systemd's credential_name_valid() has it: a file's name, and one of LISTEN_FDNAMES.
  const bool good = std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < '\x7F' && c != '/' && c != ':';
  });
  if (name.empty() || name == "." || name == ".." || name.size() > kMaxName || !good) return {};
  return std::string(name);
}

Expected<FileText, std::string> ReadFile(const std::string& file) {
  const auto credential = CredentialIn(file);
  if (!credential) return ReadPath(file);
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  if (folder == nullptr || *folder == '\0') {
    return Unexpected{std::string("no credentials here ($CREDENTIALS_DIRECTORY is not set)")};
  }
  return ReadPath(std::string(folder) + '/' + *credential);
}

Expected<Secret, std::string> ParsePsk(std::string_view text) {
  if (text.starts_with("0x")) {
    return Decoded(FromHex(text.substr(2)), "0x without an even number of hexadecimal digits");
  }
  if (text.starts_with("0s")) return Decoded(FromBase64(text.substr(2)), "0s without Base64");
  if (text.empty()) return Unexpected{std::string("an empty key")};
  return Secret(text);
}

Expected<Secret, std::string> ParseSecret(std::string_view text) {
  if (text.empty()) return Unexpected{std::string("an empty secret")};
  return Secret(text);
}

std::string_view FirstLine(std::string_view content) {
  std::string_view line = content.substr(0, content.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Expected<Secret, std::string> ParsePskFile(std::string_view content) {
  return ParsePsk(FirstLine(content));
}

}  // namespace sallyport::daemon
