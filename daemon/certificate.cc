// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/certificate.h"

#include <algorithm>
#include <vector>

#include "base/wire_reader.h"
#include "daemon/config_files.h"

namespace sallyport::daemon {
namespace {

// X.690 §8.1.2: identifier octets.
constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kVersion = 0xA0;  // [0] EXPLICIT, RFC 5280 §4.1

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

std::span<const uint8_t> BytesOf(std::string_view text) {
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
  // RFC 5280 §4.1: Certificate holds TBSCertificate, which holds version, serialNumber, signature,
  // issuer, validity, subject.
  WireReader file(BytesOf(certificate));
  const DerElement outer = Next(file);
  WireReader in_outer(outer.content);
  const DerElement body = Next(in_outer);
  WireReader in_body(body.content);
  DerElement element = Next(in_body);
  if (element.tag == kVersion) element = Next(in_body);
  const bool serial = element.tag == kInteger;
  bool sequences = outer.tag == kSequence && body.tag == kSequence;
  for (int i = 0; i < 4; ++i) {
    element = Next(in_body);
    sequences = sequences && element.tag == kSequence;
  }
  const bool good = file.ok() && file.empty() && in_outer.ok() && in_body.ok();
  if (!good || !serial || !sequences) return {};
  return element.whole;
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
