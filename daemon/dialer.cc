// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/dialer.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"

namespace sallyport::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// An answer may never come. Local policy: getaddrinfo(3) gives up after 30 s by default; charon
// sends main mode's first message for 165 s by default, but who answers does so at once.
constexpr seconds kResolveTimeout{40};
constexpr seconds kSecureTimeout{60};

/// The wait after one more failure: doubled each time, less up to a quarter by chance, so that the
/// clients of a server that comes back do not come at once.
milliseconds NextWait(const Dialer::BackOff& back_off, const DialSettings& settings,
                      const Entropy& entropy) {
  const milliseconds longest = settings.redial_max;
  milliseconds wait = settings.redial;
  for (unsigned i = 0; i < back_off.failures && wait < longest; ++i) wait *= 2;
  wait = std::min(wait, longest);
  const uint32_t chance = uint32_t{entropy[0]} << 8 | entropy[1];  // of 65536
  return wait - wait / 4 * chance / 65536;
}

/// Notes a failure; gives the wait.
milliseconds Note(Dialer::BackOff& back_off, const DialSettings& settings, TimePoint now,
                  const Entropy& entropy) {
  // What held for as long as it was waited for was no part of a row of failures.
  if (back_off.up_since && now - *back_off.up_since >= back_off.wait) back_off.failures = 0;
  back_off.up_since.reset();
  back_off.wait = NextWait(back_off, settings, entropy);
  ++back_off.failures;
  back_off.due = now + back_off.wait;
  return back_off.wait;
}

bool IsDue(const Dialer::BackOff& back_off, TimePoint now) {
  return back_off.due && *back_off.due <= now;
}

void Earliest(std::optional<TimePoint>& earliest, const std::optional<TimePoint>& time) {
  if (time && (!earliest || *time < *earliest)) earliest = time;
}

}  // namespace

std::string_view ToString(DialState state) {
  switch (state) {
    case DialState::kResolving:
      return "resolving";
    case DialState::kSecuring:
      return "securing";
    case DialState::kOpening:
      return "opening";
    case DialState::kCalling:
      return "calling";
    case DialState::kUp:
      return "up";
    case DialState::kWaiting:
      return "waiting";
    case DialState::kStopped:
      return "stopped";
  }
  return {};
}

Dialer::Dialer(const std::vector<DialSettings>& settings) {
  for (const DialSettings& each : settings) {
    Dial dial;
    dial.settings = each;
    dial.calls.resize(each.sessions);
    dials_.push_back(std::move(dial));
  }
}

void Dialer::Start(TimePoint now, const Entropy& entropy, DialActions& out) {
  for (size_t dial = 0; dial < dials_.size(); ++dial) Begin(dial, {now, entropy, out});
}

void Dialer::Stop(TimePoint now) {
  for (Dial& dial : dials_) {
    Enter(dial, DialState::kStopped, now);
    dial.back_off.due.reset();
    for (Call& call : dial.calls) call.back_off.due.reset();
  }
}

void Dialer::Handle(const DialEvent& event, TimePoint now, const Entropy& entropy,
                    DialActions& out) {
  const Turn turn{now, entropy, out};
  std::visit(Overloaded{
                 [&](const ServerResolved& resolved) {
                   if (dials_[resolved.dial].state != DialState::kResolving) return;
                   if (!resolved.address)
                     return Fail(resolved.dial, resolved.address.error(), turn);
                   Reach(resolved.dial, *resolved.address, turn);
                 },
                 [&](const PathSecured& secured) {
                   if (!WantsPath(secured.dial)) return;
                   dials_[secured.dial].server = secured.server;
                   Open(secured.dial, secured.path, secured.local, turn);
                 },
                 [&](const PathLost& lost) {
                   // Later on the tunnel's end tells.
                   if (WantsPath(lost.dial)) Fail(lost.dial, lost.text, turn);
                 },
                 [&](const TunnelNamed& named) {
                   for (Dial& dial : dials_) {
                     if (dial.state == DialState::kOpening && dial.id == named.id) {
                       dial.tunnel = named.tunnel;
                     }
                   }
                 },
                 [&](const TunnelReady& ready) {
                   if (const auto dial = FindTunnel(ready.tunnel)) CallAll(*dial, turn);
                 },
                 [&](const TunnelLost& lost) {
                   if (const auto dial = FindTunnel(lost.tunnel)) Fail(*dial, lost.text, turn);
                 },
                 [&](const SessionNamed& named) {
                   for (Dial& dial : dials_) {
                     for (Call& call : dial.calls) {
                       if (call.state != Call::State::kAsked || call.id != named.id) continue;
                       call.state = Call::State::kNamed;
                       call.key = named.key;
                     }
                   }
                 },
                 [&](const SessionReady& ready) { Ready(ready, turn); },
                 [&](const SessionGone& gone) { Gone(gone, turn); },
                 [&](const AttemptRefused& refused) { Refused(refused, turn); },
             },
             event);
}

