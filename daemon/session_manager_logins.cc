// SPDX-License-Identifier: GPL-2.0-or-later
// How a session's logins are decided: by AccessControl, no faster than LoginDelay lets guesses be
// made, and told to PPP when their time has come.
#include <fmt/format.h>
#include <utility>
#include <variant>

#include "base/text.h"
#include "daemon/config_keys.h"
#include "daemon/session_manager.h"

namespace sallyport::daemon {

void SessionManager::SetLimits(ClientSession& session, const SessionLimits& limits) {
  index_.ChangeLimit(session.limits.idle, limits.idle);
  session.limits = limits;
}

void SessionManager::SetUser(ClientSession& session, const ppp::Authenticate& request) {
  session.user = PrintableText(request.user);
  session.method = request.method;
  session.eap_method = request.eap_method;
}

void SessionManager::Decide(ClientSession& session, const ppp::Authenticate& request) {
  if (request.again) return DecideAgain(session, request);
  // With a lease LCP was renegotiated: the session is its user's whoever else tries.
  if (!session.lease) SetUser(session, request);
  const auto delay = Admit(session, request);
  if (!delay) return;
  auto verdict = access_.Decide(request, session.lease);
  if (!verdict) return Refuse(session, request, verdict.error(), *delay);
  SetUser(session, request);
  session.lease = verdict->lease;
  SetLimits(session, verdict->limits);
  // Not when asked again, or whoever guesses at the password of a user who is here would be
  // forgiven each time.
  delay_.Accepted(aaa::BareName(request.user, logins_.names));
  Accept(session, verdict->answer, *delay);
  RequestInterface(session);
}

/// Of one who has logged in before (RFC 1994 §2): the addresses stay. There is no delay, or others
/// who guess at the user's password could end the session; one wrong answer does that anyway.
void SessionManager::DecideAgain(ClientSession& session, const ppp::Authenticate& request) {
  if (PrintableText(request.user) != session.user) {
    // No guess: it would be held against the user whose name it is.
    const AccessDenied denied{.log_text = fmt::format("the session is that of {}", session.user),
                              .answer = {}};
    return Refuse(session, request, denied, Duration::zero());
  }
  auto verdict = access_.DecideAgain(request);
  if (!verdict) return Refuse(session, request, verdict.error(), Duration::zero());
  Accept(session, *verdict, Duration::zero());
}

/// How long the answer has to wait. Nothing: it is a refusal, without a look at the password.
std::optional<Duration> SessionManager::Admit(ClientSession& session,
                                              const ppp::Authenticate& request) {
  const auto name = aaa::BareName(request.user, logins_.names);
  const auto delay = delay_.Admit(name, session.peer.address, loop_.Now());
  if (delay) return delay;
  const AccessDenied denied{.log_text = "too many wrong logins at once",
                            .answer = {.message = "Authentication failed", .may_retry = false},
                            .reason = AttemptReason::kTooManyWrongLogins};
  Refuse(session, request, denied, logins_.delay.longest);
  return {};
}

void SessionManager::Refuse(ClientSession& session, const ppp::Authenticate& request,
                            const AccessDenied& denied, Duration delay) {
  ++authentication_.rejected;
  Publish("login.refused", session, {{"reason", std::string(ToString(denied.reason))}});
  if (denied.guessed) {
    delay_.Refused(aaa::BareName(request.user, logins_.names), session.peer.address, loop_.Now());
  }
  refused_log_.LogWarning(
      "login_refused",
      fmt::format("session {}: login of {} from {} refused ({}): {}", session.id,
                  request.user.empty() ? "-" : PrintableText(request.user), session.peer.ToString(),
                  ToString(request.method, request.eap_method), denied.log_text),
      loop_.Now(), LogFieldsOf(session));
  session.refusal = denied;
  Tell(session.key, denied.answer, delay);
}

void SessionManager::Accept(ClientSession& session, const ppp::AuthAccepted& answer,
                            Duration delay) {
  ++authentication_.accepted;
  session.refusal.reset();
  Tell(session.key, answer, delay);
}

/// Not inside the engine's own call, even without a delay: the answer comes as a command of its
/// own. Run(), which has called, sets the timer.
void SessionManager::Tell(const SessionKey& key, ppp::Command verdict, Duration delay) {
  verdicts_.insert_or_assign(key, std::move(verdict));
  verdicts_due_.Set(key, loop_.Now() + delay);
  if (delay == Duration::zero()) loop_.Defer([this] { RunTimers(); });
}

/// Not of a client that is challenged again, which may be before it is up.
void SessionManager::FinishLogin(const SessionKey& key, const ppp::Command& verdict) {
  if (!std::holds_alternative<ppp::AuthAccepted>(verdict)) return;
  ClientSession* session = Find(key);
  if (session == nullptr || PhaseOf(key) != ppp::Phase::kAuthenticate) return;
  FinishPhase(*session, SetupPhase::kAuth);
}

}  // namespace sallyport::daemon
