// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/inform_server.h"

#include <algorithm>
#include <utility>

#include "base/wire_reader.h"
#include "dhcp/domain_name.h"

namespace sallyport::dhcp::v4 {
namespace {

constexpr uint16_t kBroadcastFlag = 0x8000;  // RFC 2131 §2
constexpr size_t kHeaders = 20 + 8;          // IPv4 and UDP

/// What we know of, in the order in which a client that does not say what it wants gets it. 249 is
/// not among them: its number is free for every site's own use (RFC 2132 §2).
constexpr Option kStandard[] = {Option::kSubnetMask,   Option::kDomainNameServer,
                                Option::kDomainName,   Option::kNetbiosNameServer,
                                Option::kDomainSearch, Option::kClasslessRoute};

void Append(std::vector<uint8_t>& octets, std::span<const uint8_t> more) {
  octets.insert(octets.end(), more.begin(), more.end());
}

std::vector<uint8_t> Addresses(std::span<const IpAddress> addresses) {
  std::vector<uint8_t> octets;
  for (const IpAddress& address : addresses) {
    if (address.is_v4()) Append(octets, address.bytes());
  }
  return octets;
}

/// The most octets that the answer may have.
size_t MaximumSize(const Message& request, const InformClient& client) {
  size_t maximum = kDefaultMaximumSize;
  // RFC 2132 §9.10: of the message, by the words; of the IP packet, as clients mean it (RFC 2131 §2
  // counts the 576 octets that are its minimum so).
  if (const auto* size = request.Find(Option::kMaximumSize); size != nullptr && size->size() == 2) {
    const size_t wanted = WireReader(*size).U16();
    if (wanted > kHeaders + kDefaultMaximumSize) maximum = wanted - kHeaders;
  }
  const size_t packet = std::max<size_t>(client.mtu, kHeaders + kDefaultMaximumSize);
  return std::min(maximum, packet - kHeaders);
}

/// Behind the message type and the server identifier.
void PutFirst(std::vector<OptionValue>& options, Option option) {
  std::stable_partition(options.begin() + 2, options.end(),
                        [option](const OptionValue& each) { return each.code == option; });
}

}  // namespace

std::vector<uint8_t> ClasslessRoutes(std::span<const IpPrefix> routes, const IpAddress& router) {
  std::vector<uint8_t> octets;
  for (const IpPrefix& route : routes) {
    octets.push_back(route.length);
    // Only the octets that the mask covers.
    Append(octets, route.address.bytes().first((route.length + 7U) / 8));
    Append(octets, router.bytes());
  }
  return octets;
}

std::optional<InformReply> InformServer::Receive(std::span<const uint8_t> octets,
                                                 const IpAddress& source,
                                                 const InformClient& client, RateLimit& limit,
                                                 TimePoint now) {
  if (!limit.Take(now)) {
    drops_.Count(DropReason::kRateLimit);
    return {};
  }
  const auto request = Parse(octets);
  const auto refusal = request ? Refuse(*request, source, client) : request.error();
  if (refusal) {
    drops_.Count(*refusal);
    return {};
  }
  // RFC 2131 §4.3.5: to ciaddr; no yiaddr, no lease time. Table 3: xid, flags, giaddr, chaddr are
  // the request's, hops and secs are 0.
  const Header& asked = request->header;
  const Header header{.op = kBootReply,
                      .htype = asked.htype,
                      .hlen = asked.hlen,
                      .xid = asked.xid,
                      .flags = static_cast<uint16_t>(asked.flags & kBroadcastFlag),
                      .ciaddr = asked.ciaddr,
                      .chaddr = asked.chaddr};
  auto options = Options(*request, client);
  const size_t maximum = MaximumSize(*request, client);
  Written written = Write(header, options, maximum);
  if (written.left_out > 0) {
    // RFC 2132 §9.8: in the client's order, if that can be. Where there is no room for all, the
    // longest would be left out, and it is what a client asks for.
    PutFirst(options, Option::kMicrosoftClasslessRoute);
    PutFirst(options, Option::kClasslessRoute);
    written = Write(header, options, maximum);
  }
  for (size_t i = 0; i < written.left_out; ++i) drops_.Count(DropReason::kOptionLeftOut);
  return InformReply{.source = {client.server, kServerPort},
                     .destination = {client.address, kClientPort},
                     .octets = std::move(written.octets)};
}

/// Why the request is not answered, if it is not.
std::optional<DropReason> InformServer::Refuse(const Message& request, const IpAddress& source,
                                               const InformClient& client) const {
  if (request.header.op != kBootRequest) return DropReason::kNotRequest;
  const auto* type = request.Find(Option::kMessageType);
  if (type != nullptr && type->size() != 1) return DropReason::kBadOption;
  const bool inform = type != nullptr && (*type)[0] == static_cast<uint8_t>(MessageType::kInform);
  if (!inform) return DropReason::kNotInform;
  if (request.header.giaddr != IpAddress::V4(0)) return DropReason::kRelayed;
  if (request.header.ciaddr != client.address || source != client.address) {
    return DropReason::kForeignAddress;
  }
  return {};
}

std::vector<OptionValue> InformServer::Options(const Message& request,
                                               const InformClient& client) const {
  // macOS reads nothing in which the message type is not the first option (conformance.md P26).
  std::vector<OptionValue> options{
      {Option::kMessageType, {static_cast<uint8_t>(MessageType::kAck)}},
      {Option::kServerIdentifier, Addresses(std::span(&client.server, 1))}};
  const auto add = [&](Option option) {
    const bool there = std::any_of(options.begin(), options.end(),
                                   [&](const OptionValue& each) { return each.code == option; });
    if (there) return;  // asked for twice
    auto value = ValueOf(option, client);
    if (!value.empty()) options.push_back({option, std::move(value)});
  };
  if (const auto* wanted = request.Find(Option::kParameterRequest)) {
    for (const uint8_t code : *wanted) add(static_cast<Option>(code));
  } else {
    for (const Option option : kStandard) add(option);
  }
  return options;
}

/// Empty for what is not configured or not known to us.
std::vector<uint8_t> InformServer::ValueOf(Option option, const InformClient& client) const {
  switch (option) {
    case Option::kSubnetMask:
      return {255, 255, 255, 255};  // a host on a link of its own
    case Option::kDomainNameServer:
      return Addresses(client.dns);
    case Option::kNetbiosNameServer:
      return Addresses(client.wins);
    case Option::kDomainName:
      return {settings_.domain.begin(), settings_.domain.end()};
    case Option::kDomainSearch:
      return DomainNameOctets(settings_.domain).value_or(std::vector<uint8_t>());
    case Option::kClasslessRoute:
    case Option::kMicrosoftClasslessRoute:
      return ClasslessRoutes(settings_.routes, client.server);
    default:
      return {};
  }
}

}  // namespace sallyport::dhcp::v4
