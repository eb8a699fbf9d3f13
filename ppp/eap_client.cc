// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/eap_client.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport::ppp {

bool EapClient::Takes(uint8_t code) const {
  switch (static_cast<EapCode>(code)) {
    case EapCode::kRequest:
    case EapCode::kSuccess:
    case EapCode::kFailure:
      return true;
    case EapCode::kResponse:
      return false;
  }
  return false;
}

void EapClient::Start(TimePoint now, const Entropy& /*entropy*/, LayerOutputs& /*out*/) {
  // The authenticator speaks first and repeats itself, so silence has one limit.
  deadline_ = now + config_.auth_retransmit * config_.auth_max_challenges;
}

void EapClient::Receive(const Packet& packet, TimePoint now, const Entropy& entropy,
                        LayerOutputs& out) {
  if (!Takes(packet.code)) return drops_.Count(DropReason::kUnexpectedCode);
  if (static_cast<EapCode>(packet.code) == EapCode::kRequest) {
    return ReceiveRequest(packet, now, entropy, out);
  }
  ReceiveVerdict(packet, out);
}

void EapClient::ReceiveRequest(const Packet& packet, TimePoint now, const Entropy& entropy,
                               LayerOutputs& out) {
  const auto message = ParseEapMessage(packet);
  if (!message) return drops_.Count(message.error());
  // RFC 3748 §4.1: a copy gets the same Response, without being looked at again.
  if (answered_ && answered_->identifier == packet.identifier) {
    out.push_back(answered_->response);
    return;
  }
  switch (message->type) {
    case EapType::kIdentity:
      // RFC 3748 §2.1: not while a method is under way. After the verdict it begins a new
      // conversation.
      if (method_ != nullptr && !over_) return drops_.Count(DropReason::kWrongMethod);
      method_.reset();
      over_ = false;
      return Answer(
          packet.identifier,
          {.type = message->type, .data = TextOctets(config_.client->user, kMaxNameLength)}, now,
          out);
    case EapType::kNotification:
      return Answer(packet.identifier, {.type = message->type, .data = {}}, now, out);
    case EapType::kNak:
      return drops_.Count(DropReason::kUnexpectedCode);  // in Responses only (RFC 3748 §5.3.1)
    case EapType::kMd5Challenge:
    case EapType::kGenericTokenCard:
    case EapType::kMsChapV2:
    case EapType::kExpanded:
      break;
  }
  ReceiveMethod(packet, *message, now, entropy, out);
}

void EapClient::ReceiveMethod(const Packet& packet, const EapMessage& message, TimePoint now,
                              const Entropy& entropy, LayerOutputs& out) {
  std::unique_ptr<EapClientMethod> begun;
  // After the verdict a new conversation begins, which may leave out the Identity (RFC 3748 §2).
  if (method_ == nullptr || over_) {
    const auto& allowed = config_.eap_methods;
    const bool ours = IsEapClientMethod(message.type) &&
                      std::ranges::find(allowed, message.type) != allowed.end();
    if (!ours) return Nak(packet.identifier, now, out);
    begun = MakeEapClientMethod(message.type, *config_.client);
  } else if (method_->type() != message.type) {
    // RFC 3748 §2.1: once it is answered, no Request of another method may come.
    return drops_.Count(DropReason::kWrongMethod);
  }
  EapClientMethod& method = begun != nullptr ? *begun : *method_;
  auto reaction = method.Receive(packet.identifier, message.data, entropy);
  // A Request without effect commits us to nothing.
  if (const auto* reason = std::get_if<DropReason>(&reaction)) return drops_.Count(*reason);
  if (begun != nullptr) {
    method_ = std::move(begun);
    over_ = false;
  }
  if (const auto* reply = std::get_if<EapReply>(&reaction)) {
    Answer(packet.identifier, {.type = message.type, .data = reply->data}, now, out);
  } else {
    deadline_.reset();
    out.push_back(std::get<LayerFailed>(std::move(reaction)));
  }
}

/// RFC 3748 §5.3.1: also for Expanded Types, and with a zero where there is nothing to propose.
void EapClient::Nak(uint8_t identifier, TimePoint now, LayerOutputs& out) {
  std::vector<uint8_t> wanted;
  for (const EapType type : config_.eap_methods) {
    if (IsEapClientMethod(type)) wanted.push_back(static_cast<uint8_t>(type));
  }
  if (wanted.empty()) wanted.push_back(0);
  has_naked_ = true;
  Answer(identifier, {.type = EapType::kNak, .data = wanted}, now, out);
}

void EapClient::Answer(uint8_t identifier, const EapMessage& message, TimePoint now,
                       LayerOutputs& out) {
  answered_ = Answered{.identifier = identifier,
                       .response = MakeEapFrame(EapCode::kResponse, identifier, message)};
  out.push_back(answered_->response);
  if (over_) return;  // nothing is expected
  // Where both sides are content, nothing but the Success is to come.
  const bool content = method_ != nullptr && method_->both_content();
  deadline_ = now + config_.auth_retransmit * (content ? 1 : config_.auth_max_challenges);
}

void EapClient::ReceiveVerdict(const Packet& packet, LayerOutputs& out) {
  // RFC 3748 §4.2: the Identifier is that of the Response. Implementations of the older RFC 2284
  // may send the next one.
  const bool ours =
      answered_ && (packet.identifier == answered_->identifier ||
                    packet.identifier == static_cast<uint8_t>(answered_->identifier + 1));
  if (!ours || over_) return drops_.Count(DropReason::kWrongIdentifier);
  const bool complete = method_ != nullptr && method_->complete();
  if (static_cast<EapCode>(packet.code) == EapCode::kSuccess) {
    // RFC 3748 §4.2: not before the method is through.
    if (!complete) return drops_.Count(DropReason::kUnexpectedCode);
    return Succeed(out);
  }
  if (method_ != nullptr && method_->both_content()) {
    return drops_.Count(DropReason::kUnexpectedCode);
  }
  over_ = true;
  deadline_.reset();
  std::string text;
  if (method_ != nullptr) {
    text = method_->refusal();
  } else if (has_naked_) {
    text = "the server has no EAP method that we allow";
  }
  out.push_back(LayerFailed{EndReason::kAuthenticationFailed, std::move(text)});
}

void EapClient::Succeed(LayerOutputs& out) {
  over_ = true;
  deadline_.reset();
  out.push_back(LayerUp{});
}

void EapClient::PeerInNetworkPhase(LayerOutputs& out) {
  // RFC 3748 §3.4: as good as the Success, which is sent only once and may be lost.
  if (!over_ && method_ != nullptr && method_->complete()) Succeed(out);
}

void EapClient::HandleTimeout(TimePoint now, LayerOutputs& out) {
  if (!deadline_ || *deadline_ > now) return;
  deadline_.reset();
  // RFC 3748 §4.2: the Success may be lost.
  if (method_ != nullptr && method_->both_content()) return Succeed(out);
  out.push_back(LayerFailed{EndReason::kAuthenticationTimeout, method_ == nullptr
                                                                   ? "the server sends no challenge"
                                                                   : "no answer to our login"});
}

}  // namespace sallyport::ppp
