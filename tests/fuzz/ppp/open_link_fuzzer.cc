// SPDX-License-Identifier: GPL-2.0-or-later
// Frames, verdicts and time for a link whose IPCP and IPv6CP are open.
#include "tests/fuzz/ppp/script.h"

namespace {

using sallyport::ppp::ScriptedLink;

constexpr uint16_t kLcp = 0xC021, kIpcp = 0x8021, kIpv6cp = 0x8057;

/// The Configure-Ack to the link's last Configure-Request of `protocol`.
std::vector<uint8_t> Ack(const ScriptedLink& link, uint16_t protocol) {
  std::vector<uint8_t> ack = link.last_request(protocol);
  ack.at(2) = 2;
  return ack;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sallyport::ppp::LinkConfig config;
  config.auth = {sallyport::ppp::AuthMethod::kPap};
  config.ipv6 = sallyport::ppp::NetworkUse::kAllow;
  ScriptedLink link(config);
  link.Handle(sallyport::ppp::Start{});
  link.Receive(Ack(link, kLcp));
  constexpr uint8_t kLcpRequest[] = {0xC0, 0x21, 1, 1, 0, 4};
  link.Receive(kLcpRequest);
  constexpr uint8_t kLogin[] = {0xC0, 0x23, 1, 1, 0, 6, 0, 0};
  link.Receive(kLogin);
  const auto peer = sallyport::IpAddress::V4(0x0A090002);
  link.Handle(sallyport::ppp::AuthAccepted{.network = {.local = sallyport::IpAddress::V4(1),
                                                       .peer = peer,
                                                       .dns = {peer, peer},
                                                       .wins = {}},
                                           .ipv6 = true,
                                           .authenticator_response = {}});
  link.Receive(Ack(link, kIpcp));
  constexpr uint8_t kIpcpRequest[] = {0x80, 0x21, 1, 1, 0, 10, 3, 6, 0x0A, 9, 0, 2};
  link.Receive(kIpcpRequest);
  link.Receive(Ack(link, kIpv6cp));
  constexpr uint8_t kIpv6cpRequest[] = {0x80, 0x57, 1, 1, 0, 14, 1, 10, 0, 0, 0, 0, 0, 0, 0, 2};
  link.Receive(kIpv6cpRequest);
  link.Run({data, size});
  return 0;
}
