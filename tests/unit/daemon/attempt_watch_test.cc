// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/attempt_watch.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "fakes.h"

namespace sallyport::daemon {
namespace {

class AttemptWatchTest : public testing::Test {
 protected:
  static SecurityAssociation Sa() {
    SecurityAssociation sa;
    sa.id = SaId(1);
    sa.reqid = ReqId(7);
    sa.peer = {.address = IpAddress::V4(0xCB007107), .port = 4500};
    sa.local = IpAddress::V4(0xCB007101);
    sa.remote_id = "192.168.1.20";
    sa.spi_in = 0xc1;
    return sa;
  }
  std::vector<AttemptBook::Entry> Entries() const {
    std::vector<AttemptBook::Entry> entries;
    for (auto& [cursor, entry] : watch_.book().Find({}, 0, AttemptBook::kMaxEntries).records) {
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  class Events final : public EventSink {
   public:
    void Publish(const Event& event) override { published.push_back(event); }
    std::vector<Event> published;
  };

  EventLoop loop_;
  fake::FakeDataPlane data_plane_;
  Events events_;
  AttemptWatch watch_{loop_, data_plane_, &events_};
};

TEST_F(AttemptWatchTest, AFailure_IsPublished_NamesBeingMarkedAsSuch) {
  FailedAttempt attempt;
  attempt.peer = Sa().peer;
  attempt.user = "bob";
  attempt.detail = "bob forgot it";
  attempt.stage = AttemptStage::kAuthentication;
  attempt.reason = AttemptReason::kWrongPassword;
  watch_.Failed(attempt);
  ASSERT_EQ(events_.published.size(), 1U);
  EXPECT_EQ(events_.published[0].type, "attempt.failed");
  for (const EventField& field : events_.published[0].fields) {
    const bool names = field.name == "user" || field.name == "identity";
    EXPECT_EQ(field.personal, names) << field.name;
    EXPECT_EQ(std::get<std::string>(field.value).find("bob") != std::string::npos,
              field.name == "user")
        << field.name;
  }
}

TEST_F(AttemptWatchTest, AnSaThatGoesUnused_IsToldOf) {
  watch_.SaUp(Sa(), std::chrono::seconds(30));
  watch_.SaDown(SaId(1), "the IKE SA has ended", false);
  ASSERT_EQ(Entries().size(), 1U);
  EXPECT_EQ(Entries()[0].attempt.reason, AttemptReason::kSaUnused);
  EXPECT_EQ(Entries()[0].attempt.stage, AttemptStage::kL2tp);
  EXPECT_EQ(Entries()[0].attempt.identity, "192.168.1.20");
}

TEST_F(AttemptWatchTest, AnSaThatWasUsedOrThatWeEnd_IsNot) {
  watch_.SaUp(Sa(), std::chrono::seconds(30));
  watch_.SaUsed(SaId(1));
  watch_.SaDown(SaId(1), "gone", false);
  watch_.SaUp(Sa(), std::chrono::seconds(30));
  watch_.SaDown(SaId(1), "gone", true);
  EXPECT_TRUE(Entries().empty());
}

TEST_F(AttemptWatchTest, ARefusedLogin_HasTheReasonOfItsRefusal) {
  ClientSession session;
  session.peer = {.address = IpAddress::V4(0xCB007107), .port = 1701};
  session.user = "bob";
  session.method = ppp::AuthMethod::kMsChapV2;
  session.lcp_opened = true;
  session.link_end = ppp::EndReason::kPeerTerminated;
  session.refusal = AccessDenied{"wrong password", {}, AttemptReason::kWrongPassword};
  const SecurityAssociation sa = Sa();
  watch_.SessionEnded(session, &sa);
  ASSERT_EQ(Entries().size(), 1U);
  const FailedAttempt attempt = Entries()[0].attempt;
  EXPECT_EQ(attempt.stage, AttemptStage::kAuthentication);
  EXPECT_EQ(attempt.reason, AttemptReason::kWrongPassword);
  EXPECT_EQ(attempt.user, "bob");
  EXPECT_EQ(attempt.steps.back(), "it logged in as bob by mschapv2");
}

TEST_F(AttemptWatchTest, ASilentLink_FailedWhereItStood) {
  ClientSession session;
  session.peer = {.address = IpAddress::V4(1), .port = 1701};
  session.link_end = ppp::EndReason::kNegotiationTimeout;
  watch_.SessionEnded(session, nullptr);
  session.peer.address = IpAddress::V4(2);
  session.lcp_opened = true;
  session.lease = Lease{};
  watch_.SessionEnded(session, nullptr);
  ASSERT_EQ(Entries().size(), 2U);
  EXPECT_EQ(Entries()[1].attempt.stage, AttemptStage::kLcp);
  EXPECT_EQ(Entries()[0].attempt.stage, AttemptStage::kIpcp);
  EXPECT_EQ(Entries()[0].attempt.reason, AttemptReason::kPppUnanswered);
}

}  // namespace
}  // namespace sallyport::daemon
