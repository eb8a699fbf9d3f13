// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <optional>

#include "base/entropy.h"
#include "base/time.h"
#include "ppp/events.h"
#include "ppp/packet.h"

namespace sallyport::ppp {

/// How far an authentication is after a call.
enum class AuthProgress : uint8_t {
  kPending,    // goes on, or has ended before this call
  kSucceeded,  // with this call: the peer is who it says
  kFailed,     // with this call: no further try is allowed
  kRefused,    // with this call: the peer takes no EAP method that we demand
  kTimedOut,   // the peer does not answer
};

/// What a call comes with, and where its actions go.
struct AuthTurn {
  TimePoint now;
  const Entropy& entropy;
  Actions& out;
};

/// A login that came to a LAC, which handed the call on (RFC 2661 §4.4.5).
struct ProxiedLogin {
  uint8_t identifier = 0;  // of the packet that our answer is to
  Authenticate request;
};

/// The authenticator's side of one authentication protocol, from LCP's Opened on. It stays for as
/// long as LCP is open, to repeat its last answer to a peer that lost it.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  virtual Protocol protocol() const = 0;
  virtual void Start(const AuthTurn& turn) = 0;
  /// In place of Start(): the login is there already. Appends Authenticate. Precondition: it is one
  /// that ReadProxiedLogin() made for this protocol.
  virtual void Resume(ProxiedLogin login, Actions& out) = 0;
  /// Appends Authenticate when a login came.
  virtual AuthProgress Receive(const Packet& packet, const AuthTurn& turn) = 0;
  /// The verdict on the login that Authenticate named. Precondition of both: there is one.
  virtual AuthProgress Accept(const AuthAccepted& verdict, const AuthTurn& turn) = 0;
  /// `may_retry`: the limit of attempts is not reached yet.
  virtual AuthProgress Reject(const AuthRejected& verdict, bool may_retry,
                              const AuthTurn& turn) = 0;
  virtual AuthProgress HandleTimeout(const AuthTurn& turn) = 0;
  virtual std::optional<TimePoint> NextDeadline() const = 0;
};

/// `config` and `drops` are borrowed and outlive the object.
std::unique_ptr<Authenticator> MakeAuthenticator(AuthMethod method, const LinkConfig& config,
                                                 DropCounters& drops);

}  // namespace sallyport::ppp
