// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's log: one line an event, to the journal with fields when systemd started us, else to
// standard error. Ids are listed in docs/log-messages.md.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

enum class LogLevel { kError, kWarning, kNotice, kInfo, kDebug };

std::string_view ToString(LogLevel level);
std::optional<LogLevel> ParseLogLevel(std::string_view text);

/// What is logged from now on: `level` and what is graver. Info at the start; debug is every
/// control message (TraceStream).
void SetLogLevel(LogLevel level);
LogLevel CurrentLogLevel();

/// A journal field; `name` is written as SALLYPORT_<name>.
struct LogField {
  std::string_view name;  // upper case: USER, SESSION, PEER, TUNNEL, REASON
  std::string value;
};

/// `message_id`: a stable snake_case word for the kind of event. `text`: readable, already
/// printable (base/text.h) where it holds anything from the network; never a secret.
void Log(LogLevel level, std::string_view message_id, std::string_view text,
         const std::vector<LogField>& fields = {});

/// What an operator asked for: a notice, whatever the level is.
void LogRequest(std::string_view message_id, std::string_view text,
                const std::vector<LogField>& fields = {});

inline void LogDebug(std::string_view id, std::string_view text,
                     const std::vector<LogField>& fields = {}) {
  Log(LogLevel::kDebug, id, text, fields);
}
inline void LogInfo(std::string_view id, std::string_view text,
                    const std::vector<LogField>& fields = {}) {
  Log(LogLevel::kInfo, id, text, fields);
}
inline void LogWarning(std::string_view id, std::string_view text,
                       const std::vector<LogField>& fields = {}) {
  Log(LogLevel::kWarning, id, text, fields);
}
inline void LogError(std::string_view id, std::string_view text,
                     const std::vector<LogField>& fields = {}) {
  Log(LogLevel::kError, id, text, fields);
}

}  // namespace sallyport::daemon
