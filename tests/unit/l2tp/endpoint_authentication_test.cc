// SPDX-License-Identifier: GPL-2.0-or-later
// Tunnel authentication and hidden AVPs, at both ends (RFC 2661 §5.1.1, §4.3).
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "tests/unit/l2tp/bench.h"

namespace sallyport::l2tp {
namespace {

using testing::AvpList;
using testing::Bench;
using testing::BenchConfig;
using testing::Bytes;
using testing::ControlMessage;
using testing::Decoded;
using testing::kDial;
using testing::kLocal;
using testing::kOriginPath;
using testing::kOwnPath;
using testing::kPeer;
using testing::kPeerTunnel;

constexpr uint16_t kChallenge = 11;
constexpr uint16_t kChallengeResponse = 13;
const std::string kSecretText = "open sesame";
const Bytes kPeerChallenge{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

/// MD5(type of the message that carries it | secret | challenge): RFC 2661 §4.4.3, RFC 1994 §4.1.
Bytes Response(uint8_t type, const Bytes& challenge, const std::string& secret = kSecretText) {
  const Bytes id{type};
  const Bytes key(secret.begin(), secret.end());
  const auto digest = crypto::Md5({id, key, challenge});
  return {digest.begin(), digest.end()};
}

TunnelPolicy Policy(bool challenge, bool hide = false) {
  return {.secret = Secret(kSecretText), .challenge = challenge, .hide_avps = hide};
}

EndpointConfig ConfigWith(const TunnelPolicy& policy) {
  EndpointConfig config = BenchConfig();
  config.peers.push_back({.host_name = "client", .addresses = {}, .tunnel = policy});
  return config;
}

// ---- The peer dials ---------------------------------------------------------------------------

class Answering : public ::testing::Test {
 protected:
  /// Gives the SCCRP.
  Decoded ReceiveSccrq(Bench& bench, const AvpList& avps) {
    bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(0, 0, 0, 0, avps.bytes()));
    tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
    bench.Give(TunnelPrepared{tunnel, kOwnPath});
    return bench.SentOne();
  }
  void ReceiveScccn(Bench& bench, const AvpList& avps) {
    bench.Receive(ControlMessage(tunnel.value(), 0, 1, 1, avps.bytes()));
  }
  static void ExpectUnauthorized(Bench& bench) {
    const Decoded stop = bench.SentOne();
    EXPECT_EQ(stop.type, 4);
    EXPECT_EQ(stop.U16(1), 4);
    const auto down = bench.TakeOne<TunnelDown>();
    EXPECT_EQ(down.reason, EndReason::kRefused);
    EXPECT_EQ(down.result.result, 4);
    EXPECT_TRUE(bench.Take<TunnelUp>().empty());
  }

  TunnelId tunnel;
};

TEST_F(Answering, ChallengeIsAnsweredInSccrp) {
  Bench bench(ConfigWith(Policy(false)));
  const Decoded sccrp =
      ReceiveSccrq(bench, testing::SccrqAvps(kPeerTunnel).Add(kChallenge, kPeerChallenge));
  EXPECT_EQ(sccrp.type, 2);
  EXPECT_EQ(sccrp.Value(kChallengeResponse), Response(2, kPeerChallenge));
  EXPECT_TRUE(sccrp.Value(kChallenge).empty());
  ReceiveScccn(bench, testing::ScccnAvps());
  EXPECT_EQ(bench.Take<TunnelUp>().size(), 1u);
}

TEST_F(Answering, WithoutChallengesNothingIsSaid) {
  Bench bench(ConfigWith(Policy(false)));
  const Decoded sccrp = ReceiveSccrq(bench, testing::SccrqAvps(kPeerTunnel));
  EXPECT_TRUE(sccrp.Value(kChallengeResponse).empty());
  EXPECT_TRUE(sccrp.Value(kChallenge).empty());
}

TEST_F(Answering, RightResponseOpensTheTunnel) {
  Bench bench(ConfigWith(Policy(true)));
  const Decoded sccrp = ReceiveSccrq(bench, testing::SccrqAvps(kPeerTunnel));
  const Bytes challenge = sccrp.Value(kChallenge);
  EXPECT_EQ(challenge.size(), 16u);
  EXPECT_NE(challenge, Bytes(16));
  ReceiveScccn(bench, testing::ScccnAvps().Add(kChallengeResponse, Response(3, challenge)));
  EXPECT_EQ(bench.TakeOne<TunnelUp>().host_name, "client");
}

TEST_F(Answering, WrongResponseEndsInStopCcn4) {
  Bench bench(ConfigWith(Policy(true)));
  const Decoded sccrp = ReceiveSccrq(bench, testing::SccrqAvps(kPeerTunnel));
  const Bytes challenge = sccrp.Value(kChallenge);
  ReceiveScccn(bench,
               testing::ScccnAvps().Add(kChallengeResponse, Response(3, challenge, "open barley")));
  ExpectUnauthorized(bench);
}

TEST_F(Answering, ResponseForAnotherMessageIsWrong) {
  Bench bench(ConfigWith(Policy(true)));
  const Decoded sccrp = ReceiveSccrq(bench, testing::SccrqAvps(kPeerTunnel));
  ReceiveScccn(bench,
               testing::ScccnAvps().Add(kChallengeResponse, Response(2, sccrp.Value(kChallenge))));
  ExpectUnauthorized(bench);
}

TEST_F(Answering, MissingResponseEndsInStopCcn4) {
  Bench bench(ConfigWith(Policy(true)));
  ReceiveSccrq(bench, testing::SccrqAvps(kPeerTunnel));
  ReceiveScccn(bench, testing::ScccnAvps());
  ExpectUnauthorized(bench);
}

TEST_F(Answering, PeerOfNoPolicyIsNotChallenged) {
  EndpointConfig config = BenchConfig();
  config.peers.push_back({.host_name = "other", .addresses = {}, .tunnel = Policy(true)});
  Bench bench(config);
  EXPECT_TRUE(ReceiveSccrq(bench, testing::SccrqAvps(kPeerTunnel)).Value(kChallenge).empty());
}

TEST_F(Answering, ChallengesDiffer) {
  std::vector<Bytes> challenges;
  Bench bench(ConfigWith(Policy(true)));
  for (uint16_t port = 1; port <= 2; ++port) {
    bench.ReceiveFrom(kOriginPath, {kPeer.address, port},
                      ControlMessage(0, 0, 0, 0, testing::SccrqAvps(kPeerTunnel).bytes()));
    bench.Give(TunnelPrepared{bench.TakeOne<PrepareTunnel>().tunnel, PathId(100u + port)});
    challenges.push_back(bench.SentOne().Value(kChallenge));
  }
  EXPECT_NE(challenges[0], challenges[1]);
}

// ---- We dial ----------------------------------------------------------------------------------

class Asking : public ::testing::Test {
 protected:
  /// Gives the SCCRQ.
  Decoded Dial(const TunnelPolicy& policy) {
    bench.Give(OpenTunnel{kDial, kOriginPath, kPeer, kLocal, policy});
    tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
    bench.Give(TunnelPrepared{tunnel, kOwnPath});
    return bench.SentOne();
  }
  void ReceiveSccrp(const AvpList& avps) {
    bench.Receive(ControlMessage(tunnel.value(), 0, 0, 1, avps.bytes()));
  }
  void ExpectUnauthorized() {
    const Decoded stop = bench.SentOne();
    EXPECT_EQ(stop.type, 4);
    EXPECT_EQ(stop.tunnel, kPeerTunnel);
    EXPECT_EQ(stop.U16(1), 4);
    EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kRefused);
    EXPECT_TRUE(bench.Take<TunnelUp>().empty());
  }

