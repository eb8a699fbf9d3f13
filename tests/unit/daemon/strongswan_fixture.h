// SPDX-License-Identifier: GPL-2.0-or-later
// The adapter in a real event loop, against a charon of our own on a unix socket.
#pragma once
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

#include "daemon/strongswan.h"
#include "vici/packet.h"

namespace sallyport::daemon {
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

inline Message IkeSection(int ike) {
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
inline Message Sa(int number) {
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
inline Message Up(int number) { return Sa(number).Set("up", "yes"); }

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
  /// With a certificate of ours and its key.
  void UseCertificate(milliseconds check_interval) {
    StrongswanOptions options;
    options.path = Path();
    options.check_interval = check_interval;
    options.ipsec.certificate = "certificate";
    options.ipsec.private_key = Secret(std::string_view("private"));
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

}  // namespace sallyport::daemon
