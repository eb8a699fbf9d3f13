// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/entropy.h"
#include "ppp/authenticator.h"
#include "ppp/drop_reason.h"
#include "ppp/events.h"

namespace sallyport::ppp {

/// The next Request is to go out.
struct EapAsk {
  std::vector<uint8_t> data;  // its Type-Data
  /// How the authentication ends if the peer never answers.
  AuthProgress unanswered = AuthProgress::kTimedOut;
  /// It may show a window to somebody (RFC 3748 §4.3), who gets what the set-up of the link may
  /// take.
  bool person_answers = false;
};
/// A login is to be decided: Accept() or Reject() follows.
struct EapLogin {
  std::string user;  // empty: the Identity
  Credential credential;
};
/// The method is over.
struct EapEnd {
  bool success = false;
};
/// The Response has no effect: the Request still waits for one.
struct EapDrop {
  DropReason reason{};
};
using EapStep = std::variant<EapAsk, EapLogin, EapEnd, EapDrop>;

/// What a step may be made of.
struct EapTurn {
  uint8_t identifier = 0;  // of the Request that may come of the call
  const Entropy& entropy;
};

/// One method of EAP (RFC 3748 §5), the authenticator's side, from its first Request on.
///
/// EapAuthenticator sees to packets, identifiers, repetition and the choice of the method. A method
/// that lives in another server (pass-through, RFC 3748 §2.3) is one more class here: each Response
/// is a login to it, and the server's answer the next step.
class EapMethod {
 public:
  virtual ~EapMethod() = default;

  virtual EapType type() const = 0;
  virtual EapAsk Begin(const EapTurn& turn) = 0;
  /// The Type-Data of a Response to the last Request.
  virtual EapStep Receive(std::span<const uint8_t> data, const EapTurn& turn) = 0;
  /// The verdict on the EapLogin. Precondition of both: there is one.
  virtual EapStep Accept(const AuthAccepted& verdict, const EapTurn& turn) = 0;
  virtual EapStep Reject(const AuthRejected& verdict, bool may_retry, const EapTurn& turn) = 0;
};

/// `config` is borrowed and outlives the object. Null for a type that is no method of ours.
std::unique_ptr<EapMethod> MakeEapMethod(EapType type, const LinkConfig& config);

/// EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2).
std::unique_ptr<EapMethod> MakeEapMsChapV2(const LinkConfig& config);

}  // namespace sallyport::ppp
