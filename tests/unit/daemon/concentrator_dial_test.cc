// SPDX-License-Identifier: GPL-2.0-or-later
// A concentrator that dials a server made of octets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "daemon/concentrator.h"
#include "tests/unit/daemon/fakes.h"
#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::daemon {
namespace {

using l2tp::testing::AvpList;
using l2tp::testing::Bytes;
using l2tp::testing::Decode;
using l2tp::testing::Decoded;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// RFC 2661 §3.2 and §4.4.
constexpr uint16_t kSccrq = 1;
constexpr uint16_t kScccn = 3;
constexpr uint16_t kStopCcn = 4;
constexpr uint16_t kOcrq = 7;
constexpr uint16_t kIcrq = 10;
constexpr uint16_t kIccn = 12;
constexpr uint16_t kAssignedTunnelId = 9;
constexpr uint16_t kAssignedSessionId = 14;
constexpr uint16_t kCalledNumber = 21;
constexpr uint16_t kPeerTunnel = 77;
constexpr uint16_t kPeerSession = 501;

const IpEndpoint kServer{IpAddress::V4(0xC6336401), 1701};  // 198.51.100.1
const IpAddress kLocal = IpAddress::V4(0xCB00710A);

Concentrator::Options Options(bool ipsec, l2tp::CallDirection direction) {
  Concentrator::Options options;
  options.ipsec_required = ipsec;
  options.l2tp.host_name = "branch";
  ppp::LinkConfig link;
  link.client.emplace();
  link.client->user = "alice";
  const DialProfile profile{.dial = "hq",
                            .interface = "hq",
                            .link = std::make_shared<const ppp::LinkConfig>(link),
                            .routes = {*IpPrefix::Parse("10.0.0.0/16")}};
  DialOptions dial{.settings = {.name = "hq", .server = "198.51.100.1", .ipsec = ipsec},
                   .policy = {},
                   .psk = Secret(std::string_view("swordfish")),
                   .called_number = "5551212",
                   .direction = direction,
                   .profiles = {profile}};
  options.dials.push_back(std::move(dial));
  return options;
}

class ConcentratorDialTest : public testing::Test {
 protected:
  explicit ConcentratorDialTest(bool ipsec = false,
                                l2tp::CallDirection direction = l2tp::CallDirection::kIncoming)
      : concentrator_(loop_, plane_, ipsec ? &ike_ : nullptr, access_, random_,
                      WithEvents(Options(ipsec, direction))) {}

  Concentrator::Options WithEvents(Concentrator::Options options) {
    options.events = &events_;
    return options;
  }
  void Start() {
    concentrator_.Start();
    Settle();
  }
  void Settle() {
    do {
      plane_.Work();
      loop_.RunPending();
    } while (!plane_.answers.empty());
  }
  /// The control messages of one type sent so far.
  std::vector<Decoded> Sent(uint16_t type) const {
    std::vector<Decoded> found;
    for (const auto& datagram : plane_.sent) {
      Decoded message = Decode(datagram.bytes);
      if (message.type == type) found.push_back(std::move(message));
    }
    return found;
  }
  /// The server's next message, which acknowledges what it was sent.
  void Answer(uint16_t session, const AvpList& avps) {
    const Bytes bytes =
        l2tp::testing::ControlMessage(tunnel_.value(), session, ns_++, nr_, avps.bytes());
    concentrator_.OnDatagram({.path = path_, .peer = server_, .local = kLocal, .bytes = bytes}, {});
    Settle();
  }
  /// From SCCRQ to the session, whose PPP has begun.
  void Connect() {
    const auto requests = Sent(kSccrq);
    ASSERT_THAT(requests, SizeIs(1));
    tunnel_ = l2tp::TunnelId(requests[0].U16(kAssignedTunnelId));
    path_ = l2tp::PathId(plane_.last_path);
    nr_ = 1;
    Answer(0, l2tp::testing::SccrpAvps(kPeerTunnel));
    nr_ = 2;  // SCCCN
    const auto calls = Sent(kIcrq);
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_EQ(calls[0].Value(kCalledNumber), Bytes({'5', '5', '5', '1', '2', '1', '2'}));
    key_ = {tunnel_, l2tp::SessionId(calls[0].U16(kAssignedSessionId))};
    nr_ = 3;
    Answer(key_.session.value(), l2tp::testing::IcrpAvps(kPeerSession));
    nr_ = 4;  // ICCN
  }
  const Dialer::Dial& dial() const { return concentrator_.dialer().dials()[0]; }

