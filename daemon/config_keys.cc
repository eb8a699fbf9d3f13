// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_keys.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/edit_distance.h"
#include "base/overloaded.h"

namespace sallyport::daemon {
namespace {

struct AuthMethodName {
  ppp::AuthMethod method;
  std::string_view name;
};
constexpr AuthMethodName kAuthMethods[] = {{ppp::AuthMethod::kMsChapV2, "mschapv2"},
                                           {ppp::AuthMethod::kChapMd5, "chap"},
                                           {ppp::AuthMethod::kPap, "pap"},
                                           {ppp::AuthMethod::kEap, "eap"}};

struct EapMethodName {
  ppp::EapType method;
  std::string_view name;
};
constexpr EapMethodName kEapMethods[] = {{ppp::EapType::kMsChapV2, "mschapv2"},
                                         {ppp::EapType::kMd5Challenge, "md5"},
                                         {ppp::EapType::kGenericTokenCard, "gtc"}};
/// As client there is nobody to type what a card shows.
constexpr auto kEapClientMethods = std::span(kEapMethods).first<2>();

constexpr const char* kMask = "\"***\"";

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// "[A, B]" of the texts that `to_text` makes.
template <typename Values, typename ToText>
std::string ListOf(const Values& values, const ToText& to_text) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + to_text(value);
  return "[" + text + "]";
}

int64_t NumberIn(Config& config, const NumberField& field) {
  return std::visit(
      [&config](auto* of) -> int64_t {
        const auto& value = of(config);
        if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(value)>>) {
          return value;
        } else {
          return value.count();
        }
      },
      field.of);
}

std::string ValueText(Config& config, const ConfigField& field) {
  const auto address_text = [](const IpAddress& address) { return Quoted(address.ToString()); };
  return std::visit(
      Overloaded{
          [&](const BooleanField& f) { return std::string(f.of(config) ? "true" : "false"); },
          [&](const NumberField& f) { return std::to_string(NumberIn(config, f)); },
          [&](const NameField& f) { return Quoted(f.of(config)); },
          [&](const IdentifierField& f) { return Quoted(f.of(config)); },
          [&](const ServerField& f) { return Quoted(f.of(config)); },
          [&](const DomainField& f) { return Quoted(f.of(config)); },
          [&](const WordField& f) { return Quoted(f.words[f.get(config)]); },
          [&](const PathField& f) { return Quoted(f.of(config)); },
          // Never the secret itself.
          [&](const SecretField& f) { return std::string(f.of(config).empty() ? "null" : kMask); },
          [&](const AddressField& f) { return address_text(f.of(config)); },
          [&](const NameListField& f) { return ListOf(f.of(config), Quoted); },
          [&](const PathListField& f) { return ListOf(f.of(config), Quoted); },
          [&](const AddressListField& f) { return ListOf(f.of(config), address_text); },
          [&](const PrefixListField& f) {
            return ListOf(f.of(config),
                          [](const IpPrefix& prefix) { return Quoted(prefix.ToString()); });
          },
          [&](const HostNameListField& f) { return ListOf(f.of(config), Quoted); },
          [&](const RangeListField& f) {
            return ListOf(f.of(config), [](const auto& range) { return Quoted(range.ToString()); });
          },
          [&](const AuthListField& f) {
            return ListOf(f.of(config), [](auto method) { return Quoted(ToString(method)); });
          },
          [&](const EapListField& f) {
            return ListOf(f.of(config), [](auto method) { return Quoted(ToString(method)); });
          }},
      field);
}

std::string ListOfAtMost(size_t maximum, const std::string& elements) {
  return "a list of at most " + std::to_string(maximum) + " different " + elements;
}

std::string ElementsOf(const AddressListField& field) {
  if (field.any_local) return "IP addresses";
  return field.ipv6_hosts ? "IP addresses of hosts" : "IPv4 addresses of hosts";
}

std::string ElementsOf(const PrefixListField& field) {
  if (!field.v4) return "IPv6 prefixes like \"2001:db8:1::/48\"";
  return std::string(field.v6 ? "" : "IPv4 ") + "prefixes like \"192.0.2.0/24\"";
}

}  // namespace

const ConfigKey* FindKey(std::string_view section, std::string_view name) {
  for (const ConfigKey& key : ConfigKeys()) {
    if (key.section == section && key.name == name) return &key;
  }
  return nullptr;
}

std::string FullName(const ConfigKey& key) {
  return std::string(key.section) + "." + std::string(key.name);
}

