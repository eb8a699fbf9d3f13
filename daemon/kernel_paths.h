// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/ip_address.h"
#include "base/unique_fd.h"
#include "daemon/data_plane.h"
#include "daemon/event_loop.h"
#include "daemon/kernel_context.h"
#include "daemon/log_limit.h"
#include "daemon/serial_objects.h"
#include "daemon/udp_socket.h"
#include "daemon/worker_pool.h"
#include "netlink/nftables.h"

namespace sallyport::daemon {

/// The UDP sockets of L2TP and the rewriting that leads packets to them (design D2, D3):
///   a listener on the well-known port for each address listened on;
///   a socket for each SA, unconnected, on a port of its own: where its SCCRQs arrive;
///   a socket for each tunnel, connected, on a port of its own: control here, data in the kernel.
///   When we dial it is connected once the peer has answered, from whichever port.
class KernelPaths {
 public:
  struct Options {
    std::vector<IpAddress> listen;  // empty: every address, IPv4 and IPv6
    uint16_t port = 1701;
    bool ipsec_required = true;
    // As netlink::RewritingOptions has them.
    bool clamp_mss = true;
    bool check_sources = true;

    /// Of the table, with all of this in it.
    netlink::RewritingOptions table() const {
      return {.port = port,
              .ipsec_required = ipsec_required,
              .clamp_mss = clamp_mss,
              .check_sources = check_sources};
    }
  };

  /// `loop` and `pool` outlive it; so does the observer once set.
  KernelPaths(EventLoop& loop, WorkerPool& pool, Options options);

  void SetObserver(DataPlane::Observer* observer) { observer_ = observer; }
  /// Opens the listeners (start-up only, the one call here that may wait).
  Expected<void, SystemError> Listen();

  // As DataPlane says.
  std::optional<l2tp::PathId> AddSecurityAssociation(ReqId reqid, const IpAddress& local);
  void Remove(l2tp::PathId path);
  void PrepareTunnel(const l2tp::PrepareTunnel& request, std::optional<ReqId> reqid,
                     DataPlane::PathCallback done);
  void CompleteTunnel(l2tp::PathId path, const l2tp::TunnelUp& up, DataPlane::DoneCallback done);
  void MoveTunnel(l2tp::PathId path, l2tp::TunnelId tunnel, ReqId reqid, const IpEndpoint& peer,
                  DataPlane::DoneCallback done);
  uint16_t LocalPort(l2tp::PathId path) const;
  void Send(const l2tp::SendDatagram& datagram);

  /// Makes the rewriting table anew, with an element for each path: somebody took it away. `done`
  /// gets what went wrong, or nothing, and how many elements there are.
  void Restore(UniqueFunction<void(const std::string& failure, size_t elements)> done);

  /// Sends that the kernel refused: no SA, no route, no room. Each is repeated by the engine.
  uint64_t send_failures() const { return send_failures_; }

 private:
  enum class Kind : uint8_t { kListener, kSecurityAssociation, kTunnel };
  struct Path {
    Kind kind = Kind::kListener;
    UniqueFd socket;
    IoSource source;
    IpAddress local;
    uint16_t port = 0;                      // local
    bool authenticated = false;             // its socket policy takes only what came through an SA
    bool connected = false;                 // to the tunnel's peer
    std::optional<netlink::TunnelKey> key;  // its element in the rewriting table
    bool leaving = false;                   // closed at the end of this turn of the loop
    IpEndpoint peer;                        // of a tunnel: connected to it
    Timer move_again;                       // the kernel has no SA to the new peer yet
    uint64_t moves = 0;                     // that were asked for; the last one counts
  };
  struct Move {
    l2tp::PathId path;
    uint64_t number = 0;  // as Path::moves was
    netlink::SaTunnelKey key;
    IpEndpoint peer;
    unsigned attempts = 0;
    DataPlane::DoneCallback done;
  };
  struct RewritingTable {};
  /// Changes of the rewriting table are made in the order in which they are asked for, so that the
  /// element of an SA that goes cannot be taken for that of its successor with the same reqid. The
  /// kernel makes them one at a time as well.
  using Table = SerialObjects<int, RewritingTable>;

  Expected<void, SystemError> Listen(const IpAddress& local);
  Expected<void, SystemError> ListenEverywhere();
  l2tp::PathId Add(Path path);
  const Path* Find(l2tp::PathId path) const;
  void Read(l2tp::PathId id);
  void Close(l2tp::PathId id);
  /// Makes the rules that lead to a tunnel's socket.
  void LeadTo(Path path, DataPlane::PathCallback done);
  void Try(Move move);
  void Moved(Move move, const SystemError& failure);
  /// Queues changes of the table; `done` gets what went wrong, or nothing.
  void Change(std::vector<netlink::RewritingChange> changes,
              UniqueFunction<void(const std::string& failure)> done);
  void TakePort(uint16_t port) { ++ports_[port]; }
  bool GiveUpPort(uint16_t port);

  EventLoop& loop_;
  WorkerPool& pool_;
  Options options_;
  DataPlane::Observer* observer_ = nullptr;
  std::map<l2tp::PathId, Path> paths_;
  Table table_;
  /// How many sockets use a port: those of different local addresses can have the same one.
  std::map<uint16_t, unsigned> ports_;
  uint64_t last_id_ = 0;
  uint64_t send_failures_ = 0;
  LogLimit failure_log_;
};

}  // namespace sallyport::daemon
