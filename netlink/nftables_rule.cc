// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/nftables_rule.h"

#include <array>
#include <cstring>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <vector>

#include "base/wire_writer.h"

namespace sallyport::netlink {
namespace {

constexpr uint8_t kCommentType = 0;  // libnftnl/udata.h: NFTNL_UDATA_RULE_COMMENT, ..TABLE_COMMENT
constexpr uint32_t kUdpChecksumOffset = 6;  // RFC 768
// RFC 9293 §3.2: Kind and Length stand before the value of the option. The kernel (net/netfilter/
// nft_exthdr.c, nft_exthdr_tcp_set_eval) never raises it.
constexpr uint8_t kMssOption = 2;
constexpr uint32_t kMssOffset = 2;

}  // namespace

Message NftablesMessage(uint16_t type, uint16_t flags) {
  constexpr nfgenmsg kInet{.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0, .res_id = 0};
  return {static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), flags, kInet};
}

std::vector<uint8_t> NftablesComment(std::string_view text) {
  WireWriter out;
  out.U8(kCommentType);
  out.U8(static_cast<uint8_t>(text.size() + 1));
  out.Text(text);
  out.U8(0);
  return std::move(out).Finish();
}

NftablesRule::NftablesRule(std::string_view table, std::string_view chain, std::string_view comment)
    : message_(NftablesMessage(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND)) {
  message_.Text(NFTA_RULE_TABLE, table);
  message_.Text(NFTA_RULE_CHAIN, chain);
  message_.Bytes(NFTA_RULE_USERDATA, NftablesComment(comment));
  expressions_ = message_.OpenNest(NFTA_RULE_EXPRESSIONS);
}

Message NftablesRule::Finish() && {
  message_.CloseNest(expressions_);
  return std::move(message_);
}

template <typename Fill>
NftablesRule& NftablesRule::Expression(std::string_view name, Fill&& fill) {
  message_.Nest(NFTA_LIST_ELEM, [&] {
    message_.Text(NFTA_EXPR_NAME, name);
    message_.Nest(NFTA_EXPR_DATA, std::forward<Fill>(fill));
  });
  return *this;
}

void NftablesRule::Value(uint16_t type, std::span<const uint8_t> value) {
  message_.Nest(type, [&] { message_.Bytes(NFTA_DATA_VALUE, value); });
}

NftablesRule& NftablesRule::LoadMeta(nft_meta_keys key, uint32_t reg) {
  return Expression("meta", [&] {
    message_.BigU32(NFTA_META_DREG, reg);
    message_.BigU32(NFTA_META_KEY, key);
  });
}

NftablesRule& NftablesRule::SetMark(uint32_t reg) {
  return Expression("meta", [&] {
    message_.BigU32(NFTA_META_KEY, NFT_META_MARK);
    message_.BigU32(NFTA_META_SREG, reg);
  });
}

NftablesRule& NftablesRule::LoadPayload(nft_payload_bases base, uint32_t offset, uint32_t size,
                                        uint32_t reg) {
  return Expression("payload", [&] {
    message_.BigU32(NFTA_PAYLOAD_DREG, reg);
    message_.BigU32(NFTA_PAYLOAD_BASE, base);
    message_.BigU32(NFTA_PAYLOAD_OFFSET, offset);
    message_.BigU32(NFTA_PAYLOAD_LEN, size);
  });
}

NftablesRule& NftablesRule::LoadInboundReqid(uint32_t reg) {
  return Expression("xfrm", [&] {
    message_.BigU32(NFTA_XFRM_DREG, reg);
    message_.BigU32(NFTA_XFRM_KEY, NFT_XFRM_KEY_REQID);
    message_.U8(NFTA_XFRM_DIR, 0);  // XFRM_POLICY_IN
    message_.BigU32(NFTA_XFRM_SPNUM, 0);
  });
}

NftablesRule& NftablesRule::LoadOutboundIpsec(uint32_t reg) {
  return Expression("rt", [&] {
    message_.BigU32(NFTA_RT_DREG, reg);
    message_.BigU32(NFTA_RT_KEY, NFT_RT_XFRM);
  });
}

NftablesRule& NftablesRule::LoadRouteBack(uint32_t reg) {
  return Expression("fib", [&] {
    message_.BigU32(NFTA_FIB_DREG, reg);
    message_.BigU32(NFTA_FIB_RESULT, NFT_FIB_RESULT_OIF);
    message_.BigU32(NFTA_FIB_FLAGS, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF);
  });
}

NftablesRule& NftablesRule::LoadRouteMss(uint32_t reg) {
  Expression("rt", [&] {
    message_.BigU32(NFTA_RT_DREG, reg);
    message_.BigU32(NFTA_RT_KEY, NFT_RT_TCPMSS);
  });
  return Expression("byteorder", [&] {
    message_.BigU32(NFTA_BYTEORDER_SREG, reg);
    message_.BigU32(NFTA_BYTEORDER_DREG, reg);
    message_.BigU32(NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON);
    message_.BigU32(NFTA_BYTEORDER_LEN, sizeof(uint16_t));
    message_.BigU32(NFTA_BYTEORDER_SIZE, sizeof(uint16_t));
  });
}

