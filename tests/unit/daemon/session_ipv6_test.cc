// SPDX-License-Identifier: GPL-2.0-or-later
// A session with two network protocols: what the data path is asked for, and what the client is
// told.
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "daemon/session_manager.h"
#include "tests/unit/daemon/fakes.h"

namespace sallyport::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Bytes = std::vector<uint8_t>;

constexpr uint16_t kIpcp = 0x8021, kIpv6cp = 0x8057;
const SessionKey kKey{l2tp::TunnelId(1), l2tp::SessionId(2)};

ppp::LinkConfig LinkOptions(ppp::NetworkUse ipv4) {
  ppp::LinkConfig config;
  config.auth = {ppp::AuthMethod::kPap};
  config.ipv4 = ipv4;
  config.ipv6 = ppp::NetworkUse::kAllow;
  return config;
}

dhcp::Dhcpv6Config DhcpOptions() {
  dhcp::Dhcpv6Config config;
  config.duid = {0, 4, 1, 2, 3};
  return config;
}

/// LCP's Terminate-Request and the like, by code.
bool Wrote(const std::vector<Bytes>& frames, uint16_t protocol, uint8_t code) {
  return std::ranges::any_of(frames, [&](const Bytes& frame) {
    return (uint32_t{frame[0]} << 8 | frame[1]) == protocol && frame[2] == code;
  });
}

class SessionIpv6Test : public testing::Test {
 protected:
  explicit SessionIpv6Test(ppp::NetworkUse ipv4 = ppp::NetworkUse::kAllow)
      : sessions_(loop_, plane_, access_, random_, LinkOptions(ipv4), DhcpOptions(), 10) {
    access_.prefix = IpPrefix::Parse("2001:db8:1:7::/64");
    access_.delegated = IpPrefix::Parse("2001:db8:100::/56");
    sessions_.SetCloseCallback([](const SessionKey&, const l2tp::ResultCode&) {});
    sessions_.SetUpCallback([this](const ClientSession&) { ++ups_; });
    sessions_.SetForgottenCallback([](const ClientSession&) {});
  }

  void Settle() {
    do {
      plane_.Work();
      loop_.RunPending();
    } while (!plane_.answers.empty());
  }
  void Frame(const Bytes& frame) {
    sessions_.ReceiveFrame(kKey, frame);
    Settle();
  }
  Bytes LastRequest(uint16_t protocol) const {
    Bytes last;
    for (const auto& frame : plane_.frames) {
      if ((uint32_t{frame[0]} << 8 | frame[1]) == protocol && frame[2] == 1) last = frame;
    }
    return last;
  }
  void Negotiate(uint16_t protocol, const Bytes& options) {
    Bytes ack = LastRequest(protocol);
    ASSERT_THAT(ack, Not(IsEmpty()));
    ack[2] = 2;
    Frame(ack);
    Bytes request{static_cast<uint8_t>(protocol >> 8),     static_cast<uint8_t>(protocol), 1, 9, 0,
                  static_cast<uint8_t>(4 + options.size())};
    request.insert(request.end(), options.begin(), options.end());
    Frame(request);
  }
  void LogIn() {
    l2tp::PrepareSession request;
    request.tunnel = kKey.tunnel;
    request.session = kKey.session;
    sessions_.Prepare(request, {IpAddress::V4(0xCB007101), 1701}, nullptr, [](bool) {});
    sessions_.Start(kKey, false, SessionMtu{}, {});
    Settle();
    Negotiate(0xC021, {});
    Frame({0xC0, 0x23, 1, 5, 0, 17, 5, 'a', 'l', 'i', 'c', 'e', 6, 's', 'e', 'c', 'r', 'e', 't'});
  }
  void OpenIpv4() { Negotiate(kIpcp, {3, 6, 10, 64, 0, 2}); }
  void OpenIpv6(uint8_t identifier = 2) {
    Negotiate(kIpv6cp, {1, 10, 0, 0, 0, 0, 0, 0, 0, identifier});
  }
  const ClientSession& Session() const { return sessions_.sessions().at(kKey); }
  const SessionNetwork& Network() const { return plane_.up.at(kKey); }

  EventLoop loop_;
  fake::FakeDataPlane plane_;
  fake::FakeAccess access_;
  RandomSource random_;
  int ups_ = 0;
  SessionManager sessions_;
};

