// SPDX-License-Identifier: GPL-2.0-or-later
// The life of a dial in virtual time.
#include "daemon/dialer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <variant>
#include <vector>

namespace sallyport::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr IpAddress kNone;
const IpAddress kServer = *IpAddress::Parse("192.0.2.1");
const l2tp::TunnelId kTunnel(7);

SessionKey Key(uint16_t session, l2tp::TunnelId tunnel = kTunnel) {
  return {tunnel, l2tp::SessionId(session)};
}

/// A dialer with one dial, whose waits are not shortened by chance unless a test says so.
class DialerTest : public ::testing::Test {
 protected:
  void Make(DialSettings settings) { dialer_.emplace(std::vector{std::move(settings)}); }
  static DialSettings Plain(unsigned sessions = 1) {
    return {.name = "hq",
            .server = "192.0.2.1",
            .ipsec = false,
            .sessions = sessions,
            .redial = seconds(5),
            .redial_max = seconds(30)};
  }

  const Dialer::Dial& dial() const { return dialer_->dials()[0]; }
  DialState state() const { return dial().state; }

  void Start() { dialer_->Start(now_, entropy_, actions_); }
  void Tell(const DialEvent& event) { dialer_->Handle(event, now_, entropy_, actions_); }
  void Pass(milliseconds time) {
    now_ += time;
    dialer_->HandleTimeout(now_, entropy_, actions_);
  }

  /// Takes the next action, which must be of this type.
  template <typename Action>
  Action Next() {
    if (actions_.empty()) {
      ADD_FAILURE() << "no action";
      return {};
    }
    const DialAction action = actions_.front();
    actions_.erase(actions_.begin());
    const auto* wanted = std::get_if<Action>(&action);
    EXPECT_NE(wanted, nullptr) << "action " << action.index();
    return wanted == nullptr ? Action{} : *wanted;
  }
  bool quiet() const { return actions_.empty(); }

  /// From the tunnel asked for to every session up.
  void Connect(l2tp::TunnelId tunnel = kTunnel) {
    Tell(TunnelNamed{Next<DialTunnel>().id, tunnel});
    Tell(TunnelReady{tunnel});
    for (unsigned i = 0; i < dial().settings.sessions; ++i) {
      const auto session = static_cast<uint16_t>(i + 1);
      Tell(SessionNamed{Next<DialCall>().id, Key(session, tunnel)});
    }
    for (unsigned i = 0; i < dial().settings.sessions; ++i) {
      Tell(SessionReady{Key(static_cast<uint16_t>(i + 1), tunnel)});
    }
    Next<DialEstablished>();
    EXPECT_EQ(state(), DialState::kUp);
  }

  std::optional<Dialer> dialer_;
  TimePoint now_{seconds(1000)};
  Entropy entropy_{};  // zero: nothing is taken off a wait
  DialActions actions_;
};

TEST_F(DialerTest, AddressIsDialledAtOnce) {
  Make(Plain());
  Start();
  const auto tunnel = Next<DialTunnel>();
  EXPECT_EQ(tunnel.server, kServer);
  EXPECT_EQ(tunnel.local, kNone);
  EXPECT_FALSE(tunnel.path);
  EXPECT_TRUE(tunnel.id);
  EXPECT_EQ(state(), DialState::kOpening);
  EXPECT_EQ(dial().attempts, 1U);
  EXPECT_EQ(dialer_->NextDeadline(), std::nullopt) << "the L2TP engine keeps the time";
}

TEST_F(DialerTest, StepsLeadToUp) {
  Make(Plain());
  Start();
  const auto tunnel = Next<DialTunnel>();
  Tell(TunnelNamed{tunnel.id, kTunnel});
  EXPECT_TRUE(quiet());
  Tell(TunnelReady{kTunnel});
  EXPECT_EQ(state(), DialState::kCalling);
  const auto call = Next<DialCall>();
  EXPECT_EQ(call.tunnel, kTunnel);
  EXPECT_NE(call.id, tunnel.id);
  Tell(SessionNamed{call.id, Key(1)});
  EXPECT_EQ(state(), DialState::kCalling);
  Tell(SessionReady{Key(1)});
  EXPECT_EQ(state(), DialState::kUp);
  Next<DialEstablished>();
  EXPECT_TRUE(quiet());
}

TEST_F(DialerTest, NameIsLookedUpForEachAttempt) {
  auto settings = Plain();
  settings.server = "vpn.example.org";
  Make(settings);
  Start();
  EXPECT_EQ(state(), DialState::kResolving);
  Next<ResolveServer>();
  Tell(ServerResolved{0, Unexpected{std::string("no such host")}});
  EXPECT_EQ(Next<DialTroubled>().text, "no such host");
  EXPECT_EQ(state(), DialState::kWaiting);
  Pass(seconds(5));
  Next<ResolveServer>();
  Tell(ServerResolved{0, kServer});
  EXPECT_EQ(Next<DialTunnel>().server, kServer);
}

