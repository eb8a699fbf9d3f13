// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/session_mtu.h"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

constexpr EspSizes kAesCbcSha256{.iv = 16, .alignment = 16, .icv = 16};
constexpr EspSizes kAesGcm{.iv = 8, .alignment = 4, .icv = 16};

/// A packet built up from the inside by RFC 4303 §2 and RFC 3948 §2.1, octet by octet.
int OuterPacket(int inner, int l2tp_header, const EspSizes& esp, bool nat, int ip_header = 20) {
  const int payload = 8 + l2tp_header + 4 + inner;  // UDP, L2TP, PPP
  int encrypted = payload + 2;                      // Pad Length, Next Header
  while (encrypted % esp.alignment != 0) ++encrypted;
  return ip_header + (nat ? 8 : 0) + 4 + 4 + esp.iv + encrypted + esp.icv;
}

TEST(LargestInnerPacket, IsTheLastThatFitsByHand) {
  // NAT-T, AES-CBC, SHA-256: 20 + 8 + 8 + 16 + (8 + 6 + 4 + 1404 + 2 = 1424 = 89 * 16) + 16 = 1492.
  OuterPath outside{.esp = kAesCbcSha256, .udp_encapsulation = true};
  EXPECT_EQ(LargestInnerPacket(outside), 1404);
  // Plain ESP: 20 + 8 + 16 + (8 + 6 + 4 + 1420 + 2 = 1440 = 90 * 16) + 16 = 1500.
  outside.udp_encapsulation = false;
  EXPECT_EQ(LargestInnerPacket(outside), 1420);
  // AES-GCM: 20 + 8 + 8 + (18 + 1428 + 2 = 1448 = 362 * 4) + 16 = 1500.
  outside.esp = kAesGcm;
  EXPECT_EQ(LargestInnerPacket(outside), 1428);
  // With NAT-T: 20 + 8 + 8 + 8 + (18 + 1420 + 2 = 1440) + 16 = 1500.
  outside.udp_encapsulation = true;
  EXPECT_EQ(LargestInnerPacket(outside), 1420);
  // Over IPv6: 40 + 8 + 8 + 8 + (18 + 1400 + 2 = 1420) + 16 = 1500.
  outside.outer_v6 = true;
  EXPECT_EQ(LargestInnerPacket(outside), 1400);
  // In clear text: 20 + 8 + 6 + 4 + 1462 = 1500.
  EXPECT_EQ(LargestInnerPacket({}), 1462);
  // Length field, Ns and Nr: six octets more.
  EXPECT_EQ(LargestInnerPacket({.length_field = true, .sequenced = true}), 1456);
}

TEST(LargestInnerPacket, FitsAndOneOctetMoreDoesNot) {
  for (const EspSizes& esp :
       {kAesCbcSha256, kAesGcm, EspSizes{.iv = 8, .alignment = 8, .icv = 12}}) {
    for (const bool nat : {false, true}) {
      for (uint16_t mtu = 1280; mtu <= 1500; ++mtu) {
        const int inner = LargestInnerPacket(
            {.outer_mtu = mtu, .esp = esp, .udp_encapsulation = nat, .sequenced = true});
        EXPECT_LE(OuterPacket(inner, 10, esp, nat), mtu);
        EXPECT_GT(OuterPacket(inner + 1, 10, esp, nat), mtu);
      }
    }
  }
}

TEST(LargestInnerPacket, WithoutRoomThereIsNone) {
  for (uint16_t mtu = 0; mtu < 92; ++mtu) {
    EXPECT_EQ(
        LargestInnerPacket({.outer_mtu = mtu, .esp = kAesCbcSha256, .udp_encapsulation = true}), 0)
        << mtu;
  }
}

TEST(SessionMtuOf, LeavesThePeerRoomForALengthFieldAndNobodyLessThan576) {
  EXPECT_EQ(SessionMtuOf({.esp = kAesGcm}), (SessionMtu{.send = 1428, .receive = 1426}));
  EXPECT_EQ(SessionMtuOf({.outer_mtu = 600, .esp = kAesGcm}),
            (SessionMtu{.send = 576, .receive = 576}));
}

}  // namespace
}  // namespace sallyport::daemon