TEST_F(SessionIpv6Test, BothFamiliesAreRouted) {
  LogIn();
  OpenIpv4();
  EXPECT_EQ(Network().peer.ToString(), "10.64.0.2");
  EXPECT_FALSE(Network().ipv6);
  EXPECT_THAT(plane_.ipv6_sent, IsEmpty());
  OpenIpv6();
  EXPECT_EQ(Network().peer.ToString(), "10.64.0.2");
  ASSERT_TRUE(Network().ipv6);
  EXPECT_EQ(Network().ipv6->peer.ToString(), "fe80::2");
  EXPECT_TRUE(IpPrefix::Parse("fe80::/64")->Contains(Network().ipv6->local));
  EXPECT_THAT(Network().ipv6->prefixes, ElementsAre(*access_.prefix, *access_.delegated));
  EXPECT_THAT(plane_.ipv6_sent, SizeIs(1)) << "the router advertisement";
  EXPECT_EQ(ups_, 1);
}

TEST_F(SessionIpv6Test, Ipv6AloneIsEnoughWhereItMayBe) {
  LogIn();
  Frame({0xC0, 0x21, 8, 7, 0, 10, 0x80, 0x21, 1, 1, 0, 4});  // Protocol-Reject of IPCP
  OpenIpv6();
  EXPECT_EQ(Session().state, SessionState::kUp);
  EXPECT_FALSE(Network().local);
  EXPECT_FALSE(Network().peer);
  ASSERT_TRUE(Network().ipv6);
}

TEST_F(SessionIpv6Test, OneSetUpIsCountedWhateverTheFamilies) {
  LogIn();
  OpenIpv4();
  OpenIpv6();
  EXPECT_EQ(sessions_.setup_times().whole.count(), 1U);
  for (const SetupPhase phase : kSetupPhases) {
    EXPECT_EQ(sessions_.setup_times().Of(phase).count(), 1U) << ToString(phase);
  }
}

TEST_F(SessionIpv6Test, WhenOneFamilyGoesTheOtherStays) {
  LogIn();
  OpenIpv4();
  OpenIpv6();
  Frame({0x80, 0x57, 5, 8, 0, 4});  // Terminate-Request of IPv6CP
  EXPECT_EQ(Session().state, SessionState::kUp);
  EXPECT_FALSE(Network().ipv6);
  EXPECT_EQ(Network().peer.ToString(), "10.64.0.2");
  sessions_.ReceiveIpv6(kKey, {.service = Ipv6Service::kDhcpv6,
                               .peer = {},
                               .multicast = true,
                               .hop_limit = 0,
                               .bytes = {}});
  EXPECT_EQ(sessions_.ipv6_drops().Get(dhcp::DropReason::kNoSession), 1U);
}

TEST_F(SessionIpv6Test, ALinkNegotiatedAnewTakesBothDown) {
  LogIn();
  OpenIpv4();
  OpenIpv6();
  Frame({0xC0, 0x21, 1, 9, 0, 4});  // Configure-Request of LCP
  EXPECT_FALSE(plane_.up.contains(kKey));
  EXPECT_EQ(Session().state, SessionState::kStarting);
}

TEST_F(SessionIpv6Test, WithoutAPrefixThereIsNoIpv6) {
  access_.prefix.reset();
  LogIn();
  EXPECT_THAT(LastRequest(kIpv6cp), IsEmpty());
  OpenIpv4();
  EXPECT_EQ(Session().state, SessionState::kUp);
  EXPECT_FALSE(Network().ipv6);
}

TEST_F(SessionIpv6Test, AnInterfaceThatCannotBeBroughtUpEndsTheSessionEvenIfNobodyWantsItAnyMore) {
  LogIn();
  plane_.bring_up_fails = true;
  Bytes ack = LastRequest(kIpcp);
  ASSERT_THAT(ack, Not(IsEmpty()));
  ack[2] = 2;
  Frame(ack);
  // Opens IPCP; while the interface is being brought up, LCP begins anew.
  sessions_.ReceiveFrame(kKey, Bytes{0x80, 0x21, 1, 9, 0, 10, 3, 6, 10, 64, 0, 2});
  ASSERT_THAT(plane_.answers, Not(IsEmpty()));
  sessions_.ReceiveFrame(kKey, Bytes{0xC0, 0x21, 1, 9, 0, 4});
  ASSERT_FALSE(Wrote(plane_.frames, 0xC021, 5));
  Settle();
  EXPECT_TRUE(Wrote(plane_.frames, 0xC021, 5)) << "what is in the kernel is not known";
}

}  // namespace
}  // namespace sallyport::daemon
