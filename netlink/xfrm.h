// SPDX-License-Identifier: GPL-2.0-or-later
// IPsec as the kernel has it: policies of single sockets, security associations, error counters
// (linux/xfrm.h). Keys of SAs pass through the receive buffer; they are never copied out of it.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/expected.h"
#include "base/ip_address.h"
#include "netlink/kernel_error.h"
#include "netlink/socket.h"

namespace sallyport::netlink {

/// Binds `fd` to ESP in transport mode, both ways: the kernel drops what came for the socket
/// otherwise, and fails with EAGAIN what would leave otherwise. `reqid` names the SAs that will do,
/// of which the newest is used; 0 is any. To be set before connect(), and again when the tunnel
/// moves to another reqid; in a live tunnel it drops what is sent at the same moment. `family` is
/// the socket's own: a policy for IPv4 does not hold an IPv6 socket with IPv4-mapped addresses.
Expected<void, KernelError> SetSocketPolicy(int fd, IpAddress::Family family, uint32_t reqid);
/// The socket is no longer bound: clear text passes.
Expected<void, KernelError> ClearSocketPolicy(int fd, IpAddress::Family family);

/// UDP encapsulation of an SA (RFC 3948).
struct SaEncapsulation {
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  bool operator==(const SaEncapsulation&) const = default;
};

/// What of an SA's work a network device does (XFRMA_OFFLOAD_DEV).
enum class SaOffload : uint8_t { kNone, kCrypto, kPacket };

/// A security association, without its keys.
struct Sa {
  IpAddress source;
  IpAddress destination;
  uint32_t spi = 0;      // host byte order
  uint8_t protocol = 0;  // IPPROTO_ESP
  uint32_t reqid = 0;
  bool transport_mode = false;
  std::optional<SaEncapsulation> encapsulation;
  uint64_t bytes = 0;  // since it was made
  uint64_t packets = 0;
  uint32_t replays = 0;             // dropped for their sequence number (RFC 4303 §3.4.3)
  uint32_t integrity_failures = 0;  // dropped for their check value
  SaOffload offload = SaOffload::kNone;
  bool keyed = false;   // it has an algorithm: it is more than asked for
  bool marked = false;  // for packets with a mark, or of an XFRM interface, alone
  bool operator==(const Sa&) const = default;
};

/// From an xfrm_usersa_info with its attributes behind it; nothing when it is cut short.
std::optional<Sa> ParseSa(std::span<const uint8_t> payload);

/// The reqids of the SAs in transport mode that a policy wants, from an xfrm_userpolicy_info with
/// its attributes behind it; none of a socket's policy. Nothing when it is cut short.
std::optional<std::set<uint32_t>> ParseTransportReqids(std::span<const uint8_t> payload);

/// Address of 4 or 16 octets from the union `xfrm_address_t`; none for an unknown AF_* `family`.
IpAddress ParseXfrmAddress(std::span<const uint8_t, 16> octets, uint16_t family);

/// Lists SAs and what policies want of them. Needs CAP_NET_ADMIN. One object is for one thread.
class Xfrm {
 public:
  static Expected<Xfrm, KernelError> Open();
  explicit Xfrm(Socket socket) : socket_(std::move(socket)) {}

  /// All ESP SAs of this network namespace.
  Expected<std::vector<Sa>, KernelError> ListSas();
  /// The reqids of the SAs in transport mode that policies of this network namespace want, but for
  /// those of sockets. Error EBADMSG: one that cannot be read.
  Expected<std::set<uint32_t>, KernelError> ListTransportReqids();
  /// Deletes the ESP SA towards `destination`. Error ESRCH: there is none.
  Expected<void, KernelError> DeleteSa(const IpAddress& destination, uint32_t spi);

 private:
  Socket socket_;
};

/// The lines "name value" of /proc/net/xfrm_stat; malformed ones are left out.
std::map<std::string, uint64_t, std::less<>> ParseXfrmStatistics(std::string_view text);
/// The same of this process's network namespace. Error ENOENT: kernel without
/// CONFIG_XFRM_STATISTICS.
Expected<std::map<std::string, uint64_t, std::less<>>, KernelError> ReadXfrmStatistics();

}  // namespace sallyport::netlink
