// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/eap_client_method.h"

#include <optional>
#include <utility>

#include "base/wire_writer.h"
#include "ppp/chap_algorithm.h"
#include "ppp/eap.h"

namespace sallyport::ppp {
namespace {

/// MD5-Challenge (RFC 3748 §5.4).
class Md5ChallengeClient final : public EapClientMethod {
 public:
  explicit Md5ChallengeClient(const ClientRole& client) : client_(client) {}

  EapType type() const override { return EapType::kMd5Challenge; }

  EapReaction Receive(uint8_t identifier, std::span<const uint8_t> data,
                      const Entropy& entropy) override {
    const auto asked = ParseValueAndName(data);
    if (!asked) return asked.error();
    const auto response =
        ChapMd5().Respond({.identifier = identifier, .value = asked->value}, client_, entropy);
    if (!response) return DropReason::kBadLength;
    complete_ = true;
    WireWriter reply;
    WriteValueAndName(response->value, client_.user, reply);
    return EapReply{std::move(reply).Finish()};
  }

  bool complete() const override { return complete_; }
  bool both_content() const override { return false; }
  const std::string& refusal() const override { return refusal_; }

 private:
  const ClientRole& client_;
  bool complete_ = false;
  std::string refusal_;  // the method has no words for it
};

/// EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2 §2).
class MsChapV2Client final : public EapClientMethod {
 public:
  explicit MsChapV2Client(const ClientRole& client) : client_(client) {}

  EapType type() const override { return EapType::kMsChapV2; }

  EapReaction Receive(uint8_t identifier, std::span<const uint8_t> data,
                      const Entropy& entropy) override {
    const auto message = ParseMsChapV2Message(data);
    switch (message.code) {
      case MsChapV2OpCode::kChallenge:
        return Respond(identifier, message.body, entropy);
      case MsChapV2OpCode::kSuccess:
        if (!response_) return DropReason::kUnexpectedCode;
        // RFC 2759 §5: without the right proof "the peer MUST end the session".
        if (!MsChapV2().IsProven(*response_, message.body)) {
          return LayerFailed{EndReason::kServerUnproven, "the server did not prove itself"};
        }
        proven_ = true;
        return Acknowledge(message.code);
      case MsChapV2OpCode::kFailure:
        if (!response_) return DropReason::kUnexpectedCode;
        // It may offer another try; there is no other password to try it with.
        response_.reset();
        refusal_ = MsChapV2().FailureText(message.body);
        return Acknowledge(message.code);
      case MsChapV2OpCode::kNone:
      case MsChapV2OpCode::kResponse:
        break;
    }
    return DropReason::kUnexpectedCode;
  }

  bool complete() const override { return proven_; }
  bool both_content() const override { return proven_; }
  const std::string& refusal() const override { return refusal_; }

 private:
  EapReaction Respond(uint8_t identifier, std::span<const uint8_t> body, const Entropy& entropy) {
    if (proven_) return DropReason::kUnexpectedCode;
    const auto asked = ParseValueAndName(body);
    if (!asked) return asked.error();
    auto response =
        MsChapV2().Respond({.identifier = identifier, .value = asked->value}, client_, entropy);
    if (!response) return DropReason::kBadLength;
    response_ = std::move(response);
    WireWriter reply;
    WriteValueAndName(response_->value, client_.user, reply);
    return EapReply{MakeMsChapV2Message(MsChapV2OpCode::kResponse, identifier, reply.view())};
  }

  static EapReply Acknowledge(MsChapV2OpCode code) { return {{static_cast<uint8_t>(code)}}; }

  const ClientRole& client_;
  std::optional<ChapResponse> response_;  // to the last challenge, until it is refused
  bool proven_ = false;
  std::string refusal_;
};

}  // namespace

bool IsEapClientMethod(EapType type) {
  return type == EapType::kMd5Challenge || type == EapType::kMsChapV2;
}

std::unique_ptr<EapClientMethod> MakeEapClientMethod(EapType type, const ClientRole& client) {
  if (type == EapType::kMsChapV2) return std::make_unique<MsChapV2Client>(client);
  return std::make_unique<Md5ChallengeClient>(client);
}

}  // namespace sallyport::ppp
