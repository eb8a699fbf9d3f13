// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/nftables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <set>
#include <string>

#include "netlink/nftables_rule.h"
#include "netlink/nftables_table.h"

#include "fake_kernel.h"

namespace sallyport::netlink {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;

uint16_t Type(int message) { return static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message); }

Octets Build(const Message& message) {
  Octets out;
  message.AppendTo(out, 0, 1);
  return out;
}

/// Key and value of the one element of an element message.
struct ElementOctets {
  std::string set;
  Octets key;
  std::optional<Octets> value;
};
ElementOctets ElementOf(const Message& message) {
  const Octets built = Build(message);
  const auto attributes = Attributes::Behind<nfgenmsg>(MessagesOf(built).at(0).payload);
  const auto element = attributes.Nested(NFTA_SET_ELEM_LIST_ELEMENTS).Nested(NFTA_LIST_ELEM);
  const auto key = element.Nested(NFTA_SET_ELEM_KEY).Find(NFTA_DATA_VALUE);
  const auto value = element.Nested(NFTA_SET_ELEM_DATA).Find(NFTA_DATA_VALUE);
  ElementOctets octets{.set = attributes.Text(NFTA_SET_ELEM_LIST_SET).value_or(""),
                       .key = Octets(key->begin(), key->end()),
                       .value = {}};
  if (value) octets.value = Octets(value->begin(), value->end());
  return octets;
}

const PeerTunnelKey kPeer{.peer = {*IpAddress::Parse("192.0.2.1"), 0x1234},
                          .local = *IpAddress::Parse("192.0.2.2"),
                          .tunnel_id = 0x0B0C};
const PeerTunnelKey kPeer6{.peer = {*IpAddress::Parse("2001:db8::1"), 0x1234},
                           .local = *IpAddress::Parse("2001:db8::2"),
                           .tunnel_id = 0x0B0C};

TEST(ChangeElement, SaKeyIsReqidAndTunnelIdInRegistersOfFourOctets) {
  const auto element =
      ElementOf(ChangeElement(AddTunnel{{SaTunnelKey{.reqid = 7, .tunnel_id = 0x0B0C}, 0x4E21}}));
  EXPECT_EQ(element.set, "tunnels_by_reqid");
  EXPECT_THAT(element.key, ElementsAreArray(OctetsOf(uint32_t{7}) +      // host byte order
                                            Octets{0x0B, 0x0C, 0, 0}));  // network byte order
  EXPECT_THAT(element.value.value(), ElementsAre(0x4E, 0x21));
}

TEST(ChangeElement, PeerKeyIsBothAddressesPortAndTunnelId) {
  const auto element = ElementOf(ChangeElement(AddTunnel{{kPeer, 0x4E21}}));
  EXPECT_EQ(element.set, "tunnels_by_peer");
  EXPECT_THAT(element.key, ElementsAre(192, 0, 2, 1, 192, 0, 2, 2,  // source, destination
                                       0x12, 0x34, 0, 0, 0x0B, 0x0C, 0, 0));
  const auto element6 = ElementOf(ChangeElement(DeleteTunnel{kPeer6}));
  EXPECT_EQ(element6.set, "tunnels_by_peer6");
  EXPECT_EQ(element6.key.size(), 40U);
  EXPECT_FALSE(element6.value);
}

TEST(ChangeElement, PortKeyBeginsWithTheProtocol) {
  const auto element = ElementOf(ChangeElement(AddPort{0x4E21}));
  EXPECT_EQ(element.set, "tunnel_ports");
  EXPECT_THAT(element.key, ElementsAre(17, 0, 0, 0, 0x4E, 0x21, 0, 0));
  EXPECT_FALSE(element.value);
}

TEST(ChangeElement, AddingAndDeletingAreDifferentMessages) {
  const Octets add = Build(ChangeElement(AddPort{1}));
  const Octets erase = Build(ChangeElement(DeletePort{1}));
  EXPECT_EQ(MessagesOf(add).at(0).type, Type(NFT_MSG_NEWSETELEM));
  EXPECT_EQ(MessagesOf(add).at(0).flags, NLM_F_REQUEST | NLM_F_CREATE);
  EXPECT_EQ(MessagesOf(erase).at(0).type, Type(NFT_MSG_DELSETELEM));
}

