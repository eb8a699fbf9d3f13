// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/nftables_sessions.h"

#include <array>
#include <bit>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "netlink/nftables.h"
#include "netlink/nftables_parts.h"
#include "netlink/nftables_table.h"

namespace sallyport::netlink {
namespace {

constexpr std::string_view kClientSource = "client_source";
constexpr std::string_view kForward = "forward";
constexpr std::string_view kClampMss = "clamp_mss";

// NF_IP_PRI_MANGLE of linux/netfilter_ipv4.h: before whatever filters.
constexpr int32_t kManglePriority = -150;

// The one bit in which the two groups differ is masked away.
constexpr std::array<uint8_t, 4> kEitherGroup =
    std::endian::native == std::endian::little ? std::array<uint8_t, 4>{0xFE, 0xFF, 0xFF, 0xFF}
                                               : std::array<uint8_t, 4>{0xFF, 0xFF, 0xFF, 0xFE};
static_assert((kClientGroup ^ kDialledGroup) == 1 && (kDialledGroup & 1) == 0);

// Offsets in octets.
constexpr uint32_t kIpv6Source = 8;  // RFC 8200 §3
constexpr uint32_t kIpv6Destination = 24;
constexpr uint32_t kIpv6AddressSize = 16;
constexpr uint32_t kTcpFlags = 13;  // RFC 9293 §3.1
constexpr std::array<uint8_t, 1> kSynAndRst{0x06};
constexpr uint8_t kSyn = 0x02;
constexpr std::array<uint8_t, 2> kLinkLocalMask{0xFF, 0xC0};  // fe80::/10, RFC 4291 §2.5.6
constexpr uint16_t kLinkLocal = 0xFE80;
constexpr uint8_t kMulticast = 0xFF;  // RFC 4291 §2.7

NftablesRule& MatchIpv6(NftablesRule& rule) {
  return rule.LoadMeta(NFT_META_NFPROTO, Register(0))
      .CompareU8(Register(0), NFT_CMP_EQ, NFPROTO_IPV6);
}

void AppendClampOf(std::vector<Message>& messages, nft_meta_keys group, std::string_view comment) {
  auto rule = Rule(kForward, comment);
  rule.LoadMeta(group, Register(0))
      .Mask(Register(0), kEitherGroup)
      .CompareHostU32(Register(0), NFT_CMP_EQ, kDialledGroup)
      .Goto(kClampMss);
  messages.push_back(std::move(rule).Finish());
}

}  // namespace

void AppendSourceCheck(std::vector<Message>& messages) {
  messages.push_back(CreateCounter(kSpoofedSource));
  messages.push_back(CreateChain(kClientSource));
  auto from_client = Rule(kPrerouting, "from a client's session");
  from_client.LoadMeta(NFT_META_IIFGROUP, Register(0))
      .CompareHostU32(Register(0), NFT_CMP_EQ, kClientGroup)
      .Jump(kClientSource);
  messages.push_back(std::move(from_client).Finish());

  auto own = Rule(kClientSource, "routed back into the session");
  own.LoadRouteBack(Register(0)).CompareHostU32(Register(0), NFT_CMP_NEQ, 0).Return();
  messages.push_back(std::move(own).Finish());
  auto link_local = Rule(kClientSource, "link-local");
  MatchIpv6(link_local)
      .LoadPayload(NFT_PAYLOAD_NETWORK_HEADER, kIpv6Source, kLinkLocalMask.size(), Register(0))
      .Mask(Register(0), kLinkLocalMask)
      .CompareU16(Register(0), NFT_CMP_EQ, kLinkLocal)
      .Return();
  messages.push_back(std::move(link_local).Finish());
  auto unspecified = Rule(kClientSource, "no address yet");
  MatchIpv6(unspecified)
      .LoadPayload(NFT_PAYLOAD_NETWORK_HEADER, kIpv6Source, kIpv6AddressSize, Register(0))
      .Compare(Register(0), NFT_CMP_EQ, std::array<uint8_t, kIpv6AddressSize>{})
      .LoadPayload(NFT_PAYLOAD_NETWORK_HEADER, kIpv6Destination, 1, Register(0))
      .CompareU8(Register(0), NFT_CMP_EQ, kMulticast)
      .Return();
  messages.push_back(std::move(unspecified).Finish());
  auto spoofed = Rule(kClientSource, "somebody else's");
  spoofed.Count(kSpoofedSource).Drop();
  messages.push_back(std::move(spoofed).Finish());
}

void AppendMssClamp(std::vector<Message>& messages) {
  messages.push_back(CreateBaseChain(kForward, NF_INET_FORWARD, kManglePriority));
  messages.push_back(CreateChain(kClampMss));
  AppendClampOf(messages, NFT_META_IIFGROUP, "from a session");
  AppendClampOf(messages, NFT_META_OIFGROUP, "into a session");
  auto clamp = Rule(kClampMss, "no more than both routes take");
  clamp.LoadMeta(NFT_META_L4PROTO, Register(0))
      .CompareU8(Register(0), NFT_CMP_EQ, IPPROTO_TCP)
      .LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, kTcpFlags, 1, Register(0))
      .Mask(Register(0), kSynAndRst)
      .CompareU8(Register(0), NFT_CMP_EQ, kSyn)
      .LoadRouteMss(Register(0))
      .LowerTcpMss(Register(0));
  messages.push_back(std::move(clamp).Finish());
}

}  // namespace sallyport::netlink
