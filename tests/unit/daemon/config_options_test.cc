// SPDX-License-Identifier: GPL-2.0-or-later
// That a key of the configuration has its effect, and no other's: each has a value of its own here.
#include "daemon/config_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

TEST(ConfigOptions, L2tpKeysReachTheEndpoint) {
  Config config;
  config.l2tp.host_name = "gw";
  config.l2tp.hello_interval = seconds(11);
  config.l2tp.retransmit_initial = milliseconds(1200);
  config.l2tp.retransmit_cap = milliseconds(1300);
  config.l2tp.retransmit_max = 14;
  config.l2tp.setup_timeout = seconds(15);
  config.l2tp.sequencing = l2tp::Sequencing::kDeny;
  config.l2tp.outgoing_calls = true;
  config.l2tp.max_tunnels = 16;
  config.l2tp.max_half_open_tunnels = 17;
  config.l2tp.max_sessions = 18;
  config.l2tp.max_sessions_per_tunnel = 19;
  config.l2tp.sccrq_per_second = 20;
  config.l2tp.sccrq_per_second_prefix = 21;
  const l2tp::EndpointConfig endpoint = ConcentratorOptions(config, nullptr, nullptr).l2tp;
  EXPECT_EQ(endpoint.host_name, "gw");
  EXPECT_EQ(endpoint.hello_interval, seconds(11));
  EXPECT_EQ(endpoint.retransmit_initial, milliseconds(1200));
  EXPECT_EQ(endpoint.retransmit_cap, milliseconds(1300));
  EXPECT_EQ(endpoint.retransmit_max, 14U);
  EXPECT_EQ(endpoint.setup_timeout, seconds(15));
  EXPECT_EQ(endpoint.sequencing, l2tp::Sequencing::kDeny);
  EXPECT_TRUE(endpoint.take_outgoing_calls);
  EXPECT_EQ(endpoint.max_tunnels, 16U);
  EXPECT_EQ(endpoint.max_half_open_tunnels, 17U);
  EXPECT_EQ(endpoint.max_sessions, 18U);
  EXPECT_EQ(endpoint.max_sessions_per_tunnel, 19U);
  EXPECT_EQ(endpoint.sccrq_per_second, 20U);
  EXPECT_EQ(endpoint.sccrq_per_second_prefix, 21U);
}

TEST(ConfigOptions, PeersComeBeforeTheDefaultEachAddressByItself) {
  Config config;
  config.l2tp.secret = Secret("default");
  config.l2tp.peers.resize(2);
  config.l2tp.peers[0].host_name = "named";
  config.l2tp.peers[0].secret = Secret("of the name");
  config.l2tp.peers[0].challenge = true;
  config.l2tp.peers[1].addresses = {*IpPrefix::Parse("192.0.2.0/24"),
                                    *IpPrefix::Parse("2001:db8::/32")};
  config.l2tp.peers[1].secret = Secret("of the place");
  config.l2tp.peers[1].hide_avps = true;
  const auto peers = EndpointOptions(config.l2tp).peers;
  ASSERT_EQ(peers.size(), 4U);
  EXPECT_EQ(peers[0].host_name, "named");
  EXPECT_EQ(peers[0].tunnel.secret.text(), "of the name");
  EXPECT_TRUE(peers[0].tunnel.challenge);
  EXPECT_FALSE(peers[0].tunnel.hide_avps);
  EXPECT_EQ(peers[1].addresses, IpPrefix::Parse("192.0.2.0/24"));
  EXPECT_EQ(peers[2].addresses, IpPrefix::Parse("2001:db8::/32"));
  EXPECT_EQ(peers[2].tunnel.secret.text(), "of the place");
  EXPECT_TRUE(peers[2].tunnel.hide_avps);
  EXPECT_EQ(peers[3].tunnel.secret.text(), "default");
}

TEST(ConfigOptions, ProxyHasThreeWords) {
  Config config;
  const auto meaning = [&](ProxyUse use) {
    config.ppp.proxy = use;
    const Concentrator::Options options = ConcentratorOptions(config, nullptr, nullptr);
    return std::make_pair(options.pass_proxy, options.ppp.proxy);
  };
  EXPECT_EQ(meaning(ProxyUse::kAccept), std::make_pair(true, ppp::ProxyMode::kAccept));
  EXPECT_EQ(meaning(ProxyUse::kRenegotiate), std::make_pair(true, ppp::ProxyMode::kRenegotiate));
  EXPECT_FALSE(meaning(ProxyUse::kIgnore).first);
}

TEST(ConfigOptions, PppKeysReachTheLink) {
  Config config;
  config.ppp.auth = {ppp::AuthMethod::kPap};
  config.ppp.mtu = 1333;
  config.ppp.echo_interval = seconds(12);
  config.ppp.echo_failure = 13;
  config.ppp.chap_interval = seconds(14);
  config.ppp.protocol_field_compression = true;
  config.ppp.ipv4 = ppp::NetworkUse::kRequire;
  config.ppp.ipv6 = ppp::NetworkUse::kRefuse;
  const ppp::LinkConfig link = ConcentratorOptions(config, nullptr, nullptr).ppp;
  EXPECT_THAT(link.auth, ElementsAre(ppp::AuthMethod::kPap));
  EXPECT_EQ(link.mru, 1333);
  EXPECT_EQ(link.mtu, 1333);
  EXPECT_EQ(link.echo_interval, seconds(12));
  EXPECT_EQ(link.echo_failure, 13U);
  EXPECT_EQ(link.chap_interval, seconds(14));
  EXPECT_TRUE(link.protocol_field_compression);
  EXPECT_EQ(link.ipv4, ppp::NetworkUse::kRequire);
  EXPECT_EQ(link.ipv6, ppp::NetworkUse::kRefuse);
}

TEST(ConfigOptions, ATimeOfZeroIsNoLimit) {
  Config config;
  config.ppp.idle_timeout = seconds(0);
  config.ppp.session_timeout = seconds(60);
  config.ppp.dns = {*IpAddress::Parse("2001:db8::53"), *IpAddress::Parse("10.0.0.53")};
  const LocalAccess::Options options = AccessOptions(config);
  EXPECT_EQ(options.limits.idle, std::nullopt);
  EXPECT_EQ(options.limits.session, seconds(60));
  EXPECT_EQ(options.network.dns[0], IpAddress::Parse("10.0.0.53")) << "IPCP has IPv4 alone";
  EXPECT_THAT(Dhcpv6Options(config.ppp).dns, ElementsAre(*IpAddress::Parse("2001:db8::53")));
}

}  // namespace
}  // namespace sallyport::daemon
