// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "aaa/user_database.h"
#include "base/secret.h"

namespace sallyport::aaa {

/// What a login presented, one type a method.
struct PapCredential {  // RFC 1334 §2.2.1
  Secret password;
};
struct ChapMd5Credential {  // RFC 1994 §4.1
  uint8_t identifier = 0;
  std::vector<uint8_t> challenge;
  std::array<uint8_t, 16> response{};
};
struct MsChapV2Credential {  // RFC 2759 §4
  std::array<uint8_t, 16> authenticator_challenge{};
  std::array<uint8_t, 16> peer_challenge{};
  std::array<uint8_t, 24> nt_response{};
};
using Credential = std::variant<PapCredential, ChapMd5Credential, MsChapV2Credential>;

/// One login.
struct AuthenticationRequest {
  std::string user;    // as the peer sent it, any octets
  std::string server;  // the name we go by: the Name of our challenges
  Credential credential;
  NameRules names{};
};

struct Accepted {
  std::string
      account;  // the client of the entry, or the login's own name when the entry is for `*`
  UserProfile profile;
  /// MS-CHAPv2 only: what proves to the peer that we know the password too (RFC 2759 §8.7).
  std::optional<std::array<uint8_t, 20>> authenticator_response;
};

enum class RejectReason : uint8_t {
  kUnknownUser,
  kWrongPassword,
  kMethodImpossible,  // CHAP with MD5 needs the password; only its NT hash is known (RFC 1994 §2.2)
  kNoAddress,         // the password is right, but the user may not have an address (`-`)
};

/// For the log and the operator. A peer is told the same whatever the reason.
struct Rejected {
  RejectReason reason = RejectReason::kUnknownUser;
};

using Verdict = std::variant<Accepted, Rejected>;

/// Decides a login from the local users. Passwords and responses are compared in constant time, and
/// a user who does not exist costs the work of one who does: the time tells no names.
Verdict Verify(const UserDatabase& users, const AuthenticationRequest& request);

}  // namespace sallyport::aaa