  Bench bench;
  TunnelId tunnel;
};

TEST_F(Asking, PeerProvesItselfInSccrp) {
  const Decoded sccrq = Dial(Policy(true));
  const Bytes challenge = sccrq.Value(kChallenge);
  EXPECT_EQ(challenge.size(), 16u);
  ReceiveSccrp(testing::SccrpAvps(kPeerTunnel).Add(kChallengeResponse, Response(2, challenge)));
  EXPECT_EQ(bench.Take<TunnelUp>().size(), 1u);
  EXPECT_EQ(bench.SentOne().type, 3);
}

TEST_F(Asking, WrongResponseEndsInStopCcn4) {
  const Decoded sccrq = Dial(Policy(true));
  Bytes response = Response(2, sccrq.Value(kChallenge));
  response.back() ^= 1;
  ReceiveSccrp(testing::SccrpAvps(kPeerTunnel).Add(kChallengeResponse, response));
  ExpectUnauthorized();
}

TEST_F(Asking, MissingResponseEndsInStopCcn4) {
  Dial(Policy(true));
  ReceiveSccrp(testing::SccrpAvps(kPeerTunnel));
  ExpectUnauthorized();
}

TEST_F(Asking, ThePeersChallengeIsAnsweredInScccn) {
  Dial(Policy(false));
  ReceiveSccrp(testing::SccrpAvps(kPeerTunnel).Add(kChallenge, kPeerChallenge));
  const Decoded scccn = bench.SentOne();
  EXPECT_EQ(scccn.type, 3);
  EXPECT_EQ(scccn.Value(kChallengeResponse), Response(3, kPeerChallenge));
}

TEST_F(Asking, ThePeersChallengeWithoutASecretEndsInStopCcn4) {
  Dial({});
  ReceiveSccrp(testing::SccrpAvps(kPeerTunnel).Add(kChallenge, kPeerChallenge));
  ExpectUnauthorized();
}

TEST_F(Asking, ChallengeWithoutASecretIsNotSent) {
  EXPECT_TRUE(Dial({.secret = {}, .challenge = true}).Value(kChallenge).empty());
}

// ---- Hidden AVPs ------------------------------------------------------------------------------

/// The attribute types of a message's AVPs that have the H bit.
std::vector<uint16_t> HiddenOf(const Bytes& message) {
  std::vector<uint16_t> hidden;
  for (size_t at = 12; at + 6 <= message.size();) {
    const auto first = static_cast<unsigned>(message[at] << 8 | message[at + 1]);
    if ((first & 0x4000) != 0) {
      hidden.push_back(static_cast<uint16_t>(message[at + 4] << 8 | message[at + 5]));
    }
    at += first & 0x3FF;
  }
  return hidden;
}

/// Two engines that share a secret, joined by hand.
class Hidden : public ::testing::Test {
 protected:
  static constexpr PathId kTheirPath{7};
  static inline const IpEndpoint kUs{kLocal, 1701};

