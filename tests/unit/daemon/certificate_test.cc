// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/certificate.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "base/text.h"

namespace sallyport::daemon {
namespace {

// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /C=CH/CN=gateway
constexpr std::string_view kPem = R"(-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUSDDmsyATj1lTjr2AGTQlagBYaXcwCgYIKoZIzj0EAwIw
HzELMAkGA1UEBhMCQ0gxEDAOBgNVBAMMB2dhdGV3YXkwIBcNMjYxMTI4MDMwODQz
WhgPMjEyNjExMDQwMzA4NDNaMB8xCzAJBgNVBAYTAkNIMRAwDgYDVQQDDAdnYXRl
d2F5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELGNuSBEB2H+yMXjiexuQ6Zw4
gMoH51C/mAIxwCiwmV7JnVDZjXOy8kzARi1AaIedXMTecY46s/05GvdVQOkrmKNT
MFEwHQYDVR0OBBYEFC2WcHA1dCMvMAUeq87RFkSmApkmMB8GA1UdIwQYMBaAFC2W
cHA1dCMvMAUeq87RFkSmApkmMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
SQAwRgIhALIMfAGZKKSeCcCHLfaucDdlYZ7sVR1xVdxGJPXgXyMJAiEAg49Xq/Ox
fF6IiAH7vSk6ZFcq4a4L1a83Xus7dFaDSo4=
-----END CERTIFICATE-----)";
constexpr const char* kSubject =
    "301f310b30090603550406130243483110300e06035504030c0767617465776179";

TEST(Certificate, PemAndDerAreTheSame) {
  const auto der = ParseCertificate(kPem);
  ASSERT_TRUE(der.has_value()) << der.error();
  EXPECT_EQ(*ParseCertificate(*der), *der);
  // Text before it, as openssl writes, and more certificates behind it.
  EXPECT_EQ(*ParseCertificate("Certificate:\n" + std::string(kPem) + "\n" + std::string(kPem)),
            *der);
  std::string windows;
  for (const char c : kPem) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(*ParseCertificate(windows), *der);
}

TEST(Certificate, SubjectIsTheSubject) {
  const auto der = ParseCertificate(kPem);
  const auto subject = SubjectOf(*der);
  ASSERT_TRUE(subject.has_value());
  EXPECT_EQ(ToHex(*subject), kSubject);
}

TEST(Certificate, WhatIsCutShortOrLongerIsNone) {
  const std::string der = *ParseCertificate(kPem);
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
  const std::string pem(kPem);
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
  EXPECT_EQ(PrivateKeyMistake(kPem), "no private key in PEM");
  EXPECT_EQ(PrivateKeyMistake(""), "no private key in PEM");
}

}  // namespace
}  // namespace sallyport::daemon
