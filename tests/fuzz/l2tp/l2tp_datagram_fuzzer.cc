// SPDX-License-Identifier: GPL-2.0-or-later
// One datagram into a fresh engine, as the listening socket would give it.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <variant>

#include "base/secret.h"
#include "l2tp/endpoint.h"

using sallyport::IpAddress;
using sallyport::TimePoint;
namespace l2tp = sallyport::l2tp;

namespace {

/// A policy for some host names, so that secrets, hidden AVPs and challenges are met with.
l2tp::EndpointConfig Config() {
  l2tp::EndpointConfig config;
  config.host_name = "lns";
  l2tp::PeerPolicy policy;
  policy.host_name = "lac";
  policy.tunnel.secret = sallyport::Secret("secret");
  policy.tunnel.challenge = true;
  policy.tunnel.hide_avps = true;
  config.peers.push_back(policy);
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  l2tp::Endpoint endpoint(Config());
  l2tp::Actions actions;
  const TimePoint now{std::chrono::hours(1)};
  sallyport::Entropy entropy{};
  entropy.fill(0x40);
  // The last octet also says whether we dial the sender at the same time, and whether it has an SA.
  const uint8_t options = size > 0 ? data[size - 1] : 0;
  const bool dialling = (options & 1) != 0;
  const sallyport::IpEndpoint peer{IpAddress::V4(0xCB007109), 1701};
  if (dialling) {
    endpoint.Handle(l2tp::OpenTunnel{l2tp::DialId(1), l2tp::PathId(1), peer, IpAddress(), {}}, now,
                    entropy, actions);
    endpoint.Handle(l2tp::TunnelPrepared{l2tp::TunnelId(0x4040), l2tp::PathId(2)}, now, entropy,
                    actions);
    actions.clear();
  }
  const l2tp::Datagram datagram{.path = l2tp::PathId(1),
                                .peer = peer,
                                .local = IpAddress::V4(0xC6336401),
                                .bytes = std::span(data, size),
                                .authenticated = (options & 2) != 0};
  endpoint.Receive(datagram, now, entropy, actions);
  // One datagram opens one tunnel or is answered by one refusal, never both; and ends one that we
  // dialled, at most.
  size_t sent = 0;
  for (const l2tp::Action& action : actions)
    sent += std::holds_alternative<l2tp::SendDatagram>(action) ? 1 : 0;
  if (endpoint.tunnel_count() > (dialling ? 2 : 1) || sent > 1 || actions.size() > 3) std::abort();
  if (!dialling && endpoint.tunnel_count() == 1 && actions.size() != 1) std::abort();
  endpoint.HandleTimeout(now + std::chrono::hours(1), entropy, actions);
  if (actions.size() > 64) std::abort();
  return 0;
}
