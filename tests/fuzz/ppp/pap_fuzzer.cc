// SPDX-License-Identifier: GPL-2.0-or-later
// Packets of PAP, from the opening of LCP on. The first octet says who has to prove himself.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::AuthMethod;
  if (size == 0) return 0;
  sallyport::ppp::LinkConfig config;
  config.auth = {AuthMethod::kPap};
  if ((data[0] & 1) != 0) {
    config.client = sallyport::ppp::ClientRole{};
    config.client->user = "User";
    config.client->methods = config.auth;
    if ((data[0] & 2) != 0) config.client->demand = config.auth;
  }
  sallyport::ppp::ScriptedLink link(config);
  const bool demanded = config.client.has_value();
  link.OpenLcp(demanded ? std::vector<uint8_t>{3, 4, 0xC0, 0x23} : std::vector<uint8_t>{});
  link.RunPackets(0xC023, {data + 1, size - 1});
  return 0;
}
