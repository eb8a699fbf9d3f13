// SPDX-License-Identifier: GPL-2.0-or-later
#include "crypto/chap.h"

#include "crypto/digest.h"

namespace sallyport::crypto {

std::array<uint8_t, 16> ChapMd5Response(uint8_t identifier, std::span<const uint8_t> secret,
                                        std::span<const uint8_t> challenge) {
  return Md5({std::span(&identifier, 1), secret, challenge});
}

}  // namespace sallyport::crypto
