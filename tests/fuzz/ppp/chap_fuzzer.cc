// SPDX-License-Identifier: GPL-2.0-or-later
// Packets of CHAP, from the opening of LCP on. The first octet says by which algorithm, and who has
// to prove himself.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::AuthMethod;
  if (size == 0) return 0;
  const bool microsoft = (data[0] & 4) != 0;
  sallyport::ppp::LinkConfig config;
  config.auth = {microsoft ? AuthMethod::kMsChapV2 : AuthMethod::kChapMd5};
  if ((data[0] & 1) != 0) {
    config.client = sallyport::ppp::KnownClient();
    config.client->methods = config.auth;
    if ((data[0] & 2) != 0) config.client->demand = config.auth;
  }
  const auto algorithm = static_cast<uint8_t>(microsoft ? 0x81 : 0x05);
  sallyport::ppp::ScriptedLink link(config);
  const bool demanded = config.client.has_value();
  link.OpenLcp(demanded ? std::vector<uint8_t>{3, 5, 0xC2, 0x23, algorithm}
                        : std::vector<uint8_t>{});
  link.RunPackets(0xC223, {data + 1, size - 1});
  return 0;
}
