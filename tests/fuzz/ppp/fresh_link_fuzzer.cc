// SPDX-License-Identifier: GPL-2.0-or-later
// Frames, verdicts and time for a link that has just been started.
#include "tests/fuzz/ppp/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::AuthMethod;
  if (size == 0) return 0;
  sallyport::ppp::LinkConfig config;
  constexpr AuthMethod kMethods[] = {AuthMethod::kMsChapV2, AuthMethod::kChapMd5, AuthMethod::kPap};
  config.auth.assign(&kMethods[data[0] % 3], std::end(kMethods));
  sallyport::ppp::ScriptedLink link(config);
  link.Handle(sallyport::ppp::Start{});
  link.Run({data + 1, size - 1});
  return 0;
}
