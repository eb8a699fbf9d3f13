// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <utility>

#include "base/wire_writer.h"
#include "ppp/chap_algorithm.h"
#include "ppp/eap.h"
#include "ppp/eap_method.h"
#include "ppp/entropy_use.h"

namespace sallyport::ppp {
namespace {

/// draft-kamath-pppext-eap-mschapv2 §2: challenge and response, then our verdict as one more
/// Request, which the peer acknowledges or, where we allow it, answers with another try.
class EapMsChapV2 final : public EapMethod {
 public:
  explicit EapMsChapV2(const LinkConfig& config) : config_(config) {}

  EapType type() const override { return EapType::kMsChapV2; }

  EapAsk Begin(const EapTurn& turn) override {
    challenge_ = ChallengeFrom(turn.entropy);
    identifier_ = turn.identifier;
    WireWriter body;
    WriteValueAndName(challenge_, config_.host_name, body);
    return {.data = MakeMsChapV2Message(MsChapV2OpCode::kChallenge, identifier_, body.view())};
  }

  EapStep Receive(std::span<const uint8_t> data, const EapTurn& /*turn*/) override {
    const auto message = ParseMsChapV2Message(data);
    switch (stage_) {
      case Stage::kChallenged:
        if (message.code != MsChapV2OpCode::kResponse) break;
        return ReadLogin(message.body);
      case Stage::kMayRetry:
        if (message.code == MsChapV2OpCode::kResponse) return ReadLogin(message.body);
        return EapEnd{.success = false};
      case Stage::kAccepted:
        // Failure: the peer is not convinced that we know the password.
        if (message.code == MsChapV2OpCode::kFailure) return EapEnd{.success = false};
        if (message.code != MsChapV2OpCode::kSuccess && message.code != MsChapV2OpCode::kNone) {
          break;
        }
        return EapEnd{.success = true};
      case Stage::kRefused:
        return EapEnd{.success = false};
    }
    return EapDrop{DropReason::kUnexpectedCode};
  }

  EapStep Accept(const AuthAccepted& verdict, const EapTurn& /*turn*/) override {
    const auto text = MsChapV2().SuccessMessage(verdict);
    if (!text) return EapEnd{.success = false};
    stage_ = Stage::kAccepted;
    return Tell(MsChapV2OpCode::kSuccess, *text, AuthProgress::kTimedOut);
  }

  EapStep Reject(const AuthRejected& verdict, bool may_retry, const EapTurn& turn) override {
    const bool retry = may_retry && MsChapV2().AllowsRetry(verdict);
    stage_ = retry ? Stage::kMayRetry : Stage::kRefused;
    challenge_ = ChallengeFrom(turn.entropy);
    return Tell(MsChapV2OpCode::kFailure, MsChapV2().FailureMessage(verdict, retry, challenge_),
                AuthProgress::kFailed);
  }

 private:
  enum class Stage : uint8_t { kChallenged, kAccepted, kMayRetry, kRefused };

  EapStep ReadLogin(std::span<const uint8_t> body) const {
    const auto response = ParseValueAndName(body);
    if (!response) return EapDrop{response.error()};
    auto credential =
        MsChapV2().ReadResponse({.identifier = 0, .value = challenge_}, response->value);
    if (!credential) return EapDrop{DropReason::kBadLength};
    return EapLogin{.user = std::string(response->name.begin(), response->name.end()),
                    .credential = std::move(*credential)};
  }

  /// The verdict has the MS-CHAPv2-ID of the challenge: pppd finds its own response by it.
  EapAsk Tell(MsChapV2OpCode code, std::string_view text, AuthProgress unanswered) const {
    return {.data = MakeMsChapV2Message(code, identifier_, TextOctets(text, text.size())),
            .unanswered = unanswered,
            .person_answers = stage_ == Stage::kMayRetry};
  }

  const LinkConfig& config_;
  uint8_t identifier_ = 0;  // MS-CHAPv2-ID
  std::array<uint8_t, 16> challenge_{};
  Stage stage_ = Stage::kChallenged;
};

}  // namespace

std::unique_ptr<EapMethod> MakeEapMsChapV2(const LinkConfig& config) {
  return std::make_unique<EapMsChapV2>(config);
}

}  // namespace sallyport::ppp
