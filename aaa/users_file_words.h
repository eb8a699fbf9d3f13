// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/secret.h"

namespace sallyport::aaa {

/// A place in a text, both counted from 1; columns count characters of UTF-8.
struct TextPosition {
  unsigned line = 1;
  unsigned column = 1;
  auto operator<=>(const TextPosition&) const = default;
};

/// What is wrong with a users file, and where. Holds no text of the file: a missing quote moves a
/// secret into a neighbouring column, so any word may be one.
struct UsersFileError {
  TextPosition position;
  std::string field;  // the column of the file: "client", "server", "secret", "address", "option"
  std::string found;  // reads after "found "
  std::string expected;  // reads after "expected "
  bool operator==(const UsersFileError&) const = default;
};

/// One word without its quotes and escapes.
struct Word {
  Secret text;
  TextPosition position;
  bool literal = true;  // written without quotes and escapes
};

/// Splits a users file into words by the rules of pppd's secrets files (pppd/options.c, getword()):
/// blanks separate words, `#` begins a comment, "..." and '...' hold blanks, a backslash begins an
/// escape (\a \b \f \n \r \s \t, \ooo, \xhh; any other character stands for itself) and joins two
/// lines. Where pppd guesses in silence, this refuses: a quote that the line does not close, a word
/// cut short by `#`, a NUL in a word, a word that is too long.
class WordReader {
 public:
  /// Octets in a word; pppd's MAXWORDLEN.
  static constexpr size_t kMaxWordSize = 1024;

  /// `text` is borrowed and must outlive the reader.
  explicit WordReader(std::string_view text);
  WordReader(const WordReader&) = delete;
  WordReader& operator=(const WordReader&) = delete;
  ~WordReader();

  /// The next word of this line; nothing at the line's end, which SkipLine() passes. `field` names
  /// the column in an error. After an error only SkipLine() makes sense.
  Expected<std::optional<Word>, UsersFileError> Next(std::string_view field);
  /// Goes to the beginning of the next line.
  void SkipLine();
  bool at_end() const { return offset_ == text_.size(); }
  TextPosition position() const { return position_; }

 private:
  /// What went wrong inside a word; the place is known to the caller.
  struct Mistake {
    TextPosition position;
    std::string_view found;
    std::string_view expected;
  };

  char Peek(size_t ahead = 0) const;
  char Take();
  void SkipBlanks();
  std::optional<Mistake> ReadWord(Word& word);
  std::optional<Mistake> ReadEscape();
  std::optional<Mistake> Append(char character, TextPosition position);
  char TakeNumber(unsigned base, int digits);

  std::string_view text_;
  size_t offset_ = 0;
  TextPosition position_;
  std::string buffer_;  // never grows past its reserve, so that no copy of a secret is left behind
};

}  // namespace sallyport::aaa
