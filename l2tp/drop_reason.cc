// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/drop_reason.h"

namespace sallyport::l2tp {

std::string_view ToString(DropReason reason) {
  switch (reason) {
    case DropReason::kTruncatedHeader:
      return "truncated_header";
    case DropReason::kUnknownVersion:
      return "unknown_version";
    case DropReason::kBadControlHeader:
      return "bad_control_header";
    case DropReason::kBadLength:
      return "bad_length";
    case DropReason::kUnknownTunnel:
      return "unknown_tunnel";
    case DropReason::kWrongSource:
      return "wrong_source";
    case DropReason::kNotSccrq:
      return "not_sccrq";
    case DropReason::kBadSccrq:
      return "bad_sccrq";
    case DropReason::kSccrqRate:
      return "sccrq_rate";
    case DropReason::kSccrqRateOfNetwork:
      return "sccrq_rate_of_network";
    case DropReason::kTunnelLimit:
      return "tunnel_limit";
    case DropReason::kTieLost:
      return "tie_lost";
    case DropReason::kRefusalLimit:
      return "refusal_limit";
    case DropReason::kDuplicate:
      return "duplicate";
    case DropReason::kOutsideWindow:
      return "outside_window";
    case DropReason::kReorderLimit:
      return "reorder_limit";
    case DropReason::kImpossibleNr:
      return "impossible_nr";
    case DropReason::kBacklog:
      return "backlog";
    case DropReason::kRejectedMessage:
      return "rejected_message";
    case DropReason::kUnknownMessage:
      return "unknown_message";
    case DropReason::kUnexpectedMessage:
      return "unexpected_message";
    case DropReason::kTunnelClosing:
      return "tunnel_closing";
    case DropReason::kUnknownSession:
      return "unknown_session";
    case DropReason::kSessionNotUp:
      return "session_not_up";
    case DropReason::kEmptyFrame:
      return "empty_frame";
  }
  return "unknown";  // not reached: the switch is full
}

}  // namespace sallyport::l2tp
