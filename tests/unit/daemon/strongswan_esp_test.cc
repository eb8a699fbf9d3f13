// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_esp.h"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

TEST(EspSizesOf, KnowsTheTransformsOfClients) {
  EXPECT_EQ(EspSizesOf("AES_CBC_256/HMAC_SHA2_256_128"),
            (EspSizes{.iv = 16, .alignment = 16, .icv = 16}));
  EXPECT_EQ(EspSizesOf("AES_CBC_128/HMAC_SHA1_96"),
            (EspSizes{.iv = 16, .alignment = 16, .icv = 12}));
  EXPECT_EQ(EspSizesOf("AES_CBC_256/HMAC_SHA2_256_96"),
            (EspSizes{.iv = 16, .alignment = 16, .icv = 12}));
  EXPECT_EQ(EspSizesOf("AES_CBC_256/HMAC_SHA2_512_256"),
            (EspSizes{.iv = 16, .alignment = 16, .icv = 32}));
  EXPECT_EQ(EspSizesOf("3DES_CBC/HMAC_MD5_96"), (EspSizes{.iv = 8, .alignment = 8, .icv = 12}));
  EXPECT_EQ(EspSizesOf("AES_GCM_16_256"), (EspSizes{.iv = 8, .alignment = 4, .icv = 16}));
  EXPECT_EQ(EspSizesOf("AES_GCM_16_128/ECP_256"), (EspSizes{.iv = 8, .alignment = 4, .icv = 16}));
  EXPECT_EQ(EspSizesOf("AES_GCM_8_128"), (EspSizes{.iv = 8, .alignment = 4, .icv = 8}));
  EXPECT_EQ(EspSizesOf("CHACHA20_POLY1305"), (EspSizes{.iv = 8, .alignment = 4, .icv = 16}));
  EXPECT_EQ(EspSizesOf("NULL/HMAC_SHA1_96"), (EspSizes{.iv = 0, .alignment = 4, .icv = 12}));
}

TEST(EspSizesOf, OfWhatIsNotKnownItAssumesTheWorst) {
  constexpr EspSizes kWorst{.iv = 16, .alignment = 16, .icv = 32};
  EXPECT_EQ(EspSizesOf(""), kWorst);
  EXPECT_EQ(EspSizesOf("SERPENT_CBC_256/HMAC_WHIRLPOOL"), kWorst);
  EXPECT_EQ(EspSizesOf("AES_CBC_256/HMAC_WHIRLPOOL"), kWorst);
}

}  // namespace
}  // namespace sallyport::daemon
