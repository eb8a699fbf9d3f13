// SPDX-License-Identifier: GPL-2.0-or-later
// Delays against guessing, and logins that are asked for again, as sessions see them.
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "daemon/session_manager.h"
#include "tests/unit/daemon/fakes.h"

namespace sallyport::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;
using Bytes = std::vector<uint8_t>;

constexpr uint16_t kPap = 0xC023;
constexpr uint8_t kPapAck = 2, kPapNak = 3;
constexpr uint16_t kChap = 0xC223;
constexpr uint8_t kChallenge = 1, kChapSuccess = 3, kChapFailure = 4;
const IpEndpoint kHome{IpAddress::V4(0xC6336407), 1701};
const IpEndpoint kElsewhere{IpAddress::V4(0xCB007109), 1701};

class LoginPolicyTest : public testing::Test {
 protected:
  void Use(milliseconds delay) {
    ppp::LinkConfig config;
    config.auth = {ppp::AuthMethod::kPap};
    LoginPolicy logins;
    logins.delay.first = delay;
    logins.delay.longest = delay;
    manager_ = std::make_unique<SessionManager>(loop_, plane_, access_, random_, config,
                                                dhcp::Dhcpv6Config{}, 256, logins);
    manager_->SetCloseCallback([](const SessionKey&, const l2tp::ResultCode&) {});
  }

  /// CHAP with MD5, and again after a second at most.
  void UseChap() {
    ppp::LinkConfig config;
    config.auth = {ppp::AuthMethod::kChapMd5};
    config.chap_interval = seconds(1);
    manager_ = std::make_unique<SessionManager>(loop_, plane_, access_, random_, config,
                                                dhcp::Dhcpv6Config{}, 256, LoginPolicy());
    manager_->SetCloseCallback([](const SessionKey&, const l2tp::ResultCode&) {});
  }
  /// Answers the newest challenge, which it waits for.
  void Respond(const SessionKey& key, std::string_view user) {
    for (int i = 0; i < 10000 && Frames(kChap, kChallenge).empty(); ++i) {
      std::this_thread::sleep_for(milliseconds(1));
      Settle();
    }
    ASSERT_FALSE(Frames(kChap, kChallenge).empty());
    Bytes frame{0xC2, 0x23,
                2,    Frames(kChap, kChallenge).back()[3],
                0,    static_cast<uint8_t>(21 + user.size()),
                16};
    frame.resize(frame.size() + 16);
    frame.insert(frame.end(), user.begin(), user.end());
    plane_.frames.clear();
    Receive(key, frame);
  }
  /// A session that has logged in by CHAP.
  SessionKey OpenByChap() {
    UseChap();
    const auto key = Open(kHome, false);
    Respond(key, "alice");
    EXPECT_THAT(Frames(kChap, kChapSuccess), SizeIs(1));
    plane_.frames.clear();
    return key;
  }

  void Settle() {
    do {
      plane_.Work();
      loop_.RunPending();
    } while (!plane_.answers.empty());
  }

