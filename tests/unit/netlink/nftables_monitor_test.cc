// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/nftables_monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "fake_kernel.h"

namespace sallyport::netlink {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint16_t Type(uint16_t message) { return NFNL_SUBSYS_NFTABLES << 8 | message; }

Octets TextAttribute(uint16_t type, std::string_view text) {
  Octets octets(text.begin(), text.end());
  octets.push_back(0);
  return RawAttribute(type, octets);
}

Octets Payload(uint8_t family, const Octets& attributes) {
  nfgenmsg header{};
  header.nfgen_family = family;
  return OctetsOf(header) + attributes;
}

Octets Deletion(uint16_t message, uint16_t attribute, std::string_view table,
                uint8_t family = NFPROTO_INET) {
  return RawMessage(Type(message), 0, 0, Payload(family, TextAttribute(attribute, table)));
}

Octets EndOfTransaction(std::string_view program) {
  return RawMessage(Type(NFT_MSG_NEWGEN), 0, 0,
                    Payload(0, RawAttribute(NFTA_GEN_PROC_PID, Octets{0, 0, 1, 2}) +
                                   TextAttribute(NFTA_GEN_PROC_NAME, program)));
}

TEST(ParseTableEvents, WhatIsDeletedOfOurTable) {
  const std::pair<uint16_t, uint16_t> kinds[] = {
      {NFT_MSG_DELTABLE, NFTA_TABLE_NAME}, {NFT_MSG_DELCHAIN, NFTA_CHAIN_TABLE},
      {NFT_MSG_DELRULE, NFTA_RULE_TABLE},  {NFT_MSG_DELSET, NFTA_SET_TABLE},
      {NFT_MSG_DELOBJ, NFTA_OBJ_TABLE},    {NFT_MSG_DELSETELEM, NFTA_SET_ELEM_LIST_TABLE}};
  for (const auto& [message, attribute] : kinds) {
    EXPECT_THAT(ParseTableEvents(Deletion(message, attribute, "sallyport")),
                ElementsAre(TableDamaged{}))
        << message;
    EXPECT_THAT(ParseTableEvents(Deletion(message, attribute, "filter")), IsEmpty());
    EXPECT_THAT(ParseTableEvents(Deletion(message, attribute, "sallyport", NFPROTO_IPV4)),
                IsEmpty());
  }
  EXPECT_THAT(ParseTableEvents(Deletion(NFT_MSG_NEWTABLE, NFTA_TABLE_NAME, "sallyport")),
              IsEmpty());
}

TEST(ParseTableEvents, TheEndOfATransactionNamesItsProgram) {
  EXPECT_THAT(ParseTableEvents(EndOfTransaction("nft")),
              ElementsAre(TransactionEnd{.pid = 0x102, .program = "nft"}));
}

TEST(ParseTableEvents, EveryTruncation_IsHarmless) {
  const Octets whole = Deletion(NFT_MSG_DELTABLE, NFTA_TABLE_NAME, "sallyport");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(ParseTableEvents(std::span(whole).first(size)), IsEmpty()) << size;
  }
}

TEST(TableGuard, TellsOfOthersOnly) {
  TableGuard guard("sallyportd");
  EXPECT_FALSE(guard.Handle(TransactionEnd{.pid = 1, .program = "nft"}));  // of another table
  EXPECT_FALSE(guard.Handle(TableDamaged{}));
  EXPECT_FALSE(guard.Handle(TransactionEnd{.pid = 1, .program = "sallyportd"}));
  EXPECT_FALSE(guard.Handle(TransactionEnd{.pid = 1, .program = "nft"}));  // the damage was ours
  EXPECT_FALSE(guard.Handle(TableDamaged{}));
  EXPECT_FALSE(guard.Handle(TableDamaged{}));
  EXPECT_EQ(guard.Handle(TransactionEnd{.pid = 123, .program = "nft"}), "nft (pid 123)");
  EXPECT_TRUE(guard.Handle(NotificationsLost{}));
}

TEST(NftablesMonitor, AnOverrun_IsAnEvent) {
  FakeKernel kernel;
  kernel.AnswerError(ENOBUFS);
  NftablesMonitor monitor(kernel.MakeTransport());
  const auto events = monitor.Read();
  ASSERT_TRUE(events);
  ASSERT_TRUE(*events);
  EXPECT_THAT(**events, ElementsAre(NotificationsLost{}));
}

}  // namespace
}  // namespace sallyport::netlink
