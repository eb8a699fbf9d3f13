// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/lost_sas.h"

#include <gtest/gtest.h>
#include <vector>

#include "fakes.h"

namespace sallyport::daemon {
namespace {

const IpAddress kLocal = IpAddress::V4(0xCB00710A);
/// When an SA without a tunnel would be deleted: not within these tests.
constexpr TimePoint kDue = TimePoint::max();

SecurityAssociation Sa(uint64_t id) {
  SecurityAssociation sa;
  sa.id = SaId(id);
  sa.reqid = ReqId(static_cast<uint32_t>(id));
  sa.peer = {IpAddress::V4(0xCB007100 + static_cast<uint32_t>(id)), 4500};
  sa.local = kLocal;
  sa.spi_in = 100 + static_cast<uint32_t>(id);
  sa.spi_out = 200 + static_cast<uint32_t>(id);
  return sa;
}

class LostSasTest : public testing::Test {
 protected:
  LostSasTest() {
    sas_.Add(Sa(1), l2tp::PathId(1), kDue);
    sas_.Add(Sa(2), l2tp::PathId(2), kDue);
    ike_.known_sas.spis = {101, 201, 102, 202};
  }
  void Settle() {
    do {
      loop_.RunPending();
      plane_.Work();
      loop_.RunPending();
    } while (!plane_.answers.empty());
  }

  EventLoop loop_;
  fake::FakeDataPlane plane_;
  SaTable sas_;
  fake::FakeIke ike_;
  std::vector<SaId> lost_;
  LostSas watch_{loop_,
                 plane_,
                 &ike_,
                 sas_,
                 [this](SaId id) { lost_.push_back(id); },
                 std::chrono::seconds(0)};
};

TEST_F(LostSasTest, AnInboundSaThatIsDeleted_IsLost) {
  plane_.sas_in_kernel = false;
  watch_.Deleted({{.destination = kLocal, .spi = 102}});
  Settle();
  EXPECT_EQ(lost_, std::vector{SaId(2)});
}

TEST_F(LostSasTest, OneThatIsThereAgain_HasAnotherPeerAddressAndIsNotLost) {
  plane_.sas_in_kernel = true;
  watch_.Deleted({{.destination = kLocal, .spi = 102}});
  Settle();
  EXPECT_TRUE(lost_.empty());
  ASSERT_EQ(plane_.sas_asked_for.size(), 1U);
  EXPECT_EQ(plane_.sas_asked_for[0], (std::set<KernelSa>{{.destination = kLocal, .spi = 102}}));
}

TEST_F(LostSasTest, OutboundOrOthersSas_AreNot) {
  watch_.Deleted(
      {{.destination = Sa(1).peer.address, .spi = 201}, {.destination = kLocal, .spi = 999}});
  Settle();
  EXPECT_TRUE(lost_.empty());
  EXPECT_TRUE(plane_.sas_asked_for.empty()) << "no dump is needed";
}

TEST_F(LostSasTest, ARekeyThatIsToldOfInTime_IsNoLoss) {
  watch_.Deleted({{.destination = kLocal, .spi = 101}});
  SecurityAssociation rekeyed = Sa(1);
  rekeyed.spi_in = 301;
  sas_.Update(rekeyed);
  Settle();
  EXPECT_TRUE(lost_.empty());
}

TEST_F(LostSasTest, ARekeyThatIsNotToldOfYet_IsNoLossEither) {
  plane_.sas_in_kernel = false;
  ike_.known_sas.spis = {301, 401, 102, 202};
  watch_.Deleted({{.destination = kLocal, .spi = 101}});
  Settle();
  EXPECT_TRUE(lost_.empty());
}

TEST_F(LostSasTest, WhileTheIkeDaemonIsAway_NothingIsLost) {
  plane_.sas_in_kernel = false;
  ike_.ike_state.connected = false;
  watch_.Deleted({{.destination = kLocal, .spi = 101}});
  Settle();
  EXPECT_TRUE(lost_.empty());
  ike_.ike_state.connected = true;
  watch_.Uncertain();
  Settle();
  EXPECT_EQ(lost_, (std::vector{SaId(1), SaId(2)}));
}

TEST_F(LostSasTest, AfterAFlush_ADumpDecides) {
  plane_.sas_in_kernel = false;
  watch_.Uncertain();
  Settle();
  EXPECT_EQ(lost_, (std::vector{SaId(1), SaId(2)}));
  lost_.clear();
  plane_.sas_in_kernel = true;
  watch_.Uncertain();
  Settle();
  EXPECT_TRUE(lost_.empty());
}

}  // namespace
}  // namespace sallyport::daemon
