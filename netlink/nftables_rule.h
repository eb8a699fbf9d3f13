// SPDX-License-Identifier: GPL-2.0-or-later
// One nf_tables rule as a netlink message, expression by expression (linux/netfilter/nf_tables.h).
// Registers hold 4 octets each; a value of more, or a concatenation, fills consecutive ones.
#pragma once
#include <cstdint>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <span>
#include <string_view>
#include <vector>

#include "netlink/message.h"

namespace sallyport::netlink {

/// A message of the nf_tables subsystem for the "inet" family (IPv4 and IPv6 in one table).
Message NftablesMessage(uint16_t type, uint16_t flags);

/// A comment that "nft list" prints: the value of a ..._USERDATA attribute (libnftnl's TLV, type
/// 0).
std::vector<uint8_t> NftablesComment(std::string_view text);

/// What becomes of the UDP checksum when a port is written.
enum class ChecksumUpdate {
  kNone,      // it is zero, that is absent (RFC 768), and must stay so
  kInternet,  // RFC 1624
};

/// Registers, numbered from 0. nft prints a rule only if values lie as its own compiler lays them.
constexpr uint32_t Register(uint32_t number) { return NFT_REG32_00 + number; }

/// Appended to `chain` of `table`. Each call adds one expression; an expression that does not match
/// ends the rule. Integers are in network byte order unless said otherwise.
class NftablesRule {
 public:
  NftablesRule(std::string_view table, std::string_view chain, std::string_view comment);

  NftablesRule& LoadMeta(nft_meta_keys key, uint32_t reg);
  /// Gives the packet the mark (host byte order) in `reg`.
  NftablesRule& SetMark(uint32_t reg);
  /// `offset` and `size` in octets; a short value is padded with zeros.
  NftablesRule& LoadPayload(nft_payload_bases base, uint32_t offset, uint32_t size, uint32_t reg);
  /// The reqid (host byte order) of the SA that the packet came through; no match when there is
  /// none.
  NftablesRule& LoadInboundReqid(uint32_t reg);
  /// Octet 1 when the packet will leave through IPsec, else 0.
  NftablesRule& LoadOutboundIpsec(uint32_t reg);
  /// The interface (ifindex in host byte order) that the source address is routed to if that is the
  /// one that the packet came from, else 0. Hook prerouting only.
  NftablesRule& LoadRouteBack(uint32_t reg);
  /// The largest TCP segment, without options, that both the packet's route and the one of the
  /// answers takes. Hooks forward, output and postrouting.
  NftablesRule& LoadRouteMss(uint32_t reg);
  NftablesRule& Mask(uint32_t reg, std::span<const uint8_t> mask);
  NftablesRule& LoadConstant(uint32_t reg, std::span<const uint8_t> value);

  NftablesRule& Compare(uint32_t reg, nft_cmp_ops operation, std::span<const uint8_t> value);
  NftablesRule& CompareU8(uint32_t reg, nft_cmp_ops operation, uint8_t value);
  NftablesRule& CompareU16(uint32_t reg, nft_cmp_ops operation, uint16_t value);  // host byte order
  /// For what a register holds in host byte order too, as meta's numbers of interfaces and groups.
  NftablesRule& CompareHostU32(uint32_t reg, nft_cmp_ops operation, uint32_t value);
  /// Matches when the set has the key that begins at `reg`.
  NftablesRule& InSet(std::string_view set, uint32_t reg);
  /// The same for a map, whose value goes to `result`.
  NftablesRule& InMap(std::string_view map, uint32_t reg, uint32_t result);
  /// Puts the key at `reg` into the set, or begins its time anew; no match when the set is full.
  NftablesRule& Remember(std::string_view set, uint32_t reg);

  /// Writes the two octets of `reg` at `offset` of the UDP header.
  NftablesRule& WriteUdpPort(uint32_t offset, uint32_t reg, ChecksumUpdate update);
  /// Writes the two octets of `reg` over the Maximum Segment Size of a TCP segment if that is
  /// larger. A segment without the option is left alone.
  NftablesRule& LowerTcpMss(uint32_t reg);
  NftablesRule& Notrack();
  NftablesRule& Count(std::string_view counter);
  NftablesRule& Drop() { return Verdict(NF_DROP, {}); }
  NftablesRule& Return() { return Verdict(NFT_RETURN, {}); }
  NftablesRule& Jump(std::string_view chain) { return Verdict(NFT_JUMP, chain); }
  NftablesRule& Goto(std::string_view chain) { return Verdict(NFT_GOTO, chain); }

  Message Finish() &&;

 private:
  template <typename Fill>
  NftablesRule& Expression(std::string_view name, Fill&& fill);
  NftablesRule& Verdict(int code, std::string_view chain);
  void Value(uint16_t type, std::span<const uint8_t> value);

  Message message_;
  size_t expressions_;
};

}  // namespace sallyport::netlink
