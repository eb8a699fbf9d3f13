// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/eap_authenticator.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "ppp/entropy_use.h"

namespace sallyport::ppp {

void EapAuthenticator::Start(const AuthTurn& turn) {
  identifier_ = IdentifierFrom(turn.entropy);
  Ask(EapType::kIdentity, {}, turn);
}

AuthProgress EapAuthenticator::Receive(const Packet& packet, const AuthTurn& turn) {
  if (static_cast<EapCode>(packet.code) != EapCode::kResponse) {
    return Drop(DropReason::kUnexpectedCode);
  }
  const auto message = ParseEapMessage(packet);
  if (!message) return Drop(message.error());
  // RFC 3748 §4.1: the Identifier must be that of the Request that is outstanding, so copies of
  // Responses that had their effect stop here.
  if (packet.identifier != identifier_) return Drop(DropReason::kWrongIdentifier);
  if (!request_) {
    return Drop(verdict_pending_ ? DropReason::kVerdictPending : DropReason::kWrongIdentifier);
  }
  const bool asked_identity = method_ == nullptr;
  switch (message->type) {
    case EapType::kIdentity:
      if (!asked_identity) break;
      return ReceiveIdentity(message->data, turn);
    case EapType::kNak:
      // RFC 3748 §5.3.1: only where a method was proposed, and not once it is under way.
      if (asked_identity || engaged_) break;
      return ReceiveNak(message->data, turn);
    case EapType::kNotification:
    case EapType::kMd5Challenge:
    case EapType::kGenericTokenCard:
    case EapType::kMsChapV2:
    case EapType::kExpanded:
      break;
  }
  // RFC 3748 §4.1: a Response has the Type of its Request.
  if (asked_identity || message->type != method_->type()) return Drop(DropReason::kWrongMethod);
  return Carry(method_->Receive(message->data, NextTurn(turn)), turn);
}

AuthProgress EapAuthenticator::ReceiveIdentity(std::span<const uint8_t> data,
                                               const AuthTurn& turn) {
  if (data.size() > kMaxNameLength) return Drop(DropReason::kBadLength);
  identity_.assign(data.begin(), data.end());
  return BeginMethod(0, turn);
}

/// RFC 3748 §5.3.1: `wanted` are the types that the peer would take; zero stands for none.
AuthProgress EapAuthenticator::ReceiveNak(std::span<const uint8_t> wanted, const AuthTurn& turn) {
  const auto& methods = config_.eap_methods;
  for (size_t i = 0; i < methods.size(); ++i) {
    if (std::ranges::find(offered_, methods[i]) != offered_.end()) continue;
    const bool is_wanted =
        std::ranges::find(wanted, static_cast<uint8_t>(methods[i])) != wanted.end();
    if (is_wanted) return BeginMethod(i, turn);
  }
  return End(false, AuthProgress::kRefused, turn);
}

AuthProgress EapAuthenticator::BeginMethod(size_t index, const AuthTurn& turn) {
  const EapType type = config_.eap_methods[index];
  offered_.push_back(type);
  method_ = MakeEapMethod(type, config_);
  Ask(type, method_->Begin(NextTurn(turn)), turn);
  return AuthProgress::kPending;
}

AuthProgress EapAuthenticator::Accept(const AuthAccepted& verdict, const AuthTurn& turn) {
  verdict_pending_ = false;
  return Carry(method_->Accept(verdict, NextTurn(turn)), turn);
}

AuthProgress EapAuthenticator::Reject(const AuthRejected& verdict, bool may_retry,
                                      const AuthTurn& turn) {
  verdict_pending_ = false;
  return Carry(method_->Reject(verdict, may_retry, NextTurn(turn)), turn);
}

AuthProgress EapAuthenticator::Carry(EapStep step, const AuthTurn& turn) {
  if (const auto* dropped = std::get_if<EapDrop>(&step)) return Drop(dropped->reason);
  engaged_ = true;
  request_.reset();
  deadline_.reset();
  return std::visit(
      Overloaded{[&](const EapAsk& ask) {
                   Ask(method_->type(), ask, turn);
                   return AuthProgress::kPending;
                 },
                 [&](EapLogin& login) {
                   verdict_pending_ = true;
                   const bool named = !login.user.empty();
                   turn.out.push_back(Authenticate{.method = AuthMethod::kEap,
                                                   .eap_method = method_->type(),
                                                   .user = named ? login.user : identity_,
                                                   .credential = std::move(login.credential)});
                   return AuthProgress::kPending;
                 },
                 [&](const EapEnd& end) {
                   return End(end.success,
                              end.success ? AuthProgress::kSucceeded : AuthProgress::kFailed, turn);
                 },
                 [](const EapDrop&) { return AuthProgress::kPending; }},
      step);
}

/// RFC 3748 §4.2: Success and Failure have the Identifier of the last Response, and are sent once.
AuthProgress EapAuthenticator::End(bool success, AuthProgress progress, const AuthTurn& turn) {
  request_.reset();
  deadline_.reset();
  turn.out.push_back(MakeEapVerdict(success ? EapCode::kSuccess : EapCode::kFailure, identifier_));
  return progress;
}

AuthProgress EapAuthenticator::Drop(DropReason reason) {
  drops_.Count(reason);
  return AuthProgress::kPending;
}

AuthProgress EapAuthenticator::HandleTimeout(const AuthTurn& turn) {
  if (!deadline_ || *deadline_ > turn.now) return AuthProgress::kPending;
  deadline_.reset();
  // RFC 3748 §4.1: a repeated Request has the Identifier of the first, so one that waits for a
  // person does not ask twice.
  const bool gives_up = request_->sent >= config_.auth_max_challenges && !request_->person_answers;
  if (gives_up) return request_->unanswered;
  Send(turn);
  return AuthProgress::kPending;
}

EapTurn EapAuthenticator::NextTurn(const AuthTurn& turn) const {
  return {.identifier = static_cast<uint8_t>(identifier_ + 1), .entropy = turn.entropy};
}

/// RFC 3748 §4.1: each new Request has another Identifier, a repeated one keeps it.
void EapAuthenticator::Ask(EapType type, const EapAsk& ask, const AuthTurn& turn) {
  ++identifier_;
  request_ = Request{
      .frame = MakeEapFrame(EapCode::kRequest, identifier_, {.type = type, .data = ask.data}),
      .sent = 0,
      .unanswered = ask.unanswered,
      .person_answers = ask.person_answers};
  Send(turn);
}

void EapAuthenticator::Send(const AuthTurn& turn) {
  turn.out.push_back(request_->frame);
  ++request_->sent;
  deadline_ = turn.now + config_.auth_retransmit;
}

}  // namespace sallyport::ppp
