// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/domain_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

namespace sallyport::dhcp {
namespace {

using ::testing::ElementsAre;

TEST(DomainNameOctets, OnlyNamesThatDnsTakes) {
  EXPECT_THAT(DomainNameOctets("a.bc").value(), ElementsAre(1, 'a', 2, 'b', 'c', 0));
  EXPECT_FALSE(DomainNameOctets(""));
  EXPECT_FALSE(DomainNameOctets("a..b"));
  EXPECT_FALSE(DomainNameOctets("a."));
  EXPECT_TRUE(DomainNameOctets(std::string(63, 'a')));
  EXPECT_FALSE(DomainNameOctets(std::string(64, 'a')));
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  EXPECT_FALSE(DomainNameOctets(longest + "a"));          // 257 octets
  EXPECT_TRUE(DomainNameOctets(longest.substr(0, 253)));  // 255
}

}  // namespace
}  // namespace sallyport::dhcp
