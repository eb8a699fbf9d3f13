// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's L2TP data path: tunnels and sessions over generic netlink (linux/l2tp.h).
#pragma once
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/expected.h"
#include "netlink/kernel_error.h"
#include "netlink/l2tp_ids.h"
#include "netlink/socket.h"

namespace sallyport::netlink {

struct L2tpSessionParameters {
  uint16_t local_tunnel_id = 0;
  L2tpIds session;
  bool send_sequence = false;  // Ns in data messages; then the kernel also demands it of the peer's
  bool receive_sequence = false;  // drops what comes without Ns
  bool lns_mode = true;           // false: the peer decides about Ns (RFC 2661 §5.4)
  std::chrono::milliseconds reorder_timeout{0};  // zero drops what comes out of order
};

/// Counters of one session, from its creation on.
struct L2tpSessionStatistics {
  uint64_t received_packets = 0;
  uint64_t received_bytes = 0;
  uint64_t received_errors = 0;
  uint64_t received_out_of_sequence = 0;
  uint64_t received_sequence_discards = 0;
  uint64_t received_invalid = 0;
  uint64_t sent_packets = 0;
  uint64_t sent_bytes = 0;
  uint64_t sent_errors = 0;
  bool operator==(const L2tpSessionStatistics&) const = default;
};

/// The genl family "l2tp". Needs CAP_NET_ADMIN. Every call may wait; one object is for one thread.
class L2tp {
 public:
  /// Loads the module if it can. The error ENOENT names the modules and the packages that have
  /// them.
  static Expected<L2tp, KernelError> Open();
  static Expected<L2tp, KernelError> Open(Socket socket);

  /// Gives `udp_fd`, a UDP socket of this network namespace, to the tunnel: its data messages no
  /// longer come to user space. It must be connected before data can be sent. The tunnel lives as
  /// long as the socket's last descriptor. Errors: EEXIST (id in use, or its deletion not yet
  /// complete), EBUSY (the socket has a tunnel).
  Expected<void, KernelError> CreateTunnel(L2tpIds tunnel, int udp_fd);
  /// Errors: EEXIST as above; ENODEV: no such tunnel.
  Expected<void, KernelError> CreateSession(const L2tpSessionParameters& parameters);

  /// Whether data messages are sent with Ns from now on (RFC 2661 §5.4). Error ENODEV: no such
  /// session.
  Expected<void, KernelError> SetSendSequence(uint16_t local_tunnel_id, uint16_t local_session_id,
                                              bool send_sequence);

  /// Deletes the tunnel with all its sessions; the kernel finishes after the call. Error ENODEV:
  /// no such tunnel.
  Expected<void, KernelError> DeleteTunnel(uint16_t local_tunnel_id);
  /// To be called only after the PPPoL2TP socket is closed: Linux 6.1 sends on through a deleted
  /// session whose socket is kept. Error ENODEV: no such session.
  Expected<void, KernelError> DeleteSession(uint16_t local_tunnel_id, uint16_t local_session_id);

  /// One session; the kernel's dump of all is quadratic in 6.1 (l2tp_core.c, get_nth), so there is
  /// none.
  Expected<L2tpSessionStatistics, KernelError> SessionStatistics(uint16_t local_tunnel_id,
                                                                 uint16_t local_session_id);

 private:
  L2tp(Socket socket, uint16_t family) : socket_(std::move(socket)), family_(family) {}
  Message Command(uint8_t command) const;

  Socket socket_;
  uint16_t family_;
};

}  // namespace sallyport::netlink
