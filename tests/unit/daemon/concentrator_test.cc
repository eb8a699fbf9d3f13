// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/concentrator.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string_view>
#include <vector>

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

// Message types, RFC 2661 §3.2, and protocol numbers, RFC 1661 §2.
constexpr uint16_t kSccrp = 2;
constexpr uint16_t kStopCcn = 4;
constexpr uint16_t kIcrp = 11;
constexpr uint16_t kCdn = 14;
constexpr uint16_t kAssignedTunnelId = 9;
constexpr uint16_t kAssignedSessionId = 14;
constexpr uint16_t kSequencingRequired = 39;
constexpr uint16_t kPeerTunnel = 77;
constexpr uint16_t kPeerSession = 501;

const IpEndpoint kPeer{IpAddress::V4(0xCB007101), 1701};
const IpAddress kLocal = IpAddress::V4(0xCB00710A);

SecurityAssociation Sa(uint64_t id = 1) {
  SecurityAssociation sa;
  sa.id = SaId(id);
  sa.reqid = ReqId(static_cast<uint32_t>(id));
  sa.peer = {kPeer.address, 4500};
  sa.local = kLocal;
  return sa;
}

Concentrator::Options Options(bool ipsec_required) {
  Concentrator::Options options;
  options.ipsec_required = ipsec_required;
  options.l2tp.host_name = "gw";
  options.l2tp.sccrq_per_second_prefix = 0;  // every client here has one address
  options.ppp.host_name = "gw";
  options.ppp.auth = {ppp::AuthMethod::kPap};
  options.inform.domain = "corp.example";
  return options;
}

/// What was published, in order.
class RecordedEvents final : public EventSink {
 public:
  void Publish(const Event& event) override { events.push_back(event); }
  std::vector<std::string> Types() const {
    std::vector<std::string> types;
    for (const Event& event : events) types.emplace_back(event.type);
    return types;
  }
  /// A text of the last event of a type.
  std::string Text(std::string_view type, std::string_view field) const {
    std::string text;
    for (const Event& event : events) {
      for (const EventField& one : event.fields) {
        const auto* value = std::get_if<std::string>(&one.value);
        if (event.type == type && one.name == field && value != nullptr) text = *value;
      }
    }
    return text;
  }

  std::vector<Event> events;
};

/// A client made of octets, on one side of the concentrator, and its surroundings on the other.
class ConcentratorTest : public testing::Test {
 protected:
  explicit ConcentratorTest(bool ipsec_required = true)
      : ConcentratorTest(Options(ipsec_required)) {}
  explicit ConcentratorTest(const Concentrator::Options& options)
      : concentrator_(loop_, plane_, options.ipsec_required ? &ike_ : nullptr, access_, random_,
                      WithEvents(options)) {}

  Concentrator::Options WithEvents(Concentrator::Options options) {
    options.events = &events_;
    return options;
  }

