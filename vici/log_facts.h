// SPDX-License-Identifier: GPL-2.0-or-later
// What charon's log says about an IKE exchange, line by line. charon has no other account of why an
// exchange failed before strongSwan 6.0.3 (event "alert"), and the alerts tell less. The lines are
// charon's own English text at level 1; a line that a version words differently tells nothing and
// spoils nothing.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vici/events.h"
#include "vici/message.h"

namespace sallyport::vici {

/// The event "log" (vici_logger.c): one line of charon's log.
struct LogEvent {
  std::string group;               // "IKE", "CFG", "ENC", "NET", "JOB"...
  std::optional<IkeUniqueId> ike;  // the exchange that the thread was at work on
  std::string connection;          // "(unnamed)" while none is chosen yet; empty without `ike`
  std::string text;                // any octets
  bool operator==(const LogEvent&) const = default;
};
/// Nothing without a text.
std::optional<LogEvent> ParseLogEvent(const Message& message);

/// Captures are in the order of the row's comment.
enum class LogFact : uint8_t {
  kReceived,             // peer, its port, our address, our port
  kPayloads,             // exchange, payload names: "ID_PROT", "SA V V"
  kBegun,                // peer
  kBegunAggressive,      // peer
  kBegunIkev2,           // peer
  kInitiating,           // ours
  kOffered,              // proposals
  kAccepts,              // proposals
  kSelected,             // proposal
  kNoIkeProposal,        //
  kNoConnection,         // addresses
  kPeerBehindNat,        //
  kLookingFor,           // method, addresses, identity
  kNoPeerConfig,         //
  kMethodNotAllowed,     // method, mode
  kAggressiveRefused,    //
  kNoKey,                // between whom
  kUndecryptable,        //
  kFragment,             // numbers
  kFragmentsComplete,    //
  kPeerCertificate,      // subject
  kNoIssuer,             // subject
  kIssuerIs,             // issuer
  kCertificateNotValid,  // from, to
  kCertificateRevoked,   // when
  kNoTrustedKey,         // identity
  kSignatureInvalid,     //
  kMacMismatch,          //
  kConstraintFailed,     // constraint
  kAuthenticated,        // identity, method
  kEstablished,          // name
  kAdopted,              // number of children
  kNoEspProposal,        //
  kNoTrafficSelectors,   // theirs, ours
  kNotInstalled,         // direction
  kNetlinkError,         // text
  kChildEstablished,     // name
  kErrorNotify,          // notify
  kPeerDeleted,          // name
  kHalfOpenTimeout,      // peer
  kHalfOpenLimit,        // peer
  kPrivateKeyMissing,    // identity
};

struct LogReading {
  LogFact fact;
  std::array<std::string_view, 4> captures;  // borrowed from the event's text
};
/// What a line says, if it is one of those that tell something.
std::optional<LogReading> ReadLogLine(std::string_view group, std::string_view text);

/// The same for the event "alert": its type as a fact, without captures.
std::optional<LogFact> FactOfAlert(std::string_view type);

}  // namespace sallyport::vici
