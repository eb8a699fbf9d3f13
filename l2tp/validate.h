// SPDX-License-Identifier: GPL-2.0-or-later
// What a control message's AVPs mean: which may stand where, which must, and what a mistake costs
// (RFC 2661 §4.2, §6, §7.1). Between the codec (avp.h) and the engine (tunnel.h).
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/expected.h"
#include "l2tp/events.h"
#include "l2tp/message.h"

namespace sallyport::l2tp {

/// What a message is associated with, and so what ends when it is refused (RFC 2661 §4.2).
enum class Scope {
  kTunnel,   // answered by StopCCN
  kSession,  // answered by CDN
};

/// A message that must not be acted on.
struct Rejection {
  Scope scope = Scope::kTunnel;
  std::optional<MessageType> type;  // nothing when unknown or unreadable
  ResultCode result;                // to be sent to the peer
  TunnelId assigned_tunnel;         // as far as it could be read; zero otherwise
  SessionId assigned_session;
};

/// Reads and judges the AVPs of one message that is no ZLB.
///
/// Tolerated, because clients in the field need it and nothing depends on it: an AVP of RFC 2661 in
/// a message it does not belong to, a repeated AVP (the first counts), a wrong M bit, ICRQ without
/// Call Serial Number, ICCN and OCCN without their two AVPs, Receive Window Size 0 (means 4), one
/// trailing NUL in Host Name (macOS). A StopCCN or CDN is never rejected: the peer ends it anyway.
///
/// Hidden AVPs are read with `secret`; null or empty means that none is shared, and a hidden AVP is
/// then an unrecognized one. So is one that must not be hidden (RFC 2661 §4.4), and one without a
/// Random Vector before it.
Expected<Message, Rejection> Validate(std::span<const uint8_t> avps,
                                      const Secret* secret = nullptr);

/// The Host Name of an SCCRQ or SCCRP as Validate gives it: what the secret is chosen by before the
/// message can be read. Nothing when it has none that can be read. It is never hidden (RFC 2661
/// §4.4.3).
std::optional<std::string> PeekHostName(std::span<const uint8_t> avps);

}  // namespace sallyport::l2tp
