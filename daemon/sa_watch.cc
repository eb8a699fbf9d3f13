// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/sa_watch.h"

#include <sys/epoll.h>
#include <variant>

#include "base/overloaded.h"
#include "daemon/log.h"

namespace sallyport::daemon {
namespace {

/// Datagrams that are read in one turn of the loop; the rest waits for the next. Local policy.
constexpr int kMaxDatagrams = 256;

}  // namespace

Expected<void, netlink::KernelError> SaWatch::Start() {
  auto monitor = netlink::SaMonitor::Open();
  if (!monitor) return Unexpected{monitor.error()};
  monitor_.emplace(*std::move(monitor));
  io_ = loop_.AddIo(monitor_->fd(), EPOLLIN, [this](uint32_t) { Read(); });
  return {};
}

void SaWatch::Stop() {
  retry_timer_.Set(std::nullopt);
  io_.Reset();
  monitor_.reset();
}

void SaWatch::Retry() {
  if (!Start()) return retry_timer_.Set(loop_.Now() + kRetry);
  uncertain_();
}

void SaWatch::Read() {
  std::set<KernelSa> deleted;
  bool uncertain = false;
  const auto gone = [&](const netlink::Sa& sa) {
    deleted.insert({.destination = sa.destination, .spi = sa.spi});
  };
  for (int i = 0; i < kMaxDatagrams; ++i) {
    const auto events = monitor_->Read();
    if (!events) {
      LogWarning("sas_not_watched", events.error().text);
      Stop();
      retry_timer_.Set(loop_.Now() + kRetry);
      break;
    }
    if (events->empty()) break;
    for (const auto& event : *events) {
      std::visit(Overloaded{
                     [&](const netlink::SaDeleted& one) { gone(one.sa); },
                     [&](const netlink::SaExpired& expired) {
                       if (expired.hard) gone(expired.sa);
                     },
                     [&](const netlink::SasFlushed&) { uncertain = true; },
                     [&](const netlink::Overrun&) {
                       ++overruns_;
                       uncertain = true;
                     },
                     // charon tells of these, with more to them.
                     [](const netlink::SaNew&) {},
                     [](const netlink::MappingChanged&) {},
                 },
                 event);
    }
  }
  if (!deleted.empty()) deleted_(deleted);
  if (uncertain) uncertain_();
}

}  // namespace sallyport::daemon
