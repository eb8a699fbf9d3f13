// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/nftables_table.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <initializer_list>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <utility>

#include "base/wire_reader.h"
#include "base/wire_writer.h"
#include "netlink/nftables_parts.h"
#include "netlink/nftables_rule.h"
#include "netlink/nftables_sessions.h"

namespace sallyport::netlink {
namespace {

// nft's numbers for the types of keys and values (nftables, include/datatype.h). The kernel only
// stores them; without them "nft list" could not print the elements.
enum DataType : uint32_t {
  kIpv4Address = 7,
  kIpv6Address = 8,
  kInternetProtocol = 12,
  kInternetService = 13,
  kMark = 19,  // 32 bits in host byte order, as a reqid is
};
constexpr unsigned kTypeBits = 6;  // a concatenation's number is its types' after each other

// After the defragmentation that conntrack brings (-400), since ports are only in a packet's first
// part; before "raw" (-300) and conntrack (-200), which are to see the rewritten packets untracked.
// Local policy.
constexpr int32_t kPriority = -350;

constexpr std::string_view kByReqid = "by_reqid";
constexpr std::string_view kByPeer = "by_peer";
constexpr std::string_view kByPeer6 = "by_peer6";
constexpr std::string_view kFromTunnel = "from_tunnel";
constexpr std::string_view kInput = "input";
constexpr std::string_view kOutput = "output";

// Offsets and sizes in octets.
constexpr uint32_t kUdpSourcePort = 0;  // RFC 768
constexpr uint32_t kUdpDestinationPort = 2;
constexpr uint32_t kUdpChecksum = 6;
constexpr uint32_t kUdpHeader = 8;
constexpr uint32_t kPortSize = 2;
constexpr uint32_t kIpv4Source = 12;  // RFC 791 §3.1
constexpr uint32_t kIpv4Destination = 16;
constexpr uint32_t kIpv6Source = 8;  // RFC 8200 §3
constexpr uint32_t kIpv6Destination = 24;
// RFC 2661 §3.1: the first 16 bits have L (a Length field follows) and the version, which is 2.
constexpr uint16_t kLengthBit = 0x4000;
constexpr uint16_t kVersion = 2;
constexpr std::array<uint8_t, 2> kLengthBitAndVersionMask{0x40, 0x0F};
constexpr uint32_t kTunnelIdWithLength = kUdpHeader + 4;
constexpr uint32_t kTunnelIdWithoutLength = kUdpHeader + 2;

// A value in a register, and so a part of a key, takes up a multiple of 4 octets.
constexpr size_t kRegisterSize = 4;
constexpr size_t kReqidKeySize = 2 * kRegisterSize;
constexpr size_t kPeerKeySize = 4 * kRegisterSize;
constexpr size_t kPeer6KeySize = 10 * kRegisterSize;

// How long an address is remembered, and how many of each family: a flood of forged addresses must
// not fill the kernel's memory. Local policy.
constexpr std::chrono::milliseconds kClearTextMemory{60'000};
constexpr uint32_t kMaxClearTextPeers = 1024;

struct SetLayout {
  std::string_view name;
  std::vector<DataType> key;
  uint32_t key_size;
  bool map;                   // to a port
  bool of_addresses = false;  // filled by packets, emptied by time
};

/// A key of one port would make the kernel choose the "bitmap" kind of set, in which adding walks
/// all elements (net/netfilter/nft_set_bitmap.c). With the protocol before it the set is a hash
/// table.
const SetLayout kPortSet{kTunnelPorts, {kInternetProtocol, kInternetService}, 8, false};

std::vector<SetLayout> SetsOf(const RewritingOptions& options) {
  std::vector<SetLayout> sets{{kTunnelsByReqid, {kMark, kInternetService}, kReqidKeySize, true},
                              kPortSet};
  if (options.ipsec_required) {
    sets.push_back({kClearTextPeers, {kIpv4Address}, 4, false, true});
    sets.push_back({kClearTextPeers6, {kIpv6Address}, 16, false, true});
  } else {
    sets.push_back({kTunnelsByPeer,
                    {kIpv4Address, kIpv4Address, kInternetService, kInternetService},
                    kPeerKeySize,
                    true});
    sets.push_back({kTunnelsByPeer6,
                    {kIpv6Address, kIpv6Address, kInternetService, kInternetService},
                    kPeer6KeySize,
                    true});
  }
  return sets;
}

Message TableMessage(uint16_t type, uint16_t flags) {
  Message message = NftablesMessage(type, flags);
  message.Text(NFTA_TABLE_NAME, kTableName);
  return message;
}

Message CreateSet(const SetLayout& set, uint32_t id) {
  uint32_t key_type = 0;
  for (const DataType type : set.key) key_type = key_type << kTypeBits | type;
  Message message = NftablesMessage(NFT_MSG_NEWSET, NLM_F_CREATE);
  message.Text(NFTA_SET_TABLE, kTableName);
  message.Text(NFTA_SET_NAME, set.name);
  message.BigU32(NFTA_SET_ID, id);
  uint32_t flags = set.map ? NFT_SET_MAP : 0;
  if (set.of_addresses) flags |= NFT_SET_EVAL | NFT_SET_TIMEOUT;
  message.BigU32(NFTA_SET_FLAGS, flags);
  message.BigU32(NFTA_SET_KEY_TYPE, key_type);
  message.BigU32(NFTA_SET_KEY_LEN, set.key_size);
  if (set.of_addresses) {
    message.BigU64(NFTA_SET_TIMEOUT, kClearTextMemory.count());
    message.Nest(NFTA_SET_DESC, [&] { message.BigU32(NFTA_SET_DESC_SIZE, kMaxClearTextPeers); });
  }
  if (set.map) {
    message.BigU32(NFTA_SET_DATA_TYPE, kInternetService);
    message.BigU32(NFTA_SET_DATA_LEN, kPortSize);
  }
  return message;
}

NftablesRule& MatchMeta(NftablesRule& rule, nft_meta_keys key, uint8_t value) {
  return rule.LoadMeta(key, Register(0)).CompareU8(Register(0), NFT_CMP_EQ, value);
}

NftablesRule& MatchUdpPort(NftablesRule& rule, uint32_t offset, uint16_t port) {
  return MatchMeta(rule, NFT_META_L4PROTO, IPPROTO_UDP)
      .LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, offset, kPortSize, Register(0))
      .CompareU16(Register(0), NFT_CMP_EQ, port);
}

NftablesRule& MatchTunnelPort(NftablesRule& rule, uint32_t offset) {
  return rule.LoadMeta(NFT_META_L4PROTO, Register(0))
      .LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, offset, kPortSize, Register(1))
      .InSet(kTunnelPorts, Register(0));
}

NftablesRule& MatchNoOutboundIpsec(NftablesRule& rule) {
  return rule.LoadOutboundIpsec(Register(0)).CompareU8(Register(0), NFT_CMP_EQ, 0);
}

/// A payload write "corrects" an absent checksum into a wrong one (net/netfilter/nft_payload.c,
/// nft_payload_csum_inet), so every rewriting rule comes in two variants.
NftablesRule& MatchChecksum(NftablesRule& rule, ChecksumUpdate update) {
  const nft_cmp_ops operation = update == ChecksumUpdate::kNone ? NFT_CMP_EQ : NFT_CMP_NEQ;
  return rule.LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, kUdpChecksum, 2, Register(0))
      .CompareU16(Register(0), operation, 0);
}

