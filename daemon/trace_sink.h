// SPDX-License-Identifier: GPL-2.0-or-later
// What passes through the daemon's hands, for those who trace it (docs/status-api.md, GET
// /v1/trace).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "l2tp/events.h"

namespace sallyport::daemon {

/// A datagram of L2TP or a frame of PPP that was received or is sent.
struct TracedPacket {
  enum class Layer : uint8_t { kL2tp, kPpp };
  struct Session {
    std::string id;
    std::string user;  // printable; empty before a login
  };

  Layer layer = Layer::kL2tp;
  bool received = false;
  IpEndpoint peer;
  IpEndpoint local;               // no address: not known
  l2tp::TunnelId tunnel;          // ours; zero: of none
  l2tp::SessionId session;        // ours; of a frame
  std::vector<Session> sessions;  // those of the tunnel; of a frame its own
  uint16_t header_tunnel = 0;     // ids before a frame on the wire: the recipient's
  uint16_t header_session = 0;
  std::span<const uint8_t> bytes;  // the UDP payload, or the frame from its Protocol field on
};

/// Takes what passes. Called from the event loop; must not call back.
class TraceSink {
 public:
  TraceSink() = default;
  TraceSink(const TraceSink&) = delete;
  TraceSink& operator=(const TraceSink&) = delete;
  virtual ~TraceSink() = default;

  /// Whether anybody looks; while not, nothing need be told.
  virtual bool wanted() const = 0;
  virtual void Take(const TracedPacket& packet) = 0;
  /// The ids may be another's from now on: of a session or, with none, of the whole tunnel.
  virtual void Gone(l2tp::TunnelId tunnel, l2tp::SessionId session) = 0;
};

}  // namespace sallyport::daemon
