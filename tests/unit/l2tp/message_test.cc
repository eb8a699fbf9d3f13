// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/message.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string_view>
#include <vector>

#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp {
namespace {

using testing::Hex;

TEST(Encode, SccrpMatchesGoldenBytes) {
  Sccrp message;
  message.assigned_tunnel = TunnelId(0x1234);
  message.receive_window = 16;
  message.host_name = "lns";
  message.vendor_name = "sp";
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
  Sccrp message;
  message.assigned_tunnel = TunnelId(1);
  message.host_name = "lns";
  const auto decoded = testing::Decode(testing::ControlMessage(1, 0, 0, 0, Encode(message)));
  for (const auto& [type, value] : decoded.avps) EXPECT_NE(type, 8);
  EXPECT_EQ(decoded.avps.size(), 8u);
}

TEST(Encode, SccrqMatchesGoldenBytes) {
  Sccrq message;
  message.assigned_tunnel = TunnelId(0x1234);
  message.receive_window = 16;
  message.host_name = "lac";
  message.vendor_name = "sp";
  message.challenge = {1, 2, 3};
  message.tie_breaker = 0x0102030405060708;
  message.bearer_capabilities = 2;
  EXPECT_EQ(Encode(message), Hex("8008 0000 0000 0001"                 // Message Type: SCCRQ
                                 "8008 0000 0002 0100"                 // Protocol Version 1.0
                                 "800a 0000 0003 00000003"             // Framing: sync and async
                                 "800a 0000 0004 00000002"             // Bearer: analog
                                 "0008 0000 0006 0001"                 // Firmware Revision
                                 "8009 0000 0007 6c6163"               // Host Name
                                 "0008 0000 0008 7370"                 // Vendor Name
                                 "8008 0000 0009 1234"                 // Assigned Tunnel ID
                                 "8008 0000 000a 0010"                 // Receive Window Size
                                 "8009 0000 000b 010203"               // Challenge
                                 "000e 0000 0005 0102030405060708"));  // Tie Breaker, M clear
}

TEST(Encode, ScccnMatchesGoldenBytes) {
  EXPECT_EQ(Encode(Scccn{}), Hex("8008 0000 0000 0003"));
  ChallengeResponse response{};
  std::ranges::copy(Hex("000102030405060708090a0b0c0d0e0f"), response.begin());
  EXPECT_EQ(Encode(Scccn{response}),
            Hex("8008 0000 0000 0003"                                 // Message Type: SCCCN
                "8016 0000 000d 000102030405060708090a0b0c0d0e0f"));  // Challenge Response
}

TEST(Encode, SccrpAnswersAndChallengesInOne) {
  Sccrp message;
  message.host_name = "lns";
  message.challenge = {7};
  message.challenge_response.emplace();
  const auto decoded = testing::Decode(testing::ControlMessage(1, 0, 0, 0, Encode(message)));
  EXPECT_EQ(decoded.Value(11), Hex("07"));
  EXPECT_EQ(decoded.Value(13), testing::Bytes(16));
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

TEST(Encode, IcrqMatchesGoldenBytes) {
  CallDetails details;
  details.call_serial_number = 4711;
  details.bearer_type = 2;
  details.physical_channel_id = 3;
  details.calling_number = "12";
  details.called_number = "34";
  details.sub_address = "5";
  EXPECT_EQ(Encode(Icrq{SessionId(0xABCD), details}),
            Hex("8008 0000 0000 000a"      // Message Type: ICRQ
                "8008 0000 000e abcd"      // Assigned Session ID
                "800a 0000 000f 00001267"  // Call Serial Number
                "800a 0000 0012 00000002"  // Bearer Type: analog
                "000a 0000 0019 00000003"  // Physical Channel ID, M clear
                "8008 0000 0016 3132"      // Calling Number
                "8008 0000 0015 3334"      // Called Number
                "8007 0000 0017 35"));     // Sub-Address
  EXPECT_EQ(Encode(Icrq{SessionId(1), {}}),
            Hex("8008 0000 0000 000a  8008 0000 000e 0001  800a 0000 000f 00000000"));
}

TEST(Encode, IccnMatchesGoldenBytes) {
  Iccn message;
  message.details.tx_connect_speed = 100'000'000;
  message.details.rx_connect_speed = 50'000'000;
  message.details.framing_type = 1;
  message.details.private_group_id = "b";
  message.sequencing_required = true;
  message.proxy.initial_received_confreq = {1};
  message.proxy.last_sent_confreq = {2};
  message.proxy.last_received_confreq = {3};
  message.proxy.authen_type = static_cast<uint16_t>(ProxyAuthenType::kChap);
  message.proxy.authen_name = "al";
  message.proxy.authen_challenge = {4};
  message.proxy.authen_id = 5;
  message.proxy.authen_response = Secret(std::string_view("x"));
  EXPECT_EQ(Encode(message), Hex("8008 0000 0000 000c"      // Message Type: ICCN
                                 "800a 0000 0018 05f5e100"  // (Tx) Connect Speed
                                 "800a 0000 0013 00000001"  // Framing Type: synchronous
                                 "0007 0000 001a 01"        // Initial Received LCP CONFREQ
                                 "0007 0000 001b 02"        // Last Sent LCP CONFREQ
                                 "0007 0000 001c 03"        // Last Received LCP CONFREQ
                                 "0008 0000 001d 0002"      // Proxy Authen Type: CHAP
                                 "0008 0000 001e 616c"      // Proxy Authen Name
                                 "0007 0000 001f 04"        // Proxy Authen Challenge
                                 "0008 0000 0020 0005"      // Proxy Authen ID
                                 "0007 0000 0021 78"        // Proxy Authen Response
                                 "0007 0000 0025 62"        // Private Group ID
                                 "000a 0000 0026 02faf080"  // Rx Connect Speed
                                 "8006 0000 0027"));        // Sequencing Required
}

TEST(Encode, ProxyAuthenTypeBringsTheAvpsThatItMust) {
  const auto types_with = [](uint16_t authen_type) {
    Iccn message;
    message.proxy.authen_type = authen_type;
    const auto decoded = testing::Decode(testing::ControlMessage(1, 0, 0, 0, Encode(message)));
    std::vector<uint16_t> types;
    for (const auto& [type, value] : decoded.avps) {
      if (type >= 29 && type <= 33) types.push_back(type);
    }
    return types;
  };
  using Types = std::vector<uint16_t>;
  EXPECT_EQ(types_with(1), (Types{29, 30, 33}));
  EXPECT_EQ(types_with(2), (Types{29, 30, 31, 32, 33}));
  EXPECT_EQ(types_with(3), (Types{29, 30, 32, 33}));
  EXPECT_EQ(types_with(4), (Types{29}));
  EXPECT_EQ(types_with(5), (Types{29, 30, 31, 32, 33}));
  EXPECT_EQ(types_with(99), (Types{29}));
}

TEST(Encode, OcrqMatchesGoldenBytes) {
  CallDetails details;
  details.call_serial_number = 1;
  details.minimum_bps = 1200;
  details.maximum_bps = 64000;
  details.bearer_type = 1;
  details.framing_type = 3;
  details.called_number = "12";
  details.sub_address = "3";
  EXPECT_EQ(Encode(Ocrq{SessionId(0xABCD), details}),
            Hex("8008 0000 0000 0007"      // Message Type: OCRQ
                "8008 0000 000e abcd"      // Assigned Session ID
                "800a 0000 000f 00000001"  // Call Serial Number
                "800a 0000 0010 000004b0"  // Minimum BPS
                "800a 0000 0011 0000fa00"  // Maximum BPS
                "800a 0000 0012 00000001"  // Bearer Type: digital
                "800a 0000 0013 00000003"  // Framing Type: either
                "8008 0000 0015 3132"      // Called Number
                "8007 0000 0017 33"));     // Sub-Address
}

TEST(Encode, OcrpMatchesGoldenBytes) {
  CallDetails details;
  details.physical_channel_id = 3;
  EXPECT_EQ(Encode(Ocrp{SessionId(0xABCD), details}),
            Hex("8008 0000 0000 0008  8008 0000 000e abcd  000a 0000 0019 00000003"));
}

TEST(Encode, OccnMatchesGoldenBytes) {
  CallDetails details;
  details.tx_connect_speed = 64000;
  details.framing_type = 1;
  EXPECT_EQ(Encode(Occn{details, true}), Hex("8008 0000 0000 0009"      // Message Type: OCCN
                                             "800a 0000 0018 0000fa00"  // (Tx) Connect Speed
                                             "800a 0000 0013 00000001"  // Framing Type
                                             "8006 0000 0027"));        // Sequencing Required
}

TEST(Encode, WenMatchesGoldenBytes) {
  EXPECT_EQ(Encode(Wen{{1, 2, 3, 4, 5, 6}}),
            Hex("8008 0000 0000 000f"   // Message Type: WEN
                "8020 0000 0022 0000"   // Call Errors, reserved
                "00000001 00000002"     // CRC, framing
                "00000003 00000004"     // hardware overruns, buffer overruns
                "00000005 00000006"));  // time-outs, alignment
}

TEST(Encode, SliMatchesGoldenBytes) {
  EXPECT_EQ(Encode(Sli{0x000A0000, 0xFFFFFFFF}),
            Hex("8008 0000 0000 0010"                       // Message Type: SLI
                "8010 0000 0023 0000 000a0000 ffffffff"));  // ACCM: reserved, send, receive
}

TEST(Encode, NothingIsWrittenOfAnUnknownMessage) { EXPECT_TRUE(Encode(UnknownMessage{}).empty()); }

TEST(Encode, CdnMatchesGoldenBytes) {
  EXPECT_EQ(Encode(Cdn{SessionId(0xABCD), {3, std::nullopt, ""}}),
            Hex("8008 0000 0000 000e  8008 0000 0001 0003  8008 0000 000e abcd"));
}

}  // namespace
}  // namespace sallyport::l2tp
