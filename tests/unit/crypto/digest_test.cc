// SPDX-License-Identifier: GPL-2.0-or-later
#include "crypto/digest.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "base/text.h"

namespace sallyport::crypto {
namespace {

std::span<const uint8_t> Octets(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct Vector {
  std::string_view message;
  std::string_view digest;
};

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kAlphanumeric =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kDigits =
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890";

TEST(Md4, GivesTheVectorsOfRfc1320) {
  const Vector vectors[] = {{"", "31d6cfe0d16ae931b73c59d7e0c089c0"},
                            {"a", "bde52cb31de33e46245e05fbdbd6fb24"},
                            {"abc", "a448017aaf21d8525fc10ae87aa6729d"},
                            {"message digest", "d9130a8164549fe818874806e1c7014b"},
                            {kAlphabet, "d79e1c308aa5bbcdeea8ed63df412da9"},
                            {kAlphanumeric, "043f8582f241db351ce627e153e7f0e4"},
                            {kDigits, "e33b4ddc9c38f2199c3e7b164fcc0536"}};
  for (const auto& [message, digest] : vectors) EXPECT_EQ(ToHex(Md4({Octets(message)})), digest);
}

TEST(Md5, GivesTheVectorsOfRfc1321) {
  const Vector vectors[] = {{"", "d41d8cd98f00b204e9800998ecf8427e"},
                            {"a", "0cc175b9c0f1b6a831c399e269772661"},
                            {"abc", "900150983cd24fb0d6963f7d28e17f72"},
                            {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
                            {kAlphabet, "c3fcd3d76192e4007dfb496cca67e13b"},
                            {kAlphanumeric, "d174ab98d277d9f5a5611c2c9f419d9f"},
                            {kDigits, "57edf4a22be3c955ac49da2e2107b67a"}};
  for (const auto& [message, digest] : vectors) EXPECT_EQ(ToHex(Md5({Octets(message)})), digest);
}

TEST(Sha1, GivesTheVectorsOfRfc3174) {
  const std::string million(1'000'000, 'a');
  std::string repeated;
  for (int i = 0; i < 80; ++i) repeated += "01234567";
  const Vector vectors[] = {{"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
                            {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                             "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
                            {million, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
                            {repeated, "dea356a2cddd90c7a7ecedc5ebb563934f460452"}};
  for (const auto& [message, digest] : vectors) EXPECT_EQ(ToHex(Sha1({Octets(message)})), digest);
}

TEST(Digests, PartsHashAsOneMessage) {
  EXPECT_EQ(Md4({Octets("ab"), Octets(""), Octets("c")}), Md4({Octets("abc")}));
  EXPECT_EQ(Md5({Octets("ab"), Octets(""), Octets("c")}), Md5({Octets("abc")}));
  EXPECT_EQ(Sha1({Octets("ab"), Octets(""), Octets("c")}), Sha1({Octets("abc")}));
  EXPECT_EQ(HmacMd5(Octets("k"), {Octets("ab"), Octets("c")}),
            HmacMd5(Octets("k"), {Octets("abc")}));
}

TEST(HmacMd5, GivesTheVectorsOfRfc2202) {
  EXPECT_EQ(ToHex(HmacMd5(Octets("Jefe"), {Octets("what do ya want for nothing?")})),
            "750c783e6ab0b503eaa86e310a5db738");
  const std::string long_key(80, '\xaa');  // longer than a block: hashed first
  EXPECT_EQ(ToHex(HmacMd5(Octets(long_key),
                          {Octets("Test Using Larger Than Block-Size Key - Hash Key First")})),
            "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
}

TEST(DesEncrypt, TakesTheWeakKeyOfAllZeros) {
  const std::array<uint8_t, 7> key{};
  const std::array<uint8_t, 8> block{};
  EXPECT_EQ(ToHex(DesEncrypt(key, block)), "8ca64de9c1b123a7");  // NBS SP 500-20, initial vector
}

TEST(DesEncrypt, SpreadsSevenOctetsOverEight) {
  // RFC 2759 §9.3: these seven octets make the key FD 0B 5B 5E 7F 6E 34 D9. FIPS 46's worked
  // example has the key 13 34 57 79 9B BC DF F1, whose 56 bits are 12695BC9B7B7F8.
  const std::array<uint8_t, 7> key{0x12, 0x69, 0x5B, 0xC9, 0xB7, 0xB7, 0xF8};
  const std::array<uint8_t, 8> block{0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};
  EXPECT_EQ(ToHex(DesEncrypt(key, block)), "85e813540f0ab405");
}

}  // namespace
}  // namespace sallyport::crypto
