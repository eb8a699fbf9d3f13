// SPDX-License-Identifier: GPL-2.0-or-later
// Who numbers data messages, by local policy and Sequencing Required (RFC 2661 §4.4.6, §5.4).
#include <gtest/gtest.h>

#include "tests/unit/l2tp/bench.h"

namespace sallyport::l2tp {
namespace {

using testing::AvpList;
using testing::Bench;
using testing::BenchConfig;
using testing::ControlMessage;
using testing::Decoded;
using testing::kDial;
using testing::kPeerSession;
using testing::seconds;

constexpr uint16_t kSequencingRequired = 39;

EndpointConfig ConfigWith(Sequencing sequencing) {
  EndpointConfig config = BenchConfig();
  config.sequencing = sequencing;
  config.take_outgoing_calls = true;
  return config;
}

bool Requires(const Decoded& message) {
  for (const auto& [type, value] : message.avps) {
    if (type == kSequencingRequired) return true;
  }
  return false;
}

AvpList WithRequirement(AvpList avps, bool required) {
  if (required) avps.Add(kSequencingRequired, {});
  return avps;
}

// ---- As LNS -----------------------------------------------------------------------------------

struct LnsCase {
  Sequencing policy;
  bool required;  // by the LAC
  bool prepared;  // PrepareSession.send_sequence
  bool up;        // SessionUp.send_sequence
};
constexpr LnsCase kLnsCases[] = {
    {Sequencing::kDeny, false, false, false}, {Sequencing::kAllow, false, false, false},
    {Sequencing::kAllow, true, false, true},  {Sequencing::kRequire, false, true, true},
    {Sequencing::kRequire, true, true, true},
};

TEST(SequencingAsLns, OfAnIncomingCall) {
  for (const auto& one : kLnsCases) {
    Bench bench(ConfigWith(one.policy));
    const uint16_t tunnel = bench.OpenTunnel();
    bench.Receive(ControlMessage(tunnel, 0, 2, 1, testing::IcrqAvps(kPeerSession).bytes()));
    const auto request = bench.TakeOne<PrepareSession>();
    EXPECT_EQ(request.send_sequence, one.prepared);
    bench.Give(SessionPrepared{TunnelId(tunnel), request.session, true});
    bench.Receive(ControlMessage(tunnel, request.session.value(), 3, 2,
                                 WithRequirement(testing::IccnAvps(), one.required).bytes()));
    EXPECT_EQ(bench.TakeOne<SessionUp>().send_sequence, one.up);
  }
}

TEST(SequencingAsLns, OfAnOutgoingCall) {
  for (const auto& one : kLnsCases) {
    Bench bench(ConfigWith(one.policy));
    const uint16_t tunnel = bench.Dial();
    bench.Give(OpenCall{kDial, TunnelId(tunnel), CallDirection::kOutgoing, {}, {}});
    const uint16_t session = bench.SentOne().U16(14);
    bench.Receive(ControlMessage(tunnel, session, 1, 3, testing::OcrpAvps(9).bytes()));
    EXPECT_EQ(bench.TakeOne<PrepareSession>().send_sequence, one.prepared);
    bench.Give(SessionPrepared{TunnelId(tunnel), SessionId(session), true});
    bench.Receive(ControlMessage(tunnel, session, 2, 3,
                                 WithRequirement(testing::OccnAvps(), one.required).bytes()));
    EXPECT_EQ(bench.TakeOne<SessionUp>().send_sequence, one.up);
  }
}

void ExpectCdn5(Bench& bench) {
  const Decoded cdn = bench.SentOne();
  EXPECT_EQ(cdn.type, 14);
  EXPECT_EQ(cdn.session, kPeerSession);
  EXPECT_EQ(cdn.U16(1), 5);
  EXPECT_EQ(bench.TakeOne<SessionDown>().reason, EndReason::kRefused);
  EXPECT_TRUE(bench.Take<SessionUp>().empty());
  EXPECT_TRUE(bench.Take<TunnelDown>().empty());
}

TEST(SequencingAsLns, DeniedOneThatIsRequiredEndsInCdn5) {
  Bench incoming(ConfigWith(Sequencing::kDeny));
  const uint16_t tunnel = incoming.OpenTunnel();
  incoming.Receive(ControlMessage(tunnel, 0, 2, 1, testing::IcrqAvps(kPeerSession).bytes()));
  const SessionId asked = incoming.TakeOne<PrepareSession>().session;
  incoming.Give(SessionPrepared{TunnelId(tunnel), asked, true});
  incoming.Take<SendDatagram>();
  incoming.Receive(ControlMessage(tunnel, asked.value(), 3, 2,
                                  WithRequirement(testing::IccnAvps(), true).bytes()));
  ExpectCdn5(incoming);

  Bench outgoing(ConfigWith(Sequencing::kDeny));
  const uint16_t dialled = outgoing.Dial();
  outgoing.Give(OpenCall{kDial, TunnelId(dialled), CallDirection::kOutgoing, {}, {}});
  const uint16_t session = outgoing.SentOne().U16(14);
  outgoing.Receive(ControlMessage(dialled, session, 1, 3, testing::OcrpAvps(kPeerSession).bytes()));
  outgoing.Take<SendDatagram>();
  outgoing.Receive(
      ControlMessage(dialled, session, 2, 3, WithRequirement(testing::OccnAvps(), true).bytes()));
  ExpectCdn5(outgoing);
}

// ---- As LAC -----------------------------------------------------------------------------------

TEST(SequencingAsLac, IsAskedForInIccnWhenLocalPolicyRequiresIt) {
  for (const Sequencing policy : {Sequencing::kDeny, Sequencing::kAllow, Sequencing::kRequire}) {
    const bool required = policy == Sequencing::kRequire;
    Bench bench(ConfigWith(policy));
    const uint16_t tunnel = bench.Dial();
    bench.Give(OpenCall{kDial, TunnelId(tunnel), CallDirection::kIncoming, {}, {}});
    const uint16_t session = bench.SentOne().U16(14);
    bench.Receive(ControlMessage(tunnel, session, 1, 3, testing::IcrpAvps(9).bytes()));
    EXPECT_EQ(bench.TakeOne<PrepareSession>().send_sequence, required);
    bench.Give(SessionPrepared{TunnelId(tunnel), SessionId(session), true});
    EXPECT_EQ(bench.TakeOne<SessionUp>().send_sequence, required);
    const Decoded iccn = bench.SentOne();
    EXPECT_EQ(iccn.type, 12);
    EXPECT_EQ(Requires(iccn), required);
  }
}

TEST(SequencingAsLac, IsAskedForInOccnWhenLocalPolicyRequiresIt) {
  for (const Sequencing policy : {Sequencing::kDeny, Sequencing::kAllow, Sequencing::kRequire}) {
    const bool required = policy == Sequencing::kRequire;
    Bench bench(ConfigWith(policy));
    const uint16_t tunnel = bench.OpenTunnel();
    bench.Receive(ControlMessage(tunnel, 0, 2, 1, testing::OcrqAvps(kPeerSession).bytes()));
    const auto request = bench.TakeOne<PrepareSession>();
    EXPECT_EQ(request.send_sequence, required);
    bench.Give(SessionPrepared{TunnelId(tunnel), request.session, true});
    EXPECT_EQ(bench.TakeOne<SessionUp>().send_sequence, required);
    EXPECT_EQ(Requires(bench.Sent().back()), required);
  }
}

}  // namespace
}  // namespace sallyport::l2tp