/// The answer of a set's dump that has one element with these octets.
Octets ElementAnswer(const Octets& key, const Octets& value) {
  const Octets element =
      RawAttribute(NFTA_SET_ELEM_KEY, RawAttribute(NFTA_DATA_VALUE, key)) +
      (value.empty() ? Octets{}
                     : RawAttribute(NFTA_SET_ELEM_DATA, RawAttribute(NFTA_DATA_VALUE, value)));
  return Octets(4) +
         RawAttribute(NFTA_SET_ELEM_LIST_ELEMENTS, RawAttribute(NFTA_LIST_ELEM, element));
}

Received AnswerWith(const Octets& payload) {
  return {.type = Type(NFT_MSG_NEWSETELEM), .flags = 0, .sequence = 1, .payload = payload};
}

TEST(ParseTunnels, ReadsWhatChangeElementWrites) {
  const SaTunnelKey sa{.reqid = 0x12345678, .tunnel_id = 11};
  for (const TunnelKey& key : {TunnelKey(sa), TunnelKey(kPeer), TunnelKey(kPeer6)}) {
    const TunnelPort tunnel{.key = key, .port = 20001};
    const auto element = ElementOf(ChangeElement(AddTunnel{tunnel}));
    const Octets payload = ElementAnswer(element.key, *element.value);
    EXPECT_THAT(ParseTunnels(element.set, AnswerWith(payload)), ElementsAre(tunnel));
  }
}

TEST(ParseTunnels, EveryTruncationHasNoElement) {
  const auto element = ElementOf(ChangeElement(AddTunnel{{kPeer, 20001}}));
  const Octets payload = ElementAnswer(element.key, *element.value);
  for (size_t size = 0; size < payload.size() - 2; ++size) {  // 2 octets of padding at the end
    const Octets cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(ParseTunnels(kTunnelsByPeer, AnswerWith(cut)).empty()) << size;
  }
}

TEST(ParseTunnels, KeyOfAnotherSizeIsLeftOut) {
  const Octets payload = ElementAnswer(Octets(12), {1, 2});
  EXPECT_TRUE(ParseTunnels(kTunnelsByReqid, AnswerWith(payload)).empty());
  EXPECT_TRUE(ParseTunnels(kTunnelsByPeer, AnswerWith(payload)).empty());
  EXPECT_TRUE(ParseTunnels(kTunnelsByPeer6, AnswerWith(payload)).empty());
}

TEST(ParsePorts, ReadsThePortBehindTheProtocol) {
  const Octets payload = ElementAnswer({17, 0, 0, 0, 0x4E, 0x21, 0, 0}, {});
  EXPECT_THAT(ParsePorts(AnswerWith(payload)), ElementsAre(20001));
  const Octets short_key = ElementAnswer({17, 0, 0, 0, 0x4E}, {});
  EXPECT_TRUE(ParsePorts(AnswerWith(short_key)).empty());
}

/// The names in the messages of a table, by kind.
std::multiset<std::string> NamesOf(const RewritingOptions& options, int kind, uint16_t attribute) {
  std::multiset<std::string> names;
  for (const Message& message : CreateTable(options)) {
    if (message.type() != Type(kind)) continue;
    const Octets built = Build(message);
    names.insert(Attributes::Behind<nfgenmsg>(MessagesOf(built).at(0).payload)
                     .Text(attribute)
                     .value_or("-"));
  }
  return names;
}

TEST(CreateTable, WithIpsecHasTheFenceAndNoMapOfAddresses) {
  const RewritingOptions options{
      .port = 1701, .ipsec_required = true, .clamp_mss = false, .check_sources = false};
  EXPECT_THAT(
      NamesOf(options, NFT_MSG_NEWSET, NFTA_SET_NAME),
      ElementsAre("clear_text_peers", "clear_text_peers6", "tunnel_ports", "tunnels_by_reqid"));
  EXPECT_THAT(NamesOf(options, NFT_MSG_NEWOBJ, NFTA_OBJ_NAME),
              ElementsAre("clear_text", "clear_text_out"));
  EXPECT_THAT(NamesOf(options, NFT_MSG_NEWCHAIN, NFTA_CHAIN_NAME),
              ElementsAre("by_reqid", "from_tunnel", "input", "output", "prerouting"));
  // By chain: 4 for lookup (L bit, checksum) and 2 for what has no tunnel (checksum), 1 + 2 for
  // sending; on input 2 of the fence, 2 that note addresses and the mark; on output 2 and 4 about
  // ICMP; 1.
  EXPECT_THAT(NamesOf(options, NFT_MSG_NEWRULE, NFTA_RULE_CHAIN),
              ElementsAre("by_reqid", "by_reqid", "by_reqid", "by_reqid", "by_reqid", "by_reqid",
                          "from_tunnel", "from_tunnel", "from_tunnel", "input", "input", "input",
                          "input", "input", "output", "output", "output", "output", "output",
                          "output", "prerouting"));
}

