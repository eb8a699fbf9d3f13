// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/wire_reader.h"
#include "base/wire_writer.h"

namespace sallyport {
namespace {

using testing::ElementsAre;

TEST(WireReader, ReadsNetworkByteOrder) {
  const std::array<uint8_t, 15> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  WireReader in{bytes};
  EXPECT_EQ(in.U8(), 0x01);
  EXPECT_EQ(in.U16(), 0x0203);
  EXPECT_EQ(in.U32(), 0x04050607U);
  EXPECT_EQ(in.U64(), 0x08090A0B0C0D0E0FU);
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.empty());
}

TEST(WireReader, ShortReadLatches) {
  const std::array<uint8_t, 3> bytes{1, 2, 3};
  WireReader in{bytes};
  EXPECT_EQ(in.U32(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.U8(), 0) << "a byte is there, but the reader has failed";
  EXPECT_TRUE(in.Take(1).empty());
  EXPECT_FALSE(in.ok());
}

TEST(WireReader, TakingNothingAtTheEndIsNoFailure) {
  WireReader in{{}};
  EXPECT_TRUE(in.Take(0).empty());
  EXPECT_TRUE(in.TakeRest().empty());
  EXPECT_TRUE(in.ok());
}

TEST(WireReader, TakeRestGivesWhatIsLeft) {
  const std::array<uint8_t, 4> bytes{1, 2, 3, 4};
  WireReader in{bytes};
  in.U8();
  EXPECT_EQ(in.remaining(), 3U);
  EXPECT_THAT(in.TakeRest(), ElementsAre(2, 3, 4));
}

TEST(WireWriter, WritesNetworkByteOrderAndPatches) {
  WireWriter out;
  out.U8(0x01);
  const size_t length_at = out.size();
  out.U16(0);
  out.U32(0x0A0B0C0D);
  out.U64(0x1112131415161718);
  out.Text("ab");
  out.Bytes(std::array<uint8_t, 1>{0xFF});
  out.PatchU16(length_at, 0x0203);
  EXPECT_THAT(std::move(out).Finish(),
              ElementsAre(0x01, 0x02, 0x03, 0x0A, 0x0B, 0x0C, 0x0D, 0x11, 0x12, 0x13, 0x14, 0x15,
                          0x16, 0x17, 0x18, 'a', 'b', 0xFF));
}

}  // namespace
}  // namespace sallyport
