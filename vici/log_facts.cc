// SPDX-License-Identifier: GPL-2.0-or-later
#include "vici/log_facts.h"

#include <charconv>

namespace sallyport::vici {
namespace {

/// A line that tells something. Each "*" of the pattern stands for any text, as little as will do,
/// and is captured.
struct Row {
  std::string_view group;
  std::string_view pattern;
  LogFact fact;
};

// Texts: strongSwan 5.9.8 (src/libcharon, src/libstrongswan), compared with 6.0; where a version
// has another wording there is a row for each. The first row that matches counts.
constexpr Row kRows[] = {
    {"NET", "received packet: from *[*] to *[*] (", LogFact::kReceived},
    {"ENC", "parsed * request * [ * ]", LogFact::kPayloads},
    {"IKE", "* is initiating a Main Mode IKE_SA", LogFact::kBegun},
    {"IKE", "* is initiating a Aggressive Mode IKE_SA", LogFact::kBegunAggressive},
    {"IKE", "* is initiating an Aggressive Mode IKE_SA", LogFact::kBegunAggressive},
    {"IKE", "* is initiating an IKE_SA", LogFact::kBegunIkev2},
    {"IKE", "initiating * IKE_SA ", LogFact::kInitiating},
    {"IKE", "initiating IKE_SA ", LogFact::kInitiating},
    {"CFG", "received proposals: *", LogFact::kOffered},
    {"CFG", "configured proposals: *", LogFact::kAccepts},
    {"CFG", "selected proposal: *", LogFact::kSelected},
    {"IKE", "no proposal found", LogFact::kNoIkeProposal},
    {"IKE", "received proposals unacceptable", LogFact::kNoIkeProposal},
    {"IKE", "received proposals inacceptable", LogFact::kNoIkeProposal},
    {"IKE", "no IKE config found for *, sending ", LogFact::kNoConnection},
    {"IKE", "remote host is behind NAT", LogFact::kPeerBehindNat},
    {"CFG", "looking for * peer configs matching *[*]", LogFact::kLookingFor},
    {"IKE", "no peer config found", LogFact::kNoPeerConfig},
    {"CFG", "no matching peer config found", LogFact::kNoPeerConfig},
    {"IKE", "found * matching config, but none allows * authentication using * Mode",
     LogFact::kMethodNotAllowed},
    {"IKE", "found * matching configs, but none allows * authentication using * Mode",
     LogFact::kMethodNotAllowed},
    {"IKE", "Aggressive Mode PSK disabled for security reasons", LogFact::kAggressiveRefused},
    {"IKE", "no shared key found for *", LogFact::kNoKey},
    {"ENC", "invalid * payload length, decryption failed?", LogFact::kUndecryptable},
    {"ENC", "could not decrypt payloads", LogFact::kUndecryptable},
    {"ENC", "received fragment #*, waiting for complete IKE message", LogFact::kFragment},
    {"ENC", "received fragment #*, reassembled fragmented IKE message*",
     LogFact::kFragmentsComplete},
    {"IKE", "received end entity cert \"*\"", LogFact::kPeerCertificate},
    {"CFG", "no issuer certificate found for \"*\"", LogFact::kNoIssuer},
    {"CFG", "self-signed certificate \"*\" is not trusted", LogFact::kNoIssuer},
    {"CFG", "  issuer is \"*\"", LogFact::kIssuerIs},
    {"CFG", "* certificate invalid (valid from * to *)", LogFact::kCertificateNotValid},
    {"CFG", "certificate was revoked on *,", LogFact::kCertificateRevoked},
    {"IKE", "no trusted * public key found for '*'", LogFact::kNoTrustedKey},
    {"IKE", "signature validation failed, *", LogFact::kSignatureInvalid},
    {"IKE", "tried * shared key* for *, but MAC mismatched", LogFact::kMacMismatch},
    {"CFG", "constraint check failed: *", LogFact::kConstraintFailed},
    {"IKE", "authentication of '*' with * successful", LogFact::kAuthenticated},
    {"IKE", "IKE_SA * established between ", LogFact::kEstablished},
    {"IKE", "detected reauth of existing IKE_SA, adopting * children", LogFact::kAdopted},
    {"IKE", "no matching proposal found", LogFact::kNoEspProposal},
    {"IKE", "no acceptable proposal found", LogFact::kNoEspProposal},
    {"IKE", "no matching CHILD_SA config found for * === *", LogFact::kNoTrafficSelectors},
    {"IKE", "traffic selectors * === * unacceptable", LogFact::kNoTrafficSelectors},
    {"IKE", "traffic selectors * === * inacceptable", LogFact::kNoTrafficSelectors},
    {"IKE", "unable to install * IPsec SA (SAD) in kernel", LogFact::kNotInstalled},
    {"KNL", "received netlink error: *", LogFact::kNetlinkError},
    {"IKE", "CHILD_SA * established with SPIs ", LogFact::kChildEstablished},
    {"IKE", "received * error notify", LogFact::kErrorNotify},
    {"IKE", "received DELETE for IKE_SA *", LogFact::kPeerDeleted},
    {"JOB", "deleting half open IKE_SA with * after timeout", LogFact::kHalfOpenTimeout},
    {"NET", "ignoring IKE_SA setup from *, ", LogFact::kHalfOpenLimit},
    {"IKE", "no private key found for '*'", LogFact::kPrivateKeyMissing},
};

struct Alert {
  std::string_view type;
  LogFact fact;
};
// vici_alert.c (6.0.3). Those that say no more than a log line that comes with them are left out.
constexpr Alert kAlerts[] = {
    {"proposal-mismatch-ike", LogFact::kNoIkeProposal},
    {"proposal-mismatch-child", LogFact::kNoEspProposal},
    {"ts-mismatch", LogFact::kNoTrafficSelectors},
    {"install-child-sa-failed", LogFact::kNotInstalled},
    {"half-open-timeout", LogFact::kHalfOpenTimeout},
};

/// `text` against `pattern`. Behind a pattern that does not end in "*" more text may follow.
bool Match(std::string_view text, std::string_view pattern,
           std::array<std::string_view, 4>& captures) {
  size_t captured = 0;
  while (!pattern.empty()) {
    const size_t star = pattern.find('*');
    const std::string_view literal = pattern.substr(0, star);
    if (!text.starts_with(literal)) return false;
    text.remove_prefix(literal.size());
    if (star == std::string_view::npos) return true;
    pattern.remove_prefix(star + 1);
    const std::string_view next = pattern.substr(0, pattern.find('*'));
    const size_t end = next.empty() ? text.size() : text.find(next);
    if (end == std::string_view::npos) return false;
    if (captured < captures.size()) captures.at(captured++) = text.substr(0, end);
    text.remove_prefix(end);
  }
  return true;
}

}  // namespace

std::optional<LogEvent> ParseLogEvent(const Message& message) {
  const auto text = message.Value("msg");
  if (!text) return {};
  LogEvent event;
  event.text = *text;
  event.group = message.Value("group").value_or("");
  event.connection = message.Value("ikesa-name").value_or("");
  if (const auto number = message.Value("ikesa-uniqueid")) {
    uint32_t value = 0;
    const char* const end = number->data() + number->size();
    const auto [stop, error] = std::from_chars(number->data(), end, value);
    if (error == std::errc() && stop == end) event.ike = IkeUniqueId(value);
  }
  return event;
}

std::optional<LogReading> ReadLogLine(std::string_view group, std::string_view text) {
  for (const Row& row : kRows) {
    if (row.group != group) continue;
    LogReading reading{.fact = row.fact, .captures = {}};
    if (Match(text, row.pattern, reading.captures)) return reading;
  }
  return {};
}

std::optional<LogFact> FactOfAlert(std::string_view type) {
  for (const Alert& alert : kAlerts) {
    if (alert.type == type) return alert.fact;
  }
  return {};
}

}  // namespace sallyport::vici
