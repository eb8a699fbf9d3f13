// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/kernel_paths.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <utility>

#include "daemon/log.h"
#include "netlink/xfrm.h"

namespace sallyport::daemon {
namespace {

/// A reqid of zero in a template matches every SA (xfrm_state_ok() in net/xfrm/xfrm_policy.c): what
/// comes to the listener must have come through ESP, no matter whose.
constexpr uint32_t kAnySecurityAssociation = 0;

SystemError ToSystemError(const netlink::KernelError& error) { return {error.code, error.text}; }

Expected<UniqueFd, SystemError> OpenSocket(const IpEndpoint& local, std::optional<uint32_t> reqid) {
  auto socket = OpenUdpSocket(local.address.family());
  if (!socket) return socket;
  // The policy comes first: at no time does the socket take or send anything outside of its SA.
  if (reqid) {
    const auto set = netlink::SetSocketPolicy(socket->get(), local.address.family(), *reqid);
    if (!set) return Unexpected{ToSystemError(set.error())};
  }
  if (auto bound = BindUdpSocket(*socket, local); !bound) return Unexpected{bound.error()};
  return socket;
}

/// What a tunnel has once its path is made.
struct TunnelSocket {
  UniqueFd socket;
  uint16_t port = 0;
  netlink::TunnelKey key;
};

netlink::TunnelKey KeyOf(const l2tp::PrepareTunnel& request, std::optional<ReqId> reqid) {
  if (reqid) {
    return netlink::SaTunnelKey{.reqid = reqid->value(), .tunnel_id = request.tunnel.value()};
  }
  return netlink::PeerTunnelKey{
      .peer = request.peer, .local = request.local, .tunnel_id = request.tunnel.value()};
}

Expected<TunnelSocket, SystemError> MakeTunnel(KernelContext& context,
                                               const l2tp::PrepareTunnel& request,
                                               std::optional<ReqId> reqid) {
  auto socket = OpenSocket({request.local, 0},
                           reqid ? std::optional(reqid->value()) : std::optional<uint32_t>());
  if (!socket) return Unexpected{socket.error()};
  if (auto done = ConnectUdpSocket(*socket, request.peer); !done) return Unexpected{done.error()};
  auto l2tp = context.l2tp();
  if (!l2tp) return Unexpected{ToSystemError(l2tp.error())};
  const netlink::L2tpIds ids{.local = request.tunnel.value(), .peer = request.peer_tunnel.value()};
  if (auto made = (*l2tp)->CreateTunnel(ids, socket->get()); !made) {
    return Unexpected{ToSystemError(made.error())};
  }
  TunnelSocket tunnel{*std::move(socket), 0, KeyOf(request, reqid)};
  tunnel.port = LocalUdpPort(tunnel.socket);
  auto nftables = context.nftables();
  if (!nftables) return Unexpected{ToSystemError(nftables.error())};
  const std::vector<netlink::RewritingChange> changes{
      netlink::AddPort{tunnel.port}, netlink::AddTunnel{{tunnel.key, tunnel.port}}};
  const auto failures = (*nftables)->Apply(changes);
  if (!failures.empty()) return Unexpected{ToSystemError(failures.front().error)};
  return tunnel;
}

}  // namespace

KernelPaths::KernelPaths(EventLoop& loop, WorkerPool& pool, Options options)
    : loop_(loop), options_(std::move(options)), paths_(pool) {}

Expected<void, SystemError> KernelPaths::Listen() {
  if (options_.listen.empty()) return Listen(IpAddress::V4(0));
  for (const auto& local : options_.listen) {
    if (auto listening = Listen(local); !listening) return listening;
  }
  return {};
}

Expected<void, SystemError> KernelPaths::Listen(const IpAddress& local) {
  std::optional<uint32_t> reqid;
  if (options_.ipsec_required) reqid = kAnySecurityAssociation;
  auto socket = OpenSocket({local, options_.port}, reqid);
  if (!socket) return Unexpected{socket.error()};
  const l2tp::PathId id = NextId();
  paths_.Add(id, Path{.kind = Kind::kListener,
                      .socket = *std::move(socket),
                      .source = {},
                      .local = local,
                      .port = options_.port,
                      .key = {}});
  Watch(id, *paths_.Find(id));
  return {};
}

std::optional<l2tp::PathId> KernelPaths::AddSecurityAssociation(ReqId reqid,
                                                                const IpAddress& local) {
  auto socket = OpenSocket({local, 0}, reqid.value());
  if (!socket) {
    LogError("sa_socket_not_made", socket.error().text);
    return {};
  }
  const l2tp::PathId id = NextId();
  const netlink::TunnelPort element{
      .key = netlink::SaTunnelKey{.reqid = reqid.value(), .tunnel_id = 0},
      .port = LocalUdpPort(*socket)};
  paths_.Add(id, Path{.kind = Kind::kSecurityAssociation,
                      .socket = *std::move(socket),
                      .source = {},
                      .local = local,
                      .port = element.port,
                      .key = element.key});
  TakePort(element.port);
  Watch(id, *paths_.Find(id));
  paths_.Do(id, [element](Path&) {
    return Paths::Work([element](KernelContext& context) {
      std::string failure;
      if (auto nftables = context.nftables(); !nftables) {
        failure = nftables.error().text;
      } else {
        const std::vector<netlink::RewritingChange> changes{netlink::AddPort{element.port},
                                                            netlink::AddTunnel{element}};
        const auto failures = (*nftables)->Apply(changes);
        if (!failures.empty()) failure = failures.front().error.text;
      }
      return Paths::Finish([failure](Path&) {
        // Its clients still reach the listener, if they are alone behind their address.
        if (!failure.empty()) LogError("sa_path_not_made", failure);
      });
    });
  });
  return id;
}

bool KernelPaths::GiveUpPort(uint16_t port) {
  const auto found = ports_.find(port);
  if (found == ports_.end() || --found->second > 0) return false;
  ports_.erase(found);
  return true;
}

void KernelPaths::Remove(l2tp::PathId id) {
  Path* path = paths_.Find(id);
  if (path == nullptr) return;
  path->source.Reset();
  paths_.Do(id, [this](Path& last) {
    std::vector<netlink::RewritingChange> changes;
    if (last.key) changes.emplace_back(netlink::DeleteTunnel{*last.key});
    if (last.key && GiveUpPort(last.port)) changes.emplace_back(netlink::DeletePort{last.port});
    return Paths::Work([changes, socket = std::move(last.socket)](KernelContext& context) mutable {
      auto nftables = context.nftables();
      // The rules go first: the kernel may give the port to somebody else once it is closed. An
      // element that is missing was removed with the table.
      if (nftables && !changes.empty()) (void)(*nftables)->Apply(changes);
      socket.Reset();  // deletes the kernel's tunnel
      return Paths::Finish([](Path&) {});
    });
  });
  paths_.RemoveWhenIdle(id);
}

void KernelPaths::PrepareTunnel(const l2tp::PrepareTunnel& request, std::optional<ReqId> reqid,
                                DataPlane::PathCallback done) {
  const l2tp::PathId id = NextId();
  paths_.Add(id, Path{.kind = Kind::kTunnel,
                      .socket = {},
                      .source = {},
                      .local = request.local,
                      .port = 0,
                      .key = {}});
  paths_.Do(id, [this, id, request, reqid, done = std::move(done)](Path&) mutable {
    return Paths::Work(
        [this, id, request, reqid, done = std::move(done)](KernelContext& context) mutable {
          auto made = MakeTunnel(context, request, reqid);
          return Paths::Finish(
              [this, id, made = std::move(made), done = std::move(done)](Path& path) mutable {
                if (!made) {
                  LogFailure("tunnel_not_made", made.error().text);
                  paths_.RemoveWhenIdle(id);
                  done(std::nullopt);
                  return;
                }
                path.socket = std::move(made->socket);
                path.port = made->port;
                path.key = made->key;
                TakePort(path.port);
                Watch(id, path);
                done(id);
              });
        });
  });
}

uint16_t KernelPaths::LocalPort(l2tp::PathId id) const {
  const Path* path = paths_.Find(id);
  return path == nullptr ? uint16_t{0} : path->port;
}

void KernelPaths::LogFailure(std::string_view message_id, const std::string& text) {
  if (const auto passed = failure_log_.Pass(text, loop_.Now())) LogError(message_id, *passed);
}

void KernelPaths::Send(const l2tp::SendDatagram& datagram) {
  const Path* path = paths_.Find(datagram.path);
  if (path == nullptr || !path->socket) return;
  // A tunnel's socket is connected, and an address would make the kernel look up a route each time.
  const IpEndpoint to = path->kind == Kind::kTunnel ? IpEndpoint{} : datagram.peer;
  if (!SendUdpDatagram(path->socket, to, {}, datagram.bytes)) ++send_failures_;
}

void KernelPaths::Watch(l2tp::PathId id, Path& path) {
  path.source = loop_.AddIo(path.socket.get(), EPOLLIN, [this, id](uint32_t) { Read(id); });
}

void KernelPaths::Read(l2tp::PathId id) {
  const Path* path = paths_.Find(id);
  if (path == nullptr || observer_ == nullptr) return;
  const bool listener = path->kind == Kind::kListener;
  const IpAddress bound = path->local;
  // Removing the path meanwhile does no harm: its socket is closed by a later step.
  ReceiveUdpDatagrams(path->socket, [&](const UdpDatagram& received) {
    observer_->OnDatagram({.path = id,
                           .peer = received.peer,
                           .local = received.local ? received.local : bound,
                           .bytes = received.bytes},
                          listener);
  });
}

}  // namespace sallyport::daemon
