// SPDX-License-Identifier: GPL-2.0-or-later
// What the parts of the table "inet sallyport" have in common: its chains, counters and rules.
#pragma once
#include <cstdint>
#include <linux/netfilter.h>
#include <string_view>

#include "netlink/message.h"
#include "netlink/nftables_rule.h"

namespace sallyport::netlink {

inline constexpr std::string_view kTableName = "sallyport";
/// The base chain at hook prerouting; of several parts.
inline constexpr std::string_view kPrerouting = "prerouting";

/// A chain that others jump to.
Message CreateChain(std::string_view name);
/// A chain of type "filter" that the kernel runs at `hook`, the lowest `priority` first.
Message CreateBaseChain(std::string_view name, nf_inet_hooks hook, int32_t priority);
Message CreateCounter(std::string_view name);
/// An empty rule at the end of `chain`.
NftablesRule Rule(std::string_view chain, std::string_view comment);

}  // namespace sallyport::netlink
