// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/local_access.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <utility>

#include "aaa/users_file.h"
#include "daemon/file_watch.h"

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
  Expected<AccessGranted, AccessDenied> LogIn(std::string_view user, std::string_view password,
                                              const std::optional<Lease>& held = {}) {
    return access_.Decide({.method = ppp::AuthMethod::kPap,
                           .user = std::string(user),
                           .credential = ppp::PapCredential{Secret(password)}},
                          held);
  }

  EventLoop loop_;
  LocalAccess access_{loop_,
                      {.users_file = "/dev/null", .server_name = "gw", .network = {}, .limits = {}},
                      Users(),
                      Pools()};
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
  access_.SetPools(Pools(), {first->lease});
  EXPECT_EQ(access_.pools().pools()[0].used(), 1U);
  EXPECT_FALSE(LogIn("alice", "secret")) << "the only address is in use";
  access_.Release(first->lease);
  EXPECT_TRUE(LogIn("alice", "secret"));
}

TEST_F(LocalAccessTest, NewConfiguration_LeavesPrefixesToTheirSessions) {
  aaa::PoolSettings pool;
  pool.ranges = {*aaa::AddressRange::Parse("10.64.0.1-10.64.0.9")};
  pool.gateway = *IpAddress::Parse("10.64.0.1");
  pool.ipv6 = {.prefixes = {*IpPrefix::Parse("2001:db8:1::/63")}, .length = 64};
  pool.delegated = {.prefixes = {*IpPrefix::Parse("2001:db8:100::/55")}, .length = 56};
  access_.SetPools(*aaa::PoolSet::Create({pool}), {});
  const auto first = LogIn("alice", "secret");
  ASSERT_TRUE(first && first->lease.prefix && first->lease.delegated);
  access_.SetPools(*aaa::PoolSet::Create({pool}), {first->lease});
  EXPECT_EQ(access_.pools().prefix_pools()[0].ipv6.used(), 1U);
  const auto second = LogIn("alice", "secret");
  ASSERT_TRUE(second && second->lease.prefix && second->lease.delegated);
  EXPECT_NE(*second->lease.prefix, *first->lease.prefix);
  EXPECT_NE(*second->lease.delegated, *first->lease.delegated);
  access_.Release(first->lease);
  access_.Release(second->lease);
  EXPECT_EQ(access_.pools().prefix_pools()[0].ipv6.used(), 0U);
  EXPECT_EQ(access_.pools().prefix_pools()[0].delegated.used(), 0U);
}

/// Alice has two sessions, and the older logs in anew: it is the newer whose addresses were hers
/// last.
TEST_F(LocalAccessTest, ALoginAnew_KeepsTheAddressesOfItsSession) {
  aaa::PoolSettings pool;
  pool.ranges = {*aaa::AddressRange::Parse("10.64.0.1-10.64.0.9")};
  pool.gateway = *IpAddress::Parse("10.64.0.1");
  pool.ipv6 = {.prefixes = {*IpPrefix::Parse("2001:db8:1::/60")}, .length = 64};
  pool.delegated = {.prefixes = {*IpPrefix::Parse("2001:db8:100::/52")}, .length = 56};
  access_.SetPools(*aaa::PoolSet::Create({pool}), {});
  const auto first = LogIn("alice", "secret");
  const auto second = LogIn("alice", "secret");
  ASSERT_TRUE(first && second);
  for (const auto name : {"alice", "ALICE\\alice"}) {
    const auto anew = LogIn(name, "secret", first->lease);
    ASSERT_TRUE(anew) << name;
    EXPECT_EQ(anew->lease.address, first->lease.address);
    EXPECT_EQ(anew->lease.prefix, first->lease.prefix);
    EXPECT_EQ(anew->lease.delegated, first->lease.delegated);
    EXPECT_EQ(access_.pools().pools()[0].used(), 2U);
    EXPECT_EQ(access_.pools().prefix_pools()[0].ipv6.used(), 2U);
    EXPECT_EQ(access_.pools().prefix_pools()[0].delegated.used(), 2U);
  }
}

