// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/live.h"

#include <algorithm>
#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/report.h"

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
         .warn = [this](const std::string& line) { warned_.push_back(line); },
         .print =
             [this](const std::string& text) {
               printed_.push_back(text);
               return printed_.size() < prints_left_;
             },
         .create = [this](const std::string& path)
             -> Expected<std::function<bool(std::string_view)>, std::string> {
           if (path != "trace.pcap") return Unexpected{path + ": no such folder"};
           return std::function<bool(std::string_view)>([this](std::string_view octets) {
             file_ += octets;
             return file_.size() < file_limit_;
           });
         },
         .wait = [this](std::chrono::milliseconds) { return waits_left_-- > 0; },
         .size = [this] { return size_; }});
  }

  Options options_;
  Screen screen_;
  TerminalSize size_;
  std::deque<HttpResponse> answers_;
  std::vector<std::string> stream_;
  int stream_status_ = 200;
  std::vector<std::string> calls_;
  std::vector<std::string> printed_;
  size_t prints_left_ = SIZE_MAX;
  int waits_left_ = 100;
  std::vector<std::string> warned_;
  std::string file_;
  size_t file_limit_ = SIZE_MAX;
};

constexpr const char* kTraced =
    R"({"seq":2,"time":"2026-11-22T07:10:04.310Z","type":"ppp","direction":"in",)"
    R"("peer":{"address":"203.0.113.1","port":1701},"local":{"address":"192.0.2.10","port":1701},)"
    R"("tunnel":7,"session":"a1","user":"bob","header":{"tunnel":7,"session":9},)"
    R"("text":"LCP Echo-Request id 1","octets":"c02109010008000000ff"})"
    "\n";

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
  options_.command = TraceCommand{};
  EXPECT_TRUE(IsLive(options_));
}

TEST_F(LiveTest, Trace_TellsEachPacketInALine) {
  options_.command = TraceCommand{"bob", "", ""};
  stream_ = {R"({"api":"sallyport/v1","seq":1,"type":"begin"})", "\n", kTraced,
             "{\"type\":\"heartbeat\"}\n"};
  EXPECT_EQ(RunIt().code, ExitCode::kFailed) << "the stream has ended";
  EXPECT_THAT(calls_, ElementsAre("/v1/trace?user=bob"));
  EXPECT_THAT(printed_, ElementsAre("2026-11-22T07:10:04.310Z  <- 203.0.113.1:1701  bob  "
                                    "LCP Echo-Request id 1\n"));
}

TEST_F(LiveTest, TraceToAFile_HasAHeaderAndTheRecords) {
  options_.command = TraceCommand{"", "", "trace.pcap"};
  stream_ = {"{\"type\":\"begin\"}\n", kTraced,
             R"({"type":"overflow","lost":7})"
             "\n",
             kTraced};
  (void)RunIt();
  EXPECT_THAT(warned_, ElementsAre("7 packets are missing: they came too fast"));
  EXPECT_THAT(printed_, IsEmpty());
  // The header; twice a record's header, IPv4, UDP, L2TP, Address and Control, and the frame.
  EXPECT_EQ(file_.size(), 24 + 2 * (16 + 20 + 8 + 6 + 2 + 10));
}

TEST_F(LiveTest, TraceToAFile_EndsWhenNoMoreCanBeWritten) {
  options_.command = TraceCommand{"", "", "trace.pcap"};
  stream_ = {"{\"type\":\"begin\"}\n", kTraced, kTraced};
  file_limit_ = 30;
  const Outcome outcome = RunIt();
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_EQ(outcome.error, "trace.pcap: cannot write all of it");
  options_.command = TraceCommand{"", "", "/none/x"};
  EXPECT_EQ(RunIt().error, "/none/x: no such folder");
}

TEST_F(LiveTest, TraceThatIsRefused_LeavesTheFileAsItIs) {
  options_.command = TraceCommand{"", "", "trace.pcap"};
  stream_status_ = 503;
  EXPECT_EQ(RunIt().code, ExitCode::kFailed);
  EXPECT_EQ(file_, "");
}

TEST_F(LiveTest, TraceToATerminal_IsNoCapture) {
  options_.command = TraceCommand{"", "", "-"};
  screen_.terminal = true;
  EXPECT_EQ(RunIt().code, ExitCode::kUsage);
  EXPECT_THAT(printed_, IsEmpty());
}

TEST_F(LiveTest, TraceToStandardOutput_IsACaptureToo) {
  options_.command = TraceCommand{"", "", "-"};
  stream_ = {"{\"type\":\"begin\"}\n", kTraced};
  (void)RunIt();
  ASSERT_EQ(printed_.size(), 2U);
  EXPECT_EQ(printed_[0].size(), 24U);
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
              {200, R"({"state":"running","auth":{"rejected":1}})"},
              {200, R"({"sessions":[{"id":"a1"}]})"},
              {200, R"({"state":"running","auth":{"rejected":3}})"},
              {200, R"({"sessions":[]})"}};
  EXPECT_EQ(RunIt().code, ExitCode::kDone);
  ASSERT_EQ(printed_.size(), 2U);
  EXPECT_THAT(printed_[0], HasSubstr("logins refused 1; "));
  EXPECT_THAT(printed_[1], HasSubstr("logins refused 3 (+2); "));
}

TEST_F(LiveTest, Top_AsJsonIsTheSessionsAlone) {
  options_.command = TopCommand{.count = 1};
  options_.json = true;
  screen_.terminal = true;
  size_.columns = 3;  // which cuts no JSON
  answers_ = {{200, R"({"sessions":[]})"}};
  EXPECT_EQ(RunIt().code, ExitCode::kDone);
  ASSERT_EQ(printed_.size(), 1U);
  EXPECT_EQ(Json::parse(printed_[0]), Json::parse(R"({"sessions":[]})"));
}

TEST_F(LiveTest, Top_FitsIntoTheTerminal) {
  options_.command = TopCommand{.count = 1};
  screen_.terminal = true;
  size_ = {.rows = 6, .columns = 20};
  std::string sessions;
  for (int i = 0; i < 20; ++i) {
    sessions +=
        (i == 0 ? "" : ",") + std::string(R"({"id":"a1","user":"somebody-of-some-length"})");
  }
  answers_ = {{200, R"({"sessions":[)" + sessions + "]}"}, {200, R"({"state":"running"})"}};
  EXPECT_EQ(RunIt().code, ExitCode::kDone);
  ASSERT_EQ(printed_.size(), 1U);
  // Two lines about all, the heading and two sessions; the cursor's line stays empty.
  EXPECT_EQ(std::ranges::count(printed_[0], '\n'), 5);
  EXPECT_THAT(printed_[0], HasSubstr("\nID  USER            \n"));
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
  const std::string busy = R"({"state":"draining","drained":false})";
  const std::string empty = R"({"state":"draining","drained":true})";
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
              {200, R"({"state":"running","drained":false})"}};
  const Outcome outcome = RunIt();
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_THAT(outcome.error, HasSubstr("taken again"));
}

}  // namespace
}  // namespace sallyport::cli