TEST_F(DialerTest, NameThatNobodyAnswersForIsAFailure) {
  auto settings = Plain();
  settings.server = "vpn.example.org";
  Make(settings);
  Start();
  Next<ResolveServer>();
  EXPECT_EQ(dialer_->NextDeadline(), now_ + seconds(40));
  Pass(seconds(39));
  EXPECT_TRUE(quiet());
  Pass(seconds(1));
  Next<DialTroubled>();
  EXPECT_EQ(state(), DialState::kWaiting);
  Tell(ServerResolved{0, kServer});
  EXPECT_TRUE(quiet()) << "too late";
}

TEST_F(DialerTest, SaComesBeforeTheTunnel) {
  auto settings = Plain();
  settings.ipsec = true;
  Make(settings);
  Start();
  EXPECT_EQ(Next<SecurePath>().server, kServer);
  EXPECT_TRUE(dialer_->WantsPath(0));
  const IpAddress local = *IpAddress::Parse("192.0.2.9");
  Tell(PathSecured{.dial = 0, .path = l2tp::PathId(3), .server = kServer, .local = local});
  const auto tunnel = Next<DialTunnel>();
  EXPECT_EQ(tunnel.path, l2tp::PathId(3));
  EXPECT_EQ(tunnel.local, local);
  EXPECT_FALSE(dialer_->WantsPath(0));
  Tell(PathLost{0, "deleted"});
  EXPECT_EQ(state(), DialState::kOpening) << "the tunnel's own end tells";
}

TEST_F(DialerTest, FailedAndEndlessIkeLeadToAnotherAttempt) {
  auto settings = Plain();
  settings.ipsec = true;
  Make(settings);
  Start();
  Next<SecurePath>();
  Tell(PathLost{0, "keys differ"});
  EXPECT_EQ(Next<DialTroubled>().text, "keys differ");
  Pass(seconds(5));
  Next<SecurePath>();
  Pass(seconds(60));
  Next<DialTroubled>();
  EXPECT_EQ(state(), DialState::kWaiting);
}

TEST_F(DialerTest, WaitsDoubleUpToTheLongest) {
  Make(Plain());
  Start();
  for (const int wait : {5, 10, 20, 30, 30}) {
    Tell(AttemptRefused{Next<DialTunnel>().id, "refused"});
    EXPECT_EQ(Next<DialTroubled>().wait, seconds(wait));
    EXPECT_EQ(dialer_->NextDeadline(), now_ + seconds(wait));
    Pass(seconds(wait) - milliseconds(1));
    EXPECT_TRUE(quiet());
    Pass(milliseconds(1));
  }
  EXPECT_EQ(dial().attempts, 6U);
  EXPECT_EQ(dial().last_failure, "refused");
}

TEST_F(DialerTest, ChanceTakesOffUpToAQuarter) {
  Make(Plain());
  Start();
  entropy_.fill(0xFF);
  Tell(AttemptRefused{Next<DialTunnel>().id, "refused"});
  EXPECT_GT(dial().back_off.wait, milliseconds(3740));
  EXPECT_LT(dial().back_off.wait, milliseconds(3760));
  EXPECT_EQ(Next<DialTroubled>().wait, seconds(4)) << "whole seconds, rounded up";
}

TEST_F(DialerTest, WhatHeldForLongBeginsWithTheFirstWait) {
  Make(Plain());
  Start();
  for (int i = 0; i < 3; ++i) {
    Tell(AttemptRefused{Next<DialTunnel>().id, "refused"});
    Next<DialTroubled>();
    Pass(seconds(30));
  }
  Connect();
  Pass(seconds(20));  // as long as the last wait
  Tell(TunnelLost{kTunnel, "the peer closed it"});
  EXPECT_EQ(Next<DialTroubled>().wait, seconds(5));
  EXPECT_EQ(state(), DialState::kWaiting);
}

TEST_F(DialerTest, WhatHeldForAMomentIsOneMoreFailure) {
  Make(Plain());
  Start();
  Tell(AttemptRefused{Next<DialTunnel>().id, "refused"});
  Next<DialTroubled>();
  Pass(seconds(5));
  Connect();
  Pass(seconds(1));
  Tell(TunnelLost{kTunnel, "the peer closed it"});
  EXPECT_EQ(Next<DialTroubled>().wait, seconds(10));
}

TEST_F(DialerTest, NextAttemptWaitsForTheNameOfTheInterface) {
  Make(Plain());
  Start();
  Connect();
  Tell(TunnelLost{kTunnel, "the peer does not answer"});
  Next<DialTroubled>();
  Pass(seconds(60));
  EXPECT_TRUE(quiet()) << "the session still has its interface";
  EXPECT_EQ(dialer_->NextDeadline(), std::nullopt) << "no busy loop meanwhile";
  Tell(SessionGone{Key(1), "its tunnel ended"});
  Next<DialTunnel>();
}

