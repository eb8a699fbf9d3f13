// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_sas.h"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

using vici::Message;

/// A child as charon's events show it.
struct Child {
  int unique_id = 1;
  int reqid = 1;
  std::string spi_in = "c0000001";
  std::string state = "INSTALLED";
  std::string port = "l2f";  // charon shows the name of 1701 in Debian's services
};
/// The IKE SA around it.
struct IkePart {
  int unique_id = 1;
  std::string peer = "203.0.113.2";
  int port = 4500;
  std::string remote_id = "192.168.1.10";
  std::string state = "ESTABLISHED";
  std::string connection = "sallyport";
  std::string version = "1";
  std::string local = "203.0.113.1";
};

Message ChildSection(const Child& child) {
  return Message()
      .Set("name", "l2tp")
      .Set("uniqueid", std::to_string(child.unique_id))
      .Set("reqid", std::to_string(child.reqid))
      .Set("state", child.state)
      .Set("mode", "TRANSPORT")
      .Set("protocol", "ESP")
      .Set("encap", "yes")
      .Set("spi-in", child.spi_in)
      .Set("spi-out", "0a0b0c0d")
      .Set("encr-alg", "AES_CBC")
      .Set("encr-keysize", "256")
      .Set("integ-alg", "HMAC_SHA1_96")
      .SetList("local-ts", {"203.0.113.1/32[udp/l2f]"})
      .SetList("remote-ts",
               {"203.0.113.2/32[udp" + (child.port.empty() ? "" : "/" + child.port) + "]"});
}

Message IkeSection(const IkePart& ike) {
  return Message()
      .Set("uniqueid", std::to_string(ike.unique_id))
      .Set("version", ike.version)
      .Set("state", ike.state)
      .Set("local-host", ike.local)
      .Set("local-port", "4500")
      .Set("local-id", "203.0.113.1")
      .Set("remote-host", ike.peer)
      .Set("remote-port", std::to_string(ike.port))
      .Set("remote-id", ike.remote_id)
      .Set("nat-remote", "yes")
      .Set("encr-alg", "AES_CBC")
      .Set("encr-keysize", "256");
}

Message WithChildren(const IkePart& ike, const std::vector<Child>& children) {
  Message sections;
  for (const Child& child : children) {
    sections.SetSection("l2tp-" + std::to_string(child.unique_id), ChildSection(child));
  }
  return Message().SetSection(ike.connection, IkeSection(ike).SetSection("child-sas", sections));
}

/// One change as a line.
struct Describe {
  static std::string Endpoints(const SecurityAssociation& sa) {
    return std::to_string(sa.id.value()) + " reqid " + std::to_string(sa.reqid.value()) + " " +
           sa.peer.ToString() + " spi " + std::to_string(sa.spi_in & 0xFF) +
           (sa.continues ? " continues " + std::to_string(sa.continues->value()) : "");
  }
  std::string operator()(const StrongswanSas::Up& up) const { return "up " + Endpoints(up.sa); }
  std::string operator()(const StrongswanSas::Changed& changed) const {
    return "changed " + Endpoints(changed.sa);
  }
  std::string operator()(const StrongswanSas::Forgotten& forgotten) const {
    return "forgotten " + std::to_string(forgotten.id.value());
  }
  std::string operator()(const StrongswanSas::Down& down) const {
    return "down " + std::to_string(down.id.value()) + " reqid " +
           std::to_string(down.reqid.value()) + ": " + down.reason;
  }
  std::string operator()(const StrongswanSas::AttemptFailed& failed) const {
    return "failed " + failed.peer.ToString() + " " + failed.remote_id + ": " + failed.reason;
  }
};

class StrongswanSasTest : public testing::Test {
 protected:
  using Lines = std::vector<std::string>;

