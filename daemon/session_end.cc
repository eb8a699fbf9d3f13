// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/session_end.h"

#include <fmt/format.h>

namespace sallyport::daemon {
namespace {

/// CDN result codes, RFC 2661 §4.4.2.
constexpr uint16_t kLossOfCarrier = 1;
constexpr uint16_t kAdministrative = 3;

}  // namespace

std::string_view Text(l2tp::EndReason reason) {
  switch (reason) {
    case l2tp::EndReason::kPeerClosed:
      return "the peer closed it";
    case l2tp::EndReason::kLocalClose:
      return "closed by us";
    case l2tp::EndReason::kRetransmitTimeout:
      return "the peer does not answer";
    case l2tp::EndReason::kSetupTimeout:
      return "the peer did not finish the setup";
    case l2tp::EndReason::kProtocolError:
      return "the peer broke the protocol";
    case l2tp::EndReason::kRefused:
      return "refused";
    case l2tp::EndReason::kReplaced:
      return "the peer dialled again";
    case l2tp::EndReason::kPathDown:
      return "the SA under it went";
    case l2tp::EndReason::kTunnelEnded:
      return "its tunnel ended";
    case l2tp::EndReason::kIdle:
      return "no session on it for too long";
    case l2tp::EndReason::kTieLost:
      return "the peer dialled us at the same time";
  }
  return "ended";
}

std::string_view CauseOf(l2tp::EndReason reason) {
  switch (reason) {
    case l2tp::EndReason::kPeerClosed:
    case l2tp::EndReason::kReplaced:
      return "user_request";
    case l2tp::EndReason::kLocalClose:
      return "admin_reset";
    case l2tp::EndReason::kRefused:
      return "nas_error";
    default:
      return "lost_carrier";
  }
}

std::string Describe(l2tp::EndReason reason, const l2tp::ResultCode& result) {
  std::string text(Text(reason));
  if (result.result != 0) text += fmt::format(", result {}", result.result);
  if (result.error) text += fmt::format(" error {}", *result.error);
  if (!result.message.empty()) text += fmt::format(": {}", result.message);
  return text;
}

std::string Describe(const l2tp::SessionDown& down) {
  std::string text = Describe(down.of_tunnel.value_or(down.reason), down.result);
  return down.of_tunnel ? fmt::format("{}: {}", Text(down.reason), text) : text;
}

std::string_view CauseOf(const l2tp::SessionDown& down) {
  const l2tp::EndReason reason = down.of_tunnel.value_or(down.reason);
  // We closed it, and say by an error (RFC 2661 §4.4.2) that we could not do otherwise.
  if (reason == l2tp::EndReason::kLocalClose && down.result.error) return "nas_error";
  return CauseOf(reason);
}

uint16_t ResultOf(ppp::EndReason reason) {
  const bool carrier = reason == ppp::EndReason::kPeerTerminated ||
                       reason == ppp::EndReason::kEchoTimeout ||
                       reason == ppp::EndReason::kLowerLayerDown;
  return carrier ? kLossOfCarrier : kAdministrative;
}

std::string_view Text(ppp::EndReason reason) {
  switch (reason) {
    case ppp::EndReason::kPeerTerminated:
      return "the peer hung up";
    case ppp::EndReason::kLocalClose:
      return "closed by us";
    case ppp::EndReason::kNegotiationTimeout:
      return "PPP negotiation timed out";
    case ppp::EndReason::kNotConverging:
      return "PPP negotiation does not converge";
    case ppp::EndReason::kAuthenticationRefused:
      return "the peer refuses every authentication method that we allow";
    case ppp::EndReason::kAuthenticationFailed:
      return "wrong user name or password";
    case ppp::EndReason::kAuthenticationTimeout:
      return "the peer does not answer the authentication";
    case ppp::EndReason::kMethodNotAllowed:
      return "the server demands an authentication method that we do not allow";
    case ppp::EndReason::kServerUnproven:
      return "the server does not know the password";
    case ppp::EndReason::kEchoTimeout:
      return "LCP echoes unanswered";
    case ppp::EndReason::kNetworkRefused:
      return "no network protocol was agreed on";
    case ppp::EndReason::kLoopback:
      return "the link is looped back";
    case ppp::EndReason::kLowerLayerDown:
      return "the L2TP session ended";
  }
  return "ended";
}

std::string_view CauseOf(ppp::EndReason reason) {
  switch (reason) {
    case ppp::EndReason::kPeerTerminated:
      return "user_request";
    case ppp::EndReason::kLocalClose:
      return "admin_reset";
    case ppp::EndReason::kEchoTimeout:
    case ppp::EndReason::kLowerLayerDown:
      return "lost_carrier";
    case ppp::EndReason::kAuthenticationRefused:
    case ppp::EndReason::kAuthenticationFailed:
    case ppp::EndReason::kAuthenticationTimeout:
    case ppp::EndReason::kMethodNotAllowed:
    case ppp::EndReason::kServerUnproven:
      return "user_error";
    default:  // PPP did not come to an agreement
      return "port_error";
  }
}

}  // namespace sallyport::daemon
