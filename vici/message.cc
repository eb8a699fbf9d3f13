// SPDX-License-Identifier: GPL-2.0-or-later
#include "vici/message.h"

#include <algorithm>
#include <utility>

#include "base/wire_reader.h"
#include "base/wire_writer.h"

namespace sallyport::vici {
namespace {

// vici_message.h, vici_type_t.
enum class ElementType : uint8_t {
  kSectionStart = 1,
  kSectionEnd = 2,
  kKeyValue = 3,
  kListStart = 4,
  kListItem = 5,
  kListEnd = 6,
};

constexpr size_t kMaxName = 255;     // u8 length
constexpr size_t kMaxValue = 65535;  // u16 length

std::string TakeText(WireReader& in, size_t length) {
  const auto octets = in.Take(length);
  return {octets.begin(), octets.end()};
}
std::string TakeName(WireReader& in) { return TakeText(in, in.U8()); }
std::string TakeValue(WireReader& in) { return TakeText(in, in.U16()); }

/// Writes a tree; the first thing that does not fit latches, as in WireReader.
class MessageEncoder {
 public:
  void Section(const Message& section, size_t depth) {
    if (depth > Message::kMaxDepth) Fail(MessageError::kTooDeep);
    if (failure_) return;
    for (const Element& element : section.elements()) {
      if (const auto* value = std::get_if<std::string>(&element.content)) {
        Start(ElementType::kKeyValue, element.name);
        Value(*value);
      } else if (const auto* items = std::get_if<std::vector<std::string>>(&element.content)) {
        Start(ElementType::kListStart, element.name);
        for (const std::string& item : *items) {
          Type(ElementType::kListItem);
          Value(item);
        }
        Type(ElementType::kListEnd);
      } else if (const auto* nested = std::get_if<Message>(&element.content)) {
        Start(ElementType::kSectionStart, element.name);
        Section(*nested, depth + 1);
        Type(ElementType::kSectionEnd);
      }
    }
  }

  Expected<std::vector<uint8_t>, MessageError> Finish() && {
    if (out_.size() > Message::kMaxSize) Fail(MessageError::kTooLong);
    if (failure_) return Unexpected{*failure_};
    return std::move(out_).Finish();
  }

 private:
  void Type(ElementType type) { out_.U8(static_cast<uint8_t>(type)); }

  void Start(ElementType type, std::string_view name) {
    if (name.size() > kMaxName) Fail(MessageError::kTooLong);
    Type(type);
    out_.U8(static_cast<uint8_t>(name.size()));
    out_.Text(name);
  }

  void Value(std::string_view value) {
    if (value.size() > kMaxValue) Fail(MessageError::kTooLong);
    out_.U16(static_cast<uint16_t>(value.size()));
    out_.Text(value);
  }

  void Fail(MessageError error) {
    if (!failure_) failure_ = error;
  }

  WireWriter out_;
  std::optional<MessageError> failure_;
};

}  // namespace

std::string_view ToString(MessageError error) {
  switch (error) {
    case MessageError::kTruncated:
      return "truncated";
    case MessageError::kUnknownElement:
      return "unknown element";
    case MessageError::kMisplacedElement:
      return "misplaced element";
    case MessageError::kUnbalanced:
      return "unbalanced";
    case MessageError::kTooDeep:
      return "too deep";
    case MessageError::kTooLong:
      return "too long";
  }
  return "unknown";
}

/// Reads the elements one after another; a stack of the open sections takes the place of recursion.
class MessageDecoder {
 public:
  explicit MessageDecoder(std::span<const uint8_t> bytes) : in_(bytes) {}

  Expected<Message, MessageError> Decode() && {
    while (!in_.empty() && !failure_) ReadElement();
    const bool unfinished = list_ != nullptr || open_.size() > 1;
    if (!failure_ && unfinished) failure_ = MessageError::kUnbalanced;
    if (failure_) return Unexpected{*failure_};
    return std::move(root_);
  }

