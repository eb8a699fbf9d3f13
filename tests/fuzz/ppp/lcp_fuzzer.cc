// SPDX-License-Identifier: GPL-2.0-or-later
// Packets of LCP, from the link's start on. The first octet says what we are and demand.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::AuthMethod;
  if (size == 0) return 0;
  sallyport::ppp::LinkConfig config;
  config.auth = {AuthMethod::kMsChapV2, AuthMethod::kChapMd5, AuthMethod::kPap};
  if ((data[0] & 1) != 0) {
    config.client = sallyport::ppp::ClientRole{};
    config.client->user = "User";
    config.client->methods = config.auth;
  }
  sallyport::ppp::ScriptedLink link(config);
  link.Handle(sallyport::ppp::Start{});
  link.RunPackets(0xC021, {data + 1, size - 1});
  return 0;
}
