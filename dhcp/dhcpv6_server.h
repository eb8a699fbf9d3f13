// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/ip_address.h"
#include "dhcp/dhcpv6_message.h"
#include "dhcp/drop_reason.h"
#include "dhcp/router_advertisement.h"

namespace sallyport::dhcp {

/// The same for every client.
struct Dhcpv6Config {
  std::vector<uint8_t> duid;  // ours (RFC 8415 §11); stable, 3 to 130 octets
  std::vector<IpAddress> dns;
  std::vector<std::string> search;  // host names
  PrefixLifetimes lifetimes;
};

/// What the session of a client has been given. It is the client's as long as the session lives, so
/// there is nothing for the server to remember: to ask for it, to renew it and to release it change
/// nothing.
struct Dhcpv6Binding {
  IpPrefix prefix;    // on the link
  IpAddress address;  // inside of it
  std::optional<IpPrefix> delegated;
  bool operator==(const Dhcpv6Binding&) const = default;
};

/// Answers one message of a client (RFC 8415 §18.3). `multicast`: it was sent to ff02::1:2, not to
/// an address of ours. Errors: why there is no answer.
Expected<std::vector<uint8_t>, DropReason> AnswerDhcpv6(const Dhcpv6Config& config,
                                                        const Dhcpv6Binding& binding,
                                                        std::span<const uint8_t> message,
                                                        bool multicast);

}  // namespace sallyport::dhcp
