// SPDX-License-Identifier: GPL-2.0-or-later
// The body of a VICI packet (strongSwan src/libcharon/plugins/vici/README.md, "Message format"): an
// ordered tree of sections, key/values and lists.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/expected.h"

namespace sallyport::vici {

enum class MessageError {
  kTruncated,         // ends inside an element
  kUnknownElement,    // an element type that the protocol does not have
  kMisplacedElement,  // an item outside of a list, anything but an item inside of one
  kUnbalanced,        // an end without its start, or the message ends before a section or list does
  kTooDeep,           // sections nested deeper than kMaxDepth
  kTooLong,           // to encode: a name, value or message that its length field cannot hold
};

/// One word for a log line.
std::string_view ToString(MessageError error);

struct Element;

/// One section: the root of a message, or one inside of another. A value; keeps the order of its
/// elements. Values are octets; nearly all of them are text.
class Message {
 public:
  /// Sections inside of each other, the root not counted. Local policy: strongSwan's own messages
  /// nest five deep at most (child-rekey).
  static constexpr size_t kMaxDepth = 16;
  /// Octets; VICI_MESSAGE_SIZE_MAX in vici_socket.c, for both directions.
  static constexpr size_t kMaxSize = size_t{512} * 1024;

  // ---- Building. Each call returns the section it was made on, so that calls can be chained; a
  // second call with the same key replaces, keys being unique within a section.

  Message& Set(std::string_view key, std::string_view value);
  Message& SetList(std::string_view key, std::vector<std::string> items);
  Message& SetSection(std::string_view key, Message section);

  // ---- Looking up. Nothing is found where the element is missing or of another kind. What is
  // returned is borrowed: valid until the message changes or goes.

  std::optional<std::string_view> Value(std::string_view key) const;
  const std::vector<std::string>* List(std::string_view key) const;
  const Message* Section(std::string_view key) const;
  /// The section at the end of `path`, this one for an empty path.
  const Message* SectionAt(std::initializer_list<std::string_view> path) const;

  const std::vector<Element>& elements() const { return elements_; }
  bool empty() const { return elements_.empty(); }

  /// Errors: kTooLong (names up to 255 octets, values up to 65535, kMaxSize in all); kTooDeep.
  Expected<std::vector<uint8_t>, MessageError> Encode() const;
  /// Any error but kTooLong; `bytes` are not kept. Of elements with the same name all are kept and
  /// the first is found.
  static Expected<Message, MessageError> Decode(std::span<const uint8_t> bytes);

  bool operator==(const Message& other) const;

 private:
  friend class MessageDecoder;

  const Element* Find(std::string_view key) const;
  Element& FindOrAdd(std::string_view key);

  std::vector<Element> elements_;
};

/// One named thing in a section: a value, a list of values, or a section.
struct Element {
  std::string name;
  std::variant<std::string, std::vector<std::string>, Message> content;
  bool operator==(const Element&) const = default;
};

}  // namespace sallyport::vici
