// SPDX-License-Identifier: GPL-2.0-or-later
// Datagrams in a trace: masking twice is masking once and moves nothing; the line is printable.
#include <cstdlib>
#include <vector>

#include "trace/mask.h"
#include "trace/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> octets(data, data + size);
  sallyport::trace::MaskL2tp(octets);
  if (octets.size() != size) std::abort();
  std::vector<uint8_t> again = octets;
  sallyport::trace::MaskL2tp(again);
  if (again != octets) std::abort();
  for (const char letter : sallyport::trace::L2tpText(octets)) {
    if (static_cast<unsigned char>(letter) < ' ' || letter == 0x7F) std::abort();
  }
  return 0;
}
