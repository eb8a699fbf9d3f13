// SPDX-License-Identifier: GPL-2.0-or-later
// The DHCP message (RFC 2131 §2, options of RFC 2132, long options of RFC 3396) as octets and as
// values.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/expected.h"
#include "base/ip_address.h"
#include "dhcp/dhcpv4_drop_reason.h"

namespace sallyport::dhcp::v4 {

inline constexpr uint16_t kServerPort = 67;  // RFC 2131 §4.1
inline constexpr uint16_t kClientPort = 68;

inline constexpr uint8_t kBootRequest = 1;  // op, RFC 2131 §2
inline constexpr uint8_t kBootReply = 2;

/// Codes of the options that we look at or send.
enum class Option : uint8_t {
  kPad = 0,                        // RFC 2132 §3.1
  kSubnetMask = 1,                 // §3.3
  kDomainNameServer = 6,           // §3.8
  kDomainName = 15,                // §3.17
  kNetbiosNameServer = 44,         // §8.5
  kOverload = 52,                  // §9.3
  kMessageType = 53,               // §9.6
  kServerIdentifier = 54,          // §9.7
  kParameterRequest = 55,          // §9.8
  kMaximumSize = 57,               // §9.10
  kDomainSearch = 119,             // RFC 3397
  kClasslessRoute = 121,           // RFC 3442
  kMicrosoftClasslessRoute = 249,  // the same octets as 121 ([MS-DHCPE] §2.2.8)
  kEnd = 255,                      // RFC 2132 §3.2
};

/// Values of Option::kMessageType, RFC 2132 §9.6.
enum class MessageType : uint8_t {
  kDiscover = 1,
  kOffer = 2,
  kRequest = 3,
  kDecline = 4,
  kAck = 5,
  kNak = 6,
  kRelease = 7,
  kInform = 8,
};

/// The fixed fields of RFC 2131 §2, without sname and file.
struct Header {
  uint8_t op = kBootRequest;
  uint8_t htype = 0;  // of chaddr; PPP has no number of its own, Windows says 8
  uint8_t hlen = 0;   // as it came; chaddr has 16 octets whatever it says
  uint8_t hops = 0;
  uint32_t xid = 0;
  uint16_t secs = 0;
  uint16_t flags = 0;
  IpAddress ciaddr = IpAddress::V4(0);
  IpAddress yiaddr = IpAddress::V4(0);
  IpAddress siaddr = IpAddress::V4(0);
  IpAddress giaddr = IpAddress::V4(0);
  std::array<uint8_t, 16> chaddr{};
  bool operator==(const Header&) const = default;
};

struct Message {
  Header header;
  /// By code; the parts of an option that came in several are one value (RFC 3396 §5). The option
  /// kOverload is gone: what it announced is here.
  std::map<uint8_t, std::vector<uint8_t>> options;

  /// Null if there is none.
  const std::vector<uint8_t>* Find(Option option) const;
};

/// Reads a whole message. Octets behind the End option are padding and may be anything.
Expected<Message, DropReason> Parse(std::span<const uint8_t> octets);

/// An option to be sent. A value of more than 255 octets is sent in several parts (RFC 3396 §6).
struct OptionValue {
  Option code;
  std::vector<uint8_t> value;
};

/// The fewest octets of a message: what relays and old clients expect of BOOTP (RFC 1542 §2.1).
inline constexpr size_t kMinimumSize = 300;
/// The most that a client takes which says nothing of it: an IP packet of 576 octets (RFC 2131 §2)
/// without the headers of IP and UDP.
inline constexpr size_t kDefaultMaximumSize = 548;

struct Written {
  std::vector<uint8_t> octets;  // at least kMinimumSize, at most what was allowed
  size_t left_out = 0;          // options for which there was no room
};
/// The message with `options` in their order: in the options field as far as they fit, then in file
/// and sname (option kOverload, RFC 2131 §4.1). One that fits nowhere is left out as a whole.
/// `maximum` octets are at least kMinimumSize.
Written Write(const Header& header, std::span<const OptionValue> options, size_t maximum);

}  // namespace sallyport::dhcp::v4
