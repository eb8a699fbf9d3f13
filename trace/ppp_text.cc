// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string_view>

#include "base/ip_address.h"
#include "base/wire_reader.h"
#include "ppp/auth_code.h"
#include "ppp/drop_reason.h"
#include "ppp/eap.h"
#include "ppp/option.h"
#include "ppp/packet.h"
#include "trace/text.h"
#include "trace/words.h"

namespace sallyport::trace {
namespace {

using ppp::Protocol;

// IANA "PPP DLL Protocol Numbers": what clients ask for and the engine only rejects.
constexpr uint16_t kIpv6CompressionControl = 0x804F;
constexpr uint16_t kCompressionControl = 0x80FD;
constexpr uint16_t kLinkCompressionControl = 0x80FB;
constexpr uint16_t kEncryptionControl = 0x8053;
constexpr uint16_t kLinkQualityReport = 0xC025;
constexpr uint16_t kCallbackControl = 0xC029;
constexpr uint16_t kBandwidthAllocation = 0xC02B;

struct Named {
  uint16_t number;
  std::string_view name;
};

std::string_view NameIn(std::span<const Named> names, uint16_t number) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [number](const Named& one) { return one.number == number; });
  return found == names.end() ? std::string_view() : found->name;
}

constexpr Named kProtocols[] = {
    {0x0021, "IPv4"},
    {0x0057, "IPv6"},
    {0x002D, "VJ compressed"},
    {0x002F, "VJ uncompressed"},
    {0x00FD, "compressed"},
    {0x00FB, "compressed link"},
    {0x003D, "Multi-Link"},
    {0x8021, "IPCP"},
    {0x8057, "IPv6CP"},
    {kIpv6CompressionControl, "IPv6 compression control"},
    {kCompressionControl, "CCP"},
    {kLinkCompressionControl, "CCP of a link"},
    {kEncryptionControl, "ECP"},
    {0xC021, "LCP"},
    {0xC023, "PAP"},
    {kLinkQualityReport, "LQR"},
    {kCallbackControl, "CBCP"},
    {kBandwidthAllocation, "BACP"},
    {0xC223, "CHAP"},
    {0xC227, "EAP"},
};

// RFC 1661 §5, RFC 1570 §1.
constexpr Named kCodes[] = {
    {1, "Configure-Request"}, {2, "Configure-Ack"},     {3, "Configure-Nak"},
    {4, "Configure-Reject"},  {5, "Terminate-Request"}, {6, "Terminate-Ack"},
    {7, "Code-Reject"},       {8, "Protocol-Reject"},   {9, "Echo-Request"},
    {10, "Echo-Reply"},       {11, "Discard-Request"},  {12, "Identification"},
    {13, "Time-Remaining"},
};
// IANA "PPP LCP Configuration Options".
constexpr Named kLcpOptions[] = {
    {1, "MRU"},
    {2, "ACCM"},
    {3, "Authentication-Protocol"},
    {4, "Quality-Protocol"},
    {5, "Magic-Number"},
    {7, "Protocol-Field-Compression"},
    {8, "Address-and-Control-Field-Compression"},
    {13, "Callback"},
    {17, "MRRU"},
    {18, "Short-Sequence-Number"},
    {19, "Endpoint-Discriminator"},
};
// RFC 1332 §3, RFC 1877 §1.
constexpr Named kIpcpOptions[] = {
    {1, "IP-Addresses"},     {2, "IP-Compression-Protocol"}, {3, "IP-Address"},
    {129, "Primary-DNS"},    {130, "Primary-NBNS"},          {131, "Secondary-DNS"},
    {132, "Secondary-NBNS"},
};
// RFC 5072 §4.
constexpr Named kIpv6cpOptions[] = {{1, "Interface-Identifier"}, {2, "IPv6-Compression-Protocol"}};
// IANA "PPP CCP Configuration Options".
constexpr Named kCcpOptions[] = {
    {18, "MPPE/MPPC"}, {21, "BSD-Compress"}, {24, "Deflate (draft)"}, {26, "Deflate"}};

// RFC 1334 §2.2, RFC 1994 §4, RFC 3748 §4 and §5.
constexpr Named kPapCodes[] = {
    {1, "Authenticate-Request"}, {2, "Authenticate-Ack"}, {3, "Authenticate-Nak"}};
constexpr Named kChapCodes[] = {
    {1, "Challenge"}, {2, "Response"}, {3, "Success"}, {4, "Failure"}, {7, "Change-Password"}};
