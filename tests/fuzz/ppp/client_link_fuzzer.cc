// SPDX-License-Identifier: GPL-2.0-or-later
// Frames, verdicts and time for a link in the client's role that has just been started. The first
// octet says what it allows and demands.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::AuthMethod;
  if (size == 0) return 0;
  constexpr AuthMethod kMethods[] = {AuthMethod::kMsChapV2, AuthMethod::kChapMd5, AuthMethod::kPap};
  sallyport::ppp::LinkConfig config;
  config.client = sallyport::ppp::KnownClient();
  config.client->methods.assign(&kMethods[data[0] % 3], std::end(kMethods));
  config.client->ask_dns = true;
  if ((data[0] & 0x80) != 0) config.client->demand.assign(1, kMethods[data[0] % 3]);
  sallyport::ppp::ScriptedLink link(config);
  link.Handle(sallyport::ppp::Start{});
  link.Run({data + 1, size - 1});
  return 0;
}
