// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/chap.h"

#include <utility>

#include "base/wire_reader.h"
#include "base/wire_writer.h"
#include "ppp/entropy_use.h"

namespace sallyport::ppp {

void Chap::Start(const AuthTurn& turn) {
  challenge_ = ChallengeFrom(turn.entropy);
  identifier_ = IdentifierFrom(turn.entropy);
  SendChallenge(turn.now, turn.out);
}

void Chap::Resume(ProxiedLogin login, Actions& out) {
  identifier_ = login.identifier;
  verdict_pending_ = true;
  out.push_back(std::move(login.request));
}

AuthProgress Chap::Receive(const Packet& packet, const AuthTurn& turn) {
  const auto drop = [this](DropReason reason) {
    drops_.Count(reason);
    return AuthProgress::kPending;
  };
  if (static_cast<ChapCode>(packet.code) != ChapCode::kResponse) {
    return drop(DropReason::kUnexpectedCode);
  }
  WireReader in(packet.data);
  const auto value = in.Take(in.U8());
  const auto name = in.TakeRest();
  if (!in.ok() || name.size() > kMaxNameLength) return drop(DropReason::kBadLength);
  // RFC 1994 §4.2: our answer may have been lost, so the Response gets the same one again.
  if (answer_ && packet.identifier == answer_->identifier) {
    Send(*answer_, turn.out);
    return AuthProgress::kPending;
  }
  if (verdict_pending_) return drop(DropReason::kVerdictPending);
  // RFC 1994 §4.1: the Identifier must be that of the Challenge.
  if (packet.identifier != identifier_) return drop(DropReason::kWrongIdentifier);
  auto credential =
      algorithm_.ReadResponse({.identifier = identifier_, .value = challenge_}, value);
  if (!credential) return drop(DropReason::kBadLength);
  verdict_pending_ = true;
  deadline_.reset();
  turn.out.push_back(Authenticate{.method = algorithm_.method(),
                                  .user = std::string(name.begin(), name.end()),
                                  .credential = std::move(*credential)});
  return AuthProgress::kPending;
}

AuthProgress Chap::Accept(const AuthAccepted& verdict, const AuthTurn& turn) {
  auto message = algorithm_.SuccessMessage(verdict);
  if (!message) {
    verdict_pending_ = false;
    Send({ChapCode::kFailure, identifier_, algorithm_.FailureMessage({}, false, challenge_)},
         turn.out);
    return AuthProgress::kFailed;
  }
  verdict_pending_ = false;
  Send({ChapCode::kSuccess, identifier_, std::move(*message)}, turn.out);
  if (config_.chap_interval.count() > 0) {
    resting_ = true;
    deadline_ = turn.now + ShortenedBy(turn.entropy, config_.chap_interval);
  }
  return AuthProgress::kSucceeded;
}

AuthProgress Chap::Reject(const AuthRejected& verdict, bool may_retry, const AuthTurn& turn) {
  const bool retry = may_retry && algorithm_.AllowsRetry(verdict);
  challenge_ = ChallengeFrom(turn.entropy);
  verdict_pending_ = false;
  Send({ChapCode::kFailure, identifier_, algorithm_.FailureMessage(verdict, retry, challenge_)},
       turn.out);
  if (!retry) return AuthProgress::kFailed;
  ++identifier_;  // RFC 2759 §9.1: the next Response has the next Identifier
  return AuthProgress::kPending;
}

AuthProgress Chap::HandleTimeout(const AuthTurn& turn) {
  if (!deadline_ || *deadline_ > turn.now) return AuthProgress::kPending;
  deadline_.reset();
  if (resting_) {
    BeginAnew(turn);
    return AuthProgress::kPending;
  }
  if (challenges_sent_ >= config_.auth_max_challenges) return AuthProgress::kTimedOut;
  SendChallenge(turn.now, turn.out);
  return AuthProgress::kPending;
}

/// RFC 1994 §2, §4.1: at random intervals, with another challenge and another Identifier.
void Chap::BeginAnew(const AuthTurn& turn) {
  resting_ = false;
  challenge_ = ChallengeFrom(turn.entropy);
  ++identifier_;
  challenges_sent_ = 0;
  SendChallenge(turn.now, turn.out);
}

void Chap::SendChallenge(TimePoint now, Actions& out) {
  // A repetition is the same packet: nobody has answered that challenge yet, and an answer to any
  // of the copies is then good (RFC 1994 §4.1 wants a new one for each new exchange).
  WireWriter data;
  data.U8(static_cast<uint8_t>(challenge_.size()));
  data.Bytes(challenge_);
  data.Bytes(TextOctets(config_.host_name, kMaxNameLength));
  out.push_back(MakeFrame(Protocol::kChap, static_cast<uint8_t>(ChapCode::kChallenge), identifier_,
                          data.view()));
  ++challenges_sent_;
  deadline_ = now + config_.auth_retransmit;
}

void Chap::Send(Answer answer, Actions& out) {
  out.push_back(MakeFrame(Protocol::kChap, static_cast<uint8_t>(answer.code), answer.identifier,
                          TextOctets(answer.message, answer.message.size())));
  answer_ = std::move(answer);
}

}  // namespace sallyport::ppp
