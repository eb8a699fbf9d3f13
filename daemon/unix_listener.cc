// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/unix_listener.h"

#include <cerrno>
#include <cstring>
#include <endian.h>
#include <fmt/format.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <system_error>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

constexpr mode_t kFolderMode = 0755;  // design D7
constexpr int kBacklog = 64;          // connections not yet accepted; local policy
constexpr const char* kAccessListName = "system.posix_acl_access";  // xattr(7)

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

/// linux/posix_acl_xattr.h: what the extended attribute of an access list holds.
struct AccessList {
  posix_acl_xattr_header header;
  posix_acl_xattr_entry entries[5];
};
static_assert(sizeof(AccessList) ==
              sizeof(posix_acl_xattr_header) + 5 * sizeof(posix_acl_xattr_entry));

/// Lets `group` in beside the owner by an access list (acl(5)); 0 or an errno. `mode` is that of
/// the socket, of which a group that owns the file would have the middle digit.
int AdmitByList(const std::string& path, gid_t group, mode_t mode) {
  const auto entry = [](int tag, mode_t rights,
                        uint32_t id = static_cast<uint32_t>(ACL_UNDEFINED_ID)) {
    return posix_acl_xattr_entry{.e_tag = htole16(static_cast<uint16_t>(tag)),
                                 .e_perm = htole16(static_cast<uint16_t>(rights & 7U)),
                                 .e_id = htole32(id)};
  };
  const AccessList list{.header = {.a_version = htole32(POSIX_ACL_XATTR_VERSION)},
                        // In the order that the kernel demands (fs/posix_acl.c, posix_acl_valid()).
                        .entries = {entry(ACL_USER_OBJ, mode >> 6U), entry(ACL_GROUP_OBJ, 0),
                                    entry(ACL_GROUP, mode >> 3U, group),
                                    entry(ACL_MASK, mode >> 3U), entry(ACL_OTHER, mode)}};
  return ::lsetxattr(path.c_str(), kAccessListName, &list, sizeof list, 0) == 0 ? 0 : errno;
}

/// The file's owner may give it to a group that he is in, unless the sandbox has no chown, which
/// would open much else; the list of who may use it is his as well.
Expected<void, std::string> SetRights(const std::string& path, std::optional<gid_t> group,
                                      mode_t mode) {
  const bool owned = !group || ::lchown(path.c_str(), static_cast<uid_t>(-1), *group) == 0;
  if (!owned && errno != EPERM) return Unexpected{ErrorText(path, "give it to the group", errno)};
  if (::chmod(path.c_str(), mode) != 0) {
    return Unexpected{ErrorText(path, "set the mode", errno)};
  }
  if (owned) return {};
  const int error = AdmitByList(path, *group, mode);
  if (error != 0) return Unexpected{ErrorText(path, "let the group in", error)};
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
  if (const auto set = SetRights(path, group, mode); !set) return Unexpected{set.error()};
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
