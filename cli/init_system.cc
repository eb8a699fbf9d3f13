// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/init_system.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <grp.h>
#include <iostream>
#include <netinet/in.h>
#include <sstream>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace sallyport::cli {
namespace {

/// The daemon's, as packaging/sysusers.d makes it.
constexpr const char* kGroup = "sallyport";
constexpr mode_t kFolderMode = 0750;
constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kOwnerAndGroup = 0640;

/// What is typed is not seen as long as it lives.
class HiddenInput {
 public:
  HiddenInput() : hidden_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (hidden_) (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~HiddenInput() {
    if (!hidden_) return;
    (void)::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    fmt::print(stderr, "\n");  // the one that was typed was not seen
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  termios before_{};
  bool hidden_;
};

std::optional<std::string> Ask(const Question& question) {
  if (!question.complaint.empty()) fmt::print(stderr, "{}\n", question.complaint);
  const std::string shown = question.suggestion.empty() ? "" : " [" + question.suggestion + "]";
  fmt::print(stderr, "{}{}: ", question.text, shown);
  std::optional<HiddenInput> unseen;
  if (question.hidden) unseen.emplace();
  std::string answer;
  if (!std::getline(std::cin, answer)) return {};
  return answer;
}

std::string Random(size_t octets) {
  std::string random(octets, '\0');
  size_t have = 0;
  while (have < octets) {
    const ssize_t size = ::getrandom(random.data() + have, octets - have, 0);
    if (size > 0) have += static_cast<size_t>(size);
  }
  return random;
}

std::string Failure(std::string_view what, const std::string& path) {
  const bool denied = errno == EACCES || errno == EPERM;
  return fmt::format("cannot {} {}: {}{}", what, path, std::strerror(errno),
                     denied ? "; run this as root" : "");
}

std::string Rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? std::string() : Failure("rename", from);
}

std::string Write(const std::string& path, const std::string& text, bool for_daemon) {
  const std::string folder = std::filesystem::path(path).parent_path();
  const group* daemon = ::getgrnam(kGroup);  // NOLINT(concurrency-mt-unsafe): one thread
  const auto share = [daemon](int fd, mode_t mode) {
    // Without the group the daemon is root's own.
    if (daemon == nullptr || ::fchown(fd, static_cast<uid_t>(-1), daemon->gr_gid) != 0) return;
    (void)::fchmod(fd, mode);
  };
  if (::mkdir(folder.c_str(), kFolderMode) == 0) {
    const UniqueFd made(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (made && for_daemon) share(made.get(), kFolderMode);
  } else if (errno != EEXIST) {
    return Failure("make the folder", folder);
  }
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
  if (!file) return Failure("write", path);
  if (for_daemon) share(file.get(), kOwnerAndGroup);
  for (size_t done = 0; done < text.size();) {
    const ssize_t size = ::write(file.get(), text.data() + done, text.size() - done);
    if (size < 0) return Failure("write", path);
    done += static_cast<size_t>(size);
  }
  return ::fsync(file.get()) == 0 ? std::string() : Failure("write", path);
}

/// The source of a datagram to the rest of the world; none is sent.
std::optional<IpAddress> OwnAddress() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);                  // discard
  address.sin_addr.s_addr = htonl(0xC0000201);  // RFC 5737 §3: 192.0.2.1
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (!socket || ::connect(socket.get(), raw, size) != 0 ||
      ::getsockname(socket.get(), raw, &size) != 0) {
    return {};
  }
  return IpAddress::V4(ntohl(address.sin_addr.s_addr));
}

}  // namespace

std::optional<std::string> ReadText(const std::string& path) {
  std::ifstream file(path);
  if (!file) return {};
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

InitWorld ThisMachine(bool may_ask) {
  InitWorld world{.ask = {},
                  .random = Random,
                  .read = ReadText,
                  .exists =
                      [](const std::string& path) {
                        struct stat file {};
                        return ::lstat(path.c_str(), &file) == 0;
                      },
                  .rename = Rename,
                  .remove = [](const std::string& path) { (void)::unlink(path.c_str()); },
                  .write = Write,
                  .own_address = OwnAddress()};
  if (may_ask && ::isatty(STDIN_FILENO) == 1) world.ask = Ask;
  return world;
}

}  // namespace sallyport::cli
