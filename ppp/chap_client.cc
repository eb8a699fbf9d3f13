// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/chap_client.h"

#include <algorithm>
#include <utility>

#include "base/wire_reader.h"
#include "base/wire_writer.h"

namespace sallyport::ppp {

bool ChapClient::Takes(uint8_t code) const {
  switch (static_cast<ChapCode>(code)) {
    case ChapCode::kChallenge:
    case ChapCode::kSuccess:
    case ChapCode::kFailure:
      return true;
    case ChapCode::kResponse:
      return false;
  }
  return false;
}

void ChapClient::Start(TimePoint now, const Entropy& /*entropy*/, LayerOutputs& /*out*/) {
  // The authenticator speaks first and repeats itself, so silence has one limit.
  deadline_ = now + config_.auth_retransmit * config_.auth_max_challenges;
}

void ChapClient::Receive(const Packet& packet, TimePoint now, const Entropy& entropy,
                         LayerOutputs& out) {
  if (!Takes(packet.code)) return drops_.Count(DropReason::kUnexpectedCode);
  if (static_cast<ChapCode>(packet.code) == ChapCode::kChallenge) {
    return ReceiveChallenge(packet, now, entropy, out);
  }
  ReceiveVerdict(packet, out);
}

void ChapClient::ReceiveChallenge(const Packet& packet, TimePoint now, const Entropy& entropy,
                                  LayerOutputs& out) {
  WireReader in(packet.data);
  const auto value = in.Take(in.U8());
  if (!in.ok()) return drops_.Count(DropReason::kBadLength);
  const bool repeated = exchange_ && exchange_->identifier == packet.identifier &&
                        std::ranges::equal(exchange_->challenge, value);
  if (!repeated) {
    auto response = algorithm_.Respond({.identifier = packet.identifier, .value = value},
                                       *config_.client, entropy);
    if (!response) return drops_.Count(DropReason::kBadLength);
    exchange_ = Exchange{.identifier = packet.identifier,
                         .challenge = {value.begin(), value.end()},
                         .response = std::move(*response)};
    deadline_ = now + config_.auth_retransmit;
  }
  // A copy gets the same response: a verdict on either is then good for both.
  SendResponse(out);
}

void ChapClient::ReceiveVerdict(const Packet& packet, LayerOutputs& out) {
  // RFC 1994 §4.2: the Identifier is copied from the Response.
  if (!exchange_ || !exchange_->pending || packet.identifier != exchange_->identifier) {
    return drops_.Count(DropReason::kWrongIdentifier);
  }
  exchange_->pending = false;
  deadline_.reset();
  if (static_cast<ChapCode>(packet.code) == ChapCode::kFailure) {
    // RFC 2759 §6 may offer another try; there is no other password to try it with.
    out.push_back(
        LayerFailed{EndReason::kAuthenticationFailed, algorithm_.FailureText(packet.data)});
  } else if (!algorithm_.IsProven(exchange_->response, packet.data)) {
    // RFC 2759 §5: "If the authenticator response is either missing or incorrect, the peer MUST end
    // the session."
    out.push_back(LayerFailed{EndReason::kServerUnproven, "the server did not prove itself"});
  } else {
    out.push_back(LayerUp{});
  }
}

void ChapClient::HandleTimeout(TimePoint now, LayerOutputs& out) {
  if (!deadline_ || *deadline_ > now) return;
  deadline_.reset();
  if (!exchange_) {
    out.push_back(LayerFailed{EndReason::kAuthenticationTimeout, "the server sends no challenge"});
  } else if (++exchange_->silences >= config_.auth_max_challenges) {
    out.push_back(LayerFailed{EndReason::kAuthenticationTimeout, "no answer to our login"});
  } else {
    // RFC 1994 §4.2 has the authenticator expect copies: its answer may have been lost.
    deadline_ = now + config_.auth_retransmit;
    SendResponse(out);
  }
}

void ChapClient::SendResponse(LayerOutputs& out) const {
  const auto& value = exchange_->response.value;
  WireWriter data;
  data.U8(static_cast<uint8_t>(value.size()));
  data.Bytes(value);
  data.Bytes(TextOctets(config_.client->user, kMaxNameLength));
  out.push_back(MakeFrame(Protocol::kChap, static_cast<uint8_t>(ChapCode::kResponse),
                          exchange_->identifier, data.view()));
}

}  // namespace sallyport::ppp
