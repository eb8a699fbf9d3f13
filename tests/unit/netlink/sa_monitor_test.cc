// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/sa_monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_kernel.h"
#include "xfrm_messages.h"

namespace sallyport::netlink {
namespace {

using ::testing::ElementsAre;

Octets DeletedPayload() {
  xfrm_usersa_id id{};
  id.daddr = SaInfo().id.daddr;
  id.spi = SaInfo().id.spi;
  id.family = AF_INET;
  id.proto = IPPROTO_ESP;
  return OctetsOf(id) + RawAttribute(XFRMA_SA, OctetsOf(SaInfo()));
}

Octets MappingPayload() {
  xfrm_user_mapping mapping{};
  mapping.id.daddr = SaInfo().id.daddr;
  mapping.id.spi = SaInfo().id.spi;
  mapping.id.family = AF_INET;
  mapping.reqid = 7;
  mapping.old_saddr = SaInfo().saddr;
  mapping.new_saddr.a4 = htonl(0xCB007102);
  mapping.old_sport = htons(10001);
  mapping.new_sport = htons(10099);
  return OctetsOf(mapping);
}

Octets ExpiredPayload(bool hard) {
  xfrm_user_expire expire{};
  expire.state = SaInfo();
  expire.hard = hard ? 1 : 0;
  return OctetsOf(expire);
}

TEST(ParseSaEvents, NewAndUpdatedSas) {
  const Octets sa = OctetsOf(SaInfo()) + EncapsulationAttribute();
  EXPECT_THAT(
      ParseSaEvents(RawMessage(XFRM_MSG_NEWSA, 0, 0, sa) + RawMessage(XFRM_MSG_UPDSA, 0, 0, sa)),
      ElementsAre(SaNew{.sa = EncapsulatedSa(), .update = false},
                  SaNew{.sa = EncapsulatedSa(), .update = true}));
}

TEST(ParseSaEvents, DeletedSaIsKnownByItsReqid) {
  EXPECT_THAT(ParseSaEvents(RawMessage(XFRM_MSG_DELSA, 0, 0, DeletedPayload())),
              ElementsAre(SaDeleted{PlainSa()}));
}

TEST(ParseSaEvents, SoftAndHardExpiry) {
  EXPECT_THAT(ParseSaEvents(RawMessage(XFRM_MSG_EXPIRE, 0, 0, ExpiredPayload(false)) +
                            RawMessage(XFRM_MSG_EXPIRE, 0, 0, ExpiredPayload(true))),
              ElementsAre(SaExpired{.sa = PlainSa(), .hard = false},
                          SaExpired{.sa = PlainSa(), .hard = true}));
}

TEST(ParseSaEvents, FlushNamesItsProtocol) {
  EXPECT_THAT(ParseSaEvents(RawMessage(XFRM_MSG_FLUSHSA, 0, 0, {IPPROTO_ESP})),
              ElementsAre(SasFlushed{.protocol = IPPROTO_ESP}));
}

TEST(ParseSaEvents, MappingHasBothEndpointsOfThePeer) {
  EXPECT_THAT(ParseSaEvents(RawMessage(XFRM_MSG_MAPPING, 0, 0, MappingPayload())),
              ElementsAre(MappingChanged{.reqid = 7,
                                         .spi = 0xC0FFEE01,
                                         .destination = *IpAddress::Parse("203.0.113.10"),
                                         .old_source = {*IpAddress::Parse("203.0.113.1"), 10001},
                                         .new_source = {*IpAddress::Parse("203.0.113.2"), 10099}}));
}

TEST(ParseSaEvents, OtherMessagesAreLeftOut) {
  EXPECT_TRUE(ParseSaEvents(RawMessage(XFRM_MSG_NEWPOLICY, 0, 0, Octets(300))).empty());
}

TEST(ParseSaEvents, EveryTruncationOfAPayloadIsNoEvent) {
  const std::pair<uint16_t, Octets> messages[] = {{XFRM_MSG_NEWSA, OctetsOf(SaInfo())},
                                                  {XFRM_MSG_DELSA, DeletedPayload()},
                                                  {XFRM_MSG_EXPIRE, ExpiredPayload(true)},
                                                  {XFRM_MSG_FLUSHSA, {IPPROTO_ESP}},
                                                  {XFRM_MSG_MAPPING, MappingPayload()}};
  for (const auto& [type, payload] : messages) {
    for (size_t size = 0; size < payload.size(); ++size) {
      const Octets cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_TRUE(ParseSaEvents(RawMessage(type, 0, 0, cut)).empty()) << type << " " << size;
    }
  }
}

class SaMonitorTest : public ::testing::Test {
 protected:
  FakeKernel kernel_;
  SaMonitor monitor_{kernel_.MakeTransport()};
};

TEST_F(SaMonitorTest, NothingToReadIsNoEvent) {
  const auto events = monitor_.Read();
  ASSERT_TRUE(events);
  EXPECT_TRUE(events->empty());
}

TEST_F(SaMonitorTest, KeysOfAReadNotificationAreWiped) {
  kernel_.Answer(RawMessage(XFRM_MSG_NEWSA, 0, 0, OctetsOf(SaInfo())));
  const auto events = monitor_.Read();
  ASSERT_TRUE(events);
  EXPECT_THAT(*events, ElementsAre(SaNew{.sa = PlainSa(), .update = false}));
  EXPECT_EQ(kernel_.wipes, 1);
}

TEST_F(SaMonitorTest, LostNotificationsAreAnEvent) {
  kernel_.AnswerError(ENOBUFS);
  const auto events = monitor_.Read();
  ASSERT_TRUE(events);
  EXPECT_THAT(*events, ElementsAre(Overrun{}));
}

TEST_F(SaMonitorTest, NotificationTooLargeToReadIsAnOverrunToo) {
  kernel_.AnswerError(EMSGSIZE);
  const auto events = monitor_.Read();
  ASSERT_TRUE(events);
  EXPECT_THAT(*events, ElementsAre(Overrun{}));
}

TEST_F(SaMonitorTest, OtherErrorsAreReported) {
  kernel_.AnswerError(EBADF);
  EXPECT_EQ(monitor_.Read().error().code, EBADF);
}

}  // namespace
}  // namespace sallyport::netlink
