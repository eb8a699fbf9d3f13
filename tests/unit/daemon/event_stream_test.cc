// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/event_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace sallyport::daemon {
namespace {

using nlohmann::json;
using testing::IsEmpty;
using testing::SizeIs;

class EventStreamTest : public testing::Test {
 protected:
  /// The lines that are there.
  static std::vector<json> Lines(BodySource& body) {
    std::string text;
    while (body.Produce(text) == BodySource::Next::kMore && text.size() < 1'000'000) {
    }
    std::vector<json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
    return lines;
  }

  void Publish(std::string_view type, std::string text = "x") {
    events_.Publish(
        {.type = type, .fields = {{"detail", std::move(text)}, {"count", uint64_t{7}}}});
  }

  EventLoop loop_;
  EventStream events_{loop_};
};

TEST_F(EventStreamTest, Snapshot_SaysWhereTheStreamBegins) {
  Publish("session.up");
  Publish("session.end");
  const auto body = events_.Subscribe({});
  auto lines = Lines(*body);
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0].at("type"), "snapshot");
  EXPECT_EQ(lines[0].at("seq"), 2);
  EXPECT_EQ(lines[0].at("api"), "sallyport/v1");
}

TEST_F(EventStreamTest, Events_AreNumberedWithoutAGap) {
  const auto body = events_.Subscribe({});
  Lines(*body);
  for (int i = 0; i < 3; ++i) Publish("tunnel.up");
  const auto lines = Lines(*body);
  ASSERT_THAT(lines, SizeIs(3));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(lines[i].at("seq"), i + 1);
    EXPECT_EQ(lines[i].at("type"), "tunnel.up");
    EXPECT_EQ(lines[i].at("detail"), "x");
    EXPECT_EQ(lines[i].at("count"), 7);
  }
  EXPECT_THAT(Lines(*body), IsEmpty());
}

TEST_F(EventStreamTest, Groups_ChooseWhatIsSeen) {
  const auto body = events_.Subscribe({.groups = {"session", "drain"}});
  Lines(*body);
  for (const char* type : {"session.up", "sa.up", "drain.begin", "sessions.x"}) Publish(type);
  const auto lines = Lines(*body);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].at("type"), "session.up");
  EXPECT_EQ(lines[1].at("type"), "drain.begin");
  EXPECT_EQ(lines[1].at("seq"), 3) << "numbers are the stream's, not the subscriber's";
}

TEST_F(EventStreamTest, OneWhoDoesNotRead_LosesEventsAndIsToldHowMany) {
  const auto slow = events_.Subscribe({});
  const size_t more = LineQueue::kMaxBytes / 1000 + 50;
  for (size_t i = 0; i < more; ++i) Publish("session.up", std::string(1000, 'x'));
  const auto lines = Lines(*slow);
  ASSERT_EQ(lines.back().at("type"), "overflow");
  // The marker, what was kept, and the record of what was not.
  EXPECT_EQ(lines.size() - 2 + lines.back().at("lost").get<size_t>(), more);
  EXPECT_GE(lines.back().at("lost"), 50U);
  Publish("session.end");
  const auto after = Lines(*slow);
  ASSERT_THAT(after, SizeIs(1)) << "told once";
  EXPECT_EQ(after[0].at("seq"), more + 1);
}

TEST_F(EventStreamTest, OverflowRecord_StandsWhereTheGapIs) {
  const auto slow = events_.Subscribe({});
  for (size_t i = 0; i < LineQueue::kMaxBytes / 1000 + 50; ++i) {
    Publish("session.up", std::string(1000, 'x'));
  }
  std::string piece;
  slow->Produce(piece);  // makes room
  Publish("drain.begin");
  const auto lines = Lines(*slow);
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[lines.size() - 2].at("type"), "overflow");
  EXPECT_EQ(lines.back().at("type"), "drain.begin");
}

TEST_F(EventStreamTest, Waker_RunsWhenThereIsSomethingAgain) {
  const auto body = events_.Subscribe({});
  int woken = 0;
  body->SetWaker([&woken] { ++woken; });
  Lines(*body);
  EXPECT_EQ(woken, 0);
  Publish("session.up");
  EXPECT_EQ(woken, 1);
}

TEST_F(EventStreamTest, MonitoringCannotTakeAllPlaces) {
  std::vector<std::shared_ptr<BodySource>> followers;
  for (size_t i = 0; i < EventStream::kMaxMonitors; ++i) {
    followers.push_back(events_.Subscribe({.groups = {}, .monitoring = true}));
    EXPECT_NE(followers.back(), nullptr);
  }
  EXPECT_EQ(events_.Subscribe({.groups = {}, .monitoring = true}), nullptr);
  for (size_t i = EventStream::kMaxMonitors; i < EventStream::kMaxSubscribers; ++i) {
    followers.push_back(events_.Subscribe({}));
    EXPECT_NE(followers.back(), nullptr);
  }
  EXPECT_EQ(events_.Subscribe({}), nullptr);
}

TEST_F(EventStreamTest, OneWhoHasGone_IsForgotten) {
  auto body = events_.Subscribe({});
  EXPECT_EQ(events_.subscribers(), 1U);
  body.reset();
  EXPECT_EQ(events_.subscribers(), 0U);
  Publish("session.up");
}

}  // namespace
}  // namespace sallyport::daemon
