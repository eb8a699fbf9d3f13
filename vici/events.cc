// SPDX-License-Identifier: GPL-2.0-or-later
#include "vici/events.h"

#include <charconv>
#include <utility>

#include "base/text.h"

namespace sallyport::vici {
namespace {

template <typename Number>
std::optional<Number> ParseNumber(std::optional<std::string_view> text, int base = 10) {
  if (!text) return {};
  Number number{};
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number, base);
  if (error != std::errc() || stop != end) return {};
  return number;
}

std::string TextOf(const Message& section, std::string_view key) {
  return std::string(section.Value(key).value_or(""));
}

bool IsYes(const Message& section, std::string_view key) { return section.Value(key) == "yes"; }

std::optional<std::chrono::seconds> SecondsOf(const Message& section, std::string_view key) {
  const auto count = ParseNumber<int64_t>(section.Value(key));
  if (!count) return {};
  return std::chrono::seconds(*count);
}

std::vector<std::string> ListOf(const Message& section, std::string_view key) {
  const auto* items = section.List(key);
  return items == nullptr ? std::vector<std::string>() : *items;
}

/// "AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/ECP_384": the words and the order of charon's own log
/// line "selected proposal", so that the two can be compared.
std::string ProposalText(const Message& section) {
  std::string text;
  const auto append = [&](std::string_view algorithm_key, std::string_view key_size_key) {
    const auto algorithm = section.Value(algorithm_key);
    if (!algorithm) return;
    if (!text.empty()) text += '/';
    text += *algorithm;
    if (key_size_key.empty()) return;
    if (const auto key_size = section.Value(key_size_key)) text.append("_").append(*key_size);
  };
  append("encr-alg", "encr-keysize");
  append("integ-alg", "integ-keysize");
  append("prf-alg", "");
  append("dh-group", "");
  return text;
}

/// "local" or "remote" is the `end`. Its host is in "local-host"; the port stays 0 when odd.
std::optional<IpEndpoint> EndpointOf(const Message& section, const std::string& end) {
  const auto host = section.Value(end + "-host");
  if (!host) return {};
  const auto address = IpAddress::Parse(*host);
  if (!address) return {};
  return IpEndpoint{*address, ParseNumber<uint16_t>(section.Value(end + "-port")).value_or(0)};
}

IkeHost ParseIkeHost(const Message& section, const std::string& end) {
  return {.endpoint = EndpointOf(section, end).value_or(IpEndpoint()),
          .identity = TextOf(section, end + "-id"),
          .behind_nat = IsYes(section, "nat-" + end)};
}

ChildSa ParseChildSa(const Message& section) {
  return {.name = TextOf(section, "name"),
          .unique_id = ChildUniqueId(ParseNumber<uint32_t>(section.Value("uniqueid")).value_or(0)),
          .reqid = ParseNumber<uint32_t>(section.Value("reqid")).value_or(0),
          .state = TextOf(section, "state"),
          .mode = TextOf(section, "mode"),
          .protocol = TextOf(section, "protocol"),
          .udp_encapsulation = IsYes(section, "encap"),
          .spi_in = ParseNumber<uint32_t>(section.Value("spi-in"), 16),
          .spi_out = ParseNumber<uint32_t>(section.Value("spi-out"), 16),
          .mark_in = ParseNumber<uint32_t>(section.Value("mark-in"), 16),
          .proposal = ProposalText(section),
          .local_ts = ListOf(section, "local-ts"),
          .remote_ts = ListOf(section, "remote-ts"),
          .installed = SecondsOf(section, "install-time")};
}

/// The first section of `message`: its name is the connection's, and it holds the IKE SA.
const Element* FindIkeElement(const Message& message) {
  for (const Element& element : message.elements()) {
    if (std::holds_alternative<Message>(element.content)) return &element;
  }
  return nullptr;
}

const Message* SectionOf(const Element& element) { return std::get_if<Message>(&element.content); }

/// An IKE SA without its children, from the section that describes it.
std::optional<IkeSa> ParseIkeSection(const std::string& connection, const Message& section) {
  const auto unique_id = ParseNumber<uint32_t>(section.Value("uniqueid"));
  if (!unique_id) return {};
  return IkeSa{.connection = connection,
               .unique_id = IkeUniqueId(*unique_id),
               .version = ParseNumber<unsigned>(section.Value("version")),
               .state = TextOf(section, "state"),
               .local = ParseIkeHost(section, "local"),
               .remote = ParseIkeHost(section, "remote"),
               .proposal = ProposalText(section),
               .established = SecondsOf(section, "established"),
               .children = {}};
}

/// The IKE SA in `message`, without its children.
std::optional<IkeSa> ParseIkeSa(const Message& message) {
  const Element* element = FindIkeElement(message);
  if (element == nullptr) return {};
  return ParseIkeSection(element->name, *SectionOf(*element));
}

/// The sections in the "child-sas" of the IKE SA in `message`.
std::vector<const Message*> ChildSections(const Message& message) {
  const Element* ike = FindIkeElement(message);
  const Message* children = ike == nullptr ? nullptr : SectionOf(*ike)->Section("child-sas");
  std::vector<const Message*> sections;
  if (children == nullptr) return sections;
  for (const Element& element : children->elements()) {
    if (const Message* section = SectionOf(element)) sections.push_back(section);
  }
  return sections;
}

}  // namespace

