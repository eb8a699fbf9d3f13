// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/mask.h"

#include <algorithm>
#include <variant>

#include "base/wire_reader.h"
#include "l2tp/avp.h"
#include "l2tp/header.h"
#include "ppp/auth_code.h"
#include "ppp/eap.h"
#include "ppp/packet.h"

namespace sallyport::trace {
namespace {

void Mask(std::span<uint8_t> octets) { std::fill(octets.begin(), octets.end(), uint8_t{'*'}); }

/// `part`, which was borrowed from `whole`, to be written.
std::span<uint8_t> Within(std::span<uint8_t> whole, std::span<const uint8_t> part) {
  if (part.empty()) return {};
  return whole.subspan(static_cast<size_t>(part.data() - whole.data()), part.size());
}

/// All but the header of a packet that is not understood.
void MaskBehindHeader(std::span<uint8_t> information) {
  Mask(information.subspan(std::min(information.size(), ppp::kPacketHeaderLength)));
}

/// Only a login whose fields fill the packet keeps its Peer-ID (RFC 1334 §2.2.1): a wrong length
/// would show the password as a part of it.
void MaskPap(uint8_t code, std::span<uint8_t> data) {
  using ppp::PapCode;
  if (static_cast<PapCode>(code) == PapCode::kAuthenticateAck ||
      static_cast<PapCode>(code) == PapCode::kAuthenticateNak) {
    return;
  }
  WireReader in(data);
  (void)in.Take(in.U8());
  const auto password = in.Take(in.U8());
  const bool login = static_cast<PapCode>(code) == PapCode::kAuthenticateRequest;
  Mask(login && in.ok() && in.empty() ? Within(data, password) : data);
}

/// Value-Size and Value, then a name, which stays behind a Value of the only size that it can have
/// (RFC 1994 §4.1, RFC 2759 §4).
void MaskValue(std::span<uint8_t> data) {
  constexpr size_t kMd5 = 16;
  constexpr size_t kMsChapV2 = 49;
  WireReader in(data);
  const auto value = in.Take(in.U8());
  const bool sound = in.ok() && (value.size() == kMd5 || value.size() == kMsChapV2);
  Mask(sound ? Within(data, value) : data);
}

void MaskChap(uint8_t code, std::span<uint8_t> data) {
  using ppp::ChapCode;
  switch (static_cast<ChapCode>(code)) {
    case ChapCode::kResponse:
      return MaskValue(data);
    case ChapCode::kChallenge:
    case ChapCode::kSuccess:
    case ChapCode::kFailure:
      return;
  }
  Mask(data);  // of MS-CHAP's change of passwords (RFC 2759 §7), say
}

/// Behind the Type of a Response.
void MaskEapAnswer(ppp::EapType type, std::span<uint8_t> data) {
  switch (type) {
    case ppp::EapType::kIdentity:
    case ppp::EapType::kNotification:
    case ppp::EapType::kNak:
      return;
    case ppp::EapType::kMd5Challenge:
      return MaskValue(data);
    case ppp::EapType::kMsChapV2: {
      const auto message = ppp::ParseMsChapV2Message(data);
      if (message.code == ppp::MsChapV2OpCode::kResponse) {
        return MaskValue(Within(data, message.body));
      }
      // Our verdict is acknowledged by the OpCode alone.
      return Mask(data.subspan(std::min<size_t>(data.size(), 1)));
    }
    default:
      return Mask(data);
  }
}

void MaskEap(uint8_t code, std::span<uint8_t> data) {
  using ppp::EapCode;
  switch (static_cast<EapCode>(code)) {
    case EapCode::kRequest:
    case EapCode::kSuccess:
    case EapCode::kFailure:
      return;
    case EapCode::kResponse:
      if (!data.empty()) MaskEapAnswer(static_cast<ppp::EapType>(data.front()), data.subspan(1));
      return;
  }
  Mask(data);
}

// RFC 1661 §5.6 and §5.7: what was rejected is in them, our own login, say.
constexpr uint8_t kCodeReject = 7;
constexpr uint8_t kProtocolReject = 8;

void MaskInformation(ppp::Protocol protocol, std::span<uint8_t> information);

void MaskLcp(uint8_t code, std::span<uint8_t> data) {
  if (code == kCodeReject) return MaskBehindHeader(data);
  if (code != kProtocolReject) return;
  const auto rejected = ppp::ParseFrame(data);
  constexpr size_t kProtocolLength = 2;
  if (!rejected) return Mask(data.subspan(std::min(data.size(), kProtocolLength)));
  const auto information = Within(data, rejected->information);
  // Of LCP itself nobody rejects anything in this way.
  if (rejected->protocol == ppp::Protocol::kLcp) return MaskBehindHeader(information);
  MaskInformation(rejected->protocol, information);
}

void MaskPacket(ppp::Protocol protocol, std::span<uint8_t> information) {
  const auto packet = ppp::ParsePacket(information);
  if (!packet) return MaskBehindHeader(information);
  // Padding too: nobody knows what is in it.
  const auto data = information.subspan(ppp::kPacketHeaderLength);
  Mask(data.subspan(packet->data.size()));
  const auto told = data.first(packet->data.size());
  switch (protocol) {
    case ppp::Protocol::kLcp:
      return MaskLcp(packet->code, told);
    case ppp::Protocol::kPap:
      return MaskPap(packet->code, told);
    case ppp::Protocol::kChap:
      return MaskChap(packet->code, told);
    case ppp::Protocol::kEap:
      return MaskEap(packet->code, told);
    default:
      return MaskBehindHeader(information);
  }
}

void MaskInformation(ppp::Protocol protocol, std::span<uint8_t> information) {
  // RFC 1661 §2: below 4000 are users' packets, from C000 on LCP and what authenticates; what is
  // between negotiates networks.
  constexpr uint16_t kFirstControl = 0x4000;
  constexpr uint16_t kFirstLinkControl = 0xC000;
  const auto number = static_cast<uint16_t>(protocol);
  if (number < kFirstControl) return Mask(information);
  if (number >= kFirstLinkControl) MaskPacket(protocol, information);
}

/// Address and Control (RFC 1662 §3.1), which a data message of L2TP may begin with.
std::span<uint8_t> WithoutAddress(std::span<uint8_t> frame) {
  const bool there = frame.size() >= 2 && frame[0] == 0xFF && frame[1] == 0x03;
  return there ? frame.subspan(2) : frame;
}

void MaskAvps(std::span<uint8_t> avps) {
  WireReader in(avps);
  while (!in.empty()) {
    WireReader rest = in;
    const auto avp = l2tp::ReadAvp(in);
    if (!avp) return Mask(Within(avps, rest.TakeRest()));
    const auto type = static_cast<l2tp::AttributeType>(avp->type);
    const bool proves = type == l2tp::AttributeType::kChallengeResponse ||
                        type == l2tp::AttributeType::kProxyAuthenResponse;
    // By what is hidden, of which some is known, the secret can be found (RFC 2661 §4.3).
    if (avp->hidden || (avp->vendor_id == 0 && proves)) Mask(Within(avps, avp->value));
  }
}

}  // namespace

void MaskPpp(std::span<uint8_t> frame) {
  const auto parsed = ppp::ParseFrame(frame);
  constexpr size_t kProtocolLength = 2;
  if (!parsed) return Mask(frame.subspan(std::min(frame.size(), kProtocolLength)));
  MaskInformation(parsed->protocol, Within(frame, parsed->information));
}

void MaskL2tp(std::span<uint8_t> datagram) {
  const auto packet = l2tp::ParsePacket(datagram);
  if (!packet) {
    return Mask(datagram.subspan(std::min(datagram.size(), l2tp::kControlHeaderSize)));
  }
  const auto* data = std::get_if<l2tp::DataPacket>(&*packet);
  const auto content =
      Within(datagram, data ? data->payload : std::get<l2tp::ControlPacket>(*packet).avps);
  if (data != nullptr) {
    MaskPpp(WithoutAddress(content));
  } else {
    MaskAvps(content);
  }
  // Octets past the message's Length belong to nobody.
  const size_t end = content.empty()
                         ? l2tp::kControlHeaderSize
                         : static_cast<size_t>(content.data() - datagram.data()) + content.size();
  Mask(datagram.subspan(std::min(datagram.size(), end)));
}

}  // namespace sallyport::trace