 private:
  void ReadElement() {
    const auto type = static_cast<ElementType>(in_.U8());
    const bool belongs_in_list = type == ElementType::kListItem || type == ElementType::kListEnd;
    if (type < ElementType::kSectionStart || type > ElementType::kListEnd) {
      failure_ = MessageError::kUnknownElement;
    } else if (belongs_in_list != (list_ != nullptr)) {
      failure_ = MessageError::kMisplacedElement;
    } else {
      ReadBody(type);
      if (!failure_ && !in_.ok()) failure_ = MessageError::kTruncated;
    }
  }

  void ReadBody(ElementType type) {
    switch (type) {
      case ElementType::kSectionStart:
        return OpenSection(TakeName(in_));
      case ElementType::kSectionEnd:
        return CloseSection();
      case ElementType::kKeyValue: {
        std::string name = TakeName(in_);
        Add({std::move(name), TakeValue(in_)});
        return;
      }
      case ElementType::kListStart:
        list_ = std::get_if<std::vector<std::string>>(
            &Add({TakeName(in_), std::vector<std::string>{}}).content);
        return;
      case ElementType::kListItem:
        list_->push_back(TakeValue(in_));
        return;
      case ElementType::kListEnd:
        list_ = nullptr;
        return;
    }
  }

  void OpenSection(std::string name) {
    if (open_.size() > Message::kMaxDepth) {
      failure_ = MessageError::kTooDeep;
      return;
    }
    open_.push_back(std::get_if<Message>(&Add({std::move(name), Message()}).content));
  }

  void CloseSection() {
    if (open_.size() == 1) {
      failure_ = MessageError::kUnbalanced;
      return;
    }
    open_.pop_back();
  }

  Element& Add(Element element) { return open_.back()->elements_.emplace_back(std::move(element)); }

  WireReader in_;
  Message root_;
  // The sections and the list that are open. Valid as long as they are: nothing is added to an
  // outer section while one within it is open.
  std::vector<Message*> open_{&root_};  // from the root inwards
  std::vector<std::string>* list_ = nullptr;
  std::optional<MessageError> failure_;
};

Message& Message::Set(std::string_view key, std::string_view value) {
  FindOrAdd(key).content = std::string(value);
  return *this;
}

Message& Message::SetList(std::string_view key, std::vector<std::string> items) {
  FindOrAdd(key).content = std::move(items);
  return *this;
}

Message& Message::SetSection(std::string_view key, Message section) {
  FindOrAdd(key).content = std::move(section);
  return *this;
}

std::optional<std::string_view> Message::Value(std::string_view key) const {
  const Element* element = Find(key);
  const auto* value = element == nullptr ? nullptr : std::get_if<std::string>(&element->content);
  return value == nullptr ? std::nullopt : std::optional<std::string_view>(*value);
}

const std::vector<std::string>* Message::List(std::string_view key) const {
  const Element* element = Find(key);
  return element == nullptr ? nullptr : std::get_if<std::vector<std::string>>(&element->content);
}

const Message* Message::Section(std::string_view key) const {
  const Element* element = Find(key);
  return element == nullptr ? nullptr : std::get_if<Message>(&element->content);
}

const Message* Message::SectionAt(std::initializer_list<std::string_view> path) const {
  const Message* section = this;
  for (const std::string_view key : path) {
    section = section->Section(key);
    if (section == nullptr) return nullptr;
  }
  return section;
}

Expected<std::vector<uint8_t>, MessageError> Message::Encode() const {
  MessageEncoder encoder;
  encoder.Section(*this, 0);
  return std::move(encoder).Finish();
}

Expected<Message, MessageError> Message::Decode(std::span<const uint8_t> bytes) {
  return MessageDecoder(bytes).Decode();
}

bool Message::operator==(const Message& other) const { return elements_ == other.elements_; }

const Element* Message::Find(std::string_view key) const {
  const auto found = std::find_if(elements_.begin(), elements_.end(),
                                  [&](const Element& element) { return element.name == key; });
  return found == elements_.end() ? nullptr : &*found;
}

Element& Message::FindOrAdd(std::string_view key) {
  const auto found = std::find_if(elements_.begin(), elements_.end(),
                                  [&](const Element& element) { return element.name == key; });
  if (found != elements_.end()) return *found;
  return elements_.emplace_back(Element{std::string(key), std::string()});
}

}  // namespace sallyport::vici