/// The three keys; each loads all of a key but the tunnel id, and says where that goes.
uint32_t LoadReqid(NftablesRule& rule) {
  rule.LoadInboundReqid(Register(0));
  return 1;
}

uint32_t LoadPeer(NftablesRule& rule) {
  rule.LoadPayload(NFT_PAYLOAD_NETWORK_HEADER, kIpv4Source, 4, Register(0))
      .LoadPayload(NFT_PAYLOAD_NETWORK_HEADER, kIpv4Destination, 4, Register(1))
      .LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, kUdpSourcePort, kPortSize, Register(2));
  return 3;
}

uint32_t LoadPeer6(NftablesRule& rule) {
  rule.LoadPayload(NFT_PAYLOAD_NETWORK_HEADER, kIpv6Source, 16, Register(0))
      .LoadPayload(NFT_PAYLOAD_NETWORK_HEADER, kIpv6Destination, 16, Register(4))
      .LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, kUdpSourcePort, kPortSize, Register(8));
  return 9;
}

/// The rules that look a tunnel's port up and write it into the destination port.
void AppendInboundRewriting(std::vector<Message>& messages, std::string_view chain,
                            std::string_view map, uint32_t (*load_key)(NftablesRule&)) {
  for (const auto update : {ChecksumUpdate::kNone, ChecksumUpdate::kInternet}) {
    for (const bool has_length : {false, true}) {
      auto rule =
          Rule(chain, has_length ? "L2TP header with Length" : "L2TP header without Length");
      MatchChecksum(rule, update)
          .LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, kUdpHeader, 2, Register(0))
          .Mask(Register(0), kLengthBitAndVersionMask)
          .CompareU16(Register(0), NFT_CMP_EQ, has_length ? kLengthBit | kVersion : kVersion);
      const uint32_t id_register = load_key(rule);
      rule.LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER,
                       has_length ? kTunnelIdWithLength : kTunnelIdWithoutLength, 2,
                       Register(id_register))
          .InMap(map, Register(0), Register(0))
          .WriteUdpPort(kUdpDestinationPort, Register(0), update)
          .Notrack()
          .Return();
      messages.push_back(std::move(rule).Finish());
    }
  }
}

