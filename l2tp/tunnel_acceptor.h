// SPDX-License-Identifier: GPL-2.0-or-later
// What is sent to tunnel 0: SCCRQs, which become tunnels or are refused, and junk.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "l2tp/admission.h"
#include "l2tp/context.h"
#include "l2tp/endpoint.h"
#include "l2tp/header.h"
#include "l2tp/message.h"
#include "l2tp/repeated_requests.h"
#include "l2tp/tunnel_table.h"

namespace sallyport::l2tp {

/// The SCCRQs of which no more is to come than late copies: their sender dialled again since, or
/// has discarded its tunnel. Without it such a copy would put an end to the tunnel that it is older
/// than.
class OutdatedRequests {
 public:
  /// How many are remembered: local policy. The oldest gives way to one more.
  static constexpr size_t kLimit = 4096;

  /// `digest` is the SCCRQ's. Copies come for one retransmission cycle, `linger` (RFC 2661 §5.7).
  void Add(PathId path, const IpEndpoint& peer, uint64_t digest, const Context& context);
  bool Contains(PathId path, const IpEndpoint& peer, uint64_t digest, TimePoint now) const;

 private:
  using Key = std::tuple<PathId, IpEndpoint, uint64_t>;

  std::map<Key, TimePoint> until_;
  std::deque<std::pair<TimePoint, Key>> by_time_;  // outdated if it was added again
};

class TunnelAcceptor {
 public:
  explicit TunnelAcceptor(TunnelTable& tunnels) : tunnels_(tunnels) {}

  /// A control message whose header names no tunnel. Only an SCCRQ may make state: the HELLOs that
  /// macOS sends to tunnel 0 to bring IPsec up, and any other junk, leave no trace but a count.
  void Receive(const Datagram& datagram, const ControlPacket& packet, const Context& context);
  /// Serves the clients that turned out to have dialled anew.
  void HandleTimeout(const Context& context);
  std::optional<TimePoint> NextDeadline() const { return repeated_.NextDeadline(); }
  /// Nothing can be sent or received on the path any more.
  void PathDown(PathId path) { repeated_.Forget(path); }
  /// Every SCCRQ is refused from now on.
  void ShutDown() { shutting_down_ = true; }

 private:
  /// An SCCRQ and what came with it.
  struct Request {
    const Datagram& datagram;
    const ControlPacket& packet;
    const Sccrq& sccrq;
    const TunnelPolicy& policy;
    uint64_t digest;  // of the AVPs
  };
  /// Tunnels that the request puts an end to, to be settled after the new one is there.
  using Losers = std::vector<TunnelId>;

  void ReceiveSccrq(const Request& request, const Context& context);
  bool ReceiveAgain(const Request& request, Tunnel& known, const Context& context);
  void OpenInsteadOf(Tunnel* known, const Request& request, const Context& context);
  void ReceiveEarlyStopCcn(const Datagram& datagram, const ControlPacket& packet,
                           TunnelId peer_tunnel, const Context& context);
  std::vector<TunnelId> DialledToSender(const Datagram& datagram) const;
  bool IsLateCopy(const Request& request, const Tunnel* known, const Context& context) const;
  std::optional<ResultCode> ReasonToRefuse(const Request& request, const Context& context);
  bool BreakTie(const Request& request, Losers& losers, const Context& context);
  void OpenOrRefuse(const Request& request, const Context& context);
  void Refuse(const Datagram& datagram, TunnelId peer_tunnel, const ResultCode& result,
              const Context& context);

  TunnelTable& tunnels_;
  Admission admission_;
  TokenBucket refusals_;
  OutdatedRequests outdated_;
  RepeatedRequests repeated_;
  bool shutting_down_ = false;
};

}  // namespace sallyport::l2tp
