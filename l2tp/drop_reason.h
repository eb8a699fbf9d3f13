// SPDX-License-Identifier: GPL-2.0-or-later
// Why a received datagram, or a part of it, had no effect: one counter a reason.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/reason_counters.h"

namespace sallyport::l2tp {

enum class DropReason : uint8_t {
  kTruncatedHeader,   // ends before its header does (RFC 2661 §3.1)
  kUnknownVersion,    // Ver is not 2: L2F or L2TPv3 (RFC 2661 §3.1, §8.1)
  kBadControlHeader,  // control message without L or S, or with O (RFC 2661 §3.1)
  kBadLength,         // Length under the header's size or past the datagram's end
  kUnknownTunnel,     // no tunnel of ours has this id
  kWrongSource,       // not from the tunnel's own path, address and port (RFC 2661 §8.1)
  kNotSccrq,          // to tunnel 0, and neither an SCCRQ nor the StopCCN of a known tunnel
  kBadSccrq,   // SCCRQ that cannot even be refused: no usable Assigned Tunnel ID, or Ns not 0
  kSccrqRate,  // over sccrq_per_second; answered
  kSccrqRateOfNetwork,  // over sccrq_per_second_prefix; answered
  kTunnelLimit,         // SCCRQ over a limit of tunnels; answered
  kTieLost,             // SCCRQ that crossed ours, which was kept (RFC 2661 §4.4.3)
  kRefusalLimit,        // SCCRQ, ICRQ or OCRQ refused in silence: the second's share was used up
  kDuplicate,           // Ns seen before; acknowledged again (RFC 2661 §5.8)
  kOutsideWindow,       // Ns past the receive window
  kReorderLimit,        // ahead of a hole and too large to be kept
  kImpossibleNr,        // Nr acknowledges what was never sent; only the Nr is ignored
  kBacklog,             // the peer asks but does not acknowledge our answers
  kRejectedMessage,     // AVPs missing, malformed or unknown and mandatory; answered
  kUnknownMessage,      // unknown Message Type with M clear; acknowledged (RFC 2661 §4.4.1)
  kUnexpectedMessage,   // not for this role or state
  kTunnelClosing,       // for a tunnel that has ended; acknowledged (RFC 2661 §5.7)
  kUnknownSession,      // no session of the tunnel has this id
  kSessionNotUp,        // data before ICCN
  kEmptyFrame,          // data message without a PPP frame
};

/// Every reason, in the enum's order.
inline constexpr std::array kAllDropReasons{
    DropReason::kTruncatedHeader,    DropReason::kUnknownVersion, DropReason::kBadControlHeader,
    DropReason::kBadLength,          DropReason::kUnknownTunnel,  DropReason::kWrongSource,
    DropReason::kNotSccrq,           DropReason::kBadSccrq,       DropReason::kSccrqRate,
    DropReason::kSccrqRateOfNetwork, DropReason::kTunnelLimit,    DropReason::kTieLost,
    DropReason::kRefusalLimit,       DropReason::kDuplicate,      DropReason::kOutsideWindow,
    DropReason::kReorderLimit,       DropReason::kImpossibleNr,   DropReason::kBacklog,
    DropReason::kRejectedMessage,    DropReason::kUnknownMessage, DropReason::kUnexpectedMessage,
    DropReason::kTunnelClosing,      DropReason::kUnknownSession, DropReason::kSessionNotUp,
    DropReason::kEmptyFrame,
};
static_assert(kAllDropReasons.size() == static_cast<size_t>(DropReason::kEmptyFrame) + 1);

/// The reason as a metric label: "unknown_tunnel".
std::string_view ToString(DropReason reason);

/// How often each reason struck.
using DropCounters = ReasonCounters<DropReason, kAllDropReasons.size()>;

}  // namespace sallyport::l2tp
