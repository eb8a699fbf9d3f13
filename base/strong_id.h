// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <compare>
#include <cstddef>
#include <functional>

namespace sallyport {

/// An integer identifier that cannot be mistaken for another kind's. `Tag` names the kind.
template <typename Tag, typename Value>
class StrongId {
 public:
  using ValueType = Value;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Value value) : value_(value) {}
  constexpr Value value() const { return value_; }
  /// Zero is "none" in every id space the project uses (RFC 2661 §3.1 reserves it as well).
  constexpr explicit operator bool() const { return value_ != 0; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  Value value_ = 0;
};

}  // namespace sallyport

template <typename Tag, typename Value>
struct std::hash<sallyport::StrongId<Tag, Value>> {
  size_t operator()(const sallyport::StrongId<Tag, Value>& id) const noexcept {
    return std::hash<Value>{}(id.value());
  }
};
