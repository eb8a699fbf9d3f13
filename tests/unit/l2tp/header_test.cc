// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/header.h"

#include <gtest/gtest.h>
#include <initializer_list>

#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp {
namespace {

using testing::Bytes;
using testing::Hex;

const Bytes kHello =
    Hex("c802 0014"              // T L S, Ver 2; Length 20
        "0007 0009"              // Tunnel ID 7, Session ID 9
        "fffe 0102"              // Ns 65534, Nr 258
        "8008 0000 0000 0006");  // Message Type: HELLO

DropReason ErrorOf(const Bytes& datagram) {
  const auto packet = ParsePacket(datagram);
  EXPECT_FALSE(packet.has_value());
  return packet ? DropReason::kEmptyFrame : packet.error();
}

DataPacket DataOf(const Bytes& datagram) {
  const auto packet = ParsePacket(datagram);
  const auto* data = packet ? std::get_if<DataPacket>(&*packet) : nullptr;
  EXPECT_NE(data, nullptr);
  return data == nullptr ? DataPacket() : *data;
}

ControlPacket ControlOf(const Bytes& datagram) {
  const auto packet = ParsePacket(datagram);
  const auto* control = packet ? std::get_if<ControlPacket>(&*packet) : nullptr;
  EXPECT_NE(control, nullptr);
  return control == nullptr ? ControlPacket() : *control;
}

TEST(ControlHeader, ReadsItsFields) {
  const ControlPacket packet = ControlOf(kHello);
  EXPECT_EQ(packet.header, (ControlHeader{TunnelId(7), SessionId(9), 0xFFFE, 0x0102}));
  EXPECT_EQ(Bytes(packet.avps.begin(), packet.avps.end()), Hex("8008000000000006"));
  EXPECT_FALSE(packet.IsZlb());
}

TEST(ControlHeader, TwelveOctetsAreAZlb) {
  EXPECT_TRUE(ControlOf(Hex("c802000c 00070000 00010002")).IsZlb());
}

TEST(ControlHeader, EveryTruncationIsRefused) {
  for (size_t n = 0; n < kHello.size(); ++n) {
    EXPECT_FALSE(ParsePacket(std::span(kHello).first(n)).has_value()) << n;
  }
}

TEST(ControlHeader, OctetsPastLengthAreLeftOut) {
  Bytes longer = kHello;
  longer.insert(longer.end(), {0x80, 0x08, 0, 0});
  EXPECT_EQ(ControlOf(longer).avps.size(), 8u);
}

TEST(ControlHeader, LengthMustCoverTheHeaderAndFitTheDatagram) {
  for (const uint8_t length : std::initializer_list<uint8_t>{0, 3, 4, 11, 21, 255}) {
    Bytes bad = kHello;
    bad[3] = length;
    EXPECT_EQ(ErrorOf(bad), DropReason::kBadLength) << int{length};
  }
}

TEST(ControlHeader, VersionOtherThanTwoIsRefused) {
  for (uint8_t version = 0; version < 16; ++version) {
    Bytes other = kHello;
    other[1] = version;
    if (version == 2) continue;
    EXPECT_EQ(ErrorOf(other), DropReason::kUnknownVersion) << int{version};
  }
}

TEST(ControlHeader, LengthAndSequenceMustBeThereAndOffsetMustNot) {
  EXPECT_EQ(ErrorOf(Hex("8802 0007 0009 0000 0000 00000000")), DropReason::kBadControlHeader);
  EXPECT_EQ(ErrorOf(Hex("c002 000c 0007 0009 00000000")), DropReason::kBadControlHeader);
  EXPECT_EQ(ErrorOf(Hex("ca02 000e 0007 0009 00000000 0000")), DropReason::kBadControlHeader);
}

TEST(ControlHeader, ReservedAndPriorityBitsAreIgnored) {
  EXPECT_EQ(ControlOf(Hex("fdf2 000c 0007 0009 0001 0002")).header.ns, 1);
}

TEST(DataHeader, ReadsEveryCombinationOfItsOptions) {
  const Bytes frame = Hex("ff03 c021");
  struct Case {
    const char* name;
    Bytes wire;
  };
  const Case cases[] = {
      {"plain", Hex("0002 0007 0009")},
      {"length", Hex("4002 000c 0007 0009")},
      {"sequence", Hex("0802 0007 0009 0005 0000")},
      {"offset of two", Hex("0202 0007 0009 0002 aaaa")},
      {"offset of zero", Hex("0202 0007 0009 0000")},
      {"priority", Hex("0102 0007 0009")},
      {"all", Hex("4b02 0014 0007 0009 0005 0006 0002 aaaa")},
  };
  for (const auto& [name, header] : cases) {
    Bytes wire = header;
    wire.insert(wire.end(), frame.begin(), frame.end());
    const DataPacket packet = DataOf(wire);
    EXPECT_EQ(packet.tunnel, TunnelId(7)) << name;
    EXPECT_EQ(packet.session, SessionId(9)) << name;
    EXPECT_EQ(Bytes(packet.payload.begin(), packet.payload.end()), frame) << name;
  }
}

TEST(DataHeader, EveryTruncationOfTheHeaderIsRefused) {
  const Bytes wire = Hex("4b02 0010 0007 0009 0005 0006 0002 aaaa");
  for (size_t n = 0; n < wire.size(); ++n) {
    EXPECT_FALSE(ParsePacket(std::span(wire).first(n)).has_value()) << n;
  }
  const Bytes without_length = Hex("0a02 0007 0009 0005 0006 0002 aaaa");
  for (size_t n = 0; n < without_length.size(); ++n) {
    EXPECT_FALSE(ParsePacket(std::span(without_length).first(n)).has_value()) << n;
  }
}

TEST(DataHeader, OffsetPastTheEndIsRefused) {
  EXPECT_EQ(ErrorOf(Hex("0202 0007 0009 ffff c021")), DropReason::kTruncatedHeader);
}

TEST(DataHeader, LengthCutsTheFrame) {
  EXPECT_EQ(DataOf(Hex("4002 000a 0007 0009 c021 0000")).payload.size(), 2u);
}

TEST(BuildControlMessage, MatchesGoldenBytes) {
  EXPECT_EQ(
      BuildControlMessage({TunnelId(7), SessionId(9), 0xFFFE, 0x0102}, Hex("8008000000000006")),
      kHello);
}

TEST(SetNr, ChangesNothingElse) {
  Bytes message = kHello;
  SetNr(message, 0x0304);
  Bytes expected = kHello;
  expected[10] = 3;
  expected[11] = 4;
  EXPECT_EQ(message, expected);
}

TEST(SetTunnel, ChangesNothingElse) {
  Bytes message = kHello;
  SetTunnel(message, TunnelId(0x0304));
  Bytes expected = kHello;
  expected[4] = 3;
  expected[5] = 4;
  EXPECT_EQ(message, expected);
}

}  // namespace
}  // namespace sallyport::l2tp
