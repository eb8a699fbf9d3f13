// SPDX-License-Identifier: GPL-2.0-or-later
#include "crypto/mschapv2.h"

#include <algorithm>
#include <vector>

#include "base/secret.h"
#include "crypto/digest.h"

namespace sallyport::crypto {
namespace {

std::span<const uint8_t> Octets(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct CodePoint {
  uint32_t value;
  size_t octets;
};

/// The first character of `text`, which is not empty: a well-formed UTF-8 sequence (RFC 3629 §4)
/// or, failing that, one octet of Latin-1.
CodePoint FirstCodePoint(std::span<const uint8_t> text) {
  // The number of octets, the bits that the first contributes, and the least value that needs so
  // many octets (a smaller one is overlong).
  struct Form {
    uint8_t mask, lead;
    size_t octets;
    uint32_t minimum;
  };
  static constexpr Form kForms[] = {
      {0xE0, 0xC0, 2, 0x80}, {0xF0, 0xE0, 3, 0x800}, {0xF8, 0xF0, 4, 0x10000}};
  for (const auto& form : kForms) {
    if ((text[0] & form.mask) != form.lead || text.size() < form.octets) continue;
    uint32_t value = text[0] & static_cast<uint8_t>(~form.mask);
    bool well_formed = true;
    for (size_t i = 1; i < form.octets; ++i) {
      well_formed = well_formed && (text[i] & 0xC0) == 0x80;
      value = value << 6 | (text[i] & 0x3F);
    }
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (well_formed && value >= form.minimum && value <= 0x10FFFF && !surrogate) {
      return {value, form.octets};
    }
  }
  return {text[0], 1};
}

void AppendUnit(std::vector<uint8_t>& out, uint32_t unit) {
  out.push_back(static_cast<uint8_t>(unit));
  out.push_back(static_cast<uint8_t>(unit >> 8));
}

/// UTF-16LE (RFC 2781 §2.1) of `password`; the caller wipes it.
std::vector<uint8_t> ToUtf16(std::span<const uint8_t> password) {
  std::vector<uint8_t> out;
  out.reserve(2 * password.size());  // never grows, so no copy of the secret is left behind
  while (!password.empty()) {
    const auto [value, octets] = FirstCodePoint(password);
    password = password.subspan(octets);
    if (value < 0x10000) {
      AppendUnit(out, value);
    } else {
      AppendUnit(out, 0xD800 + ((value - 0x10000) >> 10));
      AppendUnit(out, 0xDC00 + ((value - 0x10000) & 0x3FF));
    }
  }
  return out;
}

// RFC 2759 §8.7, Magic1 and Magic2.
constexpr std::string_view kMagic1 = "Magic server to client signing constant";
constexpr std::string_view kMagic2 = "Pad to make it do more than one iteration";

}  // namespace

PasswordHash::PasswordHash(std::span<const uint8_t, 16> octets) {
  std::copy(octets.begin(), octets.end(), octets_.begin());
}

PasswordHash::~PasswordHash() { WipeBytes(octets_); }

std::string_view UserWithoutDomain(std::string_view name) {
  const size_t backslash = name.rfind('\\');
  return backslash == std::string_view::npos ? name : name.substr(backslash + 1);
}

PasswordHash NtPasswordHash(std::string_view password) {
  std::vector<uint8_t> unicode = ToUtf16(Octets(password));
  Md4Digest digest = Md4({unicode});
  PasswordHash hash(digest);
  WipeBytes(unicode);
  WipeBytes(digest);
  return hash;
}

std::array<uint8_t, 8> ChallengeHash(std::span<const uint8_t, 16> peer_challenge,
                                     std::span<const uint8_t, 16> authenticator_challenge,
                                     std::string_view user) {
  const auto digest = Sha1({peer_challenge, authenticator_challenge, Octets(user)});
  std::array<uint8_t, 8> challenge{};
  std::copy_n(digest.begin(), challenge.size(), challenge.begin());
  return challenge;
}

std::array<uint8_t, 24> ChallengeResponse(std::span<const uint8_t, 8> challenge,
                                          const PasswordHash& password_hash) {
  // The hash padded with zeros to 21 octets makes three DES keys.
  std::array<uint8_t, 21> keys{};
  std::copy(password_hash.bytes().begin(), password_hash.bytes().end(), keys.begin());
  const std::span<const uint8_t, 21> all(keys);
  const DesBlock blocks[] = {DesEncrypt(all.subspan<0, 7>(), challenge),
                             DesEncrypt(all.subspan<7, 7>(), challenge),
                             DesEncrypt(all.subspan<14, 7>(), challenge)};
  WipeBytes(keys);
  std::array<uint8_t, 24> response{};
  auto end = response.begin();
  for (const auto& block : blocks) end = std::copy(block.begin(), block.end(), end);
  return response;
}

std::array<uint8_t, 24> GenerateNtResponse(std::span<const uint8_t, 16> authenticator_challenge,
                                           std::span<const uint8_t, 16> peer_challenge,
                                           std::string_view user,
                                           const PasswordHash& password_hash) {
  return ChallengeResponse(ChallengeHash(peer_challenge, authenticator_challenge, user),
                           password_hash);
}

std::array<uint8_t, 20> GenerateAuthenticatorResponse(
    const PasswordHash& password_hash, std::span<const uint8_t, 24> nt_response,
    std::span<const uint8_t, 16> peer_challenge,
    std::span<const uint8_t, 16> authenticator_challenge, std::string_view user) {
  Md4Digest hash_hash = Md4({password_hash.bytes()});  // §8.4 HashNtPasswordHash
  const auto digest = Sha1({hash_hash, nt_response, Octets(kMagic1)});
  WipeBytes(hash_hash);
  const auto challenge = ChallengeHash(peer_challenge, authenticator_challenge, user);
  return Sha1({digest, challenge, Octets(kMagic2)});
}

}  // namespace sallyport::crypto
