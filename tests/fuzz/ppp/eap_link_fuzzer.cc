// SPDX-License-Identifier: GPL-2.0-or-later
// Frames, verdicts and time for a link that asks for the Identity by EAP. The first octet says by
// which methods it goes on.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::EapType;
  if (size == 0) return 0;
  constexpr EapType kMethods[] = {EapType::kMsChapV2, EapType::kMd5Challenge,
                                  EapType::kGenericTokenCard};
  sallyport::ppp::LinkConfig config;
  config.auth = {sallyport::ppp::AuthMethod::kEap};
  config.eap_methods.assign(&kMethods[data[0] % 3], std::end(kMethods));
  sallyport::ppp::ScriptedLink link(config);
  link.OpenLcp();
  link.Run({data + 1, size - 1});
  return 0;
}
