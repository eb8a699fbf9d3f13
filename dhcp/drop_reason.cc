// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/drop_reason.h"

namespace sallyport::dhcp {

std::string_view ToString(DropReason reason) {
  switch (reason) {
    case DropReason::kTooShort:
      return "too_short";
    case DropReason::kBadOption:
      return "bad_option";
    case DropReason::kBadHopLimit:
      return "bad_hop_limit";
    case DropReason::kBadCode:
      return "bad_code";
    case DropReason::kUnknownType:
      return "unknown_type";
    case DropReason::kNotForUs:
      return "not_for_us";
    case DropReason::kMissingOption:
      return "missing_option";
    case DropReason::kUnexpectedOption:
      return "unexpected_option";
    case DropReason::kBadSource:
      return "bad_source";
    case DropReason::kRateLimit:
      return "rate_limit";
    case DropReason::kNotMulticast:
      return "not_multicast";
    case DropReason::kNoAnswer:
      return "no_answer";
    case DropReason::kNoSession:
      return "no_session";
  }
  return "unknown";
}

}  // namespace sallyport::dhcp
