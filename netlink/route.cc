// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/route.h"

#include <cerrno>
#include <cstddef>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace sallyport::netlink {
namespace {

ifinfomsg InterfaceHeader(int ifindex) {
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = ifindex;
  return header;
}

std::string InterfaceText(int ifindex) { return "interface " + std::to_string(ifindex); }

uint8_t FamilyOf(const IpAddress& address) { return address.is_v4() ? AF_INET : AF_INET6; }

/// How rtnl_link_stats64 begins; its end differs from kernel to kernel.
struct StatisticsHead {
  uint64_t rx_packets;
  uint64_t tx_packets;
  uint64_t rx_bytes;
  uint64_t tx_bytes;
};
static_assert(offsetof(rtnl_link_stats64, tx_bytes) == offsetof(StatisticsHead, tx_bytes));

std::optional<LinkCounters> ReadCounters(const Attributes& attributes, uint16_t type) {
  const auto payload = attributes.Find(type);
  const auto head = payload ? ReadStruct<StatisticsHead>(*payload) : std::nullopt;
  if (!head) return {};
  return LinkCounters{.received_packets = head->rx_packets,
                      .received_bytes = head->rx_bytes,
                      .sent_packets = head->tx_packets,
                      .sent_bytes = head->tx_bytes};
}

std::optional<Link> ParseLink(const Received& entry) {
  const auto header = ReadStruct<ifinfomsg>(entry.payload);
  if (entry.type != RTM_NEWLINK || !header) return {};
  const auto attributes = Attributes::Behind<ifinfomsg>(entry.payload);
  auto name = attributes.Text(IFLA_IFNAME);
  if (!name) return {};
  return Link{.ifindex = header->ifi_index,
              .name = *std::move(name),
              .group = attributes.U32(IFLA_GROUP).value_or(0),
              .mtu = attributes.U32(IFLA_MTU).value_or(0),
              .up = (header->ifi_flags & IFF_UP) != 0,
              .counters = ReadCounters(attributes, IFLA_STATS64).value_or(LinkCounters{})};
}

std::optional<LinkStatistics> ParseStatistics(const Received& entry) {
  const auto header = ReadStruct<if_stats_msg>(entry.payload);
  if (entry.type != RTM_NEWSTATS || !header) return {};
  const auto counters =
      ReadCounters(Attributes::Behind<if_stats_msg>(entry.payload), IFLA_STATS_LINK_64);
  if (!counters) return {};
  return LinkStatistics{.ifindex = static_cast<int>(header->ifindex), .counters = *counters};
}

std::optional<LocalAddress> ParseAddress(const Received& entry) {
  const auto header = ReadStruct<ifaddrmsg>(entry.payload);
  if (entry.type != RTM_NEWADDR || !header) return {};
  const auto attributes = Attributes::Behind<ifaddrmsg>(entry.payload);
  // IFA_ADDRESS is the other end of a point-to-point interface; ours is then in IFA_LOCAL.
  auto address = attributes.Address(IFA_LOCAL);
  if (!address) address = attributes.Address(IFA_ADDRESS);
  if (!address) return {};
  return LocalAddress{.ifindex = static_cast<int>(header->ifa_index),
                      .address = *address,
                      .prefix_length = header->ifa_prefixlen,
                      .protocol = attributes.U8(IFA_PROTO).value_or(0)};
}

}  // namespace

Expected<Route, KernelError> Route::Open() {
  auto socket = Socket::Open(NETLINK_ROUTE);
  if (!socket) return Unexpected{socket.error()};
  return Route(*std::move(socket));
}

Expected<int, KernelError> Route::LinkIndex(std::string_view name) {
  Message request(RTM_GETLINK, 0, InterfaceHeader(0));
  request.Text(IFLA_IFNAME, name);
  request.U32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  const std::string operation = "find interface " + std::string(name);
  const auto answer = socket_.Query(request, operation);
  if (!answer) return Unexpected{answer.error()};
  const auto header = ReadStruct<ifinfomsg>(*answer);
  if (!header || header->ifi_index <= 0) return Failure(EBADMSG, operation);
  return header->ifi_index;
}

