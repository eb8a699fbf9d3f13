// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aaa/index_bitmap.h"

namespace sallyport::aaa {

/// Hands out the integers below a fixed size, each to one at a time: what a pool of addresses or
/// prefixes does once they are numbered. What is given back is free at once: the rotating start
/// makes sure that it is the last to be given to somebody else.
class IndexPool {
 public:
  /// Users whose last index is remembered; the oldest are forgotten first. Local policy.
  static constexpr size_t kMaxRemembered = 65536;

  explicit IndexPool(uint32_t size) : in_use_(size) {}

  /// A free one: the last of `user` if it is free, else the lowest from where the previous search
  /// ended, beginning again at the lowest. An empty user is nobody. Nothing when all are in use.
  std::optional<uint32_t> Allocate(std::string_view user);
  /// That one, remembered as the user's last; false if it is in use. Precondition: below the size,
  /// as for the next three.
  bool Take(uint32_t index, std::string_view user);
  /// False if it is not in use, or reserved.
  bool Release(uint32_t index);
  /// Never to be handed out from now on; no effect on one in use.
  void Reserve(uint32_t index);
  bool IsReserved(uint32_t index) const;

  /// Those that can be handed out at all, and those that are.
  uint32_t size() const { return in_use_.size() - reserved_count(); }
  uint32_t used() const { return in_use_.count() - reserved_count(); }

 private:
  uint32_t reserved_count() const { return static_cast<uint32_t>(reserved_.size()); }
  void Remember(std::string_view user, uint32_t index);

  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  IndexBitmap in_use_;  // reserved ones too
  std::vector<uint32_t> reserved_;
  uint32_t next_ = 0;  // where the next search begins
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> last_of_user_;
  std::deque<std::string> remembered_;  // the keys of last_of_user_, oldest first
};

}  // namespace sallyport::aaa
