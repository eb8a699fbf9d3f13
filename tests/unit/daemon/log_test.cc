// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/log.h"

#include <algorithm>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/trace_stream.h"

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;

/// To standard error, which is read.
class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("JOURNAL_STREAM") != nullptr) GTEST_SKIP() << "the journal takes it";
    testing::internal::CaptureStderr();
  }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }
  static std::string Said() { return testing::internal::GetCapturedStderr(); }
};

TEST_F(LogTest, WhatIsLessGraveThanTheLevelIsLeftOut) {
  SetLogLevel(LogLevel::kWarning);
  LogInfo("one", "text");
  LogWarning("two", "text", {{"USER", "bob"}});
  LogError("three", "text");
  EXPECT_EQ(Said(), "warning: two: text user=\"bob\"\nerror: three: text\n");
}

TEST_F(LogTest, WhatAnOperatorAsksForIsToldAtEveryLevel) {
  SetLogLevel(LogLevel::kError);
  LogRequest("drain_requested", "root asks");
  EXPECT_EQ(Said(), "notice: drain_requested: root asks\n");
}

TEST_F(LogTest, DebugHasTheControlMessagesWithoutPasswords) {
  EventLoop loop;
  TraceStream trace(loop);
  // PAP, Authenticate-Request: "bob" with "hunter2" (RFC 1334 §2.2.1).
  const std::vector<uint8_t> frame{0xC0, 0x23, 1,   1,   0,   16,  3,   'b', 'o',
                                   'b',  7,    'h', 'u', 'n', 't', 'e', 'r', '2'};
  const TracedPacket packet{.layer = TracedPacket::Layer::kPpp,
                            .received = true,
                            .peer = {IpAddress::V4(0xCB007101), 1701},
                            .local = {},
                            .tunnel = l2tp::TunnelId(7),
                            .session = l2tp::SessionId(9),
                            .sessions = {{.id = "a1", .user = "bob"}},
                            .bytes = frame};
  EXPECT_FALSE(trace.wanted());
  trace.Take(packet);
  SetLogLevel(LogLevel::kDebug);
  EXPECT_TRUE(trace.wanted());
  trace.Take(packet);
  const std::string said = Said();
  EXPECT_THAT(said, testing::StartsWith("debug: control_message: <- PAP"));
  EXPECT_THAT(said, HasSubstr("session=\"a1\" user=\"bob\"\n"));
  EXPECT_THAT(said, testing::Not(HasSubstr("hunter2")));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
}

}  // namespace
}  // namespace sallyport::daemon
