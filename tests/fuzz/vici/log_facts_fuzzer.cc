// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of charon's log as any octets: what peers call themselves is part of them.
#include <cstdlib>
#include <functional>
#include <string_view>

#include "vici/log_facts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport::vici;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  for (const std::string_view group : {"NET", "ENC", "IKE", "CFG", "JOB", "KNL"}) {
    const auto reading = ReadLogLine(group, line);
    if (!reading) continue;
    for (const std::string_view capture : reading->captures) {
      if (capture.empty()) continue;
      // Captures are pieces of the line.
      const std::less_equal<const char*> before;
      const bool inside = before(line.data(), capture.data()) &&
                          before(capture.data() + capture.size(), line.data() + line.size());
      if (!inside) std::abort();
    }
  }
  return 0;
}
