// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/nftables_monitor.h"

#include <array>
#include <cerrno>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <utility>

#include "base/overloaded.h"
#include "base/text.h"
#include "netlink/nftables_table.h"

namespace sallyport::netlink {
namespace {

constexpr std::array<int, 1> kGroups{NFNLGRP_NFTABLES};

// Local policy: a ruleset of tens of thousands of elements that is flushed at once.
constexpr int kReceiveBuffer = 4 << 20;

/// Where a message about something that was deleted has its table's name.
std::optional<uint16_t> TableAttribute(uint8_t message) {
  switch (message) {  // an open number space, not an enum
    case NFT_MSG_DELTABLE:
      return NFTA_TABLE_NAME;
    case NFT_MSG_DELCHAIN:
      return NFTA_CHAIN_TABLE;
    case NFT_MSG_DELRULE:
      return NFTA_RULE_TABLE;
    case NFT_MSG_DELSET:
      return NFTA_SET_TABLE;
    case NFT_MSG_DELSETELEM:
      return NFTA_SET_ELEM_LIST_TABLE;
    case NFT_MSG_DELOBJ:
      return NFTA_OBJ_TABLE;
    default:
      return {};
  }
}

std::optional<TableEvent> ParseEvent(const Received& message) {
  if (message.type == NLMSG_OVERRUN) return NotificationsLost{};
  if (NFNL_SUBSYS_ID(message.type) != NFNL_SUBSYS_NFTABLES) return {};
  const auto kind = static_cast<uint8_t>(NFNL_MSG_TYPE(message.type));
  const auto attributes = Attributes::Behind<nfgenmsg>(message.payload);
  if (kind == NFT_MSG_NEWGEN) {
    return TransactionEnd{.pid = attributes.BigU32(NFTA_GEN_PROC_PID).value_or(0),
                          .program = attributes.Text(NFTA_GEN_PROC_NAME).value_or("")};
  }
  const auto table = TableAttribute(kind);
  const auto header = ReadStruct<nfgenmsg>(message.payload);
  if (!table || !header || header->nfgen_family != NFPROTO_INET) return {};
  if (attributes.Text(*table) != std::string(kTableName)) return {};
  return TableDamaged{};
}

}  // namespace

std::vector<TableEvent> ParseTableEvents(std::span<const uint8_t> datagram) {
  std::vector<TableEvent> events;
  while (const auto message = TakeMessage(datagram)) {
    if (auto event = ParseEvent(*message)) events.push_back(*std::move(event));
  }
  return events;
}

Expected<NftablesMonitor, KernelError> NftablesMonitor::Open() {
  auto transport = KernelTransport::Open(NETLINK_NETFILTER, kGroups);
  if (!transport) return Unexpected{transport.error()};
  const auto reserved = (*transport)->ReserveReceiveBuffer(kReceiveBuffer);
  if (!reserved) return Failure(reserved.error(), "enlarge the buffer for nf_tables notifications");
  const int fd = (*transport)->fd();
  return NftablesMonitor(*std::move(transport), fd);
}

Expected<std::optional<std::vector<TableEvent>>, KernelError> NftablesMonitor::Read() {
  const auto received = transport_->Receive();
  if (received) return std::optional(ParseTableEvents(*received));
  if (received.error() == EAGAIN) return std::optional<std::vector<TableEvent>>();
  // EMSGSIZE: one larger than the buffer, so its content is lost as well.
  if (received.error() == ENOBUFS || received.error() == EMSGSIZE) {
    return std::optional(std::vector<TableEvent>{NotificationsLost{}});
  }
  return Failure(received.error(), "read nf_tables notifications");
}

std::optional<std::string> TableGuard::Handle(const TableEvent& event) {
  return std::visit(Overloaded{
                        [&](const TableDamaged&) -> std::optional<std::string> {
                          damaged_ = true;
                          return {};
                        },
                        [&](const TransactionEnd& end) -> std::optional<std::string> {
                          const bool damaged = std::exchange(damaged_, false);
                          if (!damaged || end.program == own_program_) return {};
                          const std::string program =
                              end.program.empty() ? "a program" : end.program;
                          return PrintableText(program) + " (pid " + std::to_string(end.pid) + ")";
                        },
                        // Nobody knows what it was: to make the table anew does no harm.
                        [&](const NotificationsLost&) -> std::optional<std::string> {
                          damaged_ = false;
                          return "somebody, in a storm of changes";
                        },
                    },
                    event);
}

}  // namespace sallyport::netlink
