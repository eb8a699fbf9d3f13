// SPDX-License-Identifier: GPL-2.0-or-later
// The L2TP engine: every control connection of one concentrator (RFC 2661), without any I/O.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/entropy.h"
#include "base/ip_address.h"
#include "base/time.h"
#include "l2tp/drop_reason.h"
#include "l2tp/events.h"

namespace sallyport::l2tp {

/// One datagram as a socket delivered it.
struct Datagram {
  PathId path;
  IpEndpoint peer;                 // whence it came
  IpAddress local;                 // to which of our addresses
  std::span<const uint8_t> bytes;  // UDP payload; borrowed for the call
  bool authenticated = false;      // came through an SA
};

/// Counters for the status page; they only grow.
struct EndpointStatistics {
  DropCounters drops;
  uint64_t messages_received = 0;
  uint64_t messages_sent = 0;
  uint64_t retransmissions = 0;
};

/// All tunnels and sessions. Bytes, commands and `now` go in; actions come out, appended to `out`
/// in the order in which they must be carried out. No call blocks, allocates without bound or
/// throws on received data.
class Endpoint {
 public:
  explicit Endpoint(EndpointConfig config);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  void Receive(const Datagram& datagram, TimePoint now, const Entropy& entropy, Actions& out);
  void Handle(const Command& command, TimePoint now, const Entropy& entropy, Actions& out);
  /// To be called when NextDeadline() has come; early or late calls do no harm.
  void HandleTimeout(TimePoint now, const Entropy& entropy, Actions& out);
  /// Replaces the settings. Tunnels that exist keep what was agreed on with their peers (names,
  /// windows, secrets) and the timers that run; all else holds from the next use on.
  void Configure(EndpointConfig config);
  /// The time of the next retransmission, HELLO or expiry; nothing when no tunnel exists.
  std::optional<TimePoint> NextDeadline() const;

  size_t tunnel_count() const;  // established and half-open; lingering ones are not counted
  const EndpointStatistics& statistics() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sallyport::l2tp
