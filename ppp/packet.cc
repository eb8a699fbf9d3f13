// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/packet.h"

#include <algorithm>

#include "base/wire_reader.h"
#include "base/wire_writer.h"

namespace sallyport::ppp {

Expected<Frame, DropReason> ParseFrame(std::span<const uint8_t> bytes) {
  WireReader in(bytes);
  const uint16_t number = in.U16();
  // RFC 1661 §2: the least significant bit of the first octet is 0 and of the last octet is 1.
  if (!in.ok() || (number & 0x0101) != 0x0001) return Unexpected{DropReason::kMalformedProtocol};
  return Frame{.protocol = static_cast<Protocol>(number), .information = in.TakeRest()};
}

Expected<Packet, DropReason> ParsePacket(std::span<const uint8_t> information) {
  WireReader in(information);
  Packet packet;
  packet.code = in.U8();
  packet.identifier = in.U8();
  const size_t length = in.U16();
  if (!in.ok() || length < kPacketHeaderLength) return Unexpected{DropReason::kBadLength};
  packet.data = in.Take(length - kPacketHeaderLength);
  if (!in.ok()) return Unexpected{DropReason::kBadLength};
  packet.whole = information.first(length);
  return packet;
}

SendFrame MakeFrame(Protocol protocol, uint8_t code, uint8_t identifier,
                    std::span<const uint8_t> data) {
  return MakeFrame(protocol, code, identifier, {data});
}

SendFrame MakeFrame(Protocol protocol, uint8_t code, uint8_t identifier,
                    std::initializer_list<std::span<const uint8_t>> parts) {
  constexpr size_t kProtocolLength = 2;
  size_t length = kPacketHeaderLength;
  for (const auto part : parts) length += part.size();
  WireWriter header;
  header.U16(static_cast<uint16_t>(protocol));
  header.U8(code);
  header.U8(identifier);
  header.U16(static_cast<uint16_t>(length));
  SendFrame frame;
  frame.bytes.reserve(kProtocolLength + length);  // it never grows, which would leave copies behind
  frame.bytes.assign(header.view().begin(), header.view().end());
  for (const auto part : parts) {
    frame.bytes.insert(frame.bytes.end(), part.begin(), part.end());
  }
  return frame;
}

std::span<const uint8_t> TextOctets(std::string_view text, size_t limit) {
  return {reinterpret_cast<const uint8_t*>(text.data()), std::min(text.size(), limit)};
}

}  // namespace sallyport::ppp
