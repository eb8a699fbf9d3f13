// SPDX-License-Identifier: GPL-2.0-or-later
// Packets of EAP, from the opening of LCP on. The first octet says by which methods, and who has to
// prove himself.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::AuthMethod;
  using sallyport::ppp::EapType;
  if (size == 0) return 0;
  constexpr EapType kMethods[] = {EapType::kMsChapV2, EapType::kMd5Challenge,
                                  EapType::kGenericTokenCard};
  sallyport::ppp::LinkConfig config;
  config.auth = {AuthMethod::kEap};
  config.eap_methods.assign(&kMethods[(data[0] >> 4) % 3], std::end(kMethods));
  const bool client = (data[0] & 1) != 0;
  if (client) {
    config.client = sallyport::ppp::KnownClient();
    config.client->methods = config.auth;
    if ((data[0] & 2) != 0) config.client->demand = config.auth;
  }
  sallyport::ppp::ScriptedLink link(config);
  link.OpenLcp(client ? std::vector<uint8_t>{3, 4, 0xC2, 0x27} : std::vector<uint8_t>{});
  link.RunPackets(0xC227, {data + 1, size - 1});
  return 0;
}
