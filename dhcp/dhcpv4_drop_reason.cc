// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/dhcpv4_drop_reason.h"

namespace sallyport::dhcp::v4 {

std::string_view ToString(DropReason reason) {
  switch (reason) {
    case DropReason::kTruncated:
      return "truncated";
    case DropReason::kNoCookie:
      return "no_cookie";
    case DropReason::kBadOption:
      return "bad_option";
    case DropReason::kNotRequest:
      return "not_request";
    case DropReason::kNotInform:
      return "not_inform";
    case DropReason::kRelayed:
      return "relayed";
    case DropReason::kForeignAddress:
      return "foreign_address";
    case DropReason::kRateLimit:
      return "rate_limit";
    case DropReason::kOptionLeftOut:
      return "option_left_out";
  }
  return "unknown";  // not reached: the switch is full
}

}  // namespace sallyport::dhcp::v4
