// SPDX-License-Identifier: GPL-2.0-or-later
// Messages between a DHCPv6 client and a server (RFC 8415 §8, §21), as far as a server that needs
// no memory of its clients looks at them.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "base/ip_address.h"
#include "base/wire_writer.h"
#include "dhcp/drop_reason.h"

namespace sallyport::dhcp {

/// RFC 8415 §7.3. Those of a relay agent are none of ours: a client is on the link.
enum class Dhcpv6Type : uint8_t {
  kSolicit = 1,
  kAdvertise = 2,
  kRequest = 3,
  kConfirm = 4,
  kRenew = 5,
  kRebind = 6,
  kReply = 7,
  kRelease = 8,
  kDecline = 9,
  kInformationRequest = 11,
};

/// RFC 8415 §21; RFC 3646 §3, §4.
enum class Dhcpv6Option : uint16_t {
  kClientId = 1,
  kServerId = 2,
  kIaNa = 3,
  kIaTa = 4,
  kIaAddress = 5,
  kOptionRequest = 6,
  kStatusCode = 13,
  kRapidCommit = 14,
  kDnsServers = 23,
  kDomainList = 24,
  kIaPd = 25,
  kIaPrefix = 26,
  kInformationRefreshTime = 32,
};

/// RFC 8415 §21.13.
enum class Dhcpv6Status : uint16_t {
  kSuccess = 0,
  kNoAddrsAvail = 2,
  kNoBinding = 3,
  kNotOnLink = 4,
  kUseMulticast = 5,
  kNoPrefixAvail = 6,
};

/// Octets of the largest DUID, its type included (RFC 8415 §11.1).
inline constexpr size_t kMaxDuid = 130;
/// Identity associations in one message; local policy.
inline constexpr size_t kMaxAssociations = 16;

/// An IA_NA, IA_TA or IA_PD: what it is called and what is in it.
struct IdentityAssociation {
  Dhcpv6Option kind{};
  uint32_t id = 0;
  std::vector<IpPrefix> members;  // an address is a /128
};

struct Dhcpv6Request {
  Dhcpv6Type type{};
  std::array<uint8_t, 3> transaction{};
  std::span<const uint8_t> client_id;  // borrowed from the received bytes, as the next; empty: none
  std::span<const uint8_t> server_id;
  std::vector<IdentityAssociation> associations;
  bool rapid_commit = false;
  std::optional<std::vector<uint16_t>> requested;  // the Option Request option

  bool Requests(Dhcpv6Option option) const;
};

/// Errors: kTooShort, kUnknownType, kBadOption.
Expected<Dhcpv6Request, DropReason> ParseDhcpv6(std::span<const uint8_t> bytes);

/// Appends an option around what `body` writes.
template <typename Body>
void WriteDhcpv6Option(Dhcpv6Option option, WireWriter& out, const Body& body) {
  out.U16(static_cast<uint16_t>(option));
  const size_t length = out.size();
  out.U16(0);
  body();
  out.PatchU16(length, static_cast<uint16_t>(out.size() - length - 2));
}
void WriteDhcpv6Status(Dhcpv6Status status, std::string_view text, WireWriter& out);

}  // namespace sallyport::dhcp
