// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/l2tp/simulation.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <variant>

namespace sallyport::l2tp::testing {

using std::chrono::milliseconds;

uint32_t SimulationRuns(uint32_t usual) {
  const char* runs = std::getenv("SALLYPORT_SIMULATION_RUNS");  // NOLINT(concurrency-mt-unsafe)
  return runs == nullptr ? usual : static_cast<uint32_t>(std::stoul(runs));
}

// ---- Network ----------------------------------------------------------------------------------

bool Network::Chance(double probability) {
  return std::uniform_real_distribution<double>(0, 1)(random_) < probability;
}

milliseconds Network::Between(milliseconds least, milliseconds most) {
  return milliseconds(std::uniform_int_distribution<int64_t>(least.count(), most.count())(random_));
}

Entropy Network::NextEntropy() {
  Entropy entropy{};
  for (uint8_t& octet : entropy) octet = static_cast<uint8_t>(random_());
  return entropy;
}

void Network::In(milliseconds delay, std::function<void()> event) {
  events_.emplace(now_ + delay, std::move(event));
}

void Network::Carry(const std::function<void()>& arrival) {
  if (Chance(weather_.loss)) return;
  In(Between(milliseconds(1), weather_.delay), arrival);
  if (Chance(weather_.duplication)) In(Between(milliseconds(1), weather_.delay), arrival);
}

std::optional<TimePoint> Network::NextEvent() const {
  return events_.empty() ? std::nullopt : std::optional(events_.begin()->first);
}

void Network::HappenDue(const std::function<void()>& settle) {
  while (!events_.empty() && events_.begin()->first <= now_) {
    const auto event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
    settle();
  }
}

// ---- Ledger -----------------------------------------------------------------------------------

void Ledger::Note(const Action& action) {
  std::visit([this](const auto& one) { Enter(one); }, action);
}

void Ledger::Came(DialId dial) { EXPECT_EQ(dials_.erase(dial), 1u); }

void Ledger::Dialled(DialId dial) { EXPECT_TRUE(dials_.insert(dial).second); }

void Ledger::ExpectBalanced() const {
  EXPECT_TRUE(tunnels_.empty());
  EXPECT_TRUE(sessions_.empty());
  EXPECT_TRUE(dials_.empty());
}

void Ledger::Enter(const PrepareTunnel& action) {
  EXPECT_TRUE(tunnels_.emplace(action.tunnel, Stage::kPrepared).second);
  if (action.dial) Came(*action.dial);
}

void Ledger::Enter(const TunnelUp& action) {
  EXPECT_EQ(tunnels_.at(action.tunnel), Stage::kPrepared);
  EXPECT_TRUE(action.peer_tunnel);
  tunnels_[action.tunnel] = Stage::kUp;
  ++tunnels_up;
}

void Ledger::Enter(const PrepareSession& action) {
  EXPECT_EQ(tunnels_.at(action.tunnel), Stage::kUp);
  EXPECT_TRUE(action.peer_session);
  EXPECT_TRUE(
      sessions_.emplace(SessionKey(action.tunnel, action.session), Stage::kPrepared).second);
  if (action.dial) Came(*action.dial);
}

void Ledger::Enter(const SessionUp& action) {
  EXPECT_EQ(sessions_.at({action.tunnel, action.session}), Stage::kPrepared);
  sessions_[{action.tunnel, action.session}] = Stage::kUp;
  ++sessions_up;
}

void Ledger::Enter(const DialFailed& action) {
  Came(action.dial);
  ++dials_failed;
}

void Ledger::Enter(const ErrorsReported& action) {
  EXPECT_EQ(sessions_.at({action.tunnel, action.session}), Stage::kUp);
}

void Ledger::Enter(const LinkInfo& action) {
  EXPECT_EQ(sessions_.at({action.tunnel, action.session}), Stage::kUp);
}

void Ledger::Enter(const SessionDown& action) {
  EXPECT_EQ(sessions_.erase({action.tunnel, action.session}), 1u);
  EXPECT_NE(tunnels_.at(action.tunnel), Stage::kDown);
}

void Ledger::Enter(const TunnelDown& action) {
  EXPECT_NE(tunnels_.at(action.tunnel), Stage::kDown);
  tunnels_[action.tunnel] = Stage::kDown;
  for (const auto& [key, stage] : sessions_) EXPECT_NE(key.first, action.tunnel);
}

void Ledger::Enter(const TunnelReleased& action) {
  EXPECT_EQ(tunnels_.at(action.tunnel), Stage::kDown);
  tunnels_.erase(action.tunnel);
}

void Ledger::Enter(const DataFrame&) { ADD_FAILURE() << "no data was sent"; }

}  // namespace sallyport::l2tp::testing
