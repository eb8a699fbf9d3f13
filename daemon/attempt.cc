// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/attempt.h"

#include <array>
#include <cstddef>

namespace sallyport::daemon {
namespace {

struct StageText {
  AttemptStage stage;
  std::string_view word;
  std::string_view title;
};
constexpr std::array kStages{
    StageText{AttemptStage::kIke, "ike", "IKE main mode"},
    StageText{AttemptStage::kIkeAuthentication, "ike_authentication", "IKE authentication"},
    StageText{AttemptStage::kQuickMode, "quick_mode", "IKE quick mode"},
    StageText{AttemptStage::kL2tp, "l2tp", "L2TP"},
    StageText{AttemptStage::kLcp, "lcp", "PPP LCP"},
    StageText{AttemptStage::kAuthentication, "authentication", "PPP authentication"},
    StageText{AttemptStage::kIpcp, "ipcp", "PPP IPCP"},
};

struct ReasonText {
  AttemptReason reason;
  std::string_view word;
  std::string_view title;
  std::string_view hint;
};
using enum AttemptReason;
constexpr std::array kReasons{
    ReasonText{kNoIkeProposal, "no_ike_proposal", "no common IKE proposal",
               "Update the client or change its algorithms to some that we accept; old ones "
               "(MODP_1024, 3DES) are accepted only where the configuration says legacy = true."},
    ReasonText{kNoConnection, "no_connection", "no connection is configured for these addresses",
               "Check the addresses that the daemon listens on, and whether another program has "
               "given the IKE daemon a narrower connection."},
    ReasonText{kIkeVersion, "ike_version", "the client speaks another version of IKE",
               "Set the client to L2TP/IPsec with IKEv1, or configure IKEv2 here."},
    ReasonText{kAggressiveMode, "aggressive_mode", "the client asks for aggressive mode",
               "Remove the group name (iOS, macOS) or IPSec identifier (Android) from the client; "
               "aggressive mode gives a hash of the key to anyone who asks."},
    ReasonText{kTooManyHalfOpen, "too_many_half_open",
               "the IKE daemon ignores the address: too many exchanges are half open",
               "Many clients behind one address: raise the IKE daemon's limits of half-open "
               "exchanges."},
    ReasonText{kIkeUnanswered, "ike_unanswered", "the client went silent during IKE",
               "Our answers may not reach it: look at firewalls for UDP 500, and at the client's "
               "own log."},
    ReasonText{kPort4500Blocked, "udp_4500_blocked",
               "nothing came on UDP 4500 after the NAT was found",
               "Open UDP 4500 in both directions in every firewall between the client and us, our "
               "own included."},
    ReasonText{kIkeFragmentsLost, "ike_fragments_lost",
               "parts of the client's large IKE message are missing",
               "The path loses fragments (MTU): allow IP fragments and ICMP \"fragmentation "
               "needed\" through the firewalls, or use a client with IKE fragmentation, or smaller "
               "certificates."},
    ReasonText{kNoKey, "no_psk", "there is no pre-shared key for this client",
               "Configure a default key (ipsec.psk) or one for this address or identity."},
    ReasonText{kWrongKey, "wrong_psk", "the client's pre-shared key is not ours",
               "Type the key anew on the client. With IKEv1 a wrong key shows only as a message "
               "that cannot be decrypted, so compare both ends' keys character by character."},
    ReasonText{kUnknownIdentity, "unknown_identity",
               "no configured client has this identity and method",
               "Compare the client's identity and whether it uses a key or a certificate with "
               "what is configured."},
    ReasonText{kIkeMethod, "ike_method", "the client authenticates in a way that we do not allow",
               "Set the client to a pre-shared key or to a certificate, as configured here; no "
               "XAuth."},
    ReasonText{kCertificateTime, "certificate_expired", "the client's certificate is not valid now",
               "Renew the certificate; check the clock of this machine."},
    ReasonText{kCertificateIssuer, "certificate_unknown_ca",
               "the client's certificate is from a CA that we do not know",
               "Install a certificate of our CA on the client, or add its CA here."},
    ReasonText{kCertificateRevoked, "certificate_revoked", "the client's certificate is revoked",
               "Issue a new certificate if the client may still connect."},
    ReasonText{kCertificateRefused, "certificate_refused",
               "the client's certificate or signature does not hold",
               "Look at the IKE daemon's log for the check that failed."},
    ReasonText{kOurCertificateRefused, "server_certificate_refused",
               "the client left after it had seen our certificate",
               "The name that the client dials must be a subjectAltName of our certificate, "
               "Windows also wants the extended key usage serverAuth, and the client must trust "
               "our CA (Windows: in the store of the computer)."},
    ReasonText{kNoEspProposal, "no_esp_proposal", "no common proposal for ESP",
               "Change the client's phase 2 algorithms to some that we accept; PFS is accepted "
               "only with the groups configured here."},
    ReasonText{kTrafficSelectors, "traffic_selectors",
               "the client asks for other traffic than L2TP",
               "The client must ask for transport mode and UDP port 1701 of ours; many are set up "
               "for a site-to-site tunnel by mistake."},
    ReasonText{kNoQuickMode, "no_quick_mode", "the client asked for no SA after main mode",
               "Look at the client's log; it may have refused our identity or certificate."},
    ReasonText{kSaNotInstalled, "sa_not_installed", "the kernel refused the SAs",
               "The kernel lacks an algorithm or ESP (modprobe esp4, esp6): see the IKE daemon's "
               "log."},
    ReasonText{kIkeEnded, "ike_ended", "IKE ended without an SA for L2TP",
               "See the IKE daemon's log."},
    ReasonText{kSaUnused, "sa_unused", "the SAs went before the client asked for a tunnel",
               "The client gave up: ESP or UDP 4500 may be blocked on the way, or its L2TP service "
               "does not run."},
    ReasonText{kEspBlocked, "esp_blocked", "IKE made the SAs, but no ESP packet came through them",
               "Open IP protocol 50 (ESP), and with NAT UDP 4500, in every firewall between the "
               "client and us."},
    ReasonText{kEspRefused, "esp_refused", "ESP packets came, but none that the kernel would take",
               "They fail the check of integrity or replay: something on the path changes "
               "packets, or both ends disagree on the algorithm (old Android: SHA2-256 cut to 96 "
               "bits)."},
    ReasonText{kNoTunnel, "no_l2tp", "the SAs work, but the client asked for no tunnel in them",
               "The client's L2TP service does not run, or sends to another port than UDP 1701."},
    ReasonText{kClearText, "clear_text", "L2TP without IPsec came from this address",
               "Set the client to L2TP over IPsec. If it is, its IPsec service did not start "
               "(Windows: IKE and AuthIP IPsec Keying Modules), or it gave up on IKE before."},
    ReasonText{kTunnelRefused, "tunnel_refused", "we refused the tunnel",
               "The Result Code has the cause: limits, tunnel secret, or a peer that breaks the "
               "protocol."},
    ReasonText{kTunnelUnanswered, "l2tp_unanswered",
               "the client does not acknowledge our L2TP messages",
               "Our packets do not reach it: a firewall on the client, or a NAT that forgot the "
               "mapping."},
    ReasonText{kTunnelUnfinished, "l2tp_unfinished",
               "the client left the set-up of L2TP unfinished",
               "Look at the client's log; it may want a tunnel secret or refuse our answer."},
    ReasonText{kTunnelEnded, "l2tp_ended", "the client ended the tunnel before a session was up",
               "The Result Code has the client's reason; look at its log."},
    ReasonText{kPppUnanswered, "ppp_unanswered", "the client stopped answering PPP",
               "Data packets do not get through though control messages do: the MTU of the path "
               "(lower ppp.mtu), or a firewall on the client."},
    ReasonText{kPppNotConverging, "ppp_not_converging", "PPP did not agree on its options",
               "Client and server insist on different options: see the detail."},
    ReasonText{kUnknownUser, "unknown_user", "there is no such user",
               "Add the user, or correct the name on the client (a domain is part of it)."},
    ReasonText{kWrongPassword, "wrong_password", "wrong password",
               "Type the password anew on the client, or set a new one for the user."},
    ReasonText{kPasswordHashOnly, "password_hash_only",
               "CHAP needs the password itself, and only its NT hash is known",
               "Let the client use MS-CHAPv2, or store the user's password."},
    ReasonText{kTooManyWrongLogins, "too_many_wrong_logins", "too many wrong logins at once",
               "Somebody guesses at passwords, and this one came in between: see login_refused in "
               "the log for who it is."},
    ReasonText{kMethodRefused, "method_refused",
               "the client refuses every authentication method that we allow",
               "Tick MS-CHAP v2 on the client, or allow its method in ppp.auth."},
    ReasonText{kNoAddress, "no_address", "there is no address for the user",
               "Enlarge the pool, end stale sessions, or give the user an address that is free."},
    ReasonText{kNetworkRefused, "network_refused", "no network protocol was agreed on",
               "session_end in the log says which and who refused. A client must ask for IPv4 "
               "(Windows: Internet Protocol Version 4 ticked); IPv6 needs a free prefix in the "
               "pool and packets of 1280 octets."},
    ReasonText{kPeerHungUp, "client_hung_up", "the client hung up",
               "Look at the client's log: the user cancelled, or the client refused what we "
               "offered."},
    ReasonText{kServerFault, "server_fault", "this server could not set the session up",
               "See the errors in the journal at the same time."},
    ReasonText{kDisconnected, "disconnected", "the session was ended from here",
               "An operator or the daemon's own end did it."},
};

/// Both tables are in the order of their enums.
template <typename Table, typename Key>
constexpr const auto& Row(const Table& table, Key key) {
  return table.at(static_cast<size_t>(key));
}

constexpr bool InOrder() {
  for (size_t i = 0; i < kStages.size(); ++i) {
    if (static_cast<size_t>(kStages.at(i).stage) != i) return false;
  }
  for (size_t i = 0; i < kReasons.size(); ++i) {
    if (static_cast<size_t>(kReasons.at(i).reason) != i) return false;
  }
  return kReasons.size() == static_cast<size_t>(kDisconnected) + 1;
}
static_assert(InOrder());

}  // namespace

std::string_view ToString(AttemptStage stage) { return Row(kStages, stage).word; }
std::string_view Title(AttemptStage stage) { return Row(kStages, stage).title; }
std::string_view ToString(AttemptReason reason) { return Row(kReasons, reason).word; }
std::vector<std::string_view> AttemptReasonWords() {
  std::vector<std::string_view> words;
  words.reserve(std::size(kReasons));
  for (const ReasonText& reason : kReasons) words.push_back(reason.word);
  return words;
}
std::string_view Title(AttemptReason reason) { return Row(kReasons, reason).title; }
std::string_view Hint(AttemptReason reason) { return Row(kReasons, reason).hint; }

}  // namespace sallyport::daemon
