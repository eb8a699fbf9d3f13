// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/reason_counters.h"

namespace sallyport::ppp {

/// Why a received frame had no effect (or, last, why one of ours was not sent).
enum class DropReason : uint8_t {
  kMalformedProtocol,  // no two-octet Protocol field of the form of RFC 1661 §2
  kBadLength,          // Length, or a length inside the packet, past the end or under the minimum
  kBadOption,          // option length under 2 or past the end (RFC 1661 §6)
  kWrongIdentifier,   // an answer to none of our requests (RFC 1661 §5.2 to §5.4; RFC 1994 §4.1)
  kMismatchedAnswer,  // Ack or Reject of options that we did not send (RFC 1661 §5.2, §5.4)
  kUnexpectedCode,    // an authentication packet that is the other side's to send
  kWrongMethod,       // another authentication protocol, or EAP method, than the one agreed on
  kVerdictPending,    // a login while the one before is still being decided
  kLayerNotOpen,      // a protocol whose phase has not come (RFC 1661 §3.4, §3.5)
  kNetworkData,       // IP and compressed packets; they belong to the kernel
  kLoopedBack,        // it carries our own Magic-Number (RFC 1661 §6.4)
  kLinkEnded,         // the link is not started, or is over
  kTooLongToSend,     // ours: longer than the peer's Maximum-Receive-Unit
};

/// Every reason, for iteration.
inline constexpr std::array kAllDropReasons{
    DropReason::kMalformedProtocol, DropReason::kBadLength,        DropReason::kBadOption,
    DropReason::kWrongIdentifier,   DropReason::kMismatchedAnswer, DropReason::kUnexpectedCode,
    DropReason::kWrongMethod,       DropReason::kVerdictPending,   DropReason::kLayerNotOpen,
    DropReason::kNetworkData,       DropReason::kLoopedBack,       DropReason::kLinkEnded,
    DropReason::kTooLongToSend};

/// snake_case, for metrics: "bad_length".
std::string_view ToString(DropReason reason);

/// How often each reason struck.
using DropCounters = ReasonCounters<DropReason, kAllDropReasons.size()>;

}  // namespace sallyport::ppp
