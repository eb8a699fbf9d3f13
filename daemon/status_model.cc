// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/status_model.h"

#include "base/text.h"

namespace sallyport::daemon {

std::string_view ToString(DaemonState state) {
  switch (state) {
    case DaemonState::kRunning:
      return "running";
    case DaemonState::kDraining:
      return "draining";
    case DaemonState::kStopping:
      return "stopping";
  }
  return "";
}

std::string_view ToString(SessionState state) {
  switch (state) {
    case SessionState::kStarting:
      return "starting";
    case SessionState::kUp:
      return "up";
    case SessionState::kClosing:
      return "closing";
  }
  return "";
}

std::optional<SessionState> ParseSessionState(std::string_view text) {
  for (const auto state : {SessionState::kStarting, SessionState::kUp, SessionState::kClosing}) {
    if (text == ToString(state)) return state;
  }
  return {};
}

std::string_view ToString(TunnelState state) {
  switch (state) {
    case TunnelState::kStarting:
      return "starting";
    case TunnelState::kUp:
      return "up";
    case TunnelState::kClosing:
      return "closing";
  }
  return "";
}

std::string_view ToString(Encapsulation encapsulation) {
  switch (encapsulation) {
    case Encapsulation::kNone:
      return "none";
    case Encapsulation::kUdp:
      return "udp";
  }
  return "";
}

bool NamesUser(std::string_view shown, std::string_view asked) {
  return shown == asked || shown == PrintableText(asked);
}

namespace {

/// Whether `range` has the session's address, or one of its prefixes at least in part.
bool IsWithin(const IpPrefix& range, const SessionFacts& session) {
  if (session.address && range.Contains(*session.address)) return true;
  const auto overlaps = [&range](const std::optional<IpPrefix>& prefix) {
    return prefix && (range.Contains(prefix->address) || prefix->Contains(range.address));
  };
  return overlaps(session.prefix) || overlaps(session.delegated);
}

}  // namespace

SessionFacts FactsOf(const SessionRecord& session) {
  SessionFacts facts{.id = session.id,
                     .user = session.user,
                     .pool = session.pool,
                     .state = session.state,
                     .address = session.address,
                     .prefix = {},
                     .delegated = {},
                     .peer = session.peer.address};
  if (session.ipv6) {
    facts.prefix = session.ipv6->prefix;
    facts.delegated = session.ipv6->delegated;
  }
  return facts;
}

bool SessionFilter::Matches(const SessionFacts& session) const {
  if (id && *id != session.id) return false;
  if (user && (!session.user || !NamesUser(*session.user, *user))) return false;
  if (pool && pool != session.pool) return false;
  if (state && *state != session.state) return false;
  if (address && !IsWithin(*address, session)) return false;
  if (peer && !peer->Contains(session.peer)) return false;
  return true;
}

}  // namespace sallyport::daemon
