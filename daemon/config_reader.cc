// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_reader.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "aaa/address_range.h"
#include "aaa/prefix_pool.h"
#include "base/text.h"
#include "daemon/config_files.h"
#include "daemon/config_keys.h"
#include "ppp/eap_client_method.h"

// A configuration with an error is no exceptional state: the parser returns it. A distribution's
// library has the parser that throws, so the other one comes from the header, whatever pkg-config
// says. Its assertions are about the text that it reads ("[;" fails one, and is then refused as any
// other mistake), so they are off in a build without NDEBUG too, as distributions' builds are.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

namespace sallyport::daemon {
namespace {

aaa::TextPosition PositionOf(const toml::source_region& region) {
  // A table that no header wrote, as the root, has no place.
  if (!region.begin) return {};
  return {.line = region.begin.line, .column = region.begin.column};
}

std::string Quoted(std::string_view text) { return "\"" + PrintableText(text) + "\""; }

/// The kind of a value, without the value, which may be a secret in the wrong place.
std::string KindOf(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "text in quotes";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
  }
  return {};
}

/// Stores `value`, which is within the field's bounds and so within its type's.
void Store(Config& config, const NumberField& field, int64_t value) {
  std::visit(
      [&config, value](auto* of) {
        auto& target = of(config);
        target = static_cast<std::remove_reference_t<decltype(target)>>(value);
      },
      field.of);
}

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// RFC 1123 §2.1: labels of letters, digits and dashes, 255 octets in all. One of digits alone at
/// the end would be a mistyped address.
bool IsHostName(std::string_view text) {
  if (text.size() > 255) return false;
  const std::string_view last = text.substr(text.rfind('.') + 1);
  if (std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return false;
  }
  while (true) {
    const size_t size = std::min(text.find('.'), text.size());
    const std::string_view label = text.substr(0, size);
    const bool good = !label.empty() && label.size() <= 63 && label.front() != '-' &&
                      label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
                        return IsAlphanumeric(c) || c == '-';
                      });
    if (!good) return false;
    if (size == text.size()) return true;
    text.remove_prefix(size + 1);
  }
}

