// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/data_plane.h"
#include "daemon/status_model.h"

namespace sallyport::daemon {

/// What is asked of all sessions at once, kept while they change: with tens of thousands of them
/// nobody may go through all in one turn of the loop.
class SessionIndex {
 public:
  using IdleLimit = std::optional<std::chrono::seconds>;

  /// A session begins: starting, and without a limit.
  void Add(const std::string& id, const SessionKey& key) {
    by_id_.emplace(id, key);
    ++CountOf(SessionState::kStarting);
  }
  /// It is forgotten; `state` and `limit` are its last.
  void Remove(const std::string& id, SessionState state, IdleLimit limit) {
    by_id_.erase(id);
    --CountOf(state);
    ChangeLimit(limit, {});
  }
  void ChangeState(SessionState from, SessionState to) {
    --CountOf(from);
    ++CountOf(to);
  }
  void ChangeLimit(IdleLimit from, IdleLimit to) {
    if (to) ++idle_limits_[*to];
    const auto known = from ? idle_limits_.find(*from) : idle_limits_.end();
    if (known != idle_limits_.end() && --known->second == 0) idle_limits_.erase(known);
  }

  /// Null if there is none.
  const SessionKey* Find(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second;
  }
  size_t InState(SessionState state) const { return by_state_[static_cast<size_t>(state)]; }
  IdleLimit shortest_idle_limit() const {
    return idle_limits_.empty() ? std::nullopt : std::optional(idle_limits_.begin()->first);
  }

 private:
  size_t& CountOf(SessionState state) { return by_state_[static_cast<size_t>(state)]; }

  std::map<std::string, SessionKey, std::less<>> by_id_;
  std::array<size_t, 3> by_state_{};                    // in the order of SessionState
  std::map<std::chrono::seconds, size_t> idle_limits_;  // how many sessions have each
};

}  // namespace sallyport::daemon
