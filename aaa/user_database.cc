// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/user_database.h"

#include <utility>

namespace sallyport::aaa {

UserDatabase::UserDatabase(std::vector<UserEntry> entries) : entries_(std::move(entries)) {
  for (size_t i = 0; i < entries_.size(); ++i) {
    const auto& client = entries_[i].client;
    (client ? by_client_[*client] : for_every_client_).push_back(i);
  }
}

const UserEntry* UserDatabase::Find(std::string_view name, std::string_view server,
                                    const NameRules& rules) const {
  for (const auto one : NamesOf(name, rules)) {
    if (const UserEntry* entry = FindNamed(one, server)) return entry;
  }
  return BestFor(server, for_every_client_);
}

const UserEntry* UserDatabase::FindNamed(std::string_view name, std::string_view server) const {
  const auto found = by_client_.find(name);
  return found == by_client_.end() ? nullptr : BestFor(server, found->second);
}

const UserEntry* UserDatabase::BestFor(std::string_view server, const Indexes& candidates) const {
  const UserEntry* for_any_server = nullptr;
  for (const size_t index : candidates) {
    const UserEntry& entry = entries_[index];
    if (entry.server == server) return &entry;
    if (!entry.server) for_any_server = &entry;
  }
  return for_any_server;
}

}  // namespace sallyport::aaa
