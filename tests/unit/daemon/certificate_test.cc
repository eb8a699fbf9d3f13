// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/certificate.h"

#include <gmock/gmock.h>
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

constexpr CertificateTime kMorning{std::chrono::seconds{1796022000}};  // 2026-11-30 07:00:00

std::vector<std::string> Flaws(std::string_view pem, CertificateTime now = kMorning) {
  return FlawsOf(*ParseCertificate(pem), now);
}

TEST(Certificate, OneThatClientsTakeHasNoFlaw) {
  EXPECT_THAT(Flaws(kGoodCertificatePem), testing::IsEmpty());
}

TEST(Certificate, WhatClientsMissIsTold) {
  EXPECT_THAT(Flaws(kCertificatePem),
              testing::ElementsAre("a certificate without a DNS name or address (subjectAltName)"));
  EXPECT_THAT(Flaws(kClientCertificatePem),
              testing::ElementsAre("a certificate without a DNS name or address (subjectAltName)",
                                   "a certificate for another use (extendedKeyUsage)"));
}

TEST(Certificate, ItsTimeIsLookedAt) {
  using std::chrono::days;
  using std::chrono::sys_days;
  const sys_days end = std::chrono::year(2126) / 1 / 1;
  EXPECT_THAT(Flaws(kGoodCertificatePem, kMorning - days(365)),
              testing::ElementsAre("a certificate that begins on 2026-01-01"));
  EXPECT_THAT(Flaws(kGoodCertificatePem, end - days(15)), testing::IsEmpty());
  EXPECT_THAT(Flaws(kGoodCertificatePem, end - days(10)),
              testing::ElementsAre("a certificate that expires on 2126-01-01"));
  EXPECT_THAT(Flaws(kGoodCertificatePem, end + days(1)),
              testing::ElementsAre("a certificate that has expired on 2126-01-01"));
}

/// Cut short or changed anywhere: no crash, and never more than there is to tell.
TEST(Certificate, BrokenOnesHaveNoFlawsOrReadableOnes) {
  const std::string der = *ParseCertificate(kGoodCertificatePem);
  for (size_t size = 0; size < der.size(); ++size) {
    EXPECT_THAT(FlawsOf(std::string_view(der).substr(0, size), kMorning), testing::IsEmpty());
  }
  for (size_t at = 0; at < der.size(); ++at) {
    std::string broken = der;
    broken[at] = static_cast<char>(~broken[at]);
    EXPECT_LE(FlawsOf(broken, kMorning).size(), 3U);
  }
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
