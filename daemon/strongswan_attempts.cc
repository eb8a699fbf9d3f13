// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_attempts.h"

#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "base/text.h"
#include "daemon/strongswan_config.h"

namespace sallyport::daemon {
namespace {

using vici::LogFact;
using vici::LogReading;

/// Octets of a list of proposals; a client may offer hundreds. Local policy.
constexpr size_t kProposalsLimit = 600;
constexpr size_t kMaxSteps = 16;  // local policy
/// charon's name for an IKE SA that has chosen no configuration yet.
constexpr std::string_view kUnnamed = "(unnamed)";

/// RFC 2408 §2.5.1; RFC 3947 §4 has what follows the NAT detection leave it.
constexpr uint16_t kIkePort = 500;

bool IsOurs(std::string_view connection) {
  if (connection.empty() || connection == kUnnamed) return true;
  return IsOurName(connection) && !DialOfConnection(connection);
}

uint16_t PortOf(std::string_view text) {
  uint16_t port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port;
}

void AddStep(std::vector<std::string>& steps, std::string text) {
  if (steps.size() < kMaxSteps) steps.push_back(std::move(text));
}

std::string ProposalsText(std::string_view text) { return PrintableText(text, kProposalsLimit); }

}  // namespace

void StrongswanAttempts::Reset() {
  exchanges_.clear();
  at_once_.clear();
  deadlines_ = {};
}

StrongswanAttempts::Exchange& StrongswanAttempts::Learn(vici::IkeUniqueId ike) {
  if (!exchanges_.contains(ike) && exchanges_.size() >= kMaxExchanges) {
    // charon counts up, so this is the oldest.
    deadlines_.Set(exchanges_.begin()->first, std::nullopt);
    exchanges_.erase(exchanges_.begin());
  }
  return exchanges_[ike];
}

void StrongswanAttempts::HandleLog(const vici::LogEvent& line, TimePoint now) {
  const auto reading = vici::ReadLogLine(line.group, line.text);
  if (!reading) return;
  if (!line.ike) {
    const auto address = IpAddress::Parse(reading->captures[0]);
    if (reading->fact != LogFact::kHalfOpenLimit || !address) return;
    at_once_.push_back({.peer = {.address = *address, .port = 0},
                        .identity = {},
                        .user = {},
                        .stage = AttemptStage::kIke,
                        .reason = AttemptReason::kTooManyHalfOpen,
                        .detail = PrintableText(line.text),
                        .hint = std::string(HintForAttempt(AttemptReason::kTooManyHalfOpen)),
                        .steps = {}});
    deadlines_.Set(vici::IkeUniqueId(), now);
    return;
  }
  Exchange& exchange = Learn(*line.ike);
  if (!IsOurs(line.connection) || reading->fact == LogFact::kInitiating) exchange.not_ours = true;
  Note(exchange, *reading);
  Schedule(*line.ike, exchange, now);
}

void StrongswanAttempts::HandleAlert(const vici::AlertEvent& alert, TimePoint now) {
  const auto fact = vici::FactOfAlert(alert.type);
  if (!fact || !alert.ike) return;
  Exchange& exchange = Learn(alert.ike->unique_id);
  if (!IsOurs(alert.ike->connection)) exchange.not_ours = true;
  if (!exchange.peer.address) exchange.peer = alert.ike->remote.endpoint;
  Note(exchange, {.fact = *fact, .captures = {}});
  Schedule(alert.ike->unique_id, exchange, now);
}

void StrongswanAttempts::HandleEnded(vici::IkeUniqueId ike, const IpEndpoint& peer,
                                     std::string_view identity, std::string_view reason,
                                     TimePoint now) {
  Exchange& exchange = Learn(ike);
  if (!exchange.peer.address) exchange.peer = peer;
  if (exchange.identity.empty()) exchange.identity = identity;
  const bool explained = exchange.reason.has_value();
  if (exchange.established) BlameDeparture(exchange);
  Blame(exchange, AttemptReason::kIkeEnded, std::string(reason));
  // Events and lines of the log come by connections of their own: the line that says why may come
  // after the end.
  exchange.guessed = !explained;
  Schedule(ike, exchange, now);
}

// ---- What a line says -------------------------------------------------------------------------

void StrongswanAttempts::Note(Exchange& exchange, const LogReading& reading) {
  NoteProgress(exchange, reading);
  NoteFault(exchange, reading);
}

void StrongswanAttempts::NotePacket(Exchange& exchange, const LogReading& reading) {
  const auto address = IpAddress::Parse(reading.captures[0]);
  if (!address) return;
  exchange.peer = {.address = *address, .port = PortOf(reading.captures[1])};
  const uint16_t port = PortOf(reading.captures[3]);
  if (port != kIkePort && !exchange.on_port_4500) {
    exchange.on_port_4500 = true;
    AddStep(exchange.steps,
            fmt::format("it came on UDP {} (from port {})", port, exchange.peer.port));
  }
}

void StrongswanAttempts::NotePayloads(Exchange& exchange, const LogReading& reading) {
  const std::string_view kind = reading.captures[0];
  const std::string payloads = fmt::format(" {} ", reading.captures[2]);
  if (kind == "IKE_SA_INIT") exchange.ikev2 = true;
  if (payloads.find(" KE ") != std::string::npos) exchange.key_exchange = true;
  exchange.fragments = false;
  if (kind != "QUICK_MODE" || exchange.quick_mode_id == reading.captures[1]) return;
  exchange.quick_mode_id = reading.captures[1];
  // Another try for an SA on the same IKE SA is another attempt.
  exchange.reported = false;
  exchange.reason.reset();
}

void StrongswanAttempts::NoteProgress(Exchange& exchange, const LogReading& reading) {
  const auto& captures = reading.captures;
  const auto step = [&](std::string text) { AddStep(exchange.steps, std::move(text)); };
  switch (reading.fact) {
    case LogFact::kReceived:
      return NotePacket(exchange, reading);
    case LogFact::kPayloads:
      return NotePayloads(exchange, reading);
    case LogFact::kBegun:
      return step("it began IKEv1 main mode");
    case LogFact::kBegunAggressive:
      exchange.aggressive = true;
      return step("it began IKEv1 aggressive mode");
    case LogFact::kBegunIkev2:
      exchange.ikev2 = true;
      return step("it began IKEv2");
    case LogFact::kOffered:
      exchange.offered = ProposalsText(captures[0]);
      return;
    case LogFact::kAccepts:
      exchange.accepted = ProposalsText(captures[0]);
      return;
    case LogFact::kSelected:
      return step("agreed on " + PrintableText(captures[0]));
    case LogFact::kPeerBehindNat:
      exchange.behind_nat = true;
      return step("it is behind NAT");
    case LogFact::kLookingFor:
      exchange.method = PrintableText(captures[0]);
      exchange.identity = PrintableText(captures[2]);
      return step(fmt::format("it calls itself {} ({})", exchange.identity, exchange.method));
    case LogFact::kFragment:
      exchange.fragments = true;
      return;
    case LogFact::kFragmentsComplete:
      exchange.fragments = false;
      return;
    case LogFact::kPeerCertificate:
      exchange.certificate = true;
      return step("it sent the certificate of " + PrintableText(captures[0]));
    case LogFact::kAuthenticated:
      exchange.reason.reset();  // of an alternative that did not fit
      return step("it proved to be " + PrintableText(captures[0]));
    case LogFact::kEstablished:
      exchange.established = true;
      exchange.reason.reset();
      return step("the IKE SA was established");
    case LogFact::kChildEstablished:
    case LogFact::kAdopted:
      exchange.has_child = true;
      exchange.reason.reset();
      return;
    case LogFact::kErrorNotify:
      exchange.notify = PrintableText(captures[0]);
      return step("it sent " + exchange.notify);
    default:  // a fault, or of no interest here
      return;
  }
}

void StrongswanAttempts::NoteFault(Exchange& exchange, const LogReading& reading) {
  using enum AttemptReason;
  const auto& captures = reading.captures;
  const auto blame = [&](AttemptReason reason, std::string detail) {
    Blame(exchange, reason, std::move(detail));
  };
  const auto proposals = [&] {
    if (exchange.offered.empty()) return std::string();
    return fmt::format("the client offers {}; we accept {}", exchange.offered, exchange.accepted);
  };
  const auto either = [&](AttemptReason reason) {
    return exchange.aggressive ? kAggressiveMode : reason;
  };
  switch (reading.fact) {
    case LogFact::kNoIkeProposal:
      return blame(kNoIkeProposal, proposals());
    case LogFact::kNoConnection:
      return blame(exchange.ikev2 ? kIkeVersion : kNoConnection, PrintableText(captures[0]));
    case LogFact::kAggressiveRefused:
      return blame(kAggressiveMode, {});
    case LogFact::kMethodNotAllowed:
      return blame(either(kIkeMethod), "it wants " + PrintableText(captures[1]));
    case LogFact::kNoPeerConfig:
      return blame(either(kUnknownIdentity),
                   exchange.method.empty()
                       ? std::string()
                       : fmt::format("{}, {}", exchange.identity, exchange.method));
    case LogFact::kNoKey:
      return blame(kNoKey, PrintableText(captures[0]));
    case LogFact::kUndecryptable:
      // RFC 2409 §5.4: the keys of a main mode with a pre-shared key are made of it.
      if (!exchange.established && exchange.key_exchange) blame(kWrongKey, {});
      return;
    case LogFact::kMacMismatch:
      return blame(kWrongKey, PrintableText(captures[2]));
    case LogFact::kPrivateKeyMissing:
      return blame(kIkeEnded, "we have no private key for " + PrintableText(captures[0]));
    case LogFact::kNoEspProposal:
      return blame(exchange.established ? kNoEspProposal : kNoIkeProposal, proposals());
    case LogFact::kNoTrafficSelectors:
      return blame(kTrafficSelectors,
                   fmt::format("it asks for {} === {}", PrintableText(captures[0]),
                               PrintableText(captures[1])));
    case LogFact::kNetlinkError:
    case LogFact::kNotInstalled:
      return blame(kSaNotInstalled, PrintableText(captures[0]));
    case LogFact::kPeerDeleted:
      return BlameDeparture(exchange);
    case LogFact::kHalfOpenTimeout:
      return BlameSilence(exchange);
    default:
      return NoteCertificateFault(exchange, reading);
  }
}

void StrongswanAttempts::NoteCertificateFault(Exchange& exchange, const LogReading& reading) {
  using enum AttemptReason;
  const auto& captures = reading.captures;
  const auto blame = [&](AttemptReason reason, std::string detail) {
    Blame(exchange, reason, std::move(detail));
  };
  switch (reading.fact) {
    case LogFact::kNoIssuer:
      return blame(kCertificateIssuer, PrintableText(captures[0]));
    case LogFact::kIssuerIs:
      if (exchange.reason == kCertificateIssuer) {
        exchange.detail += ", issuer " + PrintableText(captures[0]);
      }
      return;
    case LogFact::kCertificateNotValid:
      return blame(
          kCertificateTime,
          fmt::format("the {} certificate is valid from {} to {}", PrintableText(captures[0]),
                      PrintableText(captures[1]), PrintableText(captures[2])));
    case LogFact::kCertificateRevoked:
      return blame(kCertificateRevoked, "since " + PrintableText(captures[0]));
    case LogFact::kNoTrustedKey:
      return blame(kCertificateRefused, PrintableText(captures[1]));
    case LogFact::kSignatureInvalid:
      return blame(kCertificateRefused, "the signature is wrong");
    case LogFact::kConstraintFailed:
      return blame(kCertificateRefused, PrintableText(captures[0]));
    default:  // no fault
      return;
  }
}

void StrongswanAttempts::Blame(Exchange& exchange, AttemptReason reason, std::string detail) {
  const bool explained = exchange.reason && !exchange.guessed;
  if (explained || exchange.reported || exchange.has_child) return;
  exchange.guessed = false;
  exchange.reason = reason;
  exchange.detail = std::move(detail);
}

void StrongswanAttempts::BlameSilence(Exchange& exchange) {
  using enum AttemptReason;
  if (exchange.established) return;
  if (exchange.fragments) return Blame(exchange, kIkeFragmentsLost, {});
  if (exchange.behind_nat && exchange.key_exchange && !exchange.on_port_4500) {
    return Blame(exchange, kPort4500Blocked,
                 "main mode went well on UDP 500 up to the key exchange; the next message, which "
                 "the client sends to UDP 4500, never came");
  }
  Blame(exchange, kIkeUnanswered,
        exchange.key_exchange ? "after the key exchange" : "after our answer to its first message");
}

void StrongswanAttempts::BlameDeparture(Exchange& exchange) {
  using enum AttemptReason;
  if (!exchange.established) return;
  const std::string detail = exchange.notify.empty() ? std::string() : "it says " + exchange.notify;
  Blame(exchange, exchange.certificate ? kOurCertificateRefused : kNoQuickMode, detail);
}

// ---- The end of an exchange -------------------------------------------------------------------

void StrongswanAttempts::Schedule(vici::IkeUniqueId ike, const Exchange& exchange, TimePoint now) {
  auto wait = kForget;
  if (exchange.reason && !exchange.reported) {
    wait = kSettle;
  } else if (exchange.established && !exchange.has_child && !exchange.reported) {
    wait = kQuickModeLimit;
  }
  deadlines_.Set(ike, now + wait);
}

AttemptStage StrongswanAttempts::StageOf(const Exchange& exchange) {
  if (exchange.established) return AttemptStage::kQuickMode;
  switch (*exchange.reason) {
    case AttemptReason::kNoKey:
    case AttemptReason::kWrongKey:
    case AttemptReason::kIkeFragmentsLost:
    case AttemptReason::kUnknownIdentity:
    case AttemptReason::kIkeMethod:
    case AttemptReason::kCertificateTime:
    case AttemptReason::kCertificateIssuer:
    case AttemptReason::kCertificateRevoked:
    case AttemptReason::kCertificateRefused:
      return AttemptStage::kIkeAuthentication;
    default:
      return AttemptStage::kIke;
  }
}

FailedAttempt StrongswanAttempts::Report(Exchange& exchange) {
  exchange.reported = true;
  return {.peer = exchange.peer,
          .identity = exchange.identity,
          .user = {},
          .stage = StageOf(exchange),
          .reason = *exchange.reason,
          .detail = exchange.detail,
          .hint = std::string(HintForAttempt(*exchange.reason)),
          .steps = exchange.steps};
}

void StrongswanAttempts::HandleTimeout(TimePoint now, std::vector<FailedAttempt>& out) {
  while (const auto ike = deadlines_.TakeExpired(now)) {
    out.insert(out.end(), std::make_move_iterator(at_once_.begin()),
               std::make_move_iterator(at_once_.end()));
    at_once_.clear();
    const auto found = exchanges_.find(*ike);
    if (found == exchanges_.end()) continue;
    Exchange& exchange = found->second;
    const bool waits = exchange.established && !exchange.has_child && !exchange.reported;
    if (!exchange.reason && waits) BlameDeparture(exchange);
    if (!exchange.reason || exchange.reported || exchange.not_ours || !exchange.peer.address) {
      exchanges_.erase(found);
      continue;
    }
    out.push_back(Report(exchange));
    Schedule(*ike, exchange, now);
  }
}

}  // namespace sallyport::daemon
