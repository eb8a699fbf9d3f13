// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/http_message.h"
#include "daemon/status_json.h"
#include "daemon/status_model.h"

namespace sallyport::daemon {

/// A list of the API as the body of an answer, made piece by piece: {"api":..., NAME:[...],
/// "next":CURSOR}. "next" is null when the list is complete.
class ListBody final : public BodySource {
 public:
  /// How many records one piece looks at; local policy: about a millisecond's work.
  static constexpr size_t kScan = 32;

  /// The records after a cursor, as JSON; looks at kScan at most.
  using Reader = std::function<Page<Json>(uint64_t after)>;

  /// `limit`: elements at most; none: all.
  ListBody(std::string name, uint64_t after, std::optional<size_t> limit, Reader read)
      : name_(std::move(name)), after_(after), limit_(limit), read_(std::move(read)) {}

  Next Produce(std::string& out) override;

  /// "0000000110d81e27"; the cursor of a text, if it is one.
  static std::string CursorText(uint64_t cursor);
  static std::optional<uint64_t> ParseCursor(std::string_view text);

 private:
  Next Finish(std::string& out, std::optional<uint64_t> next);

  std::string name_;
  uint64_t after_;
  std::optional<size_t> limit_;
  Reader read_;
  bool begun_ = false;
  size_t given_ = 0;
};

}  // namespace sallyport::daemon
