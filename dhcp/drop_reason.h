// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/reason_counters.h"

namespace sallyport::dhcp {

/// Why a message of a client had no effect: ICMPv6 and DHCPv6. DHCPv4 has reasons of its own.
enum class DropReason : uint8_t {
  kTooShort,          // shorter than its fixed part
  kBadOption,         // an option past the end, of no or a wrong length, or twice
  kBadHopLimit,       // a Router Solicitation that a router may have forwarded (RFC 4861 §6.1.1)
  kBadCode,           // likewise of an ICMP Code that is not zero
  kUnknownType,       // a message that no client sends to a server
  kNotForUs,          // another server's (RFC 8415 §16)
  kMissingOption,     // without an option that its type needs (RFC 8415 §16)
  kUnexpectedOption,  // with one that its type forbids (likewise)
  kBadSource,         // DHCPv6 from no link-local address, which clients use (RFC 8415 §13.1)
  kRateLimit,         // more than a client has reason to send
  kNotMulticast,      // sent to an address of ours, by a type that may not be (RFC 8415 §18.4)
  kNoAnswer,          // a question that we know nothing about (RFC 8415 §18.3.3)
  kNoSession,         // from an interface of no session, or before its IPv6 is up
};

/// Every reason, for iteration.
inline constexpr std::array kAllDropReasons{
    DropReason::kTooShort,      DropReason::kBadOption,        DropReason::kBadHopLimit,
    DropReason::kBadCode,       DropReason::kUnknownType,      DropReason::kNotForUs,
    DropReason::kMissingOption, DropReason::kUnexpectedOption, DropReason::kBadSource,
    DropReason::kRateLimit,     DropReason::kNotMulticast,     DropReason::kNoAnswer,
    DropReason::kNoSession};

/// snake_case, for metrics: "bad_option".
std::string_view ToString(DropReason reason);

/// How often each reason struck.
using DropCounters = ReasonCounters<DropReason, kAllDropReasons.size()>;

}  // namespace sallyport::dhcp
