// SPDX-License-Identifier: GPL-2.0-or-later
// What charon has of the configuration: loaded, refused, lost, taken back.
#include "tests/unit/daemon/strongswan_fixture.h"

namespace sallyport::daemon {
namespace {

TEST_F(StrongswanTest, RefusedConnection_IsReportedWithCharonsWordsAndTheOthersAreServed) {
  charon_->Start();
  charon_->sas = {Sa(1)};
  charon_->replies["load-conn"] =
      Message().Set("success", "no").Set("errmsg", "unknown option: mark_in, config discarded");
  ike_->Start(observer_);
  WhenSeen("connected");
  Run();
  EXPECT_EQ(observer_.last.error,
            "the IKE daemon refuses the connection \"sallyport\": unknown option: mark_in, config "
            "discarded");
  EXPECT_EQ(observer_.last.hint, kTooOldHint);
  EXPECT_TRUE(observer_.Has("up 1"));
}

TEST_F(StrongswanTest, RefusedKey_DoesNotShowTheKeyAndKeepsNothingElseOut) {
  charon_->Start();
  charon_->replies["load-shared"] = Message().Set("success", "no").Set("errmsg", "no room");
  ike_->Start(observer_);
  WhenSeen("connected");
  Run();
  EXPECT_EQ(observer_.last.error, "the IKE daemon refuses the key \"sallyport\": no room");
  EXPECT_EQ(charon_->Count("load-conn"), 1U);
}

TEST_F(StrongswanTest, WhereSomethingIsRefused_WhatIsNotWantedGoesAllTheSame) {
  charon_->Start();
  charon_->replies["get-shared"] = Message().SetList("keys", {"sallyport", "sallyport-key-7"});
  charon_->replies["load-conn"] = Message().Set("success", "no").Set("errmsg", "no");
  ike_->Start(observer_);
  WhenSeen("connected");
  When([this] { return charon_->Count("unload-shared id=sallyport-key-7") == 1; });
  Run();
  EXPECT_EQ(charon_->Count("unload-shared id=sallyport"), 0U);
}

TEST_F(StrongswanTest, WhatAnEarlierConfigurationLeft_IsTakenBack) {
  charon_->Start();
  charon_->replies["get-conns"] = Message().SetList(
      "conns", {"sallyport", "sallyport-psk-gone", "sallyport-dial-gone", "office", "sallyports"});
  charon_->replies["get-shared"] =
      Message().SetList("keys", {"sallyport", "sallyport-key-7", "office"});
  charon_->replies["get-authorities"] =
      Message().SetList("authorities", {"sallyport-ca-1", "office"});
  ike_->Start(observer_);
  WhenSeen("connected");
  When([this] { return charon_->Count("unload-authority name=sallyport-ca-1") == 1; });
  Run();
  Lines unloaded;
  for (const auto& line : charon_->received) {
    if (line.starts_with("unload")) unloaded.push_back(line);
  }
  EXPECT_EQ(unloaded,
            (Lines{"unload-conn name=sallyport-psk-gone", "unload-conn name=sallyport-dial-gone",
                   "unload-shared id=sallyport-key-7", "unload-authority name=sallyport-ca-1"}));
}

TEST_F(StrongswanTest, WhatAnotherProgramTakesAway_IsLoadedAgain) {
  Use(kOften);
  charon_->Start();
  ike_->Start(observer_);
  WhenSeen("connected");
  // Twice asked, and nothing is missing.
  When([this] { return charon_->Count("get-authorities") >= 3; },
       [this] {
         EXPECT_EQ(charon_->Count("load-conn"), 1U);
         EXPECT_EQ(charon_->Count("load-shared"), 1U);
         charon_->replies["get-conns"] = Message().SetList("conns", {"office"});
       });
  When([this] { return charon_->Count("load-conn") >= 2; },
       [this] { charon_->replies["get-conns"] = Message().SetList("conns", {"sallyport"}); });
  Run();
  EXPECT_GE(charon_->Count("load-shared"), 2U);
  EXPECT_EQ(observer_.lines, Lines{"connected"}) << "no SA and no state is touched";
}

TEST_F(StrongswanTest, APrivateKeyThatAnotherProgramTakesAway_IsLoadedAgain) {
  UseCertificate(kOften);
  charon_->Start();
  charon_->replies["load-key"] = Message().Set("success", "yes").Set("id", "0123abcd");
  charon_->replies["get-conns"] = Message().SetList("conns", {});
  charon_->replies["get-shared"] = Message().SetList("keys", {});
  charon_->replies["get-keys"] = Message().SetList("keys", {"0123abcd", "another's"});
  ike_->Start(observer_);
  WhenSeen("connected");
  When([this] { return charon_->Count("get-keys") >= 2; },
       [this] {
         EXPECT_EQ(charon_->Count("load-key"), 1U);
         charon_->replies["get-keys"] = Message().SetList("keys", {"another's"});
       });
  When([this] { return charon_->Count("load-key") >= 2; });
  Run();
  for (const auto& line : charon_->received) EXPECT_FALSE(line.starts_with("unload-key")) << line;
}

TEST_F(StrongswanTest, OurPrivateKeyFromAnEarlierConnection_IsTakenBackAtTheStop) {
  UseCertificate(StrongswanOptions().check_interval);
  charon_->Start();
  charon_->replies["load-key"] = Message().Set("success", "yes").Set("id", "ab12");
  charon_->replies["get-keys"] = Message().SetList("keys", {});
  ike_->Start(observer_);
  WhenSeen("connected", [this] {
    charon_->replies["get-keys"] = Message().SetList("keys", {"ab12"});
    observer_.lines.clear();
    charon_->Stop();
    charon_->Start();
  });
  WhenSeen("connected", [this] { ike_->Stop([] {}); });
  When([this] { return charon_->Count("unload-key id=ab12") == 1; });
  Run();
}

TEST_F(StrongswanTest, ACharonThatDoesNotTell_IsNotLoadedAgainAndAgain) {
  Use(kOften);
  for (const char* command : {"get-conns", "get-shared", "get-authorities"}) {
    charon_->replies[command] = Message().Set("success", "no").Set("errmsg", "busy");
  }
  charon_->Start();
  ike_->Start(observer_);
  When([this] { return charon_->Count("get-authorities") >= 4; });
  Run();
  EXPECT_EQ(charon_->Count("load-conn"), 1U);
}

TEST_F(StrongswanTest, Configure_LoadsWhatIsNewAndTakesBackWhatIsNot) {
  charon_->Start();
  ike_->Start(observer_);
  WhenSeen("connected", [this] {
    charon_->replies["get-conns"] = Message().SetList("conns", {"sallyport", "office"});
    IpsecConfig ipsec;
    ipsec.connections.resize(1);
    ipsec.connections[0].name = "phones";
    ipsec.connections[0].psk = Secret("another");
    ike_->Configure(ipsec);
    ike_->Configure(ipsec);  // while the first is under way
  });
  When([this] { return charon_->Count("load-conn") >= 3; },
       [this] {
         const auto names = Message().SetList("conns", {"sallyport-psk-phones", "office"});
         charon_->replies["get-conns"] = names;
         charon_->replies["get-shared"] =
             Message().SetList("keys", {"sallyport-connection-phones"});
       });
  Run();
  EXPECT_GE(charon_->Count("unload-conn name=sallyport"), 1U);
  EXPECT_GE(charon_->Count("unload-shared id=sallyport"), 1U);
  EXPECT_EQ(charon_->Count("unload-conn name=office"), 0U);
  EXPECT_TRUE(ike_->state().connected);
}

TEST_F(StrongswanTest, ARefusedReconfiguration_IsToldAndLeavesTheConnection) {
  Use(kOften);
  charon_->Start();
  charon_->sas = {Sa(1)};
  ike_->Start(observer_);
  WhenSeen("connected", [this] {
    observer_.lines.clear();
    charon_->replies["load-conn"] =
        Message().Set("success", "no").Set("errmsg", "invalid value for: hw_offload");
    IpsecConfig ipsec;
    ipsec.psk = Secret(std::string_view("another"));
    ike_->Configure(ipsec);
  });
  WhenSeen("connected", [this] {
    EXPECT_NE(observer_.last.error.value_or("").find("hw_offload"), std::string::npos);
    EXPECT_NE(observer_.last.hint.value_or("").find("5.9.10"), std::string::npos);
    asked_ = charon_->Count("get-authorities");
  });
  // What was refused is not missed, time after time.
  When([this] { return charon_->Count("get-authorities") >= asked_ + 3; },
       [this] {
         EXPECT_EQ(charon_->Count("load-conn"), 2U);
         charon_->replies.erase("load-conn");
         IpsecConfig ipsec;
         ipsec.psk = Secret(std::string_view("a third"));
         ike_->Configure(ipsec);
       });
  When([this] { return charon_->Count("load-conn") >= 3 && !ike_->state().error; });
  Run();
  EXPECT_TRUE(ike_->state().connected);
  EXPECT_FALSE(observer_.Has("not connected"));
}

TEST_F(StrongswanTest, StopWhileLoading_TakesBackWhatWasBeingLoaded) {
  charon_->Start();
  bool done = false;
  ike_->Start(observer_);
  WhenSeen("connected", [&] {
    IpsecConfig ipsec;
    ipsec.connections.resize(1);
    ipsec.connections[0].name = "phones";
    ipsec.connections[0].psk = Secret(std::string_view("another"));
    ike_->Configure(ipsec);
    ike_->Stop([&] { done = true; });
  });
  When([&] { return done; });
  Run();
  const auto last = [this](const std::string& prefix) {
    const auto found = std::find_if(charon_->received.rbegin(), charon_->received.rend(),
                                    [&](const auto& line) { return line.starts_with(prefix); });
    return charon_->received.rend() - found;
  };
  EXPECT_GT(last("unload-shared id=sallyport-connection-phones"), last("load-shared"));
  EXPECT_GE(last("unload-conn"), last("load-conn"));
}

TEST_F(StrongswanTest, Stop_TakesBackWhatWasLoaded) {
  charon_->Start();
  bool done = false;
  ike_->Start(observer_);
  WhenSeen("connected", [&] {
    ike_->Stop([&] { done = true; });
    EXPECT_FALSE(done);
  });
  When([&] { return done; });
  Run();
  EXPECT_EQ(charon_->Count("unload-conn name=sallyport"), 1U);
  EXPECT_EQ(charon_->Count("unload-shared id=sallyport"), 1U);
  EXPECT_FALSE(ike_->state().connected);
}

TEST_F(StrongswanTest, Stop_TakesBackEveryKindOfThing) {
  StrongswanOptions options;
  options.path = Path();
  options.ipsec.certificate = "certificate";
  options.ipsec.private_key = Secret(std::string_view("private"));
  options.ipsec.ca = {"ca"};
  options.ipsec.ca_files = {"/ca"};
  ike_ = std::make_unique<Strongswan>(loop_, std::move(options));
  charon_->Start();
  charon_->replies["load-key"] = Message().Set("success", "yes").Set("id", "0123abcd");
  charon_->replies["get-conns"] = Message().SetList("conns", {});
  charon_->replies["get-shared"] = Message().SetList("keys", {});
  bool done = false;
  ike_->Start(observer_);
  WhenSeen("connected", [&] { ike_->Stop([&] { done = true; }); });
  When([&] { return done; });
  Run();
  Lines unloaded;
  for (const auto& line : charon_->received) {
    if (line.starts_with("unload")) unloaded.push_back(line);
  }
  EXPECT_EQ(unloaded, (Lines{"unload-conn name=sallyport-certificate-1",
                             "unload-authority name=sallyport-ca-1", "unload-key id=0123abcd"}));
}

}  // namespace
}  // namespace sallyport::daemon
