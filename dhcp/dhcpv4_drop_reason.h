// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "base/reason_counters.h"

namespace sallyport::dhcp::v4 {

/// Why a received DHCPv4 message was not answered (or, last, an option was left out of an answer).
enum class DropReason : uint8_t {
  kTruncated,       // shorter than the fixed fields and the cookie (RFC 2131 §2)
  kNoCookie,        // BOOTP without the magic cookie of RFC 2131 §3
  kBadOption,       // an option's length is past its field's end, or not the option's own
  kNotRequest,      // op is not BOOTREQUEST
  kNotInform,       // DHCPDISCOVER and the like: addresses are given by IPCP
  kRelayed,         // giaddr is set, and no relay is on a point-to-point link
  kForeignAddress,  // ciaddr or the source is not the session's own address
  kRateLimit,       // more from one session than a client has need of
  kOptionLeftOut,   // an option that the answer had no room for
};

/// Every reason, for iteration.
inline constexpr std::array kAllDropReasons{
    DropReason::kTruncated,      DropReason::kNoCookie,  DropReason::kBadOption,
    DropReason::kNotRequest,     DropReason::kNotInform, DropReason::kRelayed,
    DropReason::kForeignAddress, DropReason::kRateLimit, DropReason::kOptionLeftOut};

/// snake_case, for metrics: "not_inform".
std::string_view ToString(DropReason reason);

/// How often each reason struck.
using DropCounters = ReasonCounters<DropReason, kAllDropReasons.size()>;

}  // namespace sallyport::dhcp::v4
