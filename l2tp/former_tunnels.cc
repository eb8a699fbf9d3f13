// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/former_tunnels.h"

#include <utility>
#include <variant>

#include "l2tp/message.h"
#include "l2tp/validate.h"

namespace sallyport::l2tp {
namespace {

/// Whether it is a message of RFC 2661 that an end which has the tunnel would act on.
bool DeservesAnswer(const ControlPacket& packet) {
  if (packet.IsZlb()) return false;
  const auto message = Validate(packet.avps);
  if (!message) return message.error().type.has_value();
  return !std::holds_alternative<StopCcn>(*message);
}

}  // namespace

void FormerTunnels::Remember(const TunnelIdentity& tunnel, TimePoint now) {
  if (!tunnel.peer_id) return;  // we dialled, and were never answered
  Forget(now);
  const TimePoint until = now + kMemory;
  tunnels_.insert_or_assign(tunnel.id, Former{{tunnel.peer, tunnel.peer_id}, until});
  by_time_.emplace_back(until, tunnel.id);
}

/// Makes room for one more.
void FormerTunnels::Forget(TimePoint now) {
  while (!by_time_.empty() && (by_time_.front().first <= now || by_time_.size() >= kLimit)) {
    const auto [until, id] = by_time_.front();
    by_time_.pop_front();
    const auto found = tunnels_.find(id);
    if (found != tunnels_.end() && found->second.until == until) tunnels_.erase(found);
  }
}

bool FormerTunnels::MayAnswer(TunnelId id, const Context& context) {
  std::erase_if(answered_, [&context](const auto& entry) {
    return entry.second + std::chrono::seconds(1) <= context.now;
  });
  if (answered_.contains(id)) return false;
  if (!answers_.Take(context.config.refusals_per_second, context.now)) return false;
  answered_.emplace(id, context.now);
  return true;
}

void FormerTunnels::Answer(const Datagram& datagram, const ControlPacket& packet,
                           const std::multiset<PeerTunnel>& live, const Context& context) {
  const TunnelId id = packet.header.tunnel;
  const auto found = tunnels_.find(id);
  const bool remembered = found != tunnels_.end() && found->second.until > context.now &&
                          found->second.peer.first == datagram.peer;
  if (!remembered && !datagram.authenticated) return;
  if (remembered && live.contains(found->second.peer)) return;
  if (!DeservesAnswer(packet) || !MayAnswer(id, context)) return;

  const ResultCode result{stop_ccn_result::kClear, std::nullopt, "the tunnel is unknown here"};
  // The numbers that the peer expects: it discards anything else.
  const ControlHeader header{.tunnel = remembered ? found->second.peer.second : TunnelId(),
                             .session = {},
                             .ns = packet.header.nr,
                             .nr = static_cast<uint16_t>(packet.header.ns + 1)};
  ++context.statistics.messages_sent;
  context.out.push_back(SendDatagram{datagram.path, datagram.peer, datagram.local,
                                     BuildControlMessage(header, Encode(StopCcn{id, result}))});
}

}  // namespace sallyport::l2tp
