// SPDX-License-Identifier: GPL-2.0-or-later
#include "crypto/digest.h"

#include <nettle/des.h>
#include <nettle/hmac.h>
#include <nettle/md4.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>

#include "base/secret.h"

namespace sallyport::crypto {
namespace {

/// Runs nettle's init, update and digest functions over `parts`. The context has seen the secrets
/// among them, so it is wiped.
template <typename Digest, typename Context>
Digest Hash(Parts parts, void (*init)(Context*), void (*update)(Context*, size_t, const uint8_t*),
            void (*digest)(Context*, size_t, uint8_t*)) {
  Context context;
  init(&context);
  for (const auto part : parts) update(&context, part.size(), part.data());
  Digest result{};
  digest(&context, result.size(), result.data());
  WipeBytes({reinterpret_cast<uint8_t*>(&context), sizeof context});
  return result;
}

}  // namespace

Md4Digest Md4(Parts parts) {
  return Hash<Md4Digest, md4_ctx>(parts, md4_init, md4_update, md4_digest);
}

Md5Digest Md5(Parts parts) {
  return Hash<Md5Digest, md5_ctx>(parts, md5_init, md5_update, md5_digest);
}

Sha1Digest Sha1(Parts parts) {
  return Hash<Sha1Digest, sha1_ctx>(parts, sha1_init, sha1_update, sha1_digest);
}

Md5Digest HmacMd5(std::span<const uint8_t> key, Parts parts) {
  hmac_md5_ctx context;
  hmac_md5_set_key(&context, key.size(), key.data());
  for (const auto part : parts) hmac_md5_update(&context, part.size(), part.data());
  Md5Digest result{};
  hmac_md5_digest(&context, result.size(), result.data());
  WipeBytes({reinterpret_cast<uint8_t*>(&context), sizeof context});
  return result;
}

DesBlock DesEncrypt(std::span<const uint8_t, 7> key, std::span<const uint8_t, 8> block) {
  uint64_t bits = 0;
  for (const uint8_t octet : key) bits = bits << 8 | octet;
  std::array<uint8_t, DES_KEY_SIZE> expanded{};
  for (size_t i = 0; i < expanded.size(); ++i) {
    // Seven bits and, lowest, the parity bit: nettle strips it (RFC 2759 §9.3).
    expanded[i] = static_cast<uint8_t>((bits >> (49 - 7 * i) & 0x7F) << 1);
  }
  des_ctx context;
  // Zero only warns of a weak key, which the peer's password may well give; the key is set.
  (void)des_set_key(&context, expanded.data());
  DesBlock result{};
  des_encrypt(&context, result.size(), result.data(), block.data());
  WipeBytes({reinterpret_cast<uint8_t*>(&context), sizeof context});
  WipeBytes(expanded);
  return result;
}

}  // namespace sallyport::crypto