/// What belongs to no tunnel that the map knows goes where the SCCRQs of its SA go, so that a peer
/// which asks for a tunnel that we have forgotten gets an answer through its own SA.
void AppendFallback(std::vector<Message>& messages) {
  constexpr std::array<uint8_t, kRegisterSize> kNoTunnel{};
  for (const auto update : {ChecksumUpdate::kNone, ChecksumUpdate::kInternet}) {
    auto rule = Rule(kByReqid, "of no tunnel, to the SA's socket");
    MatchChecksum(rule, update);
    rule.LoadConstant(Register(1), kNoTunnel)
        .LoadInboundReqid(Register(0))
        .InMap(kTunnelsByReqid, Register(0), Register(0))
        .WriteUdpPort(kUdpDestinationPort, Register(0), update)
        .Notrack()
        .Return();
    messages.push_back(std::move(rule).Finish());
  }
}

void AppendPrerouting(std::vector<Message>& messages, const RewritingOptions& options) {
  auto protected_rule = Rule(kPrerouting, "L2TP out of an SA, to the tunnel's socket");
  MatchUdpPort(protected_rule, kUdpDestinationPort, options.port);
  MatchMeta(protected_rule, NFT_META_SECPATH, 1).Jump(kByReqid);
  messages.push_back(std::move(protected_rule).Finish());
  AppendInboundRewriting(messages, kByReqid, kTunnelsByReqid, LoadReqid);
  AppendFallback(messages);
  if (options.ipsec_required) return;
  constexpr std::pair<uint8_t, std::string_view> kFamilies[] = {{NFPROTO_IPV4, kByPeer},
                                                                {NFPROTO_IPV6, kByPeer6}};
  for (const auto& [family, chain] : kFamilies) {
    auto rule = Rule(kPrerouting, "L2TP in clear text, to the tunnel's socket");
    MatchUdpPort(rule, kUdpDestinationPort, options.port);
    MatchMeta(rule, NFT_META_SECPATH, 0);
    MatchMeta(rule, NFT_META_NFPROTO, family).Jump(chain);
    messages.push_back(std::move(rule).Finish());
  }
  AppendInboundRewriting(messages, kByPeer, kTunnelsByPeer, LoadPeer);
  AppendInboundRewriting(messages, kByPeer6, kTunnelsByPeer6, LoadPeer6);
}

