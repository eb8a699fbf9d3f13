// SPDX-License-Identifier: GPL-2.0-or-later
// The header that control and data messages share (RFC 2661 §3.1): syntax only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "base/expected.h"
#include "l2tp/drop_reason.h"
#include "l2tp/events.h"

namespace sallyport::l2tp {

/// Octets of a control message's header: L and S are always set, O never (RFC 2661 §3.1). A message
/// of this size alone is the Zero-Length Body acknowledgement (ZLB, RFC 2661 §5.8).
inline constexpr size_t kControlHeaderSize = 12;

struct ControlHeader {
  TunnelId tunnel;    // the recipient's
  SessionId session;  // the recipient's
  uint16_t ns = 0;
  uint16_t nr = 0;
  bool operator==(const ControlHeader&) const = default;
};

struct ControlPacket {
  ControlHeader header;
  std::span<const uint8_t> avps;  // borrowed from the datagram; empty in a ZLB
  bool IsZlb() const { return avps.empty(); }
};

/// Ns, Nr and the P bit of a data message are read over: sequencing is the kernel's, which hands us
/// only stragglers, and priority has no meaning once a frame has come.
struct DataPacket {
  TunnelId tunnel;
  SessionId session;
  std::span<const uint8_t> payload;  // borrowed from the datagram; past the offset padding
};

using Packet = std::variant<ControlPacket, DataPacket>;

/// Reads a UDP payload. Octets past the Length field belong to nobody and are left out. Errors:
/// kTruncatedHeader, kUnknownVersion, kBadControlHeader, kBadLength.
Expected<Packet, DropReason> ParsePacket(std::span<const uint8_t> datagram);

/// A whole control message; `avps` empty makes a ZLB. Precondition: it fits in 65,535 octets.
std::vector<uint8_t> BuildControlMessage(const ControlHeader& header,
                                         std::span<const uint8_t> avps);

/// Writes a fresh Nr into a built control message before it is sent again: RFC 2661 §5.8, "the Nr
/// value MUST be updated". Precondition: `message` came from BuildControlMessage.
void SetNr(std::span<uint8_t> message, uint16_t nr);
/// Writes the tunnel id that was not known yet when the message was built. Same precondition.
void SetTunnel(std::span<uint8_t> message, TunnelId tunnel);

}  // namespace sallyport::l2tp
