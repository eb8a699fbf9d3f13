// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/kernel_sessions.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "daemon/log.h"
#include "netlink/ipv6_settings.h"
#include "netlink/nftables.h"
#include "netlink/ppp.h"

namespace sallyport::daemon {
namespace {

/// Frames read in one turn of the loop from one descriptor; local policy. The kernel keeps 32.
constexpr int kReadBatch = 32;
/// A frame longer than this read is lost (kernel.md §1: EOVERFLOW). Control frames are bounded by
/// the MRU, 1500 at most, and the two octets of the protocol.
constexpr size_t kFrameBuffer = 2048;

/// A name that is taken by somebody else is passed over, so often at most. Local policy.
constexpr int kNameAttempts = 16;

constexpr std::string_view kDhcpv6Servers = "ff02::1:2";  // RFC 8415 §7.1

std::string InterfaceName(unsigned number) { return fmt::format("sallyport{}", number); }

netlink::L2tpIds Ids(l2tp::TunnelId local, l2tp::TunnelId peer) {
  return {.local = local.value(), .peer = peer.value()};
}
netlink::L2tpIds Ids(l2tp::SessionId local, l2tp::SessionId peer) {
  return {.local = local.value(), .peer = peer.value()};
}

/// What a session has once its L2TP side is made.
struct Channel {
  UniqueFd session_socket;
  UniqueFd channel;
};

KernelContext::Result<Channel> MakeChannel(KernelContext& context,
                                           const l2tp::PrepareSession& request) {
  const netlink::L2tpIds tunnel = Ids(request.tunnel, request.peer_tunnel);
  const netlink::L2tpIds session = Ids(request.session, request.peer_session);
  auto l2tp = context.l2tp();
  if (!l2tp) return Unexpected{l2tp.error()};
  netlink::L2tpSessionParameters parameters;
  parameters.local_tunnel_id = tunnel.local;
  parameters.session = session;
  parameters.send_sequence = request.send_sequence;
  // "The LNS controls enabling and disabling of sequence numbers" (RFC 2661 §5.4): of the LAC's end
  // the kernel lets the peer decide. The LNS is who dials an outgoing call, and who is dialled by
  // an incoming one.
  parameters.lns_mode =
      request.dial.has_value() == (request.direction == l2tp::CallDirection::kOutgoing);
  const auto created = (*l2tp)->CreateSession(parameters);
  if (!created) return Unexpected{created.error()};
  auto socket = netlink::ConnectSession(tunnel, session);
  if (!socket) {
    (void)(*l2tp)->DeleteSession(tunnel.local, session.local);  // the first error is what counts
    return Unexpected{socket.error()};
  }
  auto channel = netlink::AttachChannel(socket->get());
  if (!channel) return Unexpected{channel.error()};  // closing the socket deletes the session
  return Channel{*std::move(socket), *std::move(channel)};
}

KernelContext::Result<void> SendSequence(KernelContext& context, const SessionKey& key) {
  auto l2tp = context.l2tp();
  if (!l2tp) return Unexpected{l2tp.error()};
  return (*l2tp)->SetSendSequence(key.tunnel.value(), key.session.value(), true);
}

KernelContext::Result<netlink::PppUnit> MakeUnit(KernelContext& context, int channel,
                                                 const netlink::PppUnitParameters& parameters) {
  auto route = context.route();
  if (!route) return Unexpected{route.error()};
  auto unit = netlink::CreateUnit(**route, parameters);
  if (!unit) return unit;
  if (auto connected = netlink::ConnectUnit(channel, unit->number); !connected) {
    return Unexpected{connected.error()};
  }
  return unit;
}

IpPrefix HostPrefix(const IpAddress& address) {
  return {.address = address, .length = static_cast<uint8_t>(address.bytes().size() * 8)};
}

/// To the peer, and to what is behind it.
std::vector<netlink::DeviceRoute> Routes(const SessionNetwork& network, int ifindex) {
  std::vector<IpPrefix> destinations = network.routes;
  if (network.peer) {
    destinations.push_back(HostPrefix(network.peer));
  }
  std::vector<netlink::DeviceRoute> routes;
  routes.reserve(destinations.size());
  for (const IpPrefix& destination : destinations) {
    routes.push_back(
        {.destination = destination, .ifindex = ifindex, .preferred_source = network.local});
  }
  if (!network.ipv6) return routes;
  for (const IpPrefix& prefix : network.ipv6->prefixes) {
    routes.push_back({.destination = prefix, .ifindex = ifindex, .gateway = network.ipv6->peer});
  }
  return routes;
}

/// An interface as the kernel knows it.
struct Interface {
  int unit_fd;
  int ifindex;
  std::string name;
};

/// Takes away what `before` has and `after` has not. Any of it may have gone with the interface.
void TakeAway(netlink::Route& route, const Interface& interface, const SessionNetwork& before,
              const SessionNetwork& after) {
  const auto kept = Routes(after, interface.ifindex);
  for (const auto& each : Routes(before, interface.ifindex)) {
    if (std::find(kept.begin(), kept.end(), each) == kept.end()) (void)route.DeleteRoute(each);
  }
  if (before.own_address && (!after.own_address || after.local != before.local)) {
    (void)route.DeleteAddress(interface.name, HostPrefix(before.local));
  }
  const auto& ipv6 = before.ipv6;
  const bool same_ends =
      ipv6 && after.ipv6 && ipv6->local == after.ipv6->local && ipv6->peer == after.ipv6->peer;
  if (ipv6 && !same_ends) {
    (void)route.DeleteLinkLocal(interface.ifindex, ipv6->local, ipv6->peer);
  }
}

KernelContext::Result<void> AddIpv6(netlink::Route& route, MulticastMemberships& dhcpv6_servers,
                                    const Interface& interface, const SessionIpv6& ipv6) {
  auto added = route.AddLinkLocal(interface.ifindex, ipv6.local, ipv6.peer);
  if (!added) return added;
  return dhcpv6_servers.Join(interface.ifindex);
}

KernelContext::Result<void> LetPacketsFlow(KernelContext& context,
                                           MulticastMemberships& dhcpv6_servers,
                                           const Interface& interface,
                                           const std::optional<SessionNetwork>& before,
                                           const SessionNetwork& network) {
  auto route = context.route();
  if (!route) return Unexpected{route.error()};
  if (auto mru = netlink::SetMru(interface.unit_fd, network.mtu); !mru) return mru;
  // First of all: a router advertisement or redirect of the client's must find a kernel that is
  // deaf to it.
  if (network.ipv6) {
    if (auto enabled = netlink::EnableIpv6(interface.name); !enabled) return enabled;
  }
  using netlink::NetworkProtocol;
  for (const auto& [protocol, pass] :
       {std::pair(NetworkProtocol::kIpv4, static_cast<bool>(network.local)),
        std::pair(NetworkProtocol::kIpv6, network.ipv6.has_value())}) {
    if (auto set = netlink::SetPass(interface.unit_fd, protocol, pass); !set) return set;
  }
  if (before) TakeAway(**route, interface, *before, network);
  if (auto up = (*route)->SetLinkUp(interface.ifindex, network.mtu); !up) return up;
  if (network.own_address) {
    auto added = (*route)->AddAddress(interface.name, HostPrefix(network.local));
    if (!added) return added;
  }
  if (network.ipv6) {
    auto added = AddIpv6(**route, dhcpv6_servers, interface, *network.ipv6);
    if (!added) return added;
  } else {
    dhcpv6_servers.Leave(interface.ifindex);
  }
  for (const auto& each : Routes(network, interface.ifindex)) {
    if (auto added = (*route)->AddRoute(each); !added) return added;
  }
  return {};
}

void StopPackets(netlink::Route& route, const Interface& interface, const SessionNetwork& network) {
  TakeAway(route, interface, network, {});
  // Or the client could go on sending while it logs in anew.
  (void)route.SetLinkDown(interface.ifindex);
}

}  // namespace

KernelSessions::KernelSessions(EventLoop& loop, WorkerPool& pool)
    : loop_(loop), dhcpv6_servers_(*IpAddress::Parse(kDhcpv6Servers)), sessions_(pool) {}

std::optional<KernelSessions::LinkLocal> KernelSessions::LinkLocalOf(const SessionKey& key) const {
  const Session* session = sessions_.Find(key);
  if (session == nullptr || !session->network || !session->network->ipv6) return {};
  return LinkLocal{.ifindex = session->ifindex, .address = session->network->ipv6->local};
}

void KernelSessions::Prepare(const l2tp::PrepareSession& request, DataPlane::DoneCallback done) {
  const SessionKey key{request.tunnel, request.session};
  if (!sessions_.Add(key, Session{})) {
    done(false);
    return;
  }
  sessions_.Do(key, [this, key, request, done = std::move(done)](Session&) mutable {
    return Sessions::Work(
        [this, key, request, done = std::move(done)](KernelContext& context) mutable {
          auto made = MakeChannel(context, request);
          return Sessions::Finish([this, key, made = std::move(made),
                                   done = std::move(done)](Session& session) mutable {
            if (!made) {
              failure_log_.LogError("session_not_made", made.error().text, loop_.Now());
              done(false);
              return;
            }
            session.session_socket = std::move(made->session_socket);
            session.channel = std::move(made->channel);
            // For hang-ups alone. A frame that overtakes ICCN waits in the kernel, which keeps the
            // newest 32 (kernel.md §1), until PPP has started.
            session.channel_source = Watch(key, session.channel.get(), 0);
            done(true);
          });
        });
  });
}

void KernelSessions::NumberFrames(const SessionKey& key, DataPlane::DoneCallback done) {
  if (sessions_.Find(key) == nullptr) {
    done(false);
    return;
  }
  sessions_.Do(key, [this, key, done = std::move(done)](Session&) mutable {
    return Sessions::Work([this, key, done = std::move(done)](KernelContext& context) mutable {
      auto numbered = SendSequence(context, key);
      return Sessions::Finish(
          [this, numbered = std::move(numbered), done = std::move(done)](Session&) mutable {
            if (!numbered) {
              failure_log_.LogError("session_not_numbered", numbered.error().text, loop_.Now());
            }
            done(numbered.has_value());
          });
    });
  });
}

void KernelSessions::StartFrames(const SessionKey& key) {
  Session* session = sessions_.Find(key);
  if (session != nullptr && session->channel_source) session->channel_source.SetEvents(EPOLLIN);
}

IoSource KernelSessions::Watch(const SessionKey& key, int fd, uint32_t epoll_events) {
  if (sessions_.Find(key) == nullptr) return {};
  return loop_.AddIo(fd, epoll_events,
                     [this, key, fd](uint32_t events) { ReadFrames(key, fd, events); });
}

void KernelSessions::ReadFrames(const SessionKey& key, int fd, uint32_t events) {
  std::array<uint8_t, kFrameBuffer> buffer;  // NOLINT: read(2) writes it first
  for (int i = 0; i < kReadBatch; ++i) {
    const ssize_t size = read(fd, buffer.data(), buffer.size());
    if (size > 0) {
      const auto frame = std::span(buffer).first(static_cast<size_t>(size));
      observer_->OnFrame(key, frame);
      WipeBytes(frame);  // it may have held a password
      // The frame may have ended the session; its descriptors are closed by a later step only.
      const Session* session = sessions_.Find(key);
      if (session == nullptr || !session->channel_source) return;
      continue;
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR || errno == EOVERFLOW)) break;
    events |= EPOLLHUP;
    break;
  }
  if ((events & (EPOLLHUP | EPOLLERR)) == 0) return;
  // The kernel has removed the session under us. Without this the loop would spin on it.
  if (Session* session = sessions_.Find(key)) {
    session->channel_source.Reset();
    session->unit_source.Reset();
  }
  observer_->OnSessionLost(key);
}

