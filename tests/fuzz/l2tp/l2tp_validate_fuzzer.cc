// SPDX-License-Identifier: GPL-2.0-or-later
// The AVPs of one message into the validator.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "l2tp/validate.h"

namespace l2tp = sallyport::l2tp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto message = l2tp::Validate(std::span(data, size));
  if (!message) {
    // Every refusal can be sent: it has a result, and text that says why.
    const auto& result = message.error().result;
    if (result.result == 0 || result.message.empty()) std::abort();
    return 0;
  }
  if (const auto* request = std::get_if<l2tp::Sccrq>(&*message)) {
    if (!request->assigned_tunnel || request->receive_window == 0) std::abort();
  }
  if (const auto* request = std::get_if<l2tp::Icrq>(&*message)) {
    if (!request->assigned_session) std::abort();
  }
  return 0;
}