/// Notes who sends L2TP in clear text, for the account of why it does not work.
void AppendClearTextMemory(std::vector<Message>& messages, const RewritingOptions& options) {
  struct Family {
    uint8_t protocol;
    uint32_t source;
    uint32_t size;
    std::string_view set;
  };
  constexpr Family kFamilies[] = {{NFPROTO_IPV4, kIpv4Source, 4, kClearTextPeers},
                                  {NFPROTO_IPV6, kIpv6Source, 16, kClearTextPeers6}};
  for (const Family& family : kFamilies) {
    auto rule = Rule(kInput, "who sends L2TP without IPsec");
    MatchMeta(rule, NFT_META_SECPATH, 0);
    MatchMeta(rule, NFT_META_NFPROTO, family.protocol);
    MatchUdpPort(rule, kUdpDestinationPort, options.port)
        .LoadPayload(NFT_PAYLOAD_NETWORK_HEADER, family.source, family.size, Register(0))
        .Remember(family.set, Register(0));
    messages.push_back(std::move(rule).Finish());
  }
}

/// An ICMP error quotes what it is about, which for L2TP has come out of an SA, and goes out in the
/// clear: while no daemon has the sockets, each packet of a client would get one.
void AppendQuotationFence(std::vector<Message>& messages, const RewritingOptions& options) {
  struct Family {
    uint8_t protocol;
    uint8_t icmp;
    uint8_t unreachable;  // RFC 792, RFC 4443 §3.1
    uint32_t quoted_protocol;
    uint32_t quoted_port;  // destination of the UDP header behind an IP header without options
  };
  constexpr uint32_t kIcmpHeader = 8;
  constexpr Family kFamilies[] = {
      {NFPROTO_IPV4, IPPROTO_ICMP, 3, kIcmpHeader + 9, kIcmpHeader + 20 + kUdpDestinationPort},
      {NFPROTO_IPV6, IPPROTO_ICMPV6, 1, kIcmpHeader + 6, kIcmpHeader + 40 + kUdpDestinationPort}};
  for (const Family& family : kFamilies) {
    const auto quoting = [&](std::string_view comment) {
      auto rule = Rule(kOutput, comment);
      MatchMeta(rule, NFT_META_NFPROTO, family.protocol);
      MatchMeta(rule, NFT_META_L4PROTO, family.icmp)
          .LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, Register(0))
          .CompareU8(Register(0), NFT_CMP_EQ, family.unreachable)
          .LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, family.quoted_protocol, 1, Register(0))
          .CompareU8(Register(0), NFT_CMP_EQ, IPPROTO_UDP)
          .LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, family.quoted_port, kPortSize, Register(1));
      return rule;
    };
    auto known_port = quoting("an error that quotes L2TP");
    known_port.CompareU16(Register(1), NFT_CMP_EQ, options.port).Count(kClearTextOut).Drop();
    messages.push_back(std::move(known_port).Finish());
    auto tunnel_port = quoting("an error that quotes a tunnel's packet");
    tunnel_port.InSet(kTunnelPorts, Register(0)).Count(kClearTextOut).Drop();
    messages.push_back(std::move(tunnel_port).Finish());
  }
}

/// What overtakes the element of its SA comes to the listener, which must know whose it is: clients
/// behind one NAT have the same address and port. After the routing decision, so that the mark
/// leads nowhere.
void AppendReqidMark(std::vector<Message>& messages, const RewritingOptions& options) {
  auto rule = Rule(kInput, "L2TP out of an SA without a socket: the listener learns the reqid");
  MatchUdpPort(rule, kUdpDestinationPort, options.port);
  MatchMeta(rule, NFT_META_SECPATH, 1).LoadInboundReqid(Register(0)).SetMark(Register(0));
  messages.push_back(std::move(rule).Finish());
}

