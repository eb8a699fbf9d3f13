// SPDX-License-Identifier: GPL-2.0-or-later
// Two engines back to back in virtual time, over a network that loses, doubles, delays and so
// reorders. Each seed is one life of a tunnel or two, dialled by one or by both, with calls in both
// directions, secrets and closes. Both engines must agree in the end or fail cleanly, and forget
// everything. SALLYPORT_SIMULATION_RUNS says how many.
#include <array>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <utility>

#include "l2tp/endpoint.h"
#include "tests/unit/l2tp/bench.h"
#include "tests/unit/l2tp/simulation.h"

namespace sallyport::l2tp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Bytes;
using testing::kOriginPath;
using testing::Ledger;
using testing::Network;
using testing::Weather;

/// What one seed is about. The two ends have an index of 0 and 1.
struct Plan {
  bool both_dial = false;       // at about the same time
  unsigned redials = 0;         // by end 0, when its tunnel has gone
  unsigned incoming_calls = 0;  // placed by each end that dialled, as LAC
  unsigned outgoing_calls = 0;  // as LNS
  bool reports = false;         // WEN and SLI
  bool close_calls = false;     // before the tunnel
  bool kernel_fails = false;    // now and then
  bool path_fails = false;      // instead of CloseTunnel
  std::array<TunnelPolicy, 2> policy;
  std::array<uint16_t, 2> window{16, 16};

  /// Whether a tunnel can be established at all.
  bool secrets_fit() const {
    const auto& [a, b] = policy;
    const bool challenged = a.challenge || b.challenge;
    return (!challenged && !a.hide_avps && !b.hide_avps) || a.secret == b.secret;
  }
};

Plan PlanOf(uint32_t seed) {
  Plan plan;
  plan.both_dial = seed % 5 == 0;
  plan.redials = seed % 3;
  plan.incoming_calls = seed % 4;
  plan.outgoing_calls = seed / 4 % 3;
  plan.reports = seed % 7 == 0;
  plan.close_calls = seed % 2 == 0;
  plan.kernel_fails = seed % 11 == 0;
  plan.path_fails = seed % 13 == 0;
  for (const size_t end : {0u, 1u}) {
    TunnelPolicy& policy = plan.policy[end];
    if (seed / 2 % 3 > 0) policy.secret = Secret("a secret");
    policy.challenge = seed / 2 % 3 > 0 && (seed >> end) % 3 == 0;
    policy.hide_avps = seed / 2 % 3 == 2 && (seed >> end) % 2 == 0;
    plan.window[end] = static_cast<uint16_t>(1 + (seed >> end) % 9);
  }
  if (seed % 29 == 0) plan.policy[1].secret = Secret("another");
  return plan;
}

/// One engine with its kernel and operator.
class End {
 public:
  End(size_t index, const Plan& plan, Network& network)
      : index_(index), plan_(plan), network_(network), endpoint_(Config(index, plan)) {}

  void ConnectTo(End& other) { other_ = &other; }

  void Dial() {
    const DialId dial(++last_dial_);
    ledger.Dialled(dial);
    ++dials_made;
    Handle(OpenTunnel{dial, kOriginPath, other_->address(), IpAddress(), plan_.policy[index_]});
  }

  std::optional<TimePoint> NextDeadline() const { return endpoint_.NextDeadline(); }
  void HandleTimeout() {
    endpoint_.HandleTimeout(network_.now(), network_.NextEntropy(), actions_);
    const auto next = endpoint_.NextDeadline();
    ASSERT_TRUE(!next || *next > network_.now()) << "a deadline that does not pass";
  }

  /// Carries out what the engine wants. False when it wants nothing.
  bool Exchange() {
    const Actions actions = std::exchange(actions_, {});
    for (const Action& action : actions) {
      ledger.Note(action);
      std::visit([this](const auto& one) { CarryOut(one); }, action);
    }
    return !actions.empty();
  }

  void ExpectForgotten() const {
    ledger.ExpectBalanced();
    EXPECT_EQ(endpoint_.tunnel_count(), 0u);
    EXPECT_FALSE(endpoint_.NextDeadline());
  }

  Ledger ledger;
  unsigned dials_made = 0;
  unsigned calls_asked = 0;

 private:
  static EndpointConfig Config(size_t index, const Plan& plan) {
    EndpointConfig config = testing::BenchConfig();
    config.host_name = index == 0 ? "left.example" : "right.example";
    config.receive_window = plan.window[index];
    config.hello_interval = seconds(20);
    config.no_session_timeout = seconds(40);
    config.take_outgoing_calls = true;
    config.peers.push_back({index == 0 ? "right.example" : "", {}, plan.policy[index]});
    return config;
  }
  IpEndpoint address() const {
    return {IpAddress::V4(0xC0000201 + static_cast<uint32_t>(index_)), 1701};  // 192.0.2.1, .2
  }
  static PathId PathOf(TunnelId tunnel) { return PathId(1000u + tunnel.value()); }