  EventLoop loop_;
  fake::FakeDataPlane plane_;
  fake::FakeIke ike_;
  fake::FakeAccess access_;
  RandomSource random_;
  fake::RecordedEvents events_;
  Concentrator concentrator_;
  l2tp::TunnelId tunnel_;
  l2tp::PathId path_;
  SessionKey key_;
  IpEndpoint server_ = kServer;  // whence its answers come
  uint16_t ns_ = 0;
  uint16_t nr_ = 0;
};

class ConcentratorIpsecDialTest : public ConcentratorDialTest {
 protected:
  ConcentratorIpsecDialTest() : ConcentratorDialTest(true) {}
};

class ConcentratorOutgoingDialTest : public ConcentratorDialTest {
 protected:
  ConcentratorOutgoingDialTest() : ConcentratorDialTest(false, l2tp::CallDirection::kOutgoing) {}
};

TEST_F(ConcentratorOutgoingDialTest, TheServerIsAskedToPlaceTheCall) {
  Start();
  tunnel_ = l2tp::TunnelId(Sent(kSccrq).at(0).U16(kAssignedTunnelId));
  path_ = l2tp::PathId(plane_.last_path);
  nr_ = 1;
  Answer(0, l2tp::testing::SccrpAvps(kPeerTunnel).U32(4, 3));  // Bearer Capabilities
  nr_ = 2;
  const auto calls = Sent(kOcrq);
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].Value(kCalledNumber), Bytes({'5', '5', '5', '1', '2', '1', '2'}));
  key_ = {tunnel_, l2tp::SessionId(calls[0].U16(kAssignedSessionId))};
  nr_ = 3;
  Answer(key_.session.value(), l2tp::testing::OcrpAvps(kPeerSession));
  Answer(key_.session.value(), l2tp::testing::OccnAvps());
  const auto& session = concentrator_.sessions().sessions().at(key_);
  EXPECT_EQ(session.call.direction, l2tp::CallDirection::kOutgoing);
  EXPECT_NE(session.call.details.tx_connect_speed, 0U);
  EXPECT_FALSE(plane_.frames.empty()) << "PPP has begun";
  Answer(key_.session.value(), l2tp::testing::WenAvps());
  EXPECT_EQ(session.call.error_reports, 1U);
}

TEST_F(ConcentratorDialTest, TheKernelsTunnelIsMadeOnceThePeersIdIsKnown) {
  Start();
  ASSERT_THAT(plane_.tunnel_requests, SizeIs(1));
  EXPECT_FALSE(plane_.tunnel_requests[0].peer_tunnel);
  EXPECT_EQ(plane_.tunnel_requests[0].peer, kServer);
  EXPECT_THAT(plane_.completed, IsEmpty());
  Connect();
  ASSERT_THAT(plane_.completed, SizeIs(1));
  EXPECT_EQ(plane_.completed[0].path, path_);
  EXPECT_EQ(plane_.completed[0].tunnel, tunnel_);
  EXPECT_EQ(plane_.completed[0].peer_tunnel, l2tp::TunnelId(kPeerTunnel));
  EXPECT_EQ(plane_.completed[0].peer, plane_.tunnel_requests[0].peer);
}

TEST_F(ConcentratorDialTest, AServerThatAnswersFromAnotherPortIsSpokenToThere) {
  server_.port = 40000;
  Start();
  Connect();
  ASSERT_THAT(plane_.completed, SizeIs(1));
  EXPECT_EQ(plane_.completed[0].peer, server_);
  EXPECT_EQ(plane_.sent.back().peer, server_);
  EXPECT_EQ(concentrator_.sessions().sessions().at(key_).peer, server_);
}