constexpr Named kEapCodes[] = {{1, "Request"}, {2, "Response"}, {3, "Success"}, {4, "Failure"}};
constexpr Named kEapTypes[] = {
    {1, "Identity"}, {2, "Notification"}, {3, "Nak"},   {4, "MD5-Challenge"}, {6, "GTC"},
    {13, "TLS"},     {21, "TTLS"},        {25, "PEAP"}, {26, "MSCHAPv2"},     {254, "Expanded"}};
constexpr Named kMsChapV2Codes[] = {
    {1, "Challenge"}, {2, "Response"}, {3, "Success"}, {4, "Failure"}, {7, "Change-Password"}};
// IANA "PPP Authentication Algorithms", of CHAP.
constexpr Named kChapAlgorithms[] = {{5, "MD5"}, {128, "MS-CHAPv1"}, {129, "MS-CHAPv2"}};

std::string NameOr(std::span<const Named> names, uint16_t number, std::string_view kind) {
  const std::string_view name = NameIn(names, number);
  return name.empty() ? fmt::format("{} {}", kind, number) : std::string(name);
}

std::string ProtocolName(uint16_t number) {
  const std::string_view name = NameIn(kProtocols, number);
  return name.empty() ? fmt::format("protocol 0x{:04x}", number) : std::string(name);
}

// ---- Options ------------------------------------------------------------------------------------

std::string AuthenticationValue(std::span<const uint8_t> value) {
  WireReader in(value);
  const uint16_t protocol = in.U16();
  if (!in.ok()) return Hex(value);
  if (static_cast<Protocol>(protocol) != Protocol::kChap || in.remaining() != 1) {
    return ProtocolName(protocol) + (in.empty() ? "" : ' ' + Hex(in.TakeRest()));
  }
  return NameOr(kChapAlgorithms, in.U8(), "CHAP with algorithm");
}

std::string LcpValue(const ppp::Option& option) {
  WireReader in(option.value);
  const bool is_number = option.type == 1 || option.type == 17;  // MRU, MRRU
  if (is_number && option.value.size() == 2) return fmt::format("{}", in.U16());
  return option.type == 3 ? AuthenticationValue(option.value) : Hex(option.value);
}

std::string IpcpValue(const ppp::Option& option) {
  const bool is_address = option.type == 3 || (option.type >= 129 && option.type <= 132);
  if (!is_address || option.value.size() != 4) return Hex(option.value);
  WireReader in(option.value);
  return IpAddress::V4(in.U32()).ToString();
}

std::string OptionText(Protocol protocol, const ppp::Option& option) {
  std::string name;
  std::string value;
  switch (protocol) {
    case Protocol::kLcp:
      name = NameOr(kLcpOptions, option.type, "option");
      value = LcpValue(option);
      break;
    case Protocol::kIpcp:
      name = NameOr(kIpcpOptions, option.type, "option");
      value = IpcpValue(option);
      break;
    default:
      name = NameOr(protocol == Protocol::kIpv6cp ? std::span<const Named>(kIpv6cpOptions)
                                                  : std::span<const Named>(kCcpOptions),
                    option.type, "option");
      value = Hex(option.value);
  }
  return value.empty() ? name : name + ' ' + value;
}

std::string Options(Protocol protocol, std::span<const uint8_t> data) {
  const auto options = ppp::ParseOptions(data);
  if (!options) return ": an option with a wrong length";
  std::string text;
  for (const ppp::Option& option : *options) {
    text += text.empty() ? ": " : ", ";
    text += OptionText(protocol, option);
  }
  return text;
}

// ---- Packets ------------------------------------------------------------------------------------

std::string ControlText(Protocol protocol, const ppp::Packet& packet) {
  std::string text =
      fmt::format("{} id {}", NameOr(kCodes, packet.code, "code"), packet.identifier);
  WireReader in(packet.data);
  switch (packet.code) {
    case 1:  // Configure-Request to Configure-Reject
    case 2:
    case 3:
    case 4:
      return text + Options(protocol, packet.data);
    case 5:  // Terminate-Request
    case 6:
      return packet.data.empty() ? text : text + ": " + Quoted(packet.data);
    case 7:  // Code-Reject
      return packet.data.empty() ? text : text + ": " + NameOr(kCodes, packet.data.front(), "code");
    case 8: {  // Protocol-Reject
      const uint16_t number = in.U16();
      return in.ok() ? text + ": " + ProtocolName(number) : text;
    }
    case 12:  // Identification: Magic-Number, then a text
      (void)in.U32();
      return in.ok() ? text + ": " + Quoted(in.TakeRest()) : text;
    default:
      return text;
  }
}

