// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/peer_policy.h"

#include <algorithm>

namespace sallyport::l2tp {

TunnelPolicy ChoosePolicy(std::span<const PeerPolicy> peers, std::string_view host_name,
                          const IpAddress& address) {
  const auto chosen = std::ranges::find_if(peers, [&](const PeerPolicy& peer) {
    return (peer.host_name.empty() || peer.host_name == host_name) &&
           (!peer.addresses || peer.addresses->Contains(address));
  });
  return chosen == peers.end() ? TunnelPolicy() : chosen->tunnel;
}

}  // namespace sallyport::l2tp
