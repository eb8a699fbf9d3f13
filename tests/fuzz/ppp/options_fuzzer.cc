// SPDX-License-Identifier: GPL-2.0-or-later
// Options of LCP: what is read is written back the same; what is judged is answered from the
// request.
#include <algorithm>
#include <cstdlib>

#include "base/wire_writer.h"
#include "ppp/lcp_options.h"
#include "ppp/option.h"

namespace {

using sallyport::ppp::Option;
using sallyport::ppp::Verdict;

/// RFC 1661 §5.4: what is rejected stands in the request, in that order.
bool IsOrderedSubset(const std::vector<Option>& some, const std::vector<Option>& all) {
  auto next = all.begin();
  for (const auto& option : some) {
    next = std::find(next, all.end(), option);
    if (next == all.end()) return false;
    ++next;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  const auto options = sallyport::ppp::ParseOptions(bytes);
  if (!options) return 0;
  sallyport::WireWriter same;
  for (const auto& option : *options) WriteOption(option, same);
  if (!std::ranges::equal(same.view(), bytes)) std::abort();

  const sallyport::ppp::LinkConfig config;
  sallyport::ppp::LcpNegotiation negotiation(config);
  negotiation.state().magic = 0x10111213;
  for (const bool may_nak : {true, false}) {
    negotiation.state().fresh_magic += 7;
    const auto answer = negotiation.Judge(*options, may_nak);
    const auto answered = sallyport::ppp::ParseOptions(answer.options);
    if (!answered) std::abort();
    if (answer.verdict == Verdict::kAck && *answered != *options) std::abort();
    if (answer.verdict == Verdict::kReject && !IsOrderedSubset(*answered, *options)) std::abort();
    if (answer.verdict != Verdict::kAck && answered->empty()) std::abort();
  }
  negotiation.Naked(*options);
  negotiation.Rejected(*options);
  return 0;
}
