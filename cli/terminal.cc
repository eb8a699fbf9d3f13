// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/terminal.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace sallyport::cli {
namespace {

/// One code point at the beginning of a text.
struct CodePoint {
  uint32_t value = 0;
  size_t octets = 1;  // that it takes; 1 for an octet that is not UTF-8
  bool valid = false;
};

/// RFC 3629 §4. Precondition: `text` is not empty.
CodePoint Decode(std::string_view text) {
  const auto octet = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const uint32_t first = octet(0);
  if (first < 0x80) return {.value = first, .octets = 1, .valid = true};
  const size_t octets = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < octets) return {};
  uint32_t value = first & (0xFFU >> (octets + 1));
  for (size_t i = 1; i < octets; ++i) {
    if ((octet(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (octet(i) & 0x3FU);
  }
  const bool overlong = (octets == 3 && value < 0x800) || (octets == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return {};
  return {.value = value, .octets = octets, .valid = true};
}

/// Whether a terminal would obey `value` instead of showing it, or show other text out of place.
bool IsControl(uint32_t value) {
  return value < 0x20 || (value >= 0x7F && value <= 0x9F)          // C0, DEL, C1 (ECMA-48)
         || value == 0x061C || value == 0x200E || value == 0x200F  // bidirectional marks (UAX 9)
         || (value >= 0x2028 && value <= 0x202E)  // line separators, embeddings, overrides
         || (value >= 0x2066 && value <= 0x2069)  // isolates
         || value == 0xFEFF;                      // invisible
}

/// Copies `text`, with `replace(code point)` for what a terminal must not get.
template <typename Replace>
std::string Filter(std::string_view text, const Replace& replace) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = Decode(text);
    if (point.valid && !IsControl(point.value)) {
      safe += text.substr(0, point.octets);
    } else {
      safe += replace(point);
    }
    text.remove_prefix(point.octets);
  }
  return safe;
}

constexpr std::string_view kColourBegin = "\x1B[";

constexpr const char* kReplacement = "\uFFFD";

}  // namespace

std::string TerminalText(std::string_view text) {
  return Filter(text, [](const CodePoint&) { return std::string(kReplacement); });
}

std::string TerminalJson(std::string_view json) {
  return Filter(json, [](const CodePoint& point) -> std::string {
    if (!point.valid) return kReplacement;
    if (point.value == '\n' || point.value == '\t') return {static_cast<char>(point.value)};
    return fmt::format("\\u{:04x}", point.value);  // every control character is below U+10000
  });
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (; !text.empty(); ++width) text.remove_prefix(Decode(text).octets);
  return width;
}

std::string FitTo(TerminalSize size, std::string_view text) {
  std::string fitting;
  size_t row = 0;
  size_t column = 0;
  while (!text.empty() && row < size.rows) {
    // Of a line that is cut the colours stay.
    const bool colour = text.starts_with(kColourBegin);
    const size_t octets = colour ? std::min(text.find('m'), text.size() - 1) + 1
                                 : static_cast<size_t>(Decode(text).octets);
    if (text.front() == '\n') {
      fitting += '\n';
      ++row;
      column = 0;
    } else if (colour || column < size.columns) {
      fitting += text.substr(0, octets);
      column += colour ? 0 : 1;
    }
    text.remove_prefix(octets);
  }
  return fitting;
}

std::string FormatDuration(std::chrono::seconds duration) {
  const auto seconds = duration.count();
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{}h {:02}m", seconds / 3600, seconds % 3600 / 60);
  return fmt::format("{}d {:02}h", seconds / 86400, seconds % 86400 / 3600);
}

std::string FormatBytes(uint64_t bytes) {
  constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  // 1023.95 would be shown as 1024.0.
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string FormatCount(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string Style::Wrap(std::string_view code, std::string_view text) const {
  return coloured_ ? fmt::format("\x1B[{}m{}\x1B[0m", code, text) : std::string(text);
}

std::string Table::ToString(const Style& style) const {
  std::vector<size_t> widths(right.size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  std::string text;
  for (size_t number = 0; number < rows.size(); ++number) {
    std::string line;
    for (size_t i = 0; i < rows[number].size(); ++i) {
      const std::string& cell = rows[number][i];
      const std::string padding(widths[i] - DisplayWidth(cell), ' ');
      if (i != 0) line += "  ";
      line += right[i] ? padding + cell : cell + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += (number == 0 ? style.Bold(line) : line) + '\n';
  }
  return text;
}

}  // namespace sallyport::cli
