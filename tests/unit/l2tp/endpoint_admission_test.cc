// SPDX-License-Identifier: GPL-2.0-or-later
// How many tunnels strangers can have, and how fast; and whose policy a tunnel has.
#include <gtest/gtest.h>
#include <vector>

#include "tests/unit/l2tp/bench.h"

namespace sallyport::l2tp {
namespace {

using testing::AvpList;
using testing::Bench;
using testing::BenchConfig;
using testing::Bytes;
using testing::ControlMessage;
using testing::Decoded;
using testing::kLocal;
using testing::kOriginPath;
using testing::kOwnPath;
using testing::kPeer;
using testing::kPeerTunnel;
using testing::milliseconds;
using testing::seconds;

const Bytes kSccrq = ControlMessage(0, 0, 0, 0, testing::SccrqAvps(kPeerTunnel).bytes());

IpEndpoint Client(uint32_t number) {
  return {IpAddress::V4(0x0A000000 + 256 * number), 1701};  // each in a /24 of its own
}

// ---- Rates ------------------------------------------------------------------------------------

TEST(AdmissionRate, OneNetworkGetsNoMoreThanItsShare) {
  EndpointConfig config = BenchConfig();
  config.sccrq_per_second_prefix = 5;
  Bench bench(config);
  for (uint16_t port = 1; port <= 8; ++port) {
    bench.ReceiveFrom(kOriginPath, {kPeer.address, port}, kSccrq);
  }
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 5u);
  EXPECT_EQ(bench.Drops(DropReason::kSccrqRateOfNetwork), 3u);
  const auto refusals = bench.Take<SendDatagram>();
  ASSERT_EQ(refusals.size(), 3u);
  EXPECT_EQ(refusals[0].local, kLocal) << "RFC 2661 §8.1: from where the SCCRQ was sent to";
  EXPECT_EQ(refusals[0].peer.port, 6);
  const Decoded stop = testing::Decode(refusals[0].bytes);
  EXPECT_EQ(stop.type, 4);
  EXPECT_EQ(stop.tunnel, kPeerTunnel);
  const Bytes result = stop.Value(1);
  ASSERT_GT(result.size(), 4u) << "with a message";
  EXPECT_EQ(Bytes(result.begin(), result.begin() + 4), (Bytes{0, 2, 0, 4}));
  bench.ReceiveFrom(kOriginPath, Client(1), kSccrq);
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u) << "others are not concerned";
}

TEST(AdmissionRate, AllTogetherGetNoMoreThanTheRate) {
  EndpointConfig config = BenchConfig();
  config.sccrq_per_second = 5;
  Bench bench(config);
  for (uint32_t i = 0; i < 8; ++i) bench.ReceiveFrom(kOriginPath, Client(i), kSccrq);
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 5u);
  EXPECT_EQ(bench.Drops(DropReason::kSccrqRate), 3u);
  bench.Advance(milliseconds(200));
  bench.ReceiveFrom(kOriginPath, Client(9), kSccrq);
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
}

TEST(AdmissionRate, CopiesOfAnSccrqCostNothing) {
  EndpointConfig config = BenchConfig();
  config.sccrq_per_second = 2;
  Bench bench(config);
  for (int i = 0; i < 10; ++i) bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  bench.ReceiveFrom(kOriginPath, Client(1), kSccrq);
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 2u);
}

TEST(AdmissionRate, RefusalsBeyondTheirLimitAreSilent) {
  EndpointConfig config = BenchConfig();
  config.sccrq_per_second = 1;
  config.refusals_per_second = 2;
  Bench bench(config);
  for (uint32_t i = 0; i < 10; ++i) bench.ReceiveFrom(kOriginPath, Client(i), kSccrq);
  EXPECT_EQ(bench.Sent().size(), 2u);
  EXPECT_EQ(bench.Take<Refused>().size(), 2u);
  EXPECT_EQ(bench.Drops(DropReason::kSccrqRate), 9u);
  EXPECT_EQ(bench.Drops(DropReason::kRefusalLimit), 7u);
}

// ---- Limits -----------------------------------------------------------------------------------

TEST(AdmissionLimit, OurOwnDialsAreNotHinderedByStrangers) {
  EndpointConfig config = BenchConfig();
  config.max_half_open_tunnels = 1;
  Bench bench(config);
  bench.ReceiveFrom(kOriginPath, Client(1), kSccrq);
  bench.Give(OpenTunnel{DialId(1), kOriginPath, kPeer, kLocal, {}});
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 2u);
  EXPECT_TRUE(bench.Take<DialFailed>().empty());
}

