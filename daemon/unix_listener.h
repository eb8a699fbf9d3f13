// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>
#include <sys/types.h>

#include "base/expected.h"
#include "base/unique_fd.h"

namespace sallyport::daemon {

/// A listening AF_UNIX stream socket and its file, which goes with it.
class UnixListener {
 public:
  /// Listens at `path` with `mode`, for `group`, which owns the file or, where we may not say so,
  /// is on its access list, or for the process's own. Makes the folder (0755) when it is missing. A
  /// socket file that nobody answers on is replaced; one in use, and a file of another kind, is
  /// left alone. The error is for the operator.
  static Expected<UnixListener, std::string> Open(const std::string& path,
                                                  std::optional<gid_t> group, mode_t mode = 0660);

  UnixListener(UnixListener&& other) noexcept;
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();

  /// Non-blocking, close-on-exec; stays this object's.
  int fd() const { return fd_.get(); }

 private:
  UnixListener(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;  // empty: no file to remove
  dev_t device_ = 0;  // with inode_: whether the file at path_ is still the one made here
  ino_t inode_ = 0;
};

}  // namespace sallyport::daemon
