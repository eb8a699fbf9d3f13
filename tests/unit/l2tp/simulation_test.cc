// SPDX-License-Identifier: GPL-2.0-or-later
// The engine and a scripted client back to back in virtual time, over a network that loses,
// doubles, delays and so reorders. Each seed is one life of a client; it must succeed or fail
// cleanly, and leave nothing behind.
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <string>

#include "l2tp/endpoint.h"
#include "tests/unit/l2tp/bench.h"
#include "tests/unit/l2tp/scripted_lac.h"

namespace sallyport::l2tp {
namespace {

using std::chrono::milliseconds;
using testing::Bytes;
using testing::ScriptedLac;

struct Weather {
  double loss = 0;
  double duplication = 0;
  milliseconds delay{20};  // the longest; each datagram has its own
};

/// Checks the order of the engine's actions: what was prepared goes down once, children first.
class Ledger {
 public:
  void Note(const Action& action) {
    std::visit([this](const auto& one) { Enter(one); }, action);
  }
  void ExpectBalanced() const {
    EXPECT_TRUE(tunnels_.empty());
    EXPECT_TRUE(sessions_.empty());
  }
  unsigned tunnels_up = 0;
  unsigned sessions_up = 0;

 private:
  enum class Stage { kPrepared, kUp, kDown };
  using SessionKey = std::pair<TunnelId, SessionId>;

  void Enter(const PrepareTunnel& a) {
    EXPECT_TRUE(tunnels_.emplace(a.tunnel, Stage::kPrepared).second);
  }
  void Enter(const TunnelUp& a) {
    EXPECT_EQ(tunnels_.at(a.tunnel), Stage::kPrepared);
    tunnels_[a.tunnel] = Stage::kUp;
    ++tunnels_up;
  }
  void Enter(const PrepareSession& a) {
    EXPECT_EQ(tunnels_.at(a.tunnel), Stage::kUp);
    EXPECT_TRUE(sessions_.emplace(SessionKey(a.tunnel, a.session), Stage::kPrepared).second);
  }
  void Enter(const SessionUp& a) {
    EXPECT_EQ(sessions_.at({a.tunnel, a.session}), Stage::kPrepared);
    sessions_[{a.tunnel, a.session}] = Stage::kUp;
    ++sessions_up;
  }
  void Enter(const SessionDown& a) {
    EXPECT_EQ(sessions_.erase({a.tunnel, a.session}), 1u);
    EXPECT_NE(tunnels_.at(a.tunnel), Stage::kDown);
  }
  void Enter(const TunnelDown& a) {
    EXPECT_NE(tunnels_.at(a.tunnel), Stage::kDown);
    tunnels_[a.tunnel] = Stage::kDown;
    for (const auto& [key, stage] : sessions_) EXPECT_NE(key.first, a.tunnel);
  }
  void Enter(const TunnelReleased& a) {
    EXPECT_EQ(tunnels_.at(a.tunnel), Stage::kDown);
    tunnels_.erase(a.tunnel);
  }
  void Enter(const SendDatagram&) {}
  void Enter(const DataFrame&) { ADD_FAILURE() << "no data was sent"; }
  void Enter(const Refused&) {}

  std::map<TunnelId, Stage> tunnels_;
  std::map<SessionKey, Stage> sessions_;
};

class World {
 public:
  World(uint32_t seed, const Weather& weather, const testing::LacScript& script)
      : random_(seed), weather_(weather), lac_(script), endpoint_(Config()) {}

  void Run() {
    lac_.Start(now_);
    Exchange();
    // Far more than any retransmission or lingering takes.
    const TimePoint limit = now_ + std::chrono::hours(1);
    while (const auto next = NextEvent()) {
      ASSERT_LE(*next, limit) << "it does not come to rest";
      now_ = std::max(now_, *next);
      Step();
      Exchange();
    }
    ledger.ExpectBalanced();
    EXPECT_EQ(endpoint_.tunnel_count(), 0u);
  }

  ScriptedLac::Phase phase() const { return lac_.phase(); }
  Ledger ledger;

 private:
  static EndpointConfig Config() {
    EndpointConfig config = testing::BenchConfig();
    config.no_session_timeout = std::chrono::seconds(20);
    return config;
  }
  double Chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  milliseconds Delay(milliseconds most) {
    return milliseconds(std::uniform_int_distribution<int64_t>(1, most.count())(random_));
  }
  Entropy NextEntropy() {
    Entropy entropy{};
    for (uint8_t& octet : entropy) octet = static_cast<uint8_t>(random_());
    return entropy;
  }

  std::optional<TimePoint> NextEvent() const {
    std::optional<TimePoint> next = endpoint_.NextDeadline();
    const auto take = [&next](std::optional<TimePoint> at) {
      if (at && (!next || *at < *next)) next = at;
    };
    take(lac_.NextDeadline());
    if (!events_.empty()) take(events_.begin()->first);
    return next;
  }

