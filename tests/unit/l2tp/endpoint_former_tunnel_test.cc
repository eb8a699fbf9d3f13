// SPDX-License-Identifier: GPL-2.0-or-later
// Control messages for tunnels that are no more: who is told, and who is not.
#include <gtest/gtest.h>

#include "tests/unit/l2tp/bench.h"

namespace sallyport::l2tp {
namespace {

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

EndpointConfig FewAnswers() {
  EndpointConfig config = BenchConfig();
  config.refusals_per_second = 3;
  return config;
}

class FormerTunnel : public ::testing::Test {
 protected:
  FormerTunnel() : bench(FewAnswers()) {
    tunnel = bench.OpenTunnel();
    bench.Give(PathDown{kOwnPath});  // the peer does not hear of it
    EXPECT_EQ(bench.Take<TunnelReleased>().size(), 1u);
    bench.actions.clear();
  }
  Bytes Hello(uint16_t to, uint16_t ns = 2, uint16_t nr = 1) const {
    return ControlMessage(to, 0, ns, nr, testing::HelloAvps().bytes());
  }

  Bench bench;
  uint16_t tunnel = 0;
};

TEST_F(FormerTunnel, ItsPeerIsTold) {
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(tunnel, 2, 1));
  const auto sent = bench.TakeOne<SendDatagram>();
  EXPECT_EQ(sent.path, kOriginPath);
  EXPECT_EQ(sent.peer, kPeer);
  EXPECT_EQ(sent.local, kLocal);
  const Decoded stop = testing::Decode(sent.bytes);
  EXPECT_EQ(stop.type, 4);
  EXPECT_EQ(stop.tunnel, kPeerTunnel);
  EXPECT_EQ(stop.ns, 1) << "the one that the peer expects";
  EXPECT_EQ(stop.nr, 3);
  EXPECT_EQ(stop.U16(1), 1) << "general request to clear";
  EXPECT_EQ(stop.U16(9), tunnel);
  EXPECT_TRUE(bench.actions.empty());
}

TEST_F(FormerTunnel, NobodyElseIs) {
  bench.ReceiveFrom(kOriginPath, {kPeer.address, 1702}, Hello(tunnel));
  bench.ReceiveFrom(kOriginPath, {IpAddress::V4(1), kPeer.port}, Hello(tunnel));
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(static_cast<uint16_t>(tunnel + 1)));
  EXPECT_TRUE(bench.actions.empty());
  EXPECT_EQ(bench.Drops(DropReason::kUnknownTunnel), 3u);
}

TEST_F(FormerTunnel, NoAnswerToWhatMayBeAnAnswer) {
  bench.authenticated = true;
  bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(tunnel, 0, 2, 1));
  bench.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(tunnel, 0, 2, 1, testing::StopCcnAvps(77, 1).bytes()));
  bench.ReceiveFrom(kOriginPath, kPeer, ControlMessage(tunnel, 0, 2, 1, Bytes(3, 0xFF)));
  EXPECT_TRUE(bench.actions.empty());
  // A message whose AVPs are wrong is still one.
  bench.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(tunnel, 0, 2, 1, testing::HelloAvps().U16(999, 1).bytes()));
  EXPECT_EQ(bench.SentOne().type, 4);
}

TEST_F(FormerTunnel, PeerThatDialledAgainWithTheSameIdIsLeftAlone) {
  const uint16_t next = bench.OpenTunnel(kPeerTunnel, PathId(3));
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(tunnel));
  EXPECT_TRUE(bench.Sent().empty()) << "it would take the StopCCN for its new tunnel's";
  // Once that has ended, however it lingers, nothing can be mistaken.
  bench.ReceiveFrom(PathId(3), kPeer,
                    ControlMessage(next, 0, 2, 1, testing::StopCcnAvps(kPeerTunnel, 1).bytes()));
  bench.Take<SendDatagram>();
  bench.ReceiveFrom(PathId(3), kPeer,
                    ControlMessage(next, 0, 2, 1, testing::StopCcnAvps(kPeerTunnel, 1).bytes()));
  bench.Take<SendDatagram>();
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(tunnel));
  EXPECT_EQ(bench.SentOne().type, 4);
}

