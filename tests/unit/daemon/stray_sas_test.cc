// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/stray_sas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.h"

namespace sallyport::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const IpAddress kLocal = IpAddress::V4(0xCB00710A);
/// When an SA without a tunnel would be deleted: not within these tests.
constexpr TimePoint kDue = TimePoint::max();

KernelSa InKernel(uint32_t spi) { return {.destination = kLocal, .spi = spi}; }

class StraySasTest : public testing::Test {
 protected:
  StraySasTest() {
    known_.id = SaId(1);
    known_.reqid = ReqId(1);
    known_.spi_in = 100;
    sas_.Add(known_, l2tp::PathId(1), kDue);
  }
  /// The kernel answers one question.
  void Answer() {
    loop_.RunPending();
    plane_.Work();
    loop_.RunPending();
  }

  EventLoop loop_;
  fake::FakeDataPlane plane_;
  SaTable sas_;
  SecurityAssociation known_;
  std::set<KernelSa> found_;
  StraySas stray_{loop_, plane_, sas_,
                  [this](const std::set<KernelSa>& sas) { found_.insert(sas.begin(), sas.end()); },
                  std::chrono::seconds(0)};
};

TEST_F(StraySasTest, WhatIsThereTwiceAndThatNobodyKnows_IsAstray) {
  // An SA that is being rekeyed has its successor's reqid.
  plane_.unclaimed_sas = {
      {InKernel(50), ReqId(1)}, {InKernel(200), ReqId(2)}, {InKernel(300), ReqId(3)}};
  stray_.Look();
  Answer();
  EXPECT_THAT(found_, IsEmpty());
  // One was about to be told of; another is new.
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)}, {InKernel(400), ReqId(4)}};
  Answer();
  EXPECT_THAT(found_, ElementsAre(InKernel(200)));
}

TEST_F(StraySasTest, WhatIsToldOfMeanwhile_IsNot) {
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)}};
  stray_.Look();
  Answer();
  SecurityAssociation late = known_;
  late.id = SaId(2);
  late.reqid = ReqId(2);
  late.spi_in = 200;
  sas_.Add(late, l2tp::PathId(2), kDue);
  stray_.SaUp(late);
  Answer();
  EXPECT_THAT(found_, IsEmpty());
}

TEST_F(StraySasTest, ANewPairWithTheReqidOfASuspect_ShowsThatItIsAstray) {
  plane_.unclaimed_sas = {{InKernel(200), ReqId(2)}, {InKernel(300), ReqId(3)}};
  stray_.Look();
  Answer();
  SecurityAssociation other = known_;
  other.reqid = ReqId(2);
  other.spi_in = 500;
  other.spi_out = 501;
  stray_.SaUp(other);
  EXPECT_THAT(found_, ElementsAre(InKernel(200)));
}

}  // namespace
}  // namespace sallyport::daemon
