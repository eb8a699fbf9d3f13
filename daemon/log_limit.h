// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "daemon/log.h"

namespace sallyport::daemon {

/// For messages that a peer can provoke at will, one object for each kind: at most so many in
/// each kPeriod are logged; the first of the next period says how many were left out.
class LogLimit {
 public:
  static constexpr unsigned kBurst = 20;              // local policy
  static constexpr std::chrono::seconds kPeriod{10};  // local policy

  explicit LogLimit(unsigned burst = kBurst) : burst_(burst) {}

  void LogDebug(std::string_view id, std::string text, TimePoint now,
                const std::vector<LogField>& fields = {}) {
    Log(LogLevel::kDebug, id, std::move(text), now, fields);
  }
  void LogInfo(std::string_view id, std::string text, TimePoint now,
               const std::vector<LogField>& fields = {}) {
    Log(LogLevel::kInfo, id, std::move(text), now, fields);
  }
  void LogWarning(std::string_view id, std::string text, TimePoint now,
                  const std::vector<LogField>& fields = {}) {
    Log(LogLevel::kWarning, id, std::move(text), now, fields);
  }
  void LogError(std::string_view id, std::string text, TimePoint now,
                const std::vector<LogField>& fields = {}) {
    Log(LogLevel::kError, id, std::move(text), now, fields);
  }

  /// The text to log, or nothing.
  std::optional<std::string> Pass(std::string text, TimePoint now) {
    if (now - began_ >= kPeriod) {
      began_ = now;
      passed_ = 0;
      if (suppressed_ > 0) text += " (" + std::to_string(suppressed_) + " like it left out)";
      suppressed_ = 0;
    }
    if (passed_ >= burst_) {
      ++suppressed_;
      return {};
    }
    ++passed_;
    return text;
  }

 private:
  void Log(LogLevel level, std::string_view id, std::string text, TimePoint now,
           const std::vector<LogField>& fields) {
    if (const auto passed = Pass(std::move(text), now)) daemon::Log(level, id, *passed, fields);
  }

  unsigned burst_;
  TimePoint began_;
  unsigned passed_ = 0;
  uint64_t suppressed_ = 0;
};

}  // namespace sallyport::daemon
