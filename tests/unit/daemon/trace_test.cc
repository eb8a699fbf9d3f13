// SPDX-License-Identifier: GPL-2.0-or-later
// What those who trace get to see of clients that come, log in and go.
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/unit/daemon/concentrator_fixture.h"

namespace sallyport::daemon {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

std::vector<json> Lines(BodySource& body) {
  std::string text;
  while (body.Produce(text) == BodySource::Next::kMore) {
  }
  std::vector<json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

std::vector<std::string> Texts(const std::vector<json>& lines) {
  std::vector<std::string> texts;
  for (const json& line : lines) {
    if (!line.contains("text")) continue;
    texts.push_back(line.at("direction") == "in" ? "< " : "> ");
    texts.back() += line.at("text").get<std::string>();
  }
  return texts;
}

/// Of tunnel 7; of its session 3, if that is there.
TracedPacket Passing(std::vector<TracedPacket::Session> sessions = {}) {
  TracedPacket packet;
  packet.received = true;
  packet.peer = kPeer;
  packet.tunnel = l2tp::TunnelId(7);
  if (!sessions.empty()) {
    packet.layer = TracedPacket::Layer::kPpp;
    packet.session = l2tp::SessionId(3);
  }
  packet.sessions = std::move(sessions);
  return packet;
}

class TraceTest : public ConcentratorTest {
 protected:
  std::shared_ptr<BodySource> Trace(TraceQuery query = {}) {
    auto body = trace_.Subscribe(std::move(query));
    EXPECT_NE(body, nullptr);
    return body;
  }
};

TEST_F(TraceTest, AWholeLife_IsToldInOrder) {
  const auto body = Trace();
  BringUp();
  const auto texts = Texts(Lines(*body));
  ASSERT_THAT(texts, SizeIs(testing::Gt(12U)));
  EXPECT_THAT(texts[0], StartsWith("< SCCRQ Ns 0 Nr 0: Protocol Version 1.0"));
  EXPECT_THAT(texts[1], StartsWith("> SCCRP Ns 0 Nr 1: "));
  EXPECT_THAT(texts[2], StartsWith("< SCCCN Ns 1 Nr 1"));
  for (const char* said :
       {"< ICRQ", "> ICRP", "< ICCN", "> LCP Configure-Request", "< LCP Configure-Ack",
        "< PAP Authenticate-Request id 5: user \"alice\"", "> PAP Authenticate-Ack",
        "> IPCP Configure-Request", "< IPCP Configure-Request id 9: IP-Address 10.64.0.2"}) {
    EXPECT_THAT(texts, Contains(StartsWith(said)));
  }
}

TEST_F(TraceTest, APassword_IsNowhere) {
  const auto body = Trace();
  BringUp();
  for (const json& line : Lines(*body)) {
    EXPECT_THAT(line.dump(), Not(HasSubstr("736563726574"))) << "\"secret\" in hexadecimal";
    EXPECT_THAT(line.dump(), Not(HasSubstr("secret")));
  }
}

TEST_F(TraceTest, APacket_HasBothEndsAndItsSession) {
  const auto body = Trace();
  BringUp();
  const auto lines = Lines(*body);
  EXPECT_EQ(lines[0].at("type"), "begin");
  EXPECT_EQ(lines[1].at("type"), "l2tp");
  EXPECT_EQ(lines[1].at("peer").at("address"), kPeer.address.ToString());
  EXPECT_EQ(lines[1].at("peer").at("port"), kPeer.port);
  EXPECT_EQ(lines[1].at("local").at("address"), kLocal.ToString());
  EXPECT_EQ(lines[1].at("tunnel"), tunnel_);
  EXPECT_EQ(lines[1].at("header"), nullptr);
  const json& last = lines.back();
  EXPECT_EQ(last.at("type"), "ppp");
  EXPECT_EQ(last.at("direction"), "out");
  EXPECT_EQ(last.at("user"), "alice");
  EXPECT_EQ(last.at("session"), concentrator_.sessions().sessions().at(key_).id);
  EXPECT_EQ(last.at("local").at("address"), kLocal.ToString());
  EXPECT_EQ(last.at("header"), (json{{"tunnel", kPeerTunnel}, {"session", kPeerSession}}));
  for (size_t i = 2; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].at("seq"), lines[i - 1].at("seq").get<int>() + 1);
  }
}

/// Until a login nobody knows whose negotiation it is.
TEST_F(TraceTest, OfAUser_AllIsToldOnceTheUserIsKnown) {
  const auto of_alice = Trace({.peer = {}, .user = "alice", .session = {}});
  const auto of_bob = Trace({.peer = {}, .user = "bob", .session = {}});
  const auto of_all = Trace();
  concentrator_.OnSaUp(Sa());
  OpenTunnel(l2tp::PathId(plane_.last_path));
  OpenSession();
  Negotiate(0xC021);
  EXPECT_THAT(Lines(*of_alice), SizeIs(1)) << "the marker alone";
  LogIn("secret");
  Negotiate(0x8021, {3, 6, 10, 64, 0, 2});
  const auto everything = Texts(Lines(*of_all));
  EXPECT_EQ(Texts(Lines(*of_alice)), everything);
  EXPECT_THAT(Texts(Lines(*of_bob)), IsEmpty());
  // The tunnel's goodbye is hers too, when her session has gone already.
  concentrator_.Disconnect({Id()}, "enough");
  Settle();
  Send(tunnel_path_, Message(0, l2tp::testing::StopCcnAvps(kPeerTunnel, 1)));
  EXPECT_THAT(Texts(Lines(*of_alice)), Contains(StartsWith("< StopCCN")));
  EXPECT_THAT(Texts(Lines(*of_bob)), IsEmpty());
}

