// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aaa/login_name.h"
#include "aaa/users_file.h"

namespace sallyport::aaa {

/// The users of one users file, by name. Immutable: a changed file makes a new database.
class UserDatabase {
 public:
  UserDatabase() = default;
  /// `entries` as ParseUsersFile() gives them: no client and server twice.
  explicit UserDatabase(std::vector<UserEntry> entries);

  /// The entry for `name`, which comes from the network and may hold any octets, when we are called
  /// `server`; null if there is none. The names that `rules` make of it come in their order
  /// (Windows sends a "DOMAIN\" that the operator never wrote down), then the entries for every
  /// user. Of one name, an entry that names the server comes before one for any (as in
  /// pppd/auth.c, scan_authfile()). Lives as long as the database.
  const UserEntry* Find(std::string_view name, std::string_view server,
                        const NameRules& rules = {}) const;

  /// In the order of the file; lives as long as the database.
  const std::vector<UserEntry>& entries() const { return entries_; }
  size_t size() const { return entries_.size(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Indexes = std::vector<size_t>;  // into entries_

  const UserEntry* FindNamed(std::string_view name, std::string_view server) const;
  const UserEntry* BestFor(std::string_view server, const Indexes& candidates) const;

  std::vector<UserEntry> entries_;
  std::unordered_map<std::string, Indexes, Hash, std::equal_to<>> by_client_;
  Indexes for_every_client_;
};

}  // namespace sallyport::aaa
