// SPDX-License-Identifier: GPL-2.0-or-later
// Packets of IPCP, from the beginning of the network phase on. The first octet says what we are.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::AuthMethod;
  if (size == 0) return 0;
  sallyport::ppp::LinkConfig config;
  config.auth = {AuthMethod::kPap};
  const bool client = (data[0] & 1) != 0;
  if (client) {
    config.client = sallyport::ppp::ClientRole{};
    config.client->methods.clear();  // the server demands no login
    config.client->ask_dns = (data[0] & 2) != 0;
  }
  sallyport::ppp::ScriptedLink link(config);
  if (client) {
    link.OpenLcp();
  } else {
    link.LogInWithPap();
  }
  link.RunPackets(0x8021, {data + 1, size - 1});
  return 0;
}
