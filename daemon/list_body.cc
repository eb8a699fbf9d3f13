// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/list_body.h"

#include <charconv>
#include <fmt/format.h>

namespace sallyport::daemon {

std::string ListBody::CursorText(uint64_t cursor) { return fmt::format("{:016x}", cursor); }

std::optional<uint64_t> ListBody::ParseCursor(std::string_view text) {
  uint64_t cursor = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, cursor, 16);
  if (error != std::errc() || stopped != end || text.size() != 16) return {};
  return cursor;
}

BodySource::Next ListBody::Produce(std::string& out) {
  if (!begun_) out += fmt::format(R"({{"api":"{}","{}":[)", kApiVersion, name_);
  begun_ = true;
  const Page<Json> page = read_(after_);
  for (const auto& [cursor, record] : page.records) {
    if (limit_ && given_ >= *limit_) return Finish(out, after_);
    if (given_++ > 0) out += ',';
    std::string text = ToText(record);
    text.pop_back();  // the line feed
    out += text;
    after_ = cursor;
  }
  if (!page.next) return Finish(out, {});
  after_ = *page.next;
  return Next::kMore;
}

BodySource::Next ListBody::Finish(std::string& out, std::optional<uint64_t> next) {
  out += next ? fmt::format(R"(],"next":"{}"}})", CursorText(*next)) : R"(],"next":null})";
  out += '\n';
  return Next::kEnd;
}

}  // namespace sallyport::daemon
