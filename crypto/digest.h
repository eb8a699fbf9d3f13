// SPDX-License-Identifier: GPL-2.0-or-later
// The digests and the block cipher that PPP authentication and RADIUS are built on. They are old
// and weak; the protocols prescribe them. Under IPsec they are not what keeps the traffic secret.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace sallyport::crypto {

using Md4Digest = std::array<uint8_t, 16>;
using Md5Digest = std::array<uint8_t, 16>;
using Sha1Digest = std::array<uint8_t, 20>;
using DesBlock = std::array<uint8_t, 8>;

/// The parts of a message, hashed as if joined: `Md5({secret, request, attributes})`.
using Parts = std::initializer_list<std::span<const uint8_t>>;

/// RFC 1320.
Md4Digest Md4(Parts parts);
/// RFC 1321.
Md5Digest Md5(Parts parts);
/// RFC 3174.
Sha1Digest Sha1(Parts parts);
/// RFC 2104 with MD5; a key of any size.
Md5Digest HmacMd5(std::span<const uint8_t> key, Parts parts);

/// DES in ECB mode (FIPS 46-3), one block, with a 56-bit key: each seven bits of `key` become one
/// octet of the cipher's key, whose parity bit is ignored (RFC 2759 §8.6 and §9.3).
DesBlock DesEncrypt(std::span<const uint8_t, 7> key, std::span<const uint8_t, 8> block);

}  // namespace sallyport::crypto