  void Handle(const Command& command) {
    endpoint_.Handle(command, network_.now(), network_.NextEntropy(), actions_);
  }
  void HandleIn(milliseconds least, milliseconds most, const Command& command) {
    network_.In(network_.Between(least, most), [this, command] { Handle(command); });
  }

  /// As the rewriting table of the kernel has it: what is for no tunnel is the listener's.
  void Arrive(const Bytes& bytes) {
    const TunnelId tunnel(static_cast<uint16_t>(bytes[4] << 8 | bytes[5]));
    const bool known = paths_.contains(tunnel);
    if (known) NoteAcknowledgement(tunnel, static_cast<uint16_t>(bytes[10] << 8 | bytes[11]));
    endpoint_.Receive({.path = known ? PathOf(tunnel) : kOriginPath,
                       .peer = other_->address(),
                       .local = address().address,
                       .bytes = bytes,
                       .authenticated = index_ == 0},
                      network_.now(), network_.NextEntropy(), actions_);
  }

  // The window, judged from outside: by the Nr that arrived and the Ns that leave.
  void NoteAcknowledgement(TunnelId tunnel, uint16_t nr) {
    uint16_t& last = paths_[tunnel];
    if (static_cast<int16_t>(nr - last) > 0) last = nr;
  }
  void ExpectInWindow(const SendDatagram& send) const {
    if (send.path == kOriginPath || send.bytes.size() <= 12) return;  // stateless; ZLB
    const auto ns = static_cast<uint16_t>(send.bytes[8] << 8 | send.bytes[9]);
    const TunnelId tunnel(static_cast<uint16_t>(send.path.value() - 1000));
    EXPECT_LT(static_cast<uint16_t>(ns - paths_.at(tunnel)), plan_.window[1 - index_]);
  }

  void CarryOut(const SendDatagram& action) {
    ExpectInWindow(action);
    network_.Carry([other = other_, bytes = action.bytes] { other->Arrive(bytes); });
  }
  void CarryOut(const PrepareTunnel& action) {
    paths_[action.tunnel] = 0;
    if (action.dial) dialled_ = action.tunnel;
    std::optional<PathId> path = PathOf(action.tunnel);
    if (plan_.kernel_fails && network_.Chance(0.1)) path.reset();
    HandleIn(milliseconds(1), milliseconds(300), TunnelPrepared{action.tunnel, path});
  }
  void CarryOut(const PrepareSession& action) {
    const bool ok = !plan_.kernel_fails || network_.Chance(0.8);
    HandleIn(milliseconds(1), milliseconds(300),
             SessionPrepared{action.tunnel, action.session, ok});
  }
  void CarryOut(const TunnelUp& action) {
    if (!action.dial) return;
    for (unsigned i = 0; i < plan_.incoming_calls + plan_.outgoing_calls; ++i) {
      const DialId dial(++last_dial_);
      const bool incoming = i < plan_.incoming_calls;
      ledger.Dialled(dial);
      ++calls_asked;
      Handle(OpenCall{.dial = dial,
                      .tunnel = action.tunnel,
                      .direction = incoming ? CallDirection::kIncoming : CallDirection::kOutgoing,
                      .details = {},
                      .proxy = {}});
    }
    const Command end = plan_.path_fails ? Command(PathDown{PathOf(action.tunnel)})
                                         : Command(CloseTunnel{action.tunnel, {}});
    HandleIn(seconds(150), seconds(200), end);
  }
  void CarryOut(const SessionUp& action) {
    if (plan_.reports) {  // the wrong end's has no effect
      HandleIn(seconds(1), seconds(9), ReportErrors{action.tunnel, action.session, {}});
      HandleIn(seconds(1), seconds(9), SetLinkInfo{action.tunnel, action.session});
    }
    if (plan_.close_calls) {
      HandleIn(seconds(20), seconds(60), CloseSession{action.tunnel, action.session, {}});
    }
  }
  void CarryOut(const TunnelDown& action) {
    if (index_ != 0 || action.tunnel != dialled_ || dials_made > plan_.redials) return;
    // Not before the last SCCRQ has come or is lost: which of two is the newer nobody can tell.
    network_.In(network_.Between(seconds(2), seconds(5)), [this] { Dial(); });
  }
  void CarryOut(const TunnelReleased& action) { paths_.erase(action.tunnel); }
  void CarryOut(const DialFailed&) {}
  void CarryOut(const ErrorsReported&) {}
  void CarryOut(const LinkInfo&) {}
  void CarryOut(const SessionDown&) {}
  void CarryOut(const DataFrame&) {}
  void CarryOut(const Refused&) {}

