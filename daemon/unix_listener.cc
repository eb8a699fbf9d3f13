// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/unix_listener.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

constexpr mode_t kFolderMode = 0755;  // design D7
constexpr int kBacklog = 64;          // connections not yet accepted; local policy

std::string ErrorText(const std::string& path, const char* what, int error) {
  return fmt::format("{}: cannot {}: {}", path, what, std::generic_category().message(error));
}

Expected<sockaddr_un, std::string> SocketAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // unix(7): the path and its terminating zero have 108 octets.
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Unexpected{
        fmt::format("{}: a socket's path has 1 to {} octets", path, sizeof address.sun_path - 1)};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

UniqueFd NewSocket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

const sockaddr* Generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);  // the BSD socket API's own convention
}

Expected<void, std::string> MakeFolder(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) return {};
  const std::string folder = path.substr(0, slash);
  if (::mkdir(folder.c_str(), kFolderMode) == 0 || errno == EEXIST) return {};
  return Unexpected{ErrorText(folder, "make the folder", errno)};
}

/// Removes what an ended process left at `path`.
Expected<void, std::string> RemoveStale(const std::string& path, const sockaddr_un& address) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) {
    if (errno == ENOENT) return {};
    return Unexpected{ErrorText(path, "look at the file", errno)};
  }
  if (!S_ISSOCK(file.st_mode)) return Unexpected{path + ": exists and is not a socket"};
  const UniqueFd probe = NewSocket();
  if (!probe) return Unexpected{ErrorText(path, "make a socket", errno)};
  // EAGAIN as well means that somebody listens: the backlog is full.
  if (::connect(probe.get(), Generic(address), sizeof address) == 0 || errno == EAGAIN) {
    return Unexpected{path + ": another process answers on it; is sallyportd running already?"};
  }
  if (errno != ECONNREFUSED) return Unexpected{ErrorText(path, "try the socket", errno)};
  if (::unlink(path.c_str()) != 0) return Unexpected{ErrorText(path, "remove the file", errno)};
  return {};
}

}  // namespace

Expected<UnixListener, std::string> UnixListener::Open(const std::string& path,
                                                       std::optional<gid_t> group, mode_t mode) {
  const auto address = SocketAddress(path);
  if (!address) return Unexpected{address.error()};
  if (const auto made = MakeFolder(path); !made) return Unexpected{made.error()};
  if (const auto removed = RemoveStale(path, *address); !removed) {
    return Unexpected{removed.error()};
  }
  UniqueFd fd = NewSocket();
  if (!fd) return Unexpected{ErrorText(path, "make a socket", errno)};
  if (::bind(fd.get(), Generic(*address), sizeof *address) != 0) {
    return Unexpected{ErrorText(path, "bind", errno)};
  }
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) {
    return Unexpected{ErrorText(path, "look at the file", errno)};
  }
  UnixListener listener(std::move(fd), path);
  listener.device_ = file.st_dev;
  listener.inode_ = file.st_ino;
  // Rights before listen(): until then connect() is refused, whatever the umask left open.
  if (group && ::lchown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) {
    return Unexpected{ErrorText(path, "give it to the group", errno)};
  }
  if (::chmod(path.c_str(), mode) != 0) {
    return Unexpected{ErrorText(path, "set the mode", errno)};
  }
  if (::listen(listener.fd(), kBacklog) != 0) return Unexpected{ErrorText(path, "listen", errno)};
  return listener;
}

UnixListener::UnixListener(UnixListener&& other) noexcept
    : fd_(std::move(other.fd_)),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

UnixListener::~UnixListener() {
  struct stat file {};
  if (path_.empty() || ::lstat(path_.c_str(), &file) != 0) return;
  // A daemon started after us may have put its own socket there.
  if (file.st_dev == device_ && file.st_ino == inode_) (void)::unlink(path_.c_str());
}

}  // namespace sallyport::daemon