TEST_F(TraceTest, OfAnAddress_OthersAreLeftOut) {
  const auto others =
      Trace({.peer = IpPrefix::Parse("198.51.100.0/24"), .user = {}, .session = {}});
  const auto its = Trace({.peer = IpPrefix{kPeer.address, 32}, .user = {}, .session = {}});
  BringUp();
  EXPECT_THAT(Texts(Lines(*others)), IsEmpty());
  EXPECT_THAT(Texts(Lines(*its)), Not(IsEmpty()));
}

TEST_F(TraceTest, OfASession_OthersAreLeftOut) {
  BringUp();
  const std::string id = concentrator_.sessions().sessions().at(key_).id;
  const auto its = Trace({.peer = {}, .user = {}, .session = id});
  const auto others = Trace({.peer = {}, .user = {}, .session = "none"});
  Frame({0xC0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0});
  EXPECT_THAT(Texts(Lines(*its)), ElementsAre("< LCP Echo-Request id 1", "> LCP Echo-Reply id 1"));
  EXPECT_THAT(Texts(Lines(*others)), IsEmpty());
}

TEST_F(TraceTest, WhatIsNotL2tp_IsToldToo) {
  const auto body = Trace();
  concentrator_.OnSaUp(Sa());
  Send(l2tp::PathId(plane_.last_path), {0xC8, 0x02});
  EXPECT_THAT(Texts(Lines(*body)), ElementsAre("< not understood: truncated_header"));
}

TEST_F(TraceTest, WithoutAnybody_NothingIsWanted) {
  EXPECT_FALSE(trace_.wanted());
  auto body = Trace();
  EXPECT_TRUE(trace_.wanted());
  body.reset();
  EXPECT_FALSE(trace_.wanted());
  BringUp();
}

TEST_F(TraceTest, PlacesAreLimited) {
  std::vector<std::shared_ptr<BodySource>> all;
  for (size_t i = 0; i < TraceStream::kMaxSubscribers; ++i) all.push_back(Trace());
  EXPECT_EQ(trace_.Subscribe({}), nullptr);
}

TEST_F(TraceTest, WhoTurnsOutToBeAnother_IsForgotten) {
  const auto body = Trace({.peer = {}, .user = "alice", .session = {}});
  trace_.Take(Passing({{.id = "b1", .user = ""}}));
  trace_.Take(Passing({{.id = "b1", .user = "bob"}}));
  // The same ids, another session.
  trace_.Take(Passing({{.id = "a1", .user = "alice"}}));
  EXPECT_THAT(Texts(Lines(*body)), SizeIs(1));
}

/// Behind one NAT two clients have one address and port; their SAs, and so the paths, are two.
TEST_F(TraceTest, WhatASecondSaBringsForTheTunnelOfAnother_IsNotTheirs) {
  BringUp();
  const auto hers = Trace({.peer = {}, .user = "alice", .session = {}});
  const auto all = Trace();
  SecurityAssociation other = Sa();
  other.id = SaId(2);
  other.reqid = ReqId(2);
  other.remote_id = "other";
  concentrator_.OnSaUp(other);
  Settle();
  Send(l2tp::PathId(plane_.last_path), Message(0, l2tp::testing::StopCcnAvps(9, 1)));
  EXPECT_THAT(Texts(Lines(*hers)), IsEmpty());
  const auto lines = Lines(*all);
  ASSERT_THAT(Texts(lines), Contains(StartsWith("< StopCCN")));
  EXPECT_EQ(lines.back().at("tunnel"), nullptr);
}

TEST_F(TraceTest, ASccrqAgain_IsOfTheTunnelThatItHasMade) {
  const auto body = Trace();
  concentrator_.OnSaUp(Sa());
  const l2tp::PathId path(plane_.last_path);
  OpenTunnel(path);
  (void)Lines(*body);
  Send(path, Sccrq());
  const auto lines = Lines(*body);
  ASSERT_THAT(Texts(lines), Contains(StartsWith("< SCCRQ")));
  EXPECT_EQ(lines[0].at("tunnel"), tunnel_);
}

/// Clients that never log in cannot fill the memory.
TEST_F(TraceTest, WhatWaitsForALogin_IsBounded) {
  const auto body = Trace({.peer = {}, .user = "alice", .session = {}});
  size_t packets = 0;
  for (; packets < TraceStream::kMaxHeldBytes / 100; ++packets) trace_.Take(Passing());
  trace_.Take(Passing({{.id = "a1", .user = "alice"}}));
  const auto lines = Lines(*body);
  EXPECT_LT(lines.size(), packets);
  EXPECT_GT(lines.size(), TraceStream::kMaxHeldBytes / 1000);
  EXPECT_EQ(lines.back().at("session"), "a1") << "the queue did not overflow";
  // The newest are kept.
  EXPECT_EQ(lines[lines.size() - 2].at("seq"), packets);
}

TEST_F(TraceTest, AnIdUsedAgain_BringsNothingOfTheFormerTunnel) {
  const auto body = Trace({.peer = {}, .user = "alice", .session = {}});
  trace_.Take(Passing());
  trace_.Gone(l2tp::TunnelId(7), {});
  trace_.Take(Passing({{.id = "a1", .user = "alice"}}));
  EXPECT_THAT(Texts(Lines(*body)), SizeIs(1));
}

}  // namespace
}  // namespace sallyport::daemon
