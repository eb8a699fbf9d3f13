// SPDX-License-Identifier: GPL-2.0-or-later
// Text for people: safe on a terminal, in columns, in units, in colour. Pure.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::cli {

/// `text` as it may go to a terminal: control characters (C0, DEL, C1), those that reorder or hide
/// text (Unicode bidirectional and line controls), and octets that are not UTF-8 become U+FFFD.
std::string TerminalText(std::string_view text);

/// JSON text as it may go to a terminal: the same characters as \uXXXX, which JSON takes as equal.
/// Spaces, line feeds and tabs between values stay.
std::string TerminalJson(std::string_view json);

/// Columns that `text` (UTF-8) takes: one for each code point.
size_t DisplayWidth(std::string_view text);

/// In characters.
struct TerminalSize {
  size_t rows = 24;
  size_t columns = 80;
};

/// What `size` has room for: the first lines, and of each its beginning. A colour (Style) takes no
/// room, and what begins one ends it.
std::string FitTo(TerminalSize size, std::string_view text);

/// Two largest units: "45s", "4m 05s", "1h 00m", "3d 04h".
std::string FormatDuration(std::chrono::seconds duration);

/// One decimal from 1 KiB on: "812 B", "1.5 KiB", "16.0 EiB". Units of IEC 80000-13.
std::string FormatBytes(uint64_t bytes);

/// "1 session", "2 sessions".
std::string FormatCount(uint64_t count, std::string_view noun);

/// ECMA-48 colours, or none.
class Style {
 public:
  explicit Style(bool coloured) : coloured_(coloured) {}

  std::string Bold(std::string_view text) const { return Wrap("1", text); }
  std::string Red(std::string_view text) const { return Wrap("31", text); }
  std::string Green(std::string_view text) const { return Wrap("32", text); }
  std::string Yellow(std::string_view text) const { return Wrap("33", text); }

 private:
  std::string Wrap(std::string_view code, std::string_view text) const;

  bool coloured_;
};

/// Left-aligned columns two spaces apart, without trailing space; those named in `right` are
/// right-aligned. The first row is the heading.
struct Table {
  std::vector<std::vector<std::string>> rows;
  std::vector<bool> right;  // by column

  std::string ToString(const Style& style) const;
};

}  // namespace sallyport::cli
