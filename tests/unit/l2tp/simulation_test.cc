// SPDX-License-Identifier: GPL-2.0-or-later
// The engine and a scripted client back to back in virtual time, over a network that loses,
// doubles, delays and so reorders. Each seed is one life of a client; it must succeed or fail
// cleanly, and leave nothing behind.
#include "tests/unit/l2tp/simulation.h"

#include <gtest/gtest.h>
#include <optional>
#include <utility>

#include "l2tp/endpoint.h"
#include "tests/unit/l2tp/bench.h"
#include "tests/unit/l2tp/scripted_lac.h"

namespace sallyport::l2tp {
namespace {

using std::chrono::milliseconds;
using testing::Bytes;
using testing::Ledger;
using testing::Network;
using testing::ScriptedLac;
using testing::Weather;

class World {
 public:
  World(uint32_t seed, const Weather& weather, const testing::LacScript& script)
      : network_(seed, weather), lac_(script), endpoint_(Config()) {}

  void Run() {
    lac_.Start(network_.now());
    Exchange();
    // Far more than any retransmission or lingering takes.
    const TimePoint limit = network_.now() + std::chrono::hours(1);
    while (const auto next = NextEvent()) {
      ASSERT_LE(*next, limit) << "it does not come to rest";
      network_.AdvanceTo(*next);
      Step();
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
  milliseconds KernelDelay() { return network_.Between(milliseconds(1), milliseconds(300)); }

  std::optional<TimePoint> NextEvent() const {
    std::optional<TimePoint> next = endpoint_.NextDeadline();
    const auto take = [&next](std::optional<TimePoint> at) {
      if (at && (!next || *at < *next)) next = at;
    };
    take(lac_.NextDeadline());
    take(network_.NextEvent());
    return next;
  }

  void Step() {
    endpoint_.HandleTimeout(network_.now(), network_.NextEntropy(), actions_);
    lac_.HandleTimeout(network_.now());
    Exchange();
    network_.HappenDue([this] { Exchange(); });
  }

  /// Each tunnel has a path of its own; an SCCRQ goes to the path of the client.
  void ToEngine(const Bytes& bytes) {
    const auto tunnel = static_cast<uint16_t>(bytes[4] << 8 | bytes[5]);
    const PathId path = tunnel == 0 ? testing::kOriginPath : PathId(1000u + tunnel);
    endpoint_.Receive(
        {.path = path, .peer = testing::kPeer, .local = testing::kLocal, .bytes = bytes},
        network_.now(), network_.NextEntropy(), actions_);
  }

  void Exchange() {
    while (true) {
      const auto sent = lac_.TakeSent();
      for (const Bytes& bytes : sent) network_.Carry([this, bytes] { ToEngine(bytes); });
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
      network_.Carry([this, bytes = send->bytes] { lac_.Receive(bytes, network_.now()); });
    } else if (const auto* tunnel = std::get_if<PrepareTunnel>(&action)) {
      const TunnelPrepared answer{tunnel->tunnel, PathId(1000u + tunnel->tunnel.value())};
      network_.In(KernelDelay(), [this, answer] {
        endpoint_.Handle(answer, network_.now(), network_.NextEntropy(), actions_);
      });
    } else if (const auto* session = std::get_if<PrepareSession>(&action)) {
      const SessionPrepared answer{session->tunnel, session->session, true};
      network_.In(KernelDelay(), [this, answer] {
        endpoint_.Handle(answer, network_.now(), network_.NextEntropy(), actions_);
      });
    }
  }

  Network network_;
  ScriptedLac lac_;
  Endpoint endpoint_;
  Actions actions_;
};

testing::LacScript ScriptOf(uint32_t seed) {
  return {.tunnel = static_cast<uint16_t>(1 + seed % 5000),
          .sessions = static_cast<uint16_t>(1 + seed % 4),
          .hellos = seed % 7,
          .window = seed % 2 == 0 ? 1u : 4u,
          .cdn_before_stop = seed % 3 != 0};
}

TEST(Simulation, CleanNetworkAlwaysSucceeds) {
  for (uint32_t seed = 0; seed < testing::SimulationRuns(300); ++seed) {
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
  for (uint32_t seed = 0; seed < testing::SimulationRuns(300); ++seed) {
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
  const uint32_t runs = testing::SimulationRuns(600);
  unsigned done = 0;
  for (uint32_t seed = 0; seed < runs; ++seed) {
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
  EXPECT_GT(done, runs * 9 / 10);
}

TEST(Simulation, DeadNetworkEndsEverything) {
  for (uint32_t seed = 0; seed < testing::SimulationRuns(200); ++seed) {
    SCOPED_TRACE(seed);
    World world(seed, {.loss = 0.9, .duplication = 0, .delay = milliseconds(100)}, ScriptOf(seed));
    world.Run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace sallyport::l2tp