  void Settle() {
    do {
      plane_.Work();
      loop_.RunPending();
    } while (!plane_.answers.empty());
  }
  void Send(l2tp::PathId path, const Bytes& bytes, bool from_listener = false) {
    concentrator_.OnDatagram({.path = path, .peer = kPeer, .local = kLocal, .bytes = bytes},
                             from_listener);
    Settle();
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
  Bytes Sccrq() const {
    return l2tp::testing::ControlMessage(0, 0, 0, 0, l2tp::testing::SccrqAvps(kPeerTunnel).bytes());
  }
  Bytes Message(uint16_t session, const AvpList& avps) {
    return l2tp::testing::ControlMessage(tunnel_, session, ns_++, static_cast<uint16_t>(nr_),
                                         avps.bytes());
  }

  void OpenTunnel(l2tp::PathId origin, bool from_listener = false) {
    Send(origin, Sccrq(), from_listener);
    const auto replies = Sent(kSccrp);
    ASSERT_THAT(replies, SizeIs(1));
    tunnel_ = replies[0].U16(kAssignedTunnelId);
    tunnel_path_ = l2tp::PathId(plane_.last_path);
    ns_ = 1;
    nr_ = 1;
    Send(tunnel_path_, Message(0, l2tp::testing::ScccnAvps()));
  }
  void OpenSession(AvpList iccn = l2tp::testing::IccnAvps()) {
    Send(tunnel_path_, Message(0, l2tp::testing::IcrqAvps(kPeerSession)));
    const auto replies = Sent(kIcrp);
    ASSERT_THAT(replies, SizeIs(1));
    nr_ = 2;
    key_ = {l2tp::TunnelId(tunnel_), l2tp::SessionId(replies[0].U16(kAssignedSessionId))};
    Send(tunnel_path_, Message(key_.session.value(), iccn));
  }
  void Frame(const Bytes& frame) {
    concentrator_.OnFrame(key_, frame);
    Settle();
  }
  /// The frames of one protocol and code written so far.
  std::vector<Bytes> Frames(uint16_t protocol, uint8_t code) const {
    std::vector<Bytes> found;
    for (const auto& frame : plane_.frames) {
      if (frame.size() >= 4 && (frame[0] << 8 | frame[1]) == protocol && frame[2] == code) {
        found.push_back(frame);
      }
    }
    return found;
  }
  /// Acknowledges our latest Configure-Request and asks for nothing, or for `options`.
  void Negotiate(uint16_t protocol, const Bytes& options = {}) {
    const auto requests = Frames(protocol, 1);
    ASSERT_THAT(requests, testing::Not(IsEmpty()));
    Bytes ack = requests.back();
    ack[2] = 2;  // Configure-Ack
    Frame(ack);
    const auto length = static_cast<uint8_t>(4 + options.size());
    Bytes request{
        static_cast<uint8_t>(protocol >> 8), static_cast<uint8_t>(protocol), 1, 9, 0, length};
    request.insert(request.end(), options.begin(), options.end());
    Frame(request);
  }
  void LogIn(std::string_view password) {
    Bytes request{0xC0, 0x23, 1, 5, 0, static_cast<uint8_t>(4 + 1 + 5 + 1 + password.size()), 5};
    for (const char c : std::string_view("alice")) request.push_back(static_cast<uint8_t>(c));
    request.push_back(static_cast<uint8_t>(password.size()));
    for (const char c : password) request.push_back(static_cast<uint8_t>(c));
    Frame(request);
  }
  void BringUp() {
    Connect(Sa());
    ASSERT_EQ(State(), SessionState::kUp);
  }
  void Connect(const SecurityAssociation& sa) {
    concentrator_.OnSaUp(sa);
    OpenTunnel(l2tp::PathId(plane_.last_path));
    OpenSession();
    Negotiate(0xC021);
    LogIn("secret");
    Negotiate(0x8021, {3, 6, 10, 64, 0, 2});
  }
  std::optional<SessionState> State() const {
    const auto& sessions = concentrator_.sessions().sessions();
    const auto found = sessions.find(key_);
    return found == sessions.end() ? std::nullopt : std::optional(found->second.state);
  }

  EventLoop loop_;
  fake::FakeDataPlane plane_;
  fake::FakeIke ike_;
  fake::FakeAccess access_;
  RandomSource random_;
  RecordedEvents events_;
  Concentrator concentrator_;
  uint16_t tunnel_ = 0;
  l2tp::PathId tunnel_path_;
  SessionKey key_;
  uint16_t ns_ = 0;
  uint16_t nr_ = 0;
};

class ClearTextConcentratorTest : public ConcentratorTest {
 protected:
  ClearTextConcentratorTest() : ConcentratorTest(false) {}
};

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
                           false);
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

TEST_F(ConcentratorTest, ATunnelThatIsReleasedDeletesItsSaButNotBeforeTheLast) {
  BringUp();
  const uint16_t first = tunnel_;
  const l2tp::PathId first_path = tunnel_path_;
  const Bytes second =
      l2tp::testing::ControlMessage(0, 0, 0, 0, l2tp::testing::SccrqAvps(kPeerTunnel + 1).bytes());
  concentrator_.OnDatagram({.path = concentrator_.sas().Find(SaId(1))->path,
                            .peer = {kPeer.address, 1702},
                            .local = kLocal,
                            .bytes = second},
                           false);
  Settle();
  ASSERT_THAT(concentrator_.sas().Find(SaId(1))->tunnels, SizeIs(2));
  concentrator_.OnSaDown(SaId(1), ReqId(1), "deleted by the peer");
  Settle();
  EXPECT_THAT(plane_.paths, IsEmpty()) << "both tunnels went with the SA";
  EXPECT_FALSE(concentrator_.tunnels().contains(l2tp::TunnelId(first)));
  EXPECT_FALSE(plane_.paths.contains(first_path));
  EXPECT_THAT(ike_.terminated, IsEmpty()) << "it had gone already";
}

TEST_F(ConcentratorTest, ARefusalLeavesFromTheAddressThatWasAsked) {
  plane_.tunnels_work = false;
  concentrator_.OnSaUp(Sa());
  Send(l2tp::PathId(plane_.last_path), Sccrq());
  ASSERT_THAT(plane_.sent, testing::Not(IsEmpty()));
  for (const auto& datagram : plane_.sent) EXPECT_EQ(datagram.local, kLocal);
}

TEST_F(ConcentratorTest, AnSccrqThatOvertakesTheNewsOfItsSaIsAnsweredThen) {
  Send(l2tp::PathId(99), Sccrq(), true);
  EXPECT_THAT(plane_.sent, IsEmpty());
  concentrator_.OnSaUp(Sa());
  Settle();
  EXPECT_THAT(Sent(kSccrp), SizeIs(1));
}

