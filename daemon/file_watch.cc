// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/file_watch.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <utility>

#include "daemon/log.h"

namespace sallyport::daemon {

FileWatch::FileWatch(EventLoop& loop, const std::string& path, std::function<void()> changed)
    : name_(std::filesystem::path(path).filename()),
      changed_(std::move(changed)),
      inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  const std::string folder = std::filesystem::absolute(path).parent_path();
  if (!inotify_ ||
      inotify_add_watch(inotify_.get(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
    LogWarning("file_not_watched",
               fmt::format("changes of {} will not be noticed: {}", path, strerror(errno)));
    return;
  }
  source_ = loop.AddIo(inotify_.get(), EPOLLIN, [this](uint32_t) { ReadEvents(); });
}

void FileWatch::ReadEvents() {
  alignas(inotify_event) std::array<char, 4096> buffer;  // NOLINT: read(2) writes it first
  bool ours = false;
  for (;;) {
    const ssize_t size = read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) break;
    // The kernel's own records, whole and aligned (inotify(7)).
    for (size_t at = 0; at + sizeof(inotify_event) <= static_cast<size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      ours = ours || (event.mask & IN_Q_OVERFLOW) != 0 ||
             (event.len > 0 && name_ == buffer.data() + at + sizeof event);
      at += sizeof event + event.len;
    }
  }
  if (ours) changed_();
}

}  // namespace sallyport::daemon
