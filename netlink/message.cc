// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/message.h"

#include <algorithm>
#include <array>
#include <limits>
#include <linux/netlink.h>

#include "base/wire_reader.h"
#include "base/wire_writer.h"

namespace sallyport::netlink {
namespace {

constexpr size_t Aligned(size_t size) { return (size + 3) & ~size_t{3}; }  // NLMSG_ALIGN, NLA_ALIGN

/// Takes `size` octets and the padding behind them, of which the last element may lack some.
std::span<const uint8_t> TakePadded(std::span<const uint8_t>& rest, size_t size) {
  const auto taken = rest.first(size);
  rest = rest.subspan(std::min(Aligned(size), rest.size()));
  return taken;
}

}  // namespace

void Message::Append(std::span<const uint8_t> bytes) {
  body_.insert(body_.end(), bytes.begin(), bytes.end());
  body_.resize(Aligned(body_.size()));
}

void Message::BigU16(uint16_t type, uint16_t value) {
  WireWriter out;
  out.U16(value);
  Bytes(type, out.view());
}

void Message::BigU32(uint16_t type, uint32_t value) {
  WireWriter out;
  out.U32(value);
  Bytes(type, out.view());
}

void Message::BigU64(uint16_t type, uint64_t value) {
  WireWriter out;
  out.U64(value);
  Bytes(type, out.view());
}

void Message::Text(uint16_t type, std::string_view text) {
  std::vector<uint8_t> terminated(text.begin(), text.end());
  terminated.push_back(0);
  Bytes(type, terminated);
}

void Message::Bytes(uint16_t type, std::span<const uint8_t> payload) {
  const size_t length = sizeof(nlattr) + payload.size();
  if (length > std::numeric_limits<uint16_t>::max()) {
    overflown_ = true;
    return;
  }
  const nlattr header{.nla_len = static_cast<uint16_t>(length), .nla_type = type};
  Append(BytesOf(header));
  Append(payload);
}

size_t Message::OpenNest(uint16_t type) {
  const size_t nest = body_.size();
  Bytes(type | NLA_F_NESTED, {});
  return nest;
}

void Message::CloseNest(size_t nest) {
  const size_t length = body_.size() - nest;
  if (length > std::numeric_limits<uint16_t>::max()) {
    overflown_ = true;
    return;
  }
  const auto field = static_cast<uint16_t>(length);
  std::memcpy(body_.data() + nest, &field, sizeof field);  // nla_len, an attribute's first field
}

void Message::AppendTo(std::vector<uint8_t>& out, uint16_t flags, uint32_t sequence) const {
  const nlmsghdr header{.nlmsg_len = static_cast<uint32_t>(sizeof(nlmsghdr) + body_.size()),
                        .nlmsg_type = type_,
                        .nlmsg_flags = static_cast<uint16_t>(flags_ | flags | NLM_F_REQUEST),
                        .nlmsg_seq = sequence,
                        .nlmsg_pid = 0};
  const auto octets = BytesOf(header);
  out.insert(out.end(), octets.begin(), octets.end());
  out.insert(out.end(), body_.begin(), body_.end());
}

std::optional<Received> TakeMessage(std::span<const uint8_t>& datagram) {
  const auto header = ReadStruct<nlmsghdr>(datagram);
  if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > datagram.size()) {
    return {};
  }
  const auto message = TakePadded(datagram, header->nlmsg_len);
  return Received{.type = header->nlmsg_type,
                  .flags = header->nlmsg_flags,
                  .sequence = header->nlmsg_seq,
                  .payload = message.subspan(sizeof(nlmsghdr))};
}

std::optional<Attribute> TakeAttribute(std::span<const uint8_t>& rest) {
  const auto header = ReadStruct<nlattr>(rest);
  if (!header || header->nla_len < sizeof(nlattr) || header->nla_len > rest.size()) return {};
  const auto attribute = TakePadded(rest, header->nla_len);
  return Attribute{.type = static_cast<uint16_t>(header->nla_type & NLA_TYPE_MASK),
                   .payload = attribute.subspan(sizeof(nlattr))};
}

std::optional<std::span<const uint8_t>> Attributes::Find(uint16_t type) const {
  auto rest = bytes_;
  while (const auto attribute = TakeAttribute(rest)) {
    if (attribute->type == type) return attribute->payload;
  }
  return {};
}

std::optional<uint16_t> Attributes::BigU16(uint16_t type) const {
  const auto payload = Find(type);
  if (!payload || payload->size() != sizeof(uint16_t)) return {};
  return WireReader(*payload).U16();
}

std::optional<uint32_t> Attributes::BigU32(uint16_t type) const {
  const auto payload = Find(type);
  if (!payload || payload->size() != sizeof(uint32_t)) return {};
  return WireReader(*payload).U32();
}

std::optional<uint64_t> Attributes::BigU64(uint16_t type) const {
  const auto payload = Find(type);
  if (!payload || payload->size() != sizeof(uint64_t)) return {};
  return WireReader(*payload).U64();
}

std::optional<std::string> Attributes::Text(uint16_t type) const {
  const auto payload = Find(type);
  if (!payload) return {};
  return std::string(payload->begin(), std::find(payload->begin(), payload->end(), 0));
}

std::optional<IpAddress> Attributes::Address(uint16_t type) const {
  const auto payload = Find(type);
  if (!payload) return {};
  return IpAddress::FromBytes(*payload);
}

Attributes Attributes::Nested(uint16_t type) const {
  return Attributes(Find(type).value_or(std::span<const uint8_t>{}));
}

}  // namespace sallyport::netlink
