// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/dhcpv4_message.h"

#include <algorithm>

#include "base/wire_reader.h"
#include "base/wire_writer.h"

namespace sallyport::dhcp::v4 {
namespace {

// RFC 2131 §2, §3.
constexpr size_t kNameSize = 64;
constexpr size_t kFileSize = 128;
constexpr uint32_t kCookie = 0x63825363;
// RFC 2132 §9.3.
constexpr uint8_t kOverloadFile = 1;
constexpr uint8_t kOverloadName = 2;
constexpr size_t kMaxPart = 255;  // octets of an option with one length octet
constexpr size_t kOverloadSize = 3;
constexpr size_t kEndSize = 1;

using Options = std::map<uint8_t, std::vector<uint8_t>>;

/// The options of one field, up to its End or its end: RFC 2131 §4.1 wants an End in every field,
/// which not every client has in the last.
bool ReadOptions(std::span<const uint8_t> field, Options& options) {
  WireReader in(field);
  while (!in.empty()) {
    const uint8_t code = in.U8();
    if (code == static_cast<uint8_t>(Option::kPad)) continue;
    if (code == static_cast<uint8_t>(Option::kEnd)) return true;
    const auto value = in.Take(in.U8());
    if (!in.ok()) return false;
    auto& whole = options[code];
    whole.insert(whole.end(), value.begin(), value.end());
  }
  return true;
}

IpAddress ReadAddress(WireReader& in) { return IpAddress::V4(in.U32()); }

/// One field that options go to, and what is left of it.
struct Field {
  size_t room;
  std::vector<uint8_t> octets;

  bool Put(const OptionValue& option) {
    const size_t parts = std::max<size_t>((option.value.size() + kMaxPart - 1) / kMaxPart, 1);
    if (option.value.size() + 2 * parts + octets.size() > room) return false;
    auto rest = std::span(option.value);
    for (size_t part = 0; part < parts; ++part) {
      const auto now = rest.first(std::min(rest.size(), kMaxPart));
      rest = rest.subspan(now.size());
      octets.push_back(static_cast<uint8_t>(option.code));
      octets.push_back(static_cast<uint8_t>(now.size()));
      octets.insert(octets.end(), now.begin(), now.end());
    }
    return true;
  }
  /// Closes a field of a fixed size.
  std::vector<uint8_t> Fill(size_t size) && {
    if (!octets.empty()) octets.push_back(static_cast<uint8_t>(Option::kEnd));
    octets.resize(size);
    return std::move(octets);
  }
};

}  // namespace

const std::vector<uint8_t>* Message::Find(Option option) const {
  const auto found = options.find(static_cast<uint8_t>(option));
  return found == options.end() ? nullptr : &found->second;
}

Expected<Message, DropReason> Parse(std::span<const uint8_t> octets) {
  WireReader in(octets);
  Message message;
  Header& header = message.header;
  header.op = in.U8();
  header.htype = in.U8();
  header.hlen = in.U8();
  header.hops = in.U8();
  header.xid = in.U32();
  header.secs = in.U16();
  header.flags = in.U16();
  header.ciaddr = ReadAddress(in);
  header.yiaddr = ReadAddress(in);
  header.siaddr = ReadAddress(in);
  header.giaddr = ReadAddress(in);
  const auto chaddr = in.Take(header.chaddr.size());
  const auto name = in.Take(kNameSize);
  const auto file = in.Take(kFileSize);
  const uint32_t cookie = in.U32();
  if (!in.ok()) return Unexpected{DropReason::kTruncated};
  if (cookie != kCookie) return Unexpected{DropReason::kNoCookie};
  std::copy(chaddr.begin(), chaddr.end(), header.chaddr.begin());

  if (!ReadOptions(in.TakeRest(), message.options)) return Unexpected{DropReason::kBadOption};
  const auto overload = message.options.extract(static_cast<uint8_t>(Option::kOverload));
  if (overload.empty()) return message;
  if (overload.mapped().size() != 1) return Unexpected{DropReason::kBadOption};
  const uint8_t fields = overload.mapped()[0];
  if (fields == 0 || fields > (kOverloadFile | kOverloadName)) {
    return Unexpected{DropReason::kBadOption};
  }
  // RFC 3396 §5: first file, then sname.
  const bool good = ((fields & kOverloadFile) == 0 || ReadOptions(file, message.options)) &&
                    ((fields & kOverloadName) == 0 || ReadOptions(name, message.options));
  if (!good || message.options.contains(static_cast<uint8_t>(Option::kOverload))) {
    return Unexpected{DropReason::kBadOption};
  }
  return message;
}

Written Write(const Header& header, std::span<const OptionValue> options, size_t maximum) {
  WireWriter out;
  out.U8(header.op);
  out.U8(header.htype);
  out.U8(header.hlen);
  out.U8(header.hops);
  out.U32(header.xid);
  out.U16(header.secs);
  out.U16(header.flags);
  for (const IpAddress* address :
       {&header.ciaddr, &header.yiaddr, &header.siaddr, &header.giaddr}) {
    out.Bytes(address->bytes());
  }
  out.Bytes(header.chaddr);

  const size_t fixed = out.size() + kNameSize + kFileSize + sizeof kCookie;
  // Room for the option that says so is kept until it is known whether it is needed.
  Field main{.room = maximum - fixed - kOverloadSize - kEndSize, .octets = {}};
  Field file{.room = kFileSize - kEndSize, .octets = {}};
  Field name{.room = kNameSize - kEndSize, .octets = {}};
  size_t left_out = 0;
  for (const OptionValue& option : options) {
    if (!main.Put(option) && !file.Put(option) && !name.Put(option)) ++left_out;
  }
  const auto overload = static_cast<uint8_t>((file.octets.empty() ? 0 : kOverloadFile) |
                                             (name.octets.empty() ? 0 : kOverloadName));
  out.Bytes(std::move(name).Fill(kNameSize));
  out.Bytes(std::move(file).Fill(kFileSize));
  out.U32(kCookie);
  out.Bytes(main.octets);
  if (overload != 0) {
    out.U8(static_cast<uint8_t>(Option::kOverload));
    out.U8(1);
    out.U8(overload);
  }
  out.U8(static_cast<uint8_t>(Option::kEnd));
  Written written{.octets = std::move(out).Finish(), .left_out = left_out};
  written.octets.resize(std::max(written.octets.size(), kMinimumSize));
  return written;
}

}  // namespace sallyport::dhcp::v4
