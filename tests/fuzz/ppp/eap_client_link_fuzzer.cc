// SPDX-License-Identifier: GPL-2.0-or-later
// Frames and time for a link in the client's role whose server has it use EAP. The first octet says
// by which methods.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::EapType;
  if (size == 0) return 0;
  constexpr EapType kMethods[] = {EapType::kMsChapV2, EapType::kMd5Challenge,
                                  EapType::kGenericTokenCard};
  sallyport::ppp::LinkConfig config;
  config.client = sallyport::ppp::KnownClient();
  config.client->methods = {sallyport::ppp::AuthMethod::kEap};
  config.eap_methods.assign(&kMethods[data[0] % 3], std::end(kMethods));
  if ((data[0] & 0x80) != 0) config.client->demand = {sallyport::ppp::AuthMethod::kEap};
  sallyport::ppp::ScriptedLink link(config);
  link.OpenLcp({3, 4, 0xC2, 0x27});
  link.Run({data + 1, size - 1});
  return 0;
}
