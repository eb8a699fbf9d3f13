// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <span>

namespace sallyport::crypto {

/// The Response Value of CHAP with MD5 (RFC 1994 §4.1): MD5(identifier | secret | challenge).
std::array<uint8_t, 16> ChapMd5Response(uint8_t identifier, std::span<const uint8_t> secret,
                                        std::span<const uint8_t> challenge);

}  // namespace sallyport::crypto
