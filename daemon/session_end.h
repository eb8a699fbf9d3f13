// SPDX-License-Identifier: GPL-2.0-or-later
// Why a tunnel, a session or its PPP link has ended, in the words of the others who are told.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "l2tp/events.h"
#include "l2tp/message.h"
#include "ppp/events.h"

namespace sallyport::daemon {

/// The CDN's result code (RFC 2661 §4.4.2).
uint16_t ResultOf(ppp::EndReason reason);

/// For people.
std::string_view Text(l2tp::EndReason reason);
std::string_view Text(ppp::EndReason reason);
/// The same, with what the peer says.
std::string Describe(l2tp::EndReason reason, const l2tp::ResultCode& result);
std::string Describe(const l2tp::SessionDown& down);

/// Every cause of a session's end: words of RFC 2866 §5.10.
inline constexpr std::string_view kCauses[] = {
    "user_request", "lost_carrier", "idle_timeout", "session_timeout",
    "admin_reset",  "nas_error",    "user_error",   "port_error",
};
/// Why a session ends by it: a word of RFC 2866 §5.10, "lost_carrier".
std::string_view CauseOf(l2tp::EndReason reason);
std::string_view CauseOf(const l2tp::SessionDown& down);
std::string_view CauseOf(ppp::EndReason reason);

}  // namespace sallyport::daemon
