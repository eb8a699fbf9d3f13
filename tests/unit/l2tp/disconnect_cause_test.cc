// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/disconnect_cause.h"

#include <gtest/gtest.h>

#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp {
namespace {

using testing::Bytes;
using testing::Hex;

TEST(DescribeDisconnectCause, TellsCauseSideProtocolAndMessage) {
  // Disconnect Code 16; Control Protocol Number 0xc223, CHAP; Direction 1; "no".
  EXPECT_EQ(DescribeDisconnectCause(Hex("0010 c223 01 6e6f")),
            "PPP cause 16, authentication failed at the sender's peer, protocol 0xc223: no");
  EXPECT_EQ(DescribeDisconnectCause(Hex("0003 0000 02")),
            "PPP cause 3, normal disconnection at the sender");
}

TEST(DescribeDisconnectCause, KnowsTheCodesOfTheRfcOnly) {
  EXPECT_EQ(DescribeDisconnectCause(Hex("0000 0000 00")), "PPP cause 0, no information");
  EXPECT_EQ(DescribeDisconnectCause(Hex("0014 0000 00")),
            "PPP cause 20, no address was permitted to the user");
  EXPECT_EQ(DescribeDisconnectCause(Hex("0015 0000 03")), "PPP cause 21");
  EXPECT_EQ(DescribeDisconnectCause(Hex("ffff 0000 00")), "PPP cause 65535");
}

TEST(DescribeDisconnectCause, IsPrintable) {
  EXPECT_EQ(DescribeDisconnectCause(Hex("0015 0000 00 1b5b")), "PPP cause 21: \\x1b[");
}

TEST(DescribeDisconnectCause, EveryTruncationIsSilent) {
  const Bytes whole = Hex("0010 c223 01");
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_EQ(DescribeDisconnectCause(std::span(whole).first(n)), "") << n;
  }
}

}  // namespace
}  // namespace sallyport::l2tp