TEST(CreateTable, WithoutIpsecHasMapsOfAddressesAndNoFence) {
  const RewritingOptions options{
      .port = 1701, .ipsec_required = false, .clamp_mss = false, .check_sources = false};
  EXPECT_THAT(
      NamesOf(options, NFT_MSG_NEWSET, NFTA_SET_NAME),
      ElementsAre("tunnel_ports", "tunnels_by_peer", "tunnels_by_peer6", "tunnels_by_reqid"));
  EXPECT_TRUE(NamesOf(options, NFT_MSG_NEWOBJ, NFTA_OBJ_NAME).empty());
  EXPECT_THAT(NamesOf(options, NFT_MSG_NEWCHAIN, NFTA_CHAIN_NAME), Not(Contains("input")));
  EXPECT_EQ(NamesOf(options, NFT_MSG_NEWRULE, NFTA_RULE_CHAIN).count("by_peer6"), 4U);
}

TEST(CreateTable, PacketsInsideOfSessionsAreLookedAtAsFarAsWanted) {
  RewritingOptions options{
      .port = 1701, .ipsec_required = false, .clamp_mss = true, .check_sources = false};
  EXPECT_EQ(NamesOf(options, NFT_MSG_NEWRULE, NFTA_RULE_CHAIN).count("forward"), 2U);
  EXPECT_EQ(NamesOf(options, NFT_MSG_NEWRULE, NFTA_RULE_CHAIN).count("clamp_mss"), 1U);
  EXPECT_TRUE(NamesOf(options, NFT_MSG_NEWOBJ, NFTA_OBJ_NAME).empty());
  options.clamp_mss = false;
  options.check_sources = true;
  EXPECT_THAT(NamesOf(options, NFT_MSG_NEWCHAIN, NFTA_CHAIN_NAME), Not(Contains("forward")));
  EXPECT_EQ(NamesOf(options, NFT_MSG_NEWRULE, NFTA_RULE_CHAIN).count("client_source"), 4U);
  EXPECT_THAT(NamesOf(options, NFT_MSG_NEWOBJ, NFTA_OBJ_NAME), ElementsAre("spoofed_source"));
}

TEST(CreateTable, EveryRuleNamesAChainThatIsMadeBeforeIt) {
  std::set<std::string> chains;
  for (const Message& message : CreateTable({.port = 1701, .ipsec_required = false})) {
    const Octets built = Build(message);
    const auto attributes = Attributes::Behind<nfgenmsg>(MessagesOf(built).at(0).payload);
    if (message.type() == Type(NFT_MSG_NEWCHAIN)) chains.insert(*attributes.Text(NFTA_CHAIN_NAME));
    if (message.type() == Type(NFT_MSG_NEWRULE)) {
      EXPECT_THAT(chains, Contains(*attributes.Text(NFTA_RULE_CHAIN)));
    }
  }
}

TEST(CreateTable, MapKeyTypeIsOneThatNftPrints) {
  const Octets built = Build(CreateTable({}).at(1));  // the first set
  const auto set = Attributes::Behind<nfgenmsg>(MessagesOf(built).at(0).payload);
  EXPECT_EQ(set.Text(NFTA_SET_NAME), "tunnels_by_reqid");
  EXPECT_EQ(set.BigU32(NFTA_SET_KEY_TYPE), 19U << 6 | 13U);  // mark . inet_service
  EXPECT_EQ(set.BigU32(NFTA_SET_KEY_LEN), 8U);
  EXPECT_EQ(set.BigU32(NFTA_SET_DATA_TYPE), 13U);
  EXPECT_EQ(set.BigU32(NFTA_SET_FLAGS), unsigned{NFT_SET_MAP});
}

