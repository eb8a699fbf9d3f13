// SPDX-License-Identifier: GPL-2.0-or-later
// The messages of router discovery (RFC 4861 §4.1, §4.2, §4.6) with the options of RFC 8106 for
// name servers, from the ICMPv6 Type on. The kernel computes and checks the checksum.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/ip_address.h"
#include "dhcp/drop_reason.h"

namespace sallyport::dhcp {

/// How long what a client has been told holds. RFC 9096 §3.4's values: a client that misses the end
/// of its session forgets the prefix in bounded time.
struct PrefixLifetimes {
  std::chrono::seconds preferred{2700};
  std::chrono::seconds valid{5400};
};

/// What a router says of itself and of the link.
struct RouterAdvertisement {
  std::chrono::seconds router_lifetime{1800};  // RFC 4861 §6.2.1: three times the longest interval
  bool managed = false;                        // M: addresses are to be had by DHCPv6
  bool other = true;                           // O: other configuration is
  uint32_t mtu = 0;                            // octets; 0: not told
  /// On the link (L); with /64 also for addresses that the host forms itself (A).
  std::optional<IpPrefix> prefix;
  PrefixLifetimes lifetimes;
  std::vector<IpAddress> dns;               // IPv6
  std::vector<std::string> search;          // host names
  std::chrono::seconds dns_lifetime{1800};  // RFC 8106 §5.1: likewise
};

std::vector<uint8_t> Write(const RouterAdvertisement& advertisement);

/// A packet as it came from the network.
struct ReceivedIcmp {
  std::span<const uint8_t> bytes;
  uint8_t hop_limit = 0;
  IpAddress source;
};
/// The checks of RFC 4861 §6.1.1 but for that of the checksum. All that a Router Solicitation says
/// is that there is somebody.
Expected<void, DropReason> ValidateRouterSolicitation(const ReceivedIcmp& packet);

}  // namespace sallyport::dhcp