TEST(AdmissionLimit, DialOverTheLimitOfTunnelsFails) {
  EndpointConfig config = BenchConfig();
  config.max_tunnels = 1;
  Bench bench(config);
  bench.OpenTunnel();
  bench.Give(OpenTunnel{DialId(7), kOriginPath, Client(1), kLocal, {}});
  const auto failed = bench.TakeOne<DialFailed>();
  EXPECT_EQ(failed.dial, DialId(7));
  EXPECT_EQ(failed.result.result, 2);
  EXPECT_EQ(failed.result.error, 4);
  EXPECT_TRUE(bench.actions.empty());
}

TEST(AdmissionLimit, DialsFailOnceWeShutDown) {
  Bench bench;
  bench.Give(Shutdown{});
  bench.Give(OpenTunnel{DialId(7), kOriginPath, kPeer, kLocal, {}});
  EXPECT_EQ(bench.TakeOne<DialFailed>().result.result, 6);
  EXPECT_TRUE(bench.actions.empty());
}

TEST(AdmissionLimit, CallInATunnelThatIsNotThereFails) {
  Bench bench;
  bench.Give(OpenCall{DialId(8), TunnelId(5), CallDirection::kIncoming, {}, {}});
  const auto failed = bench.TakeOne<DialFailed>();
  EXPECT_EQ(failed.dial, DialId(8));
  EXPECT_EQ(failed.result.error, 1);
}

TEST(AdmissionLimit, CommandsForWhatIsNotThereHaveNoEffect) {
  Bench bench;
  bench.Give(ReportErrors{TunnelId(5), SessionId(6), {}});
  bench.Give(SetLinkInfo{TunnelId(5), SessionId(6)});
  bench.Give(CloseTunnel{TunnelId(5), {}});
  bench.Give(CloseSession{TunnelId(5), SessionId(6), {}});
  bench.Give(SessionPrepared{TunnelId(5), SessionId(6), true});
  bench.Give(TunnelPrepared{TunnelId(5), kOwnPath});
  bench.Give(ProofOfLife{TunnelId(5)});
  EXPECT_TRUE(bench.actions.empty());
}

// ---- Lingering --------------------------------------------------------------------------------

/// A client that dials, and hangs up before anything else happened.
TunnelId OpenAndStop(Bench& bench, uint32_t number) {
  bench.ReceiveFrom(kOriginPath, Client(number), kSccrq);
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.ReceiveFrom(kOriginPath, Client(number),
                    ControlMessage(0, 0, 1, 0, testing::StopCcnAvps(kPeerTunnel, 1).bytes()));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().tunnel, tunnel);
  return tunnel;
}

TEST(Lingering, OldestGoesEarlyWhenThereAreTooMany) {
  EndpointConfig config = BenchConfig();
  config.max_lingering_tunnels = 3;
  Bench bench(config);
  std::vector<TunnelId> tunnels;
  for (uint32_t i = 0; i < 5; ++i) {
    tunnels.push_back(OpenAndStop(bench, i));
    bench.Advance(milliseconds(1));
  }
  const auto released = bench.Take<TunnelReleased>();
  ASSERT_EQ(released.size(), 2u);
  EXPECT_EQ(released[0].tunnel, tunnels[0]);
  EXPECT_EQ(released[1].tunnel, tunnels[1]);
  EXPECT_TRUE(bench.Take<TunnelDown>().empty()) << "they were down before";
  bench.Advance(seconds(31));
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 3u);
}

TEST(Lingering, OpenAndStopCannotUseUpTheIds) {
  EndpointConfig config = BenchConfig();
  config.max_lingering_tunnels = 8;
  Bench bench(config);
  bench.fixed_entropy = Entropy{0x12, 0x34};  // the first id that is free from there on
  const TunnelId first = OpenAndStop(bench, 0);
  unsigned others = 0;
  while (OpenAndStop(bench, ++others) != first) {
    ASSERT_LE(others, 8u + 4096u) << "more than linger and rest";
    bench.actions.clear();
  }
}

// ---- Draining -----------------------------------------------------------------------------------

