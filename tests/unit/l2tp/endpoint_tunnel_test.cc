// SPDX-License-Identifier: GPL-2.0-or-later
// Control connections that the peer dials: set-up, refusal, messages out of place.
#include <gtest/gtest.h>
#include <initializer_list>
#include <set>
#include <string>

#include "l2tp/id_allocator.h"
#include "tests/unit/l2tp/bench.h"

namespace sallyport::l2tp {
namespace {

using testing::AvpList;
using testing::Bench;
using testing::BenchConfig;
using testing::Bytes;
using testing::ControlMessage;
using testing::Decoded;
using testing::kOriginPath;
using testing::kOwnPath;
using testing::kPeer;
using testing::kPeerTunnel;
using testing::milliseconds;
using testing::seconds;

const Bytes kSccrq = ControlMessage(0, 0, 0, 0, testing::SccrqAvps(kPeerTunnel).bytes());

void ExpectRefused(const AvpList& sccrq, uint16_t result, std::optional<uint16_t> error) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(0, 0, 0, 0, sccrq.bytes()));
  const auto datagram = bench.TakeOne<SendDatagram>();
  EXPECT_EQ(datagram.path, kOriginPath);
  const Decoded stop = testing::Decode(datagram.bytes);
  EXPECT_EQ(stop.type, 4);
  EXPECT_EQ(stop.tunnel, kPeerTunnel);
  EXPECT_EQ(stop.ns, 0);
  EXPECT_EQ(stop.nr, 1);
  EXPECT_NE(stop.U16(9), 0);
  EXPECT_EQ(stop.U16(1), result);
  const auto refused = bench.TakeOne<Refused>();
  EXPECT_EQ(refused.peer, kPeer);
  EXPECT_EQ(refused.result.result, result);
  EXPECT_EQ(refused.result.error, error);
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.endpoint.tunnel_count(), 0u);
  EXPECT_FALSE(bench.endpoint.NextDeadline());
}

// ---- Set-up -----------------------------------------------------------------------------------

TEST(TunnelSetup, SccrqAsksForAPathAndIsAnsweredOnIt) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  const auto request = bench.TakeOne<PrepareTunnel>();
  EXPECT_NE(request.tunnel, TunnelId());
  EXPECT_EQ(request.peer_tunnel, TunnelId(kPeerTunnel));
  EXPECT_EQ(request.path, kOriginPath);
  EXPECT_EQ(request.peer, kPeer);
  EXPECT_EQ(request.local, testing::kLocal);
  EXPECT_EQ(request.host_name, "client");
  EXPECT_TRUE(bench.actions.empty()) << "SCCRP waits, and no ZLB comes before it";

  bench.Give(TunnelPrepared{request.tunnel, kOwnPath});
  const auto datagram = bench.TakeOne<SendDatagram>();
  EXPECT_EQ(datagram.path, kOwnPath);
  EXPECT_EQ(datagram.peer, kPeer);
  const Decoded reply = testing::Decode(datagram.bytes);
  EXPECT_EQ(reply.type, 2);
  EXPECT_EQ(reply.tunnel, kPeerTunnel);
  EXPECT_EQ(reply.session, 0);
  EXPECT_EQ(reply.ns, 0);
  EXPECT_EQ(reply.nr, 1);
  EXPECT_EQ(reply.U16(2), 0x0100);
  EXPECT_EQ(reply.Value(7), Bytes({'l', 'n', 's', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e'}));
  EXPECT_EQ(reply.U16(9), request.tunnel.value());
  EXPECT_EQ(reply.U16(10), 16);
}

TEST(TunnelSetup, ScccnIsAcknowledgedAtOnce) {
  Bench bench;
  bench.OpenTunnel();
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

TEST(TunnelSetup, RepeatedSccrqIsTheSameTunnel) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Advance(seconds(1));
  EXPECT_TRUE(bench.SentOne().IsZlb()) << "SCCRP takes too long to carry the acknowledgement";
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  EXPECT_TRUE(bench.Take<PrepareTunnel>().empty());
  EXPECT_TRUE(bench.SentOne().IsZlb());
  bench.Give(TunnelPrepared{tunnel, kOwnPath});
  EXPECT_EQ(bench.SentOne().type, 2);
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  EXPECT_EQ(bench.SentOne().type, 2) << "the peer misses it";
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
  EXPECT_EQ(bench.Drops(DropReason::kDuplicate), 2u);
}

TEST(TunnelSetup, SccrpComesAgainUntilAcknowledged) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(TunnelPrepared{tunnel, kOwnPath});
  EXPECT_EQ(bench.SentOne().type, 2);
  bench.Advance(seconds(16));
  EXPECT_EQ(bench.Sent().size(), 4u);  // after 1, 3, 7, 15 s
  bench.Receive(ControlMessage(tunnel.value(), 0, 1, 1));
  bench.Advance(seconds(10));
  EXPECT_TRUE(bench.Sent().empty());
  EXPECT_EQ(bench.endpoint.statistics().retransmissions, 4u);
}

TEST(TunnelSetup, SilenceAfterSccrpEndsInStopCcn) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(TunnelPrepared{tunnel, kOwnPath});
  bench.Receive(ControlMessage(tunnel.value(), 0, 1, 1));  // ZLB only
  bench.Take<SendDatagram>();
  bench.Advance(seconds(29));
  EXPECT_TRUE(bench.actions.empty());
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kSetupTimeout);
  const Decoded stop = bench.SentOne();
  EXPECT_EQ(stop.type, 4);
  EXPECT_EQ(stop.U16(9), tunnel.value());
}