TEST(NftablesRule, ExpressionsLieAsTheKernelReadsThem) {
  NftablesRule rule("t", "c", "why");
  rule.LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, 10, 2, Register(1))
      .WriteUdpPort(2, Register(0), ChecksumUpdate::kInternet);
  const Octets built = Build(std::move(rule).Finish());
  const auto big = [](uint16_t type, uint8_t value) {
    return RawAttribute(type, {0, 0, 0, value});
  };
  const auto expression = [](std::string_view name, const Octets& data) {
    return RawAttribute(NFTA_LIST_ELEM | NLA_F_NESTED,
                        RawAttribute(NFTA_EXPR_NAME, Octets(name.begin(), name.end()) + Octets{0}) +
                            RawAttribute(NFTA_EXPR_DATA | NLA_F_NESTED, data));
  };
  const Octets expected =
      Octets{NFPROTO_INET, 0, 0, 0} +  // nfgenmsg: family, version, resource id
      RawAttribute(NFTA_RULE_TABLE, {'t', 0}) + RawAttribute(NFTA_RULE_CHAIN, {'c', 0}) +
      RawAttribute(NFTA_RULE_USERDATA, {0, 4, 'w', 'h', 'y', 0}) +  // comment: type, length, text
      RawAttribute(
          NFTA_RULE_EXPRESSIONS | NLA_F_NESTED,
          expression("payload", big(NFTA_PAYLOAD_DREG, NFT_REG32_01) +
                                    big(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER) +
                                    big(NFTA_PAYLOAD_OFFSET, 10) + big(NFTA_PAYLOAD_LEN, 2)) +
              expression("payload", big(NFTA_PAYLOAD_SREG, NFT_REG32_00) +
                                        big(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER) +
                                        big(NFTA_PAYLOAD_OFFSET, 2) + big(NFTA_PAYLOAD_LEN, 2) +
                                        big(NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET) +
                                        big(NFTA_PAYLOAD_CSUM_OFFSET, 6)));
  EXPECT_THAT(MessagesOf(built).at(0).payload, ElementsAreArray(expected));
}

TEST(NftablesRule, AbsentChecksumStaysAbsent) {
  NftablesRule rule("t", "c", "");
  rule.WriteUdpPort(0, Register(0), ChecksumUpdate::kNone);
  const Octets built = Build(std::move(rule).Finish());
  const auto data = Attributes::Behind<nfgenmsg>(MessagesOf(built).at(0).payload)
                        .Nested(NFTA_RULE_EXPRESSIONS)
                        .Nested(NFTA_LIST_ELEM)
                        .Nested(NFTA_EXPR_DATA);
  EXPECT_EQ(data.BigU32(NFTA_PAYLOAD_CSUM_TYPE), unsigned{NFT_PAYLOAD_CSUM_NONE});
  EXPECT_FALSE(data.Find(NFTA_PAYLOAD_CSUM_OFFSET));
}

class NftablesTest : public ::testing::Test {
 protected:
  FakeKernel kernel_;
  Nftables nftables_{kernel_.MakeSocket()};
};

TEST_F(NftablesTest, InstallReplacesAStaleTableInOneTransaction) {
  const SaTunnelKey key{.reqid = 7, .tunnel_id = 11};
  // Opening mark, two messages that remove, the table, two elements.
  const auto last = static_cast<uint32_t>(1 + 2 + CreateTable({}).size() + 2);
  kernel_.Answer(RawAck(last, 0));
  ASSERT_TRUE(nftables_.Install({}, {.tunnels = {{key, 20001}}, .ports = {20001}}));
  ASSERT_EQ(kernel_.sent.size(), 1U);
  const auto messages = MessagesOf(kernel_.sent[0]);
  EXPECT_EQ(messages[1].type, Type(NFT_MSG_NEWTABLE));
  EXPECT_EQ(messages[2].type, Type(NFT_MSG_DELTABLE));
  EXPECT_EQ(messages[3].type, Type(NFT_MSG_NEWTABLE));
  EXPECT_EQ(messages[messages.size() - 2].type, Type(NFT_MSG_NEWSETELEM));
}

