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

// linux/un.h: sun_path has 108 octets, one of which ends the text.
inline constexpr size_t kMaxSocketPath = 107;

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
/// Letters, digits, dashes and underscores: goes into names of interfaces.
struct IdentifierField {
  std::string& (*of)(Config&);
  size_t maximum;  // octets
};
/// An IP address, or a name to be looked up.
struct ServerField {
  std::string& (*of)(Config&);
};
/// The name of a domain of DNS.
struct DomainField {
  std::string& (*of)(Config&);
};
/// One of a few words, whose places in the list are the values of an enumeration.
struct WordField {
  size_t (*get)(Config&);
  void (*set)(Config&, size_t);
  std::span<const std::string_view> words;
};
/// A file, by its path or as a credential, or a socket.
struct PathField {
  std::string& (*of)(Config&);
  size_t maximum;  // octets

  bool IsSocket() const { return maximum <= kMaxSocketPath; }
};
/// A pre-shared key as ParsePsk() takes it, or the text as it is.
struct SecretField {
  Secret& (*of)(Config&);
  bool psk;
};
/// One IPv4 address of a host.
struct AddressField {
  IpAddress& (*of)(Config&);
};
/// Texts that are printable and without blanks, as identities are.
struct NameListField {
  std::vector<std::string>& (*of)(Config&);
  size_t maximum;  // names
};
/// Files, as in a PathField.
struct PathListField {
  std::vector<std::string>& (*of)(Config&);
  size_t maximum;  // paths
};
struct AddressListField {
  std::vector<IpAddress>& (*of)(Config&);
  size_t maximum;           // addresses
  bool any_local;           // IPv6 and wildcard addresses too, not just IPv4 addresses of hosts
  bool ipv6_hosts = false;  // else: IPv6 addresses of hosts too
};
/// A bare address is a prefix of its own.
struct PrefixListField {
  std::vector<IpPrefix>& (*of)(Config&);
  size_t maximum;  // prefixes
  bool v6;         // IPv6 too
  bool v4 = true;  // false: IPv6 alone, of hosts
};
/// Names of domains or hosts.
struct HostNameListField {
  std::vector<std::string>& (*of)(Config&);
  size_t maximum;  // names
};
struct RangeListField {
  std::vector<aaa::AddressRange>& (*of)(Config&);
};
struct AuthListField {
  std::vector<ppp::AuthMethod>& (*of)(Config&);
};

struct EapListField {
  std::vector<ppp::EapType>& (*of)(Config&);
  bool as_client;  // only methods by which we can prove ourselves
};

using ConfigField = std::variant<BooleanField, NumberField, NameField, IdentifierField, ServerField,
                                 DomainField, WordField, PathField, SecretField, AddressField,
                                 NameListField, PathListField, AddressListField, PrefixListField,
                                 HostNameListField, RangeListField, AuthListField, EapListField>;

struct ConfigKey {
  std::string_view section;  // "ppp"; an array of tables if IsArraySection()
  std::string_view name;     // "mtu"
  bool required;             // in its section
  ConfigField field;
  std::string_view absent;  // what holds without the key, where that is no value: "looked for"
  std::string_view help;    // sentences for the operator
  bool live = false;        // a reload applies it; else it waits for a restart
};

inline constexpr std::string_view kPoolSection = "pool";
inline constexpr std::string_view kPeerSection = "l2tp.peer";
inline constexpr std::string_view kDialSection = "dial";
inline constexpr std::string_view kIpsecKeySection = "ipsec.key";
inline constexpr std::string_view kIpsecConnectionSection = "ipsec.connection";

/// Whether a section may be there several times: "[[pool]]".
constexpr bool IsArraySection(std::string_view section) {
  return section == kPoolSection || section == kPeerSection || section == kDialSection ||
         section == kIpsecKeySection || section == kIpsecConnectionSection;
}

/// Every key, section by section. In an array section a field refers to the last element of its
/// list in Config.
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

/// The value in `config` as TOML writes it; of a secret only whether there is one: "***" or null.
std::string ValueText(Config& config, const ConfigKey& key);

/// ValueText() of a key that is absent.
std::string AbsentText(const ConfigKey& key);

bool SameValue(Config& one, Config& other, const ConfigKey& key);

/// The key, section or FullName() that the operator may have meant by an unknown `name`; nothing if
/// none is near. An empty section asks for the name of a section.
std::optional<std::string> SuggestKey(std::string_view section, std::string_view name);

/// "mschapv2", "chap", "pap", "eap".
std::string_view ToString(ppp::AuthMethod method);
std::optional<ppp::AuthMethod> ParseAuthMethod(std::string_view text);

/// "mschapv2", "md5", "gtc"; empty for a type that is no method of ours.
std::string_view ToString(ppp::EapType method);
std::optional<ppp::EapType> ParseEapMethod(std::string_view text);
/// "mschapv2", "eap-md5".
std::string ToString(ppp::AuthMethod method, std::optional<ppp::EapType> eap_method);

}  // namespace sallyport::daemon