/// Dropped, not rejected: who sends L2TP in clear text learns nothing.
void AppendInboundFence(std::vector<Message>& messages, const RewritingOptions& options) {
  AppendClearTextMemory(messages, options);
  auto known_port = Rule(kInput, "L2TP without IPsec");
  MatchMeta(known_port, NFT_META_SECPATH, 0);
  MatchUdpPort(known_port, kUdpDestinationPort, options.port).Count(kClearText).Drop();
  messages.push_back(std::move(known_port).Finish());
  auto tunnel_port = Rule(kInput, "a tunnel's socket without IPsec");
  MatchMeta(tunnel_port, NFT_META_SECPATH, 0);
  MatchTunnelPort(tunnel_port, kUdpDestinationPort).Count(kClearText).Drop();
  messages.push_back(std::move(tunnel_port).Finish());
}

void AppendOutput(std::vector<Message>& messages, const RewritingOptions& options) {
  auto from_tunnel = Rule(kOutput, "from a tunnel's socket");
  MatchTunnelPort(from_tunnel, kUdpSourcePort).Jump(kFromTunnel);
  messages.push_back(std::move(from_tunnel).Finish());
  if (options.ipsec_required) {
    AppendQuotationFence(messages, options);
    auto known_port = Rule(kOutput, "L2TP that would leave without IPsec");
    MatchUdpPort(known_port, kUdpSourcePort, options.port);
    MatchNoOutboundIpsec(known_port).Count(kClearTextOut).Drop();
    messages.push_back(std::move(known_port).Finish());
    auto tunnel_port = Rule(kFromTunnel, "a tunnel that would leave without IPsec");
    MatchNoOutboundIpsec(tunnel_port).Count(kClearTextOut).Drop();
    messages.push_back(std::move(tunnel_port).Finish());
  }
  WireWriter port;
  port.U16(options.port);
  for (const auto update : {ChecksumUpdate::kNone, ChecksumUpdate::kInternet}) {
    auto rule = Rule(kFromTunnel, "from the port that peers know");
    MatchChecksum(rule, update)
        .LoadConstant(Register(0), port.view())
        .WriteUdpPort(kUdpSourcePort, Register(0), update)
        .Notrack()
        .Return();
    messages.push_back(std::move(rule).Finish());
  }
}

/// A part of a key in registers: `octets`, then zeros up to the next register.
void PutPadded(std::vector<uint8_t>& key, std::span<const uint8_t> octets) {
  key.insert(key.end(), octets.begin(), octets.end());
  key.resize((key.size() + kRegisterSize - 1) / kRegisterSize * kRegisterSize);
}

void PutPadded(std::vector<uint8_t>& key, uint16_t value) {
  WireWriter octets;
  octets.U16(value);
  PutPadded(key, octets.view());
}

std::vector<uint8_t> EncodeKey(const SaTunnelKey& key) {
  std::vector<uint8_t> octets(sizeof key.reqid);
  std::memcpy(octets.data(), &key.reqid,
              sizeof key.reqid);  // host byte order, as the kernel loads it
  PutPadded(octets, key.tunnel_id);
  return octets;
}

std::vector<uint8_t> EncodeKey(const PeerTunnelKey& key) {
  std::vector<uint8_t> octets;
  PutPadded(octets, key.peer.address.bytes());
  PutPadded(octets, key.local.bytes());
  PutPadded(octets, key.peer.port);
  PutPadded(octets, key.tunnel_id);
  return octets;
}

std::vector<uint8_t> EncodePortKey(uint16_t port) {
  std::vector<uint8_t> octets{IPPROTO_UDP, 0, 0, 0};
  PutPadded(octets, port);
  return octets;
}

std::string_view MapOf(const TunnelKey& key) {
  const auto* const peer = std::get_if<PeerTunnelKey>(&key);
  if (peer == nullptr) return kTunnelsByReqid;
  return peer->local.is_v6() ? kTunnelsByPeer6 : kTunnelsByPeer;
}

