// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/lcp.h"

#include <algorithm>
#include <utility>

#include "base/wire_reader.h"
#include "base/wire_writer.h"
#include "ppp/entropy_use.h"

namespace sallyport::ppp {
namespace {

constexpr size_t kMagicLength = 4;  // RFC 1661 §5.8

}  // namespace

Lcp::Lcp(const LinkConfig& config, DropCounters& drops)
    : config_(config),
      drops_(drops),
      negotiation_(config),
      protocol_(Protocol::kLcp, config, drops, negotiation_) {}

void Lcp::Start(TimePoint now, const Entropy& entropy, LayerOutputs& out) {
  negotiation_.state().magic = MagicNumberFrom(entropy);
  protocol_.Open(now, out);
  protocol_.Up(now, out);
}

void Lcp::StartOpened(LcpNegotiation negotiated, TimePoint now, LayerOutputs& out) {
  negotiation_ = std::move(negotiated);
  protocol_.StartOpened(now, out);
  Settle(false, now);
}

void Lcp::Close(std::string_view text, TimePoint now, LayerOutputs& out) {
  const bool was_opened = opened();
  protocol_.Close(text, now, out);
  Settle(was_opened, now);
}

void Lcp::Receive(const Packet& packet, TimePoint now, const Entropy& entropy, LayerOutputs& out) {
  const auto code = static_cast<Code>(packet.code);
  switch (code) {
    case Code::kProtocolReject:
    case Code::kEchoRequest:
    case Code::kEchoReply:
    case Code::kDiscardRequest:
    case Code::kIdentification:
    case Code::kTimeRemaining:
      // RFC 1661 §5.7 to §5.9: before Opened they are discarded.
      if (!protocol_.ReceiveOther()) return drops_.Count(DropReason::kLayerNotOpen);
      return ReceiveOther(code, packet, now, out);
  }
  const bool was_opened = opened();
  ProofOfLife(now);
  negotiation_.state().fresh_magic = MagicNumberFrom(entropy);
  protocol_.Receive(packet, now, out);
  Settle(was_opened, now);
}

void Lcp::ReceiveOther(Code code, const Packet& packet, TimePoint now, LayerOutputs& out) {
  WireReader in(packet.data);
  switch (code) {
    case Code::kProtocolReject: {
      const auto rejected = static_cast<Protocol>(in.U16());
      if (!in.ok()) return drops_.Count(DropReason::kBadLength);
      ProofOfLife(now);
      out.push_back(ProtocolRejected{rejected});
      return;
    }
    case Code::kEchoRequest:
    case Code::kEchoReply: {
      const uint32_t magic = in.U32();
      if (!in.ok()) return drops_.Count(DropReason::kBadLength);
      // RFC 1661 §6.4: our own number in it indicates a looped-back link, so it proves no life.
      const bool looped_back = magic != 0 && magic == negotiation_.magic();
      if (looped_back) return drops_.Count(DropReason::kLoopedBack);
      ProofOfLife(now);
      if (code == Code::kEchoRequest) {
        SendEcho(Code::kEchoReply, packet.identifier, in.TakeRest(), out);
      }
      return;
    }
    case Code::kDiscardRequest:  // RFC 1661 §5.9: silently discarded, as the next two may be
    case Code::kIdentification:
    case Code::kTimeRemaining:
      return ProofOfLife(now);
  }
}

void Lcp::HandleTimeout(TimePoint now, LayerOutputs& out) {
  const bool was_opened = opened();
  protocol_.HandleTimeout(now, out);
  Settle(was_opened, now);
  if (!echo_deadline_ || *echo_deadline_ > now) return;
  echo_deadline_.reset();
  if (config_.echo_failure > 0 && unanswered_echoes_ >= config_.echo_failure) {
    out.push_back(LayerFailed{EndReason::kEchoTimeout, "no answer to LCP Echo-Request"});
    return;
  }
  ++unanswered_echoes_;
  SendEcho(Code::kEchoRequest, protocol_.NextIdentifier(), {}, out);
  StartEchoTimer(now);
}

std::optional<TimePoint> Lcp::NextDeadline() const {
  const auto restart = protocol_.NextDeadline();
  if (!restart || !echo_deadline_) return restart ? restart : echo_deadline_;
  return std::min(*restart, *echo_deadline_);
}

void Lcp::RejectProtocol(const Frame& frame, LayerOutputs& out) {
  WireWriter data;
  data.U16(static_cast<uint16_t>(frame.protocol));
  // RFC 1661 §5.7: the copy is cut to the peer's MRU.
  const size_t room = protocol_.max_packet_length() - kPacketHeaderLength - data.size();
  data.Bytes(frame.information.first(std::min(room, frame.information.size())));
  out.push_back(MakeFrame(Protocol::kLcp, static_cast<uint8_t>(Code::kProtocolReject),
                          protocol_.NextIdentifier(), data.view()));
}

void Lcp::ProofOfLife(TimePoint now) {
  unanswered_echoes_ = 0;
  if (echo_deadline_) StartEchoTimer(now);
}

void Lcp::Settle(bool was_opened, TimePoint now) {
  if (opened() == was_opened) return;
  protocol_.set_max_packet_length(peer_mru());
  unanswered_echoes_ = 0;
  echo_deadline_.reset();
  if (opened()) StartEchoTimer(now);
}

void Lcp::StartEchoTimer(TimePoint now) {
  if (config_.echo_interval.count() > 0) echo_deadline_ = now + config_.echo_interval;
}

void Lcp::SendEcho(Code code, uint8_t identifier, std::span<const uint8_t> data,
                   LayerOutputs& out) const {
  WireWriter packet;
  packet.U32(negotiation_.magic());
  const size_t room = protocol_.max_packet_length() - kPacketHeaderLength - kMagicLength;
  packet.Bytes(data.first(std::min(room, data.size())));
  out.push_back(MakeFrame(Protocol::kLcp, static_cast<uint8_t>(code), identifier, packet.view()));
}

}  // namespace sallyport::ppp