TEST_F(LocalAccessTest, ALoginAnewThatIsDenied_LeavesTheSessionWhatItHas) {
  const auto first = LogIn("alice", "secret");
  ASSERT_TRUE(first);
  EXPECT_FALSE(LogIn("alice", "guess", first->lease));
  EXPECT_EQ(access_.pools().pools()[0].used(), 1U);
  // Of a pool that has no address left but the one that is no longer its own.
  aaa::PoolSettings other;
  other.ranges = {*aaa::AddressRange::Parse("10.65.0.1-10.65.0.2")};
  other.gateway = *IpAddress::Parse("10.65.0.1");
  access_.SetPools(*aaa::PoolSet::Create({other}), {first->lease});
  ASSERT_TRUE(LogIn("alice", "secret"));
  EXPECT_FALSE(LogIn("alice", "secret", first->lease));
  EXPECT_EQ(access_.pools().used_outside(), 1U);
  access_.Release(first->lease);
}

TEST_F(LocalAccessTest, ALoginAnewOfAnotherUser_IsDenied) {
  const auto first = LogIn("alice", "secret");
  ASSERT_TRUE(first);
  Lease carols = first->lease;
  carols.user = "carol";
  const auto denied = LogIn("alice", "secret", carols);
  ASSERT_FALSE(denied);
  EXPECT_FALSE(denied.error().answer.may_retry);
  EXPECT_EQ(access_.pools().pools()[0].used(), 1U);
}

TEST_F(LocalAccessTest, AFamilyThatIsRefused_TakesNothingOfThePool) {
  aaa::PoolSettings pool;
  pool.ranges = {*aaa::AddressRange::Parse("10.64.0.1-10.64.0.9")};
  pool.gateway = *IpAddress::Parse("10.64.0.1");
  pool.ipv6 = {.prefixes = {*IpPrefix::Parse("2001:db8:1::/64")}, .length = 64};
  pool.delegated = {.prefixes = {*IpPrefix::Parse("2001:db8:100::/56")}, .length = 56};
  access_.SetPools(*aaa::PoolSet::Create({pool}), {});
  LocalAccess::Options options{
      .users_file = "/dev/null", .server_name = "gw", .network = {}, .limits = {}};

  options.ipv6 = false;
  access_.Configure(options, Users());
  const auto only4 = LogIn("alice", "secret");
  ASSERT_TRUE(only4);
  EXPECT_TRUE(only4->lease.address);
  EXPECT_FALSE(only4->lease.prefix || only4->lease.delegated || only4->answer.ipv6);
  access_.Release(only4->lease);

  options.ipv4 = false;
  options.ipv6 = true;
  access_.Configure(options, Users());
  const auto only6 = LogIn("alice", "secret");
  ASSERT_TRUE(only6);
  EXPECT_FALSE(only6->lease.address || only6->lease.gateway);
  EXPECT_TRUE(only6->lease.prefix && only6->lease.delegated);
  EXPECT_EQ(access_.pools().pools()[0].used(), 0U);
  EXPECT_FALSE(LogIn("alice", "secret")) << "without a prefix there is nothing to have";
  access_.Release(only6->lease);
  EXPECT_TRUE(LogIn("alice", "secret"));
}

