// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/eap_method.h"

#include <array>
#include <utility>

#include "base/wire_writer.h"
#include "ppp/chap_algorithm.h"
#include "ppp/eap.h"
#include "ppp/entropy_use.h"

namespace sallyport::ppp {
namespace {

/// MD5-Challenge (RFC 3748 §5.4): CHAP with MD5, EAP's Identifier in place of CHAP's.
class EapMd5Challenge final : public EapMethod {
 public:
  explicit EapMd5Challenge(const LinkConfig& config) : config_(config) {}

  EapType type() const override { return EapType::kMd5Challenge; }

  EapAsk Begin(const EapTurn& turn) override {
    identifier_ = turn.identifier;
    challenge_ = ChallengeFrom(turn.entropy);
    WireWriter data;
    WriteValueAndName(challenge_, config_.host_name, data);
    return {.data = std::move(data).Finish()};
  }

  EapStep Receive(std::span<const uint8_t> data, const EapTurn& /*turn*/) override {
    const auto response = ParseValueAndName(data);
    if (!response) return EapDrop{response.error()};
    auto credential =
        ChapMd5().ReadResponse({.identifier = identifier_, .value = challenge_}, response->value);
    if (!credential) return EapDrop{DropReason::kBadLength};
    return EapLogin{.user = std::string(response->name.begin(), response->name.end()),
                    .credential = std::move(*credential)};
  }

  EapStep Accept(const AuthAccepted& /*verdict*/, const EapTurn& /*turn*/) override {
    return EapEnd{.success = true};
  }
  EapStep Reject(const AuthRejected& /*verdict*/, bool /*may_retry*/,
                 const EapTurn& /*turn*/) override {
    return EapEnd{.success = false};
  }

 private:
  const LinkConfig& config_;
  uint8_t identifier_ = 0;
  std::array<uint8_t, 16> challenge_{};
};

/// Generic Token Card (RFC 3748 §5.6): the password as it is.
class EapGenericTokenCard final : public EapMethod {
 public:
  EapType type() const override { return EapType::kGenericTokenCard; }

  EapAsk Begin(const EapTurn& /*turn*/) override {
    constexpr std::string_view kPrompt = "Password: ";
    const auto octets = TextOctets(kPrompt);
    return {.data = {octets.begin(), octets.end()}, .person_answers = true};
  }

  EapStep Receive(std::span<const uint8_t> data, const EapTurn& /*turn*/) override {
    if (data.size() > kMaxPapPasswordLength) return EapDrop{DropReason::kBadLength};
    return EapLogin{.user = {}, .credential = PapCredential{Secret(data)}};
  }

  EapStep Accept(const AuthAccepted& /*verdict*/, const EapTurn& /*turn*/) override {
    return EapEnd{.success = true};
  }
  EapStep Reject(const AuthRejected& /*verdict*/, bool /*may_retry*/,
                 const EapTurn& /*turn*/) override {
    return EapEnd{.success = false};
  }
};

}  // namespace

std::unique_ptr<EapMethod> MakeEapMethod(EapType type, const LinkConfig& config) {
  switch (type) {
    case EapType::kMd5Challenge:
      return std::make_unique<EapMd5Challenge>(config);
    case EapType::kGenericTokenCard:
      return std::make_unique<EapGenericTokenCard>();
    case EapType::kMsChapV2:
      return MakeEapMsChapV2(config);
    case EapType::kIdentity:
    case EapType::kNotification:
    case EapType::kNak:
    case EapType::kExpanded:
      break;
  }
  return nullptr;
}

}  // namespace sallyport::ppp