TEST_F(ConcentratorTest, AnSccrqThatOvertakesItsMapElementGoesToTheOnlySaOfItsPeer) {
  concentrator_.OnSaUp(Sa());
  Send(l2tp::PathId(99), Sccrq(), true);
  EXPECT_THAT(Sent(kSccrp), SizeIs(1));
  EXPECT_THAT(plane_.tunnel_reqids, ElementsAre(ReqId(1)));
}

TEST_F(ConcentratorTest, WithTwoSasBehindOneAddressTheListenerDoesNotGuess) {
  concentrator_.OnSaUp(Sa(1));
  concentrator_.OnSaUp(Sa(2));
  Send(l2tp::PathId(99), Sccrq(), true);
  EXPECT_THAT(plane_.sent, IsEmpty());
}

TEST_F(ConcentratorTest, AnSaThatGoesTakesItsClientWithItAndNothingStays) {
  BringUp();
  plane_.sent.clear();
  concentrator_.OnSaDown(SaId(1), ReqId(1), "deleted by the peer");
  Settle();
  EXPECT_EQ(State(), std::nullopt);
  EXPECT_THAT(plane_.sent, IsEmpty()) << "there is no SA to send through";
  EXPECT_THAT(plane_.sessions, IsEmpty());
  EXPECT_THAT(plane_.paths, IsEmpty());
  EXPECT_EQ(access_.leases, 0);
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
  concentrator_.Disconnect(key_, "disconnected by the operator");
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

TEST_F(ConcentratorTest, WhatAnIkeDaemonLeavesInTheKernelIsDeleted) {
  SecurityAssociation sa = Sa();
  sa.spi_in = 0xC1000001;
  sa.spi_out = 0xC2000002;
  concentrator_.OnSaUp(sa);
  concentrator_.OnSaDown(sa.id, sa.reqid, "the IKE daemon was killed");
  Settle();
  EXPECT_THAT(plane_.deleted_spis, IsEmpty()) << "an IKE daemon that lives deletes it itself";
  concentrator_.Shutdown([] {});
  Settle();
  EXPECT_THAT(plane_.deleted_spis, ElementsAre(sa.spi_in, sa.spi_out));
}

TEST_F(ConcentratorTest, AnSaThatOnlyTheKernelKnowsKeepsItsClient) {
  BringUp();
  concentrator_.OnSaForgotten(SaId(1));
  Settle();
  EXPECT_EQ(State(), SessionState::kUp);
  EXPECT_THAT(concentrator_.sas().entries(), SizeIs(1));
}

TEST_F(ConcentratorTest, AForgottenSaThatIsNotInTheKernelEndsItsClient) {
  BringUp();
  plane_.sas_in_kernel = false;
  concentrator_.OnSaForgotten(SaId(1));
  Settle();
  EXPECT_EQ(State(), std::nullopt);
  EXPECT_THAT(concentrator_.sas().entries(), IsEmpty());
}

TEST_F(ConcentratorTest, OneDumpTellsOfAllForgottenSas) {
  plane_.sas_in_kernel = false;
  std::set<KernelSa> all;
  for (uint32_t id = 1; id <= 3; ++id) {
    SecurityAssociation sa = Sa(id);
    sa.spi_in = 0xC0000000 + id;
    all.insert({.destination = kLocal, .spi = sa.spi_in});
    concentrator_.OnSaUp(sa);
  }
  for (uint64_t id = 1; id <= 3; ++id) concentrator_.OnSaForgotten(SaId(id));
  Settle();
  EXPECT_THAT(plane_.sas_asked_for, ElementsAre(all));
  EXPECT_THAT(concentrator_.sas().entries(), IsEmpty());
}

TEST_F(ConcentratorTest, ANewSaWithTheReqidOfAForgottenOneReplacesIt) {
  BringUp();
  concentrator_.OnSaForgotten(SaId(1));
  Settle();
  SecurityAssociation sa = Sa(2);
  sa.reqid = ReqId(1);
  concentrator_.OnSaUp(sa);
  Settle();
  EXPECT_EQ(State(), std::nullopt);
  EXPECT_THAT(plane_.deleted_spis, SizeIs(2));
  EXPECT_THAT(concentrator_.sas().entries(), ElementsAre(testing::Key(SaId(2))));
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
  sa.esp_proposal = "AES_CBC_256/HMAC_SHA2_256_128";
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
                             false);
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
    OpenTunnel(l2tp::PathId(99), true);
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

TEST_F(ConcentratorTest, ALifeIsPublishedAndCounted) {
  BringUp();
  concentrator_.Disconnect(key_, "enough");
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
  Send(l2tp::PathId(99), Sccrq(), true);
  EXPECT_THAT(Sent(kSccrp), SizeIs(1));
  EXPECT_THAT(plane_.tunnel_reqids, ElementsAre(std::nullopt));
}

}  // namespace
}  // namespace sallyport::daemon
