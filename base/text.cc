// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.h"

namespace sallyport {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

int DigitValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

/// Octets of the well-formed UTF-8 sequence (RFC 3629 §4) that `bytes` begins with and that is no
/// control character; 0 when there is none.
size_t Utf8SequenceLength(std::span<const uint8_t> bytes) {
  const uint8_t first = bytes[0];
  size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || bytes.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xC0) != 0x80) return 0;
  }
  const uint8_t second = bytes[1];
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  const bool c1_control = first == 0xC2 && second < 0xA0;
  return overlong || surrogate || too_large || c1_control ? 0 : length;
}

}  // namespace

std::string ToHex(std::span<const uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t octet : bytes) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 0x0F];
  }
  return text;
}

std::optional<std::vector<uint8_t>> FromHex(std::string_view text) {
  if (text.size() % 2 != 0) return {};
  std::vector<uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = DigitValue(text[i]);
    const int low = DigitValue(text[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes.push_back(static_cast<uint8_t>(high << 4 | low));
  }
  return bytes;
}

std::string PrintableText(std::span<const uint8_t> bytes, size_t limit) {
  const bool cut = bytes.size() > limit;
  if (cut) bytes = bytes.first(limit);
  std::string text;
  while (!bytes.empty()) {
    const uint8_t octet = bytes[0];
    size_t taken = 1;
    if (octet >= 0x20 && octet < 0x7F && octet != '\\') {
      text += static_cast<char>(octet);
    } else if (const size_t length = Utf8SequenceLength(bytes); length != 0) {
      text.append(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
      taken = length;
    } else {
      text += "\\x";
      text += ToHex(bytes.first(1));
    }
    bytes = bytes.subspan(taken);
  }
  return cut ? text + "..." : text;
}

std::string PrintableText(std::string_view bytes, size_t limit) {
  return PrintableText(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
                       limit);
}

}  // namespace sallyport
