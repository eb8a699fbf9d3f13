// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/xfrm.h"

#include <netinet/in.h>
#include <sys/socket.h>

// After netinet/in.h, whose types linux/in6.h would otherwise define a second time.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/xfrm.h>

#include "netlink/kernel_modules.h"

namespace sallyport::netlink {
namespace {

struct PolicyOption {
  int level;
  int option;
  uint16_t family;
};

PolicyOption OptionFor(IpAddress::Family family) {
  if (family == IpAddress::Family::kV6) return {IPPROTO_IPV6, IPV6_XFRM_POLICY, AF_INET6};
  return {IPPROTO_IP, IP_XFRM_POLICY, AF_INET};
}

/// What IP_XFRM_POLICY takes: a policy and the templates of its SAs, here one.
struct SocketPolicy {
  xfrm_userpolicy_info policy;
  xfrm_user_tmpl sa;
};
static_assert(sizeof(SocketPolicy) == sizeof(xfrm_userpolicy_info) + sizeof(xfrm_user_tmpl));

SocketPolicy RequireEsp(uint16_t family, uint8_t direction, uint32_t reqid) {
  SocketPolicy value{};
  value.policy.sel.family = family;  // a selector of zeros matches every packet of the socket
  value.policy.dir = direction;
  value.policy.action = XFRM_POLICY_ALLOW;
  value.policy.lft.soft_byte_limit = XFRM_INF;
  value.policy.lft.hard_byte_limit = XFRM_INF;
  value.policy.lft.soft_packet_limit = XFRM_INF;
  value.policy.lft.hard_packet_limit = XFRM_INF;
  value.sa.id.proto = IPPROTO_ESP;
  value.sa.family = family;
  value.sa.reqid = reqid;
  value.sa.mode = XFRM_MODE_TRANSPORT;
  value.sa.optional = 0;  // level "required"
  // Every algorithm that the IKE daemon may have agreed on.
  value.sa.aalgos = ~uint32_t{0};
  value.sa.ealgos = ~uint32_t{0};
  value.sa.calgos = ~uint32_t{0};
  return value;
}

}  // namespace

Expected<void, KernelError> SetSocketPolicy(int fd, IpAddress::Family family, uint32_t reqid) {
  const PolicyOption option = OptionFor(family);
  for (const uint8_t direction : {XFRM_POLICY_IN, XFRM_POLICY_OUT}) {
    const SocketPolicy policy = RequireEsp(option.family, direction, reqid);
    if (::setsockopt(fd, option.level, option.option, &policy, sizeof policy) < 0) {
      return Failure(errno, "bind a socket to IPsec with reqid " + std::to_string(reqid));
    }
  }
  return {};
}

Expected<void, KernelError> ClearSocketPolicy(int fd, IpAddress::Family family) {
  const PolicyOption option = OptionFor(family);
  // net/xfrm/xfrm_state.c, xfrm_user_policy: no policy at all takes both directions' away.
  if (::setsockopt(fd, option.level, option.option, nullptr, 0) < 0) {
    return Failure(errno, "unbind a socket from IPsec");
  }
  return {};
}

IpAddress ParseXfrmAddress(std::span<const uint8_t, 16> octets, uint16_t family) {
  if (family == AF_INET6) return IpAddress::V6(octets);
  if (family != AF_INET) return {};
  return IpAddress::FromBytes(octets.first<4>()).value_or(IpAddress());
}

std::optional<Sa> ParseSa(std::span<const uint8_t> payload) {
  const auto info = ReadStruct<xfrm_usersa_info>(payload);
  if (!info) return {};
  const auto address = [&](const xfrm_address_t& value) {
    const auto octets = ReadStruct<std::array<uint8_t, 16>>(
        {reinterpret_cast<const uint8_t*>(&value), sizeof value});
    return ParseXfrmAddress(*octets, info->family);
  };
  Sa sa{.source = address(info->saddr),
        .destination = address(info->id.daddr),
        .spi = ntohl(info->id.spi),
        .protocol = info->id.proto,
        .reqid = info->reqid,
        .transport_mode = info->mode == XFRM_MODE_TRANSPORT,
        .encapsulation = {},
        .bytes = info->curlft.bytes,
        .packets = info->curlft.packets,
        // stats.replay_window counts those older than the window, stats.replay those seen before
        // (net/xfrm/xfrm_replay.c).
        .replays = info->stats.replay_window + info->stats.replay,
        .integrity_failures = info->stats.integrity_failed,
        .offload = SaOffload::kNone};
  const auto attributes = Attributes::Behind<xfrm_usersa_info>(payload);
  if (const auto device = attributes.Find(XFRMA_OFFLOAD_DEV)) {
    const auto value = ReadStruct<xfrm_user_offload>(*device);
    const bool packet = value && (value->flags & XFRM_OFFLOAD_PACKET) != 0;
    sa.offload = packet ? SaOffload::kPacket : SaOffload::kCrypto;
  }
  const auto has = [&](uint16_t attribute) { return attributes.Find(attribute).has_value(); };
  sa.keyed = has(XFRMA_ALG_CRYPT) || has(XFRMA_ALG_AEAD) || has(XFRMA_ALG_AUTH);
  sa.marked = has(XFRMA_MARK) || has(XFRMA_IF_ID);
  const auto encapsulation = attributes.Find(XFRMA_ENCAP);
  if (encapsulation) {
    if (const auto value = ReadStruct<xfrm_encap_tmpl>(*encapsulation);
        value && value->encap_type == UDP_ENCAP_ESPINUDP) {
      sa.encapsulation = SaEncapsulation{.source_port = ntohs(value->encap_sport),
                                         .destination_port = ntohs(value->encap_dport)};
    }
  }
  return sa;
}

std::optional<std::set<uint32_t>> ParseTransportReqids(std::span<const uint8_t> payload) {
  const auto policy = ReadStruct<xfrm_userpolicy_info>(payload);
  if (!policy) return {};
  std::set<uint32_t> reqids;
  // A dump has those of sockets too, with directions of their own (net/xfrm/xfrm_policy.c,
  // xfrm_sk_policy_insert).
  if (policy->dir >= XFRM_POLICY_MAX) return reqids;
  const auto attributes = Attributes::Behind<xfrm_userpolicy_info>(payload);
  auto templates = attributes.Find(XFRMA_TMPL).value_or(std::span<const uint8_t>());
  for (; !templates.empty(); templates = templates.subspan(sizeof(xfrm_user_tmpl))) {
    const auto one = ReadStruct<xfrm_user_tmpl>(templates);
    if (!one) return {};
    if (one->mode == XFRM_MODE_TRANSPORT) reqids.insert(one->reqid);
  }
  return reqids;
}

Expected<Xfrm, KernelError> Xfrm::Open() {
  auto socket = Socket::Open(NETLINK_XFRM);
  if (!socket && socket.error().code == EPROTONOSUPPORT) {
    return Failure(EPROTONOSUPPORT, "open an XFRM socket", kXfrmModulesHint);
  }
  if (!socket) return Unexpected{socket.error()};
  return Xfrm(*std::move(socket));
}

Expected<std::vector<Sa>, KernelError> Xfrm::ListSas() {
  // A dump takes no xfrm_usersa_id before its attributes (net/xfrm/xfrm_user.c, xfrm_dump_sa).
  Message request(XFRM_MSG_GETSA, 0);
  request.U8(XFRMA_PROTO, IPPROTO_ESP);
  auto sas = socket_.Dump(request, "list IPsec SAs", [](const Received& entry) {
    return entry.type == XFRM_MSG_NEWSA ? ParseSa(entry.payload) : std::nullopt;
  });
  socket_.WipeReceived();  // the answers have the SAs' keys in them
  return sas;
}

Expected<std::set<uint32_t>, KernelError> Xfrm::ListTransportReqids() {
  using Reqids = std::optional<std::set<uint32_t>>;
  constexpr std::string_view kWhat = "list IPsec policies";
  const auto policies = socket_.Dump(Message(XFRM_MSG_GETPOLICY, 0), kWhat,
                                     [](const Received& entry) -> std::optional<Reqids> {
                                       if (entry.type != XFRM_MSG_NEWPOLICY) return {};
                                       return ParseTransportReqids(entry.payload);
                                     });
  if (!policies) return Unexpected{policies.error()};
  std::set<uint32_t> reqids;
  for (const Reqids& of_one : *policies) {
    if (!of_one) return Failure(EBADMSG, kWhat);
    reqids.insert(of_one->begin(), of_one->end());
  }
  return reqids;
}

Expected<void, KernelError> Xfrm::DeleteSa(const IpAddress& destination, uint32_t spi) {
  xfrm_usersa_id id{};
  const auto octets = destination.bytes();
  std::copy(octets.begin(), octets.end(), reinterpret_cast<uint8_t*>(&id.daddr));
  id.spi = htonl(spi);
  id.family = destination.is_v6() ? AF_INET6 : AF_INET;
  id.proto = IPPROTO_ESP;
  return socket_.Request(Message(XFRM_MSG_DELSA, 0, id), "delete an IPsec SA");
}

std::map<std::string, uint64_t, std::less<>> ParseXfrmStatistics(std::string_view text) {
  std::map<std::string, uint64_t, std::less<>> counters;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view name = line.substr(0, line.find_first_of(" \t"));
    const size_t digits = line.find_last_of(" \t");
    if (name.empty() || digits == std::string_view::npos) continue;
    uint64_t value = 0;
    const char* const end = line.data() + line.size();
    const auto parsed = std::from_chars(line.data() + digits + 1, end, value);
    if (parsed.ec == std::errc() && parsed.ptr == end) counters.emplace(name, value);
  }
  return counters;
}

Expected<std::map<std::string, uint64_t, std::less<>>, KernelError> ReadXfrmStatistics() {
  // The calling thread's namespace; /proc/net would be that of the process's first thread.
  std::ifstream file("/proc/thread-self/net/xfrm_stat");
  if (!file) return Failure(ENOENT, "read /proc/net/xfrm_stat");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return ParseXfrmStatistics(text);
}

}  // namespace sallyport::netlink