std::optional<SaEvent> ParseSaEvent(const Message& message) {
  auto ike = ParseIkeSa(message);
  if (!ike) return {};
  for (const Message* section : ChildSections(message)) {
    ike->children.push_back(ParseChildSa(*section));
  }
  return SaEvent{.up = IsYes(message, "up"), .ike = std::move(*ike)};
}

std::optional<ChildRekeyEvent> ParseChildRekeyEvent(const Message& message) {
  auto ike = ParseIkeSa(message);
  const auto sections = ChildSections(message);
  if (!ike || sections.empty()) return {};
  const Message* const old_child = sections.front()->Section("old");
  const Message* const new_child = sections.front()->Section("new");
  if (old_child == nullptr || new_child == nullptr) return {};
  return ChildRekeyEvent{.ike = std::move(*ike),
                         .old_child = ParseChildSa(*old_child),
                         .new_child = ParseChildSa(*new_child)};
}

std::optional<IkeRekeyEvent> ParseIkeRekeyEvent(const Message& message) {
  const Element* element = FindIkeElement(message);
  if (element == nullptr) return {};
  const Message* const old_ike = SectionOf(*element)->Section("old");
  const Message* const new_ike = SectionOf(*element)->Section("new");
  if (old_ike == nullptr || new_ike == nullptr) return {};
  auto before = ParseIkeSection(element->name, *old_ike);
  auto after = ParseIkeSection(element->name, *new_ike);
  if (!before || !after) return {};
  return IkeRekeyEvent{.old_ike = *std::move(before), .new_ike = *std::move(after)};
}

std::optional<IkeUpdateEvent> ParseIkeUpdateEvent(const Message& message) {
  auto ike = ParseIkeSa(message);
  if (!ike) return {};
  return IkeUpdateEvent{.ike = std::move(*ike),
                        .new_local = EndpointOf(message, "local"),
                        .new_remote = EndpointOf(message, "remote")};
}

std::optional<AlertEvent> ParseAlertEvent(const Message& message) {
  std::string type = TextOf(message, "type");
  if (type.empty()) return {};
  return AlertEvent{.type = std::move(type), .ike = ParseIkeSa(message)};
}

CommandResult ParseCommandResult(const Message& reply) {
  const bool success = IsYes(reply, "success");
  if (success) return {.success = true, .error = {}};
  return {.success = false,
          .error = PrintableText(reply.Value("errmsg").value_or("no reason given"))};
}

}  // namespace sallyport::vici
