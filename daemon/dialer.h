// SPDX-License-Identifier: GPL-2.0-or-later
// When to dial the servers that we are a client of, and what to ask for next. Without any I/O.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/entropy.h"
#include "base/expected.h"
#include "base/ip_address.h"
#include "base/time.h"
#include "daemon/data_plane.h"
#include "l2tp/events.h"

namespace sallyport::daemon {

/// One [[dial]], as far as the decisions go.
struct DialSettings {
  std::string name;
  std::string server;  // an address, or a name to be looked up
  bool ipsec = false;
  unsigned sessions = 1;
  std::chrono::seconds redial{5};        // the first wait after a failure
  std::chrono::seconds redial_max{300};  // the longest
};

enum class DialState : uint8_t {
  kResolving,  // the server's name is being looked up
  kSecuring,   // IKE is to make an SA
  kOpening,    // the tunnel was asked for
  kCalling,    // the tunnel is up, a session of it is not
  kUp,         // every session is up
  kWaiting,    // until the next attempt
  kStopped,
};
std::string_view ToString(DialState state);

// ---- Into the dialer --------------------------------------------------------------------------

/// The answer to ResolveServer; the error is readable.
struct ServerResolved {
  size_t dial = 0;
  Expected<IpAddress, std::string> address;
};
/// The answer to SecurePath: the path of an SA with the server.
struct PathSecured {
  size_t dial = 0;
  l2tp::PathId path;
  IpAddress server;
  IpAddress local;
};
/// There is no SA, or it has gone.
struct PathLost {
  size_t dial = 0;
  std::string text;
};
/// The tunnel that was asked for has an id.
struct TunnelNamed {
  l2tp::DialId id;
  l2tp::TunnelId tunnel;
};
/// The tunnel is established, here and in the kernel.
struct TunnelReady {
  l2tp::TunnelId tunnel;
};
/// As of l2tp::TunnelDown.
struct TunnelLost {
  l2tp::TunnelId tunnel;
  std::string text;
};
/// The call that was asked for has a session.
struct SessionNamed {
  l2tp::DialId id;
  SessionKey key;
};
/// Packets flow.
struct SessionReady {
  SessionKey key;
};
/// The session has gone, with its interface.
struct SessionGone {
  SessionKey key;
  std::string text;
};
/// As of l2tp::DialFailed.
struct AttemptRefused {
  l2tp::DialId id;
  std::string text;
};

using DialEvent = std::variant<ServerResolved, PathSecured, PathLost, TunnelNamed, TunnelReady,
                               TunnelLost, SessionNamed, SessionReady, SessionGone, AttemptRefused>;

// ---- Out of the dialer: to be carried out in this order ---------------------------------------

struct ResolveServer {
  size_t dial = 0;
};
/// An SA with the server is wanted, a new one.
struct SecurePath {
  size_t dial = 0;
  IpAddress server;
};
struct DialTunnel {
  size_t dial = 0;
  l2tp::DialId id;
  l2tp::PathId path;  // zero without IPsec
  IpAddress server;
  IpAddress local;  // none without IPsec: the route's
};
struct DialCall {
  size_t dial = 0;
  l2tp::DialId id;
  l2tp::TunnelId tunnel;
};
/// The tunnel is of no more use.
struct HangUp {
  l2tp::TunnelId tunnel;
};
/// For the log: the dial, or one session of it, failed.
struct DialTroubled {
  size_t dial = 0;
  std::string text;
  std::chrono::seconds wait{};  // until the next attempt
};
/// For the log: every session is up.
struct DialEstablished {
  size_t dial = 0;
};

using DialAction = std::variant<ResolveServer, SecurePath, DialTunnel, DialCall, HangUp,
                                DialTroubled, DialEstablished>;
using DialActions = std::vector<DialAction>;

/// Every dial. Sessions of one dial share a tunnel. What fails is tried again after a wait that
/// doubles each time: the whole dial when its tunnel ends or none of its sessions is left, else
/// that one session.
class Dialer {
 public:
  /// The wait after failures in a row.
  struct BackOff {
    unsigned failures = 0;
    std::chrono::milliseconds wait{};     // the last one
    std::optional<TimePoint> due;         // while waiting
    std::optional<TimePoint> up_since{};  // while there is no failure
  };
  struct Call {
    enum class State : uint8_t { kIdle, kAsked, kNamed, kUp, kLeaving };
    State state = State::kIdle;
    l2tp::DialId id;  // while kAsked
    SessionKey key;   // from kNamed on
    BackOff back_off;
  };
  /// All that is known of one dial.
  struct Dial {
    DialSettings settings;
    DialState state = DialState::kStopped;
    TimePoint since{};  // of `state`
    uint64_t attempts = 0;
    IpAddress server;  // once known
    l2tp::DialId id;   // of the tunnel, until it is named
    std::optional<l2tp::TunnelId> tunnel;
    std::vector<Call> calls;
    BackOff back_off;
    std::optional<TimePoint> deadline;  // of kResolving and kSecuring
    std::string last_failure;           // readable; empty: none yet
    TimePoint failed_at{};
  };

  explicit Dialer(const std::vector<DialSettings>& settings);

  /// The first attempts.
  void Start(TimePoint now, const Entropy& entropy, DialActions& out);
  void Handle(const DialEvent& event, TimePoint now, const Entropy& entropy, DialActions& out);
  /// To be called when NextDeadline() has come; early or late calls do no harm.
  void HandleTimeout(TimePoint now, const Entropy& entropy, DialActions& out);
  std::optional<TimePoint> NextDeadline() const;
  /// No more attempts.
  void Stop(TimePoint now);

  const std::vector<Dial>& dials() const { return dials_; }
  /// The place of the dial in dials(), for the id of its tunnel or of one of its calls.
  std::optional<size_t> Find(l2tp::DialId id) const;
  std::optional<size_t> FindByName(std::string_view name) const;
  /// The place of a call among those of its dial: for the name of its interface.
  unsigned SessionIndex(l2tp::DialId id) const;
  /// Whether an SA for this dial is what it waits for.
  bool WantsPath(size_t dial) const { return dials_[dial].state == DialState::kSecuring; }

 private:
  struct Turn {
    TimePoint now;
    const Entropy& entropy;
    DialActions& out;
  };
  struct Found {
    size_t dial;
    Call* call;
  };

  void Begin(size_t dial, const Turn& turn);
  void Reach(size_t dial, const IpAddress& server, const Turn& turn);
  void Open(size_t dial, l2tp::PathId path, const IpAddress& local, const Turn& turn);
  void CallAll(size_t dial, const Turn& turn);
  void Place(size_t dial, Call& call, const Turn& turn);
  void Refused(const AttemptRefused& refused, const Turn& turn);
  void Gone(const SessionGone& gone, const Turn& turn);
  void CallFailed(size_t dial, Call& call, const std::string& text, const Turn& turn);
  void Fail(size_t dial, const std::string& text, const Turn& turn);
  void Ready(const SessionReady& ready, const Turn& turn);
  void Resume(size_t dial, const Turn& turn);
  void Enter(Dial& dial, DialState state, TimePoint now) const;
  std::optional<Found> FindCall(const SessionKey& key);
  std::optional<size_t> FindTunnel(l2tp::TunnelId tunnel) const;
  l2tp::DialId NewId() { return l2tp::DialId(++last_id_); }

  std::vector<Dial> dials_;
  uint64_t last_id_ = 0;
};

}  // namespace sallyport::daemon
