// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/login_name.h"

#include <algorithm>

#include "crypto/mschapv2.h"

namespace sallyport::aaa {
namespace {

std::string_view WithoutDomain(std::string_view name) {
  const auto bare = crypto::UserWithoutDomain(name);
  return bare.empty() ? name : bare;
}

std::string_view WithoutRealm(std::string_view name) {
  const auto bare = name.substr(0, name.rfind('@'));
  return bare.empty() ? name : bare;
}

}  // namespace

std::vector<std::string_view> NamesOf(std::string_view name, const NameRules& rules) {
  std::vector<std::string_view> names{name};
  const auto add = [&names](std::string_view one) {
    if (std::ranges::find(names, one) == names.end()) names.push_back(one);
  };
  if (rules.strip_domain) add(WithoutDomain(name));
  if (rules.strip_realm) add(WithoutRealm(name));
  if (rules.strip_domain && rules.strip_realm) add(WithoutRealm(WithoutDomain(name)));
  return names;
}

std::string_view BareName(std::string_view name, const NameRules& rules) {
  if (rules.strip_domain) name = WithoutDomain(name);
  return rules.strip_realm ? WithoutRealm(name) : name;
}

}  // namespace sallyport::aaa
