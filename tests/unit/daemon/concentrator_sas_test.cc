// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/daemon/concentrator_fixture.h"

namespace sallyport::daemon {
namespace {

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
                           {});
  Settle();
  ASSERT_THAT(concentrator_.sas().Find(SaId(1))->tunnels, SizeIs(2));
  concentrator_.OnSaDown(SaId(1), ReqId(1), "deleted by the peer");
  Settle();
  EXPECT_THAT(plane_.paths, IsEmpty()) << "both tunnels went with the SA";
  EXPECT_FALSE(concentrator_.tunnels().contains(l2tp::TunnelId(first)));
  EXPECT_FALSE(plane_.paths.contains(first_path));
  EXPECT_THAT(ike_.terminated, IsEmpty()) << "it had gone already";
}

TEST_F(ConcentratorTest, AnSaWithoutATunnelIsDeletedInTime) {
  concentrator_.OnSaUp(Sa());
  Settle();
  EXPECT_THAT(ike_.terminated, IsEmpty());
  Concentrator::Options options = Options(true);
  options.sa_times.setup = std::chrono::seconds(0);
  Concentrator impatient(loop_, plane_, &ike_, access_, random_, options);
  impatient.OnSaUp(Sa(2));
  Settle();
  EXPECT_THAT(ike_.terminated, ElementsAre(SaId(2)));
  EXPECT_THAT(impatient.sas().entries(), SizeIs(1)) << "until the IKE daemon says that it has gone";
}

TEST_F(ConcentratorTest, TheLastTunnelThatEndsLeavesItsSaALinger) {
  BringUp();
  EXPECT_EQ(concentrator_.sas().Find(SaId(1))->due, std::nullopt);
  Send(tunnel_path_, Message(0, l2tp::testing::StopCcnAvps(kPeerTunnel, 1)));
  const SaTable::Entry* entry = concentrator_.sas().Find(SaId(1));
  ASSERT_NE(entry, nullptr);
  EXPECT_THAT(entry->tunnels, SizeIs(1)) << "it lingers";
  EXPECT_NE(entry->due, std::nullopt);
  // A new dial on the same SA keeps it.
  Send(entry->path, Sccrq());
  EXPECT_EQ(concentrator_.sas().Find(SaId(1))->due, std::nullopt);
  EXPECT_THAT(ike_.terminated, IsEmpty());
}

TEST_F(ConcentratorTest, AClientThatDialsAgainReplacesItsOldSa) {
  BringUp();
  SecurityAssociation again = Sa(2);
  again.ike_sa = 2;
  concentrator_.OnSaUp(again);
  Settle();
  EXPECT_EQ(State(), SessionState::kUp) << "a new SA alone may be a rekey";
  Send(concentrator_.sas().Find(SaId(2))->path, Sccrq());
  EXPECT_EQ(State(), std::nullopt);
  EXPECT_THAT(ike_.terminated, ElementsAre(SaId(1)));
  EXPECT_THAT(concentrator_.sas().entries(), ElementsAre(testing::Key(SaId(2))));
}

TEST_F(ConcentratorTest, ATunnelFollowsItsClientThroughTheNat) {
  BringUp();
  SecurityAssociation moved = Sa();
  moved.peer = {IpAddress::V4(0xCB007163), 1024};
  concentrator_.OnSaChanged(moved);
  Settle();
  const IpEndpoint peer{moved.peer.address, kPeer.port};
  ASSERT_THAT(plane_.moves, SizeIs(1));
  EXPECT_EQ(plane_.moves[0].reqid, ReqId(1));
  EXPECT_EQ(plane_.moves[0].peer, peer);

  // The next rekey comes with another reqid.
  SecurityAssociation next = moved;
  next.id = SaId(2);
  next.reqid = ReqId(2);
  next.continues = SaId(1);
  concentrator_.OnSaUp(next);
  Settle();
  ASSERT_THAT(plane_.moves, SizeIs(2));
  EXPECT_EQ(plane_.moves[1].path, tunnel_path_);
  EXPECT_EQ(plane_.moves[1].reqid, ReqId(2));
  EXPECT_THAT(concentrator_.sas().Find(SaId(2))->live, SizeIs(1));
  EXPECT_THAT(concentrator_.sas().Find(SaId(1))->live, IsEmpty());
  EXPECT_NE(concentrator_.sas().Find(SaId(1))->due, std::nullopt) << "the old one is to go";
  // And it does: the session stays.
  concentrator_.OnSaDown(SaId(1), ReqId(1), "expired");
  Settle();
  EXPECT_EQ(State(), SessionState::kUp);
  concentrator_.OnSaDown(SaId(2), ReqId(2), "deleted by the peer");
  Settle();
  EXPECT_EQ(State(), std::nullopt);
}

