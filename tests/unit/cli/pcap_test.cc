// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/pcap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace sallyport::cli {
namespace {

std::string HexOf(const std::string& octets) {
  return ToHex({reinterpret_cast<const uint8_t*>(octets.data()), octets.size()});
}

Json Packet(const char* type, const char* direction, const char* peer, const char* local,
            const char* octets) {
  Json line{{"type", type},
            {"time", "2026-11-22T07:10:04.310Z"},
            {"direction", direction},
            {"peer", {{"address", peer}, {"port", 1024U}}},
            {"local", {{"address", nullptr}, {"port", 1701U}}},
            {"header", {{"tunnel", 7U}, {"session", 9U}}},
            {"octets", octets}};
  if (local != nullptr) line["local"]["address"] = local;
  return line;
}

TEST(Pcap, Header_IsOfRawIpInMicroseconds) {
  EXPECT_EQ(HexOf(PcapHeader()), "a1b2c3d40002000400000000000000000000ffff00000065");
}

TEST(Pcap, ControlMessage_IsUdpOverIpv4) {
  const auto record =
      PcapRecord(Packet("l2tp", "in", "203.0.113.1", "192.0.2.10", "c802000c0001000000020003"));
  ASSERT_TRUE(record);
  EXPECT_EQ(HexOf(*record),
            "6b02954c0004baf00000002800000028"  // 1795331404, 310000, 40 octets
            "450000280000400040113cb9cb007101c000020a"
            "040006a500140000"
            "c802000c0001000000020003");
}

TEST(Pcap, Frame_GetsTheHeaderOfADataMessage) {
  const auto record =
      PcapRecord(Packet("ppp", "out", "203.0.113.1", nullptr, "c0210901000800000000"));
  ASSERT_TRUE(record);
  EXPECT_EQ(HexOf(*record).substr(32 + 24),  // from the addresses on
            "00000000cb007101"
            "06a50400001a"
            "0000"
            "000200070009"
            "ff03c0210901000800000000")
      << "from us, whose address is not known";
}

TEST(Pcap, Ipv6_HasAChecksum) {
  const auto record = PcapRecord(Packet("l2tp", "in", "2001:db8::1", "2001:db8::2", "0000"));
  ASSERT_TRUE(record);
  // The sum over pseudo-header and datagram, computed by hand: 0x20010db8 twice, 1, 2, 17, 10,
  // ports, length.
  EXPECT_EQ(HexOf(*record).substr(32),
            "60000000000a1140"
            "20010db8000000000000000000000001"
            "20010db8000000000000000000000002"
            "040006a5000a99c0"
            "0000");
}

TEST(Pcap, WhatIsNoPacket_IsLeftOut) {
  EXPECT_FALSE(PcapRecord(Json{{"type", "heartbeat"}}));
  EXPECT_FALSE(PcapRecord(Json()));
  const Json good = Packet("l2tp", "in", "203.0.113.1", "192.0.2.10", "00");
  ASSERT_TRUE(PcapRecord(good));
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, Json>>{
           {"octets", "0"},
           {"octets", "xx"},
           {"time", "yesterday"},
           {"time", "2026-13-22T07:10:04.310Z"},
           {"peer", Json{{"address", "nowhere"}, {"port", 1}}},
           {"local", Json{{"address", "2001:db8::1"}, {"port", 1}}},
           {"octets", std::string(2 * 65535, '0')}}) {
    Json bad = good;
    bad[name] = value;
    EXPECT_FALSE(PcapRecord(bad)) << name << ' ' << bad.dump().substr(0, 100);
  }
}

}  // namespace
}  // namespace sallyport::cli
