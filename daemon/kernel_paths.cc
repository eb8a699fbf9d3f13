// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/kernel_paths.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <fmt/format.h>
#include <memory>
#include <sys/epoll.h>
#include <utility>

#include "daemon/log.h"
#include "netlink/xfrm.h"

namespace sallyport::daemon {
namespace {

/// A reqid of zero in a template matches every SA (xfrm_state_ok() in net/xfrm/xfrm_policy.c): what
/// comes to the listener must have come through ESP, no matter whose.
constexpr uint32_t kAnySecurityAssociation = 0;

/// For an IKE daemon to give a new address to its SAs: a second in all. Local policy.
constexpr std::chrono::milliseconds kMoveInterval{20};
constexpr unsigned kMoveAttempts = 50;

/// There is one table.
constexpr int kTable = 0;

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

netlink::TunnelKey KeyOf(const l2tp::PrepareTunnel& request, std::optional<ReqId> reqid) {
  if (reqid) {
    return netlink::SaTunnelKey{.reqid = reqid->value(), .tunnel_id = request.tunnel.value()};
  }
  return netlink::PeerTunnelKey{
      .peer = request.peer, .local = request.local, .tunnel_id = request.tunnel.value()};
}

Expected<void, SystemError> MakeKernelTunnel(KernelContext& context, l2tp::TunnelId tunnel,
                                             l2tp::TunnelId peer_tunnel, int socket) {
  auto l2tp = context.l2tp();
  if (!l2tp) return Unexpected{ToSystemError(l2tp.error())};
  const netlink::L2tpIds ids{.local = tunnel.value(), .peer = peer_tunnel.value()};
  if (auto made = (*l2tp)->CreateTunnel(ids, socket); !made) {
    return Unexpected{ToSystemError(made.error())};
  }
  return {};
}

/// The address that the route to `peer` has us send from. Sends nothing.
Expected<IpAddress, SystemError> RouteSource(const IpEndpoint& peer) {
  const auto socket = OpenUdpSocket(peer.address.family());
  if (!socket) return Unexpected{socket.error()};
  if (auto done = ConnectUdpSocket(socket->get(), peer); !done) return Unexpected{done.error()};
  return LocalUdpEndpoint(*socket).address;
}

/// A socket of its own for a tunnel that we dial: it takes the answer from any port of the peer.
/// The kernel's tunnel waits for the peer's id.
Expected<UniqueFd, SystemError> MakeDialSocket(const l2tp::PrepareTunnel& request,
                                               std::optional<uint32_t> reqid) {
  IpAddress local = request.local;
  if (!local) {
    auto source = RouteSource(request.peer);
    if (!source) return Unexpected{source.error()};
    local = *source;
  }
  return OpenSocket({local, 0}, reqid);
}

/// A socket of its own, connected, and the kernel's tunnel on it.
Expected<UniqueFd, SystemError> MakeTunnel(KernelContext& context,
                                           const l2tp::PrepareTunnel& request,
                                           std::optional<uint32_t> reqid) {
  if (request.dial) return MakeDialSocket(request, reqid);
  auto socket = OpenSocket({request.local, 0}, reqid);
  if (!socket) return socket;
  if (auto done = ConnectUdpSocket(socket->get(), request.peer); !done)
    return Unexpected{done.error()};
  const auto made = MakeKernelTunnel(context, request.tunnel, request.peer_tunnel, socket->get());
  if (!made) return Unexpected{made.error()};
  return socket;
}

/// The text of the first failure; empty when there is none.
std::string Apply(KernelContext& context, const std::vector<netlink::RewritingChange>& changes) {
  auto nftables = context.nftables();
  if (!nftables) return nftables.error().text;
  const auto failures = (*nftables)->Apply(changes);
  return failures.empty() ? std::string() : failures.front().error.text;
}

/// An element of the rewriting table that is to be another.
struct MovedElement {
  netlink::TunnelKey from;
  netlink::TunnelPort to;
};

/// Leads to the socket what comes from the peer's port, connects it, and makes the kernel's tunnel
/// on it. Gives what went wrong, or nothing.
std::string Complete(KernelContext& context, const std::optional<MovedElement>& moved, int socket,
                     const l2tp::TunnelUp& up) {
  if (moved) {
    (void)Apply(context, {netlink::DeleteTunnel{moved->from}});  // missing: gone with the table
    auto failure = Apply(context, {netlink::AddTunnel{moved->to}});
    if (!failure.empty()) return failure;
  }
  if (auto connected = ConnectUdpSocket(socket, up.peer); !connected) return connected.error().text;
  auto made = MakeKernelTunnel(context, up.tunnel, up.peer_tunnel, socket);
  return made ? std::string() : made.error().text;
}

/// Binds a tunnel's socket to other SAs, then leads their packets to it. Code 0: it went well.
SystemError MoveSocket(KernelContext& context, int fd, IpAddress::Family family, uint32_t reqid,
                       const std::vector<netlink::RewritingChange>& changes) {
  if (changes.empty()) return {};
  const auto bound = netlink::SetSocketPolicy(fd, family, reqid);
  if (!bound) return ToSystemError(bound.error());
  std::string text = Apply(context, changes);
  return text.empty() ? SystemError{} : SystemError{EIO, std::move(text)};
}

}  // namespace

KernelPaths::KernelPaths(EventLoop& loop, WorkerPool& pool, Options options)
    : loop_(loop), pool_(pool), options_(std::move(options)), table_(pool) {
  table_.Add(kTable, {});
}

Expected<void, SystemError> KernelPaths::Listen() {
  if (options_.listen.empty()) return ListenEverywhere();
  for (const auto& local : options_.listen) {
    if (auto listening = Listen(local); !listening) return listening;
  }
  return {};
}

Expected<void, SystemError> KernelPaths::ListenEverywhere() {
  if (auto listening = Listen(IpAddress::V4(0)); !listening) return listening;
  auto listening = Listen(IpAddress::V6(std::array<uint8_t, 16>{}));
  // A kernel that was started without IPv6 (ipv6.disable=1) has no client there.
  if (!listening && listening.error().code != EAFNOSUPPORT) return listening;
  return {};
}

Expected<void, SystemError> KernelPaths::Listen(const IpAddress& local) {
  std::optional<uint32_t> reqid;
  if (options_.ipsec_required) reqid = kAnySecurityAssociation;
  auto socket = OpenSocket({local, options_.port}, reqid);
  if (!socket) return Unexpected{socket.error()};
  // netlink/nftables_table.cc: the mark is the reqid.
  if (options_.ipsec_required) ReceiveMarks(*socket);
  Path path;
  path.kind = Kind::kListener;
  path.socket = *std::move(socket);
  path.local = local;
  path.port = options_.port;
  path.authenticated = options_.ipsec_required;
  Add(std::move(path));
  return {};
}

l2tp::PathId KernelPaths::Add(Path path) {
  const l2tp::PathId id(++last_id_);
  path.source = loop_.AddIo(path.socket.get(), EPOLLIN, [this, id](uint32_t) { Read(id); });
  paths_.emplace(id, std::move(path));
  return id;
}

const KernelPaths::Path* KernelPaths::Find(l2tp::PathId id) const {
  const auto found = paths_.find(id);
  return found == paths_.end() || found->second.leaving ? nullptr : &found->second;
}

void KernelPaths::Change(std::vector<netlink::RewritingChange> changes,
                         UniqueFunction<void(const std::string& failure)> done) {
  table_.Do(
      kTable, [changes = std::move(changes), done = std::move(done)](RewritingTable&) mutable {
        return Table::Work(
            [changes = std::move(changes), done = std::move(done)](KernelContext& context) mutable {
              return Table::Finish([failure = Apply(context, changes), done = std::move(done)](
                                       RewritingTable&) mutable { done(failure); });
            });
      });
}

std::optional<l2tp::PathId> KernelPaths::AddSecurityAssociation(ReqId reqid,
                                                                const IpAddress& local) {
  auto socket = OpenSocket({local, 0}, reqid.value());
  if (!socket) {
    failure_log_.LogError("sa_socket_not_made", socket.error().text, loop_.Now());
    return {};
  }
  Path path;
  path.kind = Kind::kSecurityAssociation;
  path.port = LocalUdpPort(*socket);
  path.socket = *std::move(socket);
  path.local = local;
  path.authenticated = true;
  path.key = netlink::SaTunnelKey{.reqid = reqid.value(), .tunnel_id = 0};
  TakePort(path.port);
  Change({netlink::AddPort{path.port}, netlink::AddTunnel{{*path.key, path.port}}},
         [this](const std::string& failure) {
           // Its clients still reach the listener, if they are alone behind their address.
           if (!failure.empty()) failure_log_.LogError("sa_path_not_made", failure, loop_.Now());
         });
  return Add(std::move(path));
}

bool KernelPaths::GiveUpPort(uint16_t port) {
  const auto found = ports_.find(port);
  if (found == ports_.end() || --found->second > 0) return false;
  ports_.erase(found);
  return true;
}

void KernelPaths::Remove(l2tp::PathId id) {
  const auto found = paths_.find(id);
  if (found == paths_.end() || found->second.leaving) return;
  Path& path = found->second;
  path.leaving = true;
  path.source.Reset();
  std::vector<netlink::RewritingChange> changes;
  if (path.key) changes.emplace_back(netlink::DeleteTunnel{*path.key});
  if (path.key && GiveUpPort(path.port)) changes.emplace_back(netlink::DeletePort{path.port});
  // An element that is missing has gone with the table.
  if (!changes.empty()) Change(std::move(changes), [](const std::string&) {});
  // Not now: the caller may stand in Read() of this very socket.
  loop_.Defer([this, id] { Close(id); });
}

void KernelPaths::Close(l2tp::PathId id) {
  const auto found = paths_.find(id);
  UniqueFd socket = std::move(found->second.socket);
  paths_.erase(found);
  // After the rules: the kernel may give the port to somebody else once it is closed.
  table_.Do(kTable, [socket = std::move(socket)](RewritingTable&) mutable {
    return Table::Work([socket = std::move(socket)](KernelContext&) mutable {
      socket.Reset();  // deletes the kernel's tunnel
      return Table::Finish([](RewritingTable&) {});
    });
  });
}

void KernelPaths::PrepareTunnel(const l2tp::PrepareTunnel& request, std::optional<ReqId> reqid,
                                DataPlane::PathCallback done) {
  pool_.Submit(
      [this, request = request, reqid, done = std::move(done)](WorkerContext& context) mutable {
        auto made = MakeTunnel(static_cast<KernelContext&>(context), request,
                               reqid ? std::optional(reqid->value()) : std::optional<uint32_t>());
        return WorkerPool::Completion([this, request = std::move(request), reqid,
                                       made = std::move(made), done = std::move(done)]() mutable {
          if (!made) {
            failure_log_.LogError("tunnel_not_made", made.error().text, loop_.Now());
            done(std::nullopt);
            return;
          }
          Path path;
          path.kind = Kind::kTunnel;
          path.port = LocalUdpPort(*made);
          path.socket = *std::move(made);
          request.local = LocalUdpEndpoint(path.socket).address;
          path.local = request.local;
          path.authenticated = reqid.has_value();
          path.connected = !request.dial;
          path.peer = request.peer;
          path.key = KeyOf(request, reqid);
          LeadTo(std::move(path), std::move(done));
        });
      });
}

void KernelPaths::LeadTo(Path path, DataPlane::PathCallback done) {
  TakePort(path.port);
  std::vector<netlink::RewritingChange> changes{netlink::AddPort{path.port},
                                                netlink::AddTunnel{{*path.key, path.port}}};
  const l2tp::PathId id = Add(std::move(path));
  Change(std::move(changes),
         [this, id, done = std::move(done)](const std::string& failure) mutable {
           if (failure.empty()) {
             done(id);
             return;
           }
           failure_log_.LogError("tunnel_not_made", failure, loop_.Now());
           Remove(id);
           done(std::nullopt);
         });
}

void KernelPaths::Restore(UniqueFunction<void(const std::string& failure, size_t elements)> done) {
  // What is queued before is made before, and lost with the table or repeated here; what is queued
  // behind finds the state of now.
  netlink::RewritingState state;
  for (const auto& [id, path] : paths_) {
    if (path.key && !path.leaving) state.tunnels.push_back({*path.key, path.port});
  }
  for (const auto& [port, users] : ports_) state.ports.push_back(port);
  const netlink::RewritingOptions options = options_.table();
  table_.Do(kTable,
            [options, state = std::move(state), done = std::move(done)](RewritingTable&) mutable {
              return Table::Work([options, state = std::move(state),
                                  done = std::move(done)](KernelContext& context) mutable {
                std::string failure;
                if (auto nftables = context.nftables()) {
                  if (auto made = (*nftables)->Install(options, state); !made)
                    failure = made.error().text;
                } else {
                  failure = nftables.error().text;
                }
                return Table::Finish(
                    [failure = std::move(failure), elements = state.tunnels.size(),
                     done = std::move(done)](RewritingTable&) mutable { done(failure, elements); });
              });
            });
}

void KernelPaths::CompleteTunnel(l2tp::PathId id, const l2tp::TunnelUp& up,
                                 DataPlane::DoneCallback done) {
  if (Find(id) == nullptr) {
    done(false);
    return;
  }
  Path& path = paths_.at(id);
  std::optional<MovedElement> moved;
  if (auto* key = std::get_if<netlink::PeerTunnelKey>(&*path.key); key && key->peer != up.peer) {
    const netlink::TunnelKey from = *path.key;
    key->peer = up.peer;
    moved = MovedElement{from, {*path.key, path.port}};
  }
  // In the table's order: the socket is closed in it as well, so it is open until then.
  table_.Do(kTable, [this, id, fd = path.socket.get(), moved, up,
                     done = std::move(done)](RewritingTable&) mutable {
    return Table::Work(
        [this, id, fd, moved, up, done = std::move(done)](KernelContext& context) mutable {
          auto failure = Complete(context, moved, fd, up);
          return Table::Finish([this, id, failure = std::move(failure),
                                done = std::move(done)](RewritingTable&) mutable {
            if (!failure.empty()) failure_log_.LogError("tunnel_not_made", failure, loop_.Now());
            if (Find(id) != nullptr) paths_.at(id).connected = failure.empty();
            done(failure.empty());
          });
        });
  });
}

void KernelPaths::MoveTunnel(l2tp::PathId id, l2tp::TunnelId tunnel, ReqId reqid,
                             const IpEndpoint& peer, DataPlane::DoneCallback done) {
  const auto found = paths_.find(id);
  if (found == paths_.end() || found->second.leaving) return done(false);
  // What is under way to another place, or waits to be tried again, is of the past.
  found->second.move_again.Reset();
  Try({.path = id,
       .number = ++found->second.moves,
       .key = {.reqid = reqid.value(), .tunnel_id = tunnel.value()},
       .peer = peer,
       .attempts = 0,
       .done = std::move(done)});
}

void KernelPaths::Try(Move move) {
  const auto found = paths_.find(move.path);
  if (found == paths_.end() || found->second.leaving) return move.done(false);
  Path& path = found->second;
  if (move.number != path.moves) return move.done(true);  // a later one decides
  std::vector<netlink::RewritingChange> changes;
  std::optional<netlink::DeleteTunnel> former;
  if (path.key != netlink::TunnelKey(move.key)) {
    changes.emplace_back(netlink::AddTunnel{{move.key, path.port}});
    if (path.key) former = netlink::DeleteTunnel{*path.key};
    path.key = move.key;
  }
  const bool connect = std::exchange(path.peer, move.peer) != move.peer || move.attempts > 0;
  // In the table's order, as the socket is closed.
  table_.Do(kTable, [this, fd = path.socket.get(), family = path.local.family(), connect,
                     changes = std::move(changes), former,
                     move = std::move(move)](RewritingTable&) mutable {
    return Table::Work([this, fd, family, connect, changes = std::move(changes), former,
                        move = std::move(move)](KernelContext& context) mutable {
      auto failure = MoveSocket(context, fd, family, move.key.reqid, changes);
      // Missing: gone with the table.
      if (failure.code == 0 && former) (void)Apply(context, {*former});
      if (failure.code == 0 && connect) {
        if (auto done = ConnectUdpSocket(fd, move.peer); !done) failure = done.error();
      }
      return Table::Finish([this, move = std::move(move), failure = std::move(failure)](
                               RewritingTable&) mutable { Moved(std::move(move), failure); });
    });
  });
}

void KernelPaths::Moved(Move move, const SystemError& failure) {
  const auto found = paths_.find(move.path);
  if (found == paths_.end() || found->second.leaving) return move.done(false);
  if (failure.code == 0 || move.number != found->second.moves) return move.done(true);
  if (failure.code != EAGAIN || ++move.attempts == kMoveAttempts) {
    failure_log_.LogError("tunnel_not_moved", failure.text, loop_.Now());
    return move.done(false);
  }
  // An IKE daemon tells of a new address just before it gives it to the SAs.
  found->second.move_again = loop_.AddTimer(
      [this, move = std::make_shared<Move>(std::move(move))] { Try(std::move(*move)); });
  found->second.move_again.Set(loop_.Now() + kMoveInterval);
}

uint16_t KernelPaths::LocalPort(l2tp::PathId id) const {
  const Path* path = Find(id);
  return path == nullptr ? uint16_t{0} : path->port;
}

void KernelPaths::Send(const l2tp::SendDatagram& datagram) {
  const Path* path = Find(datagram.path);
  if (path == nullptr) return;
  // Where the socket is connected an address would make the kernel look up a route each time.
  const IpEndpoint to = path->connected ? IpEndpoint{} : datagram.peer;
  // Only the listener of every address has a choice.
  const IpAddress from = path->kind == Kind::kListener ? datagram.local : IpAddress();
  if (!SendUdpDatagram(path->socket, to, from, datagram.bytes)) ++send_failures_;
}

void KernelPaths::Read(l2tp::PathId id) {
  const Path* path = Find(id);
  if (path == nullptr || observer_ == nullptr) return;
  const bool listener = path->kind == Kind::kListener;
  const IpAddress bound = path->local;
  const bool authenticated = path->authenticated;
  // Removing the path meanwhile does no harm: its socket is closed in a later turn.
  ReceiveUdpDatagrams(path->socket, [&](const UdpDatagram& received) {
    observer_->OnDatagram(
        {.path = id,
         .peer = received.peer,
         .local = received.local ? received.local : bound,
         .bytes = received.bytes,
         .authenticated = authenticated},
        {.listener = listener,
         .reqid =
             listener && received.mark != 0 ? std::optional(ReqId(received.mark)) : std::nullopt});
  });
}

}  // namespace sallyport::daemon
