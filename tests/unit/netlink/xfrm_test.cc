// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/xfrm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_kernel.h"
#include "xfrm_messages.h"

namespace sallyport::netlink {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ParseSa, ReadsIdentityAndCounters) { EXPECT_EQ(ParseSa(OctetsOf(SaInfo())), PlainSa()); }

TEST(ParseSa, ReadsUdpEncapsulation) {
  const Octets payload = OctetsOf(SaInfo()) + EncapsulationAttribute();
  EXPECT_EQ(ParseSa(payload), EncapsulatedSa());
}

TEST(ParseSa, ReadsIpv6Addresses) {
  xfrm_usersa_info info = SaInfo();
  info.family = AF_INET6;
  const auto source = *IpAddress::Parse("2001:db8::1");
  std::copy(source.bytes().begin(), source.bytes().end(),
            reinterpret_cast<uint8_t*>(info.saddr.a6));
  EXPECT_EQ(ParseSa(OctetsOf(info))->source, source);
}

TEST(ParseSa, UnknownFamilyHasNoAddress) {
  xfrm_usersa_info info = SaInfo();
  info.family = 99;
  EXPECT_FALSE(ParseSa(OctetsOf(info))->source);
}

TEST(ParseSa, TunnelModeIsNotTransportMode) {
  xfrm_usersa_info info = SaInfo();
  info.mode = XFRM_MODE_TUNNEL;
  EXPECT_FALSE(ParseSa(OctetsOf(info))->transport_mode);
}

TEST(ParseSa, EveryTruncationIsNoSaOrOneWithoutEncapsulation) {
  const Octets whole = OctetsOf(SaInfo()) + EncapsulationAttribute();
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto sa = ParseSa(std::span(whole).first(size));
    EXPECT_EQ(sa.has_value(), size >= sizeof(xfrm_usersa_info)) << size;
    if (sa) {
      EXPECT_FALSE(sa->encapsulation) << size;
    }
  }
}

TEST(ListSas, AsksForEspAndWipesTheKeysThatItReceived) {
  FakeKernel kernel;
  Xfrm xfrm(kernel.MakeSocket());
  kernel.Answer(
      RawMessage(XFRM_MSG_NEWSA, NLM_F_MULTI, 1, OctetsOf(SaInfo()) + EncapsulationAttribute()) +
      RawMessage(XFRM_MSG_NEWSA, NLM_F_MULTI, 1, {1, 2, 3}) +  // cut short
      RawDone(1));
  const auto sas = xfrm.ListSas();
  ASSERT_TRUE(sas);
  EXPECT_THAT(*sas, ElementsAre(EncapsulatedSa()));
  EXPECT_EQ(kernel.wipes, 1);
  const auto request = MessagesOf(kernel.sent.at(0)).at(0);
  EXPECT_EQ(request.type, XFRM_MSG_GETSA);
  EXPECT_EQ(Attributes(request.payload).U8(XFRMA_PROTO), IPPROTO_ESP);
}

Octets PolicyWith(std::initializer_list<uint32_t> reqids, uint8_t direction = XFRM_POLICY_OUT,
                  uint8_t mode = XFRM_MODE_TRANSPORT) {
  Octets templates;
  for (const uint32_t reqid : reqids) {
    xfrm_user_tmpl one{};
    one.id.proto = IPPROTO_ESP;
    one.reqid = reqid;
    one.mode = mode;
    templates = templates + OctetsOf(one);
  }
  xfrm_userpolicy_info policy{};
  policy.dir = direction;
  return OctetsOf(policy) + RawAttribute(XFRMA_TMPL, templates);
}

TEST(ListTransportReqids, HasThoseOfEveryTemplateOfEveryPolicy) {
  FakeKernel kernel;
  Xfrm xfrm(kernel.MakeSocket());
  const auto entry = [](const Octets& policy) {
    return RawMessage(XFRM_MSG_NEWPOLICY, NLM_F_MULTI, 1, policy);
  };
  kernel.Answer(entry(PolicyWith({7, 9})) + entry(OctetsOf(xfrm_userpolicy_info{})) +  // a block
                entry(PolicyWith({7, 0})) +
                entry(PolicyWith({11}, XFRM_POLICY_IN, XFRM_MODE_TUNNEL)) +
                entry(PolicyWith({12}, XFRM_POLICY_MAX + XFRM_POLICY_IN)) +  // a socket's
                RawDone(1));
  const auto reqids = xfrm.ListTransportReqids();
  ASSERT_TRUE(reqids);
  EXPECT_THAT(*reqids, ElementsAre(0, 7, 9));
  EXPECT_EQ(MessagesOf(kernel.sent.at(0)).at(0).type, XFRM_MSG_GETPOLICY);
}