  /// A session whose LCP is open.
  SessionKey Open(const IpEndpoint& peer, bool forget = true) {
    const SessionKey key{l2tp::TunnelId(1), l2tp::SessionId(++sessions_)};
    l2tp::PrepareSession request;
    request.tunnel = key.tunnel;
    request.session = key.session;
    manager_->Prepare(request, peer, nullptr, [](bool) {});
    Settle();
    manager_->Start(key, false, SessionMtu{}, {});
    Settle();
    Acknowledge(key, plane_.frames.back());
    Receive(key, {0xC0, 0x21, 1, 1, 0, 4});
    if (forget) plane_.frames.clear();
    return key;
  }
  /// Our Configure-Request.
  void Acknowledge(const SessionKey& key, Bytes request) {
    request.at(2) = 2;
    Receive(key, request);
  }
  /// The peer negotiates LCP anew.
  void Renegotiate(const SessionKey& key, uint8_t identifier) {
    plane_.frames.clear();
    Receive(key, {0xC0, 0x21, 1, identifier, 0, 4});
    const auto requests = Frames(0xC021, 1);
    ASSERT_THAT(requests, SizeIs(1));
    Acknowledge(key, requests.front());
  }
  void Receive(const SessionKey& key, const Bytes& frame) {
    manager_->ReceiveFrame(key, frame);
    Settle();
  }
  void LogIn(const SessionKey& key, std::string_view user, std::string_view password) {
    Bytes frame{0xC0, 0x23, 1, 7, 0, static_cast<uint8_t>(6 + user.size() + password.size())};
    frame.push_back(static_cast<uint8_t>(user.size()));
    frame.insert(frame.end(), user.begin(), user.end());
    frame.push_back(static_cast<uint8_t>(password.size()));
    frame.insert(frame.end(), password.begin(), password.end());
    Receive(key, frame);
  }
  /// The frames of one protocol and code written since the last session was opened.
  std::vector<Bytes> Frames(uint16_t protocol, uint8_t code) const {
    std::vector<Bytes> found;
    for (const auto& frame : plane_.frames) {
      if ((uint32_t{frame[0]} << 8 | frame[1]) == protocol && frame[2] == code)
        found.push_back(frame);
    }
    return found;
  }
  uint64_t Accepted() const { return manager_->authentication().accepted; }

  EventLoop loop_;
  fake::FakeDataPlane plane_;
  fake::FakeAccess access_;
  RandomSource random_;
  std::unique_ptr<SessionManager> manager_;
  uint16_t sessions_ = 0;
};

TEST_F(LoginPolicyTest, TheFirstAnswersAreGivenAtOnce) {
  Use(seconds(30));
  LogIn(Open(kHome), "alice", "secret");
  EXPECT_THAT(Frames(kPap, kPapAck), SizeIs(1));
  LogIn(Open(kHome), "alice", "guess");
  EXPECT_THAT(Frames(kPap, kPapNak), SizeIs(1));
}

TEST_F(LoginPolicyTest, AfterAWrongLoginTheAnswerWaitsWhateverItIs) {
  Use(seconds(30));
  LogIn(Open(kHome), "alice", "guess");
  const auto key = Open(kElsewhere);
  LogIn(key, "alice", "secret");
  LogIn(key, "alice", "secret");
  EXPECT_THAT(plane_.frames, IsEmpty()) << "the same user, and the request repeated";
  EXPECT_EQ(Accepted(), 1U) << "it was looked at once";
  // That cleared the user's record, not that of the first address.
  LogIn(Open(kHome), "alice", "guess");
  EXPECT_THAT(plane_.frames, IsEmpty());
}

TEST_F(LoginPolicyTest, TheAddressWaitsWhoeverLogsIn) {
  Use(seconds(30));
  LogIn(Open(kHome), "mallory", "guess");
  LogIn(Open(kHome), "alice", "secret");
  EXPECT_THAT(plane_.frames, IsEmpty());
}

TEST_F(LoginPolicyTest, OthersDoNotWait) {
  Use(seconds(30));
  LogIn(Open(kHome), "mallory", "guess");
  LogIn(Open(kHome), "mallory", "guess again");
  EXPECT_THAT(plane_.frames, IsEmpty());
  LogIn(Open(kElsewhere), "alice", "secret");
  EXPECT_THAT(Frames(kPap, kPapAck), SizeIs(1));
}

TEST_F(LoginPolicyTest, TheAnswerComesInTheEnd) {
  Use(milliseconds(5));
  LogIn(Open(kHome), "alice", "guess");
  LogIn(Open(kHome), "alice", "secret");
  for (int i = 0; i < 10000 && Frames(kPap, kPapAck).empty(); ++i) {
    std::this_thread::sleep_for(milliseconds(1));
    Settle();
  }
  EXPECT_THAT(Frames(kPap, kPapAck), SizeIs(1));
}

