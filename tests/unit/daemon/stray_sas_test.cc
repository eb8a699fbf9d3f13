// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/stray_sas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "fakes.h"

namespace sallyport::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

KernelSa InKernel(uint32_t spi) { return {.destination = IpAddress::V4(0xCB00710A), .spi = spi}; }

class StraySasTest : public testing::Test {
 protected:
  /// The kernel answers what it was asked.
  void Answer() {
    loop_.RunPending();
    plane_.Work();
    loop_.RunPending();
  }
  void LookTwice() {
    stray_.Look();
    Answer();
    Answer();
  }

  EventLoop loop_;
  fake::FakeDataPlane plane_;
  fake::FakeIke ike_;
  std::set<ReqId> in_use_;
  StraySas::Sas found_;
  StraySas stray_{loop_,
                  plane_,
                  &ike_,
                  [this](const KernelSa&, ReqId reqid) { return in_use_.contains(reqid); },
                  [this](const StraySas::Sas& sas) { found_ = sas; },
                  std::chrono::seconds(0)};
};

TEST_F(StraySasTest, WhatIsThereTwiceAndTheIkeDaemonDoesNotKnow_IsAstray) {
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)}, {InKernel(300), ReqId(3)}};
  stray_.Look();
  Answer();
  EXPECT_THAT(found_, IsEmpty());
  // One went, another is new.
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)}, {InKernel(400), ReqId(4)}};
  Answer();
  EXPECT_THAT(found_, ElementsAre(Pair(InKernel(200), ReqId(2))));
}

TEST_F(StraySasTest, WhatTheIkeDaemonKnows_IsNot) {
  // Not even where another has the same reqid.
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)},
                          {InKernel(201), ReqId(2)},
                          {InKernel(202), ReqId(2)},
                          {InKernel(300), ReqId(3)}};
  ike_.known_sas = {.spis = {200, 201}, .reqids = {ReqId(3)}};
  LookTwice();
  EXPECT_THAT(found_, ElementsAre(Pair(InKernel(202), ReqId(2))));
}

TEST_F(StraySasTest, WhatCarriesAClientThoughTheIkeDaemonHasForgottenIt_IsNot) {
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)}};
  in_use_ = {ReqId(2)};
  LookTwice();
  EXPECT_THAT(found_, IsEmpty());
}

TEST_F(StraySasTest, WithoutAnAnswerOfTheIkeDaemon_NothingIs) {
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)}};
  ike_.ike_state.connected = false;
  LookTwice();
  EXPECT_THAT(found_, IsEmpty());
}

TEST_F(StraySasTest, AfterTheIkeDaemonWent_NothingIs) {
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)}};
  stray_.Look();
  Answer();
  stray_.Stop();
  Answer();
  EXPECT_EQ(plane_.looks, 2U) << "the second was under way";
  EXPECT_THAT(found_, IsEmpty());
}

TEST_F(StraySasTest, ANewLook_ForgetsWhatTheOneBeforeHasSeen) {
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)}};
  stray_.Look();
  Answer();
  loop_.RunPending();  // asks the second time
  stray_.Look();
  plane_.unclaimed_sas = {{InKernel(300), ReqId(3)}};
  plane_.Work();
  loop_.RunPending();
  EXPECT_THAT(found_, IsEmpty()) << "300 was seen once";
  Answer();
  EXPECT_THAT(found_, ElementsAre(Pair(InKernel(300), ReqId(3))));
}

TEST_F(StraySasTest, ALookThatFails_IsNoFinding) {
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)}};
  stray_.Look();
  Answer();
  plane_.unclaimed_sas.reset();
  Answer();
  EXPECT_EQ(plane_.looks, 2U);
  EXPECT_THAT(found_, IsEmpty());
}

}  // namespace
}  // namespace sallyport::daemon
