// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/session_mtu.h"

#include <algorithm>

namespace sallyport::daemon {
namespace {

// Octets.
constexpr int kIpv4Header = 20;  // RFC 791 §3.1, without options
constexpr int kIpv6Header = 40;  // RFC 8200 §3
constexpr int kUdpHeader = 8;    // RFC 768; of NAT traversal too, without a marker (RFC 3948 §2.1)
constexpr int kEspHeader = 8;    // SPI and Sequence Number, RFC 4303 §2
constexpr int kEspTrailer = 2;   // Pad Length and Next Header, RFC 4303 §2
constexpr int kL2tpHeader = 6;   // flags, Tunnel ID, Session ID, RFC 2661 §3.1
constexpr int kL2tpLength = 2;
constexpr int kL2tpSequence = 4;     // Ns and Nr
constexpr int kPppHeader = 4;        // FF 03 and the Protocol field, neither compressed
constexpr uint16_t kLeastMtu = 576;  // RFC 791 §3.1

}  // namespace

uint16_t LargestInnerPacket(const OuterPath& path) {
  int room = path.outer_mtu - (path.outer_v6 ? kIpv6Header : kIpv4Header);
  if (path.esp) {
    if (path.udp_encapsulation) room -= kUdpHeader;
    room -= kEspHeader + path.esp->iv + path.esp->icv;
    room -= std::max(room, 0) % path.esp->alignment;
    room -= kEspTrailer;
  }
  room -= kUdpHeader + kL2tpHeader + kPppHeader;
  if (path.length_field) room -= kL2tpLength;
  if (path.sequenced) room -= kL2tpSequence;
  return static_cast<uint16_t>(std::max(room, 0));
}

SessionMtu SessionMtuOf(OuterPath path) {
  SessionMtu mtu;
  path.length_field = false;
  mtu.send = std::max(LargestInnerPacket(path), kLeastMtu);
  path.length_field = true;
  mtu.receive = std::max(LargestInnerPacket(path), kLeastMtu);
  return mtu;
}

}  // namespace sallyport::daemon
