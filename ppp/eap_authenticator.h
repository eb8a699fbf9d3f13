// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ppp/authenticator.h"
#include "ppp/eap.h"
#include "ppp/eap_method.h"

namespace sallyport::ppp {

/// The Extensible Authentication Protocol (RFC 3748), the authenticator: it asks for the Identity,
/// then by the first of the configured methods that the peer does not Nak. Whoever the peer claims
/// to be, it is asked the same, so that the exchange tells no names.
class EapAuthenticator final : public Authenticator {
 public:
  /// Both are borrowed and outlive the object.
  EapAuthenticator(const LinkConfig& config, DropCounters& drops)
      : config_(config), drops_(drops) {}

  Protocol protocol() const override { return Protocol::kEap; }
  void Start(const AuthTurn& turn) override;
  void Resume(ProxiedLogin /*login*/, Actions& /*out*/) override {}  // there is none of EAP
  AuthProgress Receive(const Packet& packet, const AuthTurn& turn) override;
  AuthProgress Accept(const AuthAccepted& verdict, const AuthTurn& turn) override;
  AuthProgress Reject(const AuthRejected& verdict, bool may_retry, const AuthTurn& turn) override;
  AuthProgress HandleTimeout(const AuthTurn& turn) override;
  std::optional<TimePoint> NextDeadline() const override { return deadline_; }

 private:
  struct Request {  // the last one, unanswered
    SendFrame frame;
    unsigned sent = 0;
    AuthProgress unanswered = AuthProgress::kTimedOut;
    bool person_answers = false;
  };

  AuthProgress ReceiveIdentity(std::span<const uint8_t> data, const AuthTurn& turn);
  AuthProgress ReceiveNak(std::span<const uint8_t> wanted, const AuthTurn& turn);
  AuthProgress BeginMethod(size_t index, const AuthTurn& turn);
  AuthProgress Carry(EapStep step, const AuthTurn& turn);
  AuthProgress End(bool success, AuthProgress progress, const AuthTurn& turn);
  AuthProgress Drop(DropReason reason);
  void Ask(EapType type, const EapAsk& ask, const AuthTurn& turn);
  void Send(const AuthTurn& turn);
  EapTurn NextTurn(const AuthTurn& turn) const;

  const LinkConfig& config_;
  DropCounters& drops_;
  std::optional<Request> request_;
  uint8_t identifier_ = 0;  // of the last Request
  std::string identity_;
  std::unique_ptr<EapMethod> method_;  // once the Identity came
  bool engaged_ = false;               // the peer has answered a Request of the method
  std::vector<EapType> offered_;       // methods that the peer was asked by
  bool verdict_pending_ = false;
  std::optional<TimePoint> deadline_;
};

}  // namespace sallyport::ppp
