// SPDX-License-Identifier: GPL-2.0-or-later
// The adapter in a real event loop, against a charon of our own on a unix socket.
#include "daemon/strongswan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "vici/packet.h"

namespace sallyport::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using vici::Message;
using vici::PacketType;
using Lines = std::vector<std::string>;

/// Speaks VICI as charon does: answers each packet in its order.
class FakeCharon {
 public:
  FakeCharon(EventLoop& loop, std::string path) : loop_(loop), path_(std::move(path)) {}

  void Start() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    listener_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    ASSERT_EQ(::listen(listener_.get(), 3), 0);
    accepting_ = loop_.AddIo(listener_.get(), EPOLLIN, [this](uint32_t) { Accept(); });
  }
  void Stop() {
    accepting_.Reset();
    listener_.Reset();
    clients_.clear();
    std::filesystem::remove(path_);
  }
  /// To every client that has registered it.
  void Emit(const std::string& event, const Message& message) {
    for (const auto& client : clients_) {
      if (client->registered.contains(event)) Send(*client, {PacketType::kEvent, event, message});
    }
  }
  size_t Count(const std::string& command) const {
    return static_cast<size_t>(std::count(received.begin(), received.end(), command));
  }

  std::map<std::string, Message> replies;  // of commands that do not simply succeed
  std::set<std::string> unknown_events;
  std::vector<Message> sas;  // what list-sas shows
  Lines received;            // commands; the arguments too where it is about an SA
  bool greet_with_garbage = false;

 private:
  struct ClientConnection {
    UniqueFd socket;
    vici::PacketStream stream;
    std::set<std::string> registered;
    IoSource io;
  };

  void Accept() {
    auto client = std::make_unique<ClientConnection>();
    client->socket = UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK));
    if (!client->socket) return;
    client->io = loop_.AddIo(client->socket.get(), EPOLLIN,
                             [this, raw = client.get()](uint32_t) { Read(*raw); });
    if (greet_with_garbage) (void)::send(client->socket.get(), "garbage!", 8, MSG_NOSIGNAL);
    clients_.push_back(std::move(client));
  }

  void Read(ClientConnection& client) {
    std::array<uint8_t, 4096> buffer{};
    const ssize_t size = ::recv(client.socket.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return client.io.Reset();
    client.stream.Append(std::span(buffer).first(static_cast<size_t>(size)));
    for (auto next = client.stream.Next(); next && *next; next = client.stream.Next()) {
      Answer(client, **next);
    }
  }

  void Answer(ClientConnection& client, const vici::Packet& packet) {
    if (packet.type == PacketType::kEventRegister) {
      if (unknown_events.contains(packet.name)) {
        return Send(client, {PacketType::kEventUnknown, {}, {}});
      }
      client.registered.insert(packet.name);
      return Send(client, {PacketType::kEventConfirm, {}, {}});
    }
    received.push_back(packet.name);
    for (const auto& element : packet.message.elements()) {
      const auto value = packet.message.Value(element.name);
      const bool told = packet.name == "terminate" || packet.name == "initiate" ||
                        packet.name.starts_with("unload");
      if (value && told) {
        received.back().append(" ").append(element.name).append("=").append(*value);
      }
    }
    if (packet.name == "list-sas") {
      for (const Message& sa : sas) Send(client, {PacketType::kEvent, "list-sa", sa});
    }
    const auto reply = replies.find(received.back());
    const auto success = Message().Set("success", "yes").Set("version", "5.9.8");
    Send(client,
         {PacketType::kCommandResponse, {}, reply == replies.end() ? success : reply->second});
  }

  static void Send(const ClientConnection& client, const vici::Packet& packet) {
    const auto bytes = vici::EncodePacket(packet);
    ASSERT_TRUE(bytes);
    (void)::send(client.socket.get(), bytes->data(), bytes->size(), MSG_NOSIGNAL);
  }

  EventLoop& loop_;
  std::string path_;
  UniqueFd listener_;
  std::vector<std::unique_ptr<ClientConnection>> clients_;
  IoSource accepting_;
};

class RecordingObserver final : public Ike::Observer {
 public:
  void OnSaUp(const SecurityAssociation& sa) override {
    lines.push_back("up " + std::to_string(sa.reqid.value()));
    if (on_up) on_up(sa.id);
  }
  void OnSaChanged(const SecurityAssociation& sa) override {
    lines.push_back("changed " + std::to_string(sa.reqid.value()));
  }
  void OnSaDown(SaId /*id*/, ReqId reqid, const std::string& reason) override {
    lines.push_back("down " + std::to_string(reqid.value()) + ": " + reason);
  }
  void OnSaForgotten(SaId id) override {
    lines.push_back("forgotten " + std::to_string(id.value()));
  }
  void OnAttemptFailed(const FailedAttempt& attempt) override {
    lines.push_back("failed " + attempt.peer.address.ToString() + " " +
                    std::string(ToString(attempt.reason)));
  }
  void OnIkeState(const IkeState& state) override {
    lines.emplace_back(state.connected ? "connected" : "not connected");
    last = state;
  }
  void OnDialFailed(const std::string& dial, const std::string& reason) override {
    lines.push_back("dial " + dial + " failed: " + reason);
  }
  bool Has(const std::string& line) const {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }
  Lines lines;
  std::function<void(SaId)> on_up;
  IkeState last;
};

