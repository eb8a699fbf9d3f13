// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/users_file_words.h"

#include <cstdint>
#include <span>

namespace sallyport::aaa {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The blanks of isspace() in the C locale, without the newline, which ends an entry.
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/// The value of a digit in `base` 8 or 16; nothing for another character.
std::optional<unsigned> DigitValue(char c, unsigned base) {
  unsigned value = base;
  if (c >= '0' && c <= '9') value = static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') value = static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') value = static_cast<unsigned>(c - 'A') + 10;
  return value < base ? std::optional(value) : std::nullopt;
}

}  // namespace

WordReader::WordReader(std::string_view text) : text_(text) {
  buffer_.reserve(kMaxWordSize);
  // Editors on Windows write one; it is no part of the first client's name.
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
}

WordReader::~WordReader() {
  buffer_.resize(kMaxWordSize);
  WipeBytes(std::span(reinterpret_cast<uint8_t*>(buffer_.data()), buffer_.size()));
}

char WordReader::Peek(size_t ahead) const {
  return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0';
}

char WordReader::Take() {
  const char taken = text_[offset_++];
  if (taken == '\n') {
    position_ = {.line = position_.line + 1, .column = 1};
  } else if ((static_cast<uint8_t>(taken) & 0xC0) != 0x80) {  // not inside a UTF-8 sequence
    ++position_.column;
  }
  return taken;
}

void WordReader::SkipLine() {
  while (!at_end() && Take() != '\n') {
  }
}

void WordReader::SkipBlanks() {
  while (!at_end()) {
    if (Peek() == '\\' && Peek(1) == '\n') {
      Take();
      Take();
    } else if (Peek() == '#') {
      while (!at_end() && Peek() != '\n') Take();
    } else if (IsBlank(Peek())) {
      Take();
    } else {
      return;
    }
  }
}

Expected<std::optional<Word>, UsersFileError> WordReader::Next(std::string_view field) {
  SkipBlanks();
  if (at_end() || Peek() == '\n') return std::optional<Word>();
  Word word;
  word.position = position_;
  if (const auto mistake = ReadWord(word)) {
    return Unexpected{UsersFileError{.position = mistake->position,
                                     .field = std::string(field),
                                     .found = std::string(mistake->found),
                                     .expected = std::string(mistake->expected)}};
  }
  word.text = Secret(buffer_);
  return std::optional(std::move(word));
}

std::optional<WordReader::Mistake> WordReader::ReadWord(Word& word) {
  buffer_.clear();
  std::optional<char> quote;
  TextPosition quote_position;
  while (!at_end()) {
    const char next = Peek();
    const TextPosition here = position_;
    if (next == '\n' || (!quote && IsBlank(next))) break;
    if (!quote && next == '#') {
      return Mistake{here, "# inside a word",
                     "a blank before a comment, or quotes around the word"};
    }
    Take();
    if (next == '\\') {
      word.literal = false;
      if (const auto mistake = ReadEscape()) return mistake;
    } else if (quote && next == *quote) {
      quote.reset();
    } else if (!quote && (next == '"' || next == '\'')) {
      word.literal = false;
      quote = next;
      quote_position = here;
    } else if (const auto mistake = Append(next, here)) {
      return mistake;
    }
  }
  if (!quote) return {};
  return Mistake{quote_position, "a quote that the line does not close",
                 *quote == '"' ? "\" at the end of the word" : "' at the end of the word"};
}

std::optional<WordReader::Mistake> WordReader::ReadEscape() {
  const TextPosition here = position_;
  if (at_end()) return Mistake{here, "the end of the file", "a character after the backslash"};
  const char escaped = Peek();
  if (DigitValue(escaped, 8)) return Append(TakeNumber(8, 3), here);
  Take();
  switch (escaped) {
    case '\n':
      return {};
    case 'a':
      return Append('\a', here);
    case 'b':
      return Append('\b', here);
    case 'f':
      return Append('\f', here);
    case 'n':
      return Append('\n', here);
    case 'r':
      return Append('\r', here);
    case 's':
      return Append(' ', here);
    case 't':
      return Append('\t', here);
    case 'x':
      return Append(TakeNumber(16, 2), here);
    default:
      return Append(escaped, here);
  }
}

char WordReader::TakeNumber(unsigned base, int digits) {
  unsigned value = 0;
  for (int i = 0; i < digits; ++i) {
    const auto digit = DigitValue(Peek(), base);
    if (!digit) break;
    value = value * base + *digit;
    Take();
  }
  return static_cast<char>(static_cast<uint8_t>(value));  // \777 wraps, as in pppd
}

std::optional<WordReader::Mistake> WordReader::Append(char character, TextPosition position) {
  if (character == '\0') {
    return Mistake{position, "a NUL character", "text, or \\x and two hexadecimal digits"};
  }
  if (buffer_.size() == kMaxWordSize) {
    return Mistake{position, "a word of more than 1024 octets", "a shorter one"};
  }
  buffer_ += character;
  return {};
}

}  // namespace sallyport::aaa