TEST(ListTransportReqids, WithAPolicyThatCannotBeRead_Fails) {
  FakeKernel kernel;
  Xfrm xfrm(kernel.MakeSocket());
  kernel.Answer(RawMessage(XFRM_MSG_NEWPOLICY, NLM_F_MULTI, 1, {1, 2, 3}) + RawDone(1));
  const auto reqids = xfrm.ListTransportReqids();
  ASSERT_FALSE(reqids);
  EXPECT_EQ(reqids.error().code, EBADMSG);
}

TEST(ParseTransportReqids, OfAPolicyThatIsCutShort_AreNone) {
  const Octets policy = PolicyWith({7});
  for (size_t size = 0; size < sizeof(xfrm_userpolicy_info); ++size) {
    EXPECT_EQ(ParseTransportReqids(std::span(policy).first(size)), std::nullopt) << size;
  }
  const Octets half = OctetsOf(xfrm_userpolicy_info{}) +
                      RawAttribute(XFRMA_TMPL, Octets(sizeof(xfrm_user_tmpl) - 1));
  EXPECT_EQ(ParseTransportReqids(half), std::nullopt);
}

TEST(ParseSa, TellsOneWithKeysAndOneForAMark) {
  const auto parse = [](uint16_t attribute) {
    return *ParseSa(OctetsOf(SaInfo()) + RawAttribute(attribute, Octets(8)));
  };
  for (const uint16_t algorithm : {XFRMA_ALG_CRYPT, XFRMA_ALG_AEAD, XFRMA_ALG_AUTH}) {
    EXPECT_TRUE(parse(algorithm).keyed) << algorithm;
    EXPECT_FALSE(parse(algorithm).marked) << algorithm;
  }
  for (const uint16_t mark : {XFRMA_MARK, XFRMA_IF_ID}) {
    EXPECT_TRUE(parse(mark).marked) << mark;
    EXPECT_FALSE(parse(mark).keyed) << mark;
  }
}

TEST(DeleteSa, NamesTheSaByDestinationSpiAndProtocol) {
  FakeKernel kernel;
  Xfrm xfrm(kernel.MakeSocket());
  kernel.Answer(RawAck(1, 0));
  EXPECT_TRUE(xfrm.DeleteSa(*IpAddress::Parse("203.0.113.1"), 0xC1000001));
  const auto request = MessagesOf(kernel.sent.at(0)).at(0);
  EXPECT_EQ(request.type, XFRM_MSG_DELSA);
  const auto id = ReadStruct<xfrm_usersa_id>(request.payload);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->daddr.a4, htonl(0xCB007101));
  EXPECT_EQ(id->spi, htonl(0xC1000001));
  EXPECT_EQ(id->family, AF_INET);
  EXPECT_EQ(id->proto, IPPROTO_ESP);
}

TEST(ParseXfrmStatistics, ReadsNamesAndNumbers) {
  EXPECT_THAT(ParseXfrmStatistics("XfrmInError             \t0\nXfrmInNoStates          \t12\n"),
              ElementsAre(Pair("XfrmInError", 0), Pair("XfrmInNoStates", 12)));
}

TEST(ParseXfrmStatistics, LeavesOutWhatIsNoNumber) {
  EXPECT_THAT(ParseXfrmStatistics("A 1\n\nB\nC x\nD 1x\n 5\nE \nF 2"),
              ElementsAre(Pair("A", 1), Pair("F", 2)));
  EXPECT_TRUE(ParseXfrmStatistics("").empty());
}

TEST(SocketPolicy, OfAWrongDescriptorFailsWithItsReqid) {
  const auto result = SetSocketPolicy(-1, IpAddress::Family::kV4, 7);
  EXPECT_EQ(result.error().text, "bind a socket to IPsec with reqid 7: Bad file descriptor");
  EXPECT_EQ(ClearSocketPolicy(-1, IpAddress::Family::kV6).error().code, EBADF);
}

}  // namespace
}  // namespace sallyport::netlink