void Dialer::HandleTimeout(TimePoint now, const Entropy& entropy, DialActions& out) {
  const Turn turn{now, entropy, out};
  for (size_t dial = 0; dial < dials_.size(); ++dial) {
    if (dials_[dial].deadline && *dials_[dial].deadline <= now) {
      Fail(dial,
           WantsPath(dial) ? "IKE with the server does not come to an end"
                           : "nobody answers for the server's name",
           turn);
    }
    Resume(dial, turn);
  }
}

std::optional<TimePoint> Dialer::NextDeadline() const {
  std::optional<TimePoint> earliest;
  for (const Dial& dial : dials_) {
    Earliest(earliest, dial.deadline);
    // A name that is still in use is waited for by other means.
    const bool leaving = std::any_of(dial.calls.begin(), dial.calls.end(), [](const Call& call) {
      return call.state == Call::State::kLeaving;
    });
    if (!leaving) Earliest(earliest, dial.back_off.due);
    for (const Call& call : dial.calls) Earliest(earliest, call.back_off.due);
  }
  return earliest;
}

// ---- One attempt --------------------------------------------------------------------------------

void Dialer::Begin(size_t index, const Turn& turn) {
  Dial& dial = dials_[index];
  ++dial.attempts;
  dial.back_off.due.reset();
  dial.server = {};
  if (const auto address = IpAddress::Parse(dial.settings.server)) {
    return Reach(index, *address, turn);
  }
  Enter(dial, DialState::kResolving, turn.now);
  dial.deadline = turn.now + kResolveTimeout;
  turn.out.emplace_back(ResolveServer{index});
}

void Dialer::Reach(size_t index, const IpAddress& server, const Turn& turn) {
  Dial& dial = dials_[index];
  dial.server = server;
  if (!dial.settings.ipsec) return Open(index, {}, {}, turn);
  Enter(dial, DialState::kSecuring, turn.now);
  dial.deadline = turn.now + kSecureTimeout;
  turn.out.emplace_back(SecurePath{index, server});
}

void Dialer::Open(size_t index, l2tp::PathId path, const IpAddress& local, const Turn& turn) {
  Dial& dial = dials_[index];
  Enter(dial, DialState::kOpening, turn.now);
  dial.id = NewId();
  dial.tunnel.reset();
  turn.out.emplace_back(DialTunnel{
      .dial = index, .id = dial.id, .path = path, .server = dial.server, .local = local});
}

void Dialer::CallAll(size_t index, const Turn& turn) {
  Dial& dial = dials_[index];
  if (dial.state != DialState::kOpening) return;
  Enter(dial, DialState::kCalling, turn.now);
  for (Call& call : dial.calls) Place(index, call, turn);
}

void Dialer::Place(size_t index, Call& call, const Turn& turn) {
  call.back_off.due.reset();
  call.state = Call::State::kAsked;
  call.id = NewId();
  turn.out.emplace_back(DialCall{.dial = index, .id = call.id, .tunnel = *dials_[index].tunnel});
}

void Dialer::Ready(const SessionReady& ready, const Turn& turn) {
  const auto found = FindCall(ready.key);
  if (!found || found->call->state != Call::State::kNamed) return;
  Dial& dial = dials_[found->dial];
  found->call->state = Call::State::kUp;
  found->call->back_off.up_since = turn.now;
  if (!dial.back_off.up_since) dial.back_off.up_since = turn.now;
  const bool all = std::all_of(dial.calls.begin(), dial.calls.end(),
                               [](const Call& call) { return call.state == Call::State::kUp; });
  if (!all || dial.state != DialState::kCalling) return;
  Enter(dial, DialState::kUp, turn.now);
  turn.out.emplace_back(DialEstablished{found->dial});
}

// ---- Failures -----------------------------------------------------------------------------------

void Dialer::Refused(const AttemptRefused& refused, const Turn& turn) {
  for (size_t index = 0; index < dials_.size(); ++index) {
    Dial& dial = dials_[index];
    if (dial.state == DialState::kOpening && dial.id == refused.id) {
      return Fail(index, refused.text, turn);
    }
    for (Call& call : dial.calls) {
      if (call.state != Call::State::kAsked || call.id != refused.id) continue;
      call.state = Call::State::kIdle;
      return CallFailed(index, call, refused.text, turn);
    }
  }
}

