// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/router_advertisement.h"

#include <algorithm>

#include "base/wire_reader.h"
#include "base/wire_writer.h"
#include "dhcp/domain_name.h"

namespace sallyport::dhcp {
namespace {

// ICMPv6 types, RFC 4861 §4.1 and §4.2.
constexpr uint8_t kRouterSolicitation = 133;
constexpr uint8_t kRouterAdvertisement = 134;

// Options, RFC 4861 §4.6, RFC 8106 §5.1 and §5.2. Their Length counts units of 8 octets.
constexpr uint8_t kSourceLinkLayerAddress = 1;
constexpr uint8_t kPrefixInformation = 3;
constexpr uint8_t kMtu = 5;
constexpr uint8_t kRecursiveDnsServer = 25;
constexpr uint8_t kDnsSearchList = 31;
constexpr size_t kOptionUnit = 8;

constexpr uint8_t kHopLimit = 255;      // RFC 4861 §6.1.1: no router has forwarded it
constexpr uint8_t kCurHopLimit = 64;    // RFC 4861 §4.2; IANA's default
constexpr uint8_t kManagedFlag = 0x80;  // RFC 4861 §4.2
constexpr uint8_t kOtherFlag = 0x40;
constexpr uint8_t kOnLinkFlag = 0x80;  // RFC 4861 §4.6.2
constexpr uint8_t kAutonomousFlag = 0x40;
constexpr uint8_t kAutonomousLength = 64;  // RFC 5072 §4.1: an interface identifier has 64 bits

uint32_t Seconds(std::chrono::seconds duration) { return static_cast<uint32_t>(duration.count()); }

/// Appends an option with `body` behind Type and Length, filled up with zeros.
void WriteOption(uint8_t type, WireWriter body, WireWriter& out) {
  constexpr size_t kHeader = 2;
  while ((kHeader + body.size()) % kOptionUnit != 0) body.U8(0);
  out.U8(type);
  out.U8(static_cast<uint8_t>((kHeader + body.size()) / kOptionUnit));
  out.Bytes(body.view());
}

void WritePrefix(const IpPrefix& prefix, const PrefixLifetimes& lifetimes, WireWriter& out) {
  WireWriter body;
  // Of a session with a shorter prefix the first /64 is the link's; the rest is routed to it.
  const uint8_t length = std::max(prefix.length, kAutonomousLength);
  body.U8(length);
  body.U8(length == kAutonomousLength ? kOnLinkFlag | kAutonomousFlag : kOnLinkFlag);
  body.U32(Seconds(lifetimes.valid));
  body.U32(Seconds(lifetimes.preferred));
  body.U32(0);
  body.Bytes(prefix.address.bytes());
  WriteOption(kPrefixInformation, std::move(body), out);
}

}  // namespace

std::vector<uint8_t> Write(const RouterAdvertisement& advertisement) {
  WireWriter out;
  out.U8(kRouterAdvertisement);
  out.U8(0);
  out.U16(0);  // the checksum, which the kernel fills in
  out.U8(kCurHopLimit);
  out.U8(static_cast<uint8_t>((advertisement.managed ? kManagedFlag : 0) |
                              (advertisement.other ? kOtherFlag : 0)));
  out.U16(static_cast<uint16_t>(advertisement.router_lifetime.count()));
  out.U32(0);  // Reachable Time and Retrans Timer: not told
  out.U32(0);
  if (advertisement.mtu != 0) {
    WireWriter body;
    body.U16(0);
    body.U32(advertisement.mtu);
    WriteOption(kMtu, std::move(body), out);
  }
  if (advertisement.prefix) WritePrefix(*advertisement.prefix, advertisement.lifetimes, out);
  if (!advertisement.dns.empty()) {
    WireWriter body;
    body.U16(0);
    body.U32(Seconds(advertisement.dns_lifetime));
    for (const IpAddress& server : advertisement.dns) body.Bytes(server.bytes());
    WriteOption(kRecursiveDnsServer, std::move(body), out);
  }
  if (!advertisement.search.empty()) {
    WireWriter body;
    body.U16(0);
    body.U32(Seconds(advertisement.dns_lifetime));
    for (const std::string& name : advertisement.search) WriteDomainName(name, body);
    WriteOption(kDnsSearchList, std::move(body), out);
  }
  return std::move(out).Finish();
}

Expected<void, DropReason> ValidateRouterSolicitation(const ReceivedIcmp& packet) {
  WireReader in(packet.bytes);
  const uint8_t type = in.U8();
  const uint8_t code = in.U8();
  in.Take(2 + 4);  // the checksum, and what is reserved
  if (!in.ok()) return Unexpected{DropReason::kTooShort};
  if (type != kRouterSolicitation) return Unexpected{DropReason::kUnknownType};
  if (packet.hop_limit != kHopLimit) return Unexpected{DropReason::kBadHopLimit};
  if (code != 0) return Unexpected{DropReason::kBadCode};
  const auto source = packet.source.bytes();
  const bool unspecified = std::ranges::all_of(source, [](uint8_t octet) { return octet == 0; });
  while (!in.empty()) {
    const uint8_t option = in.U8();
    const uint8_t units = in.U8();
    in.Take(units * kOptionUnit - std::min<size_t>(units, 1) * 2);
    if (!in.ok() || units == 0) return Unexpected{DropReason::kBadOption};
    if (unspecified && option == kSourceLinkLayerAddress) {
      return Unexpected{DropReason::kUnexpectedOption};
    }
  }
  return {};
}

}  // namespace sallyport::dhcp
