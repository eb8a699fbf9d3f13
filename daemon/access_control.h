// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "base/expected.h"
#include "base/ip_address.h"
#include "daemon/attempt.h"
#include "ppp/events.h"

namespace sallyport::daemon {

/// The addresses in use by one session.
struct Lease {
  std::string pool;  // empty: a static address outside every pool
  std::string user;
  IpAddress address;                    // none: no IPv4
  IpAddress gateway;                    // our end; likewise
  std::optional<IpPrefix> prefix{};     // IPv6, of the session's link; none: no IPv6
  std::optional<IpPrefix> delegated{};  // IPv6, for what is behind the client
};

/// How long a session may last; nothing: as long as it likes.
struct SessionLimits {
  std::optional<std::chrono::seconds> idle;  // without a packet from the client
  std::optional<std::chrono::seconds> session;
};

struct AccessGranted {
  Lease lease;
  ppp::AuthAccepted answer;
  SessionLimits limits;
};
struct AccessDenied {
  std::string log_text;  // why, for the operator only
  ppp::AuthRejected answer;
  AttemptReason reason = AttemptReason::kWrongPassword;  // the same in one word
  bool guessed = false;                                  // the name or the password was wrong
};

/// Decides logins and hands out addresses. (RADIUS will be a second kind, with an answer that comes
/// later; SessionManager already takes the answer in a turn of the loop of its own.)
class AccessControl {
 public:
  AccessControl() = default;
  AccessControl(const AccessControl&) = delete;
  AccessControl& operator=(const AccessControl&) = delete;
  virtual ~AccessControl() = default;

  /// `held` is what a session has that logs in anew: after a denial it still has it, and what is
  /// granted, the same where that is possible, takes its place. It is denied to another user.
  virtual Expected<AccessGranted, AccessDenied> Decide(const ppp::Authenticate& request,
                                                       const std::optional<Lease>& held) = 0;
  /// Only whether the login is right: for one who has logged in before and keeps what he was given.
  virtual Expected<ppp::AuthAccepted, AccessDenied> DecideAgain(
      const ppp::Authenticate& request) = 0;
  /// The session of the lease is gone, its route included.
  virtual void Release(const Lease& lease) = 0;
};

}  // namespace sallyport::daemon