TEST_F(LocalAccessTest, AddressThatIsInNoPoolAnyMore_IsStillInUse) {
  const auto first = LogIn("alice", "secret");
  ASSERT_TRUE(first);
  aaa::PoolSettings other;
  other.ranges = {*aaa::AddressRange::Parse("10.65.0.1-10.65.0.2")};
  other.gateway = *IpAddress::Parse("10.65.0.1");
  access_.SetPools(*aaa::PoolSet::Create({other}), {first->lease});
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

/// A users file in a folder of its own, which is re-read when it changes.
class UsersFileTest : public testing::Test {
 protected:
  UsersFileTest() {
    std::string folder = testing::TempDir() + "users-XXXXXX";
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    Write("users", "alice * secret *\n");
    access_.emplace(
        loop_,
        LocalAccess::Options{
            .users_file = folder_ / "users", .server_name = "gw", .network = {}, .limits = {}},
        aaa::UserDatabase(*aaa::ParseUsersFile("alice * secret *\n")),
        *aaa::PoolSet::Create({{.name = "default",
                                .ranges = {*aaa::AddressRange::Parse("10.64.0.0/24")},
                                .gateway = *IpAddress::Parse("10.64.0.1")}}));
  }
  ~UsersFileTest() override { std::filesystem::remove_all(folder_); }
  UsersFileTest(const UsersFileTest&) = delete;
  UsersFileTest& operator=(const UsersFileTest&) = delete;

  void Write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name) << text;
    using std::filesystem::perms;
    std::filesystem::permissions(folder_ / name, perms::owner_read | perms::owner_write);
  }
  bool MayLogIn(std::string_view user, std::string_view password) {
    const auto granted = access_->Decide({.method = ppp::AuthMethod::kPap,
                                          .user = std::string(user),
                                          .credential = ppp::PapCredential{Secret(password)}},
                                         {});
    if (granted) access_->Release(granted->lease);
    return granted.has_value();
  }
  /// Runs the loop until the login is possible, or no longer. False: it has not come to that.
  bool Becomes(std::string_view user, std::string_view password, bool possible) {
    bool reached = false;
    unsigned looks = 0;
    Timer timer = loop_.AddTimer([&] {
      reached = MayLogIn(user, password) == possible;
      if (reached || ++looks == 1000) return loop_.Exit(0);
      timer.Set(loop_.Now() + std::chrono::milliseconds(10));
    });
    timer.Set(loop_.Now());
    loop_.Run();
    return reached;
  }

  std::filesystem::path folder_;
  EventLoop loop_;
  std::optional<LocalAccess> access_;
};

TEST_F(UsersFileTest, WrittenInPlace_IsReadAgain) {
  Write("users", "alice * changed *\nbob * builder *\n");
  EXPECT_TRUE(Becomes("bob", "builder", true));
  EXPECT_TRUE(MayLogIn("alice", "changed"));
  EXPECT_FALSE(MayLogIn("alice", "secret"));
}

TEST_F(UsersFileTest, RenamedOver_IsReadAgain) {
  Write("users.new", "bob * builder *\n");
  std::filesystem::rename(folder_ / "users.new", folder_ / "users");
  EXPECT_TRUE(Becomes("bob", "builder", true));
  EXPECT_FALSE(MayLogIn("alice", "secret"));
}

TEST_F(UsersFileTest, OfANewConfiguration_IsReadAgainInsteadOfTheOld) {
  Write("others", "alice * secret *\n");
  access_->Configure(
      {.users_file = folder_ / "others", .server_name = "gw", .network = {}, .limits = {}},
      aaa::UserDatabase(*aaa::ParseUsersFile("alice * secret *\n")));
  Write("users", "mallory * secret *\n");
  Write("others", "bob * builder *\n");
  EXPECT_TRUE(Becomes("bob", "builder", true));
  EXPECT_FALSE(MayLogIn("mallory", "secret"));
}

TEST_F(UsersFileTest, WithAnError_LeavesTheUsersAsTheyAre) {
  bool checked = false;
  const auto check = [&] {
    if (std::exchange(checked, true)) return;
    EXPECT_TRUE(MayLogIn("alice", "secret"));
    EXPECT_FALSE(MayLogIn("bob", "builder"));
    Write("users", "bob * builder *\n");
  };
  // Told of the change with the object under test; a call that is put off comes after both.
  const FileWatch told(loop_, folder_ / "users", [&] { loop_.Defer(check); });
  Write("users", "alice * \"no end\nbob * builder *\n");
  EXPECT_TRUE(Becomes("bob", "builder", true)) << "mended, it is read again";
  EXPECT_TRUE(checked);
}

}  // namespace
}  // namespace sallyport::daemon
