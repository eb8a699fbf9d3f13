// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/daemon/concentrator_fixture.h"

namespace sallyport::daemon {
namespace {

TEST_F(ConcentratorTest, ALoginEndsWithARouteAndARecordOfEveryLayer) {
  BringUp();
  EXPECT_THAT(plane_.tunnel_reqids, ElementsAre(ReqId(1))) << "the tunnel is bound to its SA";
  EXPECT_EQ(plane_.up.at(key_).peer.ToString(), "10.64.0.2");
  const auto& session = concentrator_.sessions().sessions().at(key_);
  EXPECT_EQ(session.user, "alice");
  EXPECT_EQ(session.interface, "sallyport0");
  EXPECT_EQ(session.peer_session.value(), kPeerSession);
  EXPECT_EQ(concentrator_.tunnels().at(key_.tunnel).sa, SaId(1));
  EXPECT_EQ(concentrator_.sessions().authentication().accepted, 1U);
}

TEST_F(ConcentratorTest, IcrpWaitsForTheChannel) {
  concentrator_.OnSaUp(Sa());
  OpenTunnel(l2tp::PathId(plane_.last_path));
  const Bytes icrq = Message(0, l2tp::testing::IcrqAvps(kPeerSession));
  concentrator_.OnDatagram({.path = tunnel_path_, .peer = kPeer, .local = kLocal, .bytes = icrq},
                           {});
  EXPECT_THAT(Sent(kIcrp), IsEmpty());
  Settle();
  EXPECT_THAT(Sent(kIcrp), SizeIs(1));
}

TEST_F(ConcentratorTest, FramesWaitInTheKernelUntilIccn) {
  concentrator_.OnSaUp(Sa());
  OpenTunnel(l2tp::PathId(plane_.last_path));
  Send(tunnel_path_, Message(0, l2tp::testing::IcrqAvps(kPeerSession)));
  ASSERT_THAT(Sent(kIcrp), SizeIs(1));
  EXPECT_THAT(plane_.reading, IsEmpty()) << "PPP has not started: it would lose them";
  nr_ = 2;
  const l2tp::SessionId session(Sent(kIcrp)[0].U16(kAssignedSessionId));
  Send(tunnel_path_, Message(session.value(), l2tp::testing::IccnAvps()));
  EXPECT_THAT(plane_.reading, ElementsAre(SessionKey{l2tp::TunnelId(tunnel_), session}));
}

TEST_F(ConcentratorTest, WhereSequencingIsRequiredPppWaitsUntilFramesAreNumbered) {
  concentrator_.OnSaUp(Sa());
  OpenTunnel(l2tp::PathId(plane_.last_path));
  OpenSession(l2tp::testing::IccnAvps().Add(kSequencingRequired, {}));
  EXPECT_THAT(plane_.numbered, ElementsAre(key_));
  EXPECT_EQ(plane_.frames_before_numbers, 0U);
  EXPECT_THAT(Frames(0xC021, 1), SizeIs(1));
  EXPECT_THAT(plane_.reading, ElementsAre(key_));
}

TEST_F(ConcentratorTest, WhereSequencingIsRequiredAndNotToBeHadTheCallEnds) {
  plane_.numbering_works = false;
  concentrator_.OnSaUp(Sa());
  OpenTunnel(l2tp::PathId(plane_.last_path));
  OpenSession(l2tp::testing::IccnAvps().Add(kSequencingRequired, {}));
  Settle();
  EXPECT_THAT(plane_.frames, IsEmpty());
  EXPECT_THAT(Sent(kCdn), SizeIs(1));
  EXPECT_EQ(State(), std::nullopt);
}

TEST_F(ConcentratorTest, WhereSequencingIsNotAskedForNothingIsNumbered) {
  BringUp();
  EXPECT_THAT(plane_.numbered, IsEmpty());
}

TEST_F(ConcentratorTest, ARefusalLeavesFromTheAddressThatWasAsked) {
  plane_.tunnels_work = false;
  concentrator_.OnSaUp(Sa());
  Send(l2tp::PathId(plane_.last_path), Sccrq());
  ASSERT_THAT(plane_.sent, testing::Not(IsEmpty()));
  for (const auto& datagram : plane_.sent) EXPECT_EQ(datagram.local, kLocal);
}

TEST_F(ConcentratorTest, TheAddressIsFreeOnlyWhenTheRouteHasGone) {
  BringUp();
  concentrator_.OnSaDown(SaId(1), ReqId(1), "deleted by the peer");
  EXPECT_EQ(access_.leases, 1) << "the kernel still has the session";
  Settle();
  EXPECT_EQ(access_.leases, 0);
}

TEST_F(ConcentratorTest, TheOperatorsDisconnectSaysGoodbyeInPppAndL2tp) {
  BringUp();
  concentrator_.Disconnect({Id()}, "disconnected by the operator");
  Settle();
  ASSERT_THAT(Frames(0xC021, 5), SizeIs(1)) << "Terminate-Request";
  EXPECT_THAT(Sent(kCdn), IsEmpty()) << "the client has not answered yet";
  Bytes ack = Frames(0xC021, 5)[0];
  ack[2] = 6;  // Terminate-Ack
  Frame(ack);
  EXPECT_THAT(Sent(kCdn), SizeIs(1));
  EXPECT_EQ(State(), std::nullopt);
  EXPECT_EQ(access_.leases, 0);
}

TEST_F(ConcentratorTest, AWrongPasswordIsCountedAndGetsNothing) {
  concentrator_.OnSaUp(Sa());
  OpenTunnel(l2tp::PathId(plane_.last_path));
  OpenSession();
  Negotiate(0xC021);
  LogIn("guess");
  EXPECT_EQ(concentrator_.sessions().authentication().rejected, 1U);
  EXPECT_THAT(Frames(0xC023, 3), SizeIs(1)) << "Authenticate-Nak";
  EXPECT_THAT(Frames(0xC023, 2), IsEmpty());
  EXPECT_THAT(plane_.up, IsEmpty());
  EXPECT_EQ(access_.leases, 0);
}

TEST_F(ConcentratorTest, WithoutAnAddressForTheUserTheCallEndsForWantOfFacilities) {
  access_.exhausted = true;
  concentrator_.OnSaUp(Sa());
  OpenTunnel(l2tp::PathId(plane_.last_path));
  OpenSession();
  Negotiate(0xC021);
  LogIn("secret");
  EXPECT_THAT(Frames(0xC023, 3), SizeIs(1)) << "Authenticate-Nak";
  ASSERT_THAT(Frames(0xC021, 5), SizeIs(1)) << "Terminate-Request";
  Bytes ack = Frames(0xC021, 5)[0];
  ack[2] = 6;
  Frame(ack);
  ASSERT_THAT(Sent(kCdn), SizeIs(1));
  const Bytes result = Sent(kCdn)[0].Value(1);
  ASSERT_GE(result.size(), 4U);
  // Result 4, "lack of appropriate facilities", error 4, "insufficient resources" (RFC 2661
  // §4.4.2).
  EXPECT_EQ(Bytes(result.begin(), result.begin() + 4), (Bytes{0, 4, 0, 4}));
  EXPECT_EQ(events_.Text("session.end", "cause"), "nas_error");
}

TEST_F(ConcentratorTest, WithoutAnInterfaceTheSessionIsClosedAndTheAddressFreed) {
  plane_.interfaces_work = false;
  concentrator_.OnSaUp(Sa());
  OpenTunnel(l2tp::PathId(plane_.last_path));
  OpenSession();
  Negotiate(0xC021);
  LogIn("secret");
  ASSERT_THAT(Frames(0xC021, 5), SizeIs(1)) << "Terminate-Request";
  Bytes ack = Frames(0xC021, 5)[0];
  ack[2] = 6;
  Frame(ack);
  EXPECT_THAT(Sent(kCdn), SizeIs(1));
  EXPECT_EQ(access_.leases, 0);
}

TEST_F(ConcentratorTest, ASessionThatTheKernelLostEndsWithCdn) {
  BringUp();
  concentrator_.OnSessionLost(key_);
  Settle();
  EXPECT_THAT(Sent(kCdn), SizeIs(1));
  EXPECT_EQ(State(), std::nullopt);
  EXPECT_EQ(access_.leases, 0);
}

TEST_F(ConcentratorTest, ASessionThatCannotBeMadeIsRefusedWithCdn) {
  plane_.sessions_work = false;
  concentrator_.OnSaUp(Sa());
  OpenTunnel(l2tp::PathId(plane_.last_path));
  Send(tunnel_path_, Message(0, l2tp::testing::IcrqAvps(kPeerSession)));
  EXPECT_THAT(Sent(kIcrp), IsEmpty());
  EXPECT_THAT(Sent(kCdn), SizeIs(1));
  EXPECT_THAT(concentrator_.sessions().sessions(), IsEmpty());
  EXPECT_THAT(plane_.sessions, IsEmpty());
}

TEST_F(ConcentratorTest, ATunnelThatCannotBeMadeIsRefusedWithStopCcn) {
  plane_.tunnels_work = false;
  concentrator_.OnSaUp(Sa());
  Send(l2tp::PathId(plane_.last_path), Sccrq());
  EXPECT_THAT(Sent(kSccrp), IsEmpty());
  EXPECT_THAT(Sent(kStopCcn), SizeIs(1));
}

TEST_F(ConcentratorTest, ShutdownTellsThePeersWaitsAndDeletesTheSas) {
  BringUp();
  bool done = false;
  concentrator_.Shutdown([&] { done = true; });
  Settle();
  ASSERT_THAT(Sent(kStopCcn), SizeIs(1));
  EXPECT_FALSE(done) << "the client has not acknowledged";
  Send(tunnel_path_,
       l2tp::testing::ControlMessage(tunnel_, 0, ns_, static_cast<uint16_t>(nr_ + 1)));
  EXPECT_TRUE(done);
  EXPECT_EQ(State(), std::nullopt);
  EXPECT_THAT(ike_.terminated, testing::Contains(SaId(1)));
  EXPECT_EQ(access_.leases, 0);
}

TEST_F(ConcentratorTest, ShutdownWithoutClientsIsDoneAtOnce) {
  bool done = false;
  concentrator_.Shutdown([&] { done = true; });
  Settle();
  EXPECT_TRUE(done);
}

TEST_F(ConcentratorTest, TheMtuIsWhatThePathLeaves) {
  plane_.outer_mtu = 1400;
  SecurityAssociation sa = Sa();
  sa.esp_sizes = {.iv = 16, .alignment = 16, .icv = 16};  // AES-CBC with HMAC-SHA-256-128
  sa.udp_encapsulation = true;
  Connect(sa);
  EXPECT_EQ(plane_.up.at(key_).mtu, 1308);  // session_mtu_test has the sum
  // 2 octets of what we ask for are for a Length field.
  const auto requests = Frames(0xC021, 1);
  ASSERT_THAT(requests, SizeIs(1));
  const Bytes mru{1, 4, 1306 >> 8, 1306 & 0xFF};
  EXPECT_NE(std::search(requests[0].begin(), requests[0].end(), mru.begin(), mru.end()),
            requests[0].end());
}

TEST_F(ConcentratorTest, WhatIsConfiguredBoundsTheMtu) {
  plane_.outer_mtu = 9000;
  BringUp();
  EXPECT_EQ(plane_.up.at(key_).mtu, 1400);
}

TEST_F(ConcentratorTest, AnIdleSessionEndsInGoodOrder) {
  access_.limits.idle = std::chrono::seconds(0);
  BringUp();
  concentrator_.RefreshCounters([] {});
  Settle();
  EXPECT_EQ(State(), SessionState::kUp) << "the dump tells nothing of it";
  plane_.counters[key_] = {};
  concentrator_.RefreshCounters([] {});
  Settle();
  ASSERT_THAT(Frames(0xC021, 5), SizeIs(1)) << "Terminate-Request";
  Bytes ack = Frames(0xC021, 5)[0];
  ack[2] = 6;  // Terminate-Ack
  Frame(ack);
  EXPECT_THAT(Sent(kCdn), SizeIs(1));
  EXPECT_EQ(State(), std::nullopt);
}

TEST_F(ConcentratorTest, ASessionThatIsNotIdleForLongStays) {
  access_.limits.idle = std::chrono::hours(1);
  BringUp();
  plane_.counters[key_] = {};
  concentrator_.RefreshCounters([] {});
  Settle();
  EXPECT_EQ(State(), SessionState::kUp);
}

TEST_F(ConcentratorTest, ASessionWhoseTimeIsOverEndsInGoodOrder) {
  access_.limits.session = std::chrono::seconds(0);
  Connect(Sa());
  EXPECT_THAT(Frames(0xC021, 5), SizeIs(1)) << "Terminate-Request";
  EXPECT_EQ(State(), SessionState::kClosing);
}

TEST_F(ConcentratorTest, ADhcpinformIsAnsweredFromTheGatewayOnlyWhileTheSessionIsUp) {
  Bytes inform(240);
  inform[0] = 1;
  const Bytes address{10, 64, 0, 2};
  const Bytes cookie{0x63, 0x82, 0x53, 0x63};
  std::copy(address.begin(), address.end(), inform.begin() + 12);
  std::copy(cookie.begin(), cookie.end(), inform.begin() + 236);
  const Bytes options{53, 1, 8, 255};
  inform.insert(inform.end(), options.begin(), options.end());
  const IpAddress client = IpAddress::V4(0x0A400002);
  concentrator_.OnDhcp(key_, {client, inform});
  EXPECT_THAT(plane_.dhcp_sent, IsEmpty());
  BringUp();
  concentrator_.OnDhcp(key_, {client, inform});
  ASSERT_THAT(plane_.dhcp_sent, SizeIs(1));
  EXPECT_EQ(plane_.dhcp_sent[0].source.ToString(), "10.64.0.1");
  EXPECT_EQ(plane_.dhcp_sent[0].destination.ToString(), "10.64.0.2:68");
  EXPECT_EQ(plane_.dhcp_sent[0].octets[242], 5) << "DHCPACK";
  concentrator_.OnDhcp(key_, {IpAddress::V4(0x0A400003), inform});
  EXPECT_THAT(plane_.dhcp_sent, SizeIs(1));
  EXPECT_EQ(concentrator_.inform().drops().Get(dhcp::v4::DropReason::kForeignAddress), 1U);
}

TEST_F(ConcentratorTest, CountersReachTheRecordInOneDumpForAllWhoAsk) {
  BringUp();
  plane_.counters[key_] = {.rx_bytes = 840, .tx_bytes = 84, .rx_packets = 10, .tx_packets = 1};
  int answered = 0;
  concentrator_.RefreshCounters([&] { ++answered; });
  concentrator_.RefreshCounters([&] { ++answered; });
  EXPECT_THAT(plane_.answers, SizeIs(1));
  Settle();
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(concentrator_.sessions().sessions().at(key_).counters.rx_bytes, 840U);
}

TEST_F(ConcentratorTest, ClientsThatComeAndGoDoNotFillTheLog) {
  constexpr uint16_t kClients = 3 * LogLimit::kBurst;
  ::testing::internal::CaptureStderr();
  for (uint16_t i = 1; i <= kClients; ++i) {
    concentrator_.OnSaUp(Sa(i));
    concentrator_.OnDatagram({.path = l2tp::PathId(plane_.last_path),
                              .peer = {kPeer.address, i},
                              .local = kLocal,
                              .bytes = Sccrq()},
                             {});
    Settle();
    concentrator_.OnSaDown(SaId(i), ReqId(i), "deleted by the peer");
    Settle();
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(Sent(kSccrp).size(), kClients);
  for (const char* id : {"info: sa_up:", "info: sa_down:", "info: tunnel_down:"}) {
    unsigned lines = 0;
    for (size_t at = log.find(id); at != std::string::npos; at = log.find(id, at + 1)) ++lines;
    // Two bursts if a period ends meanwhile.
    EXPECT_GE(lines, LogLimit::kBurst) << id;
    EXPECT_LE(lines, 2 * LogLimit::kBurst) << id;
  }
}

/// What a LAC has negotiated with the caller (RFC 2661 §4.4.5): PAP, which asked for alice's login.
AvpList ProxiedIccn() {
  const Bytes lcp{1, 4, 5, 0xD4}, pap{3, 4, 0xC0, 0x23};
  const Bytes alice{'a', 'l', 'i', 'c', 'e'}, secret{'s', 'e', 'c', 'r', 'e', 't'};
  AvpList iccn = l2tp::testing::IccnAvps();
  iccn.Add(26, lcp).Add(27, pap).Add(
      28, lcp);  // LCP CONFREQs: initial received, last sent, last received
  iccn.U16(29, 3).Add(30, alice).U16(32, 0x42).Add(33, secret);  // Authen Type, Name, ID, Response
  return iccn;
}

class ProxyTest : public ConcentratorTest {
 protected:
  ProxyTest(bool pass, ppp::ProxyMode mode) : ConcentratorTest(OptionsWith(pass, mode)) {}
  static Concentrator::Options OptionsWith(bool pass, ppp::ProxyMode mode) {
    auto options = Options(false);
    options.pass_proxy = pass;
    options.ppp.proxy = mode;
    return options;
  }
  void Call() {
    OpenTunnel(l2tp::PathId(99), kListener);
    OpenSession(ProxiedIccn());
  }
};
class ProxyAccepted : public ProxyTest {
 protected:
  ProxyAccepted() : ProxyTest(true, ppp::ProxyMode::kAccept) {}
};
class ProxyRenegotiated : public ProxyTest {
 protected:
  ProxyRenegotiated() : ProxyTest(true, ppp::ProxyMode::kRenegotiate) {}
};
class ProxyIgnored : public ProxyTest {
 protected:
  ProxyIgnored() : ProxyTest(false, ppp::ProxyMode::kAccept) {}
};

TEST_F(ProxyAccepted, TheLoginThatTheLacTookIsDecidedWithoutAskingTheCaller) {
  Call();
  EXPECT_THAT(Frames(0xC021, 1), IsEmpty()) << "LCP is not begun anew";
  ASSERT_THAT(Frames(0xC023, 2), SizeIs(1)) << "PAP's Authenticate-Ack";
  EXPECT_EQ(Frames(0xC023, 2)[0][3], 0x42) << "of the caller's request";
  EXPECT_EQ(concentrator_.sessions().sessions().at(key_).user, "alice");
  Negotiate(0x8021, {3, 6, 10, 64, 0, 2});
  EXPECT_EQ(State(), SessionState::kUp);
}

TEST_F(ProxyRenegotiated, TheCallerIsAskedAnew) {
  Call();
  EXPECT_THAT(Frames(0xC021, 1), SizeIs(1));
  EXPECT_EQ(concentrator_.sessions().authentication().accepted, 0U);
}

TEST_F(ProxyIgnored, TheCallerIsAskedAnew) {
  Call();
  EXPECT_THAT(Frames(0xC021, 1), SizeIs(1));
  EXPECT_EQ(concentrator_.sessions().authentication().accepted, 0U);
}

TEST_F(ConcentratorTest, WhoSaysGoodbyeForTheWholeTunnelHasHungUp) {
  BringUp();
  Send(tunnel_path_, Message(0, l2tp::testing::StopCcnAvps(kPeerTunnel, 1)));
  EXPECT_EQ(events_.Text("session.end", "cause"), "user_request");
}

TEST_F(ConcentratorTest, ALifeIsPublishedAndCounted) {
  BringUp();
  concentrator_.Disconnect({Id()}, "enough");
  Frame({0xC0, 0x21, 6, Frames(0xC021, 5).back()[3], 0, 4});  // Terminate-Ack
  EXPECT_THAT(events_.Types(),
              ElementsAre("sa.up", "tunnel.up", "session.start", "session.up", "session.end"));
  EXPECT_EQ(events_.Text("session.up", "address"), "10.64.0.2");
  EXPECT_EQ(events_.Text("session.up", "user"), "alice");
  EXPECT_EQ(events_.Text("session.end", "cause"), "admin_reset");
  EXPECT_EQ(events_.Text("session.end", "detail"), "enough");
  const SessionManager& sessions = concentrator_.sessions();
  EXPECT_EQ(sessions.totals().begun, 1U);
  EXPECT_THAT(sessions.totals().ended, ElementsAre(testing::Pair("admin_reset", 1)));
  EXPECT_EQ(sessions.setup_times().whole.count(), 1U);
  for (const SetupPhase phase : kSetupPhases) {
    EXPECT_EQ(sessions.setup_times().Of(phase).count(), 1U) << ToString(phase);
  }
}

TEST_F(ConcentratorTest, Drain_RefusesNewClientsAndTellsWhenTheLastHasGone) {
  BringUp();
  concentrator_.SetDraining(true);
  concentrator_.SetDraining(true);  // again: nothing new
  concentrator_.OnSaUp(Sa(2));
  Send(l2tp::PathId(plane_.last_path), Sccrq());
  EXPECT_THAT(Sent(kStopCcn), SizeIs(1));
  EXPECT_EQ(State(), SessionState::kUp) << "who is there stays";
  EXPECT_EQ(concentrator_.sessions().sessions().size(), 1U);

  concentrator_.OnSaDown(SaId(1), ReqId(1), "deleted by the peer");
  Settle();
  EXPECT_THAT(concentrator_.sessions().sessions(), IsEmpty());
  const auto types = events_.Types();
  EXPECT_EQ(std::count(types.begin(), types.end(), "drain.begin"), 1);
  EXPECT_EQ(std::count(types.begin(), types.end(), "drain.empty"), 1);

  concentrator_.SetDraining(false);
  concentrator_.OnSaUp(Sa(3));
  Send(l2tp::PathId(plane_.last_path), Sccrq());
  EXPECT_THAT(Sent(kSccrp), SizeIs(2)) << "taken again";
}

TEST_F(ConcentratorTest, NewConfiguration_IsForThoseWhoComeAndKeepsTheDrain) {
  BringUp();
  concentrator_.SetDraining(true);
  auto options = Options(true);
  options.ppp.auth = {ppp::AuthMethod::kMsChapV2};
  concentrator_.Configure({.l2tp = options.l2tp, .ppp = options.ppp, .pass_proxy = false});
  EXPECT_EQ(State(), SessionState::kUp);
  EXPECT_TRUE(concentrator_.draining());
  // The link that is there has the configuration that it began with.
  EXPECT_THAT(concentrator_.sessions().sessions().at(key_).link_config->auth,
              ElementsAre(ppp::AuthMethod::kPap));
}

TEST_F(ConcentratorTest, FramesOfUnknownSessionsAreIgnored) {
  Frame({0xC0, 0x21, 1, 1, 0, 4});
  EXPECT_THAT(plane_.frames, IsEmpty());
}

TEST_F(ClearTextConcentratorTest, TheListenerServesClientsWithoutAnSa) {
  Send(l2tp::PathId(99), Sccrq(), kListener);
  EXPECT_THAT(Sent(kSccrp), SizeIs(1));
  EXPECT_THAT(plane_.tunnel_reqids, ElementsAre(std::nullopt));
}

}  // namespace
}  // namespace sallyport::daemon