TEST_F(ConcentratorTest, ATunnelWhosePathIsBeingMadeFollowsItsClientThen) {
  concentrator_.OnSaUp(Sa());
  const auto sccrq = Sccrq();
  concentrator_.OnDatagram({.path = l2tp::PathId(plane_.last_path),
                            .peer = kPeer,
                            .local = kLocal,
                            .bytes = sccrq,
                            .authenticated = true},
                           {});
  SecurityAssociation moved = Sa();
  moved.peer = {IpAddress::V4(0xCB007163), 1024};
  concentrator_.OnSaChanged(moved);
  EXPECT_THAT(plane_.moves, IsEmpty());
  Settle();
  ASSERT_THAT(plane_.moves, SizeIs(1));
  EXPECT_EQ(plane_.moves[0].peer, (IpEndpoint{moved.peer.address, kPeer.port}));
}

TEST_F(ConcentratorTest, WhatTheIkeDaemonOnlyPromisedToDelete_IsDeletedAtTheEnd) {
  concentrator_.OnSaUp(Sa());
  concentrator_.Shutdown([] {});
  Settle();
  EXPECT_THAT(ike_.terminated, ElementsAre(SaId(1)));
  EXPECT_THAT(plane_.deleted_spis, IsEmpty());
  concentrator_.DeleteSas();
  EXPECT_THAT(plane_.deleted_reqids, ElementsAre(ReqId(1)));
}

TEST_F(ConcentratorTest, ATunnelThatCannotFollowEndsSoThatItsClientDialsAgain) {
  BringUp();
  plane_.moves_work = false;
  SecurityAssociation moved = Sa();
  moved.peer = {IpAddress::V4(0xCB007163), 1024};
  concentrator_.OnSaChanged(moved);
  Settle();
  EXPECT_EQ(State(), std::nullopt);
  EXPECT_THAT(Sent(kStopCcn), SizeIs(1));
}

TEST_F(ConcentratorTest, AnSccrqThatOvertakesTheNewsOfItsSaIsAnsweredThen) {
  Send(l2tp::PathId(99), Sccrq(), kListener);
  EXPECT_THAT(plane_.sent, IsEmpty());
  concentrator_.OnSaUp(Sa());
  Settle();
  EXPECT_THAT(Sent(kSccrp), SizeIs(1));
}

TEST_F(ConcentratorTest, AnSccrqThatOvertakesItsMapElementGoesToTheOnlySaOfItsPeer) {
  concentrator_.OnSaUp(Sa());
  Send(l2tp::PathId(99), Sccrq(), kListener);
  EXPECT_THAT(Sent(kSccrp), SizeIs(1));
  EXPECT_THAT(plane_.tunnel_reqids, ElementsAre(ReqId(1)));
}

TEST_F(ConcentratorTest, WithTwoSasBehindOneAddressTheListenerDoesNotGuess) {
  concentrator_.OnSaUp(Sa(1));
  concentrator_.OnSaUp(Sa(2));
  Send(l2tp::PathId(99), Sccrq(), kListener);
  EXPECT_THAT(plane_.sent, IsEmpty());
}