  /// Passes what one engine sends on to the other until both are silent, and prepares what they
  /// ask.
  void Exchange() {
    bool busy = true;
    while (busy) {
      busy = Pass(dialler, answerer, kUs) || Pass(answerer, dialler, kPeer);
      busy = Prepare(dialler, kOwnPath) || Prepare(answerer, kTheirPath) || busy;
    }
  }
  bool Pass(Bench& from, Bench& to, const IpEndpoint& sender) {
    const auto sent = from.Take<SendDatagram>();
    for (const auto& datagram : sent) {
      const auto hidden = HiddenOf(datagram.bytes);
      messages += datagram.bytes.size() > 12 ? 1 : 0;
      with_hidden += hidden.empty() ? 0 : 1;
      const bool to_listener = datagram.bytes[4] == 0 && datagram.bytes[5] == 0;
      const PathId own = &to == &dialler ? kOwnPath : kTheirPath;
      to.ReceiveFrom(to_listener ? kOriginPath : own, sender, datagram.bytes);
    }
    return !sent.empty();
  }
  static bool Prepare(Bench& bench, PathId path) {
    bool busy = false;
    for (const auto& tunnel : bench.Take<PrepareTunnel>()) {
      bench.Give(TunnelPrepared{tunnel.tunnel, path});
      busy = true;
    }
    for (const auto& session : bench.Take<PrepareSession>()) {
      bench.Give(SessionPrepared{session.tunnel, session.session, true});
      busy = true;
    }
    return busy;
  }
  static EndpointConfig AnswererConfig(const TunnelPolicy& policy) {
    EndpointConfig config = BenchConfig();
    config.peers.push_back({.host_name = "", .addresses = {}, .tunnel = policy});
    return config;
  }

