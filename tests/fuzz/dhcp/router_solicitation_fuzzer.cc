// SPDX-License-Identifier: GPL-2.0-or-later
// Any ICMPv6 packet: what is taken for a Router Solicitation is one.
#include <cstdlib>

#include "dhcp/router_advertisement.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  for (const char* source : {"fe80::2", "::"}) {
    const auto valid = sallyport::dhcp::ValidateRouterSolicitation(
        {.bytes = bytes, .hop_limit = 255, .source = *sallyport::IpAddress::Parse(source)});
    if (valid && (size < 8 || size % 8 != 0 || data[0] != 133 || data[1] != 0)) std::abort();
  }
  return 0;
}