std::string PapText(const ppp::Packet& packet) {
  std::string text =
      fmt::format("{} id {}", NameOr(kPapCodes, packet.code, "code"), packet.identifier);
  // Peer-ID of a request, the message of an answer.
  WireReader in(packet.data);
  const auto said = in.Take(in.U8());
  if (!in.ok() || said.empty()) return text;
  const bool request = static_cast<ppp::PapCode>(packet.code) == ppp::PapCode::kAuthenticateRequest;
  return text + (request ? ": user " : ": ") + Quoted(said);
}

/// Value-Size, Value, Name (RFC 1994 §4.1).
std::string ValueText(std::span<const uint8_t> data, std::string_view whose) {
  const auto both = ppp::ParseValueAndName(data);
  if (!both) return ", a wrong length";
  return fmt::format(": {} {}, {} octets", whose, Quoted(both->name), both->value.size());
}

std::string ChapBody(uint8_t code, std::span<const uint8_t> data) {
  switch (static_cast<ppp::ChapCode>(code)) {
    case ppp::ChapCode::kChallenge:
      return ValueText(data, "from");
    case ppp::ChapCode::kResponse:
      return ValueText(data, "user");
    case ppp::ChapCode::kSuccess:
    case ppp::ChapCode::kFailure:
      return data.empty() ? "" : ": " + Quoted(data);
  }
  return "";
}

std::string ChapText(const ppp::Packet& packet) {
  return fmt::format("{} id {}{}", NameOr(kChapCodes, packet.code, "code"), packet.identifier,
                     ChapBody(packet.code, packet.data));
}

std::string EapBody(bool response, const ppp::EapMessage& message) {
  switch (message.type) {
    case ppp::EapType::kIdentity:
      if (message.data.empty()) return "";
      return (response ? ": user " : ": ") + Quoted(message.data);
    case ppp::EapType::kNotification:
      return ": " + Quoted(message.data);
    case ppp::EapType::kNak: {
      std::string text;
      for (const uint8_t wanted : message.data) {
        text += (text.empty() ? ", wants " : ", ") + NameOr(kEapTypes, wanted, "type");
      }
      return text;
    }
    case ppp::EapType::kMd5Challenge:
      return ValueText(message.data, response ? "user" : "from");
    case ppp::EapType::kMsChapV2: {
      if (message.data.empty()) return "";
      const auto inner = ppp::ParseMsChapV2Message(message.data);
      const auto code = static_cast<uint8_t>(inner.code);
      return ' ' + NameOr(kMsChapV2Codes, code, "OpCode") + ChapBody(code, inner.body);
    }
    default:
      return fmt::format(", {} octets", message.data.size());
  }
}

std::string EapText(const ppp::Packet& packet) {
  std::string text =
      fmt::format("{} id {}", NameOr(kEapCodes, packet.code, "code"), packet.identifier);
  const auto code = static_cast<ppp::EapCode>(packet.code);
  if (code != ppp::EapCode::kRequest && code != ppp::EapCode::kResponse) return text;
  const auto message = ppp::ParseEapMessage(packet);
  if (!message) return text + " without a type";
  return text + ' ' + NameOr(kEapTypes, static_cast<uint8_t>(message->type), "type") +
         EapBody(code == ppp::EapCode::kResponse, *message);
}

/// Nothing for a protocol whose packets are not told apart here.
std::optional<std::string> PacketText(Protocol protocol, const ppp::Packet& packet) {
  if (protocol == static_cast<Protocol>(kCompressionControl)) return ControlText(protocol, packet);
  switch (protocol) {
    case Protocol::kLcp:
    case Protocol::kIpcp:
    case Protocol::kIpv6cp:
      return ControlText(protocol, packet);
    case Protocol::kPap:
      return PapText(packet);
    case Protocol::kChap:
      return ChapText(packet);
    case Protocol::kEap:
      return EapText(packet);
    default:
      return {};
  }
}

}  // namespace

std::string PppText(std::span<const uint8_t> frame) {
  const auto parsed = ppp::ParseFrame(frame);
  if (!parsed) return fmt::format("not understood: {}", ppp::ToString(parsed.error()));
  const std::string name = ProtocolName(static_cast<uint16_t>(parsed->protocol));
  const auto packet = ppp::ParsePacket(parsed->information);
  const auto text = packet ? PacketText(parsed->protocol, *packet) : std::nullopt;
  if (text) return name + ' ' + *text;
  return fmt::format("{}, {} octets", name, parsed->information.size());
}

}  // namespace sallyport::trace