  void IkeUp(const IkePart& ike) {
    Handle("ike-updown", Message().Set("up", "yes").SetSection(ike.connection, IkeSection(ike)));
  }
  void IkeDown(IkePart ike) {
    ike.state = "DELETING";
    Handle("ike-updown", Message().SetSection(ike.connection, IkeSection(ike)));
  }
  void ChildUp(const IkePart& ike, const Child& child) {
    Handle("child-updown", WithChildren(ike, {child}).Set("up", "yes"));
  }
  void ChildDown(const IkePart& ike, const Child& child) {
    Handle("child-updown", WithChildren(ike, {child}));
  }
  void Rekey(const IkePart& ike, const Child& old_child, const Child& new_child) {
    const Message both = Message()
                             .SetSection("old", ChildSection(old_child))
                             .SetSection("new", ChildSection(new_child));
    Handle(
        "child-rekey",
        Message().SetSection(ike.connection, IkeSection(ike).SetSection(
                                                 "child-sas", Message().SetSection("l2tp", both))));
  }
  void RekeyIke(const IkePart& old_ike, const IkePart& new_ike) {
    const Message both =
        Message().SetSection("old", IkeSection(old_ike)).SetSection("new", IkeSection(new_ike));
    Handle("ike-rekey", Message().SetSection(old_ike.connection, both));
  }
  void Move(const IkePart& ike, const std::string& peer, int port) {
    Handle("ike-update", Message()
                             .Set("remote-host", peer)
                             .Set("remote-port", std::to_string(port))
                             .SetSection(ike.connection, IkeSection(ike)));
  }
  void Handle(std::string_view name, const Message& event) {
    sas_.HandleEvent(name, event, changes_);
  }
  void List(const std::vector<std::pair<IkePart, std::vector<Child>>>& listed) {
    sas_.BeginList();
    for (const auto& [ike, children] : listed) {
      sas_.HandleListed(WithChildren(ike, children), changes_);
    }
    sas_.EndList(changes_);
  }

  Lines Take() {
    Lines lines;
    for (const auto& change : changes_) lines.push_back(std::visit(Describe(), change));
    changes_.clear();
    return lines;
  }

  StrongswanSas sas_;
  StrongswanSas::Changes changes_;
};

TEST_F(StrongswanSasTest, ClientComesAndGoes) {
  IkeUp({});
  EXPECT_EQ(Take(), Lines{});
  ChildUp({}, {});
  EXPECT_EQ(Take(), Lines{"up 1 reqid 1 203.0.113.2:4500 spi 1"});
  ChildDown({}, {});
  EXPECT_EQ(Take(), Lines{"down 1 reqid 1: the SA was deleted or has expired"});
  IkeDown({});
  EXPECT_EQ(Take(), Lines{});
}

TEST_F(StrongswanSasTest, SaUp_TellsEverythingAboutIt) {
  ChildUp({}, {});
  ASSERT_EQ(changes_.size(), 1U);
  const auto& sa = std::get<StrongswanSas::Up>(changes_[0]).sa;
  EXPECT_EQ(sa.local, IpAddress::Parse("203.0.113.1"));
  EXPECT_EQ(sa.ike_version, "IKEv1");
  EXPECT_EQ(sa.local_id, "203.0.113.1");
  EXPECT_EQ(sa.remote_id, "192.168.1.10");
  EXPECT_EQ(sa.ike_proposal, "AES_CBC_256");
  EXPECT_EQ(sa.esp_proposal, "AES_CBC_256/HMAC_SHA1_96");
  EXPECT_EQ(sa.esp_sizes, (EspSizes{.iv = 16, .alignment = 16, .icv = 12}));
  EXPECT_EQ(sa.spi_in, 0xc0000001U);
  EXPECT_EQ(sa.spi_out, 0x0a0b0c0dU);
  EXPECT_TRUE(sa.udp_encapsulation);
  EXPECT_TRUE(sa.peer_behind_nat);
}

TEST_F(StrongswanSasTest, IdentityFromThePeer_BecomesPrintable) {
  ChildUp({.remote_id = "evil\n\x1b[2J"}, {});
  ASSERT_EQ(changes_.size(), 1U);
  EXPECT_EQ(std::get<StrongswanSas::Up>(changes_[0]).sa.remote_id, "evil\\x0a\\x1b[2J");
}

TEST_F(StrongswanSasTest, IkeSaEnding_TakesItsChildWithItAndSaysSo) {
  IkeUp({});
  ChildUp({}, {});
  Take();
  IkeDown({});
  ChildDown({.state = "DELETING"}, {});
  EXPECT_EQ(Take(), Lines{"down 1 reqid 1: the IKE SA has ended"});
}

TEST_F(StrongswanSasTest, OtherConnections_AreNotOurs) {
  const IkePart other{.connection = "site-to-site"};
  IkeUp(other);
  ChildUp(other, {});
  Rekey(other, {}, {.unique_id = 2});
  Move(other, "203.0.113.9", 1);
  ChildDown(other, {});
  IkeDown(other);
  List({{other, {{}}}});
  EXPECT_EQ(Take(), Lines{});
}

