// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <functional>
#include <string>

#include "base/unique_fd.h"
#include "daemon/event_loop.h"

namespace sallyport::daemon {

/// Tells when a file has been written or replaced (inotify on its folder, since editors and
/// configuration tools replace a file by renaming another onto it).
class FileWatch {
 public:
  /// A folder that cannot be watched is logged, and the file is then not watched.
  FileWatch(EventLoop& loop, const std::string& path, std::function<void()> changed);
  // The loop calls this very object.
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  FileWatch(FileWatch&&) = delete;
  FileWatch& operator=(FileWatch&&) = delete;
  ~FileWatch() = default;

 private:
  void ReadEvents();

  std::string name_;
  std::function<void()> changed_;
  UniqueFd inotify_;
  IoSource source_;
};

}  // namespace sallyport::daemon
