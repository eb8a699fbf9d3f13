// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/local_access.h"

#include <gtest/gtest.h>
#include <string_view>

#include "aaa/users_file.h"

namespace sallyport::daemon {
namespace {

/// One free address; alice may have it, bob may have none.
class LocalAccessTest : public testing::Test {
 protected:
  static aaa::UserDatabase Users() {
    return aaa::UserDatabase(*aaa::ParseUsersFile("alice * secret *\nbob * secret -\n"));
  }
  static aaa::PoolSet Pools() {
    aaa::PoolSettings pool;
    pool.name = "default";
    pool.ranges = {*aaa::AddressRange::Parse("10.64.0.1-10.64.0.2")};
    pool.gateway = *IpAddress::Parse("10.64.0.1");
    return *aaa::PoolSet::Create({pool});
  }
  Expected<AccessGranted, AccessDenied> LogIn(std::string_view user, std::string_view password) {
    return access_.Decide({.method = ppp::AuthMethod::kPap,
                           .user = std::string(user),
                           .credential = ppp::PapCredential{Secret(password)}});
  }

  EventLoop loop_;
  LocalAccess access_{
      loop_, {.users_file = "/dev/null", .server_name = "gw", .network = {}}, Users(), Pools()};
};

// Codes of RFC 2759 §6.

TEST_F(LocalAccessTest, AWrongPasswordAndAnUnknownUserLookTheSame) {
  for (const auto user : {"alice", "mallory"}) {
    const auto denied = LogIn(user, "guess");
    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error().answer.mschap_error, 691U);
    EXPECT_EQ(denied.error().answer.message, "Authentication failed");
    EXPECT_TRUE(denied.error().answer.may_retry);
  }
}

TEST_F(LocalAccessTest, WhoMayHaveNoAddressIsNotAskedForAnotherPassword) {
  const auto denied = LogIn("bob", "secret");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().answer.mschap_error, 649U);
  EXPECT_FALSE(denied.error().answer.may_retry);
}

TEST_F(LocalAccessTest, NewConfiguration_LeavesAddressesToTheirSessions) {
  const auto first = LogIn("alice", "secret");
  ASSERT_TRUE(first);
  access_.Configure({.users_file = "/dev/null", .server_name = "gw", .network = {}}, Users(),
                    Pools(), {first->lease});
  EXPECT_EQ(access_.pools().pools()[0].used(), 1U);
  EXPECT_FALSE(LogIn("alice", "secret")) << "the only address is in use";
  access_.Release(first->lease);
  EXPECT_TRUE(LogIn("alice", "secret"));
}

TEST_F(LocalAccessTest, AddressThatIsInNoPoolAnyMore_IsStillInUse) {
  const auto first = LogIn("alice", "secret");
  ASSERT_TRUE(first);
  aaa::PoolSettings other;
  other.ranges = {*aaa::AddressRange::Parse("10.65.0.1-10.65.0.2")};
  other.gateway = *IpAddress::Parse("10.65.0.1");
  access_.Configure({.users_file = "/dev/null", .server_name = "gw", .network = {}}, Users(),
                    *aaa::PoolSet::Create({other}), {first->lease});
  EXPECT_EQ(access_.pools().used_outside(), 1U);
  const auto second = LogIn("alice", "secret");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->lease.address.ToString(), "10.65.0.2");
  access_.Release(first->lease);
  EXPECT_EQ(access_.pools().used_outside(), 0U);
}

TEST_F(LocalAccessTest, AnEmptyPoolIsNotAWrongPassword) {
  const auto first = LogIn("alice", "secret");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->lease.address.ToString(), "10.64.0.2");
  const auto denied = LogIn("alice", "secret");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().answer.mschap_error, 649U);
  EXPECT_EQ(denied.error().log_text, "no free address in the pool");
  access_.Release(first->lease);
  EXPECT_TRUE(LogIn("alice", "secret"));
}

}  // namespace
}  // namespace sallyport::daemon
