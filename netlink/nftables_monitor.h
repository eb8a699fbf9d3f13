// SPDX-License-Identifier: GPL-2.0-or-later
// Who else changes our table: the notifications of nf_tables (linux/netfilter/nfnetlink.h,
// NFNLGRP_NFTABLES).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/expected.h"
#include "netlink/kernel_error.h"
#include "netlink/socket.h"

namespace sallyport::netlink {

/// Something of our table was deleted in the transaction that is being told of: the table itself,
/// or a chain, rule, set, element or counter.
struct TableDamaged {
  bool operator==(const TableDamaged&) const = default;
};
/// The end of a transaction, with the thread that made it. Comes after everything of it.
struct TransactionEnd {
  uint32_t pid = 0;     // the thread's, in the first PID namespace
  std::string program;  // its name (comm); any octets
  bool operator==(const TransactionEnd&) const = default;
};
/// Notifications were lost; the table must be looked at.
struct NotificationsLost {
  bool operator==(const NotificationsLost&) const = default;
};
using TableEvent = std::variant<TableDamaged, TransactionEnd, NotificationsLost>;

/// The events of one datagram, in order. Messages about other tables, about what is added, and
/// such as are cut short, are left out.
std::vector<TableEvent> ParseTableEvents(std::span<const uint8_t> datagram);

/// A subscription to ParseTableEvents. Needs CAP_NET_ADMIN. Never waits.
class NftablesMonitor {
 public:
  static Expected<NftablesMonitor, KernelError> Open();
  explicit NftablesMonitor(std::unique_ptr<Transport> transport, int fd = -1)
      : transport_(std::move(transport)), fd_(fd) {}

  /// Readable when Read() has something; borrowed from this object.
  int fd() const { return fd_; }
  /// The events of the next datagram; nothing when none is there.
  Expected<std::optional<std::vector<TableEvent>>, KernelError> Read();

 private:
  std::unique_ptr<Transport> transport_;
  int fd_;
};

/// Reads the events of a subscription together: who, other than ourselves, has damaged our table?
class TableGuard {
 public:
  /// `own_program`: the name of our own threads.
  explicit TableGuard(std::string own_program) : own_program_(std::move(own_program)) {}

  /// The damage that `event` completes: the program and its thread, "nft (pid 123)"; printable.
  /// Nothing while the table is as we made it.
  std::optional<std::string> Handle(const TableEvent& event);

 private:
  std::string own_program_;
  bool damaged_ = false;  // in the transaction that is being told of
};

}  // namespace sallyport::netlink
