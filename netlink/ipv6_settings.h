// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "base/expected.h"
#include "netlink/kernel_error.h"

namespace sallyport::netlink {

/// Lets an interface have IPv6, as a router has it on the link of a host: switched on whatever the
/// default for new interfaces is, and deaf to what only routers may say (Router Advertisements,
/// Redirects), which a client could otherwise use to have our traffic. Writes the interface's
/// settings under /proc/sys/net/ipv6/conf (Documentation/networking/ip-sysctl.rst). May wait for
/// RTNL.
Expected<void, KernelError> EnableIpv6(const std::string& interface_name);

}  // namespace sallyport::netlink
