// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/drop_reason.h"

namespace sallyport::ppp {

std::string_view ToString(DropReason reason) {
  switch (reason) {
    case DropReason::kMalformedProtocol:
      return "malformed_protocol";
    case DropReason::kBadLength:
      return "bad_length";
    case DropReason::kBadOption:
      return "bad_option";
    case DropReason::kWrongIdentifier:
      return "wrong_identifier";
    case DropReason::kMismatchedAnswer:
      return "mismatched_answer";
    case DropReason::kUnexpectedCode:
      return "unexpected_code";
    case DropReason::kWrongMethod:
      return "wrong_method";
    case DropReason::kVerdictPending:
      return "verdict_pending";
    case DropReason::kLayerNotOpen:
      return "layer_not_open";
    case DropReason::kNetworkData:
      return "network_data";
    case DropReason::kLoopedBack:
      return "looped_back";
    case DropReason::kLinkEnded:
      return "link_ended";
    case DropReason::kTooLongToSend:
      return "too_long_to_send";
  }
  return "unknown";
}

}  // namespace sallyport::ppp