TEST_F(StrongswanSasTest, TwoClientsBehindOneNat_AreTwo) {
  ChildUp({.unique_id = 1, .port = 4500}, {.unique_id = 1, .reqid = 1});
  ChildUp({.unique_id = 2, .port = 1025}, {.unique_id = 2, .reqid = 2, .spi_in = "c0000002"});
  ChildDown({.unique_id = 1, .port = 4500}, {.unique_id = 1, .reqid = 1});
  EXPECT_EQ(Take(),
            (Lines{"up 1 reqid 1 203.0.113.2:4500 spi 1", "up 2 reqid 2 203.0.113.2:1025 spi 2",
                   "down 1 reqid 1: the SA was deleted or has expired"}));
}

TEST_F(StrongswanSasTest, Rekey_KeepsTheIdAndTheOldChildVanishesSilently) {
  ChildUp({}, {.unique_id = 1});
  Rekey({}, {.unique_id = 1}, {.unique_id = 2, .spi_in = "c0000002"});
  Rekey({}, {.unique_id = 2}, {.unique_id = 3, .spi_in = "c0000003"});
  ChildDown({}, {.unique_id = 1});  // should charon ever say so
  ChildDown({}, {.unique_id = 3});
  EXPECT_EQ(Take(), (Lines{"up 1 reqid 1 203.0.113.2:4500 spi 1",
                           "changed 1 reqid 1 203.0.113.2:4500 spi 2",
                           "changed 1 reqid 1 203.0.113.2:4500 spi 3",
                           "down 1 reqid 1: the SA was deleted or has expired"}));
}

TEST_F(StrongswanSasTest, IkeRekey_TheNewIkeSaHasTheChildren) {
  const IkePart before{.unique_id = 5, .version = "2"};
  const IkePart after{.unique_id = 9, .version = "2"};
  IkeUp(before);
  ChildUp(before, {});
  Take();
  RekeyIke(before, after);
  EXPECT_EQ(Take(), Lines{"changed 1 reqid 1 203.0.113.2:4500 spi 1"});
  EXPECT_EQ(sas_.TerminationOf(SaId(1))->ike, vici::IkeUniqueId(9));
  // It had a child: its end is no failed attempt. Of the old one charon says nothing more.
  ChildDown(after, {});
  IkeDown(after);
  EXPECT_EQ(Take(), Lines{"down 1 reqid 1: the SA was deleted or has expired"});
}

TEST_F(StrongswanSasTest, IkeRekeyDuringTheList_KeepsTheChildren) {
  const IkePart before{.unique_id = 5, .version = "2"};
  IkeUp(before);
  ChildUp(before, {});
  Take();
  sas_.BeginList();
  // The list has passed the place of the new one, and finds the old one without children.
  RekeyIke(before, {.unique_id = 9, .version = "2"});
  sas_.EndList(changes_);
  EXPECT_EQ(Take(), Lines{"changed 1 reqid 1 203.0.113.2:4500 spi 1"});
}

TEST_F(StrongswanSasTest, ReauthenticationDuringTheList_KeepsTheChildren) {
  IkeUp({.unique_id = 5});
  ChildUp({.unique_id = 5}, {});
  Take();
  sas_.BeginList();
  // The list has passed the place of the new one, and finds the old one without children.
  IkeUp({.unique_id = 9});
  sas_.HandleListed(WithChildren({.unique_id = 5}, {}), changes_);
  sas_.EndList(changes_);
  EXPECT_EQ(Take(), Lines{"changed 1 reqid 1 203.0.113.2:4500 spi 1"});
}

TEST_F(StrongswanSasTest, ADialDuringTheListOfANewCharon_KeepsNothingOfTheFormer) {
  IkeUp({.unique_id = 5});
  ChildUp({.unique_id = 5}, {});
  Take();
  sas_.BeginList();
  IkeUp({.unique_id = 1});
  sas_.EndList(changes_);
  EXPECT_EQ(Take().back(), "forgotten 1");
}

TEST_F(StrongswanSasTest, KnownAreTheSasOfAllConnectionsInAllStates) {
  KnownSas known;
  Child updating{.unique_id = 3, .reqid = 7, .state = "UPDATING"};
  updating.spi_in = "";
  StrongswanSas::AddKnown(
      WithChildren({.connection = "office"}, {{.spi_in = "c0000001", .state = "REKEYED"},
                                              {.unique_id = 2, .spi_in = "c0000002"},
                                              updating}),
      known);
  StrongswanSas::AddKnown({}, known);
  EXPECT_EQ(known.spis, (std::set<uint32_t>{0xC0000001, 0xC0000002, 0x0A0B0C0D}));
  EXPECT_EQ(known.reqids, std::set<ReqId>{ReqId(7)});
}

