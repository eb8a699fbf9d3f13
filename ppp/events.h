// SPDX-License-Identifier: GPL-2.0-or-later
// What goes into and comes out of one PPP engine (ppp::Link): plain values, no behaviour.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "base/secret.h"
#include "base/time.h"

namespace sallyport::ppp {

/// Authentication protocols, as named in the configuration.
enum class AuthMethod : uint8_t { kPap, kChapMd5, kMsChapV2, kEap };

/// The Type field of EAP (RFC 3748 §5; IANA "EAP Method Types"), as far as we tell types apart; a
/// received packet may carry any other value.
enum class EapType : uint8_t {
  kIdentity = 1,
  kNotification = 2,
  kNak = 3,  // the legacy one; only in a Response
  kMd5Challenge = 4,
  kGenericTokenCard = 6,
  kMsChapV2 = 26,  // draft-kamath-pppext-eap-mschapv2
  kExpanded = 254,
};

/// What we are on a link that we dialled: the peer, a server, has us prove who we are and gives us
/// an address.
struct ClientRole {
  std::string user;  // with its domain, if any; at most 255 octets
  Secret password;   // UTF-8; at most 255 octets
  /// How we may prove ourselves, in order of preference; empty: not at all. A server that asks for
  /// no proof gets none, and one that has us use PAP or CHAP with MD5 proves nothing itself.
  std::vector<AuthMethod> methods{AuthMethod::kMsChapV2};
  /// How the server has to prove itself to us besides, in order of preference; empty: it need not.
  std::vector<AuthMethod> demand;
  IpAddress address;     // the IPv4 address to ask for; none: whichever the server chooses
  bool ask_dns = false;  // ask for name servers (RFC 1877 §1.1, §1.3)
};

/// What becomes of a LAC's negotiation (RFC 2661 §4.4.5). §9.5: trust in it must be switchable.
enum class ProxyMode : uint8_t {
  kRenegotiate,  // LCP begins anew, as if there had been none
  kAccept,       // LCP counts as open and the login as made, if we could have agreed to all of it
};

/// What becomes of a network protocol on a link.
enum class NetworkUse : uint8_t {
  kRefuse,   // the peer's requests get Protocol-Reject, we send none
  kAllow,    // it may come up; the link lives without it as long as another is there
  kRequire,  // the link ends without it
};

/// Same for every link of one kind; outlives them.
struct LinkConfig {
  std::optional<ClientRole> client;  // none: we are the server
  /// Server: the methods that we demand of the peer, in order of preference; not empty.
  std::vector<AuthMethod> auth{AuthMethod::kMsChapV2};
  /// Where EAP is spoken, on either side: its methods, in order of preference; not empty. Of
  /// kMsChapV2, kMd5Challenge and, as authenticator only, kGenericTokenCard.
  std::vector<EapType> eap_methods{EapType::kMsChapV2, EapType::kMd5Challenge};
  ProxyMode proxy = ProxyMode::kRenegotiate;  // server
  NetworkUse ipv4 = NetworkUse::kRequire;     // by IPCP
  NetworkUse ipv6 = NetworkUse::kRefuse;      // by IPv6CP; of a server's only where it is granted
  std::string host_name;                      // Name field of our CHAP challenges (RFC 1994 §4.1)
  uint16_t mru = 1400;                        // what we ask the peer to send at most; local policy
  uint16_t mtu = 1400;  // what we send at most, whatever more the peer takes; likewise
  std::chrono::milliseconds restart_timer{3000};  // RFC 1661 §4.6
  unsigned max_terminate = 2;                     // RFC 1661 §4.6
  unsigned max_configure = 10;                    // RFC 1661 §4.6
  unsigned max_failure = 5;                       // RFC 1661 §4.6
  /// Whether we ask the peer to leave out the first octet of the Protocol field where it can, and
  /// let it ask us (Protocol-Field-Compression, RFC 1661 §6.5). What we send always has both.
  bool protocol_field_compression = false;
  std::chrono::seconds echo_interval{30};  // local policy; zero: no LCP Echo-Request
  unsigned echo_failure = 4;               // unanswered echoes that end the link; local policy
  /// Of challenges, and as client of logins. RFC 1994 §4.1 leaves it open; local policy.
  std::chrono::milliseconds auth_retransmit{3000};
  unsigned auth_max_challenges = 10;  // or logins, until they are answered; likewise
  unsigned auth_max_attempts = 3;     // wrong passwords per link; local policy
  /// Server: how often a peer that has logged in by CHAP is challenged anew (RFC 1994 §2), less a
  /// random part of up to a quarter; zero: never.
  std::chrono::seconds chap_interval{0};
  std::chrono::seconds setup_timeout{60};  // start to the network's opening; local policy

