// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/l2tp/bench.h"

#include <gtest/gtest.h>

namespace sallyport::l2tp::testing {

EndpointConfig BenchConfig() {
  EndpointConfig config;
  config.host_name = "lns.example";
  config.sccrq_per_second = 0;  // admission_test.cc and endpoint_admission_test.cc have limits
  config.sccrq_per_second_prefix = 0;
  return config;
}

void ExpectOne(size_t count) { EXPECT_EQ(count, 1u); }

Entropy Bench::NextEntropy() {
  if (fixed_entropy) return *fixed_entropy;
  Entropy entropy{};
  for (uint8_t& octet : entropy) {
    random_ = random_ * 1664525 + 1013904223;
    octet = static_cast<uint8_t>(random_ >> 24);
  }
  return entropy;
}

void Bench::ReceiveFrom(PathId path, const IpEndpoint& peer, const Bytes& bytes) {
  endpoint.Receive(
      {.path = path, .peer = peer, .local = kLocal, .bytes = bytes, .authenticated = authenticated},
      now, NextEntropy(), actions);
}

void Bench::Advance(milliseconds by) {
  const TimePoint until = now + by;
  for (auto next = endpoint.NextDeadline(); next && *next <= until;
       next = endpoint.NextDeadline()) {
    if (*next > now) now = *next;
    endpoint.HandleTimeout(now, NextEntropy(), actions);
    const auto later = endpoint.NextDeadline();
    ASSERT_TRUE(!later || *later > now) << "a deadline that does not pass";
  }
  now = until;
}

std::vector<Decoded> Bench::Sent() {
  std::vector<Decoded> sent;
  for (const auto& datagram : Take<SendDatagram>()) sent.push_back(Decode(datagram.bytes));
  return sent;
}

Decoded Bench::SentOne() {
  auto sent = Sent();
  ExpectOne(sent.size());
  return sent.empty() ? Decoded() : sent.front();
}

uint16_t Bench::OpenTunnel(uint16_t peer_tunnel, PathId own, const IpEndpoint& peer,
                           PathId origin) {
  ReceiveFrom(origin, peer, ControlMessage(0, 0, 0, 0, SccrqAvps(peer_tunnel).bytes()));
  const TunnelId tunnel = TakeOne<PrepareTunnel>().tunnel;
  Give(TunnelPrepared{tunnel, own});
  EXPECT_EQ(SentOne().type, 2) << "SCCRP";
  ReceiveFrom(own, peer, ControlMessage(tunnel.value(), 0, 1, 1, ScccnAvps().bytes()));
  EXPECT_EQ(TakeOne<TunnelUp>().tunnel, tunnel);
  EXPECT_TRUE(SentOne().IsZlb());
  return tunnel.value();
}

uint16_t Bench::Dial(const TunnelPolicy& policy) {
  Give(sallyport::l2tp::OpenTunnel{kDial, kOriginPath, kPeer, kLocal, policy});
  const TunnelId tunnel = TakeOne<PrepareTunnel>().tunnel;
  Give(TunnelPrepared{tunnel, kOwnPath});
  EXPECT_EQ(SentOne().type, 1) << "SCCRQ";
  Receive(ControlMessage(tunnel.value(), 0, 0, 1, SccrpAvps(kPeerTunnel).U32(4, 3).bytes()));
  EXPECT_EQ(TakeOne<TunnelUp>().tunnel, tunnel);
  EXPECT_EQ(SentOne().type, 3) << "SCCCN";
  Receive(ControlMessage(tunnel.value(), 0, 1, 2));
  return tunnel.value();
}

uint16_t Bench::PlaceCall(uint16_t tunnel, uint16_t peer_session, uint16_t ns, uint16_t nr) {
  Give(OpenCall{kDial, TunnelId(tunnel), CallDirection::kIncoming, {}, {}});
  const Decoded request = SentOne();
  EXPECT_EQ(request.type, 10) << "ICRQ";
  const uint16_t session = request.U16(14);
  Receive(ControlMessage(tunnel, session, ns, static_cast<uint16_t>(nr + 1),
                         IcrpAvps(peer_session).bytes()));
  EXPECT_EQ(TakeOne<PrepareSession>().session, SessionId(session));
  Give(SessionPrepared{TunnelId(tunnel), SessionId(session), true});
  EXPECT_EQ(TakeOne<SessionUp>().session, SessionId(session));
  EXPECT_EQ(SentOne().type, 12) << "ICCN";
  Receive(ControlMessage(tunnel, 0, static_cast<uint16_t>(ns + 1), static_cast<uint16_t>(nr + 2)));
  return session;
}

uint16_t Bench::OpenSession(uint16_t tunnel, uint16_t peer_session, uint16_t ns, uint16_t nr) {
  Receive(ControlMessage(tunnel, 0, ns, nr, IcrqAvps(peer_session).bytes()));
  const SessionId session = TakeOne<PrepareSession>().session;
  EXPECT_TRUE(Sent().empty()) << "ICRP will carry the acknowledgement";
  Give(SessionPrepared{TunnelId(tunnel), session, true});
  EXPECT_EQ(SentOne().type, 11) << "ICRP";
  Receive(ControlMessage(tunnel, session.value(), static_cast<uint16_t>(ns + 1),
                         static_cast<uint16_t>(nr + 1), IccnAvps().bytes()));
  EXPECT_EQ(TakeOne<SessionUp>().session, session);
  EXPECT_TRUE(SentOne().IsZlb());
  return session.value();
}

}  // namespace sallyport::l2tp::testing
