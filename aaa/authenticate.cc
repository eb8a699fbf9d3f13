// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/authenticate.h"

#include <string_view>
#include <utility>

#include "crypto/chap.h"
#include "crypto/mschapv2.h"

namespace sallyport::aaa {
namespace {

enum class Match : uint8_t { kYes, kNo, kImpossible };

/// What a login without an entry is checked against; the outcome is thrown away.
constexpr std::string_view kDecoyPassword = "correct horse battery staple";

crypto::PasswordHash HashOf(const UserSecret& secret) {
  if (const auto* hash = std::get_if<crypto::PasswordHash>(&secret)) return *hash;
  return crypto::NtPasswordHash(std::get_if<Secret>(&secret)->text());
}

Match Check(const PapCredential& credential, const UserSecret& secret) {
  // The characters are compared, by digests of one size: macOS sends a password in Latin-1 where
  // others send UTF-8, and comparing the octets themselves would tell their number.
  const auto presented = crypto::NtPasswordHash(credential.password.text());
  return ConstantTimeEqual(presented.bytes(), HashOf(secret).bytes()) ? Match::kYes : Match::kNo;
}

Match Check(const ChapMd5Credential& credential, const UserSecret& secret) {
  const Secret* password = std::get_if<Secret>(&secret);
  if (password == nullptr) return Match::kImpossible;
  const auto expected =
      crypto::ChapMd5Response(credential.identifier, password->bytes(), credential.challenge);
  return ConstantTimeEqual(credential.response, expected) ? Match::kYes : Match::kNo;
}

/// `user` is without domain: only the name itself enters the hash (RFC 2759 §8.2).
Match Check(const MsChapV2Credential& credential, const UserSecret& secret, std::string_view user) {
  const auto expected = crypto::GenerateNtResponse(credential.authenticator_challenge,
                                                   credential.peer_challenge, user, HashOf(secret));
  return ConstantTimeEqual(credential.nt_response, expected) ? Match::kYes : Match::kNo;
}

Match CheckAny(const AuthenticationRequest& request, const UserSecret& secret) {
  if (const auto* pap = std::get_if<PapCredential>(&request.credential)) return Check(*pap, secret);
  if (const auto* chap = std::get_if<ChapMd5Credential>(&request.credential)) {
    return Check(*chap, secret);
  }
  return Check(*std::get_if<MsChapV2Credential>(&request.credential), secret,
               crypto::UserWithoutDomain(request.user));
}

Accepted Accept(const UserEntry& entry, const AuthenticationRequest& request) {
  Accepted accepted{.account = entry.client.value_or(request.user),
                    .profile = entry.profile,
                    .authenticator_response = {}};
  if (const auto* credential = std::get_if<MsChapV2Credential>(&request.credential)) {
    accepted.authenticator_response = crypto::GenerateAuthenticatorResponse(
        HashOf(entry.secret), credential->nt_response, credential->peer_challenge,
        credential->authenticator_challenge, crypto::UserWithoutDomain(request.user));
  }
  return accepted;
}

}  // namespace

Verdict Verify(const UserDatabase& users, const AuthenticationRequest& request) {
  const UserSecret decoy{Secret(kDecoyPassword)};
  const UserEntry* entry = users.Find(request.user, request.server, request.names);
  const Match match = CheckAny(request, entry != nullptr ? entry->secret : decoy);
  if (entry == nullptr) return Rejected{RejectReason::kUnknownUser};
  switch (match) {
    case Match::kImpossible:
      (void)CheckAny(request, decoy);  // as much work as any other login
      return Rejected{RejectReason::kMethodImpossible};
    case Match::kNo:
      return Rejected{RejectReason::kWrongPassword};
    case Match::kYes:
      break;
  }
  if (entry->profile.address_rule == AddressRule::kNone) return Rejected{RejectReason::kNoAddress};
  return Accept(*entry, request);
}

}  // namespace sallyport::aaa
