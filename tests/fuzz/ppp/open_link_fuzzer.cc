// SPDX-License-Identifier: GPL-2.0-or-later
// Frames, verdicts and time for a link whose IPCP is open.
#include "tests/fuzz/ppp/script.h"

namespace {

using sallyport::ppp::ScriptedLink;

/// The Configure-Ack to the link's last Configure-Request.
std::vector<uint8_t> Ack(const ScriptedLink& link) {
  std::vector<uint8_t> ack(link.last_request().begin(), link.last_request().end());
  ack.at(2) = 2;
  return ack;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sallyport::ppp::LinkConfig config;
  config.auth = {sallyport::ppp::AuthMethod::kPap};
  ScriptedLink link(config);
  link.Handle(sallyport::ppp::Start{});
  link.Receive(Ack(link));
  constexpr uint8_t kLcpRequest[] = {0xC0, 0x21, 1, 1, 0, 4};
  link.Receive(kLcpRequest);
  constexpr uint8_t kLogin[] = {0xC0, 0x23, 1, 1, 0, 6, 0, 0};
  link.Receive(kLogin);
  const auto peer = sallyport::IpAddress::V4(0x0A090002);
  link.Handle(sallyport::ppp::AuthAccepted{.network = {.local = sallyport::IpAddress::V4(1),
                                                       .peer = peer,
                                                       .dns = {peer, peer},
                                                       .wins = {}},
                                           .authenticator_response = {}});
  link.Receive(Ack(link));
  constexpr uint8_t kIpcpRequest[] = {0x80, 0x21, 1, 1, 0, 10, 3, 6, 0x0A, 9, 0, 2};
  link.Receive(kIpcpRequest);
  link.Run({data, size});
  return 0;
}
