// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace sallyport {

template <typename Signature>
class UniqueFunction;

/// std::function for closures that cannot be copied, such as one that owns a file descriptor.
/// (std::move_only_function is C++23.)
template <typename Result, typename... Arguments>
class UniqueFunction<Result(Arguments...)> {
 public:
  UniqueFunction() = default;
  template <typename Callable>
  requires(!std::same_as<std::remove_cvref_t<Callable>, UniqueFunction> &&
           std::is_invocable_r_v<Result, Callable&, Arguments...>)
      // NOLINTNEXTLINE: implicit, as std::function's; the constraint lets copies and moves through
      UniqueFunction(Callable&& callable)
      : holder_(
            std::make_unique<Holder<std::decay_t<Callable>>>(std::forward<Callable>(callable))) {}

  explicit operator bool() const { return holder_ != nullptr; }
  /// Precondition: not empty.
  Result operator()(Arguments... arguments) {
    return holder_->Call(std::forward<Arguments>(arguments)...);
  }

 private:
  struct AnyHolder {
    AnyHolder() = default;
    AnyHolder(const AnyHolder&) = delete;
    AnyHolder& operator=(const AnyHolder&) = delete;
    virtual ~AnyHolder() = default;
    virtual Result Call(Arguments... arguments) = 0;
  };
  template <typename Callable>
  struct Holder final : AnyHolder {
    explicit Holder(Callable source) : callable(std::move(source)) {}
    Result Call(Arguments... arguments) override {
      return callable(std::forward<Arguments>(arguments)...);
    }
    Callable callable;
  };

  std::unique_ptr<AnyHolder> holder_;
};

}  // namespace sallyport
