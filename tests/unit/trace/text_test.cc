// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::trace {
namespace {

using l2tp::testing::AvpList;
using l2tp::testing::Bytes;
using l2tp::testing::ControlMessage;
using l2tp::testing::Hex;
using l2tp::testing::kHidden;
using l2tp::testing::kMandatory;
using testing::Each;
using testing::Ge;
using testing::StartsWith;

TEST(L2tpText, Sccrq_TellsEachAttribute) {
  AvpList avps;
  avps.U16(0, 1).U16(2, 0x0100).U32(3, 3).Text(7, "DESKTOP-7").U16(9, 4312).U16(10, 8);
  EXPECT_EQ(L2tpText(ControlMessage(0, 0, 0, 0, avps.bytes())),
            "SCCRQ Ns 0 Nr 0: Protocol Version 1.0, Framing Capabilities 00000003, Host Name "
            "\"DESKTOP-7\", Assigned Tunnel ID 4312, Receive Window Size 8");
}

TEST(L2tpText, ResultCode_TellsErrorAndMessage) {
  AvpList avps;
  avps.U16(0, 4).U16(9, 7).Add(1, Hex("0002 0006 62616421"));
  EXPECT_EQ(L2tpText(ControlMessage(1, 0, 2, 3, avps.bytes())),
            "StopCCN Ns 2 Nr 3: Assigned Tunnel ID 7, Result Code 2 error 6 \"bad!\"");
  AvpList plain;
  plain.U16(0, 14).U16(1, 3);
  EXPECT_EQ(L2tpText(ControlMessage(1, 1, 2, 3, plain.bytes())), "CDN Ns 2 Nr 3: Result Code 3");
}

TEST(L2tpText, Zlb_HasNumbersAlone) {
  EXPECT_EQ(L2tpText(ControlMessage(1, 0, 4, 5)), "ZLB Ns 4 Nr 5");
}

TEST(L2tpText, WhatIsNotKnown_GoesByItsNumber) {
  AvpList avps;
  avps.U16(0, 5).Add(39, {}).Add(2000, Hex("0102")).Add(7, Hex("03"), kMandatory, 9);
  EXPECT_EQ(L2tpText(ControlMessage(1, 0, 0, 0, avps.bytes())),
            "message 5 Ns 0 Nr 0: Sequencing Required, AVP 2000 0102, AVP 7 of vendor 9 03");
  EXPECT_EQ(L2tpText(ControlMessage(1, 0, 0, 0, AvpList().Text(7, "x").bytes())),
            "message without a type Ns 0 Nr 0");
}

TEST(L2tpText, HiddenAttribute_IsNamedOnly) {
  AvpList avps;
  avps.U16(0, 10).Add(14, Hex("0102030405"), kMandatory | kHidden);
  EXPECT_EQ(L2tpText(ControlMessage(1, 0, 0, 0, avps.bytes())),
            "ICRQ Ns 0 Nr 0: Assigned Session ID (hidden)");
}

TEST(L2tpText, ChallengeAndResponse_AreSizesOnly) {
  AvpList avps;
  avps.U16(0, 2).Add(11, Bytes(16, 7)).Add(13, Bytes(16, 8));
  EXPECT_EQ(L2tpText(ControlMessage(1, 0, 0, 1, avps.bytes())),
            "SCCRP Ns 0 Nr 1: Challenge 16 octets, Challenge Response 16 octets");
}

TEST(L2tpText, ControlCharacters_AreWrittenOut) {
  AvpList avps;
  avps.U16(0, 1).Add(7, Hex("611b5b41"));
  EXPECT_EQ(L2tpText(ControlMessage(0, 0, 0, 0, avps.bytes())),
            "SCCRQ Ns 0 Nr 0: Host Name \"a\\x1b[A\"");
}

TEST(L2tpText, WrongLength_EndsTheList) {
  AvpList avps;
  avps.U16(0, 6).Raw(Hex("8003 0000 0007"));
  EXPECT_EQ(L2tpText(ControlMessage(1, 0, 0, 0, avps.bytes())),
            "HELLO Ns 0 Nr 0: an AVP with a wrong length");
}

TEST(L2tpText, DataAndOthers_AreToldApart) {
  EXPECT_EQ(L2tpText(Hex("0002 0001 0002 ff03c021")), "data message, 4 octets");
  EXPECT_EQ(L2tpText(Hex("c802")), "not understood: truncated_header");
}

struct Said {
  const char* octets;
  const char* text;
};

TEST(PppText, EachPacket_IsTold) {
  for (const Said& one : std::initializer_list<Said>{
           {"c021 01 01 0014 01040578 0304c023 05060a0b0c0d 0702",
            "LCP Configure-Request id 1: MRU 1400, Authentication-Protocol PAP, Magic-Number "
            "0a0b0c0d, Protocol-Field-Compression"},
           {"c021 03 02 0009 0305c22381",
            "LCP Configure-Nak id 2: Authentication-Protocol "
            "MS-CHAPv2"},
           {"c021 04 02 0008 c8040102", "LCP Configure-Reject id 2: option 200 0102"},
           {"c021 01 01 0006 0103", "LCP Configure-Request id 1: an option with a wrong length"},
           {"c021 05 03 0007 627965", "LCP Terminate-Request id 3: \"bye\""},
           {"c021 08 04 0008 80fd0101", "LCP Protocol-Reject id 4: CCP"},
           {"c021 07 04 0006 0e01", "LCP Code-Reject id 4: code 14"},
           {"c021 09 05 0008 00000000", "LCP Echo-Request id 5"},
           {"c021 0c 05 000c 00000000 52415356", "LCP Identification id 5: \"RASV\""},
           {"8021 03 01 0016 03060a400002 81060a000035 83060a000036",
            "IPCP Configure-Nak id 1: IP-Address 10.64.0.2, Primary-DNS 10.0.0.53, Secondary-DNS "
            "10.0.0.54"},
           {"8057 01 01 000e 010a0001020304050607",
            "IPv6CP Configure-Request id 1: Interface-Identifier 0001020304050607"},
           {"80fd 01 01 000a 120601000060", "CCP Configure-Request id 1: MPPE/MPPC 01000060"},
           {"c023 01 01 000a 03626f62 0178", "PAP Authenticate-Request id 1: user \"bob\""},
           {"c023 03 01 0007 026e6f", "PAP Authenticate-Nak id 1: \"no\""},
           {"c223 01 07 0009 02aabb 6777", "CHAP Challenge id 7: from \"gw\", 2 octets"},
           {"c223 02 07 000a 02aabb 626f62", "CHAP Response id 7: user \"bob\", 2 octets"},
           {"c223 04 07 0009 453d363931", "CHAP Failure id 7: \"E=691\""},
           {"c227 01 01 0005 01", "EAP Request id 1 Identity"},
           {"c227 02 01 0008 01626f62", "EAP Response id 1 Identity: user \"bob\""},
           {"c227 02 02 0006 031a", "EAP Response id 2 Nak, wants MSCHAPv2"},
           {"c227 02 03 000a 04 02aabb 6262",
            "EAP Response id 3 MD5-Challenge: user \"bb\", 2 "
            "octets"},
           {"c227 02 03 000e 1a 02 03 0009 02aabb 6262",
            "EAP Response id 3 MSCHAPv2 Response: user \"bb\", 2 octets"},
           {"c227 02 04 0006 1a03", "EAP Response id 4 MSCHAPv2 Success"},
           {"c227 02 03 0008 06616263", "EAP Response id 3 GTC, 3 octets"},
           {"c227 03 05 0004", "EAP Success id 5"},
           {"0021 4500", "IPv4, 2 octets"},
           {"0101", "not understood: malformed_protocol"},
           {"c0ff 01", "protocol 0xc0ff, 1 octets"},
       }) {
    EXPECT_EQ(PppText(Hex(one.octets)), one.text) << one.octets;
  }
}

/// Whatever is cut off, the line is printable.
TEST(PppText, EachTruncation_IsPrintable) {
  for (const char* octets : {"c021 01 01 0014 01040578 0304c023 05060a0b0c0d 0702",
                             "c227 02 03 000e 1a 02 03 0009 02aabb 6262",
                             "8021 03 01 0016 03060a400002 81060a000035 83060a000036",
                             "c023 01 01 000a 03626f62 0178"}) {
    const Bytes whole = Hex(octets);
    for (size_t size = 0; size <= whole.size(); ++size) {
      EXPECT_THAT(PppText(std::span(whole).first(size)), Each(Ge(' '))) << octets << ' ' << size;
    }
  }
}

TEST(L2tpText, EachTruncation_IsPrintable) {
  AvpList avps;
  avps.U16(0, 1).Text(7, "\x01host").U16(9, 4312).Add(1, Hex("0002 0006 6261"));
  const Bytes whole = ControlMessage(0, 0, 0, 0, avps.bytes());
  for (size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_THAT(L2tpText(std::span(whole).first(size)), Each(Ge(' '))) << size;
  }
  EXPECT_THAT(L2tpText(std::span(whole).first(whole.size() - 1)), StartsWith("not understood"));
}

}  // namespace
}  // namespace sallyport::trace
