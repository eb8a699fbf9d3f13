// SPDX-License-Identifier: GPL-2.0-or-later
// The calls of netlink/ for scenarios and for the hand: run in the network namespace that is meant.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "netlink/l2tp.h"
#include "netlink/nftables.h"
#include "netlink/ppp.h"
#include "netlink/route.h"
#include "netlink/sa_monitor.h"
#include "netlink/xfrm.h"

#include "netlink_self_check.h"

namespace sallyport {
namespace {

constexpr const char* kUsage =
    "netlink_probe self-check                 every call that needs no peer; leaves nothing "
    "behind\n"
    "netlink_probe install | install-clear-text | remove | list | counters      the rewriting "
    "table\n"
    "netlink_probe add REQID TUNNEL PORT | delete REQID TUNNEL PORT\n"
    "netlink_probe sas | monitor              list SAs; print what happens to them until SIGTERM\n"
    "netlink_probe encapsulate                hold the UDP port 4500 for ESP until SIGTERM\n"
    "netlink_probe session KEY=VALUE...       hold one end of a session until SIGTERM, sending "
    "HELLO\n"
    "    name= local=ADDRESS port= peer=ADDRESS tunnel= peer-tunnel= session= peer-session=\n"
    "    inner=ADDRESS peer-inner=ADDRESS [reqid=]\n";

/// A descriptor that is readable once SIGTERM or SIGINT has come.
UniqueFd StopSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC));
}

/// Waits for `fd` or the signal, `milliseconds` at most (-1: for ever); false once the signal came.
bool Wait(const UniqueFd& stop, int fd, int milliseconds) {
  std::array<pollfd, 2> both{pollfd{.fd = stop.get(), .events = POLLIN, .revents = 0},
                             pollfd{.fd = fd, .events = POLLIN, .revents = 0}};
  ::poll(both.data(), both.size(), milliseconds);
  return both[0].revents == 0;
}

unsigned Number(std::string_view text) {
  return static_cast<unsigned>(std::strtoul(std::string(text).c_str(), nullptr, 0));
}
uint16_t Number16(std::string_view text) { return static_cast<uint16_t>(Number(text)); }

std::string ToText(const netlink::Sa& sa) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), "reqid %u spi %08x %s -> %s ports %u %u, %llu packets",
                sa.reqid, sa.spi, sa.source.ToString().c_str(), sa.destination.ToString().c_str(),
                sa.encapsulation ? sa.encapsulation->source_port : 0U,
                sa.encapsulation ? sa.encapsulation->destination_port : 0U,
                static_cast<unsigned long long>(sa.packets));
  return text.data();
}

struct PrintEvent {
  void operator()(const netlink::SaNew& event) const {
    std::printf("%s %s\n", event.update ? "update" : "new", ToText(event.sa).c_str());
  }
  void operator()(const netlink::SaDeleted& event) const {
    std::printf("deleted %s\n", ToText(event.sa).c_str());
  }
  void operator()(const netlink::SaExpired& event) const {
    std::printf("expired %s %s\n", event.hard ? "hard" : "soft", ToText(event.sa).c_str());
  }
  void operator()(const netlink::SasFlushed& event) const {
    std::printf("flushed protocol %u\n", event.protocol);
  }
  void operator()(const netlink::MappingChanged& event) const {
    std::printf("mapping reqid %u spi %08x %s -> %s\n", event.reqid, event.spi,
                event.old_source.ToString().c_str(), event.new_source.ToString().c_str());
  }
  void operator()(const netlink::Overrun&) const { std::puts("overrun"); }
};

void Monitor() {
  auto monitor = Must(netlink::SaMonitor::Open());
  const auto stop = StopSignal();
  while (Wait(stop, monitor.fd(), -1)) {
    for (const auto& event : Must(monitor.Read())) std::visit(PrintEvent{}, event);
  }
}

void Encapsulate() {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(4500);
  const int kind = UDP_ENCAP_ESPINUDP;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
      ::setsockopt(fd.get(), IPPROTO_UDP, UDP_ENCAP, &kind, sizeof kind) < 0) {
    std::perror("FAIL port 4500");
    std::exit(1);
  }
  const auto stop = StopSignal();
  while (Wait(stop, -1, -1)) continue;
}

int Rewriting(std::string_view command, const std::vector<std::string_view>& arguments) {
  auto nftables = Must(netlink::Nftables::Open());
  if (command == "install") Must(nftables.Install({.port = 1701, .ipsec_required = true}));
  if (command == "install-clear-text") {
    Must(nftables.Install({.port = 1701, .ipsec_required = false}));
  }
  if (command == "remove") Must(nftables.Remove());
  if (command == "list") {
    const auto state = Must(nftables.List());
    for (const auto& [key, port] : state.tunnels) {
      std::printf("%s: %u\n", netlink::ToString(key).c_str(), port);
    }
    for (const auto port : state.ports) std::printf("port %u\n", port);
  }
  if (command == "counters") {
    const auto counters = Must(nftables.Counters());
    std::printf("in %llu out %llu\n",
                static_cast<unsigned long long>(counters.clear_text_in->packets),
                static_cast<unsigned long long>(counters.clear_text_out->packets));
  }
  if (command != "add" && command != "delete") return 0;
  if (arguments.size() != 3) return 2;
  const netlink::SaTunnelKey key{.reqid = Number(arguments[0]),
                                 .tunnel_id = Number16(arguments[1])};
  const uint16_t port = Number16(arguments[2]);
  std::vector<netlink::RewritingChange> changes{netlink::AddTunnel{{key, port}},
                                                netlink::AddPort{port}};
  if (command == "delete") changes = {netlink::DeleteTunnel{key}, netlink::DeletePort{port}};
  for (const auto& failure : nftables.Apply(changes)) {
    std::fprintf(stderr, "FAIL %s\n", failure.error.text.c_str());
    return 1;
  }
  return 0;
}