Message ElementMessage(uint16_t type, std::string_view set, std::span<const uint8_t> key,
                       std::optional<uint16_t> value) {
  Message message = NftablesMessage(type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
  message.Text(NFTA_SET_ELEM_LIST_TABLE, kTableName);
  message.Text(NFTA_SET_ELEM_LIST_SET, set);
  message.Nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
    message.Nest(NFTA_LIST_ELEM, [&] {
      message.Nest(NFTA_SET_ELEM_KEY, [&] { message.Bytes(NFTA_DATA_VALUE, key); });
      if (!value) return;
      message.Nest(NFTA_SET_ELEM_DATA, [&] { message.BigU16(NFTA_DATA_VALUE, *value); });
    });
  });
  return message;
}

struct ElementMessageFor {
  Message operator()(const AddTunnel& change) const {
    return ForKey(NFT_MSG_NEWSETELEM, change.tunnel.key, change.tunnel.port);
  }
  Message operator()(const DeleteTunnel& change) const {
    return ForKey(NFT_MSG_DELSETELEM, change.key, {});
  }
  Message operator()(const AddPort& change) const {
    return ElementMessage(NFT_MSG_NEWSETELEM, kTunnelPorts, EncodePortKey(change.port), {});
  }
  Message operator()(const DeletePort& change) const {
    return ElementMessage(NFT_MSG_DELSETELEM, kTunnelPorts, EncodePortKey(change.port), {});
  }

 private:
  static Message ForKey(uint16_t type, const TunnelKey& key, std::optional<uint16_t> port) {
    const auto octets = std::visit([](const auto& kind) { return EncodeKey(kind); }, key);
    return ElementMessage(type, MapOf(key), octets, port);
  }
};

std::optional<TunnelKey> DecodeKey(std::string_view set, std::span<const uint8_t> octets) {
  WireReader in(octets);
  const auto padded_u16 = [&in] {
    const uint16_t value = in.U16();
    in.Take(kRegisterSize - sizeof value);
    return value;
  };
  if (set == kTunnelsByReqid) {
    const auto reqid = ReadStruct<uint32_t>(in.Take(sizeof(uint32_t)));
    const uint16_t tunnel_id = padded_u16();
    if (!in.ok() || !in.empty()) return {};
    return SaTunnelKey{.reqid = reqid.value_or(0), .tunnel_id = tunnel_id};
  }
  const size_t address_size = set == kTunnelsByPeer6 ? 16 : 4;
  const auto peer = IpAddress::FromBytes(in.Take(address_size));
  const auto local = IpAddress::FromBytes(in.Take(address_size));
  const uint16_t peer_port = padded_u16();
  const uint16_t tunnel_id = padded_u16();
  if (!in.ok() || !in.empty()) return {};
  return PeerTunnelKey{.peer = {.address = peer.value_or(IpAddress()), .port = peer_port},
                       .local = local.value_or(IpAddress()),
                       .tunnel_id = tunnel_id};
}

/// Calls `each` with the attributes of every element in one answer.
template <typename Each>
void ForEachElement(const Received& answer, Each each) {
  const auto list = Attributes::Behind<nfgenmsg>(answer.payload).Find(NFTA_SET_ELEM_LIST_ELEMENTS);
  auto rest = list.value_or(std::span<const uint8_t>{});
  while (const auto element = TakeAttribute(rest)) each(Attributes(element->payload));
}

}  // namespace

std::vector<Message> RemoveTable() {
  // Deleting needs a table that is there, and making one that is there changes nothing.
  return {TableMessage(NFT_MSG_NEWTABLE, NLM_F_CREATE), TableMessage(NFT_MSG_DELTABLE, 0)};
}

