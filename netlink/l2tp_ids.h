// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>

namespace sallyport::netlink {

/// The two ids of a tunnel or of a session (RFC 2661 §3.1): ours, which the peer puts into what it
/// sends, and the peer's. Neither is zero.
struct L2tpIds {
  uint16_t local = 0;
  uint16_t peer = 0;
  bool operator==(const L2tpIds&) const = default;
};

}  // namespace sallyport::netlink
