// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport {

/// Cursor over received bytes, network byte order. The first read past the end latches: every later
/// read gives zero or an empty span and ok() stays false, so a parser reads on and checks once.
class WireReader {
 public:
  explicit WireReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  uint8_t U8() { return static_cast<uint8_t>(Unsigned(1)); }
  uint16_t U16() { return static_cast<uint16_t>(Unsigned(2)); }
  uint32_t U32() { return static_cast<uint32_t>(Unsigned(4)); }
  uint64_t U64() { return Unsigned(8); }

  /// The next `n` octets, borrowed from the received bytes.
  std::span<const uint8_t> Take(size_t n) {
    ok_ = ok_ && n <= rest_.size();
    if (!ok_) {
      rest_ = {};
      return {};
    }
    const auto head = rest_.first(n);
    rest_ = rest_.subspan(n);
    return head;
  }

  /// Everything that is left, borrowed.
  std::span<const uint8_t> TakeRest() { return Take(rest_.size()); }

  bool ok() const { return ok_; }
  size_t remaining() const { return rest_.size(); }
  bool empty() const { return rest_.empty(); }

 private:
  uint64_t Unsigned(size_t octets) {
    uint64_t value = 0;
    for (const uint8_t octet : Take(octets)) value = value << 8 | octet;
    return value;
  }

  std::span<const uint8_t> rest_;
  bool ok_ = true;
};

}  // namespace sallyport
