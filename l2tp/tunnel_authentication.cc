// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/tunnel_authentication.h"

#include "crypto/chap.h"

namespace sallyport::l2tp {

ChallengeResponse ComputeResponse(MessageType answer, const Secret& secret,
                                  std::span<const uint8_t> challenge) {
  return crypto::ChapMd5Response(static_cast<uint8_t>(answer), secret.bytes(), challenge);
}

bool VerifyResponse(MessageType answer, const Secret& secret, std::span<const uint8_t> challenge,
                    const std::optional<ChallengeResponse>& received) {
  return received && ConstantTimeEqual(*received, ComputeResponse(answer, secret, challenge));
}

}  // namespace sallyport::l2tp