TEST(TunnelSetup, NoAnswerAtAllEndsWithoutLingering) {
  EndpointConfig config = BenchConfig();
  config.setup_timeout = seconds(120);
  Bench bench(config);
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  bench.Give(TunnelPrepared{bench.TakeOne<PrepareTunnel>().tunnel, kOwnPath});
  bench.Advance(seconds(31));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kRetransmitTimeout);
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
  EXPECT_EQ(bench.Sent().size(), 6u);
  EXPECT_FALSE(bench.endpoint.NextDeadline());
}

TEST(TunnelSetup, NoPathIsRefusedWithNoResources) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(TunnelPrepared{tunnel, std::nullopt});
  const auto down = bench.TakeOne<TunnelDown>();
  EXPECT_EQ(down.reason, EndReason::kRefused);
  const auto datagram = bench.TakeOne<SendDatagram>();
  EXPECT_EQ(datagram.path, kOriginPath);
  const Decoded stop = testing::Decode(datagram.bytes);
  EXPECT_EQ(stop.type, 4);
  EXPECT_EQ(stop.Value(1)[1], 2);
  EXPECT_EQ(stop.Value(1)[3], 4);
  // Its acknowledgement is taken where the StopCCN was sent.
  bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(tunnel.value(), 0, 1, 1));
  bench.Advance(seconds(60));
  EXPECT_TRUE(bench.Sent().empty());
  EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
}

TEST(TunnelSetup, LateAnswerToPrepareTunnelHasNoEffect) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Advance(seconds(31));
  EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kSetupTimeout);
  bench.Take<SendDatagram>();
  bench.Give(TunnelPrepared{tunnel, kOwnPath});
  EXPECT_TRUE(bench.actions.empty());
  bench.Give(TunnelPrepared{TunnelId(4711), kOwnPath});
  EXPECT_TRUE(bench.actions.empty());
}

TEST(TunnelSetup, SecondAnswerToPrepareTunnelHasNoEffect) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(TunnelPrepared{tunnel, kOwnPath});
  EXPECT_EQ(bench.SentOne().type, 2);
  bench.Give(TunnelPrepared{tunnel, PathId(9)});
  bench.Give(TunnelPrepared{tunnel, std::nullopt});
  EXPECT_TRUE(bench.actions.empty());
}

TEST(TunnelSetup, IdsAreDistinctAndScattered) {
  Bench bench;
  std::set<uint16_t> ids;
  for (uint16_t port = 1; port <= 200; ++port) {
    bench.ReceiveFrom(kOriginPath, {kPeer.address, port}, kSccrq);
    EXPECT_TRUE(ids.insert(bench.TakeOne<PrepareTunnel>().tunnel.value()).second);
  }
  EXPECT_GT(*ids.rbegin() - *ids.begin(), 10000);
}

// ---- Refusal ----------------------------------------------------------------------------------

TEST(TunnelRefusal, OtherProtocolVersion) {
  ExpectRefused(AvpList().U16(0, 1).U16(2, 0x0200).U32(3, 3).Text(7, "x").U16(9, kPeerTunnel), 5,
                0x0100);
}

TEST(TunnelRefusal, HostNameMissing) {
  ExpectRefused(AvpList().U16(0, 1).U16(2, 0x0100).U32(3, 3).U16(9, kPeerTunnel), 2, 3);
}

TEST(TunnelRefusal, UnknownMandatoryAvp) {
  ExpectRefused(testing::SccrqAvps(kPeerTunnel).U16(999, 1), 2, 8);
}

TEST(TunnelRefusal, ChallengeWithoutASecret) {
  ExpectRefused(testing::SccrqAvps(kPeerTunnel).Text(11, "0123456789abcdef"), 4, std::nullopt);
}

