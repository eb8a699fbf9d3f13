// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "ppp/events.h"

namespace sallyport::ppp {

/// A challenge that was sent or received, with the packet's Identifier; the value is borrowed.
struct ChapChallenge {
  uint8_t identifier = 0;
  std::span<const uint8_t> value;
};

/// Our answer to a challenge.
struct ChapResponse {
  std::vector<uint8_t> value;
  /// What the authenticator has to show in its Success (RFC 2759 §8.7), where the algorithm has the
  /// authenticator prove itself.
  std::optional<std::array<uint8_t, 20>> proof;
};

/// What makes one algorithm of CHAP (RFC 1994 §3) differ from another, on either side of the
/// exchange. Objects have no state.
class ChapAlgorithm {
 public:
  virtual ~ChapAlgorithm() = default;

  virtual AuthMethod method() const = 0;

  // As authenticator.

  /// The credential in a Response's Value; nothing if one of the two is not of the algorithm's
  /// form.
  virtual std::optional<Credential> ReadResponse(const ChapChallenge& asked,
                                                 std::span<const uint8_t> value) const = 0;
  /// The Message of Success; nothing if the verdict lacks what the algorithm needs.
  virtual std::optional<std::string> SuccessMessage(const AuthAccepted& verdict) const = 0;
  /// Whether the peer may try again after this verdict, on the challenge in the Failure.
  virtual bool AllowsRetry(const AuthRejected& verdict) const = 0;
  /// The Message of Failure; `next` is the challenge for another try, if `retry`.
  virtual std::string FailureMessage(const AuthRejected& verdict, bool retry,
                                     std::span<const uint8_t> next) const = 0;

  // As client.

  /// Nothing if the challenge is not of the algorithm's form.
  virtual std::optional<ChapResponse> Respond(const ChapChallenge& challenge,
                                              const ClientRole& client,
                                              const Entropy& entropy) const = 0;
  /// Whether a Success with this Message ends the exchange well for us, who sent `response`.
  virtual bool IsProven(const ChapResponse& response, std::span<const uint8_t> message) const = 0;
  /// Why the login was refused, from the Message of Failure; printable.
  virtual std::string FailureText(std::span<const uint8_t> message) const = 0;
};

/// CHAP with MD5 (RFC 1994 §3, algorithm 5).
const ChapAlgorithm& ChapMd5();
/// MS-CHAPv2 (RFC 2759, algorithm 0x81): both sides prove the password, and a wrong one may be
/// given again.
const ChapAlgorithm& MsChapV2();

}  // namespace sallyport::ppp
