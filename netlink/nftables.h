// SPDX-License-Identifier: GPL-2.0-or-later
// The port rewriting that gives each tunnel a UDP socket of its own, the fence against L2TP outside
// of IPsec, and what is done with the packets inside of sessions: one nf_tables table, "inet
// sallyport".
//
//   in:  ESP ( UDP dport 1701 ) --decrypt--> prerouting: (reqid, tunnel id) -> dport of the
//   tunnel's socket out: UDP sport of the tunnel's socket -> output: sport 1701 --encrypt--> ESP (
//   UDP sport 1701 )
//
// nft's grammar cannot say "udp dport set ... map", but nft prints the rules. Neither direction is
// tracked by conntrack, and no packet gets a mark.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/expected.h"
#include "base/ip_address.h"
#include "netlink/kernel_error.h"
#include "netlink/socket.h"

namespace sallyport::netlink {

/// Groups of interfaces (IFLA_GROUP) by which the table knows the packets of sessions without a
/// rule for each, and the operator's own rules may. They differ in the lowest bit only, so that one
/// comparison finds both. Local policy.
inline constexpr uint32_t kClientGroup = 1701;   // sessions that a peer asked for
inline constexpr uint32_t kDialledGroup = 1700;  // sessions that we dialled

struct RewritingOptions {
  uint16_t port = 1701;        // the port that peers know; RFC 2661 §8.1
  bool ipsec_required = true;  // false: L2TP is also taken in clear text, told apart by addresses
  /// TCP through a session, both ways, has no larger segments than the routes of both directions
  /// take (RFC 9293 §3.7.1), so that nothing depends on ICMP errors that somebody filters.
  bool clamp_mss = true;
  /// What comes from a session of kClientGroup has a source that is routed back into it, or is
  /// dropped.
  bool check_sources = true;
};

/// A tunnel that runs through an SA. `tunnel_id` is ours, the one in the peer's packets; 0 stands
/// for the SCCRQ, which is sent before the peer knows it (RFC 2661 §3.1), and for everything else
/// of the SA that belongs to no tunnel in the table.
struct SaTunnelKey {
  uint32_t reqid = 0;
  uint16_t tunnel_id = 0;
  auto operator<=>(const SaTunnelKey&) const = default;
};
/// A tunnel in clear text. `peer` and `local` are of one family.
struct PeerTunnelKey {
  IpEndpoint peer;
  IpAddress local;
  uint16_t tunnel_id = 0;
  auto operator<=>(const PeerTunnelKey&) const = default;
};
using TunnelKey = std::variant<SaTunnelKey, PeerTunnelKey>;

/// "reqid 7 tunnel 11", "192.0.2.1:1701 to 192.0.2.2 tunnel 11".
std::string ToString(const TunnelKey& key);

struct TunnelPort {
  TunnelKey key;
  uint16_t port = 0;  // of the tunnel's socket
  auto operator<=>(const TunnelPort&) const = default;
};

/// Changes of the table. Adding what is there succeeds if the port is the same and is EEXIST if
/// not; deleting what is not there is ENOENT.
struct AddTunnel {
  TunnelPort tunnel;
};
struct DeleteTunnel {
  TunnelKey key;
};
/// What leaves from this port is sent as from the well-known one; with ipsec_required the port is
/// also behind the fence.
struct AddPort {
  uint16_t port = 0;
};
struct DeletePort {
  uint16_t port = 0;
};
using RewritingChange = std::variant<AddTunnel, DeleteTunnel, AddPort, DeletePort>;

struct ChangeFailure {
  size_t index = 0;  // into the list of changes
  KernelError error;
};

/// Packets that met the fence since the table was installed.
struct FenceCounter {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  bool operator==(const FenceCounter&) const = default;
};
struct FenceCounters {
  // Nothing where the table was installed without the fence.
  std::optional<FenceCounter> clear_text_in;   // L2TP that came without IPsec; not answered
  std::optional<FenceCounter> clear_text_out;  // L2TP that would have left without IPsec
  std::optional<FenceCounter> spoofed_source;  // from a session, with a source that is not its own
};

/// What the table holds.
struct RewritingState {
  std::vector<TunnelPort> tunnels;
  std::vector<uint16_t> ports;
};

/// The table of this network namespace. Needs CAP_NET_ADMIN. It outlives the process: who does not
/// want it any more calls Remove(). Every call may wait; one object is for one thread.
class Nftables {
 public:
  static Expected<Nftables, KernelError> Open();
  explicit Nftables(Socket socket) : socket_(std::move(socket)) {}

  /// Makes the table with `state` in it, in place of one that is there: in one transaction, so that
  /// no packet finds a table half made. Counters begin at zero.
  Expected<void, KernelError> Install(const RewritingOptions& options,
                                      const RewritingState& state = {});
  /// No error if there is none.
  Expected<void, KernelError> Remove();

  /// All changes take effect, or none; then every refused one is listed. An empty list is success.
  std::vector<ChangeFailure> Apply(std::span<const RewritingChange> changes);
  Expected<void, KernelError> Apply(const RewritingChange& change);

  /// Error ENOENT: not installed, or installed without any fence that counts.
  Expected<FenceCounters, KernelError> Counters();
  /// Who has sent L2TP in clear text within the last minute, as far as there was room to note it.
  /// Error ENOENT as above.
  Expected<std::vector<IpAddress>, KernelError> ClearTextPeers();
  /// For the comparison with one's own books. Error ENOENT: not installed.
  Expected<RewritingState, KernelError> List();

 private:
  Socket socket_;
};

}  // namespace sallyport::netlink
