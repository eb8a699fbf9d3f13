// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace sallyport {

/// std::visit with one lambda an alternative: std::visit(Overloaded{[](A) {...}, [](B) {...}}, v).
template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace sallyport