/// One that goes on the wire: 255 octets with the length of its first label and the root's (RFC
/// 1035 §2.3.4).
bool IsDomain(std::string_view text) { return text.size() <= 253 && IsHostName(text); }
/// Printable, without blanks, of 1 to `maximum` octets.
bool IsName(std::string_view text, size_t maximum) {
  return !text.empty() && text.size() <= maximum &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

bool IsPath(std::string_view text, size_t maximum) {
  return text.starts_with('/') && text.size() <= maximum &&
         text.find('\0') == std::string_view::npos;
}

// Octets of one entry of a list: an identity, local policy; a path, linux/limits.h (PATH_MAX with
// the end of the text).
constexpr size_t kMaxListedName = 255;
constexpr size_t kMaxListedPath = 4095;

class ConfigDecoder {
 public:
  ConfigDecoder(const std::string& file, ParsedConfig& out) : file_(file), out_(out) {}

  void Decode(const toml::table& root) {
    for (const auto& [name, node] : root) DecodeSection(name, node);
    for (const ConfigKey& key : ConfigKeys()) {
      // A section that is not there lacks its required keys as well; a pool is required by itself.
      if (!IsArraySection(key.section) && !root.contains(key.section)) {
        CheckPresent(key, nullptr, {});
      }
    }
  }

 private:
  // Where a value stands, and what it is to be: all that an error needs.
  struct Place {
    const ConfigKey& key;
    std::string path;
  };

  void DecodeSection(const toml::key& name, const toml::node& node) {
    const std::string_view section = name.str();
    const auto keys = ConfigKeys();
    const bool known = std::any_of(keys.begin(), keys.end(), [section](const ConfigKey& key) {
      return key.section == section;
    });
    // "l2tp.peer" is the name of a section in another, no key of the file's own.
    if (!known || section.find('.') != std::string_view::npos) return AddUnknown({}, name);
    if (IsArraySection(section)) return DecodeArray(section, node);
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return Add(PositionOf(node.source()), section, KindOf(node),
                 "a section [" + std::string(section) + "]");
    }
    DecodeTable(section, std::string(section), *table);
  }

  void DecodeArray(std::string_view section, const toml::node& node) {
    const std::string expected = "[[" + std::string(section) + "]] sections";
    const toml::array* array = node.as_array();
    if (array == nullptr) return Add(PositionOf(node.source()), section, KindOf(node), expected);
    for (const toml::node& element : *array) {
      const toml::table* table = element.as_table();
      if (table == nullptr) {
        Add(PositionOf(element.source()), section, KindOf(element), expected);
        continue;
      }
      const size_t index = AddElement(section);
      DecodeTable(section, std::string(section) + "[" + std::to_string(index) + "]", *table);
    }
  }

  /// Makes the element that the fields of an array section refer to; gives its place.
  size_t AddElement(std::string_view section) {
    const auto add = [](auto& list) {
      list.emplace_back();
      return list.size() - 1;
    };
    if (section == kPeerSection) return add(out_.config.l2tp.peers);
    if (section == kDialSection) return add(out_.config.dials);
    if (section == kIpsecKeySection) return add(out_.config.ipsec.keys);
    if (section == kIpsecConnectionSection) return add(out_.config.ipsec.connections);
    return add(out_.config.pools);
  }

  void DecodeTable(std::string_view section, const std::string& path, const toml::table& table) {
    out_.positions[path] = PositionOf(table.source());
    for (const auto& [name, node] : table) {
      const std::string inner = std::string(section) + "." + std::string(name.str());
      if (IsArraySection(inner)) {
        DecodeArray(inner, node);
      } else if (const ConfigKey* key = FindKey(section, name.str())) {
        DecodeValue({*key, path + "." + std::string(name.str())}, node);
      } else {
        AddUnknown(section, name);
      }
    }
    for (const ConfigKey& key : ConfigKeys()) {
      if (key.section == section) CheckPresent(key, &table, PositionOf(table.source()));
    }
  }

  void CheckPresent(const ConfigKey& key, const toml::table* table, aaa::TextPosition position) {
    if (!key.required || (table != nullptr && table->contains(key.name))) return;
    Add(position, FullName(key), "no such key", DescribeExpected(key));
  }

  void DecodeValue(const Place& place, const toml::node& node) {
    out_.positions[place.path] = PositionOf(node.source());
    std::visit([&](const auto& field) { DecodeField(field, place, node); }, place.key.field);
  }

  void DecodeField(const BooleanField& field, const Place& place, const toml::node& node) {
    const auto* value = node.as_boolean();
    if (value == nullptr) return AddWrong(place, node, KindOf(node));
    field.of(out_.config) = value->get();
  }

  void DecodeField(const NumberField& field, const Place& place, const toml::node& node) {
    const auto* value = node.as_integer();
    if (value == nullptr) return AddWrong(place, node, KindOf(node));
    if (value->get() < field.minimum || value->get() > field.maximum) {
      return AddWrong(place, node, std::to_string(value->get()));
    }
    Store(out_.config, field, value->get());
  }

  void DecodeField(const NameField& field, const Place& place, const toml::node& node) {
    const auto text = TextIn(place, node);
    if (!text) return;
    if (!IsName(*text, field.maximum)) return AddWrong(place, node, Quoted(*text));
    field.of(out_.config) = *text;
  }

  void DecodeField(const IdentifierField& field, const Place& place, const toml::node& node) {
    const auto text = TextIn(place, node);
    if (!text) return;
    const bool good = std::all_of(text->begin(), text->end(),
                                  [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_'; });
    if (text->empty() || text->size() > field.maximum || !good) {
      return AddWrong(place, node, Quoted(*text));
    }
    field.of(out_.config) = *text;
  }

  void DecodeField(const ServerField& field, const Place& place, const toml::node& node) {
    const auto text = TextIn(place, node);
    if (!text) return;
    if (!IpAddress::Parse(*text) && !IsHostName(*text)) {
      return AddWrong(place, node, Quoted(*text));
    }
    field.of(out_.config) = *text;
  }

  void DecodeField(const DomainField& field, const Place& place, const toml::node& node) {
    const auto text = TextIn(place, node);
    if (!text) return;
    if (!IsDomain(*text)) return AddWrong(place, node, Quoted(*text));
    field.of(out_.config) = *text;
  }

  void DecodeField(const WordField& field, const Place& place, const toml::node& node) {
    const auto text = TextIn(place, node);
    if (!text) return;
    const auto found = std::find(field.words.begin(), field.words.end(), *text);
    if (found == field.words.end()) return AddWrong(place, node, Quoted(*text));
    field.set(out_.config, static_cast<size_t>(found - field.words.begin()));
  }

  void DecodeField(const PathField& field, const Place& place, const toml::node& node) {
    const auto text = TextIn(place, node);
    if (!text) return;
    const bool good = IsPath(*text, field.maximum) || (!field.IsSocket() && CredentialIn(*text));
    if (!good) return AddWrong(place, node, Quoted(*text));
    field.of(out_.config) = *text;
  }

  void DecodeField(const NameListField& field, const Place& place, const toml::node& node) {
    DecodeList(field.of(out_.config), place, node, field.maximum, [](std::string_view text) {
      return IsName(text, kMaxListedName) ? std::optional(std::string(text)) : std::nullopt;
    });
  }

  void DecodeField(const PathListField& field, const Place& place, const toml::node& node) {
    DecodeList(field.of(out_.config), place, node, field.maximum, [](std::string_view text) {
      const bool good = IsPath(text, kMaxListedPath) || CredentialIn(text);
      return good ? std::optional(std::string(text)) : std::nullopt;
    });
  }

  void DecodeField(const SecretField& field, const Place& place, const toml::node& node) {
    const auto text = TextIn(place, node);
    if (!text) return;
    auto secret = field.psk ? ParsePsk(*text) : ParseSecret(*text);
    if (!secret) return AddWrong(place, node, secret.error());
    field.of(out_.config) = *std::move(secret);
  }

  void DecodeField(const AddressField& field, const Place& place, const toml::node& node) {
    const auto text = TextIn(place, node);
    if (!text) return;
    const auto address = IpAddress::Parse(*text);
    if (!address || !aaa::IsAssignable(*address)) return AddWrong(place, node, Quoted(*text));
    field.of(out_.config) = *address;
  }

  void DecodeField(const AddressListField& field, const Place& place, const toml::node& node) {
    DecodeList(field.of(out_.config), place, node, field.maximum, [&](std::string_view text) {
      const auto address = IpAddress::Parse(text);
      const bool good = address && (field.any_local || aaa::IsAssignable(*address) ||
                                    (field.ipv6_hosts && aaa::IsAssignableIpv6(*address)));
      return good ? address : std::nullopt;
    });
  }

  void DecodeField(const PrefixListField& field, const Place& place, const toml::node& node) {
    DecodeList(field.of(out_.config), place, node, field.maximum, [&](std::string_view text) {
      const auto prefix = IpPrefix::Parse(text);
      if (!prefix) return prefix;
      const bool good = prefix->address.is_v4() ? field.v4
                        : field.v4              ? field.v6
                                                : aaa::IsAssignableIpv6(prefix->address);
      return good ? prefix : std::nullopt;
    });
  }

  void DecodeField(const HostNameListField& field, const Place& place, const toml::node& node) {
    DecodeList(field.of(out_.config), place, node, field.maximum, [](std::string_view text) {
      return IsDomain(text) ? std::optional<std::string>(text) : std::nullopt;
    });
  }

  void DecodeField(const AuthListField& field, const Place& place, const toml::node& node) {
    auto& methods = field.of(out_.config);
    const size_t errors = out_.errors.size();
    DecodeList(methods, place, node, ConfigKeys().size(), ParseAuthMethod);
    if (methods.empty() && out_.errors.size() == errors) AddWrong(place, node, "an empty list");
  }

  void DecodeField(const EapListField& field, const Place& place, const toml::node& node) {
    auto& methods = field.of(out_.config);
    const size_t errors = out_.errors.size();
    DecodeList(methods, place, node, ConfigKeys().size(), [&field](std::string_view text) {
      const auto method = ParseEapMethod(text);
      const bool usable = method && (!field.as_client || ppp::IsEapClientMethod(*method));
      return usable ? method : std::nullopt;
    });
    if (methods.empty() && out_.errors.size() == errors) AddWrong(place, node, "an empty list");
  }

  void DecodeField(const RangeListField& field, const Place& place, const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr) return AddWrong(place, node, KindOf(node));
    if (list->empty()) return AddWrong(place, node, "an empty list");
    auto& ranges = field.of(out_.config);
    for (const toml::node& item : *list) {
      const auto text = TextIn(place, item);
      if (!text) continue;
      const auto range = aaa::AddressRange::Parse(*text);
      if (!range) {
        AddWrong(place, item,
                 Quoted(*text) + " (" + std::string(aaa::Describe(range.error())) + ")");
        continue;
      }
      out_.positions[place.path + "[" + std::to_string(ranges.size()) + "]"] =
          PositionOf(item.source());
      ranges.push_back(*range);
    }
  }

  /// Replaces `values` by what `parse` makes of each text of a list, which must all be different.
  template <typename Value, typename Parse>
  void DecodeList(std::vector<Value>& values, const Place& place, const toml::node& node,
                  size_t maximum, const Parse& parse) {
    const toml::array* list = node.as_array();
    if (list == nullptr) return AddWrong(place, node, KindOf(node));
    if (list->size() > maximum) {
      return AddWrong(place, node, "a list of " + std::to_string(list->size()));
    }
    values.clear();
    for (const toml::node& item : *list) {
      const auto text = TextIn(place, item);
      if (!text) continue;
      const std::optional<Value> value = parse(*text);
      if (!value) {
        AddWrong(place, item, Quoted(*text));
      } else if (std::find(values.begin(), values.end(), *value) != values.end()) {
        AddWrong(place, item, Quoted(*text) + " again");
      } else {
        out_.positions[place.path + "[" + std::to_string(values.size()) + "]"] =
            PositionOf(item.source());
        values.push_back(*value);
      }
    }
  }

  /// The text of `node`, borrowed; an error and nothing if it is no text.
  std::optional<std::string_view> TextIn(const Place& place, const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    AddWrong(place, node, KindOf(node));
    return {};
  }

  void AddWrong(const Place& place, const toml::node& node, std::string found) {
    Add(PositionOf(node.source()), FullName(place.key), std::move(found),
        DescribeExpected(place.key));
  }

  void AddUnknown(std::string_view section, const toml::key& name) {
    const std::string printable = name.str().empty() ? "\"\"" : PrintableText(name.str());
    const std::string prefix = section.empty() ? "" : std::string(section) + ".";
    auto near = SuggestKey(section, name.str());
    // A key of another section has its section's name already.
    if (near && near->find('.') == near->npos) near = prefix + *near;
    const std::string kind = section.empty() ? "section" : "key";
    Add(PositionOf(name.source()), prefix + printable, "an unknown " + kind,
        near ? *near + " (did you mean that?)" : "one of " + Names(section));
  }

  /// The names that a section knows, or the sections.
  static std::string Names(std::string_view section) {
    std::vector<std::string_view> names;
    for (const ConfigKey& key : ConfigKeys()) {
      if (section.empty()) {
        if (names.empty() || names.back() != key.section) names.push_back(key.section);
      } else if (key.section == section) {
        names.push_back(key.name);
      }
    }
    std::string text;
    for (const auto name : names) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
  }

  void Add(aaa::TextPosition position, std::string_view key, std::string found,
           std::string expected) {
    out_.errors.push_back({.file = file_,
                           .line = position.line,
                           .column = position.column,
                           .key = std::string(key),
                           .found = std::move(found),
                           .expected = std::move(expected)});
  }

  const std::string& file_;
  ParsedConfig& out_;
};

/// The offset past the TOML string that begins at `start`; that of the line's end if a string of
/// one line has no end.
size_t EndOfString(std::string_view text, size_t start) {
  const std::string three(3, text[start]);
  const bool multiline = text.substr(start, three.size()) == three;
  const std::string_view delimiter = text.substr(start, multiline ? three.size() : 1);
  size_t offset = start + delimiter.size();
  while (offset < text.size()) {
    if (!multiline && text[offset] == '\n') return offset;
    if (text.substr(offset, delimiter.size()) == delimiter) return offset + delimiter.size();
    const bool escape = text[start] == '"' && text[offset] == '\\';
    offset += escape ? 2 : 1;
  }
  return text.size();
}

/// The offset of the first character outside ASCII that is not in a comment, or npos. Of a text
/// that is TOML up to some point, it is right up to that point.
size_t FirstOutsideAscii(std::string_view text) {
  const auto is_ascii = [](char c) { return static_cast<uint8_t>(c) < 0x80; };
  size_t offset = 0;
  while (offset < text.size()) {
    if (text[offset] == '#') {
      offset = std::min(text.find('\n', offset), text.size());
      continue;
    }
    const bool quote = text[offset] == '"' || text[offset] == '\'';
    const size_t end = quote ? EndOfString(text, offset) : offset + 1;
    const auto token = text.substr(offset, end - offset);
    const auto stray = std::find_if_not(token.begin(), token.end(), is_ascii);
    if (stray != token.end()) return offset + static_cast<size_t>(stray - token.begin());
    offset = end;
  }
  return std::string_view::npos;
}

/// An error for the first character outside ASCII, comments aside. toml++ 3.3 has undefined
/// behaviour when it asks whether such a character is a blank
/// (https://github.com/marzer/tomlplusplus/issues/190). In comments it never asks; in strings it
/// sometimes does.
std::optional<ConfigError> CharacterOutsideAscii(std::string_view text, const std::string& file) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const size_t offset = FirstOutsideAscii(text);
  if (offset == std::string_view::npos) return {};
  const std::string_view before = text.substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  return ConfigError{
      .file = file,
      .line = static_cast<unsigned>(std::count(before.begin(), before.end(), '\n')) + 1,
      .column = static_cast<unsigned>(offset - line_start) + 1,
      .key = "syntax",
      .found = "a character outside ASCII",
      .expected = "ASCII, or a comment (in quotes: \\u and four hexadecimal digits)"};
}

