// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/message.h"

#include <gtest/gtest.h>

#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp {
namespace {

using testing::Hex;

TEST(Encode, SccrpMatchesGoldenBytes) {
  const Sccrp message{.assigned_tunnel = TunnelId(0x1234),
                      .receive_window = 16,
                      .host_name = "lns",
                      .vendor_name = "sp"};
  EXPECT_EQ(Encode(message), Hex("8008 0000 0000 0002"      // Message Type: SCCRP, first
                                 "8008 0000 0002 0100"      // Protocol Version 1.0
                                 "800a 0000 0003 00000003"  // Framing: sync and async
                                 "800a 0000 0004 00000000"  // Bearer: none
                                 "0008 0000 0006 0001"      // Firmware Revision, M clear
                                 "8009 0000 0007 6c6e73"    // Host Name
                                 "0008 0000 0008 7370"      // Vendor Name, M clear
                                 "8008 0000 0009 1234"      // Assigned Tunnel ID
                                 "8008 0000 000a 0010"));   // Receive Window Size
}

TEST(Encode, SccrpWithoutVendorNameLeavesItOut) {
  const Sccrp message{.assigned_tunnel = TunnelId(1), .host_name = "lns", .vendor_name = ""};
  const auto decoded = testing::Decode(testing::ControlMessage(1, 0, 0, 0, Encode(message)));
  for (const auto& [type, value] : decoded.avps) EXPECT_NE(type, 8);
  EXPECT_EQ(decoded.avps.size(), 8u);
}

TEST(Encode, StopCcnMatchesGoldenBytes) {
  EXPECT_EQ(Encode(StopCcn{TunnelId(0x1234), {2, 4, "no"}}),
            Hex("8008 0000 0000 0004"               // Message Type: StopCCN
                "8008 0000 0009 1234"               // Assigned Tunnel ID
                "800c 0000 0001 0002 0004 6e6f"));  // Result Code: 2, error 4, "no"
}

TEST(Encode, ResultCodeHasNoMoreThanThereIs) {
  EXPECT_EQ(Encode(StopCcn{TunnelId(1), {6, std::nullopt, ""}}),
            Hex("8008 0000 0000 0004  8008 0000 0009 0001  8008 0000 0001 0006"));
  EXPECT_EQ(Encode(StopCcn{TunnelId(1), {2, 8, ""}}),
            Hex("8008 0000 0000 0004  8008 0000 0009 0001  800a 0000 0001 0002 0008"));
  // A message can only follow an error code.
  EXPECT_EQ(Encode(StopCcn{TunnelId(1), {6, std::nullopt, "x"}}),
            Hex("8008 0000 0000 0004  8008 0000 0009 0001  800b 0000 0001 0006 0000 78"));
}

TEST(Encode, HelloIsItsMessageType) { EXPECT_EQ(Encode(Hello{}), Hex("8008 0000 0000 0006")); }

TEST(Encode, IcrpMatchesGoldenBytes) {
  EXPECT_EQ(Encode(Icrp{SessionId(0xABCD)}), Hex("8008 0000 0000 000b  8008 0000 000e abcd"));
}

TEST(Encode, CdnMatchesGoldenBytes) {
  EXPECT_EQ(Encode(Cdn{SessionId(0xABCD), {3, std::nullopt, ""}}),
            Hex("8008 0000 0000 000e  8008 0000 0001 0003  8008 0000 000e abcd"));
}

}  // namespace
}  // namespace sallyport::l2tp