TEST(TunnelRefusal, AssignedTunnelIdMissingOrZeroIsSilence) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(0, 0, 0, 0, testing::SccrqAvps(0).bytes()));
  bench.ReceiveFrom(
      kOriginPath, kPeer,
      ControlMessage(0, 0, 0, 0,
                     AvpList().U16(0, 1).U16(2, 0x0100).U32(3, 3).Text(7, "x").bytes()));
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kBadSccrq), 2u);
}

TEST(TunnelRefusal, SccrqMustHaveNsZero) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(0, 0, 1, 0, testing::SccrqAvps(kPeerTunnel).bytes()));
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kBadSccrq), 1u);
}

TEST(TunnelRefusal, JunkToTunnelZeroLeavesNoState) {
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(0, 0, 0, 0));
    bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(0, 0, 0, 0, testing::HelloAvps().bytes()));
    bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(0, 0, 0, 0, Bytes(3, 0xFF)));
    bench.ReceiveFrom(kOriginPath, kPeer,
                      ControlMessage(0, 0, 0, 0, testing::StopCcnAvps(9, 1).bytes()));
  }
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_FALSE(bench.endpoint.NextDeadline());
  EXPECT_EQ(bench.Drops(DropReason::kNotSccrq), 400u);
}

TEST(TunnelRefusal, UnknownTunnelIsSilence) {
  Bench bench;
  bench.Receive(ControlMessage(5, 0, 0, 0, testing::HelloAvps().bytes()));
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kUnknownTunnel), 1u);
}

TEST(TunnelRefusal, MalformedHeadersAreCountedAndDropped) {
  Bench bench;
  bench.Receive(testing::Hex("c803"));
  bench.Receive(testing::Hex("c8"));
  bench.Receive(testing::Hex("8802000000000000000000"));
  bench.Receive(testing::Hex("c802ffff0000000000000000"));
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kUnknownVersion), 1u);
  EXPECT_EQ(bench.Drops(DropReason::kTruncatedHeader), 1u);
  EXPECT_EQ(bench.Drops(DropReason::kBadControlHeader), 1u);
  EXPECT_EQ(bench.Drops(DropReason::kBadLength), 1u);
}

TEST(TunnelRefusal, LimitOfHalfOpenTunnels) {
  EndpointConfig config = BenchConfig();
  config.max_half_open_tunnels = 2;
  Bench bench(config);
  for (uint16_t port = 1; port <= 3; ++port) {
    bench.ReceiveFrom(kOriginPath, {kPeer.address, port}, kSccrq);
  }
  const auto prepared = bench.Take<PrepareTunnel>();
  EXPECT_EQ(prepared.size(), 2u);
  const auto refused = bench.TakeOne<Refused>();
  EXPECT_EQ(refused.result.result, 2);
  EXPECT_EQ(refused.result.error, 4);
  bench.Take<SendDatagram>();
  // An established tunnel is no longer half open.
  bench.Give(TunnelPrepared{prepared[0].tunnel, kOwnPath});
  bench.ReceiveFrom(
      kOwnPath, {kPeer.address, 1},
      ControlMessage(prepared[0].tunnel.value(), 0, 1, 1, testing::ScccnAvps().bytes()));
  bench.ReceiveFrom(kOriginPath, {kPeer.address, 3}, kSccrq);
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
}

TEST(TunnelRefusal, LimitOfTunnelsDoesNotKeepARedialOut) {
  EndpointConfig config = BenchConfig();
  config.max_tunnels = 1;
  Bench bench(config);
  bench.OpenTunnel();
  bench.ReceiveFrom(kOriginPath, {kPeer.address, 9}, kSccrq);
  EXPECT_EQ(bench.TakeOne<Refused>().result.error, 4);
  bench.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(0, 0, 0, 0, testing::SccrqAvps(kPeerTunnel + 1).bytes()));
  EXPECT_EQ(bench.Take<PrepareTunnel>().size(), 1u);
}

TEST(TunnelRefusal, RefusalsHaveALimitEachSecond) {
  EndpointConfig config = BenchConfig();
  config.max_tunnels = 0;
  Bench bench(config);
  for (int i = 0; i < 150; ++i) bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  EXPECT_EQ(bench.Sent().size(), 100u);
  EXPECT_EQ(bench.Drops(DropReason::kRefusalLimit), 50u);
  bench.Advance(seconds(1));
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  EXPECT_EQ(bench.Sent().size(), 1u);
}

// ---- Messages out of place --------------------------------------------------------------------

