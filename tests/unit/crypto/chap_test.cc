// SPDX-License-Identifier: GPL-2.0-or-later
#include "crypto/chap.h"

#include <gtest/gtest.h>
#include <vector>

#include "base/text.h"
#include "crypto/digest.h"

namespace sallyport::crypto {
namespace {

TEST(ChapMd5Response, HashesIdentifierThenSecretThenChallenge) {
  const std::vector<uint8_t> secret{'s', 'e', 'c'};
  const std::vector<uint8_t> challenge{1, 2, 3, 4};
  const std::vector<uint8_t> joined{0x2A, 's', 'e', 'c', 1, 2, 3, 4};
  EXPECT_EQ(ChapMd5Response(0x2A, secret, challenge), Md5({joined}));
  EXPECT_NE(ChapMd5Response(0x2B, secret, challenge), Md5({joined}));
}

TEST(ChapMd5Response, EmptySecretAndChallengeAreHashedToo) {
  // MD5 of the one octet "a".
  EXPECT_EQ(ToHex(ChapMd5Response('a', {}, {})), "0cc175b9c0f1b6a831c399e269772661");
}

}  // namespace
}  // namespace sallyport::crypto
