// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/random.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <vector>

#include "crypto/digest.h"

namespace sallyport::l2tp {
namespace {

Entropy Counting() {
  Entropy entropy{};
  for (size_t i = 0; i < entropy.size(); ++i) entropy[i] = static_cast<uint8_t>(i);
  return entropy;
}

TEST(Random, BeginsWithTheEntropyAsItIs) {
  const Entropy entropy = Counting();
  Random random(entropy);
  EXPECT_EQ(random.U16(), 0x0001);
  EXPECT_EQ(random.U64(), 0x0203040506070809u);
}

TEST(Random, NeverGivesOutTheSecondHalf) {
  const Entropy entropy = Counting();
  Random random(entropy);
  std::vector<uint8_t> stream(32 + 20 + 20 + 3);
  random.Fill(stream);
  EXPECT_TRUE(std::equal(stream.begin(), stream.begin() + 32, entropy.begin()));
  // Then SHA-1(second half | counter), block after block.
  const std::span<const uint8_t> key = std::span(entropy).subspan(32);
  for (uint8_t block = 1; block <= 2; ++block) {
    const std::array<uint8_t, 4> counter{0, 0, 0, block};
    const auto digest = crypto::Sha1({key, counter});
    EXPECT_TRUE(std::equal(digest.begin(), digest.end(), stream.begin() + 32 + 20 * (block - 1)));
  }
}

TEST(Random, DoesNotRepeat) {
  const Entropy entropy{};
  Random random(entropy);
  std::set<uint64_t> drawn;
  for (int i = 0; i < 4; ++i) random.U64();  // of an all-zero Entropy these are zero
  for (int i = 0; i < 10000; ++i) EXPECT_TRUE(drawn.insert(random.U64()).second);
}

TEST(Random, IsTheSameForTheSameEntropy) {
  const Entropy entropy = Counting();
  Random one(entropy);
  Random other(entropy);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.U16(), other.U16());
}

}  // namespace
}  // namespace sallyport::l2tp
