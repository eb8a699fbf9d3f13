// SPDX-License-Identifier: GPL-2.0-or-later
// Every tunnel of an endpoint, and the ways to find one.
#pragma once
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "base/timer_queue.h"
#include "l2tp/context.h"
#include "l2tp/events.h"
#include "l2tp/former_tunnels.h"
#include "l2tp/id_allocator.h"
#include "l2tp/tunnel.h"

namespace sallyport::l2tp {

/// Owns the tunnels. Whoever calls a tunnel's own functions calls Settle for it afterwards, which
/// also takes it away once it is released; pointers to it are good until then.
class TunnelTable {
 public:
  TunnelTable();

  /// Null when there is none, lingering ones are found.
  Tunnel* Find(TunnelId id);
  /// The tunnel that this peer dialled and that has not ended; there is never a second one.
  Tunnel* FindByPeer(PathId path, const IpEndpoint& peer);
  /// The tunnels that we dialled there and that have not ended, in the order of their ids.
  std::vector<TunnelId> DialledTo(PathId origin_path, const IpAddress& address) const;
  /// The tunnels that send on `path`, lingering ones too.
  std::vector<TunnelId> SendingOn(PathId path) const;
  std::vector<TunnelId> All() const;

  /// An id for a tunnel that will be added; nothing when there is none.
  std::optional<TunnelId> TakeId(const Context& context);
  /// An id that names no tunnel, for an AVP that must hold some id (RFC 2661 §6.4).
  TunnelId SpareId(const Context& context);
  /// Takes in a new tunnel and settles it.
  void Add(Tunnel tunnel, const Context& context);
  /// Hands on the answer to PrepareTunnel: the tunnel is found on its own path from now on.
  void OnPrepared(const TunnelPrepared& command, const Context& context);

  /// Ends a tunnel without a message, and leaves it to be settled later: what it shares with one
  /// that is about to be added, an SA, must not seem unused in between.
  void Abandon(TunnelId id, EndReason reason, const Context& context);
  /// Sends what the tunnel has to send, then brings counters, indexes and timers up to date.
  void Settle(TunnelId id, const Context& context);

  /// A control message for a tunnel that is not there, see FormerTunnels.
  void AnswerForFormer(const Datagram& datagram, const ControlPacket& packet,
                       const Context& context) {
    former_.Answer(datagram, packet, live_, context);
  }

  void HandleTimeout(const Context& context);
  void Move(const MoveTunnel& command, const Context& context);
  /// Closes every tunnel, none of which lingers longer than its StopCCN takes.
  void ShutDown(const Ending& ending, const Context& context);
  std::optional<TimePoint> NextDeadline() const { return timers_.Next(); }

  size_t half_open() const { return Counted(Tunnel::Phase::kHalfOpen); }
  size_t established() const { return Counted(Tunnel::Phase::kEstablished); }
  size_t lingering() const { return Counted(Tunnel::Phase::kLingering); }

 private:
  struct Record {
    Tunnel tunnel;
    Tunnel::Phase counted;
    std::optional<TimePoint> ended;                 // key in lingering_
    std::optional<FormerTunnels::PeerTunnel> live;  // entry in live_
  };

  void Account(Record& record, TimePoint now);
  void Index(const Record& record);
  void Unindex(Record& record);
  void Release(TunnelId id, const Context& context);
  void BoundLingering(const Context& context);
  size_t Counted(Tunnel::Phase phase) const { return counts_[static_cast<size_t>(phase)]; }
  size_t& Counted(Tunnel::Phase phase) { return counts_[static_cast<size_t>(phase)]; }

  IdAllocator ids_;
  std::unordered_map<TunnelId, Record> tunnels_;
  /// What each peer dialled and has not ended, under the path its SCCRQ came in on and under its
  /// own: a client that redials is found on either.
  std::map<std::pair<PathId, IpEndpoint>, TunnelId> by_peer_;
  /// What we dialled and has not ended. Without the port, since the peer's own SCCRQ may come from
  /// another (RFC 2661 §8.1).
  std::set<std::tuple<PathId, IpAddress, TunnelId>> dialled_;
  std::set<std::pair<PathId, TunnelId>> by_path_;       // where each sends; lingering ones too
  std::set<std::pair<TimePoint, TunnelId>> lingering_;  // by when they ended
  std::multiset<FormerTunnels::PeerTunnel> live_;       // what has not ended, as the peers call it
  TimerQueue<TunnelId> timers_;
  std::array<size_t, static_cast<size_t>(Tunnel::Phase::kReleased) + 1> counts_{};
  FormerTunnels former_;
  bool shutting_down_ = false;
};

}  // namespace sallyport::l2tp
