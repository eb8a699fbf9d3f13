// SPDX-License-Identifier: GPL-2.0-or-later
// A concentrator between a client of L2TP and PPP that is played by hand, and fakes of all else.
#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string_view>
#include <vector>

#include "daemon/concentrator.h"
#include "daemon/trace_stream.h"
#include "tests/unit/daemon/fakes.h"
#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::daemon {

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

/// To the common port, from a kernel that does not tell the reqid.
const Reception kListener{.listener = true, .reqid = {}};

inline SecurityAssociation Sa(uint64_t id = 1) {
  SecurityAssociation sa;
  sa.id = SaId(id);
  sa.reqid = ReqId(static_cast<uint32_t>(id));
  sa.peer = {kPeer.address, 4500};
  sa.local = kLocal;
  sa.spi_in = 0xC1000000 + static_cast<uint32_t>(id);
  sa.spi_out = 0xC2000000 + static_cast<uint32_t>(id);
  return sa;
}

inline Concentrator::Options Options(bool ipsec_required) {
  Concentrator::Options options;
  options.ipsec_required = ipsec_required;
  options.l2tp.host_name = "gw";
  options.l2tp.sccrq_per_second_prefix = 0;  // every client here has one address
  options.ppp.host_name = "gw";
  options.ppp.auth = {ppp::AuthMethod::kPap};
  options.inform.domain = "corp.example";
  return options;
}

using fake::RecordedEvents;

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
    options.trace = &trace_;
    options.stray_settle = std::chrono::seconds(0);
    return options;
  }

  void Settle() {
    do {
      plane_.Work();
      loop_.RunPending();
    } while (!plane_.answers.empty());
  }
  void Send(l2tp::PathId path, const Bytes& bytes, const Reception& reception = {}) {
    concentrator_.OnDatagram({.path = path, .peer = kPeer, .local = kLocal, .bytes = bytes},
                             reception);
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

  void OpenTunnel(l2tp::PathId origin, const Reception& reception = {}) {
    Send(origin, Sccrq(), reception);
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
  std::string Id() const { return concentrator_.sessions().sessions().at(key_).id; }
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
  TraceStream trace_{loop_};
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

}  // namespace sallyport::daemon
