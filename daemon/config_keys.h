// SPDX-License-Identifier: GPL-2.0-or-later
// The one table of configuration keys. The decoder, the messages and the documentation follow it.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/config.h"

namespace sallyport::daemon {

// One type for each form of value: where it goes, and its bounds.

struct BooleanField {
  bool& (*of)(Config&);
};
struct NumberField {
  using Target =
      std::variant<uint16_t& (*)(Config&), unsigned& (*)(Config&),
                   std::chrono::seconds& (*)(Config&), std::chrono::milliseconds& (*)(Config&)>;
  Target of;
  int64_t minimum;
  int64_t maximum;
  std::string_view unit;  // "seconds"; empty: a count
};
/// Printable text without blanks, as names are.
struct NameField {
  std::string& (*of)(Config&);
  size_t maximum;  // octets
};
struct PathField {
  std::string& (*of)(Config&);
  size_t maximum;  // octets
};
/// A pre-shared key as ParsePsk() takes it.
struct SecretField {
  Secret& (*of)(Config&);
};
/// One IPv4 address of a host.
struct AddressField {
  IpAddress& (*of)(Config&);
};
struct AddressListField {
  std::vector<IpAddress>& (*of)(Config&);
  size_t maximum;  // addresses
  bool any_local;  // IPv6 and wildcard addresses too, not just IPv4 addresses of hosts
};
struct RangeListField {
  std::vector<aaa::AddressRange>& (*of)(Config&);
};
struct AuthListField {
  std::vector<ppp::AuthMethod>& (*of)(Config&);
};

using ConfigField = std::variant<BooleanField, NumberField, NameField, PathField, SecretField,
                                 AddressField, AddressListField, RangeListField, AuthListField>;

struct ConfigKey {
  std::string_view section;  // "ppp"; kPoolSection is an array of tables
  std::string_view name;     // "mtu"
  bool required;             // in its section
  ConfigField field;
  std::string_view absent;  // what holds without the key, where that is no value: "looked for"
  std::string_view help;    // sentences for the operator
};

inline constexpr std::string_view kPoolSection = "pool";

/// Every key, section by section. In kPoolSection a field refers to the last of Config::pools.
std::span<const ConfigKey> ConfigKeys();

/// Null if there is none.
const ConfigKey* FindKey(std::string_view section, std::string_view name);

/// "ppp.mtu".
std::string FullName(const ConfigKey& key);

/// A good value in words, after "expected ": "a number of octets from 576 to 1500".
std::string DescribeExpected(const ConfigKey& key);

/// The default as TOML writes it, from Config's initializers; nothing for a key whose absence means
/// something else (ConfigKey::absent) or that is required.
std::optional<std::string> DefaultText(const ConfigKey& key);

/// The key, section or FullName() that the operator may have meant by an unknown `name`; nothing if
/// none is near. An empty section asks for the name of a section.
std::optional<std::string> SuggestKey(std::string_view section, std::string_view name);

/// "mschapv2", "chap", "pap".
std::string_view ToString(ppp::AuthMethod method);
std::optional<ppp::AuthMethod> ParseAuthMethod(std::string_view text);

}  // namespace sallyport::daemon
