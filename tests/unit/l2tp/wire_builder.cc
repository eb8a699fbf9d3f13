// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/l2tp/wire_builder.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

#include "base/text.h"

namespace sallyport::l2tp::testing {
namespace {

void Put16(Bytes& out, unsigned value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

uint16_t Get16(std::span<const uint8_t> in, size_t at) {
  return static_cast<uint16_t>(in[at] << 8 | in[at + 1]);
}

}  // namespace

Bytes Hex(std::string_view text) {
  std::string digits(text);
  std::erase_if(digits, [](char c) { return c == ' ' || c == '\n'; });
  auto bytes = FromHex(digits);
  EXPECT_TRUE(bytes) << text;
  return bytes.value_or(Bytes());
}

AvpList& AvpList::Add(uint16_t type, const Bytes& value, uint16_t bits, uint16_t vendor) {
  Put16(bytes_, bits | static_cast<unsigned>(value.size() + 6));
  Put16(bytes_, vendor);
  Put16(bytes_, type);
  return Raw(value);
}
AvpList& AvpList::U16(uint16_t type, uint16_t value, uint16_t bits) {
  Bytes octets;
  Put16(octets, value);
  return Add(type, octets, bits);
}
AvpList& AvpList::U32(uint16_t type, uint32_t value, uint16_t bits) {
  Bytes octets;
  Put16(octets, value >> 16);
  Put16(octets, value & 0xFFFF);
  return Add(type, octets, bits);
}
AvpList& AvpList::Text(uint16_t type, std::string_view value, uint16_t bits) {
  return Add(type, Bytes(value.begin(), value.end()), bits);
}
AvpList& AvpList::Raw(const Bytes& octets) {
  bytes_.insert(bytes_.end(), octets.begin(), octets.end());
  return *this;
}

AvpList SccrqAvps(uint16_t assigned_tunnel) {
  return AvpList().U16(0, 1).U16(2, 0x0100).U32(3, 3).Text(7, "client").U16(9, assigned_tunnel);
}
AvpList SccrpAvps(uint16_t assigned_tunnel) {
  return AvpList().U16(0, 2).U16(2, 0x0100).U32(3, 3).Text(7, "lac").U16(9, assigned_tunnel);
}
AvpList ScccnAvps() { return AvpList().U16(0, 3); }
AvpList HelloAvps() { return AvpList().U16(0, 6); }
AvpList StopCcnAvps(uint16_t assigned_tunnel, uint16_t result) {
  return AvpList().U16(0, 4).U16(9, assigned_tunnel).U16(1, result);
}
AvpList IcrqAvps(uint16_t assigned_session, uint32_t serial) {
  return AvpList().U16(0, 10).U16(14, assigned_session).U32(15, serial);
}
AvpList IccnAvps() { return AvpList().U16(0, 12).U32(24, 100'000'000).U32(19, 1); }
AvpList IcrpAvps(uint16_t assigned_session) {
  return AvpList().U16(0, 11).U16(14, assigned_session);
}
AvpList OcrqAvps(uint16_t assigned_session) {
  AvpList ocrq = AvpList().U16(0, 7).U16(14, assigned_session).U32(15, 1).U32(16, 9600);
  return ocrq.U32(17, 64000).U32(18, 1).U32(19, 1).Text(21, "0231");
}
AvpList OcrpAvps(uint16_t assigned_session) {
  return AvpList().U16(0, 8).U16(14, assigned_session);
}
AvpList OccnAvps() { return AvpList().U16(0, 9).U32(24, 64000).U32(19, 1); }
AvpList WenAvps() {
  return AvpList().U16(0, 15).Add(34, Hex("0000 00000001 00000002 00000003 00000004 00000005"
                                          "00000006"));
}
AvpList SliAvps() { return AvpList().U16(0, 16).Add(35, Hex("0000 000a0000 ffffffff")); }
AvpList CdnAvps(uint16_t assigned_session, uint16_t result) {
  return AvpList().U16(0, 14).U16(1, result).U16(14, assigned_session);
}

Bytes ControlMessage(uint16_t tunnel, uint16_t session, uint16_t ns, uint16_t nr,
                     const Bytes& avps) {
  Bytes out;
  Put16(out, 0xC802);  // T, L, S, Ver 2
  Put16(out, static_cast<unsigned>(12 + avps.size()));
  Put16(out, tunnel);
  Put16(out, session);
  Put16(out, ns);
  Put16(out, nr);
  out.insert(out.end(), avps.begin(), avps.end());
  return out;
}

Bytes Decoded::Value(uint16_t wanted) const {
  const auto found = std::ranges::find(avps, wanted, [](const auto& avp) { return avp.first; });
  return found == avps.end() ? Bytes() : found->second;
}
uint16_t Decoded::U16(uint16_t wanted) const {
  const Bytes value = Value(wanted);
  return value.size() < 2 ? uint16_t{0} : Get16(value, 0);
}

Decoded Decode(std::span<const uint8_t> message) {
  Decoded decoded;
  if (message.size() < 12 || Get16(message, 0) != 0xC802 || Get16(message, 2) != message.size()) {
    ADD_FAILURE() << "not a control message: " << ToHex(message);
    return decoded;
  }
  decoded.tunnel = Get16(message, 4);
  decoded.session = Get16(message, 6);
  decoded.ns = Get16(message, 8);
  decoded.nr = Get16(message, 10);
  for (auto rest = message.subspan(12); !rest.empty();) {
    const size_t length = rest.size() < 6 ? 0 : Get16(rest, 0) & 0x3FFu;
    if (length < 6 || length > rest.size() || (Get16(rest, 0) & 0x7C00) != 0) {
      ADD_FAILURE() << "malformed AVP: " << ToHex(rest);
      return decoded;
    }
    const auto value = rest.subspan(6, length - 6);
    decoded.avps.emplace_back(Get16(rest, 4), Bytes(value.begin(), value.end()));
    rest = rest.subspan(length);
  }
  if (!decoded.avps.empty()) {
    EXPECT_EQ(decoded.avps.front().first, 0) << "Message Type is not first";
    decoded.type = decoded.U16(0);
  }
  return decoded;
}

}  // namespace sallyport::l2tp::testing