  Bench dialler;
  Bench answerer{AnswererConfig(Policy(true, true))};
  int messages = 0;
  int with_hidden = 0;
};

TEST_F(Hidden, WholeCallWithAvpsHiddenBothWays) {
  dialler.Give(OpenTunnel{kDial, kOriginPath, kPeer, kLocal, Policy(true, true)});
  Exchange();
  const TunnelId tunnel = dialler.TakeOne<TunnelUp>().tunnel;
  EXPECT_EQ(answerer.Take<TunnelUp>().size(), 1u);
  OpenCall call{.dial = kDial, .tunnel = tunnel, .details = {}, .proxy = {}};
  call.details.calling_number = "4711";
  call.details.tx_connect_speed = 64000;
  call.proxy.authen_type = 3;
  call.proxy.authen_name = "user";
  call.proxy.authen_response = Secret("password");
  dialler.Give(call);
  Exchange();
  EXPECT_EQ(dialler.Take<SessionUp>().size(), 1u);
  const auto up = answerer.TakeOne<SessionUp>();
  EXPECT_EQ(up.details.calling_number, "4711");
  EXPECT_EQ(up.details.tx_connect_speed, 64000u);
  EXPECT_EQ(up.proxy.authen_name, "user");
  EXPECT_EQ(up.proxy.authen_response, Secret("password"));
  dialler.Give(CloseTunnel{tunnel, {}});
  Exchange();
  EXPECT_EQ(answerer.TakeOne<TunnelDown>().reason, EndReason::kPeerClosed);
  EXPECT_EQ(answerer.Drops(DropReason::kRejectedMessage), 0u);
  EXPECT_EQ(dialler.Drops(DropReason::kRejectedMessage), 0u);
  EXPECT_EQ(messages, 7) << "SCCRQ SCCRP SCCCN, ICRQ ICRP ICCN, StopCCN";
  EXPECT_EQ(with_hidden, 7);
}

TEST_F(Hidden, AnotherSecretIsRefused) {
  const TunnelPolicy other{.secret = Secret("open barley"), .challenge = false, .hide_avps = true};
  dialler.Give(OpenTunnel{kDial, kOriginPath, kPeer, kLocal, other});
  Exchange();
  EXPECT_TRUE(dialler.Take<TunnelUp>().empty());
  EXPECT_TRUE(answerer.Take<TunnelUp>().empty());
}

TEST_F(Hidden, NothingIsHiddenWithoutASecret) {
  dialler.Give(OpenTunnel{kDial, kOriginPath, kPeer, kLocal, {.secret = {}, .hide_avps = true}});
  dialler.Give(TunnelPrepared{dialler.TakeOne<PrepareTunnel>().tunnel, kOwnPath});
  EXPECT_TRUE(HiddenOf(dialler.TakeOne<SendDatagram>().bytes).empty());
}

TEST_F(Hidden, NothingIsHiddenUnlessThePolicySaysSo) {
  dialler.Give(OpenTunnel{kDial, kOriginPath, kPeer, kLocal, Policy(true, false)});
  dialler.Give(TunnelPrepared{dialler.TakeOne<PrepareTunnel>().tunnel, kOwnPath});
  EXPECT_TRUE(HiddenOf(dialler.TakeOne<SendDatagram>().bytes).empty());
}

}  // namespace
}  // namespace sallyport::l2tp
