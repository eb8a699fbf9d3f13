// SPDX-License-Identifier: GPL-2.0-or-later
// A value or an error: the subset of std::expected (C++23) that the project uses, for C++20
// compilers. g++ 12 has std::expected only with -std=c++23, and clang 14 with libstdc++ 12 not at
// all.
#pragma once
#include <optional>
#include <utility>
#include <variant>

namespace sallyport {

template <typename E>
struct Unexpected {
  E error;
};
template <typename E>
Unexpected(E) -> Unexpected<E>;

/// Holds a `T` on success or an `E` on failure; must not be dropped without a look.
template <typename T, typename E>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Expected(Unexpected<E> failure)                                          // NOLINT: implicit
      : state_(std::in_place_index<1>, std::move(failure.error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // Precondition of the next four: has_value(). Of error(): !has_value().
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T& operator*() & { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  T* operator->() { return std::get_if<0>(&state_); }
  const E& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, E> state_;
};

/// Success without a value, or an `E`.
template <typename E>
class [[nodiscard]] Expected<void, E> {
 public:
  Expected() = default;
  Expected(Unexpected<E> failure) : error_(std::move(failure.error)) {}  // NOLINT: implicit

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  const E& error() const { return *error_; }  // precondition: !has_value()

 private:
  std::optional<E> error_;
};

}  // namespace sallyport
