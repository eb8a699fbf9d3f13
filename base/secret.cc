// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/secret.h"

#include <string.h>  // explicit_bzero
#include <utility>

namespace sallyport {

Secret::Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
Secret::Secret(std::span<const uint8_t> bytes) : bytes_(bytes.begin(), bytes.end()) {}
Secret::Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    Wipe();
    bytes_ = other.bytes_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

std::string_view Secret::text() const {
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

bool Secret::operator==(const Secret& other) const {
  return ConstantTimeEqual(bytes_, other.bytes_);
}

void Secret::Wipe() { WipeBytes(bytes_); }

bool ConstantTimeEqual(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

void WipeBytes(std::span<uint8_t> bytes) {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

}  // namespace sallyport
