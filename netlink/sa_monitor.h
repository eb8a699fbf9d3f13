// SPDX-License-Identifier: GPL-2.0-or-later
// What happens to the kernel's SAs, as it happens: the multicast groups of NETLINK_XFRM.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "base/expected.h"
#include "base/ip_address.h"
#include "netlink/kernel_error.h"
#include "netlink/socket.h"
#include "netlink/xfrm.h"

namespace sallyport::netlink {

struct SaNew {
  Sa sa;
  bool update = false;  // it was there: its addresses, ports or lifetime changed
  bool operator==(const SaNew&) const = default;
};
struct SaDeleted {
  Sa sa;
  bool operator==(const SaDeleted&) const = default;
};
struct SaExpired {
  Sa sa;
  bool hard = false;  // the SA is gone; false: time to rekey
  bool operator==(const SaExpired&) const = default;
};
/// All SAs of `protocol` (0: of any) went at once, without an SaDeleted each.
struct SasFlushed {
  uint8_t protocol = 0;
  bool operator==(const SasFlushed&) const = default;
};
/// ESP-in-UDP came through the inbound SA from another address or port: the NAT's mapping changed.
struct MappingChanged {
  uint32_t reqid = 0;
  uint32_t spi = 0;
  IpAddress destination;
  IpEndpoint old_source;
  IpEndpoint new_source;
  bool operator==(const MappingChanged&) const = default;
};
/// Notifications were lost; what is known must be compared with Xfrm::ListSas().
struct Overrun {
  bool operator==(const Overrun&) const = default;
};
using SaEvent = std::variant<SaNew, SaDeleted, SaExpired, SasFlushed, MappingChanged, Overrun>;

/// The events of one datagram, in order. Messages of other kinds, or cut short, are left out.
std::vector<SaEvent> ParseSaEvents(std::span<const uint8_t> datagram);

/// A subscription to ParseSaEvents. Needs CAP_NET_ADMIN. Never waits.
class SaMonitor {
 public:
  static Expected<SaMonitor, KernelError> Open();
  explicit SaMonitor(std::unique_ptr<Transport> transport, int fd = -1)
      : transport_(std::move(transport)), fd_(fd) {}

  /// Readable when Read() has something; borrowed from this object.
  int fd() const { return fd_; }
  /// The events of the next datagram; none when nothing is there, or nothing of interest.
  Expected<std::vector<SaEvent>, KernelError> Read();

 private:
  std::unique_ptr<Transport> transport_;
  int fd_;
};

}  // namespace sallyport::netlink
