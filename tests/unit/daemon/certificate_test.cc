// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/certificate.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "base/text.h"
#include "tests/unit/daemon/certificate_pem.h"

namespace sallyport::daemon {
namespace {

constexpr const char* kSubject =
    "301f310b30090603550406130243483110300e06035504030c0767617465776179";

TEST(Certificate, PemAndDerAreTheSame) {
  const auto der = ParseCertificate(kCertificatePem);
  ASSERT_TRUE(der.has_value()) << der.error();
  EXPECT_EQ(*ParseCertificate(*der), *der);
  // Text before it, as openssl writes, and more certificates behind it.
  EXPECT_EQ(*ParseCertificate("Certificate:\n" + std::string(kCertificatePem) + "\n" +
                              std::string(kCertificatePem)),
            *der);
  std::string windows;
  for (const char c : kCertificatePem)
    windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(*ParseCertificate(windows), *der);
}

TEST(Certificate, SubjectIsTheSubject) {
  const auto der = ParseCertificate(kCertificatePem);
  const auto subject = SubjectOf(*der);
  ASSERT_TRUE(subject.has_value());
  EXPECT_EQ(ToHex(*subject), kSubject);
}

TEST(Certificate, WhatIsCutShortOrLongerIsNone) {
  const std::string der = *ParseCertificate(kCertificatePem);
  for (size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(SubjectOf(std::string_view(der).substr(0, size))) << size;
  }
  EXPECT_FALSE(SubjectOf(der + "x"));
  for (const std::string text : {"", "hello", "\x30", "\x30\x80", "\x30\xff\xff\xff\xff"}) {
    EXPECT_FALSE(ParseCertificate(text))
        << ToHex({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
}

TEST(Certificate, MistakesInPemAreTold) {
  const std::string pem(kCertificatePem);
  EXPECT_EQ(ParseCertificate(pem.substr(0, 200)).error(), "a PEM certificate without its end");
  std::string odd = pem;
  odd[60] = '!';
  EXPECT_EQ(ParseCertificate(odd).error(), "a PEM certificate without Base64");
  EXPECT_EQ(
      ParseCertificate("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----").error(),
      "no X.509 certificate");
}

TEST(PrivateKey, IsPemWithoutAPassphrase) {
  for (const char* label : {"", "RSA ", "EC "}) {
    EXPECT_EQ(PrivateKeyMistake("-----BEGIN " + std::string(label) + "PRIVATE KEY-----\nAA==\n"),
              std::nullopt);
  }
  EXPECT_EQ(PrivateKeyMistake("-----BEGIN ENCRYPTED PRIVATE KEY-----"),
            "a private key with a passphrase");
  EXPECT_EQ(PrivateKeyMistake("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"),
            "a private key with a passphrase");
  EXPECT_EQ(PrivateKeyMistake(kCertificatePem), "no private key in PEM");
  EXPECT_EQ(PrivateKeyMistake(""), "no private key in PEM");
}

}  // namespace
}  // namespace sallyport::daemon