  void Step() {
    endpoint_.HandleTimeout(now_, NextEntropy(), actions_);
    lac_.HandleTimeout(now_);
    while (!events_.empty() && events_.begin()->first <= now_) {
      const auto event = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      event();
    }
  }

  void Carry(const std::function<void()>& arrival) {
    if (Chance() < weather_.loss) return;
    events_.emplace(now_ + Delay(weather_.delay), arrival);
    if (Chance() < weather_.duplication) events_.emplace(now_ + Delay(weather_.delay), arrival);
  }

  /// Each tunnel has a path of its own; an SCCRQ goes to the path of the client.
  void ToEngine(const Bytes& bytes) {
    const auto tunnel = static_cast<uint16_t>(bytes[4] << 8 | bytes[5]);
    const PathId path = tunnel == 0 ? testing::kOriginPath : PathId(1000u + tunnel);
    endpoint_.Receive(
        {.path = path, .peer = testing::kPeer, .local = testing::kLocal, .bytes = bytes}, now_,
        NextEntropy(), actions_);
  }

  void Exchange() {
    while (true) {
      const auto sent = lac_.TakeSent();
      for (const Bytes& bytes : sent) Carry([this, bytes] { ToEngine(bytes); });
      const Actions actions = std::exchange(actions_, {});
      for (const Action& action : actions) {
        ledger.Note(action);
        CarryOut(action);
      }
      if (sent.empty() && actions.empty()) return;
    }
  }

  void CarryOut(const Action& action) {
    if (const auto* send = std::get_if<SendDatagram>(&action)) {
      Carry([this, bytes = send->bytes] { lac_.Receive(bytes, now_); });
    } else if (const auto* tunnel = std::get_if<PrepareTunnel>(&action)) {
      const TunnelPrepared answer{tunnel->tunnel, PathId(1000u + tunnel->tunnel.value())};
      events_.emplace(now_ + Delay(milliseconds(300)),
                      [this, answer] { endpoint_.Handle(answer, now_, NextEntropy(), actions_); });
    } else if (const auto* session = std::get_if<PrepareSession>(&action)) {
      const SessionPrepared answer{session->tunnel, session->session, true};
      events_.emplace(now_ + Delay(milliseconds(300)),
                      [this, answer] { endpoint_.Handle(answer, now_, NextEntropy(), actions_); });
    }
  }

  std::mt19937 random_;
  Weather weather_;
  ScriptedLac lac_;
  Endpoint endpoint_;
  Actions actions_;
  std::multimap<TimePoint, std::function<void()>> events_;
  TimePoint now_{std::chrono::hours(1)};
};

testing::LacScript ScriptOf(uint32_t seed) {
  return {.tunnel = static_cast<uint16_t>(1 + seed % 5000),
          .sessions = static_cast<uint16_t>(1 + seed % 4),
          .hellos = seed % 7,
          .window = seed % 2 == 0 ? 1u : 4u,
          .cdn_before_stop = seed % 3 != 0};
}

TEST(Simulation, CleanNetworkAlwaysSucceeds) {
  for (uint32_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    const auto script = ScriptOf(seed);
    World world(seed, {}, script);
    world.Run();
    ASSERT_EQ(world.phase(), ScriptedLac::Phase::kDone);
    ASSERT_EQ(world.ledger.tunnels_up, 1u);
    ASSERT_EQ(world.ledger.sessions_up, script.sessions);
    if (HasFailure()) return;
  }
}

TEST(Simulation, DuplicatesAndReorderingAloneDoNoHarm) {
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    const auto script = ScriptOf(seed);
    World world(seed, {.loss = 0, .duplication = 0.3, .delay = milliseconds(900)}, script);
    world.Run();
    ASSERT_EQ(world.phase(), ScriptedLac::Phase::kDone);
    ASSERT_EQ(world.ledger.sessions_up, script.sessions);
    if (HasFailure()) return;
  }
}

TEST(Simulation, BadNetworkSucceedsOrFailsCleanly) {
  constexpr uint32_t kSeeds = 3000;
  unsigned done = 0;
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const double loss = 0.01 * (seed % 40);
    World world(seed, {.loss = loss, .duplication = 0.2, .delay = milliseconds(1500)},
                ScriptOf(seed));
    world.Run();
    if (world.phase() == ScriptedLac::Phase::kDone) ++done;
    ASSERT_TRUE(world.phase() == ScriptedLac::Phase::kDone ||
                world.phase() == ScriptedLac::Phase::kFailed);
    if (HasFailure()) return;
  }
  // Up to two in five datagrams are lost; seven transmissions get nearly everything through.
  EXPECT_GT(done, kSeeds * 9 / 10);
}

TEST(Simulation, DeadNetworkEndsEverything) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed, {.loss = 0.9, .duplication = 0, .delay = milliseconds(100)}, ScriptOf(seed));
    world.Run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace sallyport::l2tp