void KernelSessions::WriteFrame(const SessionKey& key, std::span<const uint8_t> frame) {
  const Session* session = sessions_.Find(key);
  if (session == nullptr || !session->channel) return;
  // A frame that the kernel does not take is as good as lost on the way: PPP sends it again.
  (void)!write(session->channel.get(), frame.data(), frame.size());
}

unsigned KernelSessions::TakeInterfaceNumber() {
  if (free_numbers_.empty()) return next_number_++;
  const unsigned number = *free_numbers_.begin();
  free_numbers_.erase(free_numbers_.begin());
  return number;
}

KernelSessions::Sessions::Work KernelSessions::CreateInterfaceWork(const SessionKey& key,
                                                                   int channel,
                                                                   InterfaceRequest request) {
  std::optional<unsigned> number;
  if (request.name.empty()) number = TakeInterfaceNumber();
  std::string name = number ? InterfaceName(*number) : request.name;
  // Only sessions that we dialled have a name of the operator's choice.
  const uint32_t group = number ? netlink::kClientGroup : netlink::kDialledGroup;
  return [this, key, number, channel, group, name = std::move(name),
          request = std::move(request)](KernelContext& context) mutable {
    auto unit = MakeUnit(context, channel, {.name = name, .group = group});
    return Sessions::Finish([this, key, number, name = std::move(name), unit = std::move(unit),
                             request = std::move(request)](Session& session) mutable {
      if (!unit) return InterfaceNotMade(key, unit.error(), number, std::move(request));
      session.interface_name = name;
      session.interface_number = number;
      session.unit = std::move(unit->fd);
      session.unit_number = unit->number;
      session.ifindex = unit->ifindex;
      by_ifindex_[session.ifindex] = key;
      session.unit_source = Watch(key, session.unit.get(), EPOLLIN);
      request.done(name);
    });
  };
}

