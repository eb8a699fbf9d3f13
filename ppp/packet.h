// SPDX-License-Identifier: GPL-2.0-or-later
// Frames (RFC 1661 §2) and the packets with Code, Identifier and Length that LCP, the network
// control protocols, PAP, CHAP and EAP share (RFC 1661 §5, RFC 1334 §2.2, RFC 1994 §4, RFC 3748
// §4).
#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "base/expected.h"
#include "ppp/drop_reason.h"
#include "ppp/events.h"

namespace sallyport::ppp {

/// Protocol numbers (IANA "PPP DLL Protocol Numbers") that the engine tells apart; a received frame
/// may carry any other value.
enum class Protocol : uint16_t {
  kIpv4 = 0x0021,
  kVjCompressed = 0x002D,
  kVjUncompressed = 0x002F,
  kIpv6 = 0x0057,
  kCompressedLink = 0x00FB,  // compressed inside one link of a bundle (RFC 1962 §2)
  kCompressed = 0x00FD,      // compressed datagram (RFC 1962 §2)
  kIpcp = 0x8021,
  kIpv6cp = 0x8057,
  kLcp = 0xC021,
  kPap = 0xC023,
  kChap = 0xC223,
  kEap = 0xC227,
};

/// Information field of a frame that was agreed on by nobody (RFC 1661 §6.1), octets.
inline constexpr uint16_t kDefaultMru = 1500;

/// The largest Name that we take and the largest text that we send, octets; local policy.
inline constexpr size_t kMaxNameLength = 255;
inline constexpr size_t kMaxTextLength = 128;

/// Code, Identifier and Length (RFC 1661 §5), octets.
inline constexpr size_t kPacketHeaderLength = 4;

struct Frame {
  Protocol protocol{};
  std::span<const uint8_t> information;  // borrowed from the received bytes
};

/// Reads the two-octet Protocol field, the only form here: we refuse Protocol-Field-Compression.
/// Errors: kMalformedProtocol (too short; a first octet that is odd or a second that is even, RFC
/// 1661 §2).
Expected<Frame, DropReason> ParseFrame(std::span<const uint8_t> bytes);

struct Packet {
  uint8_t code = 0;
  uint8_t identifier = 0;
  std::span<const uint8_t> data;   // borrowed
  std::span<const uint8_t> whole;  // the packet without padding; borrowed
};

/// Reads Code, Identifier, Length and as much data as Length says; what follows is padding (RFC
/// 1661 §5). Errors: kBadLength (Length under 4 or past the end).
Expected<Packet, DropReason> ParsePacket(std::span<const uint8_t> information);

/// A frame with one packet in it. Precondition: `data` holds at most 65531 octets.
SendFrame MakeFrame(Protocol protocol, uint8_t code, uint8_t identifier,
                    std::span<const uint8_t> data);
/// The same with the data in parts. They are copied once, into the frame, so that a password among
/// them is nowhere else.
SendFrame MakeFrame(Protocol protocol, uint8_t code, uint8_t identifier,
                    std::initializer_list<std::span<const uint8_t>> parts);

/// The octets of `text`, borrowed, at most `limit` of them.
std::span<const uint8_t> TextOctets(std::string_view text, size_t limit = kMaxTextLength);

}  // namespace sallyport::ppp
