// SPDX-License-Identifier: GPL-2.0-or-later
// The table itself.
#include <type_traits>

#include "daemon/config_keys.h"

namespace sallyport::daemon {
namespace {

/// The member of a section of `config`.
template <auto Section, auto Member>
auto& In(Config& config) {
  return config.*Section.*Member;
}

/// The same for a WordField, as the place of the value in its list of words.
template <auto Section, auto Member>
size_t WordOf(Config& config) {
  return static_cast<size_t>(config.*Section.*Member);
}
template <auto Section, auto Member>
void SetWord(Config& config, size_t word) {
  auto& target = config.*Section.*Member;
  target = static_cast<std::remove_reference_t<decltype(target)>>(word);
}

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

template <auto Member>
auto& InPeer(Config& config) {
  return config.l2tp.peers.back().*Member;
}
template <auto Member>
auto& InDial(Config& config) {
  return config.dials.back().*Member;
}
size_t DirectionOf(Config& config) { return static_cast<size_t>(config.dials.back().direction); }
void SetDirection(Config& config, size_t word) {
  config.dials.back().direction = static_cast<l2tp::CallDirection>(word);
}

// In the order of l2tp::Sequencing, of ProxyUse and of l2tp::CallDirection.
constexpr std::string_view kSequencingWords[] = {"deny", "allow", "require"};
constexpr std::string_view kProxyWords[] = {"ignore", "renegotiate", "accept"};
constexpr std::string_view kDirectionWords[] = {"incoming", "outgoing"};
// In the order of ppp::NetworkUse.
constexpr std::string_view kNetworkWords[] = {"refuse", "allow", "require"};

// linux/un.h: sun_path has 108 octets, one of which ends the text.
constexpr size_t kMaxSocketPath = 107;
// linux/limits.h: PATH_MAX is 4096 with the end of the text.
constexpr size_t kMaxPath = 4095;
// Octets in the Host Name AVP that l2tp::EndpointConfig takes.
constexpr size_t kMaxHostName = 128;
constexpr size_t kMaxPoolName = 63;    // local policy
constexpr size_t kMaxWins = 2;         // IPCP has a primary and a secondary (RFC 1877 §1)
constexpr size_t kMaxNameServers = 8;  // of both families; of IPv4 likewise two
constexpr size_t kMaxSearch = 8;       // local policy
constexpr size_t kMaxListen = 64;      // local policy
constexpr size_t kMaxPrefixes = 256;   // local policy
// Of 9 octets each they fit into the smallest message that every client takes (RFC 2131 §2).
constexpr size_t kMaxInformRoutes = 30;
constexpr size_t kMaxUser = 255;   // ppp::ClientRole
constexpr size_t kMaxNumber = 64;  // local policy
constexpr size_t kMaxGroup = 32;   // useradd(8)
// linux/if.h: IFNAMSIZ is 16 with the end of the text; two digits are for the session's number.
constexpr size_t kMaxDialName = 13;

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
     .field = SecretField{&In<&Config::ipsec, &IpsecConfig::psk>, true},
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
         "§6.5). 0 sends none.",
     .live = true},
    {.section = "l2tp",
     .name = "retransmit_initial_ms",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::retransmit_initial>, 100, 8000,
                          "milliseconds"},
     .absent = {},
     .help = "How long the first wait for the acknowledgement of a control message is. Each "
             "further wait is twice as long, up to retransmit_cap_ms (RFC 2661 §5.8).",
     .live = true},
    {.section = "l2tp",
     .name = "retransmit_cap_ms",
     .required = false,
     .field =
         NumberField{&In<&Config::l2tp, &L2tpConfig::retransmit_cap>, 8000, 60000, "milliseconds"},
     .absent = {},
     .help = "The longest wait for the acknowledgement of a control message. RFC 2661 §5.8 wants "
             "no less than 8 seconds.",
     .live = true},
    {.section = "l2tp",
     .name = "retransmit_max",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::retransmit_max>, 1, 20, {}},
     .absent = {},
     .help = "How often a control message is sent again before the tunnel is given up (RFC 2661 "
             "§5.8).",
     .live = true},
    {.section = "l2tp",
     .name = "secret_file",
     .required = false,
     .field = PathField{&In<&Config::l2tp, &L2tpConfig::secret_file>, kMaxPath},
     .absent = "no secret",
     .help = "The file whose first line is the tunnel secret (RFC 2661 §5.1.1) for peers "
             "that no [[l2tp.peer]] is for. Only root and the daemon should be able to read "
             "it.",
     .live = true},
    {.section = "l2tp",
     .name = "challenge",
     .required = false,
     .field = BooleanField{&In<&Config::l2tp, &L2tpConfig::challenge>},
     .absent = {},
     .help = "Whether those peers have to prove that they know the secret. The built-in "
             "clients of operating systems know none.",
     .live = true},
    {.section = "l2tp",
     .name = "hide_avps",
     .required = false,
     .field = BooleanField{&In<&Config::l2tp, &L2tpConfig::hide_avps>},
     .absent = {},
     .help = "Whether what we send to those peers is hidden with the secret as far as RFC "
             "2661 §4.3 permits.",
     .live = true},
    {.section = "l2tp",
     .name = "sequencing",
     .required = false,
     .field = WordField{&WordOf<&Config::l2tp, &L2tpConfig::sequencing>,
                        &SetWord<&Config::l2tp, &L2tpConfig::sequencing>, kSequencingWords},
     .absent = {},
     .help = "Sequence numbers on data messages (RFC 2661 §5.4): \"deny\" refuses a call "
             "that requires them, \"allow\" lets the peer choose, \"require\" asks for them "
             "in every call.",
     .live = true},
    {.section = "l2tp",
     .name = "outgoing_calls",
     .required = false,
     .field = BooleanField{&In<&Config::l2tp, &L2tpConfig::outgoing_calls>},
     .absent = {},
     .help = "Whether a peer may have us place a call (OCRQ, RFC 2661 §6.9) on a tunnel.",
     .live = true},
    {.section = "l2tp",
     .name = "max_tunnels",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::max_tunnels>, 1, 65000, {}},
     .absent = {},
     .help = "How many tunnels there may be. A peer beyond that gets StopCCN.",
     .live = true},
    {.section = "l2tp",
     .name = "max_half_open_tunnels",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::max_half_open_tunnels>, 1, 65000, {}},
     .absent = {},
     .help = "How many of them may be unfinished, so that a flood of requests is bounded.",
     .live = true},
    {.section = "l2tp",
     .name = "max_sessions",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::max_sessions>, 1, 65000, {}},
     .absent = {},
     .help = "How many sessions there may be on all tunnels. A call beyond that gets CDN.",
     .live = true},
    {.section = "l2tp",
     .name = "max_sessions_per_tunnel",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::max_sessions_per_tunnel>, 1, 65000, {}},
     .absent = {},
     .help = "How many sessions one tunnel may have.",
     .live = true},
    {.section = "l2tp",
     .name = "sccrq_per_second",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::sccrq_per_second>, 0, 65000, {}},
     .absent = {},
     .help = "How many requests for a tunnel are taken in a second, of all peers. 0 sets no "
             "limit.",
     .live = true},
    {.section = "l2tp",
     .name = "sccrq_per_second_prefix",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::sccrq_per_second_prefix>, 0, 65000, {}},
     .absent = {},
     .help = "The same for the peers of one network, an IPv4 /24 or an IPv6 /64.",
     .live = true},
    {.section = "l2tp",
     .name = "setup_timeout",
     .required = false,
     .field = NumberField{&In<&Config::l2tp, &L2tpConfig::setup_timeout>, 5, 300, "seconds"},
     .absent = {},
     .help = "How long a tunnel or a call may take to be established.",
     .live = true},
    {.section = kPeerSection,
     .name = "host_name",
     .required = false,
     .field = NameField{&InPeer<&L2tpPeerConfig::host_name>, kMaxHostName},
     .absent = "any name",
     .help = "The peer's Host Name (RFC 2661 §4.4.3), exactly.",
     .live = true},
    {.section = kPeerSection,
     .name = "addresses",
     .required = false,
     .field = PrefixListField{&InPeer<&L2tpPeerConfig::addresses>, kMaxPrefixes, true},
     .absent = {},
     .help = "Where the peer may be. An empty list means anywhere.",
     .live = true},
    {.section = kPeerSection,
     .name = "secret_file",
     .required = false,
     .field = PathField{&InPeer<&L2tpPeerConfig::secret_file>, kMaxPath},
     .absent = "no file; secret holds it, or there is none",
     .help = "The file whose first line is the tunnel secret shared with the peer.",
     .live = true},
    {.section = kPeerSection,
     .name = "secret",
     .required = false,
     .field = SecretField{&InPeer<&L2tpPeerConfig::secret>, false},
     .absent = "no secret; secret_file names the file that holds it",
     .help = "The tunnel secret itself, instead of secret_file.",
     .live = true},
    {.section = kPeerSection,
     .name = "challenge",
     .required = false,
     .field = BooleanField{&InPeer<&L2tpPeerConfig::challenge>},
     .absent = "true with a secret, else false",
     .help = "Whether the peer has to prove that it knows the secret.",
     .live = true},
    {.section = kPeerSection,
     .name = "hide_avps",
     .required = false,
     .field = BooleanField{&InPeer<&L2tpPeerConfig::hide_avps>},
     .absent = {},
     .help = "Whether what we send to the peer is hidden with the secret as far as RFC 2661 "
             "§4.3 permits.",
     .live = true},
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
     .help = "Our own address in every session of the pool. It is not given to a client.",
     .live = true},
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
    {.section = kDialSection,
     .name = "name",
     .required = true,
     .field = IdentifierField{&InDial<&DialConfig::name>, kMaxDialName},
     .absent = {},
     .help = "The name of the dial, its own, and of its network interface. With several "
             "sessions the interfaces have a number behind it."},
    {.section = kDialSection,
     .name = "server",
     .required = true,
     .field = ServerField{&InDial<&DialConfig::server>},
     .absent = {},
     .help = "The L2TP server (LNS). A name is looked up anew for each attempt."},
    {.section = kDialSection,
     .name = "secret_file",
     .required = false,
     .field = PathField{&InDial<&DialConfig::secret_file>, kMaxPath},
     .absent = "no secret",
     .help = "The file whose first line is the tunnel secret shared with the server."},
    {.section = kDialSection,
     .name = "challenge",
     .required = false,
     .field = BooleanField{&InDial<&DialConfig::challenge>},
     .absent = "true with a secret, else false",
     .help = "Whether the server has to prove that it knows the secret."},
    {.section = kDialSection,
     .name = "hide_avps",
     .required = false,
     .field = BooleanField{&InDial<&DialConfig::hide_avps>},
     .absent = {},
     .help = "Whether what we send is hidden with the secret as far as RFC 2661 §4.3 "
             "permits."},
    {.section = kDialSection,
     .name = "user",
     .required = true,
     .field = NameField{&InDial<&DialConfig::user>, kMaxUser},
     .absent = {},
     .help = "The name that we log in with."},
    {.section = kDialSection,
     .name = "password_file",
     .required = true,
     .field = PathField{&InDial<&DialConfig::password_file>, kMaxPath},
     .absent = {},
     .help = "The file whose first line is the password. Only root and the daemon should be "
             "able to read it."},
    {.section = kDialSection,
     .name = "auth",
     .required = false,
     .field = AuthListField{&InDial<&DialConfig::auth>},
     .absent = {},
     .help = "How we may log in, the best first. With \"chap\" and \"pap\" the server proves"
             " nothing to us; \"eap\" goes by eap_methods."},
    {.section = kDialSection,
     .name = "eap_methods",
     .required = false,
     .field = EapListField{&InDial<&DialConfig::eap_methods>, true},
     .absent = {},
     .help = "The methods of EAP (RFC 3748) by which we may log in, the best first. With "
             "\"md5\" the server proves nothing to us."},
    {.section = kDialSection,
     .name = "ipsec",
     .required = false,
     .field = BooleanField{&InDial<&DialConfig::ipsec>},
     .absent = "as ipsec.required",
     .help = "Whether the tunnel runs inside IPsec. It cannot be another than "
             "ipsec.required; said here it cannot change unnoticed."},
    {.section = kDialSection,
     .name = "psk_file",
     .required = false,
     .field = PathField{&InDial<&DialConfig::psk_file>, kMaxPath},
     .absent = "the key of [ipsec]",
     .help = "The file whose first line is the pre-shared key for this server, in the forms "
             "of ipsec.psk_file."},
    {.section = kDialSection,
     .name = "routes",
     .required = false,
     .field = PrefixListField{&InDial<&DialConfig::routes>, kMaxPrefixes, false},
     .absent = {},
     .help = "What is behind the server: routes into the interface of the first session, as long "
             "as it is up."},
    {.section = kDialSection,
     .name = "sessions",
     .required = false,
     .field = NumberField{&InDial<&DialConfig::sessions>, 1, 64, {}},
     .absent = {},
     .help = "How many sessions there are on the tunnel, each with its own login and "
             "interface."},
    {.section = kDialSection,
     .name = "redial",
     .required = false,
     .field = NumberField{&InDial<&DialConfig::redial>, 1, 3600, "seconds"},
     .absent = {},
     .help = "How long after the first failure it is tried again. Each further wait is twice"
             " as long, less a random part of up to a quarter."},
    {.section = kDialSection,
     .name = "redial_max",
     .required = false,
     .field = NumberField{&InDial<&DialConfig::redial_max>, 1, 86400, "seconds"},
     .absent = {},
     .help = "The longest of these waits."},
    {.section = kDialSection,
     .name = "mtu",
     .required = false,
     .field = NumberField{&InDial<&DialConfig::mtu>, 576, 1500, "octets"},
     .absent = {},
     .help = "The largest IP packet inside the sessions, both ways, as ppp.mtu."},
    {.section = kDialSection,
     .name = "called_number",
     .required = false,
     .field = NameField{&InDial<&DialConfig::called_number>, kMaxNumber},
     .absent = "none is sent",
     .help = "The Called Number of the call (RFC 2661 §4.4.4), for a server that chooses by "
             "it."},
    {.section = kDialSection,
     .name = "direction",
     .required = false,
     .field = WordField{&DirectionOf, &SetDirection, kDirectionWords},
     .absent = {},
     .help = "Who places the call (RFC 2661 §5.2). \"incoming\": we do, as a LAC (ICRQ). "
             "\"outgoing\": we are an LNS that has the server place it (OCRQ), as a LAC that "
             "calls called_number for us."},
    {.section = "status",
     .name = "socket",
     .required = false,
     .field = PathField{&In<&Config::status, &StatusConfig::socket>, kMaxSocketPath},
     .absent = {},
     .help =
         "The unix socket of the status interface, which the command sallyport uses. Whoever may "
         "open it may see and do everything."},
    {.section = "status",
     .name = "group",
     .required = false,
     .field = NameField{&In<&Config::status, &StatusConfig::group>, kMaxGroup},
     .absent = {},
     .help = "The group that may open the socket. When the system has no such group it is the "
             "daemon's own."},
    {.section = "status",
     .name = "monitor_socket",
     .required = false,
     .field = PathField{&In<&Config::status, &StatusConfig::monitor_socket>, kMaxSocketPath},
     .absent = "monitor.sock, beside the socket",
     .help =
         "The unix socket for monitoring: it answers questions, without the names of users, and "
         "changes nothing."},
    {.section = "status",
     .name = "monitor_group",
     .required = false,
     .field = NameField{&In<&Config::status, &StatusConfig::monitor_group>, kMaxGroup},
     .absent = {},
     .help = "The group that may open the socket for monitoring. When the system has no such group "
             "it is the daemon's own."},
    {.section = "status",
     .name = "monitor_everyone",
     .required = false,
     .field = BooleanField{&In<&Config::status, &StatusConfig::monitor_everyone>},
     .absent = {},
     .help = "Whether every local user may open the socket for monitoring."},
    {.section = "status",
     .name = "monitor_shows_users",
     .required = false,
     .field = BooleanField{&In<&Config::status, &StatusConfig::monitor_shows_users>},
     .absent = {},
     .help = "Whether the socket for monitoring tells the names of users and of their devices."},
    {.section = "workers",
     .name = "threads",
     .required = false,
     .field = NumberField{&In<&Config::workers, &WorkersConfig::threads>, 1, 512, {}},
     .absent = {},
     .help = "How many threads set up and tear down sessions in the kernel. They mostly wait, so "
             "more than there are processors is right."},
};

}  // namespace

std::span<const ConfigKey> ConfigKeys() { return kKeys; }

}  // namespace sallyport::daemon
