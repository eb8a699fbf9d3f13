// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_keys.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/overloaded.h"

namespace sallyport::daemon {
namespace {

/// The member of a section of `config`.
template <auto Section, auto Member>
auto& In(Config& config) {
  return config.*Section.*Member;
}

/// The member of the pool being read.
template <auto Member>
auto& InPool(Config& config) {
  return config.pools.back().*Member;
}

// linux/un.h: sun_path has 108 octets, one of which ends the text.
constexpr size_t kMaxSocketPath = 107;
// linux/limits.h: PATH_MAX is 4096 with the end of the text.
constexpr size_t kMaxPath = 4095;
// Octets in the Host Name AVP that l2tp::EndpointConfig takes.
constexpr size_t kMaxHostName = 128;
constexpr size_t kMaxPoolName = 63;    // local policy
constexpr size_t kMaxNameServers = 2;  // IPCP has a primary and a secondary (RFC 1877 §1)
constexpr size_t kMaxListen = 64;      // local policy

// Ranges are local policy unless a line says otherwise.
constexpr ConfigKey kKeys[] = {
    {.section = "ipsec",
     .name = "required",
     .required = false,
     .field = BooleanField{&In<&Config::ipsec, &IpsecConfig::required>},
     .absent = {},
     .help = "Whether L2TP is accepted only inside IPsec (RFC 3193). Without it nothing is "
             "encrypted: for tests, and for networks that are protected in another way."},
    {.section = "ipsec",
     .name = "psk_file",
     .required = false,
     .field = PathField{&In<&Config::ipsec, &IpsecConfig::psk_file>, kMaxPath},
     .absent = "no file; psk holds the key",
     .help = "The file whose first line is the pre-shared key of all clients: text, 0x and "
             "hexadecimal digits, or 0s and Base64. This or psk is needed when IPsec is required. "
             "Only root and the daemon should be able to read it."},
    {.section = "ipsec",
     .name = "psk",
     .required = false,
     .field = SecretField{&In<&Config::ipsec, &IpsecConfig::psk>},
     .absent = "no key; psk_file names the file that holds it",
     .help = "The pre-shared key itself, in the same forms, instead of psk_file."},
    {.section = "ipsec",
     .name = "vici",
     .required = false,
     .field = PathField{&In<&Config::ipsec, &IpsecConfig::vici>, kMaxSocketPath},
     .absent = "the socket is looked for where distributions put it",
     .help = "The VICI socket of strongSwan's charon, which does IKE for us."},
    {.section = "l2tp",
     .name = "listen",
     .required = false,
     .field = AddressListField{&In<&Config::l2tp, &L2tpConfig::listen>, kMaxListen, true},
     .absent = {},
     .help = "The local addresses that take L2TP. An empty list means every local address, IPv4 "
             "and IPv6."},
    {.section = "l2tp",
     .name = "port",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::port>, 1, 65535, {}},
     .absent = {},
     .help = "The UDP port of L2TP. Clients cannot be told another: change it for tests only."},
    {.section = "l2tp",
     .name = "host_name",
     .required = false,
     .field = NameField{&In<&Config::l2tp, &L2tpConfig::host_name>, kMaxHostName},
     .absent = "the system's host name",
     .help =
         "The name we go by: towards peers (Host Name in L2TP, Name in CHAP), and in the second "
         "column of the users file."},
    {.section = "l2tp",
     .name = "hello_interval",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::hello_interval>, 0, 3600, "seconds"},
     .absent = {},
     .help =
         "How long a tunnel may be silent before HELLO asks whether the peer is alive (RFC 2661 "
         "§6.5). 0 sends none."},
    {.section = "l2tp",
     .name = "retransmit_initial_ms",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::retransmit_initial>, 100, 8000,
                          "milliseconds"},
     .absent = {},
     .help = "How long the first wait for the acknowledgement of a control message is. Each "
             "further wait is twice as long, up to 8 seconds (RFC 2661 §5.8)."},
    {.section = "l2tp",
     .name = "retransmit_max",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::retransmit_max>, 1, 20, {}},
     .absent = {},
     .help = "How often a control message is sent again before the tunnel is given up (RFC 2661 "
             "§5.8)."},
    {.section = "ppp",
     .name = "auth",
     .required = false,
     .field = AuthListField{&In<&Config::ppp, &PppConfig::auth>},
     .absent = {},
     .help = "The authentication protocols that a client may use, the best first. \"chap\" is CHAP "
             "with MD5 and cannot check users whose file entry is an NT hash; \"pap\" sends the "
             "password as it is, so it is for use inside IPsec."},
    {.section = "ppp",
     .name = "mtu",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::mtu>, 576, 1500, "octets"},
     .absent = {},
     .help = "The largest IP packet inside a session, both ways. With 1400, AES-CBC and SHA-256, a "
             "packet behind NAT takes 1492 octets outside, which fits even PPPoE. A larger value "
             "makes the network fragment; 576 is what every IPv4 host must take (RFC 791 §3.1)."},
    {.section = "ppp",
     .name = "dns",
     .required = false,
     .field = AddressListField{&In<&Config::ppp, &PppConfig::dns>, kMaxNameServers, false},
     .absent = {},
     .help = "The name servers that clients are told, the primary first (RFC 1877)."},
    {.section = "ppp",
     .name = "wins",
     .required = false,
     .field = AddressListField{&In<&Config::ppp, &PppConfig::wins>, kMaxNameServers, false},
     .absent = {},
     .help = "The NetBIOS name servers that clients are told, the primary first (RFC 1877)."},
    {.section = "ppp",
     .name = "users_file",
     .required = true,
     .field = PathField{&In<&Config::ppp, &PppConfig::users_file>, kMaxPath},
     .absent = {},
     .help = "The file of users and their secrets, in the format of pppd's chap-secrets. Only root "
             "and the daemon should be able to read it."},
    {.section = "ppp",
     .name = "echo_interval",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::echo_interval>, 0, 3600, "seconds"},
     .absent = {},
     .help =
         "How often an LCP Echo-Request asks whether a client is alive (RFC 1661 §5.8). 0 sends "
         "none."},
    {.section = "ppp",
     .name = "echo_failure",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::echo_failure>, 1, 100, {}},
     .absent = {},
     .help = "How many echoes in a row without an answer end a session."},
    {.section = kPoolSection,
     .name = "name",
     .required = false,
     .field = NameField{&InPool<&aaa::PoolSettings::name>, kMaxPoolName},
     .absent = {},
     .help = "The pool's name, its own. Users get their address from the pool \"default\", or from "
             "the first pool if none has that name."},
    {.section = kPoolSection,
     .name = "ranges",
     .required = true,
     .field = RangeListField{&InPool<&aaa::PoolSettings::ranges>},
     .absent = {},
     .help =
         "The addresses for clients: \"10.64.0.0/16\" without its network and broadcast address, "
         "or \"10.64.0.10-10.64.0.99\" as written. At most a /8 each; no address may be in two "
         "ranges, of this or another pool."},
    {.section = kPoolSection,
     .name = "gateway",
     .required = true,
     .field = AddressField{&InPool<&aaa::PoolSettings::gateway>},
     .absent = {},
     .help = "Our own address in every session of the pool. It is not given to a client."},
    {.section = "status",
     .name = "socket",
     .required = false,
     .field = PathField{&In<&Config::status, &StatusConfig::socket>, kMaxSocketPath},
     .absent = {},
     .help = "The unix socket of the status interface, which the command sallyport uses."},
    {.section = "workers",
     .name = "threads",
     .required = false,
     .field = NumberField{&In<&Config::workers, &WorkersConfig::threads>, 1, 512, {}},
     .absent = {},
     .help = "How many threads set up and tear down sessions in the kernel. They mostly wait, so "
             "more than there are processors is right."},
};

