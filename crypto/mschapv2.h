// SPDX-License-Identifier: GPL-2.0-or-later
// The computations of MS-CHAPv2 (RFC 2759 §8), under the RFC's names.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::crypto {

/// MD4 of a password in UTF-16LE. It serves in place of the password, so it is wiped when it goes
/// and has no text form.
class PasswordHash {
 public:
  explicit PasswordHash(std::span<const uint8_t, 16> octets);
  PasswordHash(const PasswordHash&) = default;
  PasswordHash& operator=(const PasswordHash&) = default;
  ~PasswordHash();

  /// Borrowed from this object.
  std::span<const uint8_t, 16> bytes() const { return octets_; }

 private:
  std::array<uint8_t, 16> octets_{};
};

/// The user name that enters the hash: without "DOMAIN\" (RFC 2759 §4, §8.2). Borrowed from `name`.
/// What follows the last backslash is taken, as pppd's clients do.
std::string_view UserWithoutDomain(std::string_view name);

/// RFC 2759 §8.3. `password` is UTF-8; an octet that belongs to no well-formed sequence is taken as
/// Latin-1, so a password stored in either encoding works.
PasswordHash NtPasswordHash(std::string_view password);

/// RFC 2759 §8.2. `user` is without domain.
std::array<uint8_t, 8> ChallengeHash(std::span<const uint8_t, 16> peer_challenge,
                                     std::span<const uint8_t, 16> authenticator_challenge,
                                     std::string_view user);

/// RFC 2759 §8.5.
std::array<uint8_t, 24> ChallengeResponse(std::span<const uint8_t, 8> challenge,
                                          const PasswordHash& password_hash);

/// RFC 2759 §8.1, from the password's hash. `user` is without domain.
std::array<uint8_t, 24> GenerateNtResponse(std::span<const uint8_t, 16> authenticator_challenge,
                                           std::span<const uint8_t, 16> peer_challenge,
                                           std::string_view user,
                                           const PasswordHash& password_hash);

/// RFC 2759 §8.7, from the password's hash: the 20 octets that follow "S=" in hexadecimal. `user`
/// is without domain.
std::array<uint8_t, 20> GenerateAuthenticatorResponse(
    const PasswordHash& password_hash, std::span<const uint8_t, 24> nt_response,
    std::span<const uint8_t, 16> peer_challenge,
    std::span<const uint8_t, 16> authenticator_challenge, std::string_view user);

}  // namespace sallyport::crypto
