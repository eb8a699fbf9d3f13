// SPDX-License-Identifier: GPL-2.0-or-later
// The part of the table "inet sallyport" that is about the packets inside of sessions. There is no
// rule for a session: its interface's group tells that it is one, the routing table what is behind
// it. A packet of no session passes one comparison at prerouting and two at forward.
#pragma once
#include <vector>

#include "netlink/message.h"

namespace sallyport::netlink {

/// Drops and counts what comes from a client's session with a source address that is not routed
/// into that session. IPv6's link-local source, and the unspecified one towards a multicast group,
/// pass: neighbour discovery and DHCPv6 need them (RFC 4861 §4.1, §4.3, RFC 8415 §18.2), and the
/// kernel forwards neither. So passes 0.0.0.0 towards 255.255.255.255 (net/ipv4/netfilter/
/// nft_fib_ipv4.c). The chain kPrerouting must be there, and should have no rule yet.
void AppendSourceCheck(std::vector<Message>& messages);

/// Lowers the TCP MSS of what is forwarded from a session or into one.
void AppendMssClamp(std::vector<Message>& messages);

}  // namespace sallyport::netlink
