// SPDX-License-Identifier: GPL-2.0-or-later
// The golden octets were worked out from RFC 2661 §5.1.1 by hand, with another MD5.
#include "l2tp/tunnel_authentication.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string_view>

#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp {
namespace {

using testing::Bytes;
using testing::Hex;

const Secret kSecret(std::string_view("drowssap"));
const Bytes kChallenge = Hex("0102030405060708090a0b0c0d0e0f10");

ChallengeResponse Response(std::string_view hex) {
  ChallengeResponse response{};
  std::ranges::copy(Hex(hex), response.begin());
  return response;
}

TEST(ComputeResponse, MatchesGoldenOctets) {
  // MD5(02 | "drowssap" | challenge), then with 03.
  EXPECT_EQ(ComputeResponse(MessageType::kSccrp, kSecret, kChallenge),
            Response("b5c29a6a19f85b2910987130226f6a2b"));
  EXPECT_EQ(ComputeResponse(MessageType::kScccn, kSecret, kChallenge),
            Response("31468fac305082314fcd615538a911cd"));
}

TEST(VerifyResponse, TakesTheRightOne) {
  EXPECT_TRUE(VerifyResponse(MessageType::kSccrp, kSecret, kChallenge,
                             Response("b5c29a6a19f85b2910987130226f6a2b")));
}

TEST(VerifyResponse, RefusesNone) {
  EXPECT_FALSE(VerifyResponse(MessageType::kSccrp, kSecret, kChallenge, std::nullopt));
}

TEST(VerifyResponse, RefusesTheOneOfAnotherMessageSecretOrChallenge) {
  const ChallengeResponse right = Response("b5c29a6a19f85b2910987130226f6a2b");
  EXPECT_FALSE(VerifyResponse(MessageType::kScccn, kSecret, kChallenge, right));
  const Secret other(std::string_view("password"));
  EXPECT_FALSE(VerifyResponse(MessageType::kSccrp, other, kChallenge, right));
  EXPECT_FALSE(VerifyResponse(MessageType::kSccrp, kSecret, Hex("00"), right));
}

TEST(VerifyResponse, RefusesEachWrongOctet) {
  for (size_t i = 0; i < std::tuple_size_v<ChallengeResponse>; ++i) {
    ChallengeResponse wrong = Response("b5c29a6a19f85b2910987130226f6a2b");
    wrong[i] ^= 1;
    EXPECT_FALSE(VerifyResponse(MessageType::kSccrp, kSecret, kChallenge, wrong)) << i;
  }
}

}  // namespace
}  // namespace sallyport::l2tp