  /// What we demand of the peer in our role; empty: it need not prove itself.
  const std::vector<AuthMethod>& demanded() const { return client ? client->demand : auth; }
};

/// What a login presented; goes to aaa/ unchanged.
struct PapCredential {
  Secret password;
};
struct ChapMd5Credential {  // RFC 1994 §4.1
  uint8_t identifier = 0;
  std::vector<uint8_t> challenge;
  std::array<uint8_t, 16> response{};
};
struct MsChapV2Credential {  // RFC 2759 §4
  uint8_t identifier = 0;
  std::array<uint8_t, 16> authenticator_challenge{};
  std::array<uint8_t, 16> peer_challenge{};
  std::array<uint8_t, 24> nt_response{};
};
using Credential = std::variant<PapCredential, ChapMd5Credential, MsChapV2Credential>;

/// The addresses of one session. DNS and WINS: first and second. A server grants them, and refuses
/// an empty one; a client has been granted them, and has no `peer` if the server keeps its own to
/// itself.
struct NetworkParameters {
  IpAddress local;
  IpAddress peer;
  std::array<IpAddress, 2> dns;
  std::array<IpAddress, 2> wins;
  bool operator==(const NetworkParameters&) const = default;
};

/// The interface identifiers that IPv6CP agreed on (RFC 5072 §4.1): the last 64 bits of the
/// link-local addresses of both ends.
struct Ipv6Parameters {
  uint64_t local = 0;
  uint64_t peer = 0;
  bool operator==(const Ipv6Parameters&) const = default;
};

enum class EndReason {
  kPeerTerminated,         // Terminate-Request came
  kLocalClose,             // a command closed it
  kNegotiationTimeout,     // no answer to our Configure-Requests, or setup took too long
  kNotConverging,          // Max-Failure, or a storm of Configure-Requests (RFC 1661 §4.6)
  kAuthenticationRefused,  // the peer rejects every method that we demand
  kAuthenticationFailed,   // wrong user or password
  kAuthenticationTimeout,  // no answer to our challenges or, as client, to our login
  kMethodNotAllowed,       // client: the server demands a method that we do not allow
  kServerUnproven,         // client: the server does not know the password (RFC 2759 §5)
  kEchoTimeout,            // LCP echoes unanswered
  kNetworkRefused,         // no network protocol could be opened, or no address was given
  kLoopback,               // the link is looped back (RFC 1661 §6.4)
  kLowerLayerDown,         // the L2TP session went
};

// ---- Into the engine, besides frames ----------------------------------------------------------

/// RFC 2661 §4.4.5, Proxy Authen Type.
enum class ProxyAuthenType : uint16_t {
  kText = 1,  // a login before PPP
  kChap = 2,
  kPap = 3,
  kNone = 4,
  kMsChapV1 = 5,
};
/// The login that a LAC took: the Proxy Authen AVPs of RFC 2661 §4.4.5 as they came.
struct ProxiedAuthentication {
  uint16_t type = 0;  // Proxy Authen Type, also one of none of the above values
  std::string name;
  std::vector<uint8_t> challenge;
  uint16_t id = 0;  // Proxy Authen ID, with the octet that must be zero
  Secret response;  // a password, or a CHAP Response's Value
};
/// What a LAC negotiated with the client before it handed the call on: the options of three
/// Configure-Requests (RFC 2661 §4.4.5), as they came. An AVP that did not come is absent. The
/// first request binds nobody: it is there for the record.
struct ProxiedLink {
  std::optional<std::vector<uint8_t>> initial_received;
  std::optional<std::vector<uint8_t>> last_sent;
  std::optional<std::vector<uint8_t>> last_received;
  std::optional<ProxiedAuthentication> authentication;
};

/// The lower layer is up (ICCN came, or was sent).
struct Start {
  std::optional<ProxiedLink> proxied;  // server
};
/// The answer to Authenticate: accepted, with the addresses of the session.
struct AuthAccepted {
  NetworkParameters network;
  bool ipv6 = false;  // there is an IPv6 prefix for the peer, so IPv6CP makes sense
  /// MS-CHAPv2 only: the 20 octets of the authenticator response (RFC 2759 §8.7).
  std::optional<std::array<uint8_t, 20>> authenticator_response;
};
/// The answer to Authenticate: refused.
struct AuthRejected {
  unsigned mschap_error = 691;  // RFC 2759 §6: 646, 647, 648, 649, 691, 709
  std::string message;          // for the peer; readable
  bool may_retry = true;        // another try on the same link is allowed
};
/// Terminate-Request, then LinkDown.
struct Close {
  std::string message;
};
/// The lower layer is gone: LinkDown at once, nothing is sent.
struct LowerDown {};
/// Any frame or packet came from the peer since the last echo: the link is alive.
struct ProofOfLife {};

using Command = std::variant<Start, AuthAccepted, AuthRejected, Close, LowerDown, ProofOfLife>;

// ---- Out of the engine: to be carried out in this order ---------------------------------------

/// A frame that begins with the two-octet protocol field, to be written to the PPP channel.
struct SendFrame {
  std::vector<uint8_t> bytes;
};
/// LCP reached Opened.
struct LinkEstablished {
  uint16_t peer_mru = 1500;              // the largest frame information field that the peer takes
  std::optional<AuthMethod> method;      // by which the peer has to prove itself
  std::optional<AuthMethod> own_method;  // by which we have to prove ourselves
  bool proxied = false;                  // as a LAC negotiated it
};
/// A login to be decided: AuthAccepted or AuthRejected follows. At most one is open at a time.
struct Authenticate {
  AuthMethod method;
  std::optional<EapType> eap_method{};  // kEap only
  std::string user;                     // as the peer sent it, any octets
  Credential credential;
  /// The peer has logged in already and is asked again (RFC 1994 §2): its addresses stay, and a
  /// refusal ends the link.
  bool again = false;
};
/// IPCP opened.
struct NetworkUp {
  NetworkParameters network;
  uint16_t mtu = 1400;  // largest IP packet towards the peer
};
/// IPCP left Opened; IPv4 packets must stop.
struct NetworkDown {};
/// IPv6CP opened.
struct Ipv6Up {
  Ipv6Parameters network;
  uint16_t mtu = 1400;  // as of NetworkUp
  uint16_t mru = 1400;  // what the peer may send: LinkConfig::mru
};
/// IPv6CP left Opened; IPv6 packets must stop.
struct Ipv6Down {};
/// The link is over; the caller closes the L2TP session. Nothing follows.
struct LinkDown {
  EndReason reason;
  std::string detail;  // printable
};

using Action = std::variant<SendFrame, LinkEstablished, Authenticate, NetworkUp, NetworkDown,
                            Ipv6Up, Ipv6Down, LinkDown>;
using Actions = std::vector<Action>;

}  // namespace sallyport::ppp
