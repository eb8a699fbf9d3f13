// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/table_watch.h"

#include <algorithm>
#include <array>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <utility>

#include "daemon/log.h"

namespace sallyport::daemon {
namespace {

/// The name that the kernel tells of our threads, which have the main thread's.
std::string OwnName() {
  std::array<char, 16> name{};  // TASK_COMM_LEN
  ::prctl(PR_GET_NAME, name.data());
  name.back() = '\0';
  return name.data();
}

}  // namespace

TableWatch::TableWatch(EventLoop& loop, DamagedCallback damaged)
    : loop_(loop),
      damaged_(std::move(damaged)),
      guard_(OwnName()),
      timer_(loop.AddTimer([this] { Tell(); })),
      retry_timer_(loop.AddTimer([this] { Retry(); })) {}

Expected<void, netlink::KernelError> TableWatch::Start() {
  auto monitor = netlink::NftablesMonitor::Open();
  if (!monitor) return Unexpected{monitor.error()};
  monitor_.emplace(*std::move(monitor));
  io_ = loop_.AddIo(monitor_->fd(), EPOLLIN, [this](uint32_t) { Read(); });
  return {};
}

void TableWatch::Stop() {
  timer_.Set(std::nullopt);
  retry_timer_.Set(std::nullopt);
  io_.Reset();
  monitor_.reset();
}

void TableWatch::Read() {
  while (true) {
    const auto events = monitor_->Read();
    if (!events) {
      LogWarning("table_not_watched", events.error().text);
      Stop();
      return retry_timer_.Set(loop_.Now() + kRetry);
    }
    if (!*events) return;
    for (const auto& event : **events) {
      auto culprit = guard_.Handle(event);
      if (!culprit) continue;
      culprit_ = *std::move(culprit);
      timer_.Set(std::max(loop_.Now(), last_ + kPause));
    }
  }
}

void TableWatch::Retry() {
  if (!Start()) return retry_timer_.Set(loop_.Now() + kRetry);
  culprit_.clear();
  Tell();
}

void TableWatch::Tell() {
  last_ = loop_.Now();
  damaged_(std::exchange(culprit_, {}));
}

}  // namespace sallyport::daemon