Expected<void, KernelError> Route::SetLinkUp(int ifindex, uint32_t mtu) {
  ifinfomsg header = InterfaceHeader(ifindex);
  header.ifi_flags = IFF_UP;
  header.ifi_change = IFF_UP;
  Message request(RTM_NEWLINK, 0, header);
  request.U32(IFLA_MTU, mtu);
  return socket_.Request(request, "set up " + InterfaceText(ifindex));
}

Expected<void, KernelError> Route::SetLinkDown(int ifindex) {
  ifinfomsg header = InterfaceHeader(ifindex);
  header.ifi_change = IFF_UP;
  return socket_.Request(Message(RTM_NEWLINK, 0, header), "set down " + InterfaceText(ifindex));
}

Expected<void, KernelError> Route::SetGroup(int ifindex, uint32_t group) {
  Message request(RTM_NEWLINK, 0, InterfaceHeader(ifindex));
  request.U32(IFLA_GROUP, group);
  return socket_.Request(request, "set the group of " + InterfaceText(ifindex));
}

Expected<void, KernelError> Route::DeleteLink(int ifindex) {
  return socket_.Request(Message(RTM_DELLINK, 0, InterfaceHeader(ifindex)),
                         "delete " + InterfaceText(ifindex));
}

Expected<void, KernelError> Route::DeleteLinkGroup(uint32_t group) {
  const std::string operation = "delete the interfaces of group " + std::to_string(group);
  if (group == 0) return Failure(EINVAL, operation, "0 is the group of every other interface");
  Message request(RTM_DELLINK, 0, InterfaceHeader(0));
  request.U32(IFLA_GROUP, group);
  return socket_.Request(request, operation);
}

Expected<void, KernelError> Route::CreateDummy(std::string_view name) {
  Message request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, InterfaceHeader(0));
  request.Text(IFLA_IFNAME, name);
  request.Nest(IFLA_LINKINFO, [&] { request.Text(IFLA_INFO_KIND, "dummy"); });
  return socket_.Request(request, "create dummy interface " + std::string(name));
}

Expected<void, KernelError> Route::CreatePppLink(std::string_view name, uint32_t group,
                                                 int ppp_fd) {
  Message request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, InterfaceHeader(0));
  request.Text(IFLA_IFNAME, name);
  request.U32(IFLA_GROUP, group);
  request.Nest(IFLA_LINKINFO, [&] {
    request.Text(IFLA_INFO_KIND, "ppp");
    request.Nest(IFLA_INFO_DATA,
                 [&] { request.U32(IFLA_PPP_DEV_FD, static_cast<uint32_t>(ppp_fd)); });
  });
  return socket_.Request(request, "create PPP interface " + std::string(name));
}

Expected<void, KernelError> Route::ChangeRoute(const DeviceRoute& route, bool add) {
  const IpAddress& destination = route.destination.address;
  rtmsg header{};
  header.rtm_family = FamilyOf(destination);
  header.rtm_dst_len = route.destination.length;
  header.rtm_protocol = kRouteProtocol;
  // IPv6 routes have no scope (net/ipv6/route.c ignores it).
  header.rtm_scope = destination.is_v4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  Message request(add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_REPLACE : 0,
                  header);
  request.Address(RTA_DST, destination);
  request.U32(RTA_OIF, static_cast<uint32_t>(route.ifindex));
  request.U32(RTA_TABLE, route.table);  // in place of rtm_table, which has 8 bits
  if (route.gateway) request.Address(RTA_GATEWAY, *route.gateway);
  if (route.preferred_source) request.Address(RTA_PREFSRC, *route.preferred_source);
  return socket_.Request(request, (add ? "add route " : "delete route ") +
                                      route.destination.ToString() + " by " +
                                      InterfaceText(route.ifindex));
}

Expected<void, KernelError> Route::AddRoute(const DeviceRoute& route) {
  return ChangeRoute(route, true);
}

Expected<void, KernelError> Route::DeleteRoute(const DeviceRoute& route) {
  return ChangeRoute(route, false);
}