void KernelSessions::InterfaceNotMade(const SessionKey& key, const netlink::KernelError& error,
                                      std::optional<unsigned> number, InterfaceRequest request) {
  if (number && error.code == EEXIST && request.attempts > 1) {
    // The name is somebody else's; the number is not used again.
    --request.attempts;
    CreateInterface(key, std::move(request));
    return;
  }
  if (number) free_numbers_.insert(*number);
  failure_log_.LogError("interface_not_made", error.text, loop_.Now());
  request.done(std::nullopt);
}

void KernelSessions::CreateInterface(const SessionKey& key, const std::string& name,
                                     DataPlane::InterfaceCallback done) {
  CreateInterface(key, {.name = name, .attempts = kNameAttempts, .done = std::move(done)});
}

void KernelSessions::CreateInterface(const SessionKey& key, InterfaceRequest request) {
  if (sessions_.Find(key) == nullptr) {
    request.done(std::nullopt);
    return;
  }
  sessions_.Do(key, [this, key, request = std::move(request)](Session& session) mutable {
    return CreateInterfaceWork(key, session.channel.get(), std::move(request));
  });
}

void KernelSessions::BringUp(const SessionKey& key, const SessionNetwork& network,
                             DataPlane::DoneCallback done) {
  if (sessions_.Find(key) == nullptr) {
    done(false);
    return;
  }
  sessions_.Do(key, [this, network, done = std::move(done)](Session& session) mutable {
    // Noted beforehand: of what fails half way, BringDown() takes away what there is.
    auto before = std::exchange(session.network, network);
    Interface interface {
      .unit_fd = session.unit.get(), .ifindex = session.ifindex, .name = session.interface_name
    };
    return Sessions::Work([this, network, before = std::move(before),
                           interface = std::move(interface),
                           done = std::move(done)](KernelContext& context) mutable {
      auto result = LetPacketsFlow(context, dhcpv6_servers_, interface, before, network);
      return Sessions::Finish(
          [this, result = std::move(result), done = std::move(done)](Session&) mutable {
            if (!result) {
              failure_log_.LogError("interface_not_up", result.error().text, loop_.Now());
            }
            done(result.has_value());
          });
    });
  });
}

