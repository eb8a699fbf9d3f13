// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/live.h"

#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LiveTest : public testing::Test {
 protected:
  Outcome RunIt() {
    return RunLive(
        options_, screen_,
        {.call = [this](const HttpCall& call) -> Expected<HttpResponse, CallError> {
           calls_.push_back(call.target);
           if (answers_.empty()) return Unexpected{CallError{CallError::Kind::kTimeout, ""}};
           HttpResponse answer = answers_.front();
           answers_.pop_front();
           return answer;
         },
         .follow = [this](const HttpCall& call, const std::function<bool(std::string_view)>& take)
             -> Expected<HttpResponse, CallError> {
           calls_.push_back(call.target);
           for (const std::string& piece : stream_) {
             if (!take(piece)) break;
           }
           return HttpResponse{.status = stream_status_, .body = "{}"};
         },
         .print =
             [this](const std::string& text) {
               printed_.push_back(text);
               return printed_.size() < prints_left_;
             },
         .wait = [this](std::chrono::milliseconds) { return waits_left_-- > 0; },
         .rows = [] { return size_t{24}; }});
  }

  Options options_;
  Screen screen_;
  std::deque<HttpResponse> answers_;
  std::vector<std::string> stream_;
  int stream_status_ = 200;
  std::vector<std::string> calls_;
  std::vector<std::string> printed_;
  size_t prints_left_ = SIZE_MAX;
  int waits_left_ = 100;
};

TEST_F(LiveTest, OnlyCommandsThatGoOnAreLive) {
  EXPECT_FALSE(IsLive(options_));
  options_.command = SessionsCommand{};
  EXPECT_FALSE(IsLive(options_));
  options_.command = SessionsCommand{.filter = {}, .watch = std::chrono::seconds{1}};
  EXPECT_TRUE(IsLive(options_));
  options_.command = DrainCommand{};
  EXPECT_FALSE(IsLive(options_));
  options_.command = DrainCommand{true};
  EXPECT_TRUE(IsLive(options_));
  options_.command = TopCommand{};
  EXPECT_TRUE(IsLive(options_));
  options_.command = EventsCommand{};
  EXPECT_TRUE(IsLive(options_));
}

TEST_F(LiveTest, Watch_ShowsTheTableUntilTheUserEndsIt) {
  options_.command = SessionsCommand{.filter = {}, .watch = std::chrono::seconds{1}};
  answers_ = {{200, R"({"sessions":[{"id":"a1"}]})"}, {200, R"({"sessions":[]})"}};
  waits_left_ = 1;
  EXPECT_EQ(RunIt().code, ExitCode::kDone);
  ASSERT_EQ(printed_.size(), 2U);
  EXPECT_THAT(printed_[0], HasSubstr("a1"));
  EXPECT_EQ(printed_[0].find('\x1B'), std::string::npos) << "no control sequence into a file";
}

TEST_F(LiveTest, Watch_OnATerminalBeginsEachPictureAtTheTop) {
  screen_.terminal = true;
  options_.command = SessionsCommand{.filter = {}, .watch = std::chrono::seconds{1}};
  answers_ = {{200, R"({"sessions":[]})"}};
  waits_left_ = 0;
  RunIt();
  EXPECT_TRUE(printed_.at(0).starts_with("\x1B[H\x1B[J"));
}

TEST_F(LiveTest, Watch_EndsWhenTheDaemonDoesNotAnswer) {
  options_.command = SessionsCommand{.filter = {}, .watch = std::chrono::seconds{1}};
  EXPECT_EQ(RunIt().code, ExitCode::kTimeout);
}

TEST_F(LiveTest, Top_LooksAsOftenAsItWasTold) {
  options_.command = TopCommand{.count = 2};
  answers_ = {{200, R"({"sessions":[{"id":"a1"}]})"},
              {200, R"({"sessions":[{"id":"a1"}]})"},
              {200, R"({"sessions":[]})"}};
  EXPECT_EQ(RunIt().code, ExitCode::kDone);
  EXPECT_EQ(printed_.size(), 2U);
}

TEST_F(LiveTest, Events_ArePrintedLineByLineHoweverTheyCome) {
  options_.command = EventsCommand{};
  stream_ = {R"({"seq":1,"type":"snapshot"})", "\n{\"seq\":2,\"time\":\"T\",\"type\":\"sess",
             "ion.up\"}\n{\"type\":\"heartbeat\"}\n{\"type\":\"drain.empty\"}\n"};
  const Outcome outcome = RunIt();
  EXPECT_EQ(outcome.code, ExitCode::kFailed) << "the daemon ended the stream";
  ASSERT_EQ(printed_.size(), 2U);
  EXPECT_THAT(printed_[0], HasSubstr("session.up"));
  EXPECT_THAT(printed_[1], HasSubstr("drain.empty"));
}

TEST_F(LiveTest, EventsAsJson_AreTheLinesUnchanged) {
  options_.command = EventsCommand{};
  options_.json = true;
  stream_ = {"{\"type\":\"snapshot\"}\n{ \"type\": \"heartbeat\" }\n"};
  RunIt();
  EXPECT_THAT(printed_, ElementsAre("{\"type\":\"snapshot\"}\n", "{ \"type\": \"heartbeat\" }\n"));
}

TEST_F(LiveTest, Events_EndQuietlyWhenNobodyReadsThem) {
  options_.command = EventsCommand{};
  stream_ = {"{\"type\":\"sa.up\"}\n{\"type\":\"sa.down\"}\n"};
  prints_left_ = 1;
  EXPECT_EQ(RunIt().code, ExitCode::kDone);
  EXPECT_EQ(printed_.size(), 1U);
}

TEST_F(LiveTest, EventsThatAreRefused_SayWhy) {
  options_.command = EventsCommand{};
  stream_status_ = 503;
  EXPECT_EQ(RunIt().code, ExitCode::kFailed);
  EXPECT_THAT(printed_, IsEmpty());
}

TEST_F(LiveTest, DrainAndWait_EndsWithTheLastClient) {
  options_.command = DrainCommand{true};
  const std::string busy = R"({"state":"draining","sessions":{"total":1},"l2tp":{"tunnels":1}})";
  const std::string empty = R"({"state":"draining","sessions":{"total":0},"l2tp":{"tunnels":0}})";
  answers_ = {{200, R"({"state":"draining","sessions":1,"tunnels":1})"},
              {200, busy},
              {200, busy},
              {200, empty}};
  EXPECT_EQ(RunIt().code, ExitCode::kDone);
  EXPECT_THAT(calls_, ElementsAre("/v1/drain", "/v1/status", "/v1/status", "/v1/status"));
  EXPECT_EQ(printed_.back(), "No client is left.\n");
}

TEST_F(LiveTest, DrainAndWait_NoticesThatSomebodyEndedIt) {
  options_.command = DrainCommand{true};
  answers_ = {{200, R"({"state":"draining","sessions":1,"tunnels":1})"},
              {200, R"({"state":"running","sessions":{"total":1},"l2tp":{"tunnels":1}})"}};
  const Outcome outcome = RunIt();
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_THAT(outcome.error, HasSubstr("taken again"));
}

}  // namespace
}  // namespace sallyport::cli