TEST_F(LoginPolicyTest, NewConfiguration_HoldsForTheNextLogin) {
  Use(seconds(30));
  LogIn(Open(kHome), "alice", "guess");
  LoginPolicy none;
  none.delay.first = milliseconds(0);
  ppp::LinkConfig config;
  config.auth = {ppp::AuthMethod::kPap};
  manager_->Configure(config, {}, 256, none);
  LogIn(Open(kHome), "alice", "secret");
  EXPECT_THAT(Frames(kPap, kPapAck), SizeIs(1));
}

/// Whoever has logged in may do so again and again.
TEST_F(LoginPolicyTest, AClientThatRenegotiatesHasOneLease) {
  Use(seconds(0));
  const auto key = Open(kHome);
  LogIn(key, "alice", "secret");
  for (uint8_t identifier = 2; identifier < 20; ++identifier) {
    Renegotiate(key, identifier);
    LogIn(key, "alice", "secret");
    EXPECT_THAT(Frames(kPap, kPapAck), SizeIs(1)) << int{identifier};
    EXPECT_EQ(access_.leases, 1);
  }
  manager_->LowerDown(key, "the tunnel has gone", "lost_carrier");
  Settle();
  EXPECT_EQ(access_.leases, 0);
}

TEST_F(LoginPolicyTest, ASessionIsItsUsersWhoeverElseTries) {
  Use(seconds(0));
  const auto key = Open(kHome);
  LogIn(key, "alice", "secret");
  Renegotiate(key, 2);
  LogIn(key, "mallory", "secret");
  EXPECT_THAT(Frames(kPap, kPapNak), SizeIs(1));
  ASSERT_TRUE(manager_->sessions().contains(key));
  EXPECT_EQ(manager_->sessions().at(key).user, "alice");
  EXPECT_EQ(access_.leases, 1);
  manager_->LowerDown(key, "the tunnel has gone", "lost_carrier");
  Settle();
  EXPECT_EQ(access_.leases, 0);
}

TEST_F(LoginPolicyTest, ASessionThatGoesWhileItWaitsGivesItsAddressBack) {
  Use(seconds(30));
  LogIn(Open(kHome), "alice", "guess");
  const auto key = Open(kHome);
  LogIn(key, "alice", "secret");
  EXPECT_EQ(access_.leases, 1);
  manager_->LowerDown(key, "the tunnel has gone", "lost_carrier");
  Settle();
  EXPECT_EQ(access_.leases, 0);
}

TEST_F(LoginPolicyTest, WhoIsAskedAgainAndKnowsItStays) {
  const auto key = OpenByChap();
  Respond(key, "alice");
  EXPECT_THAT(Frames(kChap, kChapSuccess), SizeIs(1));
  EXPECT_EQ(access_.leases, 1) << "the same address";
  EXPECT_EQ(Accepted(), 2U);
}

TEST_F(LoginPolicyTest, WhoIsAskedAgainAndDoesNotKnowItIsHungUpOn) {
  const auto key = OpenByChap();
  access_.again = false;
  Respond(key, "alice");
  EXPECT_THAT(Frames(kChap, kChapFailure), SizeIs(1));
  EXPECT_THAT(Frames(0xC021, 5), SizeIs(1)) << "Terminate-Request";
}

TEST_F(LoginPolicyTest, WhoIsAskedAgainUnderAnotherNameIsHungUpOn) {
  const auto key = OpenByChap();
  Respond(key, "bob");
  EXPECT_THAT(Frames(kChap, kChapFailure), SizeIs(1));
  EXPECT_THAT(Frames(0xC021, 5), SizeIs(1)) << "Terminate-Request";
}

TEST_F(LoginPolicyTest, ManyAtOnceAreRefusedUnseen) {
  Use(seconds(30));
  LogIn(Open(kHome), "alice", "guess");
  for (int i = 0; i < 2 * aaa::LoginDelay::kBurst; ++i) LogIn(Open(kHome), "mallory", "guess");
  const auto before = manager_->authentication();
  LogIn(Open(kHome), "alice", "secret");
  EXPECT_EQ(manager_->authentication().accepted, before.accepted);
  EXPECT_EQ(manager_->authentication().rejected, before.rejected + 1);
  EXPECT_EQ(access_.leases, 0);
}

}  // namespace
}  // namespace sallyport::daemon
