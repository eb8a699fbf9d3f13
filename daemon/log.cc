// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/log.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

namespace sallyport::daemon {
namespace {

int Priority(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return LOG_ERR;
    case LogLevel::kWarning:
      return LOG_WARNING;
    case LogLevel::kNotice:
      return LOG_NOTICE;
    case LogLevel::kInfo:
      return LOG_INFO;
    case LogLevel::kDebug:
      return LOG_DEBUG;
  }
  return LOG_INFO;
}

/// Worker threads log as well.
std::atomic<LogLevel> current_level = LogLevel::kInfo;

/// systemd sets JOURNAL_STREAM for a service whose standard error is the journal.
bool JournalIsOurs() {
  static const bool ours =
      std::getenv("JOURNAL_STREAM") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  return ours;
}

void LogToJournal(LogLevel level, std::string_view message_id, std::string_view text,
                  const std::vector<LogField>& fields) {
  std::vector<std::string> lines{fmt::format("MESSAGE={}", text),
                                 fmt::format("PRIORITY={}", Priority(level)),
                                 fmt::format("SALLYPORT_EVENT={}", message_id)};
  lines.reserve(lines.size() + fields.size());
  for (const auto& field : fields) {
    lines.push_back(fmt::format("SALLYPORT_{}={}", field.name, field.value));
  }
  std::vector<iovec> vectors;
  vectors.reserve(lines.size());
  for (auto& line : lines) vectors.push_back({.iov_base = line.data(), .iov_len = line.size()});
  (void)sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size()));
}

void LogToStandardError(LogLevel level, std::string_view message_id, std::string_view text,
                        const std::vector<LogField>& fields) {
  std::string line = fmt::format("{}: {}: {}", ToString(level), message_id, text);
  for (const auto& field : fields) {
    std::string name(field.name);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    line += fmt::format(" {}=\"{}\"", name, field.value);
  }
  line += '\n';
  // One write a line, so that lines of several threads do not mix.
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

void Write(LogLevel level, std::string_view message_id, std::string_view text,
           const std::vector<LogField>& fields) {
  if (JournalIsOurs()) {
    LogToJournal(level, message_id, text, fields);
  } else {
    LogToStandardError(level, message_id, text, fields);
  }
}

}  // namespace

std::string_view ToString(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return "error";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kNotice:
      return "notice";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kDebug:
      return "debug";
  }
  return "info";
}

std::optional<LogLevel> ParseLogLevel(std::string_view text) {
  for (const auto level : {LogLevel::kError, LogLevel::kWarning, LogLevel::kNotice, LogLevel::kInfo,
                           LogLevel::kDebug}) {
    if (text == ToString(level)) return level;
  }
  return {};
}

void SetLogLevel(LogLevel level) { current_level = level; }
LogLevel CurrentLogLevel() { return current_level; }

void Log(LogLevel level, std::string_view message_id, std::string_view text,
         const std::vector<LogField>& fields) {
  if (level <= current_level) Write(level, message_id, text, fields);
}

void LogRequest(std::string_view message_id, std::string_view text,
                const std::vector<LogField>& fields) {
  Write(LogLevel::kNotice, message_id, text, fields);
}

}  // namespace sallyport::daemon
