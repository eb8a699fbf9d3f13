// SPDX-License-Identifier: GPL-2.0-or-later
// Frames, verdicts and time for a link whose IPCP and IPv6CP are open.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint16_t kIpcp = 0x8021, kIpv6cp = 0x8057;
  sallyport::ppp::LinkConfig config;
  config.auth = {sallyport::ppp::AuthMethod::kPap};
  config.ipv6 = sallyport::ppp::NetworkUse::kAllow;
  sallyport::ppp::ScriptedLink link(config);
  link.LogInWithPap(true);
  link.Acknowledge(kIpcp);
  constexpr uint8_t kIpcpRequest[] = {0x80, 0x21, 1, 1, 0, 10, 3, 6, 0, 0, 0, 2};
  link.Receive(kIpcpRequest);
  link.Acknowledge(kIpv6cp);
  constexpr uint8_t kIpv6cpRequest[] = {0x80, 0x57, 1, 1, 0, 14, 1, 10, 0, 0, 0, 0, 0, 0, 0, 2};
  link.Receive(kIpv6cpRequest);
  link.Run({data, size});
  return 0;
}
