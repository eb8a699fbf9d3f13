// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace sallyport::aaa {

/// A set of integers below a fixed size that finds the lowest absent one in a few word reads: a bit
/// of each level above the first says that a whole word of the level below is full. One bit and a
/// 64th for each integer: 2.1 MiB for the 2^24 of a /8, in four levels.
class IndexBitmap {
 public:
  /// Empty; for 0 to `size` - 1.
  explicit IndexBitmap(uint32_t size);

  // Precondition of the next three: `index` < size().

  bool Contains(uint32_t index) const;
  /// False if it was there already.
  bool Insert(uint32_t index);
  /// False if it was not there.
  bool Erase(uint32_t index);
  /// The lowest index from `from` on that is not in the set; nothing if all are.
  std::optional<uint32_t> FirstAbsent(uint32_t from) const;

  uint32_t size() const { return size_; }
  uint32_t count() const { return count_; }

 private:
  using Level = std::vector<uint64_t>;

  uint32_t size_;
  uint32_t count_ = 0;
  std::vector<Level> levels_;  // the first holds the set; the last has one word
};

}  // namespace sallyport::aaa
