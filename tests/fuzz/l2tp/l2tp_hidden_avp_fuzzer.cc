// SPDX-License-Identifier: GPL-2.0-or-later
// The value of one AVP, taken for a hidden one and for one to hide. Input: Attribute Type, size of
// the random vector in an octet, the vector, the value.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "base/wire_reader.h"
#include "l2tp/hidden_avp.h"

namespace l2tp = sallyport::l2tp;
using sallyport::Secret;

namespace {

/// What is hidden is revealed as it was, and its size shows no more than the number of blocks.
void CheckHiding(l2tp::AttributeType type, const Secret& secret, std::span<const uint8_t> vector,
                 std::span<const uint8_t> value) {
  const auto hidden = l2tp::HideValue(type, secret, vector, value);
  if (hidden.size() > l2tp::kMaxAvpValue) std::abort();
  if (hidden.size() < l2tp::kHiddenLengthSize + value.size()) std::abort();
  if (hidden.size() % 16 != 0 && hidden.size() != l2tp::kMaxAvpValue) std::abort();
  const auto revealed = l2tp::RevealValue(type, secret, vector, hidden);
  if (!revealed || *revealed != Secret(value)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sallyport::WireReader in(std::span(data, size));
  const auto type = static_cast<l2tp::AttributeType>(in.U16());
  const auto vector = in.Take(in.U8());
  const auto value = in.TakeRest();
  if (!in.ok()) return 0;
  const Secret secret(std::string_view("drowssap"));
  if (const auto revealed = l2tp::RevealValue(type, secret, vector, value)) {
    if (revealed->bytes().size() + l2tp::kHiddenLengthSize > value.size()) std::abort();
    CheckHiding(type, secret, vector,
                revealed->bytes().first(std::min(revealed->bytes().size(), l2tp::kMaxHiddenValue)));
  }
  CheckHiding(type, secret, vector, value.first(std::min(value.size(), l2tp::kMaxHiddenValue)));
  return 0;
}
