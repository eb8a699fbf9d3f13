// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "ppp/auth_code.h"
#include "ppp/authenticator.h"
#include "ppp/chap_algorithm.h"

namespace sallyport::ppp {

/// The exchange of the Challenge-Handshake Authentication Protocol (RFC 1994), the authenticator:
/// challenge, its repetition, and the answer, also to a peer that has logged in. The algorithm adds
/// the Value of the Response and the text of the answers.
class Chap final : public Authenticator {
 public:
  /// All three are borrowed and outlive the object.
  Chap(const ChapAlgorithm& algorithm, const LinkConfig& config, DropCounters& drops)
      : algorithm_(algorithm), config_(config), drops_(drops) {}

  Protocol protocol() const override { return Protocol::kChap; }
  void Start(const AuthTurn& turn) override;
  void Resume(ProxiedLogin login, Actions& out) override;
  AuthProgress Receive(const Packet& packet, const AuthTurn& turn) override;
  AuthProgress Accept(const AuthAccepted& verdict, const AuthTurn& turn) override;
  AuthProgress Reject(const AuthRejected& verdict, bool may_retry, const AuthTurn& turn) override;
  AuthProgress HandleTimeout(const AuthTurn& turn) override;
  std::optional<TimePoint> NextDeadline() const override { return deadline_; }

 private:
  struct Answer {  // our last one
    ChapCode code = ChapCode::kFailure;
    uint8_t identifier = 0;
    std::string message;
  };

  void BeginAnew(const AuthTurn& turn);
  void SendChallenge(TimePoint now, Actions& out);
  void Send(Answer answer, Actions& out);

  const ChapAlgorithm& algorithm_;
  const LinkConfig& config_;
  DropCounters& drops_;
  std::array<uint8_t, 16> challenge_{};
  uint8_t identifier_ = 0;  // of the Response that we wait for, or that is being decided
  bool verdict_pending_ = false;
  unsigned challenges_sent_ = 0;
  bool resting_ = false;  // the peer has proven itself; the deadline is that of the next challenge
  std::optional<Answer> answer_;
  std::optional<TimePoint> deadline_;
};

}  // namespace sallyport::ppp