std::string DescribeExpected(const ConfigKey& key) {
  return std::visit(
      Overloaded{
          [](const BooleanField&) { return std::string("true or false"); },
          [](const NumberField& f) {
            return "a number " +
                   (f.unit.empty() ? std::string() : "of " + std::string(f.unit) + " ") + "from " +
                   std::to_string(f.minimum) + " to " + std::to_string(f.maximum);
          },
          [](const NameField& f) {
            return "a name of 1 to " + std::to_string(f.maximum) + " letters, digits and signs";
          },
          [](const IdentifierField& f) {
            return "a name of 1 to " + std::to_string(f.maximum) +
                   " letters, digits, dashes and underscores";
          },
          [](const ServerField&) { return std::string("an IP address or the name of a host"); },
          [](const DomainField&) {
            return std::string("a domain: names of letters, digits and dashes with dots between");
          },
          [](const WordField& f) {
            std::string text;
            for (const auto word : f.words) text += (text.empty() ? "" : ", ") + Quoted(word);
            return "one of " + text;
          },
          [](const PathField& f) {
            return "an absolute path of at most " + std::to_string(f.maximum) + " octets" +
                   (f.IsSocket() ? "" : ", or credential:NAME");
          },
          [](const SecretField& f) {
            if (!f.psk) return std::string("a text that is not empty");
            return std::string("the key as text, 0x and hexadecimal digits, or 0s and Base64");
          },
          [](const AddressField&) { return std::string("an IPv4 address of a host"); },
          [](const NameListField& f) {
            return ListOfAtMost(f.maximum, "names of letters, digits and signs");
          },
          [](const PathListField& f) {
            return ListOfAtMost(f.maximum, "absolute paths or credential:NAME");
          },
          [](const AddressListField& f) { return ListOfAtMost(f.maximum, ElementsOf(f)); },
          [](const PrefixListField& f) { return ListOfAtMost(f.maximum, ElementsOf(f)); },
          [](const HostNameListField& f) {
            return ListOfAtMost(f.maximum, "names like \"example.com\"");
          },
          [](const RangeListField&) {
            return std::string(
                "a list of ranges like \"10.64.0.0/16\" or \"10.64.0.10-10.64.0.99\"");
          },
          [](const AuthListField&) {
            return "a list of one or more of " +
                   ListOf(kAuthMethods, [](const auto& entry) { return Quoted(entry.name); });
          },
          [](const EapListField& f) {
            const std::span<const EapMethodName> all(kEapMethods);
            return "a list of one or more of " +
                   ListOf(f.as_client ? kEapClientMethods : all,
                          [](const auto& entry) { return Quoted(entry.name); });
          }},
      key.field);
}

std::string ValueText(Config& config, const ConfigKey& key) { return ValueText(config, key.field); }

std::string AbsentText(const ConfigKey& key) {
  Config defaults;
  defaults.pools.emplace_back();
  defaults.l2tp.peers.emplace_back();
  defaults.dials.emplace_back();
  defaults.ipsec.keys.emplace_back();
  defaults.ipsec.connections.emplace_back();
  return ValueText(defaults, key.field);
}

bool SameValue(Config& one, Config& other, const ConfigKey& key) {
  if (const auto* secret = std::get_if<SecretField>(&key.field)) {
    return secret->of(one) == secret->of(other);
  }
  return ValueText(one, key.field) == ValueText(other, key.field);
}

std::optional<std::string> DefaultText(const ConfigKey& key) {
  if (key.required || !key.absent.empty()) return {};
  return AbsentText(key);
}

std::optional<std::string> SuggestKey(std::string_view section, std::string_view name) {
  std::optional<std::string> best;
  size_t best_distance = TolerableDistance(name) + 1;
  const auto consider = [&](std::string_view candidate, std::string suggestion) {
    const size_t distance = EditDistance(name, candidate);
    if (distance >= best_distance) return;
    best_distance = distance;
    best = std::move(suggestion);
  };
  for (const ConfigKey& key : ConfigKeys()) {
    if (section.empty()) {
      consider(key.section, std::string(key.section));
    } else if (key.section == section) {
      consider(key.name, std::string(key.name));
    }
  }
  if (best) return best;
  // The right name in the wrong section, or before any.
  best_distance = 1;
  for (const ConfigKey& key : ConfigKeys()) consider(key.name, FullName(key));
  return best;
}

std::string_view ToString(ppp::AuthMethod method) {
  switch (method) {
    case ppp::AuthMethod::kPap:
      return "pap";
    case ppp::AuthMethod::kChapMd5:
      return "chap";
    case ppp::AuthMethod::kMsChapV2:
      return "mschapv2";
    case ppp::AuthMethod::kEap:
      return "eap";
  }
  return {};
}

std::string_view ToString(ppp::EapType method) {
  for (const auto& known : kEapMethods) {
    if (known.method == method) return known.name;
  }
  return {};
}

std::optional<ppp::EapType> ParseEapMethod(std::string_view text) {
  for (const auto& [method, name] : kEapMethods) {
    if (name == text) return method;
  }
  return {};
}

std::string ToString(ppp::AuthMethod method, std::optional<ppp::EapType> eap_method) {
  std::string text(ToString(method));
  return eap_method ? text.append("-").append(ToString(*eap_method)) : text;
}

std::optional<ppp::AuthMethod> ParseAuthMethod(std::string_view text) {
  for (const auto& [method, name] : kAuthMethods) {
    if (name == text) return method;
  }
  return {};
}

}  // namespace sallyport::daemon
