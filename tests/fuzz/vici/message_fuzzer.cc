// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a message: what decodes must encode to the same octets, and the typed views must
// take whatever tree it is.
#include <algorithm>
#include <cstdlib>
#include <span>

#include "vici/events.h"
#include "vici/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport::vici;
  const std::span<const uint8_t> input(data, size);
  const auto message = Message::Decode(input);
  if (!message) return 0;
  const auto encoded = message->Encode();
  if (size <= Message::kMaxSize && !encoded) std::abort();
  if (encoded && !std::equal(encoded->begin(), encoded->end(), input.begin(), input.end())) {
    std::abort();
  }
  (void)ParseSaEvent(*message);
  (void)ParseChildRekeyEvent(*message);
  (void)ParseIkeRekeyEvent(*message);
  (void)ParseIkeUpdateEvent(*message);
  (void)ParseAlertEvent(*message);
  (void)ParseCommandResult(*message);
  return 0;
}