struct AuthMethodName {
  ppp::AuthMethod method;
  std::string_view name;
};
constexpr AuthMethodName kAuthMethods[] = {{ppp::AuthMethod::kMsChapV2, "mschapv2"},
                                           {ppp::AuthMethod::kChapMd5, "chap"},
                                           {ppp::AuthMethod::kPap, "pap"}};

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
          [&](const PathField& f) { return Quoted(f.of(config)); },
          [](const SecretField&) { return Quoted({}); },  // never the secret itself
          [&](const AddressField& f) { return address_text(f.of(config)); },
          [&](const AddressListField& f) { return ListOf(f.of(config), address_text); },
          [&](const RangeListField& f) {
            return ListOf(f.of(config), [](const auto& range) { return Quoted(range.ToString()); });
          },
          [&](const AuthListField& f) {
            return ListOf(f.of(config), [](auto method) { return Quoted(ToString(method)); });
          }},
      field);
}

/// The least number of insertions, deletions, replacements and swaps of neighbours that make `a`
/// into `b` (Damerau, optimal string alignment).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

/// A name may be wrong by this many edits and still be recognised. Local policy.
size_t Tolerance(std::string_view name) { return name.size() < 5 ? 1 : 2; }

}  // namespace

std::span<const ConfigKey> ConfigKeys() { return kKeys; }

