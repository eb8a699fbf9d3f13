// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/login_delay.h"

#include <gtest/gtest.h>
#include <string>

namespace sallyport::aaa {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const IpAddress kHome = *IpAddress::Parse("198.51.100.7");
const IpAddress kElsewhere = *IpAddress::Parse("203.0.113.9");

class Delay : public testing::Test {
 protected:
  std::optional<Duration> Admit(std::string_view user, const IpAddress& peer = kHome) {
    return delay_.Admit(user, peer, now_);
  }
  void Refuse(std::string_view user, const IpAddress& peer = kHome) {
    delay_.Refused(user, peer, now_);
  }
  void UseSettings(const LoginDelaySettings& settings) { delay_ = LoginDelay(settings); }

  LoginDelay delay_{LoginDelaySettings{}};
  TimePoint now_{seconds(1000)};
};

TEST_F(Delay, NobodyWaitsAtFirst) {
  EXPECT_EQ(Admit("alice"), Duration::zero());
  EXPECT_EQ(Admit(""), Duration::zero());
  EXPECT_EQ(delay_.size(), 0U);
}

TEST_F(Delay, DoublesWithEachRefusalUpToTheLongest) {
  for (const int expected : {0, 1, 2, 4, 8, 8, 8}) {
    now_ += seconds(60);
    EXPECT_EQ(Admit("alice"), seconds(expected));
    Refuse("alice");
  }
}

TEST_F(Delay, IsTheUsersFromWhereverTheLoginComes) {
  Refuse("alice", kElsewhere);
  EXPECT_EQ(Admit("alice", kHome), seconds(1));
  EXPECT_EQ(Admit("bob", kHome), Duration::zero());
}

TEST_F(Delay, IsTheAddressesWhoeverLogsIn) {
  Refuse("alice", kHome);
  Refuse("bob", kHome);
  EXPECT_EQ(Admit("carol", kHome), seconds(2));
  EXPECT_EQ(Admit("carol", kElsewhere), Duration::zero());
}

TEST_F(Delay, AnIpv6SiteIsOneGuesser) {
  Refuse("alice", *IpAddress::Parse("2001:db8:0:1::1"));
  EXPECT_EQ(Admit("bob", *IpAddress::Parse("2001:db8:0:1:ffff::2")), seconds(1));
  EXPECT_EQ(Admit("bob", *IpAddress::Parse("2001:db8:0:2::1")), Duration::zero());
}

TEST_F(Delay, AnAcceptedLoginClearsTheUserNotTheAddress) {
  Refuse("alice", kElsewhere);
  Refuse("alice", kHome);
  delay_.Accepted("alice");
  EXPECT_EQ(Admit("alice", *IpAddress::Parse("192.0.2.1")), Duration::zero());
  EXPECT_EQ(Admit("alice", kHome), seconds(1));
  delay_.Accepted("nobody");
}

TEST_F(Delay, IsForgottenAfterAWhile) {
  Refuse("alice");
  now_ += seconds(599);
  EXPECT_EQ(Admit("alice"), seconds(1));
  now_ += seconds(1);
  EXPECT_EQ(Admit("alice"), Duration::zero());
  EXPECT_EQ(delay_.size(), 0U);
}

TEST_F(Delay, ManyAtOnceAreRefusedUnseen) {
  Refuse("alice");  // one second
  int admitted = 0;
  for (int i = 0; i < 1000; ++i) admitted += Admit("alice", kElsewhere) ? 1 : 0;
  EXPECT_EQ(admitted, LoginDelay::kBurst + 1);
  int later = 0;
  for (int i = 0; i < 1000; ++i) {
    now_ += milliseconds(10);
    later += Admit("alice", kElsewhere) ? 1 : 0;
  }
  EXPECT_NEAR(later, 10 * LoginDelay::kBurst, 1) << "in ten seconds";
  EXPECT_EQ(Admit("bob", kElsewhere), Duration::zero()) << "others are not held up";
}

TEST_F(Delay, MemoryIsBoundedAndTheLatestStay) {
  UseSettings({.max_entries = 3});
  for (const auto* user : {"a", "b", "c", "a", "d"}) Refuse(user);
  EXPECT_EQ(delay_.size(), 4U) << "three users, one address";
  EXPECT_EQ(Admit("a", kElsewhere), seconds(2));
  EXPECT_EQ(Admit("b", kElsewhere), Duration::zero()) << "the one refused longest ago";
  EXPECT_EQ(Admit("d", kElsewhere), seconds(1));
  for (int i = 0; i < 10000; ++i) Refuse("user" + std::to_string(i));
  EXPECT_EQ(delay_.size(), 4U);
}

TEST_F(Delay, CanBeSwitchedOff) {
  UseSettings({.first = seconds(0)});
  for (int i = 0; i < 100; ++i) Refuse("alice");
  EXPECT_EQ(Admit("alice"), Duration::zero());
  EXPECT_EQ(delay_.size(), 0U);
}

TEST_F(Delay, NewSettingsKeepWhatIsRememberedAndCanEndIt) {
  Refuse("alice");
  delay_.Configure({.first = seconds(3)});
  EXPECT_EQ(Admit("alice"), seconds(3));
  for (int i = 0; i < LoginDelay::kBurst; ++i) (void)Admit("alice");
  delay_.Configure({.first = seconds(0)});
  EXPECT_EQ(Admit("alice"), Duration::zero()) << "not refused either";
  EXPECT_EQ(delay_.size(), 0U);
}

TEST_F(Delay, CanLeaveOutTheAddress) {
  UseSettings({.per_peer = false});
  Refuse("alice");
  EXPECT_EQ(Admit("bob"), Duration::zero());
  EXPECT_EQ(Admit("alice"), seconds(1));
}

TEST_F(Delay, TheFirstMayBeTheLongest) {
  UseSettings({.first = seconds(5), .longest = seconds(3)});
  Refuse("alice");
  EXPECT_EQ(Admit("alice"), seconds(3));
}

}  // namespace
}  // namespace sallyport::aaa
