// SPDX-License-Identifier: GPL-2.0-or-later
// [ppp] and [[pool]].
#include "daemon/config_key_access.h"

namespace sallyport::daemon {
namespace {

/// The member of the pool being read.
template <auto Member>
auto& InPool(Config& config) {
  return config.pools.back().*Member;
}

/// The member of its IPv6 prefixes.
template <auto List, auto Member>
auto& InPrefixes(Config& config) {
  return config.pools.back().*List.*Member;
}

// In the order of ProxyUse.
constexpr std::string_view kProxyWords[] = {"ignore", "renegotiate", "accept"};
// In the order of ppp::NetworkUse.
constexpr std::string_view kNetworkWords[] = {"refuse", "allow", "require"};

constexpr size_t kMaxPoolName = 63;    // local policy
constexpr size_t kMaxWins = 2;         // IPCP has a primary and a secondary (RFC 1877 §1)
constexpr size_t kMaxNameServers = 8;  // of both families; of IPv4 likewise two
constexpr size_t kMaxSearch = 8;       // local policy
// Of 9 octets each they fit into the smallest message that every client takes (RFC 2131 §2).
constexpr size_t kMaxInformRoutes = 30;

constexpr ConfigKey kKeys[] = {
    {.section = "ppp",
     .name = "auth",
     .required = false,
     .field = AuthListField{&In<&Config::ppp, &PppConfig::auth>},
     .absent = {},
     .help = "The authentication protocols that a client may use, the best first. \"chap\" is CHAP "
             "with MD5 and cannot check users whose file entry is an NT hash; \"pap\" sends the "
             "password as it is, so it is for use inside IPsec; \"eap\" goes by eap_methods.",
     .live = true},
    {.section = "ppp",
     .name = "eap_methods",
     .required = false,
     .field = EapListField{&In<&Config::ppp, &PppConfig::eap_methods>, false},
     .absent = {},
     .help = "The methods of EAP (RFC 3748) that a client may use, the best first: EAP-MSCHAPv2, "
             "MD5-Challenge, Generic Token Card. \"md5\" is as \"chap\", \"gtc\" as \"pap\".",
     .live = true},
    {.section = "ppp",
     .name = "chap_interval",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::chap_interval>, 0, 86400, "seconds"},
     .absent = {},
     .help = "How often a client that logged in by CHAP or MS-CHAPv2 is challenged anew (RFC 1994 "
             "§2). One that fails is hung up on. 0 never asks again.",
     .live = true},
    {.section = "ppp",
     .name = "strip_domain",
     .required = false,
     .field = BooleanField{&In<&Config::ppp, &PppConfig::strip_domain>},
     .absent = {},
     .help = "Whether \"DOMAIN\\user\" may log in as \"user\" where the users file does not have "
             "the whole name.",
     .live = true},
    {.section = "ppp",
     .name = "strip_realm",
     .required = false,
     .field = BooleanField{&In<&Config::ppp, &PppConfig::strip_realm>},
     .absent = {},
     .help = "The same for \"user@realm\".",
     .live = true},
    {.section = "ppp",
     .name = "login_delay",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::login_delay>, 0, 30, "seconds"},
     .absent = {},
     .help = "How long the answer to a login waits after one of the same user, or from the same "
             "address, was refused; twice as long after each further one. 0 answers at once.",
     .live = true},
    {.section = "ppp",
     .name = "login_delay_max",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::login_delay_max>, 1, 30, "seconds"},
     .absent = {},
     .help = "The longest of these waits.",
     .live = true},
    {.section = "ppp",
     .name = "login_delay_per_peer",
     .required = false,
     .field = BooleanField{&In<&Config::ppp, &PppConfig::login_delay_per_peer>},
     .absent = {},
     .help = "Whether wrong logins delay others from the same address too. false is for LACs, "
             "whose callers all come from one address.",
     .live = true},
    {.section = "ppp",
     .name = "protocol_field_compression",
     .required = false,
     .field = BooleanField{&In<&Config::ppp, &PppConfig::protocol_field_compression>},
     .absent = {},
     .help = "Whether clients are asked to shorten the PPP header of what they send by an octet "
             "(RFC 1661 §6.5), and may ask the same. What is sent to them is never shortened.",
     .live = true},
    {.section = "ppp",
     .name = "mtu",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::mtu>, 576, 1500, "octets"},
     .absent = {},
     .help = "The largest IP packet inside a session, both ways. With 1400, AES-CBC and SHA-256, a "
             "packet behind NAT takes 1492 octets outside, which fits even PPPoE. A larger value "
             "makes the network fragment; 576 is what every IPv4 host must take (RFC 791 §3.1).",
     .live = true},
    {.section = "ppp",
     .name = "dns",
     .required = false,
     .field = AddressListField{&In<&Config::ppp, &PppConfig::dns>, kMaxNameServers, false, true},
     .absent = {},
     .help = "The name servers that clients are told: of IPv4 a primary and a secondary by IPCP "
             "(RFC 1877), of IPv6 any by router advertisements (RFC 8106) and DHCPv6 (RFC 3646).",
     .live = true},
    {.section = "ppp",
     .name = "dns_search",
     .required = false,
     .field = HostNameListField{&In<&Config::ppp, &PppConfig::dns_search>, kMaxSearch},
     .absent = {},
     .help = "The domains in which clients look up names that have no dot (RFC 8106 §5.2, RFC 3646 "
             "§4). Together at most 512 octets.",
     .live = true},
    {.section = "ppp",
     .name = "ipv4",
     .required = false,
     .field = WordField{&WordOf<&Config::ppp, &PppConfig::ipv4>,
                        &SetWord<&Config::ppp, &PppConfig::ipv4>, kNetworkWords},
     .absent = {},
     .help = "IPv4 in the sessions: \"require\" ends a session that has none, \"allow\" lets a "
             "client live that opens only IPv6, \"refuse\" answers IPCP with Protocol-Reject."},
    {.section = "ppp",
     .name = "ipv6",
     .required = false,
     .field = WordField{&WordOf<&Config::ppp, &PppConfig::ipv6>,
                        &SetWord<&Config::ppp, &PppConfig::ipv6>, kNetworkWords},
     .absent = {},
     .help = "IPv6 in the sessions (RFC 5072), in the same words. Clients of a pool without IPv6 "
             "prefixes are refused it in any case."},
    {.section = "ppp",
     .name = "wins",
     .required = false,
     .field = AddressListField{&In<&Config::ppp, &PppConfig::wins>, kMaxWins, false},
     .absent = {},
     .help = "The NetBIOS name servers that clients are told, the primary first (RFC 1877).",
     .live = true},
    {.section = "ppp",
     .name = "routes",
     .required = false,
     .field = PrefixListField{&In<&Config::ppp, &PppConfig::routes>, kMaxInformRoutes, false},
     .absent = {},
     .help = "What clients that do not send everything through the session reach through it (split "
             "tunnel). They ask for it with DHCPINFORM (RFC 2131 §3.4) and get it as option 121 "
             "(RFC 3442) or 249."},
    {.section = "ppp",
     .name = "domain",
     .required = false,
     .field = DomainField{&In<&Config::ppp, &PppConfig::domain>},
     .absent = "no domain",
     .help = "The DNS domain that clients are told of with DHCPINFORM; some resolve names of it "
             "with our name servers, and all others with their own."},
    {.section = "ppp",
     .name = "users_file",
     .required = true,
     .field = PathField{&In<&Config::ppp, &PppConfig::users_file>, kMaxPath},
     .absent = {},
     .help = "The file of users and their secrets, in the format of pppd's chap-secrets. Only root "
             "and the daemon should be able to read it.",
     .live = true},
    {.section = "ppp",
     .name = "echo_interval",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::echo_interval>, 0, 3600, "seconds"},
     .absent = {},
     .help =
         "How often an LCP Echo-Request asks whether a client is alive (RFC 1661 §5.8). 0 sends "
         "none.",
     .live = true},
    {.section = "ppp",
     .name = "echo_failure",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::echo_failure>, 1, 100, {}},
     .absent = {},
     .help = "How many echoes in a row without an answer end a session.",
     .live = true},
    {.section = "ppp",
     .name = "idle_timeout",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::idle_timeout>, 0, 604800, "seconds"},
     .absent = {},
     .help =
         "How long a client may send no data until its session is ended; LCP echoes are no data. "
         "0 sets no limit.",
     .live = true},
    {.section = "ppp",
     .name = "session_timeout",
     .required = false,
     .field = NumberField{&In<&Config::ppp, &PppConfig::session_timeout>, 0, 2592000, "seconds"},
     .absent = {},
     .help = "How long a session may last in all. 0 sets no limit.",
     .live = true},
    {.section = "ppp",
     .name = "proxy",
     .required = false,
     .field = WordField{&WordOf<&Config::ppp, &PppConfig::proxy>,
                        &SetWord<&Config::ppp, &PppConfig::proxy>, kProxyWords},
     .absent = {},
     .help = "What becomes of what a LAC has negotiated with the caller (RFC 2661 §4.4.5): "
             "\"ignore\" takes no notice, \"renegotiate\" begins LCP and the login anew, "
             "\"accept\" takes both over where we could have agreed to them, which trusts "
             "the LAC.",
     .live = true},
    {.section = "ppp",
     .name = "mss_clamp",
     .required = false,
     .field = BooleanField{&In<&Config::ppp, &PppConfig::mss_clamp>},
     .absent = {},
     .help = "Whether TCP through a session is told, both ways, of segments that fit into it "
             "(the MSS option of RFC 9293), so that nothing depends on ICMP errors that somebody "
             "on the way filters."},
    {.section = "ppp",
     .name = "anti_spoofing",
     .required = false,
     .field = BooleanField{&In<&Config::ppp, &PppConfig::anti_spoofing>},
     .absent = {},
     .help = "Whether a client's packets are dropped unless their source address is routed back "
             "into its session. Packets of sessions that we dial are not looked at."},
    {.section = kPoolSection,
     .name = "name",
     .required = false,
     .field = NameField{&InPool<&aaa::PoolSettings::name>, kMaxPoolName},
     .absent = {},
     .help = "The pool's name, its own. Users get their address from the pool \"default\", or from "
             "the first pool if none has that name.",
     .live = true},
    {.section = kPoolSection,
     .name = "ranges",
     .required = true,
     .field = RangeListField{&InPool<&aaa::PoolSettings::ranges>},
     .absent = {},
     .help =
         "The addresses for clients: \"10.64.0.0/16\" without its network and broadcast address, "
         "or \"10.64.0.10-10.64.0.99\" as written. At most a /8 each; no address may be in two "
         "ranges, of this or another pool.",
     .live = true},
    {.section = kPoolSection,
     .name = "gateway",
     .required = true,
     .field = AddressField{&InPool<&aaa::PoolSettings::gateway>},
     .absent = {},
     .help = "Our own address in every session of the pool. It is not given to a client. Where it "
             "changes, all of its [[pool]] waits for a restart."},
    {.section = kPoolSection,
     .name = "ipv6",
     .required = false,
     .field =
         PrefixListField{&InPrefixes<&aaa::PoolSettings::ipv6, &aaa::PrefixPoolSettings::prefixes>,
                         kMaxPrefixes, true, false},
     .absent = {},
     .help =
         "The IPv6 prefixes that are cut into one for each session, from which the client forms "
         "its addresses (RFC 4862). No address may be in two prefixes, of this or another "
         "list or pool. An empty list means that the clients have no IPv6."},
    {.section = kPoolSection,
     .name = "ipv6_length",
     .required = false,
     .field = NumberField{&InPrefixes<&aaa::PoolSettings::ipv6, &aaa::PrefixPoolSettings::length>,
                          48, 64, "bits"},
     .absent = {},
     .help = "The length of a session's prefix, at most 24 more than that of those in ipv6. Of one "
             "shorter than 64 the first /64 is the link's, and all of it is routed to the client."},
    {.section = kPoolSection,
     .name = "delegated",
     .required = false,
     .field =
         PrefixListField{
             &InPrefixes<&aaa::PoolSettings::delegated, &aaa::PrefixPoolSettings::prefixes>,
             kMaxPrefixes, true, false},
     .absent = {},
     .help = "The IPv6 prefixes that are cut into one more for each session, which the client gets "
             "for the networks behind it if it asks by DHCPv6 (IA_PD, RFC 8415 §6.3)."},
    {.section = kPoolSection,
     .name = "delegated_length",
     .required = false,
     .field =
         NumberField{&InPrefixes<&aaa::PoolSettings::delegated, &aaa::PrefixPoolSettings::length>,
                     32, 64, "bits"},
     .absent = {},
     .help = "The length of a delegated prefix, at most 24 more than that of those in delegated."},
};

}  // namespace

std::span<const ConfigKey> PppKeys() { return kKeys; }

}  // namespace sallyport::daemon
