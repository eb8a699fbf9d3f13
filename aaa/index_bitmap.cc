// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/index_bitmap.h"

#include <bit>
#include <cstddef>

namespace sallyport::aaa {
namespace {

constexpr size_t kWordBits = 64;
constexpr uint64_t kFull = ~uint64_t{0};

uint64_t BitOf(size_t index) { return uint64_t{1} << (index % kWordBits); }

}  // namespace

IndexBitmap::IndexBitmap(uint32_t size) : size_(size) {
  size_t bits = size;
  do {
    const size_t words = bits / kWordBits + 1;
    levels_.emplace_back(words, 0);
    // Bits past the end are never absent: they count as full from the start.
    levels_.back().back() = kFull << (bits % kWordBits);
    bits = words;
  } while (levels_.back().size() > 1);
  // A size that fills its words leaves a last word of such bits alone, which the levels above must
  // know to be full.
  for (size_t level = 1; level < levels_.size(); ++level) {
    const size_t last = levels_[level - 1].size() - 1;
    if (levels_[level - 1][last] == kFull) levels_[level][last / kWordBits] |= BitOf(last);
  }
}

bool IndexBitmap::Contains(uint32_t index) const {
  return (levels_[0][index / kWordBits] & BitOf(index)) != 0;
}

bool IndexBitmap::Insert(uint32_t index) {
  if (Contains(index)) return false;
  ++count_;
  size_t position = index;
  for (Level& level : levels_) {
    uint64_t& word = level[position / kWordBits];
    word |= BitOf(position);
    if (word != kFull) break;
    position /= kWordBits;
  }
  return true;
}

bool IndexBitmap::Erase(uint32_t index) {
  if (!Contains(index)) return false;
  --count_;
  size_t position = index;
  for (Level& level : levels_) {
    uint64_t& word = level[position / kWordBits];
    const bool was_full = word == kFull;
    word &= ~BitOf(position);
    if (!was_full) break;
    position /= kWordBits;
  }
  return true;
}

std::optional<uint32_t> IndexBitmap::FirstAbsent(uint32_t from) const {
  size_t position = from;
  size_t level = 0;
  while (true) {  // up, until a word has an absent bit from `position` on
    if (level == levels_.size() || position / kWordBits >= levels_[level].size()) return {};
    const size_t word = position / kWordBits;
    const uint64_t absent = ~levels_[level][word] & (kFull << (position % kWordBits));
    if (absent != 0) {
      position = word * kWordBits + static_cast<size_t>(std::countr_zero(absent));
      break;
    }
    ++level;
    position = word + 1;
  }
  while (level > 0) {  // down, to the first absent bit below that one
    --level;
    const auto bit = static_cast<size_t>(std::countr_zero(~levels_[level][position]));
    position = position * kWordBits + bit;
  }
  return static_cast<uint32_t>(position);
}

}  // namespace sallyport::aaa