TEST_F(StrongswanSasTest, TellsWhetherThePeerHasOnePort) {
  ChildUp({}, {});
  Child all{.unique_id = 2, .reqid = 2};
  all.port = "";
  ChildUp({}, all);
  ChildUp({}, {.unique_id = 3, .reqid = 3, .port = "1024-2048"});
  std::vector<bool> one_port;
  for (const auto& change : changes_)
    one_port.push_back(std::get<StrongswanSas::Up>(change).sa.one_port);
  EXPECT_EQ(one_port, (std::vector{true, false, false}));
}

TEST_F(StrongswanSasTest, IkeRekeyOfAnotherConnection_ChangesNothing) {
  RekeyIke({.unique_id = 5, .connection = "office"}, {.unique_id = 6, .connection = "office"});
  EXPECT_EQ(Take(), Lines{});
}

TEST_F(StrongswanSasTest, RekeyOfAnUnknownChild_IsANewSa) {
  Rekey({}, {.unique_id = 1}, {.unique_id = 2, .spi_in = "c0000002"});
  EXPECT_EQ(Take(), Lines{"up 1 reqid 1 203.0.113.2:4500 spi 2"});
}

TEST_F(StrongswanSasTest, NewChildAfterNatRebinding_ContinuesTheOld) {
  ChildUp({}, {.unique_id = 1, .reqid = 1});
  ChildUp({}, {.unique_id = 2, .reqid = 2, .spi_in = "c0000002"});
  EXPECT_EQ(Take(), (Lines{"up 1 reqid 1 203.0.113.2:4500 spi 1",
                           "up 2 reqid 2 203.0.113.2:4500 spi 2 continues 1"}));
}

TEST_F(StrongswanSasTest, NewChildForAnotherPortOrOfAnotherIkeSa_StandsBesideTheOld) {
  ChildUp({}, {.unique_id = 1, .reqid = 1});
  ChildUp({}, {.unique_id = 2, .reqid = 2, .port = "40000"});
  ChildUp({.unique_id = 2, .port = 4501}, {.unique_id = 3, .reqid = 3});
  EXPECT_EQ(Take(),
            (Lines{"up 1 reqid 1 203.0.113.2:4500 spi 1", "up 2 reqid 2 203.0.113.2:4500 spi 1",
                   "up 3 reqid 3 203.0.113.2:4501 spi 1"}));
}

TEST_F(StrongswanSasTest, RekeysByBothSides_LeaveTheSaUpUntilTheLastChildGoes) {
  const Child first{.unique_id = 1};
  const Child ours{.unique_id = 2, .spi_in = "c0000002"};
  const Child theirs{.unique_id = 3, .spi_in = "c0000003"};
  ChildUp({}, first);
  Rekey({}, first, theirs);
  Rekey({}, first, ours);
  EXPECT_EQ(Take(), (Lines{"up 1 reqid 1 203.0.113.2:4500 spi 1",
                           "changed 1 reqid 1 203.0.113.2:4500 spi 3",
                           "changed 1 reqid 1 203.0.113.2:4500 spi 2"}));
  ChildDown({}, ours);
  EXPECT_EQ(Take(), Lines{"changed 1 reqid 1 203.0.113.2:4500 spi 3"});
  ChildDown({}, first);  // known no more
  EXPECT_EQ(Take(), Lines{});
  ChildDown({}, theirs);
  EXPECT_EQ(Take(), Lines{"down 1 reqid 1: the SA was deleted or has expired"});
}

TEST_F(StrongswanSasTest, ASecondIkeSaToAnotherAddressOfOurs_AdoptsNothing) {
  IkeUp({.unique_id = 1});
  ChildUp({.unique_id = 1}, {.unique_id = 1, .reqid = 1});
  Take();
  IkeUp({.unique_id = 2, .local = "203.0.113.99"});
  ChildUp({.unique_id = 2, .local = "203.0.113.99"}, {.unique_id = 2, .reqid = 2});
  EXPECT_EQ(Take(), Lines{"up 2 reqid 2 203.0.113.2:4500 spi 1"});
}

