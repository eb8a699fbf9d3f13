// SPDX-License-Identifier: GPL-2.0-or-later
// The Code field of authentication packets; each code belongs to one side.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sallyport::ppp {

/// RFC 1334 §2.2: the first is the client's.
enum class PapCode : uint8_t {
  kAuthenticateRequest = 1,
  kAuthenticateAck = 2,
  kAuthenticateNak = 3,
};

/// RFC 1334 §2.2.1: Passwd-Length is one octet.
inline constexpr size_t kMaxPapPasswordLength = 255;

/// RFC 1994 §4: the second is the client's.
enum class ChapCode : uint8_t { kChallenge = 1, kResponse = 2, kSuccess = 3, kFailure = 4 };

/// RFC 3748 §4: the second is the client's.
enum class EapCode : uint8_t { kRequest = 1, kResponse = 2, kSuccess = 3, kFailure = 4 };

}  // namespace sallyport::ppp
