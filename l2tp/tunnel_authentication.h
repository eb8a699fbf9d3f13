// SPDX-License-Identifier: GPL-2.0-or-later
// How two tunnel endpoints prove to each other that they share a secret (RFC 2661 §5.1.1).
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "base/secret.h"
#include "l2tp/message.h"

namespace sallyport::l2tp {

/// The CHAP response (RFC 1994 §4.1) to a Challenge AVP: MD5 over an identifier, the secret and the
/// challenge. "For purposes of the ID value [...] the value of the Message Type AVP for this
/// message is used" (RFC 2661 §4.4.3): `answer` is the message that carries the response, SCCRP or
/// SCCCN.
ChallengeResponse ComputeResponse(MessageType answer, const Secret& secret,
                                  std::span<const uint8_t> challenge);

/// Whether the response in `answer` proves that the peer knows the secret; none does not. The time
/// it takes tells nothing of the expected one.
bool VerifyResponse(MessageType answer, const Secret& secret, std::span<const uint8_t> challenge,
                    const std::optional<ChallengeResponse>& received);

}  // namespace sallyport::l2tp
