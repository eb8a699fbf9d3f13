// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink_self_check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <set>
#include <span>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "netlink/l2tp.h"
#include "netlink/nftables.h"
#include "netlink/ppp.h"
#include "netlink/route.h"
#include "netlink/sa_monitor.h"
#include "netlink/xfrm.h"

namespace sallyport {
namespace {

using netlink::L2tpIds;

void Check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "FAIL %s (errno %s)\n", what, std::strerror(errno));
  std::exit(1);
}

template <typename T>
void CheckFails(const Expected<T, netlink::KernelError>& result, int code, const char* what) {
  if (!result && result.error().code == code) {
    std::printf("  refused as it must be: %s\n", result.error().text.c_str());
    return;
  }
  std::fprintf(stderr, "FAIL %s: %s\n", what, result ? "succeeded" : result.error().text.c_str());
  std::exit(1);
}

IpEndpoint Loopback(uint16_t port, IpAddress::Family family = IpAddress::Family::kV4) {
  return {*IpAddress::Parse(family == IpAddress::Family::kV4 ? "127.0.0.1" : "::1"), port};
}

struct SocketAddress {
  explicit SocketAddress(const IpEndpoint& endpoint) {
    const auto octets = endpoint.address.bytes();
    if (endpoint.address.is_v4()) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(endpoint.port);
      std::memcpy(&address.sin_addr, octets.data(), octets.size());
      std::memcpy(&storage, &address, sizeof address);
      size = sizeof address;
    } else {
      sockaddr_in6 address{};
      address.sin6_family = AF_INET6;
      address.sin6_port = htons(endpoint.port);
      std::memcpy(&address.sin6_addr, octets.data(), octets.size());
      std::memcpy(&storage, &address, sizeof address);
      size = sizeof address;
    }
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage{};
  socklen_t size = 0;
};

