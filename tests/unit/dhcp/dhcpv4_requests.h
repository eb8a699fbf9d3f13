// SPDX-License-Identifier: GPL-2.0-or-later
// DHCP messages built octet by octet, with nothing of the code under test.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::dhcp::v4 {

using Octets = std::vector<uint8_t>;

inline Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// RFC 2131 §2: op 1, htype 8, hlen 6, xid 0x11223344, secs 3, flags, ciaddr, three addresses,
/// chaddr, sname, file, cookie; then `options`.
inline Octets Request(const Octets& ciaddr, const Octets& options, const Octets& name = Octets(64),
                      const Octets& file = Octets(128)) {
  const Octets head{1, 8, 6, 0, 0x11, 0x22, 0x33, 0x44, 0, 3, 0x80, 0x00};
  const Octets chaddr{0x52, 0x41, 0x53, 0x20, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  return head + ciaddr + Octets(12) + chaddr + name + file + Octets{0x63, 0x82, 0x53, 0x63} +
         options;
}

/// `octets` and zeros up to the size of a field.
inline Octets Filled(Octets octets, size_t size) {
  octets.resize(size);
  return octets;
}

}  // namespace sallyport::dhcp::v4
