// SPDX-License-Identifier: GPL-2.0-or-later
// What the simulations share: a bad network in virtual time, and a check of the engine's actions.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "base/entropy.h"
#include "base/time.h"
#include "l2tp/events.h"

namespace sallyport::l2tp::testing {

/// How many seeds a simulation goes through: SALLYPORT_SIMULATION_RUNS or, without it, `usual`.
uint32_t SimulationRuns(uint32_t usual);

struct Weather {
  double loss = 0;
  double duplication = 0;
  std::chrono::milliseconds delay{20};  // the longest; each datagram has its own
};

/// Virtual time, chance, and what is going to happen. The same seed is the same run.
class Network {
 public:
  Network(uint32_t seed, const Weather& weather) : random_(seed), weather_(weather) {}

  TimePoint now() const { return now_; }
  void AdvanceTo(TimePoint time) { now_ = std::max(now_, time); }

  bool Chance(double probability);
  std::chrono::milliseconds Between(std::chrono::milliseconds least,
                                    std::chrono::milliseconds most);
  Entropy NextEntropy();

  /// Has `event` happen after a while.
  void In(std::chrono::milliseconds delay, std::function<void()> event);
  /// A datagram is on its way: `arrival` happens once, never or twice.
  void Carry(const std::function<void()>& arrival);
  std::optional<TimePoint> NextEvent() const;
  /// Lets happen what is due, each event followed by `settle`.
  void HappenDue(const std::function<void()>& settle);

 private:
  std::mt19937 random_;
  Weather weather_;
  TimePoint now_{std::chrono::hours(1)};
  std::multimap<TimePoint, std::function<void()>> events_;
};

/// Checks the order of one engine's actions: what was prepared goes down once, children first, and
/// each dial comes to something.
class Ledger {
 public:
  void Note(const Action& action);
  void Dialled(DialId dial);
  void ExpectBalanced() const;

  bool Has(TunnelId tunnel) const { return tunnels_.contains(tunnel); }

  unsigned tunnels_up = 0;
  unsigned sessions_up = 0;
  unsigned dials_failed = 0;

 private:
  enum class Stage { kPrepared, kUp, kDown };
  using SessionKey = std::pair<TunnelId, SessionId>;

  void Came(DialId dial);
  void Enter(const PrepareTunnel& action);
  void Enter(const TunnelUp& action);
  void Enter(const PrepareSession& action);
  void Enter(const SessionUp& action);
  void Enter(const DialFailed& action);
  void Enter(const ErrorsReported& action);
  void Enter(const LinkInfo& action);
  void Enter(const SessionDown& action);
  void Enter(const TunnelDown& action);
  void Enter(const TunnelReleased& action);
  void Enter(const SendDatagram&) {}
  void Enter(const DataFrame& action);
  void Enter(const Refused&) {}

  std::map<TunnelId, Stage> tunnels_;
  std::map<SessionKey, Stage> sessions_;
  std::set<DialId> dials_;
};

}  // namespace sallyport::l2tp::testing