UniqueFd BoundUdpSocket(const IpEndpoint& local, bool checksum) {
  UniqueFd fd(::socket(local.address.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int no_check = checksum ? 0 : 1;
  Check(::setsockopt(fd.get(), SOL_SOCKET, SO_NO_CHECK, &no_check, sizeof no_check) == 0,
        "SO_NO_CHECK");
  const SocketAddress address(local);
  Check(::bind(fd.get(), address.get(), address.size) == 0, "bind");
  return fd;
}

void Connect(const UniqueFd& fd, const IpEndpoint& peer) {
  const SocketAddress address(peer);
  Check(::connect(fd.get(), address.get(), address.size) == 0, "connect");
}

/// One end of an L2TP session with all four descriptors.
struct End {
  L2tpIds tunnel;
  L2tpIds session;
  UniqueFd udp;
  UniqueFd session_socket;
  UniqueFd channel;
  netlink::PppUnit unit;
};

End MakeEnd(netlink::L2tp& l2tp, netlink::Route& route, uint16_t port, uint16_t peer_port,
            const std::string& name) {
  End end{.tunnel = {port, peer_port},
          .session = {static_cast<uint16_t>(port + 1), static_cast<uint16_t>(peer_port + 1)},
          .udp = ConnectedUdpSocket(Loopback(port), Loopback(peer_port), 0),
          .session_socket = {},
          .channel = {},
          .unit = {}};
  Must(l2tp.CreateTunnel(end.tunnel, end.udp.get()));
  CheckFails(l2tp.CreateTunnel(end.tunnel, end.udp.get()), EEXIST, "a tunnel twice");
  Must(l2tp.CreateSession({.local_tunnel_id = end.tunnel.local, .session = end.session}));
  end.session_socket = Must(netlink::ConnectSession(end.tunnel, end.session));
  const auto ids = Must(netlink::ConnectedSession(end.session_socket.get()));
  Check(ids == netlink::L2tpSessionIds{end.tunnel, end.session}, "ids of the session socket");
  end.channel = Must(netlink::AttachChannel(end.session_socket.get()));
  end.unit = Must(netlink::CreateUnit(route, {.name = name, .group = 4711}));
  CheckFails(netlink::CreateUnit(route, {.name = name, .group = 0}), EEXIST, "a name twice");
  Must(netlink::ConnectUnit(end.channel.get(), end.unit.number));
  Check(Must(netlink::UnitNumber(end.unit.fd.get())) == end.unit.number, "unit number");
  Must(netlink::SetMru(end.unit.fd.get(), 1400));
  Must(route.SetLinkUp(end.unit.ifindex, 1396));
  return end;
}

/// An LCP Echo-Request that is long enough for the kernel's L2TP (14 octets with its header).
constexpr std::array<uint8_t, 10> kEcho{0xC0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4};

void CheckFrame(int from, int to) {
  Check(::write(from, kEcho.data(), kEcho.size()) == static_cast<ssize_t>(kEcho.size()),
        "write a frame");
  pollfd readable{.fd = to, .events = POLLIN, .revents = 0};
  Check(::poll(&readable, 1, 5000) == 1, "a frame within 5 s");
  std::array<uint8_t, 64> frame{};
  Check(::read(to, frame.data(), frame.size()) == static_cast<ssize_t>(kEcho.size()) &&
            std::equal(kEcho.begin(), kEcho.end(), frame.begin()),
        "the frame as it was sent");
}

void CheckSession() {
  std::puts("L2TP and PPP");
  auto l2tp = Must(netlink::L2tp::Open());
  auto route = Must(netlink::Route::Open());
  Must(netlink::ProbePpp());
  CheckFails(l2tp.DeleteTunnel(9), ENODEV, "delete a tunnel that is not there");
  {
    End a = MakeEnd(l2tp, route, 20001, 20003, "probe-a");
    End b = MakeEnd(l2tp, route, 20003, 20001, "probe-b");
    CheckFrame(a.channel.get(), b.channel.get());
    CheckFrame(b.channel.get(), a.channel.get());
    const auto statistics = Must(l2tp.SessionStatistics(a.tunnel.local, a.session.local));
    // The interfaces' own packets (IPv6 neighbour discovery) may come on top.
    Check(statistics.sent_packets >= 1 && statistics.received_packets >= 1 &&
              statistics.received_errors == 0,
          "session statistics");
    const netlink::DeviceRoute host{.destination = {IpAddress::V4(0x0A090909), 32},
                                    .ifindex = a.unit.ifindex,
                                    .preferred_source = IpAddress::V4(INADDR_LOOPBACK)};
    Must(route.AddRoute(host));
    Must(route.AddRoute(host));  // takes its own place
    Must(route.DeleteRoute(host));
    CheckFails(route.DeleteRoute(host), ESRCH, "delete a route twice");
    Must(netlink::DisconnectUnit(a.channel.get()));
    CheckFails(netlink::DisconnectUnit(a.channel.get()), EINVAL, "disconnect twice");
    Must(route.DeleteLinkGroup(4711));
    Check(Must(route.Links("probe-")).entries.empty(), "no interface of the group left");
    CheckFails(route.DeleteLinkGroup(4711), ENODEV, "delete an empty group");
    CheckFails(route.DeleteLinkGroup(0), EINVAL, "delete group 0");
    a.session_socket.Reset();
    Must(l2tp.DeleteTunnel(b.tunnel.local));
  }
  CheckFails(l2tp.SessionStatistics(20001, 20002), ENODEV, "read a session that is gone");
}

/// 32 units made by 8 threads at once: RTM_NEWLINK meets EBUSY, nobody sees it.
void CheckConcurrentUnits() {
  std::puts("units by several threads");
  std::vector<std::thread> threads;
  std::array<std::vector<netlink::PppUnit>, 8> units;
  for (size_t thread = 0; thread < units.size(); ++thread) {
    threads.emplace_back([thread, &units] {
      auto route = Must(netlink::Route::Open());
      for (int i = 0; i < 4; ++i) {
        const std::string name = "probe-u" + std::to_string(thread) + std::to_string(i);
        units[thread].push_back(Must(netlink::CreateUnit(route, {.name = name, .group = 4712})));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  auto route = Must(netlink::Route::Open());
  const auto links = Must(route.Links("probe-u"));
  Check(links.entries.size() == 32, "32 interfaces");
  for (const auto& link : links.entries) Check(link.group == 4712 && !link.up, "group, and down");
  Must(route.DeleteLinkGroup(4712));
}

void CheckRoute() {
  std::puts("interfaces and addresses");
  auto route = Must(netlink::Route::Open());
  Must(route.CreateDummy("probe-d"));
  CheckFails(route.CreateDummy("probe-d"), EEXIST, "a dummy twice");
  const int ifindex = Must(route.LinkIndex("probe-d"));
  Must(route.SetGroup(ifindex, 77));
  Must(route.SetLinkUp(ifindex, 1400));
  for (const char* text : {"10.77.0.1/32", "2001:db8:77::1/128"}) {
    const auto address = *IpPrefix::Parse(text);
    Must(route.AddAddress("probe-d", address));
    Must(route.AddAddress("probe-d", address));  // is there
    const auto addresses = Must(route.Addresses());
    const netlink::LocalAddress expected{ifindex, address.address, address.length,
                                         netlink::kRouteProtocol};
    Check(std::count(addresses.begin(), addresses.end(), expected) == 1, "the address is listed");
    IpPrefix destination = address;
    destination.address =
        *IpAddress::Parse(address.address.is_v4() ? "10.77.0.2" : "2001:db8:77::2");
    const netlink::DeviceRoute host{
        .destination = destination, .ifindex = ifindex, .preferred_source = address.address};
    Must(route.AddRoute(host));
    Must(route.DeleteRoute(host));
    Must(route.DeleteAddress("probe-d", address));
    CheckFails(route.DeleteAddress("probe-d", address), EADDRNOTAVAIL, "delete an address twice");
  }
  const auto links = Must(route.Links("probe-"));
  Check(links.entries.size() == 1 && links.entries[0].up && links.entries[0].mtu == 1400 &&
            links.entries[0].group == 77,
        "the link as it was set");
  const auto statistics = Must(route.Statistics());
  Check(std::any_of(statistics.entries.begin(), statistics.entries.end(),
                    [&](const auto& entry) { return entry.ifindex == ifindex; }),
        "statistics of the link");
  Must(route.SetLinkDown(ifindex));
  Must(route.DeleteLink(ifindex));
  CheckFails(route.LinkIndex("probe-d"), ENODEV, "the link is gone");
}

void CheckRewriting(const netlink::RewritingOptions& options) {
  std::printf("rewriting, ipsec_required %d\n", options.ipsec_required);
  auto nftables = Must(netlink::Nftables::Open());
  CheckFails(nftables.List(), ENOENT, "list a table that is not there");
  netlink::RewritingState state;
  // Enough that the transaction exceeds net.core.wmem_default.
  for (uint16_t i = 0; i < 4000; ++i) {
    const netlink::SaTunnelKey key{.reqid = 1000U + i, .tunnel_id = i};
    state.tunnels.push_back({.key = key, .port = static_cast<uint16_t>(20000 + i)});
    state.ports.push_back(static_cast<uint16_t>(20000 + i));
  }
  Must(nftables.Install(options, {}));
  Must(nftables.Install(options, state));  // in place of the first
  if (!options.ipsec_required) {
    for (const auto& [peer, local] :
         {std::pair("192.0.2.1", "192.0.2.2"), std::pair("2001:db8::1", "2001:db8::2")}) {
      const netlink::PeerTunnelKey key{
          {*IpAddress::Parse(peer), 1701}, *IpAddress::Parse(local), 11};
      state.tunnels.push_back({.key = key, .port = 30000});
      Must(nftables.Apply(netlink::AddTunnel{state.tunnels.back()}));
    }
  }
  auto listed = Must(nftables.List());
  std::sort(listed.tunnels.begin(), listed.tunnels.end());
  std::sort(state.tunnels.begin(), state.tunnels.end());
  std::sort(listed.ports.begin(), listed.ports.end());
  Check(listed.tunnels == state.tunnels && listed.ports == state.ports,
        "the table holds the state");
  Check(std::system("nft list table inet sallyport >/dev/null") == 0, "nft prints the table");

  Must(nftables.Apply(netlink::AddTunnel{state.tunnels.front()}));  // is there
  auto other = state.tunnels.front();
  ++other.port;
  CheckFails(nftables.Apply(netlink::AddTunnel{other}), EEXIST, "a key with another port");
  const std::vector<netlink::RewritingChange> changes{
      netlink::DeletePort{20000}, netlink::DeletePort{1}, netlink::DeletePort{2}};
  const auto failures = nftables.Apply(changes);
  Check(failures.size() == 2 && failures[0].index == 1 && failures[1].index == 2 &&
            failures[0].error.code == ENOENT,
        "the two changes that cannot be made are named");
  std::printf("  refused as it must be: %s\n", failures[0].error.text.c_str());
  Check(Must(nftables.List()).ports.size() == state.ports.size(),
        "nothing of a refused transaction");
  if (options.ipsec_required) Must(nftables.Counters());
  Must(nftables.Remove());
  Must(nftables.Remove());
}

/// Whether one datagram is there, and it is `expected`. Loopback delivers before send() returns.
bool Got(const UniqueFd& fd, std::span<const uint8_t> expected) {
  std::array<uint8_t, 64> bytes{};
  const ssize_t size = ::recv(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  return size == static_cast<ssize_t>(expected.size()) &&
         std::equal(expected.begin(), expected.end(), bytes.begin());
}

bool Sends(const UniqueFd& fd, std::span<const uint8_t> bytes) {
  return ::send(fd.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
}

// L2TP headers (RFC 2661 §3.1) of 14 octets for tunnel 11, session 0.
constexpr std::array<uint8_t, 14> kWithLength{0xC8, 2, 0, 14, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr std::array<uint8_t, 14> kWithoutLength{0x08, 2, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr std::array<uint8_t, 14> kOtherTunnel{0xC8, 2, 0, 14, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr std::array<uint8_t, 14> kVersion3{0xC8, 3, 0, 14, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0};

/// One host is client and server at once: datagrams go to the tunnel's socket and come from port
/// 1701.
void CheckClearText(IpAddress::Family family, bool checksum) {
  std::printf("clear text, IPv%d, UDP checksum %d\n", family == IpAddress::Family::kV4 ? 4 : 6,
              checksum);
  auto nftables = Must(netlink::Nftables::Open());
  Must(nftables.Install({.port = 1701, .ipsec_required = false}));
  const auto client = BoundUdpSocket(Loopback(30001, family), checksum);
  Connect(client, Loopback(1701, family));
  const auto tunnel = BoundUdpSocket(Loopback(30002, family), checksum);
  Connect(tunnel, Loopback(30001, family));
  const auto listener = BoundUdpSocket(Loopback(1701, family), checksum);
  const netlink::PeerTunnelKey key{
      .peer = Loopback(30001, family), .local = Loopback(0, family).address, .tunnel_id = 11};
  Check(Sends(client, kWithLength) && Got(listener, kWithLength), "unknown tunnel to the listener");
  const std::vector<netlink::RewritingChange> add{netlink::AddTunnel{{key, 30002}},
                                                  netlink::AddPort{30002}};
  Check(nftables.Apply(add).empty(), "add the tunnel");
  Check(Sends(client, kWithLength) && Got(tunnel, kWithLength), "with Length to the tunnel");
  Check(Sends(client, kWithoutLength) && Got(tunnel, kWithoutLength), "without Length likewise");
  Check(Sends(client, kOtherTunnel) && Got(listener, kOtherTunnel), "another to the listener");
  Check(Sends(client, kVersion3) && Got(listener, kVersion3), "another version to the listener");
  Check(Sends(tunnel, kWithLength) && Got(client, kWithLength), "the answer is from port 1701");
  const std::vector<netlink::RewritingChange> erase{netlink::DeleteTunnel{key},
                                                    netlink::DeletePort{30002}};
  Check(nftables.Apply(erase).empty(), "delete the tunnel");
  Check(Sends(client, kWithLength) && Got(listener, kWithLength), "the listener has it again");
  Check(Sends(tunnel, kWithLength) && !Got(client, kWithLength), "and port 30002 is itself again");
  Must(nftables.Remove());
}

void CheckFence() {
  std::puts("fence");
  auto nftables = Must(netlink::Nftables::Open());
  Must(nftables.Install({.port = 1701, .ipsec_required = true}));
  Must(nftables.Apply(netlink::AddPort{30002}));
  const auto client = BoundUdpSocket(Loopback(30001), true);
  const auto listener = BoundUdpSocket(Loopback(1701), true);
  const auto tunnel = BoundUdpSocket(Loopback(30002), true);
  Connect(client, Loopback(1701));
  Check(Sends(client, kWithLength) && !Got(listener, kWithLength), "clear text to port 1701");
  Connect(client, Loopback(30002));
  Check(Sends(client, kWithLength) && !Got(tunnel, kWithLength), "clear text to a tunnel's port");
  for (const UniqueFd* const from : {&listener, &tunnel}) {
    Connect(*from, Loopback(30001));
    Check(!Sends(*from, kWithLength) && errno == EPERM, "clear text is not sent");
  }
  const auto counters = Must(nftables.Counters());
  constexpr uint64_t kOctets = 20 + 8 + kWithLength.size();  // IPv4 and UDP headers
  Check(counters.clear_text_in == netlink::FenceCounter{.packets = 2, .bytes = 2 * kOctets} &&
            counters.clear_text_out == netlink::FenceCounter{.packets = 2, .bytes = 2 * kOctets},
        "the fence counts");
  Must(nftables.Remove());
}

void CheckPolicies() {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  Must(netlink::SetSocketPolicy(fd.get(), IpAddress::Family::kV4, 7));
  constexpr const char* kAdd =
      "ip xfrm policy add src 192.0.2.1 dst 192.0.2.2 dir out "
      "tmpl proto esp reqid 9 mode transport && "
      "ip xfrm policy add src 192.0.2.3 dst 192.0.2.4 dir out "
      "tmpl src 192.0.2.3 dst 192.0.2.4 proto esp reqid 8 mode tunnel";
  Check(std::system(kAdd) == 0, "add policies");
  auto xfrm = Must(netlink::Xfrm::Open());
  Check(Must(xfrm.ListTransportReqids()) == std::set<uint32_t>{9},
        "what policies want in transport mode, but for a socket's");
  Check(std::system("ip xfrm policy flush") == 0, "flush policies");
}

void CheckXfrm() {
  std::puts("IPsec");
  auto monitor = Must(netlink::SaMonitor::Open());
  auto xfrm = Must(netlink::Xfrm::Open());
  Check(Must(xfrm.ListSas()).empty(), "no SA in a fresh namespace");
  const std::string add =
      "ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1234 reqid 7 mode transport "
      "aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128 "
      "encap espinudp 10001 4500 0.0.0.0";
  Check(std::system(add.c_str()) == 0, "add an SA");
  Check(std::system("ip xfrm state delete src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1234") == 0,
        "delete the SA");
  std::vector<netlink::SaEvent> events;
  for (;;) {
    const auto some = Must(monitor.Read());
    if (some.empty()) break;
    events.insert(events.end(), some.begin(), some.end());
  }
  const netlink::Sa sa{.source = *IpAddress::Parse("192.0.2.1"),
                       .destination = *IpAddress::Parse("192.0.2.2"),
                       .spi = 0x1234,
                       .protocol = IPPROTO_ESP,
                       .reqid = 7,
                       .transport_mode = true,
                       .encapsulation = netlink::SaEncapsulation{10001, 4500},
                       .keyed = true};
  Check(events.size() == 2, "two events");
  Check(events[0] == netlink::SaEvent(netlink::SaNew{.sa = sa, .update = false}), "SA made");
  const auto* const deleted = std::get_if<netlink::SaDeleted>(&events[1]);
  Check(deleted != nullptr && deleted->sa.spi == sa.spi && deleted->sa.reqid == sa.reqid,
        "SA gone");

  // Fail closed: no SA, so nothing leaves, nothing comes in; without the policy it does.
  const auto one = ConnectedUdpSocket(Loopback(20005), Loopback(20006), 0);
  const auto other = ConnectedUdpSocket(Loopback(20006), Loopback(20005), 0);
  const auto passes = [&] {
    const bool sent = ::send(one.get(), "x", 1, 0) == 1;
    char octet = 0;
    return sent && ::recv(other.get(), &octet, 1, MSG_DONTWAIT) == 1;
  };
  Check(passes(), "clear text before the policy");
  Must(netlink::SetSocketPolicy(one.get(), IpAddress::Family::kV4, 7));
  Check(!passes(), "no clear text out");
  Must(netlink::ClearSocketPolicy(one.get(), IpAddress::Family::kV4));
  Check(passes(), "clear text after the policy was taken away");
  Must(netlink::SetSocketPolicy(other.get(), IpAddress::Family::kV4, 7));
  Check(!passes(), "no clear text in");
  const auto statistics = Must(netlink::ReadXfrmStatistics());
  const auto count = statistics.find("XfrmInTmplMismatch");
  Check(count != statistics.end() && count->second == 1, "the drop is counted");
  const UniqueFd v6(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  Must(netlink::SetSocketPolicy(v6.get(), IpAddress::Family::kV6, 7));
}

}  // namespace

UniqueFd ConnectedUdpSocket(const IpEndpoint& local, const IpEndpoint& peer, uint32_t reqid) {
  UniqueFd fd = BoundUdpSocket(local, false);
  if (reqid != 0) Must(netlink::SetSocketPolicy(fd.get(), local.address.family(), reqid));
  Connect(fd, peer);
  return fd;
}

void SelfCheck() {
  CheckRewriting({.port = 1701, .ipsec_required = true});
  CheckRewriting({.port = 1701, .ipsec_required = false});
  CheckRewriting(
      {.port = 1701, .ipsec_required = true, .clamp_mss = false, .check_sources = false});
  for (const bool checksum : {false, true}) {
    CheckClearText(IpAddress::Family::kV4, checksum);
    CheckClearText(IpAddress::Family::kV6, checksum);
  }
  CheckFence();
  CheckRoute();
  CheckPolicies();
  CheckXfrm();
  CheckConcurrentUnits();
  CheckSession();
  std::puts("self-check passed");
}

}  // namespace sallyport
