// SPDX-License-Identifier: GPL-2.0-or-later
// Fifty thousand clients, and somebody asks about them: the daemon holds little of the answer at a
// time, and does other things in between. tests/bench/status_bench.cc has the times.
#include "tests/unit/daemon/crowd.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>

#include "daemon/list_body.h"
#include "tests/unit/daemon/unix_socket_fixture.h"

namespace sallyport::daemon {
namespace {

/// What a connection may have waiting in the daemon and the kernel: a piece of the list, the HTTP
/// library's buffer, the socket's (212,992 octets, net.core.wmem_default).
constexpr size_t kBound = size_t{512} * 1024;

/// Passes a body on, and counts.
class CountedBody final : public BodySource {
 public:
  struct Counts {
    size_t pieces = 0;
    size_t octets = 0;
  };
  CountedBody(std::shared_ptr<BodySource> body, Counts& counts)
      : body_(std::move(body)), counts_(counts) {}

  Next Produce(std::string& out) override {
    const size_t before = out.size();
    const Next next = body_->Produce(out);
    ++counts_.pieces;
    counts_.octets += out.size() - before;
    return next;
  }

 private:
  std::shared_ptr<BodySource> body_;
  Counts& counts_;
};

/// Has a turn of the loop for each that others have, until `turn` gives false.
void TakeTurns(EventLoop& loop, const std::function<bool()>& turn) {
  const std::function<void()> next = [&] {
    if (turn()) loop.Defer(next);
  };
  loop.Defer(next);
  loop.RunPending();
}

/// How often `what` is in `text`.
size_t CountOf(std::string_view text, std::string_view what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

/// A crowd that is asked, and what is made of the answers.
class Asked {
 public:
  explicit Asked(Crowd& crowd)
      : server_(*crowd.Serve(folder_.Path("s"), [&](const HttpRequest& request) {
          HttpResponse response = crowd.Handle(request);
          response.stream = std::make_shared<CountedBody>(response.stream, made_);
          return response;
        })) {}

  UniqueFd Ask(const std::string& target) const {
    UniqueFd client = Connect(folder_.Path("s"));
    const std::string request =
        "GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::send(client.get(), request.data(), request.size(), 0), ssize_t(request.size()));
    return client;
  }
  const CountedBody::Counts& made() const { return made_; }

 private:
  TemporaryFolder folder_;
  CountedBody::Counts made_;
  HttpServer server_;
};

/// Adds what has come to `answer`; false at its end.
bool Read(const UniqueFd& client, std::string& answer) {
  char buffer[65536];
  const ssize_t got = ::recv(client.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (got > 0) answer.append(buffer, static_cast<size_t>(got));
  return got > 0 || (got < 0 && errno == EAGAIN);
}

TEST(Crowd, AListIsHeldInPartOnlyAndLeavesTurnsToOthers) {
  constexpr size_t kAll = 50'000;
  Crowd crowd(500, kAll - 500);
  ASSERT_EQ(crowd.sessions().size(), kAll);
  const Asked asked(crowd);
  const UniqueFd client = asked.Ask("/v1/sessions?fields=id,origin,since,peer,times");

  // It does not read.
  crowd.loop.RunPending();
  EXPECT_GT(asked.made().octets, 0U);
  EXPECT_LE(asked.made().octets, kBound);

  // It reads, a little each time that it has a turn.
  std::string answer;
  size_t most_waiting = 0;
  size_t most_pieces = 0;
  size_t pieces = asked.made().pieces;
  TakeTurns(crowd.loop, [&] {
    const auto& made = asked.made();
    most_pieces = std::max(most_pieces, made.pieces - std::exchange(pieces, made.pieces));
    most_waiting = std::max(most_waiting, made.octets - std::min(made.octets, answer.size()));
    return Read(client, answer);
  });
  EXPECT_EQ(CountOf(answer, "\"origin\":"), kAll);
  EXPECT_GT(answer.size(), 10 * kBound) << "there was something to be held";
  EXPECT_LE(most_waiting, kBound);
  EXPECT_LE(most_pieces, 2U) << "made at a stretch";
  EXPECT_GE(asked.made().pieces, kAll / ListBody::kScan);
}

TEST(Crowd, ManyWhoAskAtOnceGetNoMoreOfATurn) {
  Crowd crowd(20, 2000);
  const Asked asked(crowd);
  std::vector<std::pair<UniqueFd, std::string>> clients;
  for (size_t i = 0; i < 16; ++i) clients.emplace_back(asked.Ask("/v1/sessions?fields=id"), "");
  size_t most_pieces = 0;
  size_t pieces = 0;
  TakeTurns(crowd.loop, [&] {
    const size_t made = asked.made().pieces;
    most_pieces = std::max(most_pieces, made - std::exchange(pieces, made));
    bool more = false;
    for (auto& [client, answer] : clients) {
      if (Read(client, answer)) more = true;
    }
    return more;
  });
  for (const auto& [client, answer] : clients) EXPECT_EQ(CountOf(answer, "\"id\":"), 2020U);
  EXPECT_LE(most_pieces, 2U) << "made at a stretch, for all of them";
}

TEST(Crowd, CountersAreTakenInWithTurnsForOthersBetween) {
  constexpr size_t kAll = 3000;
  constexpr size_t kUp = 500;
  Crowd crowd(kUp, kAll - kUp);
  bool done = false;
  size_t looks = crowd.plane.counters_looked_at;
  size_t most_looks = 0;
  crowd.ReadCounters([&] { done = true; });
  TakeTurns(crowd.loop, [&] {
    const size_t now = crowd.plane.counters_looked_at;
    most_looks = std::max(most_looks, now - std::exchange(looks, now));
    return !done;
  });
  EXPECT_EQ(looks, kAll) << "once each";
  EXPECT_LE(most_looks, 200U) << "at a stretch";
  EXPECT_EQ(crowd.concentrator().sessions().totals().traffic.rx_bytes, kUp * 1000);
}

TEST(Crowd, ManyAreToldGoodbyeWithTurnsForOthersBetween) {
  constexpr size_t kUp = 200;
  Crowd crowd(kUp);
  const SessionManager& manager = crowd.concentrator().sessions();
  std::vector<std::string> ids;
  for (const auto& [key, session] : crowd.sessions()) ids.push_back(session.id);
  EXPECT_EQ(manager.InState(SessionState::kUp), kUp);

  crowd.concentrator().Disconnect(ids, "enough");
  const size_t at_once = manager.InState(SessionState::kClosing);
  EXPECT_GT(at_once, 0U);
  EXPECT_LT(at_once, kUp);
  crowd.loop.RunPending();
  EXPECT_EQ(manager.InState(SessionState::kClosing), kUp);
}

TEST(Crowd, WhatIsCountedOnTheWayIsWhatIsThere) {
  Crowd crowd(20, 10);
  const SessionManager& manager = crowd.concentrator().sessions();
  const auto expect_right = [&](const char* when) {
    for (const auto state : {SessionState::kStarting, SessionState::kUp, SessionState::kClosing}) {
      const auto there =
          std::count_if(crowd.sessions().begin(), crowd.sessions().end(),
                        [&](const auto& entry) { return entry.second.state == state; });
      EXPECT_EQ(manager.InState(state), size_t(there)) << ToString(state) << " " << when;
    }
    for (const auto& [key, session] : crowd.sessions()) {
      EXPECT_EQ(manager.FindById(session.id), &session) << when;
    }
  };
  expect_right("once all are there");
  const std::string gone = crowd.sessions().begin()->second.id;
  const SessionKey key = crowd.sessions().begin()->first;
  crowd.concentrator().Disconnect({gone, "no such id"}, "enough");
  expect_right("when one is told goodbye");
  crowd.concentrator().OnSessionLost(key);
  crowd.loop.RunPending();
  crowd.plane.Work();
  expect_right("when it is gone");
  EXPECT_EQ(crowd.sessions().size(), 29U);
  EXPECT_EQ(manager.FindById(gone), nullptr);
}

}  // namespace
}  // namespace sallyport::daemon
