// SPDX-License-Identifier: GPL-2.0-or-later
// Any text as a users file; what it yields is then asked for each of its own users.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "aaa/authenticate.h"
#include "aaa/user_database.h"
#include "aaa/users_file.h"

namespace sallyport::aaa {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckErrors(const std::vector<UsersFileError>& errors, std::string_view text) {
  const auto lines = static_cast<unsigned>(std::count(text.begin(), text.end(), '\n')) + 1;
  Require(!errors.empty() && errors.size() <= kMaxUsersFileErrors);
  TextPosition last{.line = 0, .column = 0};
  for (const UsersFileError& error : errors) {
    Require(error.position.line <= lines && error.position.column <= text.size() + 1);
    Require(last < error.position);
    Require(!error.found.empty() && !error.expected.empty());
    last = error.position;
  }
}

/// Every entry is found by its own name and lets its own password in.
void CheckEntries(const UserDatabase& users) {
  for (const UserEntry& entry : users.entries()) {
    Require(entry.line > 0);
    Require((entry.profile.address_rule == AddressRule::kListed) ==
            !entry.profile.addresses.empty());
    const auto* password = std::get_if<Secret>(&entry.secret);
    if (!entry.client || !entry.server) continue;
    Require(users.Find(*entry.client, *entry.server) == &entry);
    if (password == nullptr) continue;
    Require(!password->empty());
    const Verdict verdict = Verify(
        users,
        {.user = *entry.client, .server = *entry.server, .credential = PapCredential{*password}});
    const auto* rejected = std::get_if<Rejected>(&verdict);
    const bool barred = entry.profile.address_rule == AddressRule::kNone;
    Require(barred == (rejected != nullptr));
    Require(!barred || rejected->reason == RejectReason::kNoAddress);
  }
}

}  // namespace
}  // namespace sallyport::aaa

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport::aaa;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto entries = ParseUsersFile(text);
  if (entries) {
    CheckEntries(UserDatabase(*std::move(entries)));
  } else {
    CheckErrors(entries.error(), text);
  }
  return 0;
}
