// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/dhcpv6_message.h"

#include <algorithm>

#include "base/wire_reader.h"

namespace sallyport::dhcp {
namespace {

constexpr size_t kMinDuid = 3;  // RFC 8415 §11.1: the type and at least one octet
constexpr size_t kIpv6Octets = 16;
constexpr uint8_t kAddressBits = 128;

bool IsFromClient(Dhcpv6Type type) {
  switch (type) {
    case Dhcpv6Type::kSolicit:
    case Dhcpv6Type::kRequest:
    case Dhcpv6Type::kConfirm:
    case Dhcpv6Type::kRenew:
    case Dhcpv6Type::kRebind:
    case Dhcpv6Type::kRelease:
    case Dhcpv6Type::kDecline:
    case Dhcpv6Type::kInformationRequest:
      return true;
    case Dhcpv6Type::kAdvertise:
    case Dhcpv6Type::kReply:
      return false;
  }
  return false;
}

/// The prefix of `octets` with the bits past `length` zero: a client may fill them with anything.
IpPrefix PrefixOf(std::span<const uint8_t> octets, uint8_t length) {
  std::array<uint8_t, kIpv6Octets> masked{};
  std::ranges::copy(octets, masked.begin());
  for (unsigned bit = length; bit < kAddressBits; ++bit) {
    masked.at(bit / 8) = static_cast<uint8_t>(masked.at(bit / 8) & ~(0x80U >> (bit % 8)));
  }
  return {.address = IpAddress::V6(masked), .length = length};
}

bool ParseDuid(std::span<const uint8_t> value, std::span<const uint8_t>& duid) {
  if (!duid.empty() || value.size() < kMinDuid || value.size() > kMaxDuid) return false;
  duid = value;
  return true;
}

/// RFC 8415 §21.6, §21.22: what is in an IA besides options of options, which a server ignores.
bool ParseMember(Dhcpv6Option option, WireReader in, std::vector<IpPrefix>& members) {
  if (option == Dhcpv6Option::kIaAddress) {
    const auto octets = in.Take(kIpv6Octets);
    in.Take(4 + 4);  // the lifetimes that the client would like
    if (in.ok()) members.push_back(PrefixOf(octets, kAddressBits));
  } else if (option == Dhcpv6Option::kIaPrefix) {
    in.Take(4 + 4);
    const uint8_t length = in.U8();
    const auto octets = in.Take(kIpv6Octets);
    if (length > kAddressBits) return false;
    if (in.ok()) members.push_back(PrefixOf(octets, length));
  }
  return in.ok();
}

bool ParseAssociation(Dhcpv6Option kind, WireReader in,
                      std::vector<IdentityAssociation>& associations) {
  IdentityAssociation association{.kind = kind, .id = in.U32(), .members = {}};
  if (kind != Dhcpv6Option::kIaTa) in.Take(4 + 4);  // T1 and T2 (RFC 8415 §21.4, §21.5, §21.21)
  const Dhcpv6Option member =
      kind == Dhcpv6Option::kIaPd ? Dhcpv6Option::kIaPrefix : Dhcpv6Option::kIaAddress;
  while (in.ok() && !in.empty()) {
    const auto option = static_cast<Dhcpv6Option>(in.U16());
    const WireReader value(in.Take(in.U16()));
    if (!in.ok()) return false;
    if (option == member && !ParseMember(option, value, association.members)) return false;
  }
  if (!in.ok() || associations.size() == kMaxAssociations) return false;
  associations.push_back(std::move(association));
  return true;
}

bool ParseOptionRequest(WireReader in, std::optional<std::vector<uint16_t>>& requested) {
  if (requested) return false;
  requested.emplace();
  while (in.ok() && !in.empty()) requested->push_back(in.U16());
  return in.ok();
}

bool ParseOption(Dhcpv6Option option, std::span<const uint8_t> value, Dhcpv6Request& request) {
  switch (option) {
    case Dhcpv6Option::kClientId:
      return ParseDuid(value, request.client_id);
    case Dhcpv6Option::kServerId:
      return ParseDuid(value, request.server_id);
    case Dhcpv6Option::kIaNa:
    case Dhcpv6Option::kIaTa:
    case Dhcpv6Option::kIaPd:
      return ParseAssociation(option, WireReader(value), request.associations);
    case Dhcpv6Option::kOptionRequest:
      return ParseOptionRequest(WireReader(value), request.requested);
    case Dhcpv6Option::kRapidCommit:
      request.rapid_commit = true;
      return value.empty();
    case Dhcpv6Option::kIaAddress:
    case Dhcpv6Option::kIaPrefix:
    case Dhcpv6Option::kStatusCode:
    case Dhcpv6Option::kDnsServers:
    case Dhcpv6Option::kDomainList:
    case Dhcpv6Option::kInformationRefreshTime:
      return true;  // a server's to send; RFC 8415 §16: what is not expected is ignored
  }
  return true;
}

}  // namespace

bool Dhcpv6Request::Requests(Dhcpv6Option option) const {
  return !requested ||
         std::ranges::find(*requested, static_cast<uint16_t>(option)) != requested->end();
}

Expected<Dhcpv6Request, DropReason> ParseDhcpv6(std::span<const uint8_t> bytes) {
  WireReader in(bytes);
  Dhcpv6Request request;
  request.type = static_cast<Dhcpv6Type>(in.U8());
  std::ranges::copy(in.Take(request.transaction.size()), request.transaction.begin());
  if (!in.ok()) return Unexpected{DropReason::kTooShort};
  if (!IsFromClient(request.type)) return Unexpected{DropReason::kUnknownType};
  while (!in.empty()) {
    const auto option = static_cast<Dhcpv6Option>(in.U16());
    const size_t length = in.U16();
    const auto value = in.Take(length);
    if (!in.ok() || !ParseOption(option, value, request)) {
      return Unexpected{DropReason::kBadOption};
    }
  }
  return request;
}

void WriteDhcpv6Status(Dhcpv6Status status, std::string_view text, WireWriter& out) {
  WriteDhcpv6Option(Dhcpv6Option::kStatusCode, out, [&] {
    out.U16(static_cast<uint16_t>(status));
    out.Text(text);
  });
}

}  // namespace sallyport::dhcp