TEST_F(FormerTunnel, PeerThatDialledAgainWithAnotherIdIsTold) {
  bench.OpenTunnel(kPeerTunnel + 1, PathId(3));
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(tunnel));
  EXPECT_EQ(bench.SentOne().tunnel, kPeerTunnel);
}

TEST_F(FormerTunnel, IsToldOnceASecond) {
  for (int i = 0; i < 5; ++i) bench.ReceiveFrom(kOriginPath, kPeer, Hello(tunnel));
  EXPECT_EQ(bench.Sent().size(), 1u);
  bench.Advance(milliseconds(999));
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(tunnel));
  EXPECT_TRUE(bench.Sent().empty());
  bench.Advance(milliseconds(1));
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(tunnel));
  EXPECT_EQ(bench.Sent().size(), 1u);
}

TEST_F(FormerTunnel, IsForgottenAfterTenMinutes) {
  bench.Advance(std::chrono::minutes(10) - milliseconds(1));
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(tunnel));
  EXPECT_EQ(bench.Sent().size(), 1u);
  bench.Advance(seconds(1));
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(tunnel));
  EXPECT_TRUE(bench.Sent().empty());
}

TEST_F(FormerTunnel, OldestOfFourThousandGivesWay) {
  for (uint16_t i = 0; i < 4096; ++i) {
    const PathId origin(10000u + i);
    bench.ReceiveFrom(origin, kPeer, ControlMessage(0, 0, 0, 0, testing::SccrqAvps(9).bytes()));
    bench.Give(PathDown{origin});
  }
  const TunnelId newest = bench.Take<TunnelReleased>().back().tunnel;
  bench.actions.clear();
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(tunnel));
  EXPECT_TRUE(bench.Sent().empty());
  bench.ReceiveFrom(kOriginPath, kPeer, Hello(newest.value()));
  EXPECT_EQ(bench.SentOne().tunnel, 9);
}

TEST_F(FormerTunnel, DataIsNotAnswered) {
  bench.authenticated = true;
  bench.ReceiveFrom(kOriginPath, kPeer,
                    {0x00, 0x02, static_cast<uint8_t>(tunnel >> 8), static_cast<uint8_t>(tunnel), 0,
                     1, 0xC0, 0x21});
  EXPECT_TRUE(bench.actions.empty());
}

TEST(UnknownTunnel, SenderWithAnSaIsToldByTheIdThatItUsed) {
  Bench bench;  // as after a restart
  bench.authenticated = true;
  bench.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(4711, 0, 0xFFFF, 9, testing::HelloAvps().bytes()));
  const Decoded stop = bench.SentOne();
  EXPECT_EQ(stop.type, 4);
  EXPECT_EQ(stop.tunnel, 0);
  EXPECT_EQ(stop.ns, 9);
  EXPECT_EQ(stop.nr, 0);
  EXPECT_EQ(stop.U16(9), 4711);
}

TEST(UnknownTunnel, AnswersHaveALimit) {
  Bench bench(FewAnswers());
  bench.authenticated = true;
  for (uint16_t id = 1; id <= 10; ++id) {
    bench.ReceiveFrom(kOriginPath, kPeer,
                      ControlMessage(id, 0, 0, 0, testing::HelloAvps().bytes()));
  }
  EXPECT_EQ(bench.Sent().size(), 3u);
}

TEST(UnknownTunnel, DiallerUnderstandsTheAnswer) {
  Bench bench;
  const uint16_t tunnel = bench.Dial();
  // From a peer that was restarted, and knows only the id that we used for it.
  bench.ReceiveFrom(kOriginPath, kPeer,
                    ControlMessage(0, 0, 1, 2, testing::StopCcnAvps(kPeerTunnel, 1).bytes()));
  const auto down = bench.TakeOne<TunnelDown>();
  EXPECT_EQ(down.tunnel, TunnelId(tunnel));
  EXPECT_EQ(down.reason, EndReason::kPeerClosed);
}

}  // namespace
}  // namespace sallyport::l2tp
