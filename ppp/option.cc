// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/option.h"

#include <algorithm>

#include "base/wire_reader.h"

namespace sallyport::ppp {
namespace {

constexpr size_t kOptionHeaderLength = 2;  // Type, Length

}  // namespace

bool operator==(const Option& a, const Option& b) {
  return a.type == b.type &&
         std::equal(a.value.begin(), a.value.end(), b.value.begin(), b.value.end());
}

Expected<std::vector<Option>, DropReason> ParseOptions(std::span<const uint8_t> bytes) {
  std::vector<Option> options;
  WireReader in(bytes);
  while (!in.empty()) {
    Option option;
    option.type = in.U8();
    const size_t length = in.U8();
    if (!in.ok() || length < kOptionHeaderLength) return Unexpected{DropReason::kBadOption};
    option.value = in.Take(length - kOptionHeaderLength);
    if (!in.ok()) return Unexpected{DropReason::kBadOption};
    options.push_back(option);
  }
  return options;
}

void WriteOption(const Option& option, WireWriter& out) {
  out.U8(option.type);
  out.U8(static_cast<uint8_t>(kOptionHeaderLength + option.value.size()));
  out.Bytes(option.value);
}

}  // namespace sallyport::ppp
