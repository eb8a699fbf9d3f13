// SPDX-License-Identifier: GPL-2.0-or-later
// What a source of status that holds its sessions in a list answers.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon/status_model.h"

namespace sallyport::daemon {

inline std::optional<SessionRecord> SessionIn(const std::vector<SessionRecord>& sessions,
                                              const std::string& id) {
  for (const SessionRecord& session : sessions) {
    if (session.id == id) return session;
  }
  return {};
}

inline std::vector<std::string> SessionIdsIn(const std::vector<SessionRecord>& sessions,
                                             const SessionFilter& filter) {
  std::vector<std::string> ids;
  for (const SessionRecord& session : sessions) {
    if (filter.Matches(FactsOf(session))) ids.push_back(session.id);
  }
  return ids;
}

}  // namespace sallyport::daemon
