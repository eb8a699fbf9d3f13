// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/pap_client.h"

#include <algorithm>

#include "base/text.h"
#include "base/wire_reader.h"
#include "ppp/entropy_use.h"

namespace sallyport::ppp {
bool PapClient::Takes(uint8_t code) const {
  return static_cast<PapCode>(code) == PapCode::kAuthenticateAck ||
         static_cast<PapCode>(code) == PapCode::kAuthenticateNak;
}

/// A link may be logged in more than once: a late answer to the last login is none to this one.
void PapClient::Start(TimePoint now, const Entropy& entropy, LayerOutputs& out) {
  first_identifier_ = IdentifierFrom(entropy);
  SendRequest(now, out);
}

void PapClient::Receive(const Packet& packet, TimePoint /*now*/, const Entropy& /*entropy*/,
                        LayerOutputs& out) {
  if (!Takes(packet.code)) return drops_.Count(DropReason::kUnexpectedCode);
  // The answer to any of our requests is an answer to all: they say the same. Later ones are the
  // answers to the others.
  const auto number = static_cast<uint8_t>(packet.identifier - first_identifier_);
  const bool ours = number < requests_sent_;
  if (!ours || !deadline_) return drops_.Count(DropReason::kWrongIdentifier);
  WireReader in(packet.data);
  const auto message = in.Take(in.U8());
  // RFC 1334 §2.2.2: the message must not affect the protocol; old peers leave out even its length.
  if (!in.ok() && !packet.data.empty()) return drops_.Count(DropReason::kBadLength);
  deadline_.reset();
  if (static_cast<PapCode>(packet.code) == PapCode::kAuthenticateAck) {
    out.push_back(LayerUp{});
  } else {
    out.push_back(LayerFailed{EndReason::kAuthenticationFailed, PrintableText(message)});
  }
}

void PapClient::HandleTimeout(TimePoint now, LayerOutputs& out) {
  if (!deadline_ || *deadline_ > now) return;
  deadline_.reset();
  if (requests_sent_ >= config_.auth_max_challenges || requests_sent_ == UINT8_MAX) {
    out.push_back(LayerFailed{EndReason::kAuthenticationTimeout, "no answer to our login"});
    return;
  }
  SendRequest(now, out);
}

void PapClient::SendRequest(TimePoint now, LayerOutputs& out) {
  const auto name = TextOctets(config_.client->user, kMaxNameLength);
  const auto all = config_.client->password.bytes();
  const auto password = all.first(std::min(all.size(), kMaxPapPasswordLength));
  const auto name_length = static_cast<uint8_t>(name.size());
  const auto password_length = static_cast<uint8_t>(password.size());
  // RFC 1334 §2.2.1: the Identifier changes with each request.
  const auto identifier = static_cast<uint8_t>(first_identifier_ + requests_sent_++);
  out.push_back(
      MakeFrame(Protocol::kPap, static_cast<uint8_t>(PapCode::kAuthenticateRequest), identifier,
                {std::span(&name_length, 1), name, std::span(&password_length, 1), password}));
  deadline_ = now + config_.auth_retransmit;
}

}  // namespace sallyport::ppp
