// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/peer_policy.h"

#include <gtest/gtest.h>
#include <vector>

namespace sallyport::l2tp {
namespace {

PeerPolicy Policy(const char* host_name, const char* addresses, const char* secret) {
  PeerPolicy policy;
  policy.host_name = host_name;
  if (addresses != nullptr) policy.addresses = IpPrefix::Parse(addresses);
  policy.tunnel.secret = Secret(secret);
  return policy;
}

class PeerPolicyTest : public ::testing::Test {
 protected:
  Secret Chosen(const char* host_name, const char* address) const {
    return ChoosePolicy(peers, host_name, *IpAddress::Parse(address)).secret;
  }

  const std::vector<PeerPolicy> peers{
      Policy("branch", "192.0.2.0/24", "both"), Policy("branch", nullptr, "name"),
      Policy("", "192.0.2.0/24", "range"), Policy("", "2001:db8::/32", "range of IPv6")};
};

TEST_F(PeerPolicyTest, FirstThatFitsIsChosen) {
  EXPECT_EQ(Chosen("branch", "192.0.2.7"), Secret("both"));
  EXPECT_EQ(Chosen("branch", "198.51.100.7"), Secret("name"));
  EXPECT_EQ(Chosen("other", "192.0.2.7"), Secret("range"));
  EXPECT_EQ(Chosen("other", "2001:db8::7"), Secret("range of IPv6"));
}

TEST_F(PeerPolicyTest, HostNameIsComparedOctetByOctet) {
  for (const char* name : {"Branch", "branch.example", "branc", " branch"}) {
    EXPECT_TRUE(Chosen(name, "198.51.100.7").empty()) << name;
  }
}

TEST_F(PeerPolicyTest, StrangerHasNoSecretAndIsNotChallenged) {
  const TunnelPolicy policy = ChoosePolicy(peers, "", *IpAddress::Parse("198.51.100.7"));
  EXPECT_TRUE(policy.secret.empty());
  EXPECT_FALSE(policy.challenge);
  EXPECT_FALSE(policy.hide_avps);
}

TEST_F(PeerPolicyTest, LastOneForAllIsTheDefault) {
  auto with_default = peers;
  with_default.push_back(Policy("", nullptr, "default"));
  EXPECT_EQ(ChoosePolicy(with_default, "", *IpAddress::Parse("198.51.100.7")).secret,
            Secret("default"));
}

}  // namespace
}  // namespace sallyport::l2tp
