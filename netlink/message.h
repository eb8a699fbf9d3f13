// SPDX-License-Identifier: GPL-2.0-or-later
// Netlink messages as octets: a builder for requests, bounds-checked readers for answers. Layout
// and alignment: include/uapi/linux/netlink.h. Integers are in host byte order unless "Big" is
// said.
#pragma once
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/ip_address.h"

namespace sallyport::netlink {

/// Builds one request: family header, then attributes in the order of the calls.
class Message {
 public:
  /// `type` and `flags` of the nlmsghdr (NLM_F_REQUEST is added when it is sent); `family` is the
  /// fixed header that the protocol puts before the attributes, such as ifinfomsg.
  template <typename FamilyHeader>
  Message(uint16_t type, uint16_t flags, const FamilyHeader& family) : type_(type), flags_(flags) {
    static_assert(std::is_trivially_copyable_v<FamilyHeader>);
    Append(BytesOf(family));
  }

  /// Without such a header: attributes come first.
  Message(uint16_t type, uint16_t flags) : type_(type), flags_(flags) {}

  void Flag(uint16_t type) { Bytes(type, {}); }
  void U8(uint16_t type, uint8_t value) { Struct(type, value); }
  void U16(uint16_t type, uint16_t value) { Struct(type, value); }
  void U32(uint16_t type, uint32_t value) { Struct(type, value); }
  void U64(uint16_t type, uint64_t value) { Struct(type, value); }
  void BigU16(uint16_t type, uint16_t value);
  void BigU32(uint16_t type, uint32_t value);
  void BigU64(uint16_t type, uint64_t value);
  /// The text and its terminating NUL.
  void Text(uint16_t type, std::string_view text);
  /// 4 or 16 octets.
  void Address(uint16_t type, const IpAddress& address) { Bytes(type, address.bytes()); }
  void Bytes(uint16_t type, std::span<const uint8_t> payload);
  template <typename T>
  void Struct(uint16_t type, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    Bytes(type, BytesOf(value));
  }

  /// An attribute whose payload is what `fill` adds.
  template <typename Fill>
  void Nest(uint16_t type, Fill&& fill) {
    const size_t nest = OpenNest(type);
    std::forward<Fill>(fill)();
    CloseNest(nest);
  }
  /// The same in two halves; OpenNest's answer goes to CloseNest, innermost first.
  [[nodiscard]] size_t OpenNest(uint16_t type);
  void CloseNest(size_t nest);

  uint16_t type() const { return type_; }
  /// True once an attribute outgrew the 16 bits of its length; such a message is not to be sent.
  bool overflown() const { return overflown_; }

  /// Appends the whole message to `out`, with `flags` besides its own.
  void AppendTo(std::vector<uint8_t>& out, uint16_t flags, uint32_t sequence) const;

 private:
  template <typename T>
  static std::span<const uint8_t> BytesOf(const T& value) {
    return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
  }
  template <typename T>
  static std::span<const uint8_t> BytesOf(const T&& temporary) = delete;
  void Append(std::span<const uint8_t> bytes);

  uint16_t type_;
  uint16_t flags_;
  bool overflown_ = false;
  std::vector<uint8_t> body_;  // everything after the nlmsghdr
};

/// One message of a received datagram; `payload` is borrowed from it.
struct Received {
  uint16_t type = 0;
  uint16_t flags = 0;
  uint32_t sequence = 0;
  std::span<const uint8_t> payload;
};

/// Takes the first message off `datagram`. Nothing when none is left, or when what is left is no
/// whole message: `datagram` is then not empty.
std::optional<Received> TakeMessage(std::span<const uint8_t>& datagram);

/// One attribute; `payload` is borrowed. The flag bits of the type are taken off.
struct Attribute {
  uint16_t type = 0;
  std::span<const uint8_t> payload;
};

/// Takes the first attribute off `rest`, with TakeMessage's way to say that there is none.
std::optional<Attribute> TakeAttribute(std::span<const uint8_t>& rest);

/// A `T` from the first octets of `bytes`, which may be longer (a newer kernel appends fields) and
/// need not be aligned; nothing when they are too few.
template <typename T>
std::optional<T> ReadStruct(std::span<const uint8_t> bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (bytes.size() < sizeof(T)) return {};
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// A run of attributes, borrowed. Getters give the first attribute of that type, and nothing when
/// there is none or its size is not the type's. What follows a malformed attribute does not exist.
class Attributes {
 public:
  explicit Attributes(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  /// The attributes behind a family header of type `T`; none when the payload is too short.
  template <typename T>
  static Attributes Behind(std::span<const uint8_t> payload) {
    constexpr size_t kHeader = (sizeof(T) + 3) & ~size_t{3};
    return Attributes(payload.size() < kHeader ? std::span<const uint8_t>{}
                                               : payload.subspan(kHeader));
  }

  std::optional<std::span<const uint8_t>> Find(uint16_t type) const;
  std::optional<uint8_t> U8(uint16_t type) const { return Exactly<uint8_t>(type); }
  std::optional<uint16_t> U16(uint16_t type) const { return Exactly<uint16_t>(type); }
  std::optional<uint32_t> U32(uint16_t type) const { return Exactly<uint32_t>(type); }
  std::optional<uint64_t> U64(uint16_t type) const { return Exactly<uint64_t>(type); }
  std::optional<uint16_t> BigU16(uint16_t type) const;
  std::optional<uint32_t> BigU32(uint16_t type) const;
  std::optional<uint64_t> BigU64(uint16_t type) const;
  /// Up to the first NUL.
  std::optional<std::string> Text(uint16_t type) const;
  std::optional<IpAddress> Address(uint16_t type) const;
  /// Empty when there is no such attribute.
  Attributes Nested(uint16_t type) const;

 private:
  template <typename T>
  std::optional<T> Exactly(uint16_t type) const {
    const auto payload = Find(type);
    if (!payload || payload->size() != sizeof(T)) return {};
    return ReadStruct<T>(*payload);
  }

  std::span<const uint8_t> bytes_;
};

}  // namespace sallyport::netlink