TEST_F(ConcentratorTest, AnEarlySccrqBehindNatIsNotGivenToAnotherClientsSa) {
  SecurityAssociation alice = Sa(1);
  SecurityAssociation bob = Sa(2);
  alice.peer_behind_nat = bob.peer_behind_nat = true;
  concentrator_.OnSaUp(alice);
  // Hers is the only SA of the NAT's; what comes is of another, who says so or not.
  Send(l2tp::PathId(99), Sccrq(), kListener);
  Send(l2tp::PathId(99), Sccrq(), {.listener = true, .reqid = bob.reqid});
  EXPECT_THAT(plane_.sent, IsEmpty());
  concentrator_.OnSaUp(bob);
  Settle();
  EXPECT_THAT(plane_.tunnel_reqids, ElementsAre(bob.reqid));
}

TEST_F(ConcentratorTest, ByItsReqidAnSccrqFindsItsSaAmongThoseOfANat) {
  concentrator_.OnSaUp(Sa(1));
  concentrator_.OnSaUp(Sa(2));
  Send(l2tp::PathId(99), Sccrq(), {.listener = true, .reqid = ReqId(2)});
  EXPECT_THAT(plane_.tunnel_reqids, ElementsAre(ReqId(2)));
}

TEST_F(ConcentratorTest, WhatComesThroughAnSaFromAnotherAddressIsNoneOfItsClient) {
  concentrator_.OnSaUp(Sa());
  concentrator_.OnDatagram({.path = concentrator_.sas().Find(SaId(1))->path,
                            .peer = {IpAddress::V4(0xCB007177), 1701},
                            .local = kLocal,
                            .bytes = Sccrq()},
                           {});
  Settle();
  EXPECT_THAT(plane_.sent, IsEmpty());
  EXPECT_THAT(plane_.tunnel_reqids, IsEmpty());
}

TEST_F(ConcentratorTest, WithoutAnIkeDaemonAShutdownDeletesTheSasItself) {
  SecurityAssociation sa = Sa();
  sa.spi_in = 0xC1000001;
  sa.spi_out = 0xC2000002;
  concentrator_.OnSaUp(sa);
  ike_.ike_state.connected = false;
  bool done = false;
  concentrator_.Shutdown([&] { done = true; });
  Settle();
  EXPECT_TRUE(done);
  EXPECT_THAT(ike_.terminated, IsEmpty());
  EXPECT_THAT(plane_.deleted_spis, testing::UnorderedElementsAre(sa.spi_in, sa.spi_out));
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

TEST_F(ConcentratorTest, SasThatNobodyKnowsAreDeletedOnceTheIkeDaemonAnswers) {
  plane_.unclaimed_sas = {{{.destination = kLocal, .spi = 0xC0FFEE}, ReqId(9)}};
  concentrator_.OnIkeState(ike_.state());
  Settle();
  EXPECT_THAT(plane_.deleted_spis, ElementsAre(0xC0FFEE));
}

TEST_F(ConcentratorTest, WhatIsLeftOfAForgottenSaIsLookedForWhenItGoes) {
  BringUp();
  // A rekey had replaced it; both directions of the last pair are deleted by name.
  plane_.unclaimed_sas = {{{.destination = kLocal, .spi = 0xC0FFEE}, ReqId(1)}};
  concentrator_.OnSaForgotten(SaId(1));
  concentrator_.OnIkeState(ike_.state());
  Settle();
  EXPECT_EQ(State(), SessionState::kUp);
  EXPECT_THAT(plane_.deleted_spis, IsEmpty());
  SecurityAssociation sa = Sa(2);
  sa.reqid = ReqId(1);
  concentrator_.OnSaUp(sa);
  Settle();
  EXPECT_THAT(plane_.deleted_spis, testing::Contains(0xC0FFEE));
}

}  // namespace
}  // namespace sallyport::daemon
