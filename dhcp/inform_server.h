// SPDX-License-Identifier: GPL-2.0-or-later
// Answers DHCPINFORM, by which clients that have their address from IPCP ask for the rest: above
// all for the routes of a split tunnel (RFC 2131 §3.4, §4.3.5).
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "dhcp/dhcpv4_drop_reason.h"
#include "dhcp/dhcpv4_message.h"
#include "dhcp/rate_limit.h"

namespace sallyport::dhcp::v4 {

/// What all clients are told.
struct InformSettings {
  std::vector<IpPrefix> routes;  // IPv4: what is to be reached through the session
  std::string domain;            // a name in ASCII without a dot at its end; empty: none
};

/// The session on whose interface a message came, as IPCP made it.
struct InformClient {
  IpAddress address;                // the client's
  IpAddress server;                 // ours
  std::span<const IpAddress> dns;   // entries without an address are passed over
  std::span<const IpAddress> wins;  // likewise
  uint16_t mtu = 1400;              // of the session; octets
};

/// A message to be sent from the server's address and port to the client's.
struct InformReply {
  IpEndpoint source;
  IpEndpoint destination;
  std::vector<uint8_t> octets;
};

class InformServer {
 public:
  explicit InformServer(InformSettings settings) : settings_(std::move(settings)) {}

  /// Whether there is anything to tell that IPCP does not.
  bool configured() const { return !settings_.routes.empty() || !settings_.domain.empty(); }

  /// A datagram that came to kServerPort from `source` on the interface of `client`. Nothing for
  /// one that is not answered, and counted.
  std::optional<InformReply> Receive(std::span<const uint8_t> octets, const IpAddress& source,
                                     const InformClient& client, RateLimit& limit, TimePoint now);

  const DropCounters& drops() const { return drops_; }

 private:
  std::optional<DropReason> Refuse(const Message& request, const IpAddress& source,
                                   const InformClient& client) const;
  std::vector<OptionValue> Options(const Message& request, const InformClient& client) const;
  std::vector<uint8_t> ValueOf(Option option, const InformClient& client) const;

  InformSettings settings_;
  DropCounters drops_;
};

/// The value of option 121 or 249 with every route going to `router` (RFC 3442).
std::vector<uint8_t> ClasslessRoutes(std::span<const IpPrefix> routes, const IpAddress& router);

}  // namespace sallyport::dhcp::v4
