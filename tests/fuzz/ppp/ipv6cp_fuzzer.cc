// SPDX-License-Identifier: GPL-2.0-or-later
// Packets of IPv6CP, from the beginning of the network phase on, IPCP being open. The first octet
// says what we are.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::AuthMethod;
  if (size == 0) return 0;
  sallyport::ppp::LinkConfig config;
  config.auth = {AuthMethod::kPap};
  config.ipv6 = sallyport::ppp::NetworkUse::kAllow;
  const bool client = (data[0] & 1) != 0;
  if (client) {
    config.client = sallyport::ppp::ClientRole{};
    config.client->methods.clear();  // the server demands no login
  }
  sallyport::ppp::ScriptedLink link(config);
  if (client) {
    link.OpenLcp();
  } else {
    link.LogInWithPap(true);
  }
  link.Acknowledge(0x8021);
  const std::vector<uint8_t> address{3, 6, 0, 0, 0, 2};
  link.ReceivePacket(0x8021, 1, 1, client ? std::vector<uint8_t>{} : address);
  link.RunPackets(0x8057, {data + 1, size - 1});
  return 0;
}