TEST_F(NftablesTest, KernelWithoutAPartOfNfTables_IsToldWhatToInstall) {
  for (const int code : {EOPNOTSUPP, ENOENT}) {
    FakeKernel kernel;
    Nftables nftables(kernel.MakeSocket());
    kernel.Answer(RawAck(1, code));
    const auto installed = nftables.Install({});
    ASSERT_FALSE(installed);
    EXPECT_EQ(installed.error().code, code);
    EXPECT_THAT(installed.error().text, HasSubstr("nft_xfrm"));
  }
}

TEST_F(NftablesTest, RefusedChangeIsNamedByItsPlaceAndItself) {
  kernel_.Answer(RawAck(3, ENOENT));
  const std::vector<RewritingChange> changes{
      AddPort{20001}, DeleteTunnel{SaTunnelKey{.reqid = 7, .tunnel_id = 11}}, DeletePort{20002}};
  const auto failures = nftables_.Apply(changes);
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].index, 1U);
  EXPECT_EQ(failures[0].error.code, ENOENT);
  EXPECT_THAT(failures[0].error.text, HasSubstr("delete reqid 7 tunnel 11"));
}

TEST_F(NftablesTest, ListLeavesOutTheMapsThatAreNotThere) {
  kernel_.Answer(
      RawMessage(Type(NFT_MSG_NEWSETELEM), NLM_F_MULTI, 1,
                 ElementAnswer(OctetsOf(uint32_t{7}) + Octets{0, 11, 0, 0}, {0x4E, 0x21})) +
      RawDone(1));
  kernel_.Answer(RawAck(2, ENOENT));
  kernel_.Answer(RawAck(3, ENOENT));
  kernel_.Answer(RawMessage(Type(NFT_MSG_NEWSETELEM), NLM_F_MULTI, 4,
                            ElementAnswer({17, 0, 0, 0, 0x4E, 0x21, 0, 0}, {})) +
                 RawDone(4));
  const auto state = nftables_.List();
  ASSERT_TRUE(state);
  EXPECT_THAT(state->tunnels,
              ElementsAre(TunnelPort{SaTunnelKey{.reqid = 7, .tunnel_id = 11}, 20001}));
  EXPECT_THAT(state->ports, ElementsAre(20001));
}

TEST_F(NftablesTest, ListOfNoTableIsAnError) {
  kernel_.Answer(RawAck(1, ENOENT));
  EXPECT_EQ(nftables_.List().error().code, ENOENT);
}

TEST_F(NftablesTest, CountersAreReadByName) {
  const auto answer = [](uint32_t sequence, uint8_t packets, uint8_t bytes) {
    return RawMessage(
        Type(NFT_MSG_NEWOBJ), 0, sequence,
        Octets(4) +
            RawAttribute(NFTA_OBJ_DATA,
                         RawAttribute(NFTA_COUNTER_BYTES, Octets(7) + Octets{bytes}) +
                             RawAttribute(NFTA_COUNTER_PACKETS, Octets(7) + Octets{packets})));
  };
  kernel_.Answer(answer(1, 5, 50));
  kernel_.Answer(answer(2, 6, 60));
  kernel_.Answer(RawAck(3, ENOENT));  // installed without it
  const auto counters = nftables_.Counters();
  ASSERT_TRUE(counters);
  EXPECT_EQ(counters->clear_text_in, (FenceCounter{.packets = 5, .bytes = 50}));
  EXPECT_EQ(counters->clear_text_out, (FenceCounter{.packets = 6, .bytes = 60}));
  EXPECT_FALSE(counters->spoofed_source);
  const auto request = Attributes::Behind<nfgenmsg>(MessagesOf(kernel_.sent.at(1)).at(0).payload);
  EXPECT_EQ(request.Text(NFTA_OBJ_NAME), "clear_text_out");
}

TEST_F(NftablesTest, CountersOfNoTableAreAnError) {
  for (const uint32_t sequence : {1U, 2U, 3U}) kernel_.Answer(RawAck(sequence, ENOENT));
  EXPECT_EQ(nftables_.Counters().error().code, ENOENT);
}

TEST_F(NftablesTest, CounterWithoutItsNumbersIsAnError) {
  kernel_.Answer(RawMessage(Type(NFT_MSG_NEWOBJ), 0, 1, Octets(4)));
  EXPECT_EQ(nftables_.Counters().error().code, EBADMSG);
}

}  // namespace
}  // namespace sallyport::netlink
