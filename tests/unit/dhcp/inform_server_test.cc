// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/inform_server.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dhcp/dhcpv4_requests.h"

namespace sallyport::dhcp::v4 {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

IpAddress Address(const char* text) { return *IpAddress::Parse(text); }

const Octets kClientOctets{10, 64, 0, 2};
// What Windows and macOS ask for (conformance.md §3).
const Octets kWindowsList{55, 6, 6, 44, 43, 1, 249, 15};
const Octets kInform{53, 1, 8};
const Octets kEnd{255};

class InformServerTest : public ::testing::Test {
 protected:
  std::optional<InformReply> Receive(const Octets& octets, const char* source = "10.64.0.2") {
    return server_.Receive(octets, Address(source), client_, limit_, now_);
  }
  /// The options of the answer to an inform with `options`, from the first on.
  Octets Answered(const Octets& options) {
    const auto reply = Receive(Request(kClientOctets, kInform + options + kEnd));
    if (!reply) return {};
    Octets rest(reply->octets.begin() + 240, reply->octets.end());
    rest.resize(
        static_cast<size_t>(std::find(rest.rbegin(), rest.rend(), 255).base() - rest.begin()));
    return rest;
  }

  std::vector<IpAddress> dns_{Address("10.0.0.53"), Address("10.0.0.54")};
  std::vector<IpAddress> wins_{IpAddress(), IpAddress()};
  InformServer server_{
      {.routes = {*IpPrefix::Parse("10.0.0.0/8"), *IpPrefix::Parse("192.168.96.0/20"),
                  *IpPrefix::Parse("198.51.100.7")},
       .domain = "corp.example"}};
  InformClient client_{
      .address = Address("10.64.0.2"), .server = Address("10.64.0.1"), .dns = dns_, .wins = wins_};
  RateLimit limit_;
  TimePoint now_{std::chrono::hours(1)};
};

const Octets kAck{53, 1, 5, 54, 4, 10, 64, 0, 1};
const Octets kDns{6, 8, 10, 0, 0, 53, 10, 0, 0, 54};
const Octets kMask{1, 4, 255, 255, 255, 255};
// RFC 3442: width, the octets that it covers, router.
const Octets kRoutes{8, 10, 10, 64,  0,  1,   20, 192, 168, 96, 10, 64,
                     0, 1,  32, 198, 51, 100, 7,  10,  64,  0,  1};
const Octets kDomain =
    Octets{15, 12} + Octets{'c', 'o', 'r', 'p', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e'};

TEST_F(InformServerTest, WindowsAndMacosGetWhatTheyAskForInTheirOrder) {
  EXPECT_THAT(Answered(kWindowsList),
              ElementsAreArray(kAck + kDns + kMask + Octets{249, 23} + kRoutes + kDomain + kEnd));
}

TEST_F(InformServerTest, Option121IsSentWhereItIsAskedFor) {
  EXPECT_THAT(
      Answered({55, 2, 121, 119}),
      ElementsAreArray(
          kAck + Octets{121, 23} + kRoutes +
          Octets{119, 14, 4, 'c', 'o', 'r', 'p', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0} + kEnd));
  // Both, and one that is listed twice.
  EXPECT_THAT(Answered({55, 3, 121, 249, 121}), ElementsAreArray(kAck + Octets{121, 23} + kRoutes +
                                                                 Octets{249, 23} + kRoutes + kEnd));
}

TEST_F(InformServerTest, WhoDoesNotSayWhatItWantsGetsTheStandardOptions) {
  const Octets options = Answered({});
  EXPECT_THAT(Octets(options.begin(), options.begin() + 25), ElementsAreArray(kAck + kMask + kDns));
  const auto message = Parse(Receive(Request(kClientOctets, kInform + kEnd))->octets);
  EXPECT_NE(message->Find(Option::kClasslessRoute), nullptr);
  EXPECT_EQ(message->Find(Option::kMicrosoftClasslessRoute), nullptr);
}

TEST_F(InformServerTest, FixedFieldsAreThoseOfRfc2131Table3) {
  const auto reply = Receive(Request(kClientOctets, kInform + kWindowsList + kEnd));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->source, (IpEndpoint{Address("10.64.0.1"), 67}));
  EXPECT_EQ(reply->destination, (IpEndpoint{Address("10.64.0.2"), 68}));
  const Octets head(reply->octets.begin(), reply->octets.begin() + 28);
  EXPECT_THAT(head, ElementsAre(2, 8, 6, 0, 0x11, 0x22, 0x33, 0x44, 0, 0, 0x80, 0,  // xid, flags
                                10, 64, 0, 2,                                       // ciaddr
                                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));  // yiaddr, siaddr, giaddr
  const auto message = Parse(reply->octets);
  EXPECT_EQ(message->header.chaddr[0], 0x52);
  EXPECT_FALSE(message->options.contains(51));  // RFC 2131 §4.3.5: no lease
}

TEST_F(InformServerTest, NothingThatIsNotConfiguredIsSent) {
  InformServer bare({});
  EXPECT_FALSE(bare.configured());
  const InformClient client{
      .address = client_.address, .server = client_.server, .dns = {}, .wins = {}};
  const auto reply = bare.Receive(Request(kClientOctets, kInform + kWindowsList + kEnd),
                                  client.address, client, limit_, now_);
  EXPECT_THAT(Octets(reply->octets.begin() + 240, reply->octets.begin() + 256),
              ElementsAreArray(kAck + kMask + kEnd));
}

TEST_F(InformServerTest, WinsIsSentWhereItIsConfigured) {
  wins_[0] = Address("10.0.0.9");
  EXPECT_THAT(Answered({55, 1, 44}), ElementsAreArray(kAck + Octets{44, 4, 10, 0, 0, 9} + kEnd));
}

TEST_F(InformServerTest, OthersAreCountedAndNotAnswered) {
  const auto refused = [&](const Octets& octets, DropReason reason,
                           const char* source = "10.64.0.2") {
    const uint64_t before = server_.drops().Get(reason);
    EXPECT_FALSE(Receive(octets, source)) << ToString(reason);
    EXPECT_EQ(server_.drops().Get(reason), before + 1) << ToString(reason);
  };
  for (const int type : {1, 2, 3, 4, 5, 6, 7, 9}) {
    refused(Request(kClientOctets, {53, 1, static_cast<uint8_t>(type), 255}),
            DropReason::kNotInform);
  }
  refused(Request(kClientOctets, kEnd), DropReason::kNotInform);
  refused(Request(kClientOctets, {53, 2, 8, 8, 255}), DropReason::kBadOption);
  refused(Request({10, 64, 0, 3}, kInform + kEnd), DropReason::kForeignAddress);
  refused(Request(kClientOctets, kInform + kEnd), DropReason::kForeignAddress, "10.64.0.3");
  now_ += std::chrono::hours(1);
  Octets reply = Request(kClientOctets, kInform + kEnd);
  reply[0] = 2;
  refused(reply, DropReason::kNotRequest);
  Octets relayed = Request(kClientOctets, kInform + kEnd);
  relayed[27] = 1;
  refused(relayed, DropReason::kRelayed);
  refused({1, 2, 3}, DropReason::kTruncated);
}

TEST_F(InformServerTest, EachSessionHasItsLimit) {
  const Octets inform = Request(kClientOctets, kInform + kEnd);
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(Receive(inform)) << i;
  EXPECT_FALSE(Receive(inform));
  EXPECT_EQ(server_.drops().Get(DropReason::kRateLimit), 1U);
  now_ += std::chrono::seconds(2);
  EXPECT_TRUE(Receive(inform));
  EXPECT_FALSE(Receive(inform));
  RateLimit other;
  EXPECT_TRUE(server_.Receive(inform, client_.address, client_, other, now_));
}

TEST_F(InformServerTest, AsManyRoutesAsMayBeConfiguredFitBesideAllOtherOptions) {
  InformSettings settings{.routes = {}, .domain = "corp.example"};
  for (uint32_t i = 0; i < 30; ++i) {  // ppp.routes
    settings.routes.push_back({.address = IpAddress::V4(0xC6336400 + i), .length = 32});
  }
  InformServer server{settings};
  wins_ = {Address("10.0.0.8"), Address("10.0.0.9")};
  // All that we know of, the routes last.
  const auto reply =
      server.Receive(Request(kClientOctets, kInform + Octets{55, 6, 119, 15, 6, 44, 1, 121} + kEnd),
                     Address("10.64.0.2"), client_, limit_, now_);
  ASSERT_TRUE(reply);
  const auto message = Parse(reply->octets);
  ASSERT_TRUE(message);
  const auto* routes = message->Find(Option::kClasslessRoute);
  ASSERT_NE(routes, nullptr);
  EXPECT_EQ(routes->size(), 30U * 9);
  EXPECT_NE(message->Find(Option::kDomainNameServer), nullptr);
  EXPECT_EQ(server.drops().Get(DropReason::kOptionLeftOut), 0U);
}

TEST_F(InformServerTest, ManyRoutesFitAsFarAsTheClientTakesThem) {
  std::vector<IpPrefix> routes;
  for (uint32_t i = 0; i < 64; ++i) routes.push_back({IpAddress::V4(0x0A000000 + (i << 8)), 32});
  server_ = InformServer({.routes = routes, .domain = {}});
  const Octets both{55, 2, 249, 121};
  // 576 octets and two more than the header take one list of 64 * 9 octets nowhere.
  EXPECT_FALSE(Receive(Request(kClientOctets, kInform + both + kEnd))->octets.empty());
  EXPECT_EQ(server_.drops().Get(DropReason::kOptionLeftOut), 2U);
  const auto reply =
      Receive(Request(kClientOctets, kInform + both + Octets{57, 2, 0x05, 0xDC} + kEnd));
  EXPECT_LE(reply->octets.size(), 1400U - 28);  // the session's MTU
  const auto message = Parse(reply->octets);
  ASSERT_TRUE(message);
  const auto* sent = message->Find(Option::kClasslessRoute);
  ASSERT_NE(sent, nullptr) << "there is room for one of them";
  EXPECT_EQ(sent->size(), 64U * 9);
}

TEST(ClasslessRoutes, DefaultRouteHasNoOctets) {
  const IpPrefix everything{IpAddress::V4(0), 0};
  EXPECT_THAT(ClasslessRoutes(std::span(&everything, 1), IpAddress::V4(0x0A400001)),
              ElementsAre(0, 10, 64, 0, 1));
}

}  // namespace
}  // namespace sallyport::dhcp::v4