TEST_F(ConcentratorDialTest, ADialledSessionKnowsItsDialAndBeginsPpp) {
  Start();
  Connect();
  EXPECT_THAT(Sent(kScccn), SizeIs(1));
  EXPECT_THAT(Sent(kIccn), SizeIs(1));
  const auto& session = concentrator_.sessions().sessions().at(key_);
  ASSERT_NE(session.dialled, nullptr);
  EXPECT_EQ(session.dialled->dial, "hq");
  EXPECT_EQ(session.user, "alice");
  EXPECT_EQ(session.peer, kServer);
  ASSERT_FALSE(plane_.frames.empty());
  EXPECT_EQ(plane_.frames[0][2], 1) << "Configure-Request";
  EXPECT_EQ(dial().state, DialState::kCalling) << "until packets flow";
}

TEST_F(ConcentratorDialTest, ALinkOfOursIsNoClientThatADrainWaitsFor) {
  Start();
  concentrator_.SetDraining(true);
  EXPECT_TRUE(concentrator_.drained());
  EXPECT_THAT(events_.Types(), ElementsAre("drain.begin", "drain.empty"));
  Connect();
  EXPECT_EQ(concentrator_.sessions().sessions().count(key_), 1U) << "nor does a drain stop it";
  EXPECT_TRUE(concentrator_.drained());
  concentrator_.SetDraining(false);
  EXPECT_FALSE(concentrator_.drained());
}

TEST_F(ConcentratorDialTest, WhatIsReloadedHoldsFromTheNextSessionOn) {
  const auto reload = [this](std::chrono::seconds echo_interval) {
    auto dials = Options(false, l2tp::CallDirection::kIncoming).dials;
    auto link = std::make_shared<ppp::LinkConfig>(*dials[0].profiles[0].link);
    link->echo_interval = echo_interval;
    dials[0].profiles[0].link = link;
    concentrator_.Configure({.l2tp = {}, .ppp = {}, .dials = dials});
  };
  Start();
  reload(std::chrono::seconds{7});
  Connect();
  const auto& session = concentrator_.sessions().sessions().at(key_);
  EXPECT_EQ(session.link_config->echo_interval, std::chrono::seconds{7});
  reload(std::chrono::seconds{8});
  EXPECT_EQ(session.link_config->echo_interval, std::chrono::seconds{7}) << "for life";
  EXPECT_EQ(session.dialled->link->echo_interval, std::chrono::seconds{8});
}

TEST_F(ConcentratorDialTest, ATunnelThatTheKernelRefusesIsClosedAndTriedAgain) {
  plane_.tunnels_complete = false;
  Start();
  tunnel_ = l2tp::TunnelId(Sent(kSccrq).at(0).U16(kAssignedTunnelId));
  path_ = l2tp::PathId(plane_.last_path);
  nr_ = 1;
  Answer(0, l2tp::testing::SccrpAvps(kPeerTunnel));
  EXPECT_THAT(Sent(kStopCcn), SizeIs(1));
  EXPECT_THAT(Sent(kIcrq), IsEmpty());
  EXPECT_EQ(dial().state, DialState::kWaiting);
}

TEST_F(ConcentratorDialTest, ASocketThatCannotBeMadeIsAFailure) {
  plane_.tunnels_work = false;
  Start();
  EXPECT_THAT(Sent(kSccrq), IsEmpty());
  EXPECT_EQ(dial().state, DialState::kWaiting);
  EXPECT_FALSE(dial().last_failure.empty());
}

TEST_F(ConcentratorDialTest, TheServersGoodbyeIsWaitedAfter) {
  Start();
  Connect();
  Answer(0, l2tp::testing::StopCcnAvps(kPeerTunnel, 6));
  EXPECT_EQ(dial().state, DialState::kWaiting);
  EXPECT_EQ(dial().attempts, 1U);
  EXPECT_NE(dial().last_failure.find("result 6"), std::string::npos) << dial().last_failure;
  EXPECT_THAT(plane_.sessions, IsEmpty());
  EXPECT_EQ(events_.Text("dial.failed", "dial"), "hq");
  EXPECT_EQ(events_.Text("dial.failed", "detail"), dial().last_failure);
}