TEST(Draining, NewTunnelsAreSentElsewhereAndOldOnesLive) {
  EndpointConfig config = BenchConfig();
  Bench bench(config);
  const uint16_t tunnel = bench.OpenTunnel();
  config.draining = true;
  bench.endpoint.Configure(config);
  bench.actions.clear();
  bench.ReceiveFrom(kOriginPath, Client(1), kSccrq);
  const Decoded stop = bench.SentOne();
  EXPECT_EQ(stop.type, 4);
  const Bytes result = stop.Value(1);
  ASSERT_GT(result.size(), 4u) << "with a message";
  EXPECT_EQ(Bytes(result.begin(), result.begin() + 4), (Bytes{0, 2, 0, 7}));
  EXPECT_EQ(bench.Take<Refused>().size(), 1u);
  bench.Receive(ControlMessage(tunnel, 0, 2, 1, testing::HelloAvps().bytes()));
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);

  bench.Receive(ControlMessage(tunnel, 0, 3, 1, testing::IcrqAvps(500).bytes()));
  bool refused = false;
  for (const Decoded& message : bench.Sent()) {
    if (message.type != 14) continue;  // CDN
    const Bytes code = message.Value(1);
    refused = Bytes(code.begin(), code.begin() + 4) == Bytes{0, 2, 0, 7};
  }
  EXPECT_TRUE(refused);
  EXPECT_TRUE(bench.Take<PrepareSession>().empty());

  config.draining = false;
  bench.endpoint.Configure(config);
  bench.ReceiveFrom(kOriginPath, Client(2), kSccrq);
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
}

TEST(Configure, HellosThatAreNoLongerWantedStop) {
  EndpointConfig config = BenchConfig();
  config.no_session_timeout = seconds(0);
  Bench bench(config);
  bench.OpenTunnel();
  config.hello_interval = seconds(0);
  bench.endpoint.Configure(config);
  bench.actions.clear();
  bench.Advance(seconds(600));
  EXPECT_TRUE(bench.Sent().empty());
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

TEST(Lingering, AllMayLingerWhenWeShutDown) {
  EndpointConfig config = BenchConfig();
  config.max_lingering_tunnels = 1;
  Bench bench(config);
  for (uint16_t i = 1; i <= 3; ++i) bench.OpenTunnel(i, PathId(100u + i), Client(i));
  bench.Give(Shutdown{});
  EXPECT_EQ(bench.Sent().size(), 3u);
  EXPECT_TRUE(bench.Take<TunnelReleased>().empty()) << "the StopCCNs may have to be sent again";
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.Sent().size(), 3u);
}

// ---- Policies ---------------------------------------------------------------------------------

EndpointConfig ConfigWithSecret() {
  EndpointConfig config = BenchConfig();
  PeerPolicy policy;
  policy.host_name = "client";  // as SccrqAvps has it
  policy.addresses = IpPrefix{kPeer.address, 32};
  policy.tunnel.secret = Secret("shared");
  policy.tunnel.challenge = true;
  config.peers.push_back(policy);
  return config;
}

TEST(Policy, PeerThatFitsIsChallengedAndAnswered) {
  Bench bench(ConfigWithSecret());
  const AvpList avps = testing::SccrqAvps(kPeerTunnel).Text(11, "0123456789abcdef");
  bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(0, 0, 0, 0, avps.bytes()));
  bench.Give(TunnelPrepared{bench.TakeOne<PrepareTunnel>().tunnel, kOwnPath});
  const Decoded reply = bench.SentOne();
  EXPECT_EQ(reply.type, 2);
  EXPECT_FALSE(reply.Value(11).empty()) << "Challenge";
  EXPECT_EQ(reply.Value(13).size(), 16u) << "Challenge Response";
}

TEST(Policy, PeerElsewhereIsAStranger) {
  Bench bench(ConfigWithSecret());
  bench.ReceiveFrom(kOriginPath, Client(1), kSccrq);
  bench.Give(TunnelPrepared{bench.TakeOne<PrepareTunnel>().tunnel, kOwnPath});
  EXPECT_TRUE(bench.SentOne().Value(11).empty());
  const AvpList avps = testing::SccrqAvps(kPeerTunnel).Text(11, "0123456789abcdef");
  bench.ReceiveFrom(kOriginPath, Client(2), ControlMessage(0, 0, 0, 0, avps.bytes()));
  EXPECT_EQ(bench.TakeOne<Refused>().result.result, 4);
}

}  // namespace
}  // namespace sallyport::l2tp
