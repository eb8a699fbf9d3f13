// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/nftables_parts.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

namespace sallyport::netlink {

Message CreateChain(std::string_view name) {
  Message message = NftablesMessage(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  message.Text(NFTA_CHAIN_TABLE, kTableName);
  message.Text(NFTA_CHAIN_NAME, name);
  return message;
}

Message CreateBaseChain(std::string_view name, nf_inet_hooks hook, int32_t priority) {
  Message message = CreateChain(name);
  message.Text(NFTA_CHAIN_TYPE, "filter");
  message.Nest(NFTA_CHAIN_HOOK, [&] {
    message.BigU32(NFTA_HOOK_HOOKNUM, hook);
    message.BigU32(NFTA_HOOK_PRIORITY, static_cast<uint32_t>(priority));
  });
  return message;
}

Message CreateCounter(std::string_view name) {
  Message message = NftablesMessage(NFT_MSG_NEWOBJ, NLM_F_CREATE);
  message.Text(NFTA_OBJ_TABLE, kTableName);
  message.Text(NFTA_OBJ_NAME, name);
  message.BigU32(NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
  message.Nest(NFTA_OBJ_DATA, [] {});
  return message;
}

NftablesRule Rule(std::string_view chain, std::string_view comment) {
  return {kTableName, chain, comment};
}

}  // namespace sallyport::netlink
