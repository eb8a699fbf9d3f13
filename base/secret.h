// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// A password or key: overwritten when it goes, never printed, compared in constant time.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);
  explicit Secret(std::span<const uint8_t> bytes);
  Secret(const Secret& other) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { Wipe(); }

  std::span<const uint8_t> bytes() const { return bytes_; }
  /// The octets as text, borrowed.
  std::string_view text() const;
  bool empty() const { return bytes_.empty(); }
  /// Same octets; the time depends on the sizes only.
  bool operator==(const Secret& other) const;

 private:
  void Wipe();

  std::vector<uint8_t> bytes_;
};

/// Compares octets in time that depends on the sizes only.
bool ConstantTimeEqual(std::span<const uint8_t> a, std::span<const uint8_t> b);

/// Overwrites `bytes` in a way the compiler may not leave out.
void WipeBytes(std::span<uint8_t> bytes);

}  // namespace sallyport
