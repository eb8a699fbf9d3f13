// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_esp.h"

#include <algorithm>
#include <iterator>

namespace sallyport::daemon {
namespace {

struct Cipher {
  std::string_view name;
  uint16_t iv;
  uint16_t alignment;
  uint16_t icv;  // of its own: one that authenticates too
};
// The names are charon's (encryption_algorithm_names); the first that a proposal begins with
// counts.
constexpr Cipher kCiphers[] = {
    {"AES_CBC", 16, 16, 0},       // RFC 3602 §3
    {"CAMELLIA_CBC", 16, 16, 0},  // RFC 4312
    {"3DES_CBC", 8, 8, 0},        // RFC 2451 §3
    {"DES_CBC", 8, 8, 0},         // RFC 2405
    {"AES_GCM_16", 8, 4, 16},     // RFC 4106 §3, §6
    {"AES_GCM_12", 8, 4, 12},
    {"AES_GCM_8", 8, 4, 8},
    {"AES_CCM_16", 8, 4, 16},  // RFC 4309 §3
    {"AES_CCM_12", 8, 4, 12},
    {"AES_CCM_8", 8, 4, 8},
    {"CHACHA20_POLY1305", 8, 4, 16},  // RFC 7634 §2
    {"NULL_AES_GMAC", 8, 4, 16},      // RFC 4543 §3
    {"AES_CTR", 8, 4, 0},             // RFC 3686 §3
    {"NULL", 0, 4, 0},                // RFC 2410
};
struct Integrity {
  std::string_view name;
  uint16_t icv;
};
constexpr Integrity kIntegrities[] = {
    {"HMAC_SHA2_256_128", 16},  // RFC 4868 §2.6
    {"HMAC_SHA2_384_192", 24}, {"HMAC_SHA2_512_256", 32},
    {"HMAC_SHA2_256_96", 12},  // of old Android
    {"HMAC_SHA1_96", 12},      // RFC 2404
    {"HMAC_MD5_96", 12},       // RFC 2403
    {"AES_XCBC_96", 12},       // RFC 3566
    {"AES_CMAC_96", 12},       // RFC 4494
};
constexpr Cipher kUnknownCipher{
    {}, kLargestEspSizes.iv, kLargestEspSizes.alignment, kLargestEspSizes.icv};

}  // namespace

EspSizes EspSizesOf(std::string_view proposal) {
  const auto named = [](std::string_view text) {
    return [text](const auto& entry) { return text.starts_with(entry.name); };
  };
  const auto* cipher = std::find_if(std::begin(kCiphers), std::end(kCiphers), named(proposal));
  if (cipher == std::end(kCiphers)) cipher = &kUnknownCipher;
  EspSizes sizes{.iv = cipher->iv, .alignment = cipher->alignment, .icv = cipher->icv};
  const size_t slash = proposal.find('/');
  if (sizes.icv != 0 || slash == std::string_view::npos) return sizes;
  const auto* integrity = std::find_if(std::begin(kIntegrities), std::end(kIntegrities),
                                       named(proposal.substr(slash + 1)));
  sizes.icv = integrity == std::end(kIntegrities) ? kLargestEspSizes.icv : integrity->icv;
  return sizes;
}

}  // namespace sallyport::daemon
