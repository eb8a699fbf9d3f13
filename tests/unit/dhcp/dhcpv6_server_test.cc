// SPDX-License-Identifier: GPL-2.0-or-later
// What a client asks and what it is told, octet by octet.
#include "dhcp/dhcpv6_server.h"

#include <gtest/gtest.h>
#include <string>

#include "tests/unit/dhcp/octets.h"

namespace sallyport::dhcp {
namespace {

const std::string kClientId = "0001 000a 00030001020000000001 ";
const std::string kServerId = "0002 0006 0004aabbccdd ";
const std::string kOtherServer = "0002 0006 0004aabbccde ";
const std::string kDns = "0017 0010 20010db8000000000000000000000053 ";
const std::string kSearch = "0018 000d 076578616d706c6503636f6d00 ";
// 2700 s and 5400 s, T1 and T2 of 1350 s and 2160 s.
const std::string kLifetimes = "00000a8c 00001518 ";
const std::string kTimers = "00000546 00000870 ";

std::string IaNa(const std::string& id) {
  return "0003 0028" + id + kTimers + "0005 0018 20010db8000100070000000000000002" + kLifetimes;
}
std::string IaPd(const std::string& id) {
  return "0019 0029" + id + kTimers + "001a 0019" + kLifetimes +
         "38 20010db8010002000000000000000000";
}
std::string WantsIaNa(const std::string& id) { return "0003 000c" + id + "00000000 00000000"; }
std::string WantsIaPd(const std::string& id) { return "0019 000c" + id + "00000000 00000000"; }

Dhcpv6Config Config() {
  Dhcpv6Config config;
  config.duid = Octets("0004aabbccdd");
  config.dns = {*IpAddress::Parse("2001:db8::53")};
  config.search = {"example.com"};
  return config;
}

Dhcpv6Binding Binding() {
  return {.prefix = *IpPrefix::Parse("2001:db8:1:7::/64"),
          .address = *IpAddress::Parse("2001:db8:1:7::2"),
          .delegated = IpPrefix::Parse("2001:db8:100:200::/56")};
}

/// The answer in hexadecimal, or the reason why there is none.
std::string Ask(const std::string& message, const Dhcpv6Binding& binding = Binding(),
                bool multicast = true) {
  const auto octets = Octets(message);
  const auto answer = AnswerDhcpv6(Config(), binding, octets, multicast);
  return answer ? ToHex(*answer) : std::string(ToString(answer.error()));
}

struct Exchange {
  const char* name;
  std::string request;
  std::string answer;  // hexadecimal
};

class Exchanges : public testing::TestWithParam<Exchange> {};

TEST_P(Exchanges, IsAnsweredWith) { EXPECT_EQ(Ask(GetParam().request), Hex(GetParam().answer)); }

INSTANTIATE_TEST_SUITE_P(
    Table, Exchanges,
    testing::Values(
        Exchange{"InformationRequest", "0b a1b2c3" + kClientId + "0006 0004 0017 0018",
                 "07 a1b2c3" + kServerId + kClientId + kDns + kSearch},
        Exchange{"InformationRequestWithoutClientId", "0b a1b2c3 0006 0002 0017",
                 "07 a1b2c3" + kServerId + kDns},
        Exchange{"InformationRequestForRefreshTime", "0b a1b2c3 0006 0002 0020",
                 "07 a1b2c3" + kServerId + "0020 0004 00015180"},
        Exchange{"InformationRequestToUs", "0b a1b2c3" + kServerId + "0006 0002 0017",
                 "07 a1b2c3" + kServerId + kDns},
        Exchange{"Solicit", "01 a1b2c3" + kClientId + WantsIaNa("00000009") + WantsIaPd("00000001"),
                 "02 a1b2c3" + kServerId + kClientId + IaNa("00000009") + IaPd("00000001") + kDns +
                     kSearch},
        Exchange{
            "SolicitWithRapidCommit", "01 a1b2c3" + kClientId + "000e 0000" + WantsIaPd("00000001"),
            "07 a1b2c3" + kServerId + kClientId + "000e 0000" + IaPd("00000001") + kDns + kSearch},
        Exchange{"Request", "03 a1b2c3" + kClientId + kServerId + IaPd("00000001"),
                 "07 a1b2c3" + kServerId + kClientId + IaPd("00000001") + kDns + kSearch},
        Exchange{"Renew", "05 a1b2c3" + kClientId + kServerId + IaPd("00000001"),
                 "07 a1b2c3" + kServerId + kClientId + IaPd("00000001") + kDns + kSearch},
        Exchange{"Rebind", "06 a1b2c3" + kClientId + IaNa("00000009") + "0006 0002 0001",
                 "07 a1b2c3" + kServerId + kClientId + IaNa("00000009")},
        Exchange{"Release", "08 a1b2c3" + kClientId + kServerId + IaPd("00000001"),
                 "07 a1b2c3" + kServerId + kClientId + "000d 0007 0000 6e6f746564"},
        Exchange{"Decline", "09 a1b2c3" + kClientId + kServerId + IaNa("00000009"),
                 "07 a1b2c3" + kServerId + kClientId + "000d 0007 0000 6e6f746564"},
        Exchange{"ConfirmOnLink", "04 a1b2c3" + kClientId + IaNa("00000009"),
                 "07 a1b2c3" + kServerId + kClientId + "000d 000d 0000 6f6e20746865206c696e6b"},
        Exchange{
            "ConfirmElsewhere",
            "04 a1b2c3" + kClientId +
                "0003 0028 00000009 00000000 00000000 0005 0018 "
                "20010db8000100080000000000000002 00000000 00000000",
            "07 a1b2c3" + kServerId + kClientId + "000d 0011 0004 6e6f74206f6e20746865206c696e6b"}),
    [](const auto& row) { return row.param.name; });

TEST(Dhcpv6Server, ASecondPrefixIsNotToBeHad) {
  EXPECT_EQ(Ask("01 a1b2c3" + kClientId + WantsIaPd("00000001") + WantsIaPd("00000002") +
                "0006 0002 0001"),
            Hex("02 a1b2c3" + kServerId + kClientId + IaPd("00000001") +
                "0019 0023 00000002 00000000 00000000 000d 0013 0006 "
                "6e6f20707265666978206973206c656674"));
}

TEST(Dhcpv6Server, WithoutADelegatedPrefixTheStatusSaysSo) {
  Dhcpv6Binding binding = Binding();
  binding.delegated.reset();
  EXPECT_EQ(Ask("01 a1b2c3" + kClientId + WantsIaPd("00000001") + "0006 0002 0001", binding),
            Hex("02 a1b2c3" + kServerId + kClientId +
                "0019 0023 00000001 00000000 00000000 000d 0013 0006 "
                "6e6f20707265666978206973206c656674"));
}

TEST(Dhcpv6Server, TemporaryAddressesAreTheHostsOwn) {
  EXPECT_EQ(Ask("01 a1b2c3" + kClientId + "0004 0004 00000001 0006 0002 0001"),
            Hex("02 a1b2c3" + kServerId + kClientId +
                "0004 001c 00000001 000d 0014 0002 6e6f2061646472657373206973206c656674"));
}

TEST(Dhcpv6Server, RenewTakesAnOldPrefixAway) {
  const std::string old = "001a 0019 00000000 00000000 38 20010db8020003000000000000000000";
  EXPECT_EQ(Ask("05 a1b2c3" + kClientId + kServerId + "0019 0029 00000001 00000000 00000000" + old +
                "0006 0002 0001"),
            Hex("07 a1b2c3" + kServerId + kClientId + "0019 0046 00000001" + kTimers + "001a 0019" +
                kLifetimes + "38 20010db8010002000000000000000000" + old));
}

TEST(Dhcpv6Server, UnicastIsToldToUseMulticast) {
  EXPECT_EQ(Ask("05 a1b2c3" + kClientId + kServerId + IaPd("00000001"), Binding(), false),
            Hex("07 a1b2c3" + kServerId + kClientId + "000d 000f 0005 757365206d756c746963617374"));
  EXPECT_EQ(Ask("01 a1b2c3" + kClientId, Binding(), false), "not_multicast");
  EXPECT_EQ(Ask("0b a1b2c3" + kClientId, Binding(), false), "not_multicast");
}

struct Refusal {
  const char* name;
  std::string request;
  const char* reason;
};

class Refusals : public testing::TestWithParam<Refusal> {};

TEST_P(Refusals, GetsNoAnswer) { EXPECT_EQ(Ask(GetParam().request), GetParam().reason); }

INSTANTIATE_TEST_SUITE_P(
    Table, Refusals,
    testing::Values(
        Refusal{"SolicitOfNobody", "01 a1b2c3", "missing_option"},
        Refusal{"SolicitToAServer", "01 a1b2c3" + kClientId + kServerId, "unexpected_option"},
        Refusal{"RequestToNobody", "03 a1b2c3" + kClientId, "missing_option"},
        Refusal{"RequestOfNobody", "03 a1b2c3" + kServerId, "missing_option"},
        Refusal{"RequestToAnother", "03 a1b2c3" + kClientId + kOtherServer, "not_for_us"},
        Refusal{"RenewToAnother", "05 a1b2c3" + kClientId + kOtherServer, "not_for_us"},
        Refusal{"RebindToAServer", "06 a1b2c3" + kClientId + kServerId, "unexpected_option"},
        Refusal{"ReleaseToAnother", "08 a1b2c3" + kClientId + kOtherServer, "not_for_us"},
        Refusal{"DeclineToNobody", "09 a1b2c3" + kClientId, "missing_option"},
        Refusal{"ConfirmOfNothing", "04 a1b2c3" + kClientId, "no_answer"},
        Refusal{"ConfirmOfAPrefix", "04 a1b2c3" + kClientId + IaPd("00000001"), "no_answer"},
        Refusal{"InformationRequestToAnother", "0b a1b2c3" + kOtherServer, "not_for_us"},
        Refusal{"InformationRequestWithAssociation", "0b a1b2c3" + WantsIaPd("00000001"),
                "unexpected_option"},
        Refusal{"Malformed", "01 a1b2c3 0001", "bad_option"},
        Refusal{"RelayForward", "0c a1b2c3", "unknown_type"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sallyport::dhcp
