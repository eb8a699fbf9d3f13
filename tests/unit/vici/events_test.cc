// SPDX-License-Identifier: GPL-2.0-or-later
#include "vici/events.h"

#include <gtest/gtest.h>

namespace sallyport::vici {
namespace {

using std::chrono::seconds;

// Keys and values as charon 5.9.8 sends them for a Windows client behind NAT.
Message ChildSection(std::string_view unique_id, std::string_view spi_in) {
  return Message()
      .Set("name", "l2tp")
      .Set("uniqueid", unique_id)
      .Set("reqid", "3")
      .Set("state", "INSTALLED")
      .Set("mode", "TRANSPORT")
      .Set("protocol", "ESP")
      .Set("encap", "yes")
      .Set("spi-in", spi_in)
      .Set("spi-out", "0a1b2c3d")
      .Set("mark-in", "0000000c")
      .Set("encr-alg", "AES_CBC")
      .Set("encr-keysize", "256")
      .Set("integ-alg", "HMAC_SHA1_96")
      .Set("bytes-in", "0")
      .Set("install-time", "4")
      .SetList("local-ts", {"203.0.113.1/32[udp/l2f]"})
      .SetList("remote-ts", {"203.0.113.2/32[udp/l2f]"});
}

Message IkeSection() {
  return Message()
      .Set("uniqueid", "7")
      .Set("version", "1")
      .Set("state", "ESTABLISHED")
      .Set("local-host", "203.0.113.1")
      .Set("local-port", "4500")
      .Set("local-id", "203.0.113.1")
      .Set("remote-host", "203.0.113.2")
      .Set("remote-port", "61234")
      .Set("remote-id", "192.168.1.10")
      .Set("nat-remote", "yes")
      .Set("nat-any", "yes")
      .Set("encr-alg", "AES_CBC")
      .Set("encr-keysize", "256")
      .Set("integ-alg", "HMAC_SHA1_96")
      .Set("prf-alg", "PRF_HMAC_SHA1")
      .Set("dh-group", "ECP_384")
      .Set("established", "5");
}

ChildSa ExpectedChild(uint32_t unique_id, uint32_t spi_in) {
  return {.name = "l2tp",
          .unique_id = ChildUniqueId(unique_id),
          .reqid = 3,
          .state = "INSTALLED",
          .mode = "TRANSPORT",
          .protocol = "ESP",
          .udp_encapsulation = true,
          .spi_in = spi_in,
          .spi_out = 0x0a1b2c3d,
          .mark_in = 12,
          .proposal = "AES_CBC_256/HMAC_SHA1_96",
          .local_ts = {"203.0.113.1/32[udp/l2f]"},
          .remote_ts = {"203.0.113.2/32[udp/l2f]"},
          .installed = seconds(4)};
}

IpEndpoint Endpoint(std::string_view address, uint16_t port) {
  return {IpAddress::Parse(address).value_or(IpAddress()), port};
}

IkeSa ExpectedIke() {
  return {.connection = "sallyport",
          .unique_id = IkeUniqueId(7),
          .version = 1,
          .state = "ESTABLISHED",
          .local = {Endpoint("203.0.113.1", 4500), "203.0.113.1", false},
          .remote = {Endpoint("203.0.113.2", 61234), "192.168.1.10", true},
          .proposal = "AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/ECP_384",
          .established = seconds(5),
          .children = {}};
}

TEST(SaEvent, ChildUp_IsReadWhole) {
  const Message message =
      Message()
          .Set("up", "yes")
          .SetSection("sallyport", IkeSection().SetSection(
                                       "child-sas", Message().SetSection(
                                                        "l2tp-9", ChildSection("9", "c1234567"))));
  IkeSa ike = ExpectedIke();
  ike.children = {ExpectedChild(9, 0xc1234567)};
  EXPECT_EQ(ParseSaEvent(message), (SaEvent{.up = true, .ike = ike}));
}

TEST(SaEvent, IkeDown_HasNoUpAndNoChildren) {
  EXPECT_EQ(ParseSaEvent(Message().SetSection("sallyport", IkeSection())),
            (SaEvent{.up = false, .ike = ExpectedIke()}));
}

TEST(SaEvent, ListedSa_HasEveryChild) {
  const auto event = ParseSaEvent(Message().SetSection(
      "sallyport",
      IkeSection().SetSection("child-sas", Message()
                                               .SetSection("l2tp-9", ChildSection("9", "01"))
                                               .SetSection("l2tp-11", ChildSection("11", "02")))));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->ike.children, (std::vector{ExpectedChild(9, 1), ExpectedChild(11, 2)}));
}

TEST(SaEvent, AuthenticatedEncryption_HasNoIntegrityAlgorithm) {
  const auto event = ParseSaEvent(Message().SetSection(
      "sallyport",
      IkeSection().SetSection(
          "child-sas",
          Message().SetSection(
              "l2tp-9", Message().Set("encr-alg", "AES_GCM_16").Set("encr-keysize", "128")))));
  ASSERT_TRUE(event);
  ASSERT_EQ(event->ike.children.size(), 1U);
  EXPECT_EQ(event->ike.children[0].proposal, "AES_GCM_16_128");
}

TEST(SaEvent, OddValues_LeaveOnlyTheirFieldEmpty) {
  const auto event = ParseSaEvent(Message().SetSection(
      "sallyport",
      IkeSection()
          .Set("version", "one")
          .Set("established", "5s")
          .Set("remote-host", "%any")
          .Set("local-port", "70000")
          .SetSection("child-sas", Message()
                                       .Set("not", "a section")
                                       .SetSection("l2tp-9", ChildSection("", "xyz")
                                                                 .Set("reqid", "-1")
                                                                 .Set("spi-out", "")
                                                                 .Set("local-ts", "no list")))));
  IkeSa ike = ExpectedIke();
  ike.version.reset();
  ike.established.reset();
  ike.remote.endpoint = {};
  ike.local.endpoint.port = 0;
  ChildSa child = ExpectedChild(0, 0);
  child.reqid = 0;
  child.spi_in.reset();
  child.spi_out.reset();
  child.local_ts.clear();
  ike.children = {child};
  EXPECT_EQ(event, (SaEvent{.up = false, .ike = ike}));
}

TEST(SaEvent, WithoutIkeSa_IsNothing) {
  EXPECT_EQ(ParseSaEvent({}), std::nullopt);
  EXPECT_EQ(ParseSaEvent(Message().Set("up", "yes")), std::nullopt);
  EXPECT_EQ(ParseSaEvent(Message().SetSection("sallyport", {})), std::nullopt);
  EXPECT_EQ(ParseSaEvent(Message().SetSection("sallyport", IkeSection().Set("uniqueid", "x"))),
            std::nullopt);
}

TEST(ChildRekeyEvent, HasTheOldAndTheNewChild) {
  const Message rekeyed = Message()
                              .SetSection("old", ChildSection("9", "c1234567"))
                              .SetSection("new", ChildSection("10", "c7654321"));
  const Message message = Message().SetSection(
      "sallyport", IkeSection().SetSection("child-sas", Message().SetSection("l2tp", rekeyed)));
  EXPECT_EQ(ParseChildRekeyEvent(message),
            (ChildRekeyEvent{ExpectedIke(), ExpectedChild(9, 0xc1234567),
                             ExpectedChild(10, 0xc7654321)}));
}

TEST(ChildRekeyEvent, WithoutBothChildren_IsNothing) {
  EXPECT_EQ(ParseChildRekeyEvent({}), std::nullopt);
  EXPECT_EQ(ParseChildRekeyEvent(Message().SetSection("sallyport", IkeSection())), std::nullopt);
  for (const char* only : {"old", "new"}) {
    const Message child = Message().SetSection(only, ChildSection("9", "01"));
    EXPECT_EQ(ParseChildRekeyEvent(Message().SetSection(
                  "sallyport",
                  IkeSection().SetSection("child-sas", Message().SetSection("l2tp", child)))),
              std::nullopt);
  }
}

TEST(IkeRekeyEvent, HasTheOldAndTheNewIkeSa) {
  const Message rekeyed = Message()
                              .SetSection("old", IkeSection())
                              .SetSection("new", IkeSection().Set("uniqueid", "77"));
  IkeSa renewed = ExpectedIke();
  renewed.unique_id = IkeUniqueId(77);
  EXPECT_EQ(ParseIkeRekeyEvent(Message().SetSection("sallyport", rekeyed)),
            (IkeRekeyEvent{ExpectedIke(), renewed}));
}

TEST(IkeRekeyEvent, WithoutBothIkeSas_IsNothing) {
  EXPECT_EQ(ParseIkeRekeyEvent({}), std::nullopt);
  for (const char* only : {"old", "new"}) {
    const Message one = Message().SetSection(only, IkeSection());
    EXPECT_EQ(ParseIkeRekeyEvent(Message().SetSection("sallyport", one)), std::nullopt);
    const Message unnumbered = Message(one).SetSection(only[0] == 'o' ? "new" : "old", {});
    EXPECT_EQ(ParseIkeRekeyEvent(Message().SetSection("sallyport", unnumbered)), std::nullopt);
  }
}

TEST(IkeUpdateEvent, HasOldAndNewEndpoints) {
  const Message message = Message()
                              .Set("local-host", "203.0.113.1")
                              .Set("local-port", "4500")
                              .Set("remote-host", "203.0.113.77")
                              .Set("remote-port", "1024")
                              .SetSection("(unnamed)", IkeSection());
  IkeSa ike = ExpectedIke();
  ike.connection = "(unnamed)";
  EXPECT_EQ(ParseIkeUpdateEvent(message),
            (IkeUpdateEvent{ike, Endpoint("203.0.113.1", 4500), Endpoint("203.0.113.77", 1024)}));
}

TEST(IkeUpdateEvent, MissingNewEndpoint_IsEmpty) {
  const auto event = ParseIkeUpdateEvent(Message().SetSection("sallyport", IkeSection()));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->new_local, std::nullopt);
  EXPECT_EQ(event->new_remote, std::nullopt);
}

TEST(AlertEvent, HasItsTypeAndThePeerWhenKnown) {
  EXPECT_EQ(ParseAlertEvent(Message().Set("type", "proposal-mismatch-ike")),
            (AlertEvent{"proposal-mismatch-ike", std::nullopt}));
  EXPECT_EQ(ParseAlertEvent(
                Message().Set("type", "peer-auth-failed").SetSection("sallyport", IkeSection())),
            (AlertEvent{"peer-auth-failed", ExpectedIke()}));
  EXPECT_EQ(ParseAlertEvent({}), std::nullopt);
}

TEST(CommandResult, OnlySuccessYesIsSuccess) {
  EXPECT_EQ(ParseCommandResult(Message().Set("success", "yes")), (CommandResult{true, ""}));
  EXPECT_EQ(ParseCommandResult(Message().Set("success", "no").Set("errmsg", "unknown option: x\n")),
            (CommandResult{false, "unknown option: x\\x0a"}));
  EXPECT_EQ(ParseCommandResult({}), (CommandResult{false, "no reason given"}));
}

}  // namespace
}  // namespace sallyport::vici