NftablesRule& NftablesRule::Mask(uint32_t reg, std::span<const uint8_t> mask) {
  return Expression("bitwise", [&] {
    message_.BigU32(NFTA_BITWISE_SREG, reg);
    message_.BigU32(NFTA_BITWISE_DREG, reg);
    message_.BigU32(NFTA_BITWISE_LEN, static_cast<uint32_t>(mask.size()));
    Value(NFTA_BITWISE_MASK, mask);
    Value(NFTA_BITWISE_XOR, std::vector<uint8_t>(mask.size()));
  });
}

NftablesRule& NftablesRule::LoadConstant(uint32_t reg, std::span<const uint8_t> value) {
  return Expression("immediate", [&] {
    message_.BigU32(NFTA_IMMEDIATE_DREG, reg);
    Value(NFTA_IMMEDIATE_DATA, value);
  });
}

NftablesRule& NftablesRule::Compare(uint32_t reg, nft_cmp_ops operation,
                                    std::span<const uint8_t> value) {
  return Expression("cmp", [&] {
    message_.BigU32(NFTA_CMP_SREG, reg);
    message_.BigU32(NFTA_CMP_OP, operation);
    Value(NFTA_CMP_DATA, value);
  });
}

NftablesRule& NftablesRule::CompareU8(uint32_t reg, nft_cmp_ops operation, uint8_t value) {
  return Compare(reg, operation, std::span(&value, 1));
}

NftablesRule& NftablesRule::CompareU16(uint32_t reg, nft_cmp_ops operation, uint16_t value) {
  WireWriter octets;
  octets.U16(value);
  return Compare(reg, operation, octets.view());
}

NftablesRule& NftablesRule::CompareHostU32(uint32_t reg, nft_cmp_ops operation, uint32_t value) {
  std::array<uint8_t, sizeof value> octets{};
  std::memcpy(octets.data(), &value, sizeof value);
  return Compare(reg, operation, octets);
}

NftablesRule& NftablesRule::InSet(std::string_view set, uint32_t reg) {
  return Expression("lookup", [&] {
    message_.Text(NFTA_LOOKUP_SET, set);
    message_.BigU32(NFTA_LOOKUP_SREG, reg);
  });
}

NftablesRule& NftablesRule::InMap(std::string_view map, uint32_t reg, uint32_t result) {
  return Expression("lookup", [&] {
    message_.Text(NFTA_LOOKUP_SET, map);
    message_.BigU32(NFTA_LOOKUP_SREG, reg);
    message_.BigU32(NFTA_LOOKUP_DREG, result);
  });
}

NftablesRule& NftablesRule::Remember(std::string_view set, uint32_t reg) {
  return Expression("dynset", [&] {
    message_.Text(NFTA_DYNSET_SET_NAME, set);
    message_.BigU32(NFTA_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
    message_.BigU32(NFTA_DYNSET_SREG_KEY, reg);
  });
}

NftablesRule& NftablesRule::WriteUdpPort(uint32_t offset, uint32_t reg, ChecksumUpdate update) {
  return Expression("payload", [&] {
    message_.BigU32(NFTA_PAYLOAD_SREG, reg);
    message_.BigU32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
    message_.BigU32(NFTA_PAYLOAD_OFFSET, offset);
    message_.BigU32(NFTA_PAYLOAD_LEN, sizeof(uint16_t));
    switch (update) {
      case ChecksumUpdate::kNone:
        message_.BigU32(NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_NONE);
        break;
      case ChecksumUpdate::kInternet:
        message_.BigU32(NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET);
        message_.BigU32(NFTA_PAYLOAD_CSUM_OFFSET, kUdpChecksumOffset);
        break;
    }
  });
}

NftablesRule& NftablesRule::LowerTcpMss(uint32_t reg) {
  return Expression("exthdr", [&] {
    message_.BigU32(NFTA_EXTHDR_SREG, reg);
    message_.U8(NFTA_EXTHDR_TYPE, kMssOption);
    message_.BigU32(NFTA_EXTHDR_OFFSET, kMssOffset);
    message_.BigU32(NFTA_EXTHDR_LEN, sizeof(uint16_t));
    message_.BigU32(NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT);
  });
}

NftablesRule& NftablesRule::Notrack() {
  return Expression("notrack", [] {});
}

NftablesRule& NftablesRule::Count(std::string_view counter) {
  return Expression("objref", [&] {
    message_.BigU32(NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER);
    message_.Text(NFTA_OBJREF_IMM_NAME, counter);
  });
}

NftablesRule& NftablesRule::Verdict(int code, std::string_view chain) {
  return Expression("immediate", [&] {
    message_.BigU32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    message_.Nest(NFTA_IMMEDIATE_DATA, [&] {
      message_.Nest(NFTA_DATA_VERDICT, [&] {
        message_.BigU32(NFTA_VERDICT_CODE, static_cast<uint32_t>(code));
        if (!chain.empty()) message_.Text(NFTA_VERDICT_CHAIN, chain);
      });
    });
  });
}

}  // namespace sallyport::netlink