Message IkeSection(int ike) {
  return Message()
      .Set("uniqueid", std::to_string(ike))
      .Set("version", "1")
      .Set("state", "ESTABLISHED")
      .Set("local-host", "203.0.113.1")
      .Set("remote-host", "203.0.113.2")
      .Set("remote-port", std::to_string(4500 + ike))
      .Set("remote-id", "192.168.1.10");
}
/// An IKE SA and a child of the same number and reqid.
Message Sa(int number) {
  const std::string text = std::to_string(number);
  const Message child = Message()
                            .Set("uniqueid", text)
                            .Set("reqid", text)
                            .Set("state", "INSTALLED")
                            .Set("spi-in", text);
  return Message().SetSection(
      "sallyport",
      IkeSection(number).SetSection("child-sas", Message().SetSection("l2tp-" + text, child)));
}
Message Up(int number) { return Sa(number).Set("up", "yes"); }

constexpr milliseconds kOften{5};

class StrongswanTest : public testing::Test {
 protected:
  StrongswanTest() {
    std::array<char, 32> folder{"/tmp/sallyport-test-XXXXXX"};
    folder_ = ::mkdtemp(folder.data());
    charon_ = std::make_unique<FakeCharon>(loop_, Path());
    Use(StrongswanOptions().check_interval);
    charon_->replies["get-conns"] = Message().SetList("conns", {"sallyport"});
    charon_->replies["get-shared"] = Message().SetList("keys", {"sallyport"});
    charon_->replies["get-authorities"] = Message().SetList("authorities", {});
  }
  ~StrongswanTest() override { std::filesystem::remove_all(folder_); }
  StrongswanTest(const StrongswanTest&) = delete;
  StrongswanTest& operator=(const StrongswanTest&) = delete;

  /// With one key for all; charon is asked this often whether it still has it.
  void Use(milliseconds check_interval) {
    StrongswanOptions options;
    options.path = Path();
    options.check_interval = check_interval;
    options.ipsec.psk = Secret(std::string_view("correct horse"));
    ike_ = std::make_unique<Strongswan>(loop_, std::move(options));
  }
  std::string Path() const { return folder_ + "/charon.vici"; }

  /// When `condition` has become true, after the steps before: `then`.
  void When(
      std::function<bool()> condition, std::function<void()> then = [] {}) {
    steps_.emplace_back(std::move(condition), std::move(then));
  }
  void WhenSeen(
      std::string line, std::function<void()> then = [] {}) {
    When([this, line = std::move(line)] { return observer_.Has(line); }, std::move(then));
  }
  /// Runs the steps; fails if they take too long (the limit only keeps a failure from hanging).
  void Run() {
    poll_ = loop_.AddTimer([this] { Poll(); });
    Timer limit = loop_.AddTimer([this] { loop_.Exit(1); });
    limit.Set(loop_.Now() + seconds(30));
    poll_.Set(loop_.Now());
    EXPECT_EQ(loop_.Run(), 0) << "stuck at step " << next_step_;
  }
  void Poll() {
    while (next_step_ < steps_.size() && steps_[next_step_].first()) steps_[next_step_++].second();
    if (next_step_ == steps_.size()) return loop_.Exit(0);
    poll_.Set(loop_.Now() + milliseconds(1));
  }

  EventLoop loop_;
  std::string folder_;
  RecordingObserver observer_;
  std::unique_ptr<FakeCharon> charon_;
  std::unique_ptr<Strongswan> ike_;
  std::vector<std::pair<std::function<bool()>, std::function<void()>>> steps_;
  size_t next_step_ = 0;
  size_t asked_ = 0;
  Timer poll_;
};

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
  StrongswanOptions options;
  options.path = Path();
  options.check_interval = kOften;
  options.ipsec.certificate = "certificate";
  options.ipsec.private_key = Secret(std::string_view("private"));
  ike_ = std::make_unique<Strongswan>(loop_, std::move(options));
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
  StrongswanOptions options;
  options.path = Path();
  options.ipsec.certificate = "certificate";
  options.ipsec.private_key = Secret(std::string_view("private"));
  ike_ = std::make_unique<Strongswan>(loop_, std::move(options));
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