const ConfigKey* FindKey(std::string_view section, std::string_view name) {
  const auto* const found = std::find_if(
      std::begin(kKeys), std::end(kKeys),
      [&](const ConfigKey& key) { return key.section == section && key.name == name; });
  return found == std::end(kKeys) ? nullptr : found;
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
          [](const PathField& f) {
            return "an absolute path of at most " + std::to_string(f.maximum) + " octets";
          },
          [](const SecretField&) {
            return std::string("the key as text, 0x and hexadecimal digits, or 0s and Base64");
          },
          [](const AddressField&) { return std::string("an IPv4 address of a host"); },
          [](const AddressListField& f) {
            return "a list of at most " + std::to_string(f.maximum) +
                   (f.any_local ? " different IP addresses" : " different IPv4 addresses of hosts");
          },
          [](const RangeListField&) {
            return std::string(
                "a list of ranges like \"10.64.0.0/16\" or \"10.64.0.10-10.64.0.99\"");
          },
          [](const AuthListField&) {
            return "a list of one or more of " +
                   ListOf(kAuthMethods, [](const auto& entry) { return Quoted(entry.name); });
          }},
      key.field);
}

std::optional<std::string> DefaultText(const ConfigKey& key) {
  if (key.required || !key.absent.empty()) return {};
  Config defaults;
  defaults.pools.emplace_back();
  return ValueText(defaults, key.field);
}

std::optional<std::string> SuggestKey(std::string_view section, std::string_view name) {
  std::optional<std::string> best;
  size_t best_distance = Tolerance(name) + 1;
  const auto consider = [&](std::string_view candidate, std::string suggestion) {
    const size_t distance = EditDistance(name, candidate);
    if (distance >= best_distance) return;
    best_distance = distance;
    best = std::move(suggestion);
  };
  for (const ConfigKey& key : kKeys) {
    if (section.empty()) {
      consider(key.section, std::string(key.section));
    } else if (key.section == section) {
      consider(key.name, std::string(key.name));
    }
  }
  if (best) return best;
  // The right name in the wrong section, or before any.
  best_distance = 1;
  for (const ConfigKey& key : kKeys) consider(key.name, FullName(key));
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
  }
  return {};
}

std::optional<ppp::AuthMethod> ParseAuthMethod(std::string_view text) {
  for (const auto& [method, name] : kAuthMethods) {
    if (name == text) return method;
  }
  return {};
}

}  // namespace sallyport::daemon
