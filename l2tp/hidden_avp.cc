// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/hidden_avp.h"

#include <algorithm>
#include <array>

#include "base/wire_reader.h"
#include "base/wire_writer.h"
#include "crypto/digest.h"

namespace sallyport::l2tp {
namespace {

constexpr size_t kBlock = std::tuple_size_v<crypto::Md5Digest>;

/// The Attribute Type as it stands in the AVP: "the 2 octet Attribute number".
std::array<uint8_t, 2> Number(AttributeType type) {
  const auto number = static_cast<uint16_t>(type);
  return {static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)};
}

/// RFC 2661 §4.3: b1 = MD5(AV + S + RV), bi = MD5(S + c(i-1)); each block of `out` is that of `in`
/// xor bi. `ciphertext`, which the c(i) are read from, is `out` to hide and `in` to reveal.
void Chain(AttributeType type, const Secret& secret, std::span<const uint8_t> random_vector,
           std::span<const uint8_t> in, std::span<uint8_t> out,
           std::span<const uint8_t> ciphertext) {
  const auto number = Number(type);
  crypto::Md5Digest key = crypto::Md5({number, secret.bytes(), random_vector});
  for (size_t at = 0; at < in.size(); at += kBlock) {
    if (at > 0) key = crypto::Md5({secret.bytes(), ciphertext.subspan(at - kBlock, kBlock)});
    const size_t size = std::min(kBlock, in.size() - at);
    for (size_t i = 0; i < size; ++i) out[at + i] = in[at + i] ^ key[i];
  }
  WipeBytes(key);
}

}  // namespace

std::vector<uint8_t> HideValue(AttributeType type, const Secret& secret,
                               std::span<const uint8_t> random_vector,
                               std::span<const uint8_t> value) {
  const size_t used = kHiddenLengthSize + value.size();
  const size_t size = std::min((used + kBlock - 1) / kBlock * kBlock, kMaxAvpValue);
  // In another order than for the first block, so that the padding is no part of that key.
  crypto::Md5Digest padding = crypto::Md5({random_vector, secret.bytes(), Number(type)});
  WireWriter subformat;
  subformat.U16(static_cast<uint16_t>(value.size()));
  subformat.Bytes(value);
  subformat.Bytes(std::span(padding).first(size - used));
  std::vector<uint8_t> plain = std::move(subformat).Finish();
  std::vector<uint8_t> hidden(plain.size());
  Chain(type, secret, random_vector, plain, hidden, hidden);
  WipeBytes(plain);
  WipeBytes(padding);
  return hidden;
}

std::optional<Secret> RevealValue(AttributeType type, const Secret& secret,
                                  std::span<const uint8_t> random_vector,
                                  std::span<const uint8_t> hidden) {
  std::vector<uint8_t> plain(hidden.size());
  Chain(type, secret, random_vector, hidden, plain, hidden);
  WireReader in(plain);
  const auto value = in.Take(in.U16());
  std::optional<Secret> revealed;
  if (in.ok()) revealed.emplace(value);
  WipeBytes(plain);
  return revealed;
}

}  // namespace sallyport::l2tp
