// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aaa/address_range.h"
#include "aaa/index_bitmap.h"
#include "base/expected.h"
#include "base/ip_address.h"

namespace sallyport::aaa {

/// One pool as the operator describes it.
struct PoolSettings {
  std::string name = "default";
  std::vector<AddressRange> ranges;
  IpAddress gateway;  // our address in every session of the pool
};

enum class TakeError : uint8_t {
  kInUse,     // another session has the address
  kReserved,  // a gateway, a network or a broadcast address
  kOutside,   // not an address of this pool
};

/// The addresses of one pool, in use or free. An address that is given back is free at once: the
/// rotating start makes sure that it is the last to be given to somebody else. IPv4 today; an
/// address stands for what a session gets, so a pool of IPv6 prefixes would hand out the first
/// address of each.
class AddressPool {
 public:
  /// Users whose last address is remembered; the oldest are forgotten first. Local policy.
  static constexpr size_t kMaxRemembered = 65536;

  /// The ranges do not overlap (FindPoolIssues() says so). The gateway is reserved.
  explicit AddressPool(PoolSettings settings);

  /// A free address: the last one of `user` if it is free, else the lowest from where the previous
  /// search ended, beginning again at the lowest. An empty user is nobody. Nothing when all are in
  /// use.
  std::optional<IpAddress> Allocate(std::string_view user);
  /// The address asked for, which is remembered as the user's last.
  Expected<void, TakeError> Take(const IpAddress& address, std::string_view user);
  /// False if the address is not in use, is reserved, or is of no range of this pool.
  bool Release(const IpAddress& address);
  /// Never to be handed out from now on; no effect outside the pool. Precondition: it is free.
  void Reserve(const IpAddress& address);

  /// One of the addresses handed out, in use or not, or reserved.
  bool Contains(const IpAddress& address) const { return IndexOf(address).has_value(); }
  /// The network or broadcast address of a range.
  bool IsNetworkOrBroadcast(const IpAddress& address) const;

  const PoolSettings& settings() const { return settings_; }
  /// Addresses that can be handed out at all, and those that are.
  uint32_t size() const { return in_use_.size() - reserved_count(); }
  uint32_t used() const { return in_use_.count() - reserved_count(); }

 private:
  std::optional<uint32_t> IndexOf(const IpAddress& address) const;
  IpAddress AddressOf(uint32_t index) const;
  bool IsReserved(uint32_t index) const;
  uint32_t reserved_count() const { return static_cast<uint32_t>(reserved_.size()); }
  void Remember(std::string_view user, uint32_t index);

  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  PoolSettings settings_;
  std::vector<uint32_t> range_begins_;  // index of the first address of each range
  IndexBitmap in_use_;                  // reserved ones too
  std::vector<uint32_t> reserved_;
  uint32_t next_ = 0;  // where the next search begins
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> last_of_user_;
  std::deque<std::string> remembered_;  // the keys of last_of_user_, oldest first
};

}  // namespace sallyport::aaa
