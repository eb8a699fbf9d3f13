// SPDX-License-Identifier: GPL-2.0-or-later
// Connections to charon, its events, and what is asked of it about SAs.
#include "tests/unit/daemon/strongswan_fixture.h"

namespace sallyport::daemon {
namespace {

TEST_F(StrongswanTest, LoadsListsAndIsReady) {
  charon_->Start();
  charon_->sas = {Sa(1), Sa(2)};
  ike_->Start(observer_);
  WhenSeen("connected");
  Run();
  EXPECT_EQ(observer_.lines, (Lines{"up 1", "up 2", "connected"}));
  for (const char* command : {"list-sas", "version", "load-shared", "load-conn"}) {
    EXPECT_EQ(charon_->Count(command), 1U) << command;
  }
  EXPECT_EQ(observer_.last.path, Path());
  EXPECT_EQ(observer_.last.version, "strongSwan 5.9.8 (charon)");
  EXPECT_EQ(observer_.last.error, std::nullopt);
}

TEST_F(StrongswanTest, EventsReachTheObserver) {
  charon_->Start();
  ike_->Start(observer_);
  WhenSeen("connected", [this] {
    charon_->Emit("child-updown", Up(7));
    charon_->Emit("child-updown", Sa(7));
  });
  WhenSeen("down 7: the SA was deleted or has expired");
  Run();
  EXPECT_EQ(observer_.lines,
            (Lines{"connected", "up 7", "down 7: the SA was deleted or has expired"}));
}

TEST_F(StrongswanTest, NoSocket_IsReportedWithAHintAndTriedAgain) {
  ike_->Start(observer_);
  WhenSeen("not connected", [this] {
    EXPECT_NE(observer_.last.error.value_or("").find(Path()), std::string::npos);
    EXPECT_NE(observer_.last.hint.value_or("").find("charon-systemd"), std::string::npos);
    charon_->Start();
  });
  WhenSeen("connected");
  Run();
}

TEST_F(StrongswanTest, AnSaThatIsUsedAgainWhileDisconnected_IsKept) {
  Use(kOften);
  charon_->Start();
  charon_->sas = {Sa(1)};
  std::optional<SaId> id;
  observer_.on_up = [&](SaId up) { id = up; };
  ike_->Start(observer_);
  WhenSeen("connected", [this] { charon_->Stop(); });
  WhenSeen("not connected", [&] {
    ike_->Terminate(*id);
    ike_->Keep(*id);
    observer_.lines.clear();
    charon_->Start();
  });
  WhenSeen("connected");
  When([this] { return charon_->Count("get-authorities") >= 4; });
  Run();
  for (const auto& line : charon_->received) EXPECT_FALSE(line.starts_with("terminate")) << line;
}

TEST_F(StrongswanTest, MissingNeededEvent_IsARefusalAndAMissingOptionalOneIsNot) {
  charon_->Start();
  charon_->unknown_events = {"child-rekey"};
  ike_->Start(observer_);
  WhenSeen("not connected", [this] {
    EXPECT_EQ(observer_.last.hint, kTooOldHint);
    charon_->unknown_events = {"ike-update", "alert"};
  });
  WhenSeen("connected");
  Run();
}

TEST_F(StrongswanTest, CharonRestart_KeepsSasUntilTheNewListSaysOtherwise) {
  charon_->Start();
  charon_->sas = {Sa(1), Sa(2)};
  ike_->Start(observer_);
  WhenSeen("connected", [this] {
    observer_.lines.clear();
    charon_->Stop();
  });
  WhenSeen("not connected", [this] {
    EXPECT_EQ(observer_.lines, Lines{"not connected"});
    observer_.lines.clear();
    charon_->sas = {Sa(2), Sa(3)};
    charon_->Start();
  });
  WhenSeen("connected");
  Run();
  std::erase(observer_.lines, "not connected");
  EXPECT_EQ(observer_.lines, (Lines{"up 3", "forgotten 1", "connected"}));
  EXPECT_EQ(charon_->Count("load-conn"), 2U);
  EXPECT_EQ(charon_->Count("load-shared"), 2U);
}

TEST_F(StrongswanTest, Garbage_ClosesTheConnectionAndItIsMadeAgain) {
  charon_->Start();
  charon_->greet_with_garbage = true;
  ike_->Start(observer_);
  WhenSeen("not connected", [this] { charon_->greet_with_garbage = false; });
  WhenSeen("connected");
  Run();
  uint64_t counted = 0;
  for (const auto& [reason, count] : ike_->state().drops) counted += count;
  EXPECT_GT(counted, 0U);
}

TEST_F(StrongswanTest, Terminate_EndsTheIkeSaOrElseTheChild) {
  charon_->Start();
  charon_->sas = {Sa(1), Sa(2)};
  charon_->replies["terminate ike-id=2 timeout=-1"] =
      Message().Set("success", "no").Set("errmsg", "no matching SAs to terminate found");
  ike_->Start(observer_);
  WhenSeen("connected", [this] {
    ike_->Terminate(SaId(1));
    ike_->Terminate(SaId(1));
    ike_->Terminate(SaId(2));
    ike_->Terminate(SaId(99));
  });
  When([this] { return charon_->Count("terminate child-id=2 timeout=-1") != 0; });
  Run();
  EXPECT_EQ(charon_->Count("terminate ike-id=1 timeout=-1"), 1U);
  EXPECT_EQ(charon_->Count("terminate child-id=1 timeout=-1"), 0U);
}

TEST_F(StrongswanTest, Initiate_EndsWhatIsLeftThenLoadsAndAsks) {
  charon_->Start();
  ike_->Initiate({.dial = "hq",
                  .address = *IpAddress::Parse("198.51.100.1"),
                  .psk = Secret(std::string_view("swordfish"))});
  ike_->Start(observer_);  // what was asked for before is done once charon is there
  const std::string initiate = "initiate child=l2tp ike=sallyport-dial-hq timeout=-1";
  When([this, initiate] { return charon_->Count(initiate) != 0; });
  Run();
  const Lines& lines = charon_->received;
  const auto first = std::find(lines.begin(), lines.end(),
                               "terminate ike=sallyport-dial-hq force=yes timeout=2000");
  EXPECT_EQ(Lines(first, lines.end()),
            (Lines{"terminate ike=sallyport-dial-hq force=yes timeout=2000", "load-shared",
                   "load-conn", initiate}));
}

TEST_F(StrongswanTest, RefusedInitiate_IsAFailureOfTheDial) {
  charon_->Start();
  charon_->replies["initiate child=l2tp ike=sallyport-dial-hq timeout=-1"] =
      Message().Set("success", "no").Set("errmsg", "CHILD_SA config not found");
  ike_->Start(observer_);
  WhenSeen("connected", [this] {
    ike_->Initiate({.dial = "hq", .address = *IpAddress::Parse("198.51.100.1"), .psk = {}});
  });
  WhenSeen("dial hq failed: the IKE daemon refuses: CHILD_SA config not found");
  Run();
}

TEST_F(StrongswanTest, TerminateWhileDisconnected_IsMadeGoodLater) {
  charon_->Start();
  charon_->sas = {Sa(1)};
  ike_->Start(observer_);
  WhenSeen("connected", [this] {
    observer_.lines.clear();
    charon_->Stop();
  });
  WhenSeen("not connected", [this] {
    ike_->Terminate(SaId(1));
    charon_->Start();
  });
  When([this] { return charon_->Count("terminate ike-id=1 timeout=-1") != 0; });
  Run();
}

TEST_F(StrongswanTest, StopAfterTerminatingAll_AsksOnceForAll) {
  charon_->Start();
  charon_->sas = {Sa(1), Sa(2), Sa(3)};
  bool done = false;
  ike_->Start(observer_);
  WhenSeen("connected", [&] {
    for (uint64_t id = 1; id <= 3; ++id) ike_->Terminate(SaId(id));
    ike_->Stop([&] { done = true; });
  });
  When([&] { return done; });
  Run();
  EXPECT_EQ(charon_->Count("terminate ike=sallyport timeout=-1"), 1U);
  EXPECT_EQ(charon_->Count("terminate ike-id=3 timeout=-1"), 0U);
}

TEST_F(StrongswanTest, StopAfterTerminatingAll_AsksForThoseOfAnEarlierConfigurationToo) {
  charon_->Start();
  charon_->sas = {Sa(1), Message().SetSection("sallyport-psk-old", *Sa(2).Section("sallyport"))};
  bool done = false;
  ike_->Start(observer_);
  WhenSeen("connected", [&] {
    for (uint64_t id = 1; id <= 2; ++id) ike_->Terminate(SaId(id));
    ike_->Stop([&] { done = true; });
  });
  When([&] { return done; });
  Run();
  EXPECT_EQ(charon_->Count("terminate ike=sallyport timeout=-1"), 1U);
  EXPECT_EQ(charon_->Count("terminate ike=sallyport-psk-old timeout=-1"), 1U);
}

TEST_F(StrongswanTest, AFailedTermination_MayBeAskedForAgain) {
  charon_->Start();
  charon_->sas = {Sa(1)};
  for (const char* command : {"terminate ike-id=1 timeout=-1", "terminate child-id=1 timeout=-1"}) {
    charon_->replies[command] = Message().Set("success", "no").Set("errmsg", "not now");
  }
  ike_->Start(observer_);
  WhenSeen("connected", [this] { ike_->Terminate(SaId(1)); });
  When([this] { return charon_->Count("terminate child-id=1 timeout=-1") == 1; },
       [this] {
         charon_->Emit("child-updown", Up(9));  // a round trip: the answer above has come
       });
  WhenSeen("up 9", [this] {
    charon_->replies.clear();
    ike_->Terminate(SaId(1));
  });
  When([this] { return charon_->Count("terminate ike-id=1 timeout=-1") == 2; });
  Run();
}

TEST_F(StrongswanTest, ATerminationOfWhatCharonDoesNotHave_IsTheEndOfIt) {
  charon_->Start();
  charon_->sas = {Sa(1)};
  for (const char* command : {"terminate ike-id=1 timeout=-1", "terminate child-id=1 timeout=-1"}) {
    charon_->replies[command] =
        Message().Set("success", "no").Set("errmsg", "no matching SAs to terminate found");
  }
  ike_->Start(observer_);
  WhenSeen("connected", [this] { ike_->Terminate(SaId(1)); });
  WhenSeen("down 1: the IKE daemon does not know it any more");
  Run();
}

TEST_F(StrongswanTest, ATerminationThatLeftTheSa_MayBeAskedForAgain) {
  charon_->Start();
  charon_->sas = {Sa(1)};
  const std::string terminate = "terminate ike-id=1 timeout=-1";
  ike_->Start(observer_);
  WhenSeen("connected", [this] { ike_->Terminate(SaId(1)); });
  // charon has said yes, but its IKE SA had been replaced, and the SA is still there.
  When([this, terminate] { return charon_->Count(terminate) == 1; },
       [this] { charon_->Emit("child-updown", Up(9)); });  // a round trip
  WhenSeen("up 9", [this] { ike_->Terminate(SaId(1)); });
  When([this, terminate] { return charon_->Count(terminate) == 2; });
  Run();
}

TEST_F(StrongswanTest, ATerminationThatARekeyOvertakes_FollowsTheSa) {
  charon_->Start();
  charon_->sas = {Sa(1)};
  // charon knows the child by its new number alone.
  for (const char* command : {"terminate ike-id=1 timeout=-1", "terminate child-id=1 timeout=-1"}) {
    charon_->replies[command] = Message().Set("success", "no").Set("errmsg", "no matching SAs");
  }
  const auto child = [](const char* number) {
    return Message().Set("uniqueid", number).Set("reqid", "1").Set("spi-in", number);
  };
  const Message both = Message().SetSection("old", child("1")).SetSection("new", child("2"));
  ike_->Start(observer_);
  WhenSeen("connected", [&] {
    ike_->Terminate(SaId(1));
    charon_->Emit(
        "child-rekey",
        Message().SetSection("sallyport", IkeSection(1).SetSection(
                                              "child-sas", Message().SetSection("l2tp-1", both))));
  });
  When([this] { return charon_->Count("terminate child-id=2 timeout=-1") == 1; });
  Run();
}

TEST_F(StrongswanTest, AnSaThatComesUpWhileStopping_IsTerminatedToo) {
  charon_->Start();
  charon_->sas = {Sa(1), Sa(2)};
  bool done = false;
  ike_->Start(observer_);
  WhenSeen("connected", [&] {
    ike_->Terminate(SaId(1));
    ike_->Terminate(SaId(2));
    observer_.on_up = [this](SaId id) { ike_->Terminate(id); };  // as the concentrator does
    charon_->Emit("child-updown", Up(3));
    ike_->Stop([&] { done = true; });
  });
  When([&] { return done; });
  Run();
  const bool by_itself = charon_->Count("terminate ike-id=3 timeout=-1") == 1;
  EXPECT_TRUE(by_itself || charon_->Count("terminate ike=sallyport timeout=-1") == 1);
}

TEST_F(StrongswanTest, StopAfterTerminatingSome_LetsTheOthersLive) {
  charon_->Start();
  charon_->sas = {Sa(1), Sa(2), Sa(3)};
  bool done = false;
  ike_->Start(observer_);
  WhenSeen("connected", [&] {
    ike_->Terminate(SaId(1));
    ike_->Terminate(SaId(3));
    ike_->Stop([&] { done = true; });
  });
  When([&] { return done; });
  Run();
  EXPECT_EQ(charon_->Count("terminate ike-id=1 timeout=-1"), 1U);
  EXPECT_EQ(charon_->Count("terminate ike-id=3 timeout=-1"), 1U) << "it was still queued";
  EXPECT_EQ(charon_->Count("terminate ike=sallyport timeout=-1"), 0U);
}

TEST_F(StrongswanTest, StopWithoutCharon_IsDoneToo) {
  bool done = false;
  ike_->Start(observer_);
  WhenSeen("not connected", [&] { ike_->Stop([&] { done = true; }); });
  When([&] { return done; });
  Run();
}

}  // namespace
}  // namespace sallyport::daemon
