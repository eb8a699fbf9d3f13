// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aaa/users_file_words.h"
#include "base/expected.h"
#include "base/ip_address.h"
#include "base/secret.h"
#include "crypto/mschapv2.h"

namespace sallyport::aaa {

/// Where the address of a user's session comes from.
enum class AddressRule : uint8_t {
  kPool,    // `*`, or no word: from the address pool
  kListed,  // the first of the user's own addresses that is free
  kNone,    // `-`: the user may not have an address, so may not connect
};

/// What a user gets besides access.
struct UserProfile {
  AddressRule address_rule = AddressRule::kPool;
  std::vector<IpAddress> addresses;  // IPv4, in the order of the file; empty unless kListed
  bool operator==(const UserProfile&) const = default;
};

/// A password, or the hash of one (RFC 2759 §8.3), which serves in its place for PAP and MS-CHAPv2.
using UserSecret = std::variant<Secret, crypto::PasswordHash>;

/// One line of a users file.
struct UserEntry {
  std::optional<std::string> client;  // the user's name, any octets; nothing: `*`, every user
  std::optional<std::string> server;  // our name as the user's peer; nothing: `*`, any name
  UserSecret secret;
  UserProfile profile;
  unsigned line = 0;  // of the file, from 1
};

/// Octets in a client or server name: the length field of PAP has one octet (RFC 1334 §2.2.1).
inline constexpr size_t kMaxNameSize = 255;

/// Errors reported of one file; the rest is likely the same mistake again. Local policy.
inline constexpr size_t kMaxUsersFileErrors = 20;

/// Parses a file in the format of pppd's chap-secrets:
///
///     client  server  secret  [address ... | * | -]  [-- pppd options ...]
///
/// The secret is a password or, without quotes, `nt:` and the 32 hexadecimal digits of an NT hash.
/// Words after `--` are read and ignored. A file with any error gives no entry: half a user list
/// would lock people out unseen. Errors are in the order of the file.
Expected<std::vector<UserEntry>, std::vector<UsersFileError>> ParseUsersFile(std::string_view text);

}  // namespace sallyport::aaa
