// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>

#include "ppp/auth_code.h"
#include "ppp/authenticator.h"

namespace sallyport::ppp {

/// Password Authentication Protocol (RFC 1334 §2), the authenticator.
class Pap final : public Authenticator {
 public:
  Pap(const LinkConfig& config, DropCounters& drops) : config_(config), drops_(drops) {}

  Protocol protocol() const override { return Protocol::kPap; }
  void Start(const AuthTurn& turn) override;
  void Resume(ProxiedLogin login, Actions& out) override;
  AuthProgress Receive(const Packet& packet, const AuthTurn& turn) override;
  AuthProgress Accept(const AuthAccepted& verdict, const AuthTurn& turn) override;
  AuthProgress Reject(const AuthRejected& verdict, bool may_retry, const AuthTurn& turn) override;
  AuthProgress HandleTimeout(const AuthTurn& turn) override;
  std::optional<TimePoint> NextDeadline() const override { return deadline_; }

 private:
  enum class Stage : uint8_t { kAwaitingRequest, kAwaitingVerdict, kAccepted, kRejected };

  void Answer(uint8_t identifier, Actions& out) const;

  const LinkConfig& config_;
  DropCounters& drops_;
  Stage stage_ = Stage::kAwaitingRequest;
  uint8_t identifier_ = 0;  // of the request that is being decided
  std::string message_;     // of our answer
  std::optional<TimePoint> deadline_;
};

}  // namespace sallyport::ppp
