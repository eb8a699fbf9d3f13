// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/pcap.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/text.h"
#include "base/wire_writer.h"

namespace sallyport::cli {
namespace {

// draft-ietf-opsawg-pcap §4: microseconds, version 2.4; LINKTYPE_RAW of its registry.
constexpr uint32_t kMagic = 0xA1B2C3D4;
constexpr uint16_t kMajor = 2;
constexpr uint16_t kMinor = 4;
constexpr uint32_t kSnapLength = 65535;
constexpr uint32_t kRawIp = 101;

constexpr uint8_t kUdp = 17;        // IANA "Protocol Numbers"
constexpr uint8_t kHopLimit = 64;   // RFC 1700; nothing is routed by it here
constexpr size_t kUdpHeader = 8;    // RFC 768
constexpr size_t kIpv4Header = 20;  // RFC 791 §3.1, without options
constexpr uint16_t kDataFlags = 2;  // a data message, no optional field, Ver 2 (RFC 2661 §3.1)
constexpr uint16_t kAddressControl = 0xFF03;  // RFC 1662 §3.1, as most peers have it on the wire

std::string Octets(const WireWriter& out) { return {out.view().begin(), out.view().end()}; }

/// RFC 1071.
class Checksum {
 public:
  void Add(std::span<const uint8_t> octets) {
    for (size_t i = 0; i < octets.size(); ++i) {
      sum_ += i % 2 == 0 ? uint32_t{octets[i]} << 8 : octets[i];
    }
  }
  uint16_t Value() const {
    uint32_t sum = sum_;
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
  }

 private:
  uint32_t sum_ = 0;
};

template <typename Number>
std::optional<Number> Digits(std::string_view text, size_t at, size_t count) {
  if (text.size() < at + count) return {};
  Number number{};
  const char* end = text.data() + at + count;
  const auto [stopped, error] = std::from_chars(text.data() + at, end, number);
  return error == std::errc() && stopped == end ? std::optional(number) : std::nullopt;
}

/// "2026-11-22T07:10:04.310Z" since 1970.
std::optional<std::chrono::milliseconds> TimeOf(std::string_view text) {
  const auto year = Digits<int>(text, 0, 4);
  const auto month = Digits<unsigned>(text, 5, 2);
  const auto day = Digits<unsigned>(text, 8, 2);
  const auto hour = Digits<int>(text, 11, 2);
  const auto minute = Digits<int>(text, 14, 2);
  const auto second = Digits<int>(text, 17, 2);
  const auto millisecond = Digits<int>(text, 20, 3);
  if (!year || !month || !day || !hour || !minute || !second || !millisecond) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return {};
  return std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         std::chrono::milliseconds(*millisecond);
}

struct End {
  IpAddress address;
  uint16_t port = 0;
};

/// One end of a packet. Where the daemon does not know an address of its own, that of the family
/// which stands for none.
End EndOf(const Json& line, const char* name, bool v6) {
  End end;
  const auto address = IpAddress::Parse(Text(line, {name, "address"}));
  constexpr std::array<uint8_t, 16> kUnspecified{};
  end.address = address ? *address : v6 ? IpAddress::V6(kUnspecified) : IpAddress::V4(0);
  end.port = static_cast<uint16_t>(Number(line, {name, "port"}));
  return end;
}

/// What was the payload of UDP.
std::optional<std::vector<uint8_t>> PayloadOf(const Json& line) {
  auto octets = FromHex(Text(line, {"octets"}));
  if (!octets || Text(line, {"type"}) != "ppp") return octets;
  WireWriter out;
  out.U16(kDataFlags);
  out.U16(static_cast<uint16_t>(Number(line, {"header", "tunnel"})));
  out.U16(static_cast<uint16_t>(Number(line, {"header", "session"})));
  out.U16(kAddressControl);
  out.Bytes(*octets);
  return std::move(out).Finish();
}

std::vector<uint8_t> Udp(const End& from, const End& to, std::span<const uint8_t> payload) {
  const auto length = static_cast<uint16_t>(kUdpHeader + payload.size());
  WireWriter out;
  out.U16(from.port);
  out.U16(to.port);
  out.U16(length);
  const size_t checksum_at = out.size();
  out.U16(0);  // with IPv4: none
  out.Bytes(payload);
  if (!from.address.is_v6()) return std::move(out).Finish();
  // RFC 8200 §8.1: a must, over a pseudo-header.
  Checksum sum;
  sum.Add(from.address.bytes());
  sum.Add(to.address.bytes());
  sum.Add(std::array<uint8_t, 4>{static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length), 0,
                                 kUdp});
  sum.Add(out.view());
  out.PatchU16(checksum_at, sum.Value() == 0 ? 0xFFFF : sum.Value());
  return std::move(out).Finish();
}

void WriteIpv4(const End& from, const End& to, std::span<const uint8_t> udp, WireWriter& out) {
  WireWriter header;
  header.U16(0x4500);  // version 4, five words
  header.U16(static_cast<uint16_t>(kIpv4Header + udp.size()));
  header.U16(0);       // identification
  header.U16(0x4000);  // don't fragment
  header.U8(kHopLimit);
  header.U8(kUdp);
  const size_t checksum_at = header.size();
  header.U16(0);
  header.Bytes(from.address.bytes());
  header.Bytes(to.address.bytes());
  Checksum sum;
  sum.Add(header.view());
  header.PatchU16(checksum_at, sum.Value());
  out.Bytes(header.view());
  out.Bytes(udp);
}

void WriteIpv6(const End& from, const End& to, std::span<const uint8_t> udp, WireWriter& out) {
  out.U32(0x60000000);  // version 6
  out.U16(static_cast<uint16_t>(udp.size()));
  out.U8(kUdp);
  out.U8(kHopLimit);
  out.Bytes(from.address.bytes());
  out.Bytes(to.address.bytes());
  out.Bytes(udp);
}

}  // namespace

std::string PcapHeader() {
  WireWriter out;
  out.U32(kMagic);
  out.U16(kMajor);
  out.U16(kMinor);
  out.U32(0);
  out.U32(0);
  out.U32(kSnapLength);
  out.U32(kRawIp);
  return Octets(out);
}

std::optional<std::string> PcapRecord(const Json& line) {
  const std::string type = Text(line, {"type"});
  const auto time = TimeOf(Text(line, {"time"}));
  const auto peer_address = IpAddress::Parse(Text(line, {"peer", "address"}));
  const auto payload = PayloadOf(line);
  const bool is_packet = type == "l2tp" || type == "ppp";
  if (!is_packet || !time || !peer_address || !payload) return {};
  const bool v6 = peer_address->is_v6();
  const End peer = EndOf(line, "peer", v6);
  const End local = EndOf(line, "local", v6);
  if (local.address.family() != peer.address.family()) return {};
  // What would not have fit into one packet did not come in one.
  if (payload->size() + kUdpHeader + kIpv4Header > kSnapLength) return {};
  const bool received = Text(line, {"direction"}) == "in";
  const End& from = received ? peer : local;
  const End& to = received ? local : peer;
  const auto udp = Udp(from, to, *payload);
  WireWriter packet;
  v6 ? WriteIpv6(from, to, udp, packet) : WriteIpv4(from, to, udp, packet);
  WireWriter out;
  out.U32(static_cast<uint32_t>(time->count() / 1000));
  out.U32(static_cast<uint32_t>(time->count() % 1000 * 1000));
  out.U32(static_cast<uint32_t>(packet.size()));
  out.U32(static_cast<uint32_t>(packet.size()));
  out.Bytes(packet.view());
  return Octets(out);
}

}  // namespace sallyport::cli