TEST_F(ConcentratorDialTest, ARefusedCallIsAFailureOfTheDial) {
  Start();
  tunnel_ = l2tp::TunnelId(Sent(kSccrq).at(0).U16(kAssignedTunnelId));
  path_ = l2tp::PathId(plane_.last_path);
  nr_ = 1;
  Answer(0, l2tp::testing::SccrpAvps(kPeerTunnel));
  const uint16_t session = Sent(kIcrq).at(0).U16(kAssignedSessionId);
  nr_ = 3;
  Answer(session, l2tp::testing::CdnAvps(kPeerSession, 4));
  EXPECT_EQ(dial().state, DialState::kWaiting);
  EXPECT_NE(dial().last_failure.find("result 4"), std::string::npos) << dial().last_failure;
  EXPECT_THAT(Sent(kStopCcn), SizeIs(1)) << "nothing is left on the tunnel";
}

TEST_F(ConcentratorDialTest, AfterShutdownNothingIsDialled) {
  Start();
  Connect();
  bool done = false;
  concentrator_.Shutdown([&done] { done = true; });
  Settle();
  nr_ = 5;  // StopCCN
  Answer(0, AvpList());
  EXPECT_EQ(dial().state, DialState::kStopped);
  EXPECT_EQ(concentrator_.dialer().NextDeadline(), std::nullopt);
}

TEST_F(ConcentratorIpsecDialTest, TheSaComesFirstAndTheTunnelRunsThroughIt) {
  Start();
  EXPECT_THAT(plane_.tunnel_requests, IsEmpty());
  ASSERT_THAT(ike_.initiated, SizeIs(1));
  EXPECT_EQ(ike_.initiated[0].dial, "hq");
  EXPECT_EQ(ike_.initiated[0].address, kServer.address);
  EXPECT_EQ(ike_.initiated[0].psk, Secret(std::string_view("swordfish")));
  SecurityAssociation sa;
  sa.id = SaId(1);
  sa.reqid = ReqId(5);
  sa.peer = {kServer.address, 4500};
  sa.local = kLocal;
  sa.dial = "hq";
  concentrator_.OnSaUp(sa);
  Settle();
  EXPECT_THAT(plane_.tunnel_reqids, ElementsAre(ReqId(5)));
  ASSERT_THAT(plane_.tunnel_requests, SizeIs(1));
  EXPECT_EQ(plane_.tunnel_requests[0].local, kLocal);
  EXPECT_EQ(plane_.tunnel_requests[0].peer, kServer);
  Connect();
  EXPECT_EQ(concentrator_.sessions().sessions().count(key_), 1U);
  // The SA goes, and with it what it carried.
  concentrator_.OnSaDown(SaId(1), ReqId(5), "deleted");
  Settle();
  EXPECT_EQ(dial().state, DialState::kWaiting);
  EXPECT_THAT(plane_.sessions, IsEmpty());
}

TEST_F(ConcentratorIpsecDialTest, AnSaThatNobodyWaitsForIsEnded) {
  Start();
  concentrator_.OnDialFailed("hq", "keys differ");
  EXPECT_EQ(dial().state, DialState::kWaiting);
  EXPECT_EQ(dial().last_failure, "keys differ");
  SecurityAssociation late;
  late.id = SaId(1);
  late.reqid = ReqId(5);
  late.peer = {kServer.address, 4500};
  late.local = kLocal;
  late.dial = "hq";
  concentrator_.OnSaUp(late);
  Settle();
  EXPECT_THAT(ike_.terminated, ElementsAre(SaId(1)));
  EXPECT_THAT(plane_.tunnel_requests, IsEmpty());
}

}  // namespace
}  // namespace sallyport::daemon
