// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_log.h"

#include <utility>
#include <vector>

namespace sallyport::daemon {
namespace {

constexpr std::string_view kLogEvent = "log";

}  // namespace

StrongswanLog::StrongswanLog(EventLoop& loop, FailedCallback failed)
    : loop_(loop),
      failed_(std::move(failed)),
      retry_timer_(loop.AddTimer([this] { OnRetry(); })),
      attempts_timer_(loop.AddTimer([this] { ReportFailed(); })) {}

void StrongswanLog::Start(const std::string& path) {
  attempts_.Reset();
  Rearm();
  path_ = path;
  connection_.reset();
  Connect();
}

void StrongswanLog::Stop() {
  path_.clear();
  connection_.reset();
  retry_timer_.Set(std::nullopt);
}

void StrongswanLog::Connect() {
  paused_ = false;
  auto socket = ViciConnection::Connect(path_);
  if (!socket) return Pause(kPause);
  connection_ = std::make_unique<ViciConnection>(
      loop_, *std::move(socket),
      [this](std::string_view name, const vici::Message& event) {
        if (name == kLogEvent) OnLine(event);
      },
      [this](const std::string&, std::string_view) { Pause(kPause); });
  connection_->Register(kLogEvent, {});
}

void StrongswanLog::Pause(std::chrono::seconds wait) {
  paused_ = true;
  // Not from here: the connection is still on the stack.
  loop_.Defer([this] {
    if (paused_) connection_.reset();
  });
  retry_timer_.Set(loop_.Now() + wait);
}

void StrongswanLog::OnRetry() {
  if (!path_.empty()) Connect();
}

void StrongswanLog::OnLine(const vici::Message& event) {
  if (paused_) return;
  const TimePoint now = loop_.Now();
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    lines_ = 0;
  }
  if (++lines_ > kMaxLines) return Pause(kPause);
  const auto line = vici::ParseLogEvent(event);
  if (!line) return;
  attempts_.HandleLog(*line, now);
  Rearm();
}

void StrongswanLog::HandleAlert(const vici::AlertEvent& alert) {
  attempts_.HandleAlert(alert, loop_.Now());
  Rearm();
}

void StrongswanLog::HandleEnded(vici::IkeUniqueId ike, const IpEndpoint& peer,
                                std::string_view identity, std::string_view reason) {
  attempts_.HandleEnded(ike, peer, identity, reason, loop_.Now());
  Rearm();
}

void StrongswanLog::ReportFailed() {
  std::vector<FailedAttempt> failed;
  attempts_.HandleTimeout(loop_.Now(), failed);
  Rearm();
  for (FailedAttempt& attempt : failed) failed_(std::move(attempt));
}

}  // namespace sallyport::daemon