void Dialer::Gone(const SessionGone& gone, const Turn& turn) {
  const auto found = FindCall(gone.key);
  if (!found) return;
  const auto before = std::exchange(found->call->state, Call::State::kIdle);
  if (before == Call::State::kLeaving) return Resume(found->dial, turn);
  CallFailed(found->dial, *found->call, gone.text, turn);
}

void Dialer::CallFailed(size_t index, Call& call, const std::string& text, const Turn& turn) {
  Dial& dial = dials_[index];
  if (dial.state != DialState::kCalling && dial.state != DialState::kUp) return;
  const bool others = std::any_of(dial.calls.begin(), dial.calls.end(), [](const Call& other) {
    return other.state != Call::State::kIdle;
  });
  if (!others) {
    // The dial as a whole begins anew, its sessions with it.
    const l2tp::TunnelId tunnel = *dial.tunnel;
    Fail(index, text, turn);
    turn.out.emplace_back(HangUp{tunnel});
    return;
  }
  const auto wait = Note(call.back_off, dial.settings, turn.now, turn.entropy);
  dial.last_failure = text;
  dial.failed_at = turn.now;
  if (dial.state == DialState::kUp) Enter(dial, DialState::kCalling, turn.now);
  turn.out.emplace_back(DialTroubled{index, text, std::chrono::ceil<seconds>(wait)});
}

void Dialer::Fail(size_t index, const std::string& text, const Turn& turn) {
  Dial& dial = dials_[index];
  if (dial.state == DialState::kStopped || dial.state == DialState::kWaiting) return;
  const auto wait = Note(dial.back_off, dial.settings, turn.now, turn.entropy);
  Enter(dial, DialState::kWaiting, turn.now);
  dial.tunnel.reset();
  for (Call& call : dial.calls) {
    call.back_off = {};
    const bool named = call.state == Call::State::kNamed || call.state == Call::State::kUp ||
                       call.state == Call::State::kLeaving;
    // Its interface has the name that the next one is to have.
    call.state = named ? Call::State::kLeaving : Call::State::kIdle;
  }
  dial.last_failure = text;
  dial.failed_at = turn.now;
  turn.out.emplace_back(DialTroubled{index, text, std::chrono::ceil<seconds>(wait)});
}

/// Goes on with what is due.
void Dialer::Resume(size_t index, const Turn& turn) {
  Dial& dial = dials_[index];
  if (dial.state == DialState::kWaiting) {
    const bool leaving = std::any_of(dial.calls.begin(), dial.calls.end(), [](const Call& call) {
      return call.state == Call::State::kLeaving;
    });
    if (IsDue(dial.back_off, turn.now) && !leaving) Begin(index, turn);
    return;
  }
  if (dial.state != DialState::kCalling) return;
  for (Call& call : dial.calls) {
    if (IsDue(call.back_off, turn.now)) Place(index, call, turn);
  }
}

void Dialer::Enter(Dial& dial, DialState state, TimePoint now) const {
  dial.state = state;
  dial.since = now;
  dial.deadline.reset();
}

// ---- Finding ------------------------------------------------------------------------------------

std::optional<Dialer::Found> Dialer::FindCall(const SessionKey& key) {
  for (size_t index = 0; index < dials_.size(); ++index) {
    for (Call& call : dials_[index].calls) {
      const bool named = call.state != Call::State::kIdle && call.state != Call::State::kAsked;
      if (named && call.key == key) return Found{index, &call};
    }
  }
  return {};
}

std::optional<size_t> Dialer::FindTunnel(l2tp::TunnelId tunnel) const {
  for (size_t index = 0; index < dials_.size(); ++index) {
    if (dials_[index].tunnel == tunnel) return index;
  }
  return {};
}

std::optional<size_t> Dialer::Find(l2tp::DialId id) const {
  for (size_t index = 0; index < dials_.size(); ++index) {
    const Dial& dial = dials_[index];
    const bool call = std::any_of(dial.calls.begin(), dial.calls.end(),
                                  [id](const Call& each) { return each.id == id; });
    if (dial.id == id || call) return index;
  }
  return {};
}

std::optional<size_t> Dialer::FindByName(std::string_view name) const {
  for (size_t index = 0; index < dials_.size(); ++index) {
    if (dials_[index].settings.name == name) return index;
  }
  return {};
}

unsigned Dialer::SessionIndex(l2tp::DialId id) const {
  for (const Dial& dial : dials_) {
    for (size_t i = 0; i < dial.calls.size(); ++i) {
      if (dial.calls[i].id == id) return static_cast<unsigned>(i);
    }
  }
  return 0;
}

}  // namespace sallyport::daemon