  size_t index_;
  const Plan& plan_;
  Network& network_;
  End* other_ = nullptr;
  Endpoint endpoint_;
  Actions actions_;
  uint64_t last_dial_ = 0;
  TunnelId dialled_;                    // the last that we dialled
  std::map<TunnelId, uint16_t> paths_;  // of our tunnels, with the last Nr that came on each
};

class Pair {
 public:
  Pair(uint32_t seed, const Weather& weather) : plan(PlanOf(seed)), network_(seed, weather) {
    left.ConnectTo(right);
    right.ConnectTo(left);
  }

  void Run() {
    left.Dial();
    if (plan.both_dial) {
      network_.In(network_.Between(milliseconds(0), milliseconds(400)), [this] { right.Dial(); });
    }
    Exchange();
    // Far more than what is planned, all retransmissions and lingering take.
    const TimePoint limit = network_.now() + std::chrono::hours(1);
    unsigned steps = 0;
    while (const auto next = NextEvent()) {
      ASSERT_LE(*next, limit) << "it does not come to rest";
      ASSERT_LT(++steps, 20000u) << "too much goes on";
      network_.AdvanceTo(*next);
      left.HandleTimeout();
      right.HandleTimeout();
      Exchange();
      network_.HappenDue([this] { Exchange(); });
      if (::testing::Test::HasFailure()) return;
    }
    left.ExpectForgotten();
    right.ExpectForgotten();
  }

  const Plan plan;

 private:
  std::optional<TimePoint> NextEvent() const {
    std::optional<TimePoint> next = network_.NextEvent();
    for (const End* end : {&left, &right}) {
      const auto at = end->NextDeadline();
      if (at && (!next || *at < *next)) next = at;
    }
    return next;
  }
  void Exchange() {
    while (left.Exchange() || right.Exchange()) {
    }
  }

  Network network_;

 public:
  End left{0, plan, network_};
  End right{1, plan, network_};
};

TEST(PairSimulation, CleanNetworkBringsEverythingUp) {
  for (uint32_t seed = 0; seed < testing::SimulationRuns(150); ++seed) {
    SCOPED_TRACE(seed);
    Pair pair(seed, {});
    pair.Run();
    if (HasFailure()) return;
    if (!pair.plan.secrets_fit()) {
      ASSERT_EQ(pair.left.ledger.tunnels_up, 0u);
      continue;
    }
    if (pair.plan.kernel_fails) continue;
    ASSERT_EQ(pair.left.ledger.tunnels_up, pair.right.ledger.tunnels_up);
    ASSERT_EQ(pair.left.ledger.sessions_up, pair.right.ledger.sessions_up);
    ASSERT_EQ(pair.left.ledger.sessions_up, pair.left.calls_asked + pair.right.calls_asked);
    ASSERT_GE(pair.left.ledger.tunnels_up, pair.plan.redials + 1);
  }
}

TEST(PairSimulation, DuplicatesAndReorderingAloneDoNoHarm) {
  for (uint32_t seed = 0; seed < testing::SimulationRuns(150); ++seed) {
    SCOPED_TRACE(seed);
    Pair pair(seed, {.loss = 0, .duplication = 0.3, .delay = milliseconds(900)});
    pair.Run();
    if (HasFailure()) return;
    if (!pair.plan.secrets_fit() || pair.plan.kernel_fails) continue;
    ASSERT_EQ(pair.left.ledger.sessions_up, pair.left.calls_asked + pair.right.calls_asked);
  }
}

TEST(PairSimulation, BadNetworkSucceedsOrFailsCleanly) {
  const uint32_t runs = testing::SimulationRuns(300);
  unsigned asked = 0;
  unsigned up = 0;
  for (uint32_t seed = 0; seed < runs; ++seed) {
    SCOPED_TRACE(seed);
    Pair pair(seed, {.loss = 0.3, .duplication = 0.2, .delay = milliseconds(1500)});
    pair.Run();
    if (HasFailure()) return;
    if (!pair.plan.secrets_fit() || pair.plan.kernel_fails) continue;
    asked += pair.left.dials_made;
    up += pair.left.ledger.tunnels_up;
  }
  // Six transmissions get nearly everything through.
  EXPECT_GT(up, asked * 9 / 10);
}

}  // namespace
}  // namespace sallyport::l2tp
