// SPDX-License-Identifier: GPL-2.0-or-later
// Which of the configured policies is a peer's.
#pragma once
#include <span>
#include <string_view>

#include "base/ip_address.h"
#include "l2tp/events.h"

namespace sallyport::l2tp {

/// The first of `peers` that fits, or the policy of a stranger: no secret, and so no challenge and
/// nothing hidden. A peer without a Host Name that can be read has the empty one, which only a
/// policy for any host name fits.
TunnelPolicy ChoosePolicy(std::span<const PeerPolicy> peers, std::string_view host_name,
                          const IpAddress& address);

}  // namespace sallyport::l2tp