void KernelSessions::BringDown(const SessionKey& key) {
  if (sessions_.Find(key) == nullptr) return;
  sessions_.Do(key, [this](Session& session) {
    const auto network = std::exchange(session.network, std::nullopt);
    Interface interface {
      .unit_fd = session.unit.get(), .ifindex = session.ifindex, .name = session.interface_name
    };
    return Sessions::Work(
        [this, network, interface = std::move(interface)](KernelContext& context) {
          dhcpv6_servers_.Leave(interface.ifindex);
          if (auto route = context.route(); network && route) {
            StopPackets(**route, interface, *network);
          }
          return Sessions::Finish([](Session&) {});
        });
  });
}

void KernelSessions::Release(const SessionKey& key, DataPlane::DoneCallback done) {
  Session* session = sessions_.Find(key);
  if (session == nullptr) {
    done(true);
    return;
  }
  // Before anything that is queued: a hang-up would keep the loop busy until its turn.
  session->unit_source.Reset();
  session->channel_source.Reset();
  sessions_.Do(key, [this, done = std::move(done)](Session& last) mutable {
    by_ifindex_.erase(last.ifindex);
    // What a step made that was under way; the sources go before what they watch.
    last.unit_source.Reset();
    last.channel_source.Reset();
    last.network.reset();
    return Sessions::Work([this, number = last.interface_number, ifindex = last.ifindex,
                           unit = std::move(last.unit), channel = std::move(last.channel),
                           socket = std::move(last.session_socket),
                           done = std::move(done)](KernelContext&) mutable {
      dhcpv6_servers_.Leave(ifindex);
      unit.Reset();  // removes the interface and its route; waits for RCU
      channel.Reset();
      socket.Reset();  // deletes the session
      return Sessions::Finish([this, number, done = std::move(done)](Session&) mutable {
        if (number) free_numbers_.insert(*number);
        done(true);
      });
    });
  });
  sessions_.RemoveWhenIdle(key);
}

std::optional<SessionKey> KernelSessions::FindByInterface(int ifindex) const {
  const auto found = by_ifindex_.find(ifindex);
  if (found == by_ifindex_.end()) return {};
  return found->second;
}

std::optional<InterfaceCounters> KernelSessions::CountersOf(const SessionKey& key,
                                                            const CountersByInterface& dump) const {
  const Session* session = sessions_.Find(key);
  if (session == nullptr || !session->unit) return {};
  const auto found =
      std::ranges::lower_bound(dump, session->ifindex, {}, &CountersByInterface::value_type::first);
  if (found == dump.end() || found->first != session->ifindex) return {};
  return found->second;
}

}  // namespace sallyport::daemon
