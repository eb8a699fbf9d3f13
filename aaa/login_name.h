// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string_view>
#include <vector>

namespace sallyport::aaa {

/// What of the name that a client sends is not the user's own name.
struct NameRules {
  bool strip_domain = true;  // what stands before the last backslash: "DOMAIN\\user"
  bool strip_realm = false;  // what stands behind the last at sign: "user@realm"
  bool operator==(const NameRules&) const = default;
};

/// The names under which a user may be known, the whole one first and the barest last, each once;
/// borrowed from `name`. What would leave nothing of a name is not stripped.
std::vector<std::string_view> NamesOf(std::string_view name, const NameRules& rules);

/// What is left when all is stripped that the rules say: the same for all that count as one user.
std::string_view BareName(std::string_view name, const NameRules& rules);

}  // namespace sallyport::aaa
