// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/header.h"

#include "base/wire_reader.h"
#include "base/wire_writer.h"

namespace sallyport::l2tp {
namespace {

// RFC 2661 §3.1:  |T|L|x|x|S|x|O|P|x|x|x|x|  Ver  |  The x bits are "ignored on incoming messages".
constexpr uint16_t kTypeBit = 0x8000;
constexpr uint16_t kLengthBit = 0x4000;
constexpr uint16_t kSequenceBit = 0x0800;
constexpr uint16_t kOffsetBit = 0x0200;
constexpr uint16_t kVersionMask = 0x000F;
constexpr uint16_t kVersion = 2;

constexpr size_t kNrOffset = 10;     // octets before Nr in a control message
constexpr size_t kTunnelOffset = 4;  // octets before Tunnel ID in one with a Length

Expected<Packet, DropReason> ParseControl(WireReader& in) {
  ControlPacket packet;
  packet.header.tunnel = TunnelId(in.U16());
  packet.header.session = SessionId(in.U16());
  packet.header.ns = in.U16();
  packet.header.nr = in.U16();
  packet.avps = in.TakeRest();
  if (!in.ok()) return Unexpected{DropReason::kBadLength};
  return Packet(packet);
}

Expected<Packet, DropReason> ParseData(WireReader& in, uint16_t flags) {
  DataPacket packet;
  packet.tunnel = TunnelId(in.U16());
  packet.session = SessionId(in.U16());
  if ((flags & kSequenceBit) != 0) (void)in.U32();         // Ns and Nr
  if ((flags & kOffsetBit) != 0) (void)in.Take(in.U16());  // Offset Size and padding
  packet.payload = in.TakeRest();
  if (!in.ok()) return Unexpected{DropReason::kTruncatedHeader};
  return Packet(packet);
}

}  // namespace

Expected<Packet, DropReason> ParsePacket(std::span<const uint8_t> datagram) {
  WireReader start(datagram);
  const uint16_t flags = start.U16();
  if (!start.ok()) return Unexpected{DropReason::kTruncatedHeader};
  // "Packets received with an unknown Ver field MUST be discarded."
  if ((flags & kVersionMask) != kVersion) return Unexpected{DropReason::kUnknownVersion};

  const bool control = (flags & kTypeBit) != 0;
  constexpr uint16_t kControlBits = kLengthBit | kSequenceBit | kOffsetBit;
  if (control && (flags & kControlBits) != (kLengthBit | kSequenceBit)) {
    return Unexpected{DropReason::kBadControlHeader};
  }
  if ((flags & kLengthBit) == 0) return ParseData(start, flags);

  const uint16_t length = start.U16();
  if (!start.ok()) return Unexpected{DropReason::kTruncatedHeader};
  constexpr size_t kFlagsAndLength = 4;
  if (length < kFlagsAndLength || length > datagram.size()) {
    return Unexpected{DropReason::kBadLength};
  }
  WireReader in(datagram.first(length).subspan(kFlagsAndLength));
  return control ? ParseControl(in) : ParseData(in, flags);
}

std::vector<uint8_t> BuildControlMessage(const ControlHeader& header,
                                         std::span<const uint8_t> avps) {
  WireWriter out;
  out.U16(kTypeBit | kLengthBit | kSequenceBit | kVersion);
  out.U16(static_cast<uint16_t>(kControlHeaderSize + avps.size()));
  out.U16(header.tunnel.value());
  out.U16(header.session.value());
  out.U16(header.ns);
  out.U16(header.nr);
  out.Bytes(avps);
  return std::move(out).Finish();
}

void SetNr(std::span<uint8_t> message, uint16_t nr) {
  message[kNrOffset] = static_cast<uint8_t>(nr >> 8);
  message[kNrOffset + 1] = static_cast<uint8_t>(nr);
}

void SetTunnel(std::span<uint8_t> message, TunnelId tunnel) {
  message[kTunnelOffset] = static_cast<uint8_t>(tunnel.value() >> 8);
  message[kTunnelOffset + 1] = static_cast<uint8_t>(tunnel.value());
}

}  // namespace sallyport::l2tp