TEST_F(StrongswanSasTest, InIkev2_NothingIsAdopted) {
  IkeUp({.unique_id = 1, .version = "2"});
  ChildUp({.unique_id = 1, .version = "2"}, {.unique_id = 1, .reqid = 1});
  Take();
  IkeUp({.unique_id = 2, .version = "2"});
  ChildUp({.unique_id = 2, .version = "2"}, {.unique_id = 2, .reqid = 2});
  EXPECT_EQ(Take(), Lines{"up 2 reqid 2 203.0.113.2:4500 spi 1"});
}

TEST_F(StrongswanSasTest, NatRebinding_MovesEveryChildOfTheIkeSa) {
  IkeUp({});
  ChildUp({}, {.unique_id = 1, .reqid = 1});
  ChildUp({}, {.unique_id = 2, .reqid = 2});
  Take();
  Move({}, "203.0.113.7", 1024);
  Move({}, "203.0.113.7", 1024);
  EXPECT_EQ(Take(), (Lines{"changed 1 reqid 1 203.0.113.7:1024 spi 1",
                           "changed 2 reqid 2 203.0.113.7:1024 spi 1 continues 1"}));
}

TEST_F(StrongswanSasTest, PortFloatBeforeTheIkeSaIsEstablished_ChangesNothing) {
  Move({.state = "CONNECTING", .connection = "(unnamed)"}, "203.0.113.2", 4500);
  EXPECT_EQ(Take(), Lines{});
}

TEST_F(StrongswanSasTest, IncompleteEvents_ChangeNothing) {
  for (const auto name : StrongswanSas::kEvents) Handle(name, {});
  Handle("brand-new", WithChildren({}, {{}}));
  ChildUp({}, {.reqid = 0});
  ChildUp({}, {.unique_id = 0});
  ChildDown({}, {.unique_id = 77});
  EXPECT_EQ(Take(), Lines{});
}

TEST_F(StrongswanSasTest, List_TellsOfNewAndMissingSas) {
  ChildUp({.unique_id = 1}, {.unique_id = 1, .reqid = 1});
  ChildUp({.unique_id = 2, .port = 2}, {.unique_id = 2, .reqid = 2});
  Take();
  List({{{.unique_id = 1}, {{.unique_id = 1, .reqid = 1}}},
        {{.unique_id = 3, .port = 3}, {{.unique_id = 3, .reqid = 3}}}});
  EXPECT_EQ(Take(), (Lines{"up 3 reqid 3 203.0.113.2:3 spi 1", "forgotten 2"}));
}

TEST_F(StrongswanSasTest, ForgottenSa_LeavesItsNumbersToTheNextOne) {
  ChildUp({}, {.unique_id = 1, .reqid = 1});
  List({});
  Take();
  ChildUp({}, {.unique_id = 1, .reqid = 1, .spi_in = "c0000009"});
  ChildDown({}, {.unique_id = 1});
  EXPECT_EQ(Take(), (Lines{"up 2 reqid 1 203.0.113.2:4500 spi 9",
                           "down 2 reqid 1: the SA was deleted or has expired"}));
}

TEST_F(StrongswanSasTest, List_LooksOnlyAtChildrenThatAreAlive) {
  List({{{},
         {{.unique_id = 1, .state = "REKEYED"},
          {.unique_id = 2, .spi_in = "c0000002"},
          {.unique_id = 3, .reqid = 2, .state = "DELETING"}}}});
  EXPECT_EQ(Take(), Lines{"up 1 reqid 1 203.0.113.2:4500 spi 2"});
}

TEST_F(StrongswanSasTest, EventDuringTheList_CountsAsListed) {
  sas_.BeginList();
  ChildUp({}, {});
  sas_.EndList(changes_);
  EXPECT_EQ(Take(), Lines{"up 1 reqid 1 203.0.113.2:4500 spi 1"});
}

TEST_F(StrongswanSasTest, RekeyWhileDisconnected_IsAChange) {
  ChildUp({}, {.unique_id = 1});
  Take();
  List({{{}, {{.unique_id = 4, .reqid = 1, .spi_in = "c0000004"}}}});
  EXPECT_EQ(Take(), Lines{"changed 1 reqid 1 203.0.113.2:4500 spi 4"});
}

TEST_F(StrongswanSasTest, OtherClientWithTheSameReqidAfterRestart_IsAnotherSa) {
  ChildUp({}, {.unique_id = 1, .reqid = 1});
  Take();
  List({{{.peer = "198.51.100.9", .remote_id = "10.0.0.5"},
         {{.unique_id = 1, .reqid = 1, .spi_in = "c0000009"}}}});
  EXPECT_EQ(Take(), (Lines{"down 1 reqid 1: the IKE daemon does not know it any more",
                           "up 2 reqid 1 198.51.100.9:4500 spi 9"}));
}

