// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "daemon/event_loop.h"
#include "daemon/http_message.h"
#include "daemon/line_queue.h"
#include "daemon/log_limit.h"
#include "daemon/status_model.h"
#include "daemon/trace_sink.h"

namespace sallyport::daemon {

/// Hands what passes to those who trace it, as lines of JSON, without what proves a password. Of a
/// user who is not known yet packets are kept until a login tells: its negotiation is what one
/// wants to see. At the log level debug the log has each packet, too.
class TraceStream final : public TraceSink {
 public:
  static constexpr size_t kMaxSubscribers = 4;  // local policy
  /// Octets of lines that wait for a login, of one subscriber; the oldest go first. They have to
  /// fit into the queue. Local policy.
  static constexpr size_t kMaxHeldBytes = LineQueue::kMaxBytes / 2;

  /// `loop` outlives it.
  explicit TraceStream(EventLoop& loop);

  /// A body that begins with a marker and goes on with every packet after it. Null when there are
  /// too many already.
  std::shared_ptr<BodySource> Subscribe(TraceQuery query);

  bool wanted() const override;
  void Take(const TracedPacket& packet) override;
  void Gone(l2tp::TunnelId tunnel, l2tp::SessionId session) override;

 private:
  class Subscriber;

  /// Of control messages in LogLimit::kPeriod: a tenth of what journald takes of a service. Local
  /// policy.
  static constexpr unsigned kMaxLogged = 330;

  EventLoop& loop_;
  LogLimit packet_log_{kMaxLogged};
  uint64_t seq_ = 0;
  Followers<Subscriber> subscribers_;
};

}  // namespace sallyport::daemon
