// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/certificate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <vector>

#include "base/wire_reader.h"
#include "daemon/config_files.h"

namespace sallyport::daemon {
namespace {

// X.690 §8.1.2: identifier octets.
constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kVersion = 0xA0;     // [0] EXPLICIT, RFC 5280 §4.1
constexpr uint8_t kExtensions = 0xA3;  // [3] EXPLICIT, likewise
constexpr uint8_t kObjectId = 0x06;
constexpr uint8_t kOctetString = 0x04;
constexpr uint8_t kUtcTime = 0x17;
constexpr uint8_t kGeneralizedTime = 0x18;
constexpr uint8_t kDnsName = 0x82;    // RFC 5280 §4.2.1.6
constexpr uint8_t kIpAddress = 0x87;  // likewise

using Octets = std::span<const uint8_t>;

// Content of object identifiers: RFC 5280 §4.2.1.6 and §4.2.1.12, RFC 4945 §5.1.3.12.
constexpr std::array<uint8_t, 3> kSubjectAltName{0x55, 0x1D, 0x11};
constexpr std::array<uint8_t, 3> kExtendedKeyUsage{0x55, 0x1D, 0x25};
constexpr std::array<uint8_t, 4> kAnyUsage{0x55, 0x1D, 0x25, 0x00};
constexpr std::array<uint8_t, 8> kServerAuth{0x2B, 6, 1, 5, 5, 7, 3, 1};
constexpr std::array<uint8_t, 8> kIpsecIke{0x2B, 6, 1, 5, 5, 7, 3, 17};
/// "IP security IKE intermediate", which Windows looks for (1.3.6.1.5.5.8.2.2).
constexpr std::array<uint8_t, 8> kIkeIntermediate{0x2B, 6, 1, 5, 5, 8, 2, 2};

/// Before this much is left clients' operators are to hear of it; local policy.
constexpr std::chrono::days kShortTime{14};

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

struct DerElement {
  uint8_t tag = 0;
  std::span<const uint8_t> whole;  // with tag and length
  std::span<const uint8_t> content;
};

/// The next element; the reader latches on one that is cut short or longer than 64 KiB, which no
/// certificate is.
DerElement Next(WireReader& reader) {
  WireReader ahead = reader;
  DerElement element;
  element.tag = ahead.U8();
  size_t header = 2;
  size_t length = ahead.U8();
  if (length == 0x81) {  // X.690 §8.1.3.5: the long form with one octet, and with two
    length = ahead.U8();
    header = 3;
  } else if (length == 0x82) {
    length = ahead.U16();
    header = 4;
  } else if (length >= 0x80) {
    length = SIZE_MAX / 2;
  }
  element.whole = reader.Take(header + length);
  if (reader.ok()) element.content = element.whole.subspan(header);
  return element;
}

Octets BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// The first certificate of a PEM file.
Expected<std::string, std::string> FromPem(std::string_view text, size_t begin) {
  const size_t start = begin + kBegin.size();
  const size_t end = text.find(kEnd, start);
  if (end == text.npos) return Unexpected{std::string("a PEM certificate without its end")};
  std::string base64(text.substr(start, end - start));
  std::erase_if(base64, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  const auto der = FromBase64(base64);
  if (!der) return Unexpected{std::string("a PEM certificate without Base64")};
  return std::string(der->begin(), der->end());
}

/// What stands in a TBSCertificate (RFC 5280 §4.1), as far as it is of use here.
struct Body {
  Octets validity;    // content
  Octets subject;     // whole
  Octets extensions;  // content of the list; empty when there is none
};

std::optional<Body> BodyOf(std::string_view certificate) {
  WireReader file(BytesOf(certificate));
  const DerElement outer = Next(file);
  WireReader in_outer(outer.content);
  const DerElement inner = Next(in_outer);
  WireReader in_body(inner.content);
  DerElement element = Next(in_body);
  if (element.tag == kVersion) element = Next(in_body);
  const bool serial = element.tag == kInteger;
  bool sequences = outer.tag == kSequence && inner.tag == kSequence;
  // signature, issuer, validity, subject
  std::array<DerElement, 4> parts;
  for (DerElement& part : parts) {
    part = Next(in_body);
    sequences = sequences && part.tag == kSequence;
  }
  const bool good = file.ok() && file.empty() && in_outer.ok() && in_body.ok();
  if (!good || !serial || !sequences) return {};
  Body body{.validity = parts[2].content, .subject = parts[3].whole, .extensions = {}};
  while (in_body.ok() && !in_body.empty()) {
    element = Next(in_body);
    if (element.tag != kExtensions) continue;
    WireReader in_extensions(element.content);
    body.extensions = Next(in_extensions).content;
  }
  return body;
}

bool Is(Octets octets, Octets wanted) {
  return std::equal(octets.begin(), octets.end(), wanted.begin(), wanted.end());
}

/// The elements of an extension that is a list; nothing when it is not there.
std::optional<std::vector<DerElement>> ListIn(const Body& body, Octets wanted) {
  WireReader in(body.extensions);
  while (in.ok() && !in.empty()) {
    WireReader extension(Next(in).content);
    const DerElement id = Next(extension);
    if (id.tag != kObjectId || !Is(id.content, wanted)) continue;
    DerElement value = Next(extension);
    if (value.tag != kOctetString) value = Next(extension);  // behind "critical"
    WireReader in_value(value.content);
    WireReader list(Next(in_value).content);
    std::vector<DerElement> elements;
    while (list.ok() && !list.empty()) elements.push_back(Next(list));
    return elements;
  }
  return {};
}

/// RFC 5280 §4.1.2.5.1 and .2: YYMMDDHHMMSSZ until 2049, with the century after that.
std::optional<CertificateTime> TimeOf(const DerElement& element) {
  std::string text(element.content.begin(), element.content.end());
  if (element.tag == kUtcTime) text.insert(0, text < "50" ? "20" : "19");
  constexpr size_t kLength = std::string_view("20261122071004Z").size();
  if (element.tag != kUtcTime && element.tag != kGeneralizedTime) return {};
  if (text.size() != kLength || text.back() != 'Z') return {};
  std::array<int, 6> numbers{};  // year to second
  size_t at = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const size_t digits = i == 0 ? 4 : 2;
    const char* end = text.data() + at + digits;
    const auto [stopped, error] = std::from_chars(text.data() + at, end, numbers[i]);
    if (error != std::errc() || stopped != end) return {};
    at += digits;
  }
  const std::chrono::year_month_day date{std::chrono::year(numbers[0]),
                                         std::chrono::month(static_cast<unsigned>(numbers[1])),
                                         std::chrono::day(static_cast<unsigned>(numbers[2]))};
  if (!date.ok()) return {};
  return std::chrono::sys_days{date} + std::chrono::hours(numbers[3]) +
         std::chrono::minutes(numbers[4]) + std::chrono::seconds(numbers[5]);
}

std::string DayOf(CertificateTime time) { return fmt::format("{:%Y-%m-%d}", time); }

void AddFlawsOfTime(const Body& body, CertificateTime now, std::vector<std::string>& flaws) {
  WireReader in(body.validity);
  const auto from = TimeOf(Next(in));
  const auto until = TimeOf(Next(in));
  if (from && now < *from) flaws.push_back("a certificate that begins on " + DayOf(*from));
  if (until && now > *until) {
    flaws.push_back("a certificate that has expired on " + DayOf(*until));
  } else if (until && *until - now < kShortTime) {
    flaws.push_back("a certificate that expires on " + DayOf(*until));
  }
}

}  // namespace

Expected<std::string, std::string> ParseCertificate(std::string_view content) {
  std::string der(content);
  if (const size_t begin = content.find(kBegin); begin != content.npos) {
    auto decoded = FromPem(content, begin);
    if (!decoded) return decoded;
    der = *std::move(decoded);
  }
  if (!SubjectOf(der)) return Unexpected{std::string("no X.509 certificate")};
  return der;
}

std::optional<std::span<const uint8_t>> SubjectOf(std::string_view certificate) {
  const auto body = BodyOf(certificate);
  return body ? std::optional(body->subject) : std::nullopt;
}

std::vector<std::string> FlawsOf(std::string_view certificate, CertificateTime now) {
  std::vector<std::string> flaws;
  const auto body = BodyOf(certificate);
  if (!body) return flaws;
  AddFlawsOfTime(*body, now, flaws);
  const auto names = ListIn(*body, kSubjectAltName);
  const bool named = names && std::ranges::any_of(*names, [](const DerElement& name) {
                       return name.tag == kDnsName || name.tag == kIpAddress;
                     });
  if (!named) flaws.emplace_back("a certificate without a DNS name or address (subjectAltName)");
  const auto usages = ListIn(*body, kExtendedKeyUsage);
  const bool serves = !usages || std::ranges::any_of(*usages, [](const DerElement& usage) {
    return Is(usage.content, kAnyUsage) || Is(usage.content, kServerAuth) ||
           Is(usage.content, kIpsecIke) || Is(usage.content, kIkeIntermediate);
  });
  if (!serves) flaws.emplace_back("a certificate for another use (extendedKeyUsage)");
  return flaws;
}

std::optional<std::string> PrivateKeyMistake(std::string_view content) {
  const size_t begin = content.find("-----BEGIN ");
  const size_t label = content.find("PRIVATE KEY-----");
  if (begin == content.npos || label == content.npos || label < begin) {
    return "no private key in PEM";
  }
  // PKCS #8 says so in its label, the older forms in a header.
  if (content.find("ENCRYPTED") != content.npos) return "a private key with a passphrase";
  return {};
}

}  // namespace sallyport::daemon