TEST_F(StrongswanSasTest, ChildNumberUsedAgainAfterRestart_IsAnotherSa) {
  ChildUp({}, {.unique_id = 1, .reqid = 7});
  Take();
  List({{{.unique_id = 5}, {{.unique_id = 1, .reqid = 1, .spi_in = "c0000009"}}}});
  EXPECT_EQ(Take(), (Lines{"down 1 reqid 7: the IKE daemon does not know it any more",
                           "up 2 reqid 1 203.0.113.2:4500 spi 9"}));
}

TEST_F(StrongswanSasTest, FailedExchange_IsReported) {
  IkeDown({.remote_id = "%any", .connection = "(unnamed)"});
  EXPECT_EQ(Take(), Lines{"failed 203.0.113.2:4500 %any: the IKE SA was not established: proposals "
                          "or the pre-shared key differ"});
  IkeUp({});
  IkeDown({});
  EXPECT_EQ(Take(),
            Lines{"failed 203.0.113.2:4500 192.168.1.10: the IKE SA ended without an SA for "
                  "L2TP"});
}

TEST_F(StrongswanSasTest, SoleClientOfItsIkeSa_IsTerminatedWithIt) {
  ChildUp({.unique_id = 4}, {.unique_id = 9});
  EXPECT_TRUE(sas_.MarkTerminating(SaId(1)));
  const auto termination = sas_.TerminationOf(SaId(1));
  ASSERT_TRUE(termination);
  EXPECT_EQ(termination->child, vici::ChildUniqueId(9));
  EXPECT_EQ(termination->ike, vici::IkeUniqueId(4));
  ChildDown({.unique_id = 4, .state = "DELETING"}, {.unique_id = 9});
  EXPECT_EQ(Take().back(), "down 1 reqid 1: deleted by us");
  EXPECT_FALSE(sas_.TerminationOf(SaId(1)));
}

TEST_F(StrongswanSasTest, IkeSaThatAnotherClientUses_IsLeftAlone) {
  ChildUp({.unique_id = 4}, {.unique_id = 1, .reqid = 1});
  ChildUp({.unique_id = 4}, {.unique_id = 2, .reqid = 2});
  sas_.MarkTerminating(SaId(1));
  EXPECT_EQ(sas_.TerminationOf(SaId(1))->ike, std::nullopt);
  sas_.MarkTerminating(SaId(2));  // now nobody stays
  EXPECT_EQ(sas_.TerminationOf(SaId(1))->ike, vici::IkeUniqueId(4));
}

TEST_F(StrongswanSasTest, Termination_IsNotedOnceAndRemembered) {
  ChildUp({}, {});
  EXPECT_FALSE(sas_.MarkTerminating(SaId(2)));
  EXPECT_TRUE(sas_.MarkTerminating(SaId(1)));
  EXPECT_FALSE(sas_.MarkTerminating(SaId(1)));
  EXPECT_EQ(sas_.Terminating(), std::vector{SaId(1)});
  ChildDown({}, {});
  EXPECT_EQ(sas_.Terminating(), std::vector<SaId>{});
}

TEST_F(StrongswanSasTest, Reauthentication_MovesTheChildrenToTheNewIkeSa) {
  IkeUp({.unique_id = 1});
  ChildUp({.unique_id = 1}, {});
  IkeUp({.unique_id = 2});
  Take();
  IkeDown({.unique_id = 1});
  EXPECT_EQ(Take(), Lines{});  // the children live on, and the attempt was none
  EXPECT_EQ(sas_.TerminationOf(SaId(1))->ike, vici::IkeUniqueId(2));
  IkeDown({.unique_id = 2});
  EXPECT_EQ(Take(), Lines{});
}

TEST_F(StrongswanSasTest, IkeSaOfAnotherPortOrIdentity_AdoptsNothing) {
  IkeUp({.unique_id = 1});
  ChildUp({.unique_id = 1}, {});
  IkeUp({.unique_id = 2, .port = 4501});
  IkeUp({.unique_id = 3, .remote_id = "192.168.1.11"});
  EXPECT_EQ(sas_.TerminationOf(SaId(1))->ike, vici::IkeUniqueId(1));
}

}  // namespace
}  // namespace sallyport::daemon
