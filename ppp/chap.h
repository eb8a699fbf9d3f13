// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ppp/authenticator.h"

namespace sallyport::ppp {

/// The exchange of the Challenge-Handshake Authentication Protocol (RFC 1994), the authenticator:
/// challenge, its repetition, and the answer. An algorithm adds the Value of the Response and the
/// text of the answers.
class Chap : public Authenticator {
 public:
  Chap(const LinkConfig& config, DropCounters& drops) : config_(config), drops_(drops) {}

  Protocol protocol() const override { return Protocol::kChap; }
  void Start(TimePoint now, const Entropy& entropy, Actions& out) override;
  AuthProgress Receive(const Packet& packet, Actions& out) override;
  AuthProgress Accept(const AuthAccepted& verdict, Actions& out) override;
  AuthProgress Reject(const AuthRejected& verdict, bool may_retry, const Entropy& entropy,
                      Actions& out) override;
  AuthProgress HandleTimeout(TimePoint now, Actions& out) override;
  std::optional<TimePoint> NextDeadline() const override { return deadline_; }

 protected:
  using Challenge = std::array<uint8_t, 16>;
  /// The challenge that was answered, with the packet's Identifier.
  struct Asked {
    uint8_t identifier;
    const Challenge& challenge;
  };

  virtual AuthMethod method() const = 0;
  /// The credential in a Response's Value; nothing if it is not of the algorithm's form.
  virtual std::optional<Credential> ReadValue(const Asked& asked,
                                              std::span<const uint8_t> value) const = 0;
  /// The Message of Success; nothing if the verdict lacks what the algorithm needs.
  virtual std::optional<std::string> SuccessMessage(const AuthAccepted& verdict) const = 0;
  /// Whether the algorithm lets the peer try again after this verdict, on the challenge in the
  /// Failure.
  virtual bool AllowsRetry(const AuthRejected& verdict) const = 0;
  /// The Message of Failure; `next` is the challenge for another try, if `retry`.
  virtual std::string FailureMessage(const AuthRejected& verdict, bool retry,
                                     const Challenge& next) const = 0;

 private:
  enum class Code : uint8_t { kChallenge = 1, kResponse = 2, kSuccess = 3, kFailure = 4 };
  struct Answer {  // our last one
    Code code = Code::kFailure;
    uint8_t identifier = 0;
    std::string message;
  };

  void SendChallenge(TimePoint now, Actions& out);
  void Send(Answer answer, Actions& out);

  const LinkConfig& config_;
  DropCounters& drops_;
  Challenge challenge_{};
  uint8_t identifier_ = 0;  // of the Response that we wait for, or that is being decided
  bool verdict_pending_ = false;
  unsigned challenges_sent_ = 0;
  std::optional<Answer> answer_;
  std::optional<TimePoint> deadline_;
};

}  // namespace sallyport::ppp