Expected<void, KernelError> Route::ChangeAddress(std::string_view device, const IpPrefix& address,
                                                 bool add, std::string_view label) {
  const auto ifindex = LinkIndex(device);
  if (!ifindex) return Unexpected{ifindex.error()};
  ifaddrmsg header{};
  header.ifa_family = FamilyOf(address.address);
  header.ifa_prefixlen = address.length;
  // Usable at once: nobody else can have an address of a host of its own.
  header.ifa_flags = address.address.is_v6() ? IFA_F_NODAD : 0;
  header.ifa_index = static_cast<uint32_t>(*ifindex);
  Message request(add ? RTM_NEWADDR : RTM_DELADDR, add ? NLM_F_CREATE | NLM_F_REPLACE : 0, header);
  request.Address(IFA_LOCAL, address.address);
  request.Address(IFA_ADDRESS, address.address);
  if (add) request.U8(IFA_PROTO, kRouteProtocol);
  if (!label.empty()) request.Text(IFA_LABEL, label);
  return socket_.Request(request, (add ? "add address " : "delete address ") + address.ToString() +
                                      " of " + std::string(device));
}

Expected<void, KernelError> Route::AddAddress(std::string_view device, const IpPrefix& address,
                                              std::string_view label) {
  return ChangeAddress(device, address, true, label);
}

Expected<void, KernelError> Route::DeleteAddress(std::string_view device, const IpPrefix& address) {
  return ChangeAddress(device, address, false, {});
}

Expected<void, KernelError> Route::ChangeLinkLocal(int ifindex, const IpAddress& local,
                                                   const IpAddress& peer, bool add) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET6;
  header.ifa_prefixlen = 128;
  // IPv6CP has made sure that the two differ, and there is nobody else (RFC 5072 §5).
  header.ifa_flags = IFA_F_NODAD;
  header.ifa_index = static_cast<uint32_t>(ifindex);
  Message request(add ? RTM_NEWADDR : RTM_DELADDR, add ? NLM_F_CREATE | NLM_F_REPLACE : 0, header);
  request.Address(IFA_LOCAL, local);
  request.Address(IFA_ADDRESS, peer);
  return socket_.Request(request, (add ? "add link-local address " : "delete link-local address ") +
                                      local.ToString() + " of " + InterfaceText(ifindex));
}

Expected<void, KernelError> Route::AddLinkLocal(int ifindex, const IpAddress& local,
                                                const IpAddress& peer) {
  return ChangeLinkLocal(ifindex, local, peer, true);
}

Expected<void, KernelError> Route::DeleteLinkLocal(int ifindex, const IpAddress& local,
                                                   const IpAddress& peer) {
  return ChangeLinkLocal(ifindex, local, peer, false);
}

Expected<std::vector<LocalAddress>, KernelError> Route::Addresses() {
  return socket_.Dump(Message(RTM_GETADDR, 0, ifaddrmsg{}), "list local addresses", ParseAddress);
}

template <typename T>
Expected<Snapshot<T>, KernelError> Route::DumpSnapshot(const Message& request,
                                                       std::string_view operation,
                                                       std::optional<T> (*parse)(const Received&)) {
  Snapshot<T> snapshot;
  const auto consistent = socket_.DumpOnce(request, operation, [&](const Received& entry) {
    if (auto parsed = parse(entry)) snapshot.entries.push_back(*std::move(parsed));
  });
  if (!consistent) return Unexpected{consistent.error()};
  snapshot.consistent = *consistent;
  return snapshot;
}

Expected<Snapshot<Link>, KernelError> Route::Links(std::string_view name_prefix) {
  auto links =
      DumpSnapshot(Message(RTM_GETLINK, 0, InterfaceHeader(0)), "list interfaces", ParseLink);
  if (links) {
    std::erase_if(links->entries,
                  [&](const Link& link) { return !link.name.starts_with(name_prefix); });
  }
  return links;
}

Expected<Snapshot<LinkStatistics>, KernelError> Route::Statistics() {
  if_stats_msg header{};
  header.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  return DumpSnapshot(Message(RTM_GETSTATS, 0, header), "read interface counters", ParseStatistics);
}

}  // namespace sallyport::netlink
