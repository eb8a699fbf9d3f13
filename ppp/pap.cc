// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/pap.h"

#include <utility>

#include "base/wire_reader.h"
#include "base/wire_writer.h"

namespace sallyport::ppp {

void Pap::Start(const AuthTurn& turn) {
  // The peer speaks first and repeats itself, so silence has one limit: the time that the
  // challenges of the other protocols would take.
  deadline_ = turn.now + config_.auth_retransmit * config_.auth_max_challenges;
}

void Pap::Resume(ProxiedLogin login, Actions& out) {
  stage_ = Stage::kAwaitingVerdict;
  identifier_ = login.identifier;
  out.push_back(std::move(login.request));
}

AuthProgress Pap::Receive(const Packet& packet, const AuthTurn& turn) {
  if (static_cast<PapCode>(packet.code) != PapCode::kAuthenticateRequest) {
    drops_.Count(DropReason::kUnexpectedCode);
    return AuthProgress::kPending;
  }
  WireReader in(packet.data);
  const auto peer_id = in.Take(in.U8());
  const auto password = in.Take(in.U8());
  if (!in.ok()) {
    drops_.Count(DropReason::kBadLength);
    return AuthProgress::kPending;
  }
  switch (stage_) {
    case Stage::kAwaitingRequest:
      stage_ = Stage::kAwaitingVerdict;
      identifier_ = packet.identifier;
      deadline_.reset();
      turn.out.push_back(Authenticate{.method = AuthMethod::kPap,
                                      .user = std::string(peer_id.begin(), peer_id.end()),
                                      .credential = PapCredential{Secret(password)}});
      break;
    case Stage::kAwaitingVerdict:
      drops_.Count(DropReason::kVerdictPending);
      break;
    case Stage::kAccepted:
    case Stage::kRejected:
      // RFC 1334 §2: a repeated request gets the reply Code that ended the phase.
      Answer(packet.identifier, turn.out);
      break;
  }
  return AuthProgress::kPending;
}

AuthProgress Pap::Accept(const AuthAccepted& /*verdict*/, const AuthTurn& turn) {
  stage_ = Stage::kAccepted;
  Answer(identifier_, turn.out);
  return AuthProgress::kSucceeded;
}

AuthProgress Pap::Reject(const AuthRejected& verdict, bool /*may_retry*/, const AuthTurn& turn) {
  stage_ = Stage::kRejected;
  message_ = verdict.message;
  Answer(identifier_, turn.out);
  return AuthProgress::kFailed;
}

AuthProgress Pap::HandleTimeout(const AuthTurn& turn) {
  if (!deadline_ || *deadline_ > turn.now) return AuthProgress::kPending;
  deadline_.reset();
  return AuthProgress::kTimedOut;
}

void Pap::Answer(uint8_t identifier, Actions& out) const {
  const PapCode code =
      stage_ == Stage::kAccepted ? PapCode::kAuthenticateAck : PapCode::kAuthenticateNak;
  const auto message = TextOctets(message_);
  WireWriter data;
  data.U8(static_cast<uint8_t>(message.size()));  // RFC 1334 §2.2.2 Msg-Length
  data.Bytes(message);
  out.push_back(MakeFrame(Protocol::kPap, static_cast<uint8_t>(code), identifier, data.view()));
}

}  // namespace sallyport::ppp
