// SPDX-License-Identifier: GPL-2.0-or-later
// Which of our names somebody may have meant who mistyped one.
#pragma once
#include <cstddef>
#include <string_view>

namespace sallyport {

/// The least number of insertions, deletions, replacements and swaps of neighbours that make `a`
/// into `b` (Damerau, optimal string alignment).
size_t EditDistance(std::string_view a, std::string_view b);

/// A name may be wrong by this many edits and still be recognised. Local policy.
size_t TolerableDistance(std::string_view name);

}  // namespace sallyport