TEST_F(DialerTest, SessionThatEndsFirstIsOneFailureWithItsTunnel) {
  Make(Plain());
  Start();
  Connect();
  Tell(SessionGone{Key(1), "the peer hung up"});
  EXPECT_EQ(Next<DialTroubled>().text, "the peer hung up");
  EXPECT_EQ(Next<HangUp>().tunnel, kTunnel) << "no session is left on it";
  Tell(TunnelLost{kTunnel, "closed by us"});
  EXPECT_TRUE(quiet());
  EXPECT_EQ(dial().last_failure, "the peer hung up");
  Pass(seconds(5));
  Connect(l2tp::TunnelId(8));
}

TEST_F(DialerTest, OneSessionOfSeveralComesBackByItself) {
  Make(Plain(3));
  Start();
  Connect();
  Tell(SessionGone{Key(2), "the peer hung up"});
  EXPECT_EQ(Next<DialTroubled>().wait, seconds(5));
  EXPECT_TRUE(quiet()) << "the tunnel stays";
  EXPECT_EQ(state(), DialState::kCalling);
  Pass(seconds(5));
  const auto call = Next<DialCall>();
  EXPECT_EQ(dialer_->SessionIndex(call.id), 1U) << "the name of its interface is the same";
  EXPECT_EQ(call.tunnel, kTunnel);
  Tell(SessionNamed{call.id, Key(9)});
  Tell(SessionReady{Key(9)});
  Next<DialEstablished>();
  EXPECT_EQ(state(), DialState::kUp);
}

TEST_F(DialerTest, CallsThatAreRefusedAreTriedAgain) {
  Make(Plain(2));
  Start();
  Tell(TunnelNamed{Next<DialTunnel>().id, kTunnel});
  Tell(TunnelReady{kTunnel});
  const auto first = Next<DialCall>();
  const auto second = Next<DialCall>();
  Tell(AttemptRefused{first.id, "no resources"});
  Next<DialTroubled>();
  EXPECT_EQ(state(), DialState::kCalling);
  Tell(AttemptRefused{second.id, "no resources"});
  Next<DialTroubled>();
  Next<HangUp>();
  EXPECT_EQ(state(), DialState::kWaiting) << "none is left";
}

TEST_F(DialerTest, OldNewsChangesNothing) {
  Make(Plain());
  Start();
  const auto first = Next<DialTunnel>();
  Tell(AttemptRefused{first.id, "refused"});
  Next<DialTroubled>();
  Pass(seconds(5));
  const auto second = Next<DialTunnel>();
  Tell(AttemptRefused{first.id, "refused again"});
  Tell(TunnelNamed{first.id, l2tp::TunnelId(1)});
  Tell(TunnelReady{l2tp::TunnelId(1)});
  Tell(TunnelLost{l2tp::TunnelId(1), "gone"});
  Tell(SessionReady{Key(1)});
  Tell(SessionGone{Key(1), "gone"});
  Tell(PathSecured{.dial = 0, .path = l2tp::PathId(3), .server = kServer, .local = {}});
  EXPECT_TRUE(quiet());
  EXPECT_EQ(state(), DialState::kOpening);
  EXPECT_EQ(dialer_->Find(second.id), 0U);
  EXPECT_EQ(dialer_->Find(first.id), std::nullopt);
}

TEST_F(DialerTest, StoppedDialStaysDown) {
  Make(Plain());
  Start();
  Connect();
  dialer_->Stop(now_);
  Tell(TunnelLost{kTunnel, "shutting down"});
  Tell(SessionGone{Key(1), "its tunnel ended"});
  Pass(seconds(600));
  EXPECT_TRUE(quiet());
  EXPECT_EQ(state(), DialState::kStopped);
  EXPECT_EQ(dialer_->NextDeadline(), std::nullopt);
}

TEST_F(DialerTest, DialsDoNotDisturbEachOther) {
  auto other = Plain();
  other.name = "branch";
  dialer_.emplace(std::vector{Plain(), other});
  Start();
  const auto first = Next<DialTunnel>();
  const auto second = Next<DialTunnel>();
  EXPECT_EQ(first.dial, 0U);
  EXPECT_EQ(second.dial, 1U);
  Tell(AttemptRefused{second.id, "refused"});
  EXPECT_EQ(Next<DialTroubled>().dial, 1U);
  EXPECT_EQ(state(), DialState::kOpening);
  EXPECT_EQ(dialer_->FindByName("branch"), 1U);
  EXPECT_EQ(dialer_->FindByName("none"), std::nullopt);
}

TEST(DialStates, HaveNames) {
  EXPECT_EQ(ToString(DialState::kResolving), "resolving");
  EXPECT_EQ(ToString(DialState::kSecuring), "securing");
  EXPECT_EQ(ToString(DialState::kOpening), "opening");
  EXPECT_EQ(ToString(DialState::kCalling), "calling");
  EXPECT_EQ(ToString(DialState::kUp), "up");
  EXPECT_EQ(ToString(DialState::kWaiting), "waiting");
  EXPECT_EQ(ToString(DialState::kStopped), "stopped");
}

}  // namespace
}  // namespace sallyport::daemon