/// A HELLO (RFC 2661 §6.5) to the peer's tunnel.
std::array<uint8_t, 20> Hello(uint16_t tunnel, uint8_t number) {
  return {0xC8,
          0x02,
          0,
          20,  // T, L, S, version 2; length
          static_cast<uint8_t>(tunnel >> 8),
          static_cast<uint8_t>(tunnel),
          0,
          0,  // ids
          0,
          number,
          0,
          0,  // Ns, Nr
          0x80,
          8,
          0,
          0,
          0,
          0,
          0,
          6};  // Message Type AVP, mandatory: HELLO
}

/// Prints control messages and sends some, until the signal.
void HoldSession(int udp, uint16_t peer_tunnel) {
  const auto stop = StopSignal();
  for (uint8_t number = 0; Wait(stop, udp, 300); ++number) {
    std::array<uint8_t, 2048> bytes{};
    const ssize_t size = ::recv(udp, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size >= 6) {
      std::printf("control for tunnel %u\n", static_cast<unsigned>(bytes[4] << 8 | bytes[5]));
    }
    const auto hello = Hello(peer_tunnel, number);
    if (::send(udp, hello.data(), hello.size(), 0) < 0) std::perror("send");
    ::usleep(300'000);
  }
}

int Session(const std::vector<std::string_view>& arguments) {
  std::map<std::string_view, std::string_view> values;
  for (const auto argument : arguments) {
    const size_t equals = argument.find('=');
    if (equals == std::string_view::npos) return 2;
    values[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  const auto address = [&](std::string_view key) {
    return IpAddress::Parse(values[key]).value_or(IpAddress());
  };
  const netlink::L2tpIds tunnel{Number16(values["tunnel"]), Number16(values["peer-tunnel"])};
  const netlink::L2tpIds session{Number16(values["session"]), Number16(values["peer-session"])};
  auto l2tp = Must(netlink::L2tp::Open());
  auto route = Must(netlink::Route::Open());
  const auto udp = ConnectedUdpSocket({address("local"), Number16(values["port"])},
                                      {address("peer"), 1701}, Number(values["reqid"]));
  Must(l2tp.CreateTunnel(tunnel, udp.get()));
  Must(l2tp.CreateSession({.local_tunnel_id = tunnel.local, .session = session}));
  const auto session_socket = Must(netlink::ConnectSession(tunnel, session));
  const auto channel = Must(netlink::AttachChannel(session_socket.get()));
  const auto unit = Must(netlink::CreateUnit(route, {.name = std::string(values["name"])}));
  Must(netlink::ConnectUnit(channel.get(), unit.number));
  Must(route.SetLinkUp(unit.ifindex, 1400));
  const IpPrefix inner{address("inner"), 32};
  Must(route.AddAddress("lo", inner));
  Must(route.AddRoute({.destination = {address("peer-inner"), 32},
                       .ifindex = unit.ifindex,
                       .preferred_source = inner.address}));
  std::puts("session is up");
  HoldSession(udp.get(), tunnel.peer);
  const auto statistics = Must(l2tp.SessionStatistics(tunnel.local, session.local));
  std::printf("received %llu sent %llu packets\n",
              static_cast<unsigned long long>(statistics.received_packets),
              static_cast<unsigned long long>(statistics.sent_packets));
  Must(route.DeleteLink(unit.ifindex));
  (void)route.DeleteAddress("lo", inner);  // two sessions of one host may share it
  return 0;
}

int Run(const std::vector<std::string_view>& words) {
  if (words.empty()) return 2;
  const std::string_view command = words[0];
  const std::vector<std::string_view> arguments(words.begin() + 1, words.end());
  if (command == "self-check") {
    SelfCheck();
  } else if (command == "sas") {
    for (const auto& sa : Must(Must(netlink::Xfrm::Open()).ListSas()))
      std::puts(ToText(sa).c_str());
  } else if (command == "monitor") {
    Monitor();
  } else if (command == "encapsulate") {
    Encapsulate();
  } else if (command == "session") {
    return Session(arguments);
  } else {
    for (const std::string_view known :
         {"install", "install-clear-text", "remove", "list", "counters", "add", "delete"}) {
      if (command == known) return Rewriting(command, arguments);
    }
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  ::setvbuf(stdout, nullptr, _IOLBF, 0);
  const int status = sallyport::Run({argv + 1, argv + argc});
  if (status == 2) std::fputs(sallyport::kUsage, stderr);
  return status;
}