TEST(TunnelProtocol, ControlMessageOutOfOrderEndsInStopCcn7) {
  const AvpList out_of_order[] = {
      testing::SccrqAvps(kPeerTunnel), testing::ScccnAvps(),
      AvpList().U16(0, 2).U16(2, 0x0100).U32(3, 3).Text(7, "x").U16(9, kPeerTunnel)};
  for (const auto& avps : out_of_order) {
    Bench bench;
    const uint16_t tunnel = bench.OpenTunnel();
    bench.Receive(ControlMessage(tunnel, 0, 2, 1, avps.bytes()));
    const Decoded stop = bench.SentOne();
    EXPECT_EQ(stop.type, 4);
    EXPECT_EQ(stop.U16(1), 7);
    EXPECT_EQ(bench.TakeOne<TunnelDown>().reason, EndReason::kProtocolError);
  }
}

TEST(TunnelProtocol, UnknownMessageTypeClearsTheTunnelOnlyIfMandatory) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  bench.Receive(ControlMessage(tunnel, 0, 2, 1, AvpList().U16(0, 99, 0).bytes()));
  EXPECT_TRUE(bench.SentOne().IsZlb());
  EXPECT_EQ(bench.Drops(DropReason::kUnknownMessage), 1u);
  bench.Receive(ControlMessage(tunnel, 0, 3, 1, AvpList().U16(0, 99).bytes()));
  EXPECT_EQ(bench.SentOne().type, 4);
  EXPECT_EQ(bench.TakeOne<TunnelDown>().result.result, 2);
}

TEST(TunnelProtocol, MandatoryUnknownAvpInHelloClearsTheTunnel) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  bench.Receive(ControlMessage(tunnel, 0, 2, 1, testing::HelloAvps().U16(999, 1).bytes()));
  const auto down = bench.TakeOne<TunnelDown>();
  EXPECT_EQ(down.result.result, 2);
  EXPECT_EQ(down.result.error, 8);
}

TEST(TunnelProtocol, WrongSourceHasNoEffect) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  const Bytes stop = ControlMessage(tunnel, 0, 2, 1, testing::StopCcnAvps(kPeerTunnel, 1).bytes());
  bench.ReceiveFrom(kOwnPath, {kPeer.address, 1702}, stop);
  bench.ReceiveFrom(kOwnPath, {IpAddress::V4(0x0A000001), kPeer.port}, stop);
  bench.ReceiveFrom(kOriginPath, kPeer, stop);
  bench.ReceiveFrom(PathId(99), kPeer, stop);
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kWrongSource), 4u);
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

TEST(TunnelProtocol, HelloIsAcknowledgedAndAgain) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  for (int i = 0; i < 2; ++i) {
    bench.Receive(ControlMessage(tunnel, 0, 2, 1, testing::HelloAvps().bytes()));
    const Decoded zlb = bench.SentOne();
    EXPECT_TRUE(zlb.IsZlb());
    EXPECT_EQ(zlb.nr, 3);
  }
}

TEST(TunnelProtocol, MessagesOutOfOrderArriveInOrder) {
  Bench bench;
  bench.ReceiveFrom(kOriginPath, kPeer, kSccrq);
  const TunnelId tunnel = bench.TakeOne<PrepareTunnel>().tunnel;
  bench.Give(TunnelPrepared{tunnel, kOwnPath});
  bench.Take<SendDatagram>();
  bench.Receive(ControlMessage(tunnel.value(), 0, 2, 1, testing::IcrqAvps(9).bytes()));
  EXPECT_TRUE(bench.actions.empty()) << "ICRQ waits for SCCCN";
  bench.Receive(ControlMessage(tunnel.value(), 0, 1, 1, testing::ScccnAvps().bytes()));
  EXPECT_EQ(bench.Take<TunnelUp>().size(), 1u);
  const SessionId session = bench.TakeOne<PrepareSession>().session;
  EXPECT_TRUE(bench.Sent().empty());
  bench.Give(SessionPrepared{tunnel, session, true});
  EXPECT_EQ(bench.SentOne().nr, 3) << "ICRP acknowledges both";
}

TEST(TunnelProtocol, NonsenseNumbersLeaveTheTunnelAlone) {
  Bench bench;
  const uint16_t tunnel = bench.OpenTunnel();
  for (const uint16_t ns : std::initializer_list<uint16_t>{1002, 32000}) {
    bench.Receive(ControlMessage(tunnel, 0, ns, 1, testing::HelloAvps().bytes()));
  }
  EXPECT_EQ(bench.Drops(DropReason::kOutsideWindow), 2u);
  bench.Receive(ControlMessage(tunnel, 0, 2, 500, testing::HelloAvps().bytes()));
  EXPECT_EQ(bench.Drops(DropReason::kImpossibleNr), 1u);
  EXPECT_EQ(bench.SentOne().nr, 3);
  EXPECT_EQ(bench.endpoint.tunnel_count(), 1u);
}

}  // namespace
}  // namespace sallyport::l2tp
