// SPDX-License-Identifier: GPL-2.0-or-later
// What became of a client that did not get in, in words that are the same in the journal, the API
// and on the terminal. docs/status-api.md lists the words.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace sallyport::daemon {

/// The layer in which an attempt ended, in the order of a login.
enum class AttemptStage : uint8_t {
  kIke,                // main mode up to the key exchange (IKEv2: IKE_SA_INIT)
  kIkeAuthentication,  // the rest of main mode (IKEv2: IKE_AUTH)
  kQuickMode,          // the SAs for ESP
  kL2tp,               // SCCRQ to ICCN
  kLcp,
  kAuthentication,  // PAP, CHAP, MS-CHAPv2
  kIpcp,
};
/// One word for the API: "ike", "quick_mode"...
std::string_view ToString(AttemptStage stage);
/// For people: "IKE main mode", "quick mode"...
std::string_view Title(AttemptStage stage);

enum class AttemptReason : uint8_t {
  // IKE
  kNoIkeProposal,
  kNoConnection,
  kIkeVersion,
  kAggressiveMode,
  kTooManyHalfOpen,
  kIkeUnanswered,
  kPort4500Blocked,
  kIkeFragmentsLost,
  kNoKey,
  kWrongKey,
  kUnknownIdentity,
  kIkeMethod,
  kCertificateTime,
  kCertificateIssuer,
  kCertificateRevoked,
  kCertificateRefused,
  kOurCertificateRefused,
  kNoEspProposal,
  kTrafficSelectors,
  kNoQuickMode,
  kSaNotInstalled,
  kIkeEnded,
  // L2TP
  kSaUnused,
  kEspBlocked,
  kEspRefused,
  kNoTunnel,
  kClearText,
  kTunnelRefused,
  kTunnelUnanswered,
  kTunnelUnfinished,
  kTunnelEnded,
  // PPP
  kPppUnanswered,
  kPppNotConverging,
  kUnknownUser,
  kWrongPassword,
  kPasswordHashOnly,
  kTooManyWrongLogins,
  kMethodRefused,
  kNoAddress,
  kNetworkRefused,
  kPeerHungUp,
  kServerFault,
  kDisconnected,
};
/// One word for the API and the journal: "no_ike_proposal", "wrong_password"...
std::string_view ToString(AttemptReason reason);
/// Of all reasons.
std::vector<std::string_view> AttemptReasonWords();
/// For people, one clause.
std::string_view Title(AttemptReason reason);
/// What the operator can do, whatever the IKE daemon is, in one or two sentences; never empty.
std::string_view Hint(AttemptReason reason);

/// One attempt that came to nothing. Texts are printable (base/text.h).
struct FailedAttempt {
  IpEndpoint peer;       // port 0: not known
  std::string identity;  // of IKE; empty: not told
  std::string user;      // of PPP; empty: not told
  AttemptStage stage = AttemptStage::kIke;
  AttemptReason reason = AttemptReason::kIkeEnded;
  std::string detail;  // facts of this case; empty: none
  std::string hint{};  // what the operator can do with this very IKE daemon; empty: Hint()
  std::vector<std::string> steps;  // what went before, in order, a clause each
  bool operator==(const FailedAttempt&) const = default;
};

/// The same of one attempt.
inline std::string_view HintOf(const FailedAttempt& attempt) {
  if (attempt.hint.empty()) {
    return Hint(attempt.reason);
  }
  return attempt.hint;
}

}  // namespace sallyport::daemon