/// The parser's message, "Error while parsing KIND: REASON", in our form.
ConfigError SyntaxError(const toml::parse_error& error, const std::string& file) {
  const aaa::TextPosition position = PositionOf(error.source());
  ConfigError result{.file = file,
                     .line = position.line,
                     .column = position.column,
                     .key = "syntax",
                     .found = {},
                     .expected = "TOML (https://toml.io)"};
  constexpr std::string_view kSeparator = ": ";
  constexpr std::string_view kExpected = "expected ";
  constexpr std::string_view kSaw = ", saw ";
  std::string_view reason = error.description();
  if (const size_t end = reason.find(kSeparator); end != std::string_view::npos) {
    reason.remove_prefix(end + kSeparator.size());
  }
  const size_t saw = reason.rfind(kSaw);
  if (reason.starts_with(kExpected) && saw != std::string_view::npos) {
    result.expected = PrintableText(reason.substr(kExpected.size(), saw - kExpected.size()));
    const std::string_view found = reason.substr(saw + kSaw.size());
    result.found = found.find('\n') == found.npos ? PrintableText(found) : "the end of the line";
  } else if (reason.find("could not determine value type") != reason.npos) {
    result.found = "a value of no kind";
    result.expected = "a number, true, false, or a text or path in quotes";
  } else if (reason.starts_with('\'')) {
    // The reason quotes the number that it is about, which may be a key without its own quotes.
    result.found = "a number that is too large";
  } else {
    result.found = "invalid TOML (" + PrintableText(reason) + ")";
  }
  return result;
}

}  // namespace

Expected<ParsedConfig, ConfigError> ParseConfig(std::string_view text, const std::string& file) {
  if (auto error = CharacterOutsideAscii(text, file)) return Unexpected{*std::move(error)};
  const toml::parse_result result = toml::parse(text);
  if (!result) return Unexpected{SyntaxError(result.error(), file)};
  ParsedConfig parsed;
  ConfigDecoder(file, parsed).Decode(result.table());
  return parsed;
}

}  // namespace sallyport::daemon