std::vector<Message> CreateTable(const RewritingOptions& options) {
  std::vector<Message> messages;
  Message table = TableMessage(NFT_MSG_NEWTABLE, NLM_F_CREATE);
  table.Bytes(NFTA_TABLE_USERDATA, NftablesComment("kept by sallyportd"));
  messages.push_back(std::move(table));
  uint32_t set_id = 0;
  for (const SetLayout& set : SetsOf(options)) messages.push_back(CreateSet(set, ++set_id));
  messages.push_back(CreateBaseChain(kPrerouting, NF_INET_PRE_ROUTING, kPriority));
  messages.push_back(CreateBaseChain(kOutput, NF_INET_LOCAL_OUT, kPriority));
  messages.push_back(CreateChain(kByReqid));
  messages.push_back(CreateChain(kFromTunnel));
  if (options.check_sources) AppendSourceCheck(messages);
  if (options.clamp_mss) AppendMssClamp(messages);
  if (options.ipsec_required) {
    messages.push_back(CreateCounter(kClearText));
    messages.push_back(CreateCounter(kClearTextOut));
    messages.push_back(CreateBaseChain(kInput, NF_INET_LOCAL_IN, kPriority));
    AppendInboundFence(messages, options);
    AppendReqidMark(messages, options);
  } else {
    messages.push_back(CreateChain(kByPeer));
    messages.push_back(CreateChain(kByPeer6));
  }
  AppendPrerouting(messages, options);
  AppendOutput(messages, options);
  return messages;
}

Message ChangeElement(const RewritingChange& change) {
  return std::visit(ElementMessageFor{}, change);
}

Message ListElements(std::string_view set) {
  Message message = NftablesMessage(NFT_MSG_GETSETELEM, 0);
  message.Text(NFTA_SET_ELEM_LIST_TABLE, kTableName);
  message.Text(NFTA_SET_ELEM_LIST_SET, set);
  return message;
}

std::vector<TunnelPort> ParseTunnels(std::string_view set, const Received& answer) {
  std::vector<TunnelPort> tunnels;
  ForEachElement(answer, [&](const Attributes& element) {
    const auto octets = element.Nested(NFTA_SET_ELEM_KEY).Find(NFTA_DATA_VALUE);
    const auto port = element.Nested(NFTA_SET_ELEM_DATA).BigU16(NFTA_DATA_VALUE);
    const auto key = octets ? DecodeKey(set, *octets) : std::nullopt;
    if (key && port) tunnels.push_back({.key = *key, .port = *port});
  });
  return tunnels;
}

std::vector<uint16_t> ParsePorts(const Received& answer) {
  std::vector<uint16_t> ports;
  ForEachElement(answer, [&](const Attributes& element) {
    const auto octets = element.Nested(NFTA_SET_ELEM_KEY).Find(NFTA_DATA_VALUE);
    if (!octets) return;
    WireReader in(*octets);
    in.Take(kRegisterSize);  // the protocol, which is UDP
    const uint16_t port = in.U16();
    if (in.ok()) ports.push_back(port);
  });
  return ports;
}

std::vector<IpAddress> ParseAddresses(const Received& answer) {
  std::vector<IpAddress> addresses;
  ForEachElement(answer, [&](const Attributes& element) {
    const auto octets = element.Nested(NFTA_SET_ELEM_KEY).Find(NFTA_DATA_VALUE);
    const auto address = octets ? IpAddress::FromBytes(*octets) : std::nullopt;
    if (address) addresses.push_back(*address);
  });
  return addresses;
}

Message GetCounter(std::string_view name) {
  Message message = NftablesMessage(NFT_MSG_GETOBJ, 0);
  message.Text(NFTA_OBJ_TABLE, kTableName);
  message.Text(NFTA_OBJ_NAME, name);
  message.BigU32(NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
  return message;
}

std::optional<FenceCounter> ParseCounter(std::span<const uint8_t> payload) {
  const auto data = Attributes::Behind<nfgenmsg>(payload).Nested(NFTA_OBJ_DATA);
  const auto packets = data.BigU64(NFTA_COUNTER_PACKETS);
  const auto bytes = data.BigU64(NFTA_COUNTER_BYTES);
  if (!packets || !bytes) return {};
  return FenceCounter{.packets = *packets, .bytes = *bytes};
}

}  // namespace sallyport::netlink
