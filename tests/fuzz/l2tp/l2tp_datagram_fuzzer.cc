// SPDX-License-Identifier: GPL-2.0-or-later
// One datagram into a fresh engine, as the listening socket would give it.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "l2tp/endpoint.h"

using sallyport::IpAddress;
using sallyport::TimePoint;
namespace l2tp = sallyport::l2tp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  l2tp::EndpointConfig config;
  config.host_name = "lns";
  l2tp::Endpoint endpoint(config);
  l2tp::Actions actions;
  const TimePoint now{std::chrono::hours(1)};
  const l2tp::Datagram datagram{.path = l2tp::PathId(1),
                                .peer = {IpAddress::V4(0xCB007109), 1701},
                                .local = IpAddress::V4(0xC6336401),
                                .bytes = std::span(data, size)};
  endpoint.Receive(datagram, now, {}, actions);
  // One datagram opens one tunnel or is answered by one refusal, never both.
  if (endpoint.tunnel_count() > 1 || actions.size() > 2) std::abort();
  if (endpoint.tunnel_count() == 1 && actions.size() != 1) std::abort();
  endpoint.HandleTimeout(now + std::chrono::hours(1), {}, actions);
  return 0;
}
