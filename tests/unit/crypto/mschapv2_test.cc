// SPDX-License-Identifier: GPL-2.0-or-later
#include "crypto/mschapv2.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "base/text.h"
#include "crypto/digest.h"

namespace sallyport::crypto {
namespace {

// RFC 2759 §9.2, user "User", password "clientPass".
constexpr std::array<uint8_t, 16> kAuthenticatorChallenge{
    0x5B, 0x5D, 0x7C, 0x7D, 0x7B, 0x3F, 0x2F, 0x3E, 0x3C, 0x2C, 0x60, 0x21, 0x32, 0x26, 0x26, 0x28};
constexpr std::array<uint8_t, 16> kPeerChallenge{0x21, 0x40, 0x23, 0x24, 0x25, 0x5E, 0x26, 0x2A,
                                                 0x28, 0x29, 0x5F, 0x2B, 0x3A, 0x33, 0x7C, 0x7E};
constexpr std::string_view kNtResponse = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df";

std::string HashOf(std::string_view password) { return ToHex(NtPasswordHash(password).bytes()); }

/// The hash of a password given as its UTF-16LE octets.
std::string HashOfUtf16(std::string_view hex) { return ToHex(Md4({*FromHex(hex)})); }

TEST(NtPasswordHash, GivesTheVectorsOfRfc2759) {
  EXPECT_EQ(HashOf("clientPass"), "44ebba8d5312b8d611474411f56989ae");
  EXPECT_EQ(HashOf(""), "31d6cfe0d16ae931b73c59d7e0c089c0");  // MD4 of nothing
}

TEST(NtPasswordHash, TurnsUtf8IntoUtf16) {
  EXPECT_EQ(HashOf("\xC3\xA9"), HashOfUtf16("e900"));              // U+00E9
  EXPECT_EQ(HashOf("\xE2\x82\xAC"), HashOfUtf16("ac20"));          // U+20AC
  EXPECT_EQ(HashOf("\xF0\x9F\x94\x91"), HashOfUtf16("3dd811dd"));  // U+1F511: a surrogate pair
  EXPECT_EQ(HashOf("\xF4\x8F\xBF\xBF"), HashOfUtf16("ffdbffdf"));  // U+10FFFF, the last one
}

TEST(NtPasswordHash, TakesInvalidUtf8AsLatin1) {
  EXPECT_EQ(HashOf("caf\xE9"), HashOfUtf16("630061006600e900"));           // cut off
  EXPECT_EQ(HashOf("\xE9!a"), HashOfUtf16("e90021006100"));                // no continuation
  EXPECT_EQ(HashOf("\xC0\xAF"), HashOfUtf16("c000af00"));                  // overlong
  EXPECT_EQ(HashOf("\xED\xA0\x80"), HashOfUtf16("ed00a0008000"));          // a surrogate
  EXPECT_EQ(HashOf("\xF4\x90\x80\x80"), HashOfUtf16("f400900080008000"));  // past U+10FFFF
  EXPECT_EQ(HashOf("\x80\xFF"), HashOfUtf16("8000ff00"));                  // never a lead octet
}

TEST(ChallengeHash, GivesTheVectorOfRfc2759) {
  EXPECT_EQ(ToHex(ChallengeHash(kPeerChallenge, kAuthenticatorChallenge, "User")),
            "d02e4386bce91226");
}

TEST(GenerateNtResponse, GivesTheVectorOfRfc2759) {
  EXPECT_EQ(ToHex(GenerateNtResponse(kAuthenticatorChallenge, kPeerChallenge, "User",
                                     NtPasswordHash("clientPass"))),
            kNtResponse);
}

TEST(GenerateAuthenticatorResponse, GivesTheVectorOfRfc2759) {
  const auto nt_response = *FromHex(kNtResponse);
  EXPECT_EQ(ToHex(GenerateAuthenticatorResponse(NtPasswordHash("clientPass"),
                                                std::span(nt_response).first<24>(), kPeerChallenge,
                                                kAuthenticatorChallenge, "User")),
            "407a5589115fd0d6209f510fe9c04566932cda56");
}

TEST(UserWithoutDomain, DropsWhatPrecedesTheLastBackslash) {
  EXPECT_EQ(UserWithoutDomain("BIGCO\\johndoe"), "johndoe");
  EXPECT_EQ(UserWithoutDomain("johndoe"), "johndoe");
  EXPECT_EQ(UserWithoutDomain("a\\b\\c"), "c");
  EXPECT_EQ(UserWithoutDomain("BIGCO\\"), "");
  EXPECT_EQ(UserWithoutDomain(""), "");
}

}  // namespace
}  // namespace sallyport::crypto
