// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/l2tp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <linux/l2tp.h>

#include "fake_kernel.h"

namespace sallyport::netlink {
namespace {

using ::testing::HasSubstr;

constexpr uint16_t kFamily = 0x1F;

class L2tpTest : public ::testing::Test {
 protected:
  L2tp Open() {
    kernel_.Answer(RawMessage(GENL_ID_CTRL, 0, 1,
                              Octets(4) + RawAttribute(CTRL_ATTR_FAMILY_ID, OctetsOf(kFamily))));
    auto l2tp = L2tp::Open(kernel_.MakeSocket());
    EXPECT_TRUE(l2tp);
    return *std::move(l2tp);
  }
  /// The attributes of the last request, after a look at its command.
  Attributes LastRequest(uint8_t command) {
    const auto message = MessagesOf(kernel_.sent.back()).at(0);
    EXPECT_EQ(message.type, kFamily);
    EXPECT_EQ(message.payload[0], command);
    EXPECT_EQ(message.payload[1], L2TP_GENL_VERSION);
    return Attributes::Behind<genlmsghdr>(message.payload);
  }
  FakeKernel kernel_;
};

TEST_F(L2tpTest, MissingModuleIsNamedWithItsPackages) {
  kernel_.Answer(RawAck(1, ENOENT));
  const auto l2tp = L2tp::Open(kernel_.MakeSocket());
  ASSERT_FALSE(l2tp);
  EXPECT_EQ(l2tp.error().code, ENOENT);
  EXPECT_THAT(l2tp.error().text, HasSubstr("l2tp_netlink"));
  EXPECT_THAT(l2tp.error().text, HasSubstr("linux-image-amd64"));
  EXPECT_THAT(l2tp.error().text, HasSubstr("kernel-modules-extra"));
  EXPECT_THAT(l2tp.error().text, HasSubstr("linux-modules-extra"));
}

TEST_F(L2tpTest, AnswerWithoutAFamilyIdIsAnError) {
  kernel_.Answer(RawMessage(GENL_ID_CTRL, 0, 1, Octets(4)));
  EXPECT_EQ(L2tp::Open(kernel_.MakeSocket()).error().code, EBADMSG);
}

TEST_F(L2tpTest, CreateTunnelGivesTheKernelOurSocket) {
  auto l2tp = Open();
  kernel_.Answer(RawAck(2, 0));
  ASSERT_TRUE(l2tp.CreateTunnel({.local = 11, .peer = 21}, 42));
  const auto request = LastRequest(L2TP_CMD_TUNNEL_CREATE);
  EXPECT_EQ(request.U32(L2TP_ATTR_CONN_ID), 11U);
  EXPECT_EQ(request.U32(L2TP_ATTR_PEER_CONN_ID), 21U);
  EXPECT_EQ(request.U8(L2TP_ATTR_PROTO_VERSION), 2);
  EXPECT_EQ(request.U16(L2TP_ATTR_ENCAP_TYPE), L2TP_ENCAPTYPE_UDP);
  EXPECT_EQ(request.U32(L2TP_ATTR_FD), 42U);
}

TEST_F(L2tpTest, CreateSessionAsksForPppWithTheGivenModes) {
  auto l2tp = Open();
  kernel_.Answer(RawAck(2, 0));
  ASSERT_TRUE(l2tp.CreateSession({.local_tunnel_id = 11,
                                  .session = {.local = 101, .peer = 201},
                                  .send_sequence = true,
                                  .receive_sequence = false,
                                  .lns_mode = true,
                                  .reorder_timeout = std::chrono::milliseconds(30)}));
  const auto request = LastRequest(L2TP_CMD_SESSION_CREATE);
  EXPECT_EQ(request.U32(L2TP_ATTR_CONN_ID), 11U);
  EXPECT_EQ(request.U32(L2TP_ATTR_SESSION_ID), 101U);
  EXPECT_EQ(request.U32(L2TP_ATTR_PEER_SESSION_ID), 201U);
  EXPECT_EQ(request.U16(L2TP_ATTR_PW_TYPE), L2TP_PWTYPE_PPP);
  EXPECT_EQ(request.U8(L2TP_ATTR_SEND_SEQ), 1);
  EXPECT_EQ(request.U8(L2TP_ATTR_RECV_SEQ), 0);
  EXPECT_EQ(request.U8(L2TP_ATTR_LNS_MODE), 1);
  EXPECT_EQ(request.U64(L2TP_ATTR_RECV_TIMEOUT), 30U);
}

TEST_F(L2tpTest, WithoutReorderingNoTimeoutIsSent) {
  auto l2tp = Open();
  kernel_.Answer(RawAck(2, 0));
  ASSERT_TRUE(l2tp.CreateSession({.local_tunnel_id = 11, .session = {.local = 1, .peer = 2}}));
  EXPECT_FALSE(LastRequest(L2TP_CMD_SESSION_CREATE).Find(L2TP_ATTR_RECV_TIMEOUT));
}

TEST_F(L2tpTest, SequenceNumbersAreTurnedOnOfASessionThatIsThere) {
  auto l2tp = Open();
  kernel_.Answer(RawAck(2, 0));
  ASSERT_TRUE(l2tp.SetSendSequence(11, 101, true));
  const auto request = LastRequest(L2TP_CMD_SESSION_MODIFY);
  EXPECT_EQ(request.U32(L2TP_ATTR_CONN_ID), 11U);
  EXPECT_EQ(request.U32(L2TP_ATTR_SESSION_ID), 101U);
  EXPECT_EQ(request.U8(L2TP_ATTR_SEND_SEQ), 1);
  kernel_.Answer(RawAck(3, ENODEV));
  EXPECT_EQ(l2tp.SetSendSequence(11, 102, true).error().code, ENODEV);
}

TEST_F(L2tpTest, DeletionNamesWhatGoes) {
  auto l2tp = Open();
  kernel_.Answer(RawAck(2, 0));
  ASSERT_TRUE(l2tp.DeleteSession(11, 101));
  EXPECT_EQ(LastRequest(L2TP_CMD_SESSION_DELETE).U32(L2TP_ATTR_SESSION_ID), 101U);
  kernel_.Answer(RawAck(3, ENODEV));
  const auto result = l2tp.DeleteTunnel(11);
  EXPECT_EQ(LastRequest(L2TP_CMD_TUNNEL_DELETE).U32(L2TP_ATTR_CONN_ID), 11U);
  EXPECT_EQ(result.error().text, "delete L2TP tunnel 11: No such device");
}

TEST_F(L2tpTest, StatisticsAreReadFromTheNestedCounters) {
  auto l2tp = Open();
  const auto counter = [](uint16_t type, uint64_t value) {
    return RawAttribute(type, OctetsOf(value));
  };
  kernel_.Answer(RawMessage(
      kFamily, 0, 2,
      Octets(4) + RawAttribute(L2TP_ATTR_CONN_ID, OctetsOf(uint32_t{11})) +
          RawAttribute(L2TP_ATTR_STATS | NLA_F_NESTED,
                       counter(L2TP_ATTR_TX_PACKETS, 1) + counter(L2TP_ATTR_TX_BYTES, 2) +
                           counter(L2TP_ATTR_TX_ERRORS, 3) + counter(L2TP_ATTR_RX_PACKETS, 4) +
                           counter(L2TP_ATTR_RX_BYTES, 5) + counter(L2TP_ATTR_RX_ERRORS, 6) +
                           counter(L2TP_ATTR_RX_SEQ_DISCARDS, 7) +
                           counter(L2TP_ATTR_RX_OOS_PACKETS, 8))));  // no RX_INVALID: old kernel
  const auto statistics = l2tp.SessionStatistics(11, 101);
  ASSERT_TRUE(statistics);
  EXPECT_EQ(*statistics, (L2tpSessionStatistics{.received_packets = 4,
                                                .received_bytes = 5,
                                                .received_errors = 6,
                                                .received_out_of_sequence = 8,
                                                .received_sequence_discards = 7,
                                                .received_invalid = 0,
                                                .sent_packets = 1,
                                                .sent_bytes = 2,
                                                .sent_errors = 3}));
}

}  // namespace
}  // namespace sallyport::netlink
