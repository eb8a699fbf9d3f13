// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/eap.h"

#include <utility>

#include "base/wire_reader.h"

namespace sallyport::ppp {
namespace {

constexpr size_t kMsChapV2HeaderLength = 4;

}  // namespace

Expected<EapMessage, DropReason> ParseEapMessage(const Packet& packet) {
  WireReader in(packet.data);
  const auto type = static_cast<EapType>(in.U8());
  if (!in.ok()) return Unexpected{DropReason::kBadLength};
  return EapMessage{.type = type, .data = in.TakeRest()};
}

SendFrame MakeEapFrame(EapCode code, uint8_t identifier, const EapMessage& message) {
  WireWriter data;
  data.U8(static_cast<uint8_t>(message.type));
  data.Bytes(message.data);
  return MakeFrame(Protocol::kEap, static_cast<uint8_t>(code), identifier, data.view());
}

SendFrame MakeEapVerdict(EapCode code, uint8_t identifier) {
  return MakeFrame(Protocol::kEap, static_cast<uint8_t>(code), identifier, {});
}

Expected<ValueAndName, DropReason> ParseValueAndName(std::span<const uint8_t> data) {
  WireReader in(data);
  ValueAndName both;
  both.value = in.Take(in.U8());
  both.name = in.TakeRest();
  if (!in.ok() || both.name.size() > kMaxNameLength) return Unexpected{DropReason::kBadLength};
  return both;
}

void WriteValueAndName(std::span<const uint8_t> value, std::string_view name, WireWriter& out) {
  out.U8(static_cast<uint8_t>(value.size()));
  out.Bytes(value);
  out.Bytes(TextOctets(name, kMaxNameLength));
}

MsChapV2Message ParseMsChapV2Message(std::span<const uint8_t> data) {
  WireReader in(data);
  MsChapV2Message message;
  message.code = static_cast<MsChapV2OpCode>(in.U8());
  (void)in.U8();   // MS-CHAPv2-ID
  (void)in.U16();  // MS-Length
  message.body = in.TakeRest();
  return message;
}

std::vector<uint8_t> MakeMsChapV2Message(MsChapV2OpCode code, uint8_t identifier,
                                         std::span<const uint8_t> body) {
  WireWriter out;
  out.U8(static_cast<uint8_t>(code));
  out.U8(identifier);
  out.U16(static_cast<uint16_t>(kMsChapV2HeaderLength + body.size()));
  out.Bytes(body);
  return std::move(out).Finish();
}

}  // namespace sallyport::ppp
